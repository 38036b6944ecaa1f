import { expect, test } from "vitest";
import type { Git } from "./git.ts";
import { peeledTags, readPeeledTags } from "./peeled-tags.ts";

const [tagObject, commit] = ["a".repeat(40), "b".repeat(40)];

test("an annotated tag is the commit that it points at, a light one is its own", () => {
  const listing = `${tagObject}\trefs/tags/v1.0\n${commit}\trefs/tags/v1.0^{}\n${commit}\trefs/tags/v0.9`;
  expect([...readPeeledTags(listing)]).toEqual([
    ["v1.0", commit],
    ["v0.9", commit],
  ]);
});

test.each([
  "ext::sh -c id",
  "file:///etc",
  "ssh://git@example.org/a",
  "https://user:secret@example.org/a",
  "--upload-pack=id",
  "https://example.org/a b",
  "http://example.org/a",
])("%s isn't asked", async (url) => {
  const git = { attempt: () => Promise.reject(new Error("it was asked")) } as unknown as Git;
  expect(await peeledTags(git, url)).toBeUndefined();
});

test("a host that doesn't answer leaves the question open", async () => {
  const git = {
    attempt: () => Promise.resolve({ ok: false, code: 128, stdout: "", stderr: "" }),
  } as unknown as Git;
  expect(await peeledTags(git, "https://example.org/a")).toBeUndefined();
});
