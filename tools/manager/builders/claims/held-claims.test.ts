import { expect, test } from "vitest";
import { HeldClaims, holdLimit } from "./held-claims.ts";

test("a builder keeps no build for longer than twice its time limit and an hour", () => {
  const held = new HeldClaims();
  held.begin("token", { builder: "attic", since: 1000, limitMs: holdLimit(1800) });
  expect(held.isOverdue("token", 1000 + 7200_000)).toBe(false);
  expect(held.isOverdue("token", 1001 + 7200_000)).toBe(true);
  expect(held.isOverdue("unknown", 1e12)).toBe(false);
});

test("a claim whose answer was lost takes up no place for long", () => {
  const held = new HeldClaims();
  for (const token of ["old", "known", "fresh"]) {
    held.begin(token, { builder: "attic", since: token === "fresh" ? 5000 : 1000, limitMs: 1 });
  }
  held.begin("other", { builder: "cellar", since: 1000, limitMs: 1 });
  held.end("unknown");
  held.forgetOthers("attic", new Set(["known"]), 4000);
  expect([held.countOf("attic"), held.countOf("cellar")]).toEqual([2, 1]);
  held.endAllOf("attic");
  expect([held.countOf("attic"), held.countOf("cellar")]).toEqual([0, 1]);
});
