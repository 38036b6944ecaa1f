import { expect, test } from "vitest";
import { guessLimit } from "./guess-limit.ts";

const find = (token: string) => async (): Promise<string | undefined> =>
  token === "right" ? "ann" : undefined;

test("of a hundred wrong tokens that are sent at once ten are looked at, and who is right among them learns nothing", async () => {
  const limit = guessLimit(() => 0);
  const tokens = [...Array.from({ length: 100 }, (_, n) => `wrong ${n}`), "right"];
  const kinds = await Promise.all(
    tokens.map(async (token) => (await limit.ask("a", token, find(token))).kind),
  );
  expect(kinds).toEqual([...Array<string>(10).fill("unknown"), ...Array<string>(91).fill("later")]);
});

test("who was right before is listened to on, until the token counts no more", async () => {
  const limit = guessLimit(() => 0);
  expect(await limit.ask("a", "right", find("right"))).toEqual({ kind: "known", who: "ann" });
  for (let n = 0; n < 12; n++) await limit.ask("a", `wrong ${n}`, find(""));
  expect(await limit.ask("a", "right", find("right"))).toEqual({ kind: "known", who: "ann" });
  expect(await limit.ask("a", "right", async () => undefined)).toEqual({ kind: "unknown" });
  expect(await limit.ask("a", "right", find("right"))).toEqual({ kind: "later", seconds: 60 });
});

test("nobody is shut out for longer than a minute, and what is remembered is bounded", async () => {
  let now = 0;
  const limit = guessLimit(() => now);
  const guess = async (address: string): Promise<string> => (await limit.ask(address, "x", find("x"))).kind;
  for (let n = 0; n < 10; n++) await guess("a");
  expect([await guess("a"), await guess("b")]).toEqual(["later", "unknown"]);
  now = 60_000;
  expect(await guess("a")).toBe("unknown");
  for (let n = 0; n < 10; n++) await guess("b");
  for (let n = 0; n < 10_000; n++) await guess(`other ${n}`);
  expect(await guess("b")).toBe("unknown");
});
