import type { Run } from "../commands/resolved-words.ts";
import { isPython } from "./interpreters.ts";

const managers = setOf(
  "npm npx bun bunx pnpm pnpx yarn yarnpkg corepack ni deno pip pip2 pip3 pipx pipenv uv uvx poetry pdm hatch rye conda mamba " +
    "micromamba easy_install gem bundle bundler luarocks composer cpan cpanm cpanminus cpanplus cpanp carton nix nix-env nix-shell " +
    "nix-build nix-channel guix flatpak snap brew apt apt-get aptitude dpkg dnf dnf5 microdnf yum zypper apk emerge eopkg xbps-install " +
    "slackpkg opkg swupd pkgin urpmi rpm pacman pacman-key pacstrap pamac yay paru pikaur trizen aura aurman bauh makepkg makechrootpkg " +
    "mkarchroot pkgctl debootstrap asp opam cabal stack ghcup mix rebar3 vcpkg conan volta nvm fnm n asdf mise rustup elan sdk " +
    "bower jspm spago nimble shards dub raco pecl pear tlmgr pkgx am appman steamcmd topgrade fwupdmgr cs coursier jbang",
);

const downloaders = setOf(
  "curl curlie wcurl wget wget2 aria2c axel puf snarf lynx links links2 elinks w3m ftp lftp ncftp ncftpget tftp atftp scp sftp ssh sshfs " +
    "autossh mosh dbclient nc ncat netcat nc.openbsd socat telnet websocat gnutls-cli http https httpie xh ht hurl grpcurl uclient-fetch " +
    "lwp-request lwp-download lwp-mirror GET POST gh glab hub tea gsutil gcloud aws az s3cmd s5cmd rclone gdown megadl megatools ipfs croc " +
    "wormhole transmission-cli rtorrent deluge youtube-dl yt-dlp gallery-dl torify torsocks proxychains proxychains4 kdialog-download fetch " +
    "smbclient dig nslookup host drill kdig delv ntpdate tailscale git-lfs git-annex repo gclient west cvs bk darcs pijul jj got sapling p4",
);

const containers = setOf(
  "podman docker docker-compose podman-compose buildah nerdctl skopeo ctr crictl crun runc youki kubectl k3s minikube kind helm lxc lxd " +
    "incus lxc-start lxc-attach lxc-execute lxc-create systemd-nspawn machinectl systemd-vmspawn portablectl distrobox distrobox-enter " +
    "toolbox apptainer singularity charliecloud ch-run udocker proot umoci img kaniko earthly act vagrant virsh virt-install quickemu multipass " +
    "firecracker limactl colima qemu-user-static",
);

/** Programs with which a program says what it does next: the first of its words that isn't an option. */
const subcommands: readonly (readonly [program: RegExp, subcommand: RegExp, kind: Kind])[] = [
  [/^cargo$/, /^(?:install|binstall|add|update|publish|login|generate)$/, "package-manager"],
  [/^go[\d.]*$/, /^(?:install|run|get|generate)$/, "package-manager"],
  [/^dotnet$/, /^(?:tool|add|nuget|workload)$/, "package-manager"],
  [/^(?:dart|flutter)$/, /^(?:pub|upgrade)$/, "package-manager"],
  [/^swift$/, /^package$/, "package-manager"],
  [/^elm$/, /^install$/, "package-manager"],
  [
    /^git$/,
    /^(?:clone|fetch|fetch-pack|http-fetch|pull|remote|submodule|archive|ls-remote|lfs|annex|svn|p4|bundle|subtree|cvsimport|scalar|daemon|send-email|imap-send|http-backend|upload-pack|receive-pack|remote-\w+)$/,
    "download",
  ],
  [/^svn$/, /^(?:co|checkout|export|up|update|switch|sw|cat|merge|ls|list|copy|cp)$/, "download"],
  [/^hg$/, /^(?:clone|pull|incoming|in|update-from|share)$/, "download"],
  [/^fossil$/, /^(?:clone|open|pull|sync|update|remote)$/, "download"],
  [/^(?:bzr|brz)$/, /^(?:branch|get|clone|checkout|co|pull|merge|export|cat)$/, "download"],
  [/^(?:gio|gvfs-\w+|kioclient\d?)$/, /^(?:copy|cat|open|mount|exec|download)$/, "download"],
  [/^openssl$/, /^(?:s_client|ocsp|engine)$/, "download"],
];

export type Kind = "package-manager" | "download" | "container";

/** What the command fetches or starts beside the sources, if it does. */
export function fetchesWith(run: Run): Kind | undefined {
  const { arguments: words } = run;
  const name = run.name?.replace(/\.(?:js|cjs|mjs|phar|py|pyz|exe)$/, "") ?? "";
  if (usesWhatIsThere(name, words)) return undefined;
  if (
    managers.has(name) ||
    /^(?:pip|pipx|gem|easy_install|npm|yarn)-?\d[\d.]*$|^(?:npm|npx|yarn|pnpm|corepack)-cli$/.test(name)
  )
    return "package-manager";
  if (containers.has(name) || /^qemu-system-|^lxc-/.test(name)) return "container";
  if (
    downloaders.has(name) ||
    /^git-(?:clone|fetch|fetch-pack|http-\w+|pull|remote(?:-\w+)?|submodule|archive|ls-remote|svn|lfs|daemon|upload-pack|receive-pack)$/.test(
      name,
    )
  )
    return "download";
  if (
    isPython(name) &&
    runsModule(words, /^(?:pip|ensurepip|pipx|pipenv|uv|easy_install|virtualenv|conda|poetry|pdm|hatch)\b/)
  )
    return "package-manager";
  // A new environment holds what Python itself brings, unless it's asked to look for newer versions.
  if (isPython(name) && runsModule(words, /^venv\b/) && words.some((word) => word.startsWith("--upg")))
    return "package-manager";
  if (
    isPython(name) &&
    words.some((word) => /^install$/.test(word)) &&
    words.some((word) => /^--user\b/.test(word))
  )
    return "package-manager";
  if (
    words.some((word) =>
      /(?:^|\/)(?:npm-cli|npx-cli|yarn|pnpm|corepack|bower)\.[cm]?js$|(?:^|\/)(?:composer|pear)(?:\.phar)$|(?:^|\/)pip(?:\/__main__\.py)?$|get-pip\.py$/.test(
        word,
      ),
    ) &&
    /^(?:node\S*|php\S*|python\S*|pypy\S*)$/.test(name)
  )
    return "package-manager";
  if (
    /^(?:perl|ruby)/.test(name) &&
    words.some(
      (word, at) =>
        /^-MCPAN|^-mCPAN/.test(word) ||
        (words[at - 1] === "-S" && (managers.has(word) || downloaders.has(word))),
    )
  )
    return "package-manager";
  if (name === "rsync" && words.some((word) => /^rsync:|^[^/\s-][^/\s]*:|^-[a-zA-Z]*e|^--rsh/.test(word)))
    return "download";
  return subcommands.find(
    ([program, subcommand]) => program.test(name) && hasSubcommand(words, subcommand),
  )?.[2];
}

/** `nvm use 22` chooses among installed versions, and an offline `cargo update` among fetched ones. */
function usesWhatIsThere(name: string, words: readonly string[]): boolean {
  if (name === "nvm")
    return (
      /^(?:use|deactivate|unload|current|which|ls|list|version)$/.test(words[0] ?? "") &&
      words.every((word) => !/^--(?:install|lts|reinstall|latest)/.test(word))
    );
  return name === "cargo" && words.includes("update") && words.includes("--offline");
}

/** `python -m pip`, `python -mpip`, `python -Im pip`. */
function runsModule(words: readonly string[], module: RegExp): boolean {
  return words.some((word, at) => {
    const [, joined] = /^-[A-Za-z]*?m(.+)$/.exec(word) ?? [];
    return (
      (joined !== undefined && module.test(joined)) ||
      (/^-[A-Za-z]*m$/.test(words[at - 1] ?? "") && module.test(word))
    );
  });
}

function hasSubcommand(words: readonly string[], subcommand: RegExp): boolean {
  return words.some(
    (word, at) =>
      subcommand.test(word) && words.slice(0, at).every((before) => /^[-+]|[/=.$]/.test(before) || at < 3),
  );
}

function setOf(names: string): ReadonlySet<string> {
  return new Set(names.split(" "));
}
