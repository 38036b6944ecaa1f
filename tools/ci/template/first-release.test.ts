import { expect, test } from "vitest";
import { readDefinition } from "../../release/definition/read-definition.ts";
import { firstRelease } from "./first-release.ts";

test.each([
  ["Cargo.toml", "cargo build --release --locked", "target/release/app"],
  ["go.mod", "go build", "result/app"],
  ["package.json", "npm pack", "result/*.tgz"],
  ["CMakeLists.txt", "cmake --build", "result"],
  ["flake.nix", "nix build", "made"],
  ["Makefile", "make", "result/app"],
])("a repository with %s gets a definition without a mistake", (file, command, makes) => {
  const files = new Map(
    firstRelease("app", "https://example.org/app.git", new Set([file, "README.md", "src"])).map((each) => [
      each.path,
      Buffer.from(each.content).toString(),
    ]),
  );
  const { definition, problems } = readDefinition(
    "app",
    "releases/app/release.toml",
    files.get("releases/app/release.toml")!,
    {
      open: () => ({ refused: "is missing" }),
      whyMissing: (path) => (files.has(path) ? undefined : "is missing"),
    },
  );
  expect(problems).toEqual([]);
  expect(definition!.stages.get("build")!.get("app")!.makes.get("app")).toBe(makes);
  expect(definition!.archives.get("main")!.with).toEqual(["README.md"]);
  expect(files.get("releases/app/build.sh")).toContain(command);
});
