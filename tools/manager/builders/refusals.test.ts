import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ScratchWorkspace } from "../../../test/world/workspace.ts";
import { openRefusals, readRefusals } from "./refusals.ts";
import { addBuilder } from "./tokens.ts";

let workspace: ScratchWorkspace;
let state: string;
beforeEach(() => {
  workspace = new ScratchWorkspace();
  state = join(workspace.base, "state");
  mkdirSync(state);
});
afterEach(() => workspace.remove());

test("what was refused of a builder is counted beyond a restart of the manager, and shown in one line", async () => {
  await addBuilder(state, "attic");
  await addBuilder(state, "cellar");
  for (const why of ["it is of bar", "its SHA-256 differs\n\u001B[2Jhidden"]) {
    const refusals = await openRefusals(state, () => 1000);
    refusals.count("attic", "foo", why);
    refusals.count("attic", "foo", why);
    await refusals.close();
  }
  expect(await readRefusals(state)).toMatchObject({
    attic: { count: 4, last: { at: 1000, pkgbase: "foo" } },
  });
  const { stdout } = await workspace.sluice(["builders", "list", "--state", state]);
  const lines = stdout.split("\n");
  expect(lines[0]).toMatch(/^NAME +CLASS +ARCH +STATUS +REFUSED$/);
  expect(lines[1]).toMatch(/^attic .* 4, last foo: its SHA-256 differs .*hidden$/);
  expect(stdout).not.toContain("\u001B");
  expect(lines[2]).toMatch(/^cellar +no manager runs$/);
});

test("a damaged count begins anew, and holds up nothing", async () => {
  writeFileSync(join(state, "builders-refused.json"), "{");
  const refusals = await openRefusals(state, () => 2000);
  refusals.count("attic", "foo", "it is of bar");
  await refusals.close();
  expect(await readRefusals(state)).toMatchObject({ attic: { count: 1 } });
});
