import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { missingPrograms } from "./world/programs.ts";
import { Terminal } from "./world/terminal.ts";

const base = realpathSync(mkdtempSync(join(tmpdir(), "sluice-completion-")));
const workspace = join(base, "workspace");
const env = { ...process.env, HOME: base, PATH: `${join(base, "bin")}:${process.env["PATH"]}` };

beforeAll(() => {
  mkdirSync(join(base, "bin"));
  const main = join(process.cwd(), "dist/cli/main.js");
  writeFileSync(join(base, "bin/sluice"), `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`);
  chmodSync(join(base, "bin/sluice"), 0o755);
  const hostile = ["$(touch pwned)", "`touch pwned`", "a;touch pwned", "a\ntouch pwned", "--json", "a b"];
  for (const name of ["libfoo++", "lib@bar", ...hostile]) {
    mkdirSync(join(workspace, "packages", name), { recursive: true });
    writeFileSync(join(workspace, "packages", name, "PKGBUILD"), "");
  }
  mkdirSync(join(workspace, ".ci"));
  writeFileSync(join(workspace, ".ci/config"), "");
  writeFileSync(join(workspace, "core file.db"), "");
});
afterAll(() => rmSync(base, { recursive: true }));

/** What is typed, and the arguments that the command then gets; `show` is completed as `sluice` is. */
const typed: readonly (readonly [keys: string, args: readonly string[]])[] = [
  ["show dep\t", ["deptree"]],
  ["show build libf\t lib@\t", ["build", "libfoo++", "lib@bar"]],
  ["show deptree --form\tdo\t", ["deptree", "--format", "dot"]],
  ["show deptree --format=d\t", ["deptree", "--format=dot"]],
  ["show deptree --databases core\t", ["deptree", "--databases", "core file.db"]],
  ["show why --root ../work\tlibf", ["why", "--root", "../workspace/libf"]],
  ["show why --root ~/workspace lib@\t", ["why", "--root", workspace, "lib@bar"]],
];

describe.each([
  ["bash", "bash --norc --noprofile -i", "complete -F _sluice show"],
  ["zsh", "zsh -f -i", "compdef _sluice show"],
])("on a terminal with %s", (shell, start, complete) => {
  const missing = missingPrograms("script", shell).join(", ");

  test.skipIf(missing !== "")(
    `what TAB completes is what the command gets (needs script, ${shell})`,
    async () => {
      const terminal = new Terminal(start, { cwd: workspace, env });
      const answers = join(base, `${shell}.args`);
      await terminal.type(
        [
          shell === "zsh" ? "autoload -U compinit; compinit -u -D; setopt auto_param_slash" : "true",
          `source <(sluice completion ${shell})`,
          complete,
          `show() { printf '%s\\0' "$@" > '${answers}'; }`,
        ].join("; "),
      );
      for (const [keys, args] of typed) {
        await terminal.type(keys);
        expect(argumentsIn(answers), keys).toEqual(args);
      }
      await terminal.close();
    },
  );
});

describe("with fish", () => {
  const missing = missingPrograms("fish").join(", ");

  test.skipIf(missing !== "").each([
    ["sluice dep", ["deptree"]],
    ["sluice build libfoo++ lib", ["lib@bar", "libfoo++"]],
    ["sluice deptree --form", ["--format"]],
    ["sluice deptree --format=d", ["--format=dot"]],
    ["sluice deptree --databases core", ["core file.db"]],
    ["sluice why --root ../work", ["../workspace/"]],
    ["sluice why --root=../work", ["--root=../workspace/"]],
    ["sluice why --root ~/workspace lib@", ["lib@bar"]],
  ])("%s (needs fish)", (line, expected) => {
    expect(fishCandidates(line)).toEqual(expected);
  });
});

test("a folder that no package may be called like is never offered, and nothing of its name is run", () => {
  const said = execFileSync("sluice", ["completion", "zsh", "--", "why", ""], { cwd: workspace, env });
  expect(said.toString()).toBe("words\nlib@bar\nlibfoo++\n");
  expect(existsSync(join(workspace, "pwned"))).toBe(false);
});

test("outside of a workspace nothing is said while somebody types", () => {
  const said = execFileSync("sluice", ["completion", "bash", "--", "why", ""], { cwd: "/", env });
  expect(said.toString()).toBe("words\n");
});

function argumentsIn(path: string): string[] {
  return readFileSync(path, "utf8").split("\0").slice(0, -1);
}

/** What fish would offer, without what it says about each. */
function fishCandidates(line: string): string[] {
  const script = "sluice completion fish | source; complete -C $argv[1]";
  const offered = execFileSync("fish", ["-N", "-c", script, line], { cwd: workspace, env, encoding: "utf8" });
  return offered
    .split("\n")
    .filter(Boolean)
    .map((candidate) => candidate.replace(/\t.*/, ""));
}
