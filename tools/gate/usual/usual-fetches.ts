import type { Run } from "../commands/resolved-words.ts";

/**
 * How builds fetch what the source itself names: by its lock files, its list of dependencies, its submodules. Upstream
 * decides there, not the recipe, and only the package is made of it. What a recipe itself names to be fetched (a
 * package, an address, a registry) isn't among it: so npm and bun were misused in June 2026.
 */
interface UsualFetch {
  readonly program: RegExp;
  readonly fits: (words: readonly string[]) => boolean;
}

const table: readonly UsualFetch[] = [
  {
    program: /^npm$/,
    fits: (words) =>
      isSettingFolder(words) ||
      installsOwn(
        words,
        /^(?:ci|i|install|rebuild|prune|dedupe)$/,
        /^(?:run|run-script|pack|version|cache|start|test)$/,
      ),
  },
  {
    program: /^(?:yarn|yarnpkg)$/,
    fits: (words) =>
      isNone(
        words,
        /^(?:add|global|dlx|create|set|plugin|config|upgrade|up|link|policies|npm|exec|patch|import|init)$/,
      ),
  },
  {
    program: /^pnpm$/,
    fits: (words) =>
      isSettingFolder(words) ||
      (isNone(
        words,
        /^(?:add|dlx|create|update|up|upgrade|link|config|set|env|setup|self-update|import|init|publish|x)$/,
      ) &&
        installsOwn(words, /^(?:i|install|ci|fetch|rebuild|prune|deploy)$/, /^.*$/)),
  },
  {
    program: /^bun$/,
    fits: (words) =>
      isNone(words, /^(?:add|x|create|update|link|init|upgrade|publish|pm|-e|--eval|-p|--print)$/) &&
      installsOwn(words, /^(?:i|install|ci)$/, /^(?:run|build|test)$/),
  },
  {
    program: /^(?:pip[\d.]*)$/,
    fits: (words) =>
      isNone(words, /^-[rcif]|^--(?:requ|constr|index|extra|find)/) &&
      installsOwn(words, /^(?:install|wheel)$/, /^(?:list|show|check)$/),
  },
  { program: /^gem$/, fits: (words) => gemOfSource(words) },
  {
    program: /^cargo$/,
    fits: (words) =>
      words.includes("update") ||
      (words.includes("install") &&
        words.some((word) => /^--path(?:=|$)/.test(word)) &&
        isNone(words, /^--(?:git|index|registry|config)(?:=|$)/)),
  },
  { program: /^go$/, fits: (words) => goOfSource(words) },
  {
    program: /^dotnet$/,
    fits: ([first, second, ...others]) =>
      first === "tool" && second === "restore" && others.every((word) => word.startsWith("--")),
  },
  {
    program: /^mix$/,
    fits: (words) =>
      /^(?:deps\.(?:get|compile)|compile|release|local\.\w+)$/.test(words[0] ?? "") && isNone(words, /[/@]/),
  },
  {
    program: /^nimble$/,
    fits: (words) =>
      /^(?:build|c|refresh)$/.test(words[0] ?? "") ||
      (words[0] === "install" && words.slice(1).every((word) => word.startsWith("-"))),
  },
  {
    program: /^(?:stack|cabal)$/,
    fits: (words) =>
      isNone(words, /[@]|^(?:new|exec|runghc|script|upload|hoogle)$/) &&
      words.filter((word) => !word.startsWith("-")).length <= 2,
  },
  {
    program: /^(?:uv|poetry|hatch|pdm)$/,
    fits: ([first, ...others]) =>
      /^(?:build|sync|install)$/.test(first ?? "") && others.every((word) => word.startsWith("-")),
  },
  { program: /^dub$/, fits: (words) => isNone(words, /^(?:fetch|add|run|upgrade)$|^--registry/) },
  { program: /^dart$/, fits: ([first, second]) => first === "pub" && /^(?:get|upgrade)$/.test(second ?? "") },
  {
    program: /^(?:bundle|bundler|composer)$/,
    fits: ([first, ...others]) =>
      /^(?:install|config|exec)$/.test(first ?? "") &&
      others.every((word) => /^-|^(?:set|unset|true|false|path|deployment|without|[\w.${}/-]+)$/.test(word)),
  },
  {
    program: /^nvm$/,
    fits: (words) =>
      /^(?:install|use|unload|deactivate|ls|current|which|version|--version|alias)$/.test(words[0] ?? ""),
  },
  { program: /^rustup$/, fits: (words) => isNone(words, /^(?:run|self|set|\+.*)$/) && isNone(words, /[/:]/) },
  {
    program: /^pacman$/,
    fits: (words) =>
      /^-(?:[QT][a-z]*|S[ilsg]+q?)$/.test(words[0] ?? "") &&
      isNone(words.slice(1), /^-(?:[SURD]|-(?:sync|upgrade|remove|database|root|dbpath|config|hookdir))/),
  },
  { program: /^git$/, fits: (words) => gitOfSource(words) },
];

/** Whether that is all that such a command does. */
export function isUsualFetch({ name, program, arguments: words }: Run): boolean {
  if (name === undefined || !/^(?:\/usr\/bin\/)?[\w.-]+$/.test(program)) return false;
  if (name === "git" && namesRemote(words)) return true;
  if (/^python[\d.]*$/.test(name) && words[0] === "-m" && words[1] === "pip")
    return isUsualFetch({ name: "pip", program: "pip", arguments: words.slice(2) });
  if (words.some((word) => /:\/\/|^git@|\$\{…\}|registry|@(?:file|git|npm|http)/.test(word))) return false;
  return table.some(({ program: fits, fits: isUsual }) => fits.test(name) && isUsual(words));
}

/** To name a repository fetches nothing, and what a submodule comes from decides nothing: its commit stands in the source. */
function namesRemote(words: readonly string[]): boolean {
  const plain = words.filter((word) => !word.startsWith("-"));
  if (plain[0] === "remote")
    return (
      /^(?:add|set-url|rename|remove|rm|show|get-url)$/.test(plain[1] ?? "") &&
      !words.includes("-f") &&
      isNone(words, /^ext:|^-/)
    );
  if (plain[0] === "ls-remote") return isNone(words, /^--(?:upload-pack|exec|config)|^ext:/);
  return (
    plain[0] === "submodule" &&
    plain[1] === "set-url" &&
    plain.slice(3).every((word) => /^\$\{srcdir\}\/|^https:\/\//.test(word))
  );
}

function isNone(words: readonly string[], pattern: RegExp): boolean {
  return !words.some((word) => pattern.test(word));
}

/** `npm config set cache DIR` */
function isSettingFolder([first, second, key, value, ...others]: readonly string[]): boolean {
  return (
    first === "config" &&
    second === "set" &&
    /^(?:cache|cache-dir|store-dir|state-dir)$/.test(key ?? "") &&
    /^\$\{(?:srcdir|SRCDEST)\}\/[\w.-]+$/.test(value ?? "") &&
    others.length === 0
  );
}

/** Options whose value is the next word. */
const withValue =
  /^(?:-C|-F|--dir|--cwd|--prefix|--cache|--cache-dir|--cache-folder|--store-dir|--filter|--root|--target|-t|-w|--wheel-dir|--workspace|--mutex|--loglevel|--reporter|--omit|--include|--find-links)$/;

/** Programs of which `first` takes names of what to install: none stands there, but files and folders of the build. */
function installsOwn(words: readonly string[], installing: RegExp, other: RegExp): boolean {
  const plain = words.filter((word, at) => !word.startsWith("-") && !withValue.test(words[at - 1] ?? ""));
  const [subcommand, ...operands] = plain;
  if (subcommand === undefined) return words.every((word) => /^--?(?:version|help)$/.test(word)) || false;
  if (installing.test(subcommand)) return operands.every(isOwnFile);
  return other.test(subcommand);
}

/** A path that is written as one, or a file that a build makes. */
function isOwnFile(word: string): boolean {
  return /^(?:\.{1,2}(?:\/|$)|\$\{(?:srcdir|pkgdir)\}(?:\/|$))|^[\w.${}…*-]+\/[^@]*\.(?:whl|tgz|tar\.gz)$|^[\w.${}…*-]+\.(?:whl|tgz)$/.test(
    word,
  );
}

function gemOfSource(words: readonly string[]): boolean {
  const [subcommand, ...others] = words.filter((word) => !word.startsWith("-"));
  if (/^(?:build|env|environment|unpack|spec|specification|--version)$/.test(subcommand ?? "")) return true;
  return (
    subcommand === "install" &&
    others.some((word) => word.endsWith(".gem")) &&
    words.some((word) => /^(?:--local|-l|--ignore-dependencies|-[A-Za-z]*l)$/.test(word)) &&
    isNone(words, /^(?:--remote|-r|--source|-s|-b|--both)$/)
  );
}

function goOfSource(words: readonly string[]): boolean {
  const [subcommand, ...others] = words.filter((word) => !word.startsWith("-"));
  if (!/^(?:install|generate|get|run)$/.test(subcommand ?? "")) return false;
  if (words.some((word) => /^-(?:toolexec|overlay|modfile|exec)\b/.test(word))) return false;
  return others.every((word) => /^\.{1,3}(?:\/|$)/.test(word) || !/[/@]|\.\w/.test(word));
}

/** Submodules and large files have the source's own hashes; names of branches and tags are nothing that runs. */
function gitOfSource(words: readonly string[]): boolean {
  const plain = words.filter(
    (word, at) => !word.startsWith("-") && !/^(?:-C|-c|--git-dir|--work-tree)$/.test(words[at - 1] ?? ""),
  );
  const [subcommand, second] = plain;
  if (subcommand === "submodule") return isNone(words, /^--remote$|^(?:add|foreach|set-url|set-branch)$/);
  if (subcommand === "lfs") return /^(?:pull|fetch|checkout|install|ls-files)$/.test(second ?? "");
  if (subcommand === "remote") return isNone(words, /^-f$|^(?:update|prune|set-head)$/);
  if (subcommand === "ls-remote") return isNone(words, /^--upload-pack|^--exec/);
  if (subcommand === "clone" || subcommand === "fetch")
    return (
      isNone(words, /^--(?:upload-pack|template|config|recurse|server-option)|^-c$|^-u/) &&
      /^\$\{srcdir\}\/[\w.${}…/-]+$/.test(second ?? "") &&
      plain.length <= 4
    );
  if (subcommand === "archive") return isNone(words, /^--(?:remote|exec)/);
  return false;
}
