import { nameOf, type Run } from "./resolved-words.ts";
import type { RuleName } from "./rules.ts";

/** What each of these commands is: the first row that fits. */
const table: readonly (readonly [RuleName, (run: Run) => boolean])[] = [
  [
    "package-manager",
    called(
      "npm npx bun bunx pnpm pnpx yarn yarnpkg corepack deno pip pip2 pip3 pipx uv uvx poetry pdm rye conda mamba micromamba easy_install gem bundle bundler luarocks composer cpan cpanm cpanminus nix nix-env nix-shell nix-build guix flatpak snap brew apt apt-get aptitude dpkg dnf yum zypper apk pacman pacman-key yay paru pikaur trizen aura makepkg pkgctl asp opam cabal stack mix rebar3 vcpkg conan volta nvm fnm asdf mise rustup",
    ),
  ],
  ["package-manager", withFirst("cargo", /^(?:install|binstall|add|update|publish)$/)],
  ["package-manager", withFirst("go", /^(?:install|run|get|generate)$/)],
  ["package-manager", withFirst("dotnet", /^(?:tool|add|nuget)$/)],
  [
    "package-manager",
    ({ name, arguments: [first, second] }) =>
      isPython(name) && first === "-m" && /^(?:pip|ensurepip|pipx|uv|easy_install|venv)$/.test(second ?? ""),
  ],
  [
    "download",
    called(
      "curl wget wget2 aria2c axel lynx links w3m ftp lftp tftp scp sftp ssh sshfs nc ncat netcat socat telnet http https xh gh glab hub gsutil rclone youtube-dl yt-dlp transmission-cli torify torsocks kdialog-download fetch",
    ),
  ],
  ["download", withFirst("git", /^(?:clone|fetch|pull|remote|submodule|archive|ls-remote)$/)],
  ["download", withFirst("svn", /^(?:co|checkout|export|up|update)$/)],
  ["download", withFirst("hg", /^(?:clone|pull)$/)],
  [
    "download",
    ({ name, arguments: words }) =>
      name === "rsync" && words.some((word) => /^rsync:|^[^/\s-][^/\s]*:/.test(word)),
  ],
  ["download", ({ name, arguments: words }) => name === "openssl" && words.includes("s_client")],
  ["decoding", called("base64 base32 basenc xxd uudecode unxxd ascii85 gpg gpg2 age ccrypt")],
  [
    "decoding",
    ({ name, arguments: words }) =>
      name === "openssl" && /^(?:enc|base64|aes|des|rc4|smime|cms|rsautl|pkeyutl|dgst)/.test(words[0] ?? ""),
  ],
  [
    "decoding",
    ({ name, arguments: words }) =>
      /^(?:printf|echo)$/.test(name ?? "") &&
      words.some(
        (word) =>
          /\\x[0-9a-f]|\\u[0-9a-f]{4}|\\0?[1-3][0-7]{2}|\\e\b/i.test(word) &&
          !/\\(?:e|033|x1b)\[[\d;]*m/i.test(word),
      ),
  ],
  [
    "decoding",
    ({ name, arguments: words }) =>
      name === "tr" &&
      words.some((word) => /^(?:[A-Za-z]-[A-Za-z]){2,}/.test(word) && !/^(?:A-Za-z|a-zA-Z)/.test(word)),
  ],
  ["decoding", ({ name, arguments: words }) => name === "rev" && words.length === 0],
  [
    "shell-input",
    ({ name, arguments: words }) => isShell(name) && words.some((word) => /^-[a-z]*[cs]/.test(word)),
  ],
  [
    "shell-input",
    ({ name, arguments: words }) =>
      isInterpreter(name) &&
      words.some((word) => /^-(?:[a-zA-Z]*[ecr]|-eval|-execute)$/.test(word)) &&
      words.some(runsSomething),
  ],
  [
    "shell-input",
    ({ name, arguments: [first] }) =>
      /^(?:source|\.)$/.test(name ?? "") && /\$\{…\}|^<|^\/(?:dev|proc|tmp)|^~/.test(first ?? ""),
  ],
  [
    "shell-input",
    ({ name, arguments: words }) =>
      /^g?awk|mawk|gawk$/.test(name ?? "") &&
      words.some((word) => /\bsystem\s*\(|\|\s*getline|"\s*\|\s*&?"?\s*(?:ba)?sh/.test(word)),
  ],
  [
    "shell-input",
    ({ name, arguments: words }) =>
      name === "sed" && words.some((word) => /^(?:s(.).*\1.*\1\w*e\w*|\d*e(?:\s.*)?)$/.test(word)),
  ],
  [
    "indirection",
    called("eval alias coproc enable hash fc bind complete compopt compgen kill pkill killall"),
  ],
  [
    "indirection",
    ({ name, arguments: words }) => /^(?:mapfile|readarray)$/.test(name ?? "") && words.includes("-C"),
  ],
  ["indirection", ({ name, arguments: words }) => name === "printf" && words[0] === "-v"],
  [
    "indirection",
    ({ name, arguments: words }) =>
      /^(?:declare|typeset|local|readonly|export)$/.test(name ?? "") &&
      words.some((word) => /^-\w*n/.test(word)),
  ],
  ["indirection", ({ name, arguments: words }) => name === "shopt" && words.includes("expand_aliases")],
  [
    "indirection",
    ({ name, arguments: words }) =>
      /^(?:export|declare|typeset|env|local)$/.test(name ?? "") &&
      words.some((word) =>
        /^(?:LD_(?:PRELOAD|AUDIT|LIBRARY_PATH)|BASH_ENV|ENV|PROMPT_COMMAND|GIT_SSH(?:_COMMAND)?|GIT_EXEC_PATH|NODE_OPTIONS|PYTHONSTARTUP|PERL5OPT|RUBYOPT)=/.test(
          word,
        ),
      ),
  ],
  [
    "indirection",
    ({ name, arguments: words }) =>
      name === "git" &&
      words.some((word) =>
        /^(?:-c|--config.*)$|core\.(?:hooksPath|sshCommand|fsmonitor|pager|editor)|alias\.|protocol\.|filter\.|ext::/.test(
          word,
        ),
      ) &&
      words.some((word) =>
        /core\.(?:hooksPath|sshCommand|fsmonitor|pager|editor)|alias\.|protocol\.ext|filter\.|ext::/i.test(
          word,
        ),
      ),
  ],
  [
    "privilege",
    called(
      "sudo su doas pkexec run0 setcap visudo usermod useradd adduser groupadd gpasswd passwd chpasswd newgrp chroot arch-chroot nsenter setuid insmod modprobe kexec mount umount mknod losetup sysctl",
    ),
  ],
  [
    "privilege",
    ({ name, arguments: words }) =>
      name === "chmod" && words.some((word) => /^0?[2-7][0-7]{3}$|[ugoa]*[+=][rwxXt]*s/.test(word)),
  ],
  [
    "privilege",
    ({ name, arguments: words }) =>
      /^(?:install|mkdir)$/.test(name ?? "") &&
      words.some(
        (word, at) =>
          /^-[A-Za-z]*m0?[2-7][0-7]{3}$|^--mode=0?[2-7][0-7]{3}$|^(?:-[A-Za-z]*m|--mode=?).*[ug]\+?[=rwx]*s/.test(
            word,
          ) ||
          (/^-[A-Za-z]*m$|^--mode$/.test(words[at - 1] ?? "") && /^0?[2-7][0-7]{3}$|s/.test(word)),
      ),
  ],
  [
    "persistence",
    called(
      "systemctl systemd-run crontab at batch anacron update-rc.d chkconfig rc-update launchctl loginctl udevadm depmod dkms mkinitcpio dracut grub-mkconfig update-desktop-autostart ldconfig-hook timedatectl hostnamectl",
    ),
  ],
  ["background", called("nohup disown setsid daemonize start-stop-daemon screen tmux trap")],
];

/** Programs that run another one given among their arguments. */
const wrappers =
  /^(?:env|command|exec|builtin|sudo|doas|su|pkexec|run0|xargs|nice|ionice|time|timeout|nohup|setsid|stdbuf|unbuffer|fakeroot|fakechroot|unshare|chroot|arch-chroot|bwrap|firejail|busybox|toybox|find|fd|parallel|watch|strace|ltrace|script|faketime|proxychains|torsocks|flock|xvfb-run|dbus-run-session|sh|bash|zsh|dash|ksh|fish|ash|eval|coproc|not|if|then|do|make)$/;

/** Every rule that the command breaks, by itself or by what it runs. */
export function rulesBrokenBy(run: Run): Set<RuleName> {
  const broken = new Set<RuleName>();
  for (const candidate of withWrapped(run)) {
    for (const [rule, fits] of table) if (fits(candidate)) broken.add(rule);
  }
  return broken;
}

function withWrapped(run: Run): Run[] {
  if (run.name === undefined || !wrappers.test(run.name)) return [run];
  const runs = [run];
  const words = run.arguments
    .flatMap((word) => (/\s/.test(word) ? word.split(/[\s;|&()]+/) : [word]))
    .slice(0, 200);
  for (const [at, word] of words.entries()) {
    if (/^[\w./-]+$/.test(word))
      runs.push({ program: word, name: nameOf(word), arguments: words.slice(at + 1) });
  }
  return runs;
}

export function isShell(name: string | undefined): boolean {
  return /^(?:sh|bash|rbash|zsh|dash|ksh|mksh|fish|ash|csh|tcsh|busybox)$/.test(name ?? "");
}

export function isInterpreter(name: string | undefined): boolean {
  return (
    isPython(name) ||
    /^(?:perl|ruby|node|nodejs|deno|bun|php|lua\d*|luajit|tclsh|guile|osascript|awk|gawk|mawk)$/.test(
      name ?? "",
    )
  );
}

function isPython(name: string | undefined): boolean {
  return /^(?:python|pypy)[\d.]*$/.test(name ?? "");
}

/** A program's text that reaches further than its own variables. */
function runsSomething(text: string): boolean {
  return /\b(?:exec|eval|compile|system|popen|spawn|subprocess|urllib|requests|socket|base64|codecs|fromhex|zlib|marshal|pickle|__import__|child_process|fetch|https?:|LWP|IO::Socket|Net::|open3|qx|unpack|chr|atob|Buffer)\b|`/.test(
    text,
  );
}

function called(names: string): (run: Run) => boolean {
  const set = new Set(names.split(" "));
  return ({ name }) => name !== undefined && set.has(name);
}

function withFirst(program: string, subcommand: RegExp): (run: Run) => boolean {
  return ({ name, arguments: words }) =>
    name === program &&
    words.some(
      (word, at) =>
        subcommand.test(word) && words.slice(0, at).every((before) => /^[-+]|[/=.$]/.test(before) || at < 3),
    );
}
