import { isAwk } from "./interpreters.ts";
import type { Run } from "../commands/resolved-words.ts";
import { runsProgram, sedScripts } from "./sed-script.ts";

/** Options and settings by which a program runs, loads or fetches something else. */
interface ObeyedOptions {
  readonly program: RegExp;
  readonly by: string;
  readonly orders: (run: Run) => boolean;
}

/** Programs that an option may name without harm: they compress. */
const compressor =
  /^(?:\/usr\/bin\/)?(?:p?gzip|pigz|p?bzip2|lbzip2|xz|pixz|unxz|lzma|unlzma|lzip|plzip|lzop|zstd|unzstd|zstdmt|brotli|lz4|gunzip|bunzip2)(?:\s+-[\w-]+)*$/;

/** Git's settings that name a program, another address or a file of settings (git-config(1)). */
const gitSetting =
  /^(?:url\..*\.(?:push)?insteadof|core\.(?:hookspath|sshcommand|fsmonitor|pager|editor|gitproxy|askpass|attributesfile|alternaterefscommand)|alias\.|filter\..*\.(?:clean|smudge|process)|diff\.(?:external|.*\.(?:command|textconv))|(?:diff|merge)tool\.|merge\..*\.driver|credential\.|gpg\.(?:.*\.)?program|sequence\.editor|include\.path|includeif\.|init\.templatedir|uploadpack\.packobjectshook|http\.(?:.*\.)?(?:proxy|sslverify|sslcainfo|sslcapath)|https?\.proxy|protocol\.(?:ext|allow)|submodule\..*\.update|trailer\.|interactive\.difffilter|pager\.|man\.|browser\.|web\.browser|remote\..*\.(?:uploadpack|receivepack|vcs|proxy)|tar\..*\.command|sendemail\.|ssh\.variant|transfer\.credentialsinurl|bundle\.)/i;

const table: readonly ObeyedOptions[] = [
  {
    program: /^(?:g?tar|bsdtar)$/,
    by: "info tar, Option Summary; long options may be cut short",
    orders: ({ arguments: words }) =>
      has(words, /^--(?:checkpoint-a\w*(?:=exec|$)|to-c|info-s|new-v|rsh|rmt)/) ||
      valuesOf(words, /^--checkpoint-a[\w-]*$/).some((value) => value.startsWith("exec")) ||
      has(words, /^-[A-Za-z]*F(?!\S*tar)/) ||
      valuesOf(words, /^(?:--use-c[\w-]*|-[A-Za-z]*I)$/).some((value) => !compressor.test(value)) ||
      joinedTo(words, /^(?:--use-c[\w-]*=)(.+)$/).some((value) => !compressor.test(value)) ||
      joinedTo(words, /^--mode=(.*)$/).some((value) => /s|[2-7][0-7]{3}/.test(value)),
  },
  {
    program: /^(?:g|m)?make$|^(?:bmake|remake|emake|pmake)$/,
    by: "make(1); info make, Options Summary",
    orders: ({ arguments: words }) =>
      has(
        words,
        /^--?ev|^-[A-Za-z]*E|^(?:SHELL|\.SHELLFLAGS|MAKEFLAGS|GNUMAKEFLAGS|MAKEFILES|MAKE)\s*[:+?!]?=/,
      ) ||
      has(words, /^(?:-f|--(?:make)?file=)(?:-$|\/dev\/|\$\{…\})/) ||
      valuesOf(words, /^(?:-[A-Za-z]*f|--(?:make)?file)$/).some((value) =>
        /^-$|^\/dev\/|^\$\{…\}|^<\(/.test(value),
      ),
  },
  {
    program: /^git(?:-config|-clone|-bisect|-rebase|-filter-branch)?$/,
    by: "git(1), git-config(1), git-bisect(1), git-rebase(1)",
    orders: ({ name, arguments: words }) =>
      words.some(
        (word, at) =>
          gitSetting.test(word.replace(/^(?:-c|--config(?:-env)?=)/, "")) && words[at - 1] !== "-m",
      ) ||
      has(
        words,
        /^--(?:upload-pack|receive-pack|exec|exec-path|template|open-files-in-pager|extcmd|ext-diff|textconv|config-env|setup|tree-filter|index-filter|msg-filter|env-filter|parent-filter|commit-filter|tag-name-filter)(?:=|$)/,
      ) ||
      ((words.includes("bisect") || name === "git-bisect") && words.includes("run")) ||
      (words.includes("rebase") && has(words, /^-x|^--exec/)) ||
      has(words, /^(?:filter-branch|difftool|mergetool|for-each-repo|hook|foreach)$/) ||
      (words.includes("grep") && has(words, /^-O/)) ||
      (words.includes("clone") && has(words, /^-u/)),
  },
  {
    program: /^go[\d.]*$/,
    by: "go help build; go help env",
    orders: ({ arguments: words }) =>
      has(
        words,
        /^--?(?:toolexec|exec|overlay|modfile|vettool|compiler|gccgoflags|pkgdir)(?:=|$)|-extld\b|-extldflags[= ].*(?:-B|plugin|-fuse-ld=\S*\/|specs)/,
      ) ||
      (words[0] === "env" && has(words, /^-w/)),
  },
  {
    program: /^(?:cargo|rustc|rustdoc|cross)$/,
    by: "The Cargo Book, Configuration; rustc(1)",
    orders: ({ arguments: words }) =>
      has(
        [...words, ...valuesOf(words, /^(?:--config|-C|--codegen|-Z)$/)],
        /^(?:--config=)?['"]?(?:build\.rustc|build\.rustdoc|target\..*(?:linker|runner)|host\.|alias\.|source\.|registr|patch\.|paths|http\.|net\.|env\.)|^(?:--config=)?\S*\.toml$(?<!Cargo\.toml)|codegen-backend/,
      ) || has(words, /^(?:-C)?linker=(?!(?:[\w.-]+-)?(?:clang(?:\+\+)?|gcc|cc|lld|mold|rust-lld)$)/),
  },
  {
    program:
      /(?:^|-)(?:gcc|g\+\+|cc|c\+\+|clang|clang\+\+|gfortran|ld|ld\.\w+|collect2|ar|nm|ranlib|strip|cpp|gdc|ldc2?|tcc|nvcc)(?:-[\d.]+)?$/,
    by: "gcc(1), -fplugin, -B, -specs and -wrapper; ld(1), -plugin; ar(1), --plugin",
    orders: ({ arguments: words }) =>
      has(
        words,
        /^-f(?:pass-)?plugin=|^-B[./$]|^--?specs=\S*[/$]|^-wrapper$|-fuse-ld=\S*\/|^-Wl,-{1,2}plugin[,=]|^--?plugin(?:=|$)|^-load$|^--compiler-bindir|^-ccbin/,
      ),
  },
  {
    program: /^[gs]?sed$/,
    by: "info sed, Commands that run programs",
    orders: ({ arguments: words }) => sedScripts(words).some(runsProgram),
  },
  {
    program: /awk/,
    by: "gawk(1), I/O statements, @load, --load",
    orders: ({ name, arguments: words }) =>
      isAwk(name) &&
      has(
        words,
        /\bsystem\s*\(|\|&?\s*getline|\|&|\bprintf?\b[^}]*\|\s*[^|\s]|\/inet[46]?\/|@load|@include|^(?:-l|--load|-E|--exec)/,
      ),
  },
  {
    program: /^xargs$|^parallel$/,
    by: "xargs(1); parallel(1)",
    orders: ({ arguments: words }) => !namesItsProgram(words),
  },
  {
    program: /^(?:find|fd|fdfind)$/,
    by: "find(1), -exec",
    orders: ({ arguments: words }) =>
      valuesOf(words, /^(?:-exec|-execdir|-ok|-okdir|-x|-X|--exec|--exec-batch)$/).some((value) =>
        /^\{\}|\$\{…\}/.test(value),
      ),
  },
  {
    program: /^(?:rsync|scp|sftp|ssh)$/,
    by: "rsync(1), -e; ssh_config(5), ProxyCommand",
    orders: ({ arguments: words }) =>
      has(
        words,
        /^--rsh|^--rsync-path|ProxyCommand|LocalCommand|^-[a-zA-Z]*e$|^--chmod=.*(?:s|[2-7][0-7]{3})/,
      ),
  },
  {
    program: /^zip$/,
    by: "zip(1), -TT",
    orders: ({ arguments: words }) => has(words, /^-TT|^--unzip-command|^-[A-Za-z]*T[A-Za-z]*$/),
  },
  {
    program: /^split$|^csplit$/,
    by: "split(1), --filter",
    orders: ({ arguments: words }) => has(words, /^--fi/),
  },
  {
    program: /^sort$/,
    by: "sort(1), --compress-program",
    orders: ({ arguments: words }) => has(words, /^--co/),
  },
  {
    program: /^(?:script|watch|flock|setpriv|taskset|chrt|prlimit|unshare|nsenter|script)$/,
    by: "script(1), flock(1)",
    orders: ({ arguments: words }) => has(words, /^-[a-z]*c$|^--command/),
  },
  {
    program: /^(?:vim?|nvim|ex|view|rvim|ed|red|emacs|nano|less|more|man|info)$/,
    by: "vim(1), ed(1), emacs(1), less(1), man(1)",
    orders: ({ arguments: words }) =>
      has(words, /^\+?.*!|^--eval|^-(?:l|load|S|u|P|H)$|^--(?:load|pager|cmd|html)|^-[PH]/),
  },
  {
    program: /^(?:gdb|lldb)$/,
    by: "gdb(1)",
    orders: ({ arguments: words }) => has(words, /^-{1,2}(?:ex|eval-command|x|command|batch|o|s)\b/),
  },
  {
    program: /tex$|^tex/,
    by: "tex(1), -shell-escape",
    orders: ({ arguments: words }) => has(words, /^--?(?:shell-escape|enable-write18)/),
  },
  {
    program: /^(?:m4|gm4)$/,
    by: "info m4, Shell commands",
    orders: ({ arguments: words }) => has(words, /syscmd/),
  },
  { program: /^dc$/, by: "dc(1), !", orders: ({ arguments: words }) => has(words, /!/) },
  {
    program: /^jq$|^gojq$|^yq$/,
    by: "jq(1), @base64d; yq, load and system",
    orders: ({ arguments: words }) => has(words, /@base(?:64|32)d|implode|@sh\b.*\|\s*sh|\bsystem\b|^-L/),
  },
  {
    program: /^(?:cmake|ctest|cpack|ccmake)$/,
    by: "cmake(1); cmake-variables(7)",
    orders: ({ arguments: words }) =>
      has(
        words,
        /^-DCMAKE_(?:\w+_LAUNCHER|\w+_LINKER_LAUNCHER)(?::\w+)?=(?!(?:\/usr\/bin\/)?(?:ccache|sccache|distcc)?$)|^-DCMAKE_(?:PROJECT_\w*INCLUDE\w*|MAKE_PROGRAM|CXX_COMPILER_AR|LINKER|AR|RANLIB)(?::\w+)?=(?:\.{0,2}\/|\$)(?!usr\/bin)|^--launch/,
      ),
  },
  {
    program: /^(?:java|javac|jar|mvn|mvnd|gradle|gradlew|ant|sbt|kotlinc?|scala)$/,
    by: "java(1), -javaagent; gradle and ant manuals",
    orders: ({ arguments: words }) =>
      has(
        words,
        /^-javaagent|^-agent(?:lib|path)|^-Xbootclasspath|^-XX:On|^--init-script|^-I|^-Xplugin|^-processorpath|^exec:/,
      ),
  },
  {
    program: /^(?:node|nodejs|bun)[\d.]*$/,
    by: "node(1), --require and --import",
    orders: ({ arguments: words }) =>
      has(words, /^--(?:require|import|loader|experimental-loader|env-file)|^-r(?:$|\.|\/)/),
  },
  {
    program: /^php\d*$/,
    by: "php(1), -d",
    orders: ({ arguments: words }) => has(words, /auto_(?:pre|ap)pend_file|allow_url_include|extension=/),
  },
  {
    program: /^(?:perl|ruby)[\d.]*$/,
    by: "perlrun(1), -M; ruby(1), -r",
    orders: ({ name, arguments: words }) =>
      has(words, /^-[mM]?(?:LWP|IO::Socket|HTTP|Net|CPAN|POSIX|Inline)|^-[MmIr]\.?\//) ||
      (name === "ruby" && has(words, /^-r(?:open-uri|net\/|socket|fiddle|open3|\.|\/)/)),
  },
  { program: /^lua[\d.]*$|^luajit$/, by: "lua(1), -l", orders: ({ arguments: words }) => has(words, /^-l/) },
  {
    program: /^openssl$/,
    by: "openssl(1), -engine and -provider",
    orders: ({ arguments: words }) => has(words, /^-(?:engine|provider|provider-path|config)$/),
  },
  { program: /^(?:ssh-keygen|ssh-add|ssh-agent|ssh-keyscan)$/, by: "ssh-keygen(1), -D", orders: () => true },
  {
    program: /^ld-linux\S*\.so[\d.]*$|^ld\.so$|^ld-musl\S*$/,
    by: "ld.so(8)",
    orders: ({ arguments: words }) => words.length > 0,
  },
];

/** Whether the command orders a program to run, load or fetch something else. */
export function givesOrders(run: Run): boolean {
  const { name } = run;
  return name !== undefined && table.some(({ program, orders }) => program.test(name) && orders(run));
}

function has(words: readonly string[], pattern: RegExp): boolean {
  return words.some((word) => pattern.test(word));
}

/** What stands behind such an option as a word of its own. */
function valuesOf(words: readonly string[], option: RegExp): string[] {
  return words.filter((_, at) => option.test(words[at - 1] ?? ""));
}

function joinedTo(words: readonly string[], pattern: RegExp): string[] {
  return words.flatMap((word) => pattern.exec(word)?.[1] ?? []);
}

/** Programs that run what follows, or what comes in where nothing does. */
const carriers =
  /^(?:env|command|exec|nohup|setsid|nice|ionice|time|timeout|stdbuf|sudo|doas|busybox|toybox|sh|bash|dash|zsh|ksh|python\S*|perl|ruby|node|php|lua|xargs|parallel|eval|source|chrt|taskset)$/;

/** Whether the recipe names what `xargs` runs; else its input does. */
function namesItsProgram(words: readonly string[]): boolean {
  let at = 0;
  let replaced: string | undefined;
  for (; at < words.length; at += 1) {
    const word = words[at] ?? "";
    if (!word.startsWith("-")) break;
    const [, joined] = /^-I(.+)$/.exec(word) ?? [];
    if (word.startsWith("-i")) replaced = "{}";
    if (joined !== undefined) replaced = joined;
    if (word === "-I") replaced = words[at + 1];
    if (/^-(?:[0rtpox]*[IaEdLnPs])$|^--(?:max-\w+|delimiter|arg-file|replace|jobs)$/.test(word)) at += 1;
  }
  const rest = words.slice(at);
  const [program] = rest;
  if (program === undefined) return true;
  if (
    program === replaced ||
    program.includes("{}") ||
    program.startsWith("${") ||
    (replaced !== undefined && program.includes(replaced))
  )
    return false;
  const name = program.slice(program.lastIndexOf("/") + 1);
  if (!carriers.test(name)) return true;
  const own = rest.slice(1).filter((word) => !/^[-+]|^\d+\w?$|^\w+=/.test(word));
  return (
    own.length > 0 && own[0] !== replaced && !carriers.test(own[0] ?? "") && !(own[0] ?? "").startsWith("{}")
  );
}
