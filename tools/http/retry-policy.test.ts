import { expect, test } from "vitest";
import { askedWait, isNotNow, waitAfter } from "./retry-policy.ts";

const date = "Wed, 21 Oct 2026 07:28:00 GMT";
const now = Date.parse(date);

test.each([
  [200, {}, false],
  [304, {}, false],
  [401, {}, false],
  [403, {}, false],
  [403, { "retry-after": "60" }, true],
  [403, { "x-ratelimit-remaining": "0" }, true],
  [403, { "x-ratelimit-remaining": "12" }, false],
  [404, {}, false],
  [408, {}, true],
  [425, {}, true],
  [429, {}, true],
  [500, {}, true],
  [501, {}, false],
  [503, {}, true],
])("%i with %o says “not now”: %s", (status, headers, expected) => {
  expect(isNotNow({ status, headers })).toBe(expected);
});

test.each([
  ["nothing", {}, undefined],
  ["seconds", { "retry-after": "120" }, 120_000],
  ["a date", { "retry-after": "Wed, 21 Oct 2026 07:29:00 GMT" }, 60_000],
  ["a date that has passed", { "retry-after": "Wed, 21 Oct 2026 07:00:00 GMT" }, 0],
  [
    "a date by the server's own clock",
    { date: "Wed, 21 Oct 2026 08:28:00 GMT", "retry-after": "Wed, 21 Oct 2026 08:28:09 GMT" },
    9000,
  ],
  ["nonsense", { "retry-after": "-5" }, undefined],
  ["a year", { "retry-after": "2026" }, 2_026_000],
  [
    "a time of GitHub's",
    { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(now / 1000 + 30) },
    30_000,
  ],
  ["a time of GitLab's", { "ratelimit-remaining": "0", "ratelimit-reset": String(now / 1000 + 30) }, 30_000],
  ["a number of seconds", { "ratelimit-remaining": "0", "ratelimit-reset": "17" }, 17_000],
  ["a limit that isn't exhausted", { "x-ratelimit-remaining": "3", "x-ratelimit-reset": "17" }, undefined],
])("a server that asks for %s is understood", (_, headers: Record<string, string>, expected) => {
  expect(askedWait({ headers }, now)).toBe(expected);
});

const retryLimits = { attempts: 4, backoff: 1000 };

test.each([
  [1, undefined, 0.5, 1000],
  [2, undefined, 0.5, 4000],
  [3, undefined, 0.5, 16_000],
  [1, undefined, 0, 500],
  [1, undefined, 0.75, 1250],
  [1, 7000, 0.5, 7000],
  [2, 1000, 0.5, 4000],
  [4, 1000, 0.5, undefined],
])("after attempt %i, asked for %s ms, chance %d: %s ms", (attempt, asked, random, expected) => {
  expect(waitAfter(attempt, asked, retryLimits, random)).toBe(expected);
});
