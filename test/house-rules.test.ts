import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, test } from "vitest";

// The rules hold for paths below the folder of their file, so an empty house needs its own copy.
const house = mkdtempSync(join(tmpdir(), "sluice-house-"));
copyFileSync("oxlint.config.mjs", join(house, "oxlint.config.mjs"));
afterAll(() => rmSync(house, { recursive: true }));

/** Plants files in an empty house and returns what the project's linter says of the first. */
function lint(path: string, source: string, others: Readonly<Record<string, string>> = {}): string {
  const planted = Object.entries({ [path]: source, ...others });
  for (const [at, text] of planted) {
    mkdirSync(dirname(join(house, at)), { recursive: true });
    writeFileSync(join(house, at), text);
  }
  const oxlint = join(process.cwd(), "node_modules/oxlint/bin/oxlint");
  const { stdout } = spawnSync(process.execPath, [oxlint, "-c", "oxlint.config.mjs", path], {
    cwd: house,
    encoding: "utf8",
  });
  for (const [at] of planted) rmSync(join(house, at));
  return stdout;
}

test.each([
  ["tools/alpm/a.ts", 'import { x } from "../git/x.ts";\nexport const y = x;\n'],
  ["tools/alpm/a.ts", 'import { x } from "../deptree/x.ts";\nexport const y = x;\n'],
  ["tools/alpm/a.ts", 'import { readFile } from "node:fs/promises";\nexport const y = readFile;\n'],
  ["tools/deptree/a.ts", 'import { readFileSync } from "node:fs";\nexport const y = readFileSync;\n'],
  ["tools/release/a.ts", 'import { x } from "../workspace/x.ts";\nexport const y = x;\n'],
  ["tools/release/refs/a.ts", 'import { x } from "../plan/x.ts";\nexport const y = x;\n'],
  ["tools/git/a.ts", 'import { x } from "../sandbox/x.ts";\nexport const y = x;\n'],
  ["tools/workspace/a.ts", 'import { x } from "../ci/x.ts";\nexport const y = x;\n'],
  ["tools/ci/a.ts", 'import { x } from "../manager/x.ts";\nexport const y = x;\n'],
  ["tools/web/a.ts", 'import { x } from "../queue/x.ts";\nexport const y = x;\n'],
  ["tools/manager/a.ts", 'import { x } from "../cli/x.ts";\nexport const y = x;\n'],
  ["tools/forge/a.ts", 'import { x } from "../upstream/x.ts";\nexport const y = x;\n'],
  ["tools/ci/on-commit/a.ts", 'import { x } from "../on-schedule/x.ts";\nexport const y = x;\n'],
  ["tools/ci/on-commit/a.ts", 'import { x } from "../../manager/x.ts";\nexport const y = x;\n'],
  ["tools/upstream/nvchecker/kinds/a.ts", 'import { x } from "../../tags/x.ts";\nexport const y = x;\n'],
  ["tools/cli/output/a.ts", 'import { x } from "../wiring/x.ts";\nexport const y = x;\n'],
])("a forbidden import planted in %s is refused", (path, source) => {
  expect(lint(path, source)).toContain("no-restricted-imports");
});

test.each([
  ["tools/deptree/a.ts", 'import { x } from "../alpm/x.ts";\nexport const y = x;\n'],
  ["tools/ci/a.ts", 'import { x } from "../workspace/x.ts";\nexport const y = x;\n'],
  ["tools/cli/a.ts", 'import { x } from "../manager/x.ts";\nexport const y = x;\n'],
  ["tools/forge/a.ts", 'import { x } from "../workspace/x.ts";\nexport const y = x;\n'],
  ["tools/ci/on-schedule/a.ts", 'import { x } from "../on-commit/x.ts";\nexport const y = x;\n'],
  ["tools/ci/operations/a.ts", 'import { x } from "../../upstream/aur/x.ts";\nexport const y = x;\n'],
])("an import of a room above is allowed in %s", (path, source) => {
  expect(lint(path, source)).not.toContain("no-restricted-imports");
});

test("a time limit that the garbage collector may take away is refused", () => {
  expect(lint("tools/git/a.ts", "export const limit = AbortSignal.timeout(1000);\n")).toContain(
    "no-restricted-properties",
  );
});

test("files that need each other are refused, also where only types are meant", () => {
  const said = lint("tools/git/a.ts", 'import type { B } from "./b.ts";\nexport type A = B[];\n', {
    "tools/git/b.ts": 'import type { A } from "./a.ts";\nexport type B = A | string;\n',
  });
  expect(said).toContain("no-cycle");
});
