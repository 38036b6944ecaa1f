import type { NewFile } from "./new-file.ts";

/** How a project is built and tested, as its files tell. */
interface BuildSystem {
  /** The file that shows it, at the root of the repository. */
  readonly file: string;
  readonly build: (name: string) => string;
  readonly test: string;
  /** What the build leaves. */
  readonly makes: (name: string) => string;
  /** Whether it fetches what it needs; then jobs have network. */
  readonly fetches: boolean;
}

/** The first that is there counts. */
const buildSystems: readonly BuildSystem[] = [
  {
    file: "Cargo.toml",
    build: () => "cargo build --release --locked",
    test: "cargo test --locked",
    makes: (name) => `target/release/${name}`,
    fetches: true,
  },
  {
    file: "go.mod",
    build: (name) => `CGO_ENABLED=0 go build -trimpath -o result/${name} .`,
    test: "go test ./...",
    makes: (name) => `result/${name}`,
    fetches: true,
  },
  {
    file: "package.json",
    build: () => "npm ci\nmkdir -p result\nnpm pack --pack-destination result",
    test: "npm ci\nnpm test",
    makes: () => "result/*.tgz",
    fetches: true,
  },
  {
    file: "CMakeLists.txt",
    build: () =>
      'cmake -B build -DCMAKE_BUILD_TYPE=Release\ncmake --build build\ncmake --install build --prefix "$PWD/result"',
    test: "cmake -B build\ncmake --build build\nctest --test-dir build --output-on-failure",
    makes: () => "result",
    fetches: false,
  },
  {
    file: "flake.nix",
    build: () => "nix build\ncp -RL result made",
    test: "nix flake check",
    makes: () => "made",
    fetches: true,
  },
];

const unknown: BuildSystem = {
  file: "",
  build: (name) => `make\nmkdir -p result\ncp ${name} result/`,
  test: "make test",
  makes: (name) => `result/${name}`,
  fetches: false,
};

/**
 * A first `release.toml` with its scripts, to be changed by a person.
 *
 * @param source the project's Git repository
 * @param present names at its root
 */
export function firstRelease(name: string, source: string, present: ReadonlySet<string>): readonly NewFile[] {
  const system = buildSystems.find(({ file }) => present.has(file)) ?? unknown;
  const network = system.fetches ? ", network = true" : "";
  const notes = present.has("CHANGELOG.md") ? ["CHANGELOG.md"] : [];
  const more = [...["README.md", "LICENSE"].filter((file) => present.has(file)), ...notes];
  const toml = `# docs/releases.md of Sluice says what every key means.
source = ${JSON.stringify(source)}
[targets]
x86_64-unknown-linux-gnu = { as = "tar.xz" }
[channels]
stable = { tag = 'v?[0-9]+\\.[0-9]+\\.[0-9]+', alias = "latest" }
rc = { tag = 'v?[0-9]+\\.[0-9]+\\.[0-9]+-.+', prerelease = true }
[stages.test]
unit = { run = "test.sh"${network} }
[stages.build]
app = { run = "build.sh", for = "*", makes = { app = ${JSON.stringify(system.makes(name))} }${network} }
[archives]
main = { of = "app", name = "${name}-{target}.{as}"${more.length > 0 ? `, with = ${JSON.stringify(more)}` : ""} }
[publish]
files = { to = "files", at = "file:///srv/releases/${name}/{ref}", of = ["main"] }
page = { to = "page", at = "file:///srv/releases/${name}", of = "files" }
`;
  const file = (path: string, text: string): NewFile => ({
    path: `releases/${name}/${path}`,
    content: Buffer.from(text),
  });
  return [
    file("release.toml", toml),
    file("test.sh", `set -eu\n${system.test}\n`),
    file("build.sh", `set -eu\n${system.build(name)}\n`),
  ];
}
