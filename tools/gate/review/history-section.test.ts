import { expect, test } from "vitest";
import { historySection, type PackageHistory, type PastEvent } from "./history-section.ts";

const now = Date.parse("2026-06-30T12:00:00Z");
const on = (day: string): number => Date.parse(`${day}T00:00:00Z`) / 1000;
const event = (what: "held" | "accepted" | "refused", day: string): PastEvent => ({ what, at: on(day) });

function section(history: Partial<PackageHistory>): { first: readonly string[]; lines: readonly string[] } {
  const { first, lines } = historySection({
    changes: [],
    isWhole: true,
    past: [],
    maintainers: undefined,
    now,
    ...history,
  });
  return { first, lines };
}

test("a package of which nothing is known says that nothing is", () => {
  expect(section({})).toEqual({
    first: [],
    lines: ["None of its updates was held before, as far as the branch `state` remembers"],
  });
});

test("held, accepted, refused and overtaken updates are counted, with the last decision", () => {
  const past = [
    event("held", "2026-01-01"),
    event("accepted", "2026-01-02"),
    event("held", "2026-02-01"),
    event("held", "2026-03-01"),
    event("refused", "2026-03-02"),
    event("held", "2026-06-29"),
  ];
  expect(section({ past })).toEqual({
    first: ["An earlier update was refused on 2026-03-02, and none was accepted since"],
    lines: [
      "4 updates held since 2026-01-01: 1 accepted, 1 refused, 1 overtaken by a newer one, 1 waits now; last decided on 2026-03-02: refused",
    ],
  });
});

test("who maintained it since when, and that it changed hands lately comes first", () => {
  const past: PastEvent[] = [
    { what: "left", at: on("2025-01-01"), maintainers: ["ann", "bob"] },
    { what: "left", at: on("2026-06-20"), maintainers: [] },
  ];
  expect(section({ past, maintainers: ["mallory"] })).toMatchObject({
    first: ["Its maintainers changed 10 days ago: nobody before, `mallory` since"],
    lines: [
      "Maintained by `mallory` since 2026-06-20; before by nobody until 2026-06-20, `ann`, `bob` until 2025-01-01",
      expect.anything(),
    ],
  });
  expect(section({ past: past.slice(0, 1), maintainers: ["ann"] }).first).toEqual([]);
  expect(section({ maintainers: ["ann"] }).lines[0]).toBe("Maintained by `ann`; no others are on record");
});

test("who accepted what and when, as Git has it", () => {
  const changes = [
    { how: "accepted", by: "Ann @all", at: on("2026-06-29") },
    { how: "taken", by: "Sluice", at: on("2026-05-01") },
    ...Array.from({ length: 6 }, () => ({ how: "accepted", by: "Bob", at: on("2026-02-01") }) as const),
    { how: "by hand", by: "Carol", at: on("2026-01-01") },
  ] as const;
  expect(section({ changes, isWhole: false }).lines.slice(0, 2)).toEqual([
    "9 changes of the recipe since 2026-01-01 (180 days ago): 1 taken by the pipeline, 7 accepted by a person, 1 by hand; older history isn't in this clone, or wasn't looked through",
    "Accepted: 2026-06-29 by `Ann @ all`, 2026-02-01 by `Bob`, 2026-02-01 by `Bob`, 2026-02-01 by `Bob`, 2026-02-01 by `Bob` and 2 before",
  ]);
});
