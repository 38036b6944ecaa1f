import { expect, test } from "vitest";
import type { PackageView } from "../api/package-schemas.ts";
import { headline } from "./package-state.ts";

type Found = Parameters<typeof headline>[0];
type State = PackageView["state"];

function found(
  state: State,
  published: Readonly<Record<string, string | null>>,
  { version = "1.1-1", ...more }: Partial<Found> = {},
): Found {
  const standings = Object.entries(published).map(([arch, one]) => {
    const isCurrent = one !== null && one === version;
    return { arch, state: isCurrent ? "published" : state, why: "", version: one, isCurrent } as const;
  });
  const isCurrent = standings.every((one) => one.isCurrent);
  return { state, isCurrent, version, standings, causes: [], builds: [], review: null, ...more };
}

const nothing = { x86_64: null };
const older = { x86_64: "1.0-1" };
const review = {
  pkgbase: "foo",
  url: null,
  branch: "update-foo-0123456789abcdef",
  openedAt: 0,
  verdict: "major" as const,
  versions: "1.1 → 1.2",
  findings: [],
  evidence: [],
};
const lib = { pkgbase: "lib", outcome: "failed", build: 1 };

test.each<[Found, string]>([
  [found("published", { x86_64: "1.1-1" }), "Published as main has it"],
  [
    found("published", { x86_64: "1.1-1" }, { review }),
    "Published as main has it; upstream's update waits for a person",
  ],
  [found("building", { x86_64: "1.1-1" }), "Published as main has it: it is being built"],
  [found("queued", older), "Published: 1.0-1, main has 1.1-1: it is next in the queue"],
  [
    found("to-build", { x86_64: "1.1-1" }, { isCurrent: false, standings: found("held", older).standings }),
    "Published: 1.0-1, main has 1.1-1: it isn't scheduled yet",
  ],
  [
    found("to-build", older, { version: null }),
    "Published: 1.0-1, main has a newer recipe: it isn't scheduled yet",
  ],
  [
    found("failing", { x86_64: "1.0-1", aarch64: "1.1-1" }),
    "Published as main has it for aarch64, not for x86_64: its last build failed",
  ],
  [found("blocked", nothing, { causes: [lib] }), "Not published: blocked by lib (failed)"],
  [
    found("blocked", nothing, {
      causes: ["a", "b", "c", "d", "e"].map((pkgbase) => ({ ...lib, pkgbase, outcome: "timed-out" })),
    }),
    "Not published: blocked by a (timed out), b (timed out), c (timed out) and 2 more",
  ],
  [found("no-builder", nothing), "Not published: no builder takes it"],
  [found("not-started", older), "Published: 1.0-1, main has 1.1-1: its build was not started"],
  [found("to-remove", older), "No longer in main, and to be removed"],
])("%#: the page of a package says first: %s", (view, said) => expect(headline(view)).toBe(said));
