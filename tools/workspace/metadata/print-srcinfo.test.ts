import { expect, test } from "vitest";
import { isolations, type Outcome, type Sandbox } from "../../sandbox/sandbox.ts";
import { printSrcinfo } from "./print-srcinfo.ts";

const why = (reason: string): object => ({ whole: false, unknown: [{ reason }] });

test.each<[Outcome, object | undefined]>([
  [
    { kind: "exited", code: 0 },
    { pkgbase: "foo", whole: true },
  ],
  [{ kind: "exited", code: 12 }, why("makepkg --printsrcinfo fails: it says nothing")],
  [{ kind: "out-of-memory" }, why("makepkg --printsrcinfo out-of-memory")],
  [{ kind: "timed-out" }, undefined],
  [{ kind: "lost", reason: "killed" }, undefined],
])("where the sandbox says %j, that is kept of the recipe", async (outcome, expected) => {
  const sandbox: Sandbox = {
    name: "bubblewrap",
    programs: "host",
    isolates: new Set(isolations),
    owner: { uid: 0, gid: 0 },
    async run({ onOutput }) {
      const text = "pkgbase = foo\n\tpkgver = 1\n\tpkgrel = 1\n\tarch = any\n\npkgname = foo\n";
      await onOutput(Buffer.from(text), "stdout");
      return { outcome, durationMs: 1, collected: [], logTruncated: false, notes: [] };
    },
  };
  expect({ found: await printSrcinfo(new Map(), sandbox) }).toMatchObject({ found: expected });
});
