import type { SourceFile } from "./source-tree.ts";

/** Why a file of a source deserves a look. The order is that in which they are shown. */
export const marks = {
  build: "Build scripts",
  program: "Machine code",
  encoded: "Encoded text",
  minified: "Minified text",
  packed: "Compressed files",
  lock: "Lock files",
  ci: "CI files",
  submodule: "Submodules",
  binary: "Binaries",
  image: "Pictures",
} as const;

export type Mark = keyof typeof marks;

/** What a file of a source is, by its path and its content; it may be several things. */
export function marksOf(path: string, { kind, looks }: SourceFile): Mark[] {
  const folded = path.toLowerCase();
  const found: Mark[] = [];
  if (ciPath.test(folded)) found.push("ci");
  else if (isBuildScript(folded)) found.push("build");
  if (lockFile.test(folded)) found.push("lock");
  if (kind === "submodule") found.push("submodule");
  else if (looks !== "text") found.push(looks);
  return found;
}

/**
 * Whether Autotools write a file of this name into a release, so that most releases have it and no repository. Their
 * m4 files aren't among them: anybody's come under such names as well.
 */
export function isGenerated(path: string): boolean {
  return generated.test(path.slice(path.lastIndexOf("/") + 1));
}

const generated =
  /^(?:configure|aclocal\.m4|Makefile\.in|config\.h\.in|config\.hin|ltmain\.sh|compile|missing|install-sh|depcomp|ar-lib|test-driver|ylwrap|mdate-sh|mkinstalldirs|config\.(?:guess|sub|rpath)|py-compile|INSTALL|ABOUT-NLS)$/;

const ciPath =
  /^(?:\.github|\.gitlab|\.circleci|\.forgejo|\.gitea|\.woodpecker|\.builds|\.buildkite)\/|^(?:\.gitlab-ci|\.travis|\.appveyor|appveyor|azure-pipelines|\.drone|\.woodpecker|\.cirrus)\.ya?ml$|(?:^|\/)jenkinsfile$/;

const lockFile =
  /(?:^|\/)(?:package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.ya?ml|bun\.lockb?|deno\.lock|cargo\.lock|go\.(?:sum|mod)|poetry\.lock|uv\.lock|pdm\.lock|pipfile\.lock|pylock(?:\.[\w-]+)?\.toml|requirements[\w.-]*\.txt|composer\.lock|gemfile\.lock|flake\.lock|mix\.lock|pubspec\.lock|gradle\.lockfile|verification-metadata\.xml|packages\.lock\.json|package\.resolved|podfile\.lock|conan\.lock|\.gitmodules|stack\.yaml\.lock|[^/]+\.wrap)$/;

/** Names that a build reads and obeys, whatever program runs it, and all shell scripts. */
function isBuildScript(folded: string): boolean {
  const file = folded.slice(folded.lastIndexOf("/") + 1);
  return (
    buildName.test(file) ||
    isGenerated(file) ||
    /^debian\/(?:rules|.*\.(?:post|pre)(?:inst|rm))$/.test(folded)
  );
}

const buildName =
  /^(?:configure(?:\.(?:ac|in))?|(?:gnu)?makefile(?:\.\w+)?|cmakelists\.txt|cmakepresets\.json|meson\.build|meson(?:_options\.txt|\.options)|build\.(?:rs|zig|xml|sh|py|pl|gradle|gradle\.kts|ninja)|settings\.gradle(?:\.kts)?|gradlew(?:\.bat)?|pom\.xml|mvnw|setup\.(?:py|cfg)|pyproject\.toml|conftest\.py|package\.json|\.npmrc|\.yarnrc(?:\.yml)?|binding\.gyp|cargo\.toml|config\.toml|sconstruct|sconscript|wscript|waf|rakefile|extconf\.rb|makefile\.pl|justfile|taskfile\.ya?ml|workspace(?:\.bazel)?|module\.bazel|build(?:\.bazel)?|xmake\.lua|premake\d*\.lua|autogen|bootstrap|buildconf|dockerfile|pkgbuild|default\.nix|flake\.nix|setup\.hs|dune(?:-project)?|mix\.exs|shard\.yml)$|\.(?:m4|am|mk|mak|cmake|cmake\.in|sh|bash|sh\.in|gyp|gypi|pro|pri|bzl|gemspec|spec|cabal|csproj|props|targets|gradle|nimble)$/;
