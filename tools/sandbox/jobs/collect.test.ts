import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { packTar, type TarHeader } from "modern-tar";
import { afterEach, beforeEach, expect, test } from "vitest";
import { collect } from "./collect.ts";

let into: string;
beforeEach(() => void (into = mkdtempSync(join(tmpdir(), "sluice-collect-"))));
afterEach(() => rmSync(into, { recursive: true }));

async function archive(...headers: Partial<TarHeader>[]): Promise<Buffer> {
  return Buffer.from(
    await packTar(
      headers.map((header) => ({
        header: { name: "x", type: "file", size: header.type === undefined ? 4 : 0, ...header },
        ...(header.type === undefined && { body: "text" }),
      })),
    ),
  );
}

test("a long name and an empty folder come through", async () => {
  const name = `${"long-".repeat(40)}1:2.0-3-any.pkg.tar.zst`;
  const bytes = await archive({ name: "refs/tags/", type: "directory" }, { name });
  expect(await collect(Readable.from([bytes]), into, 1e6)).toEqual({ kind: "collected", files: [name] });
  expect(readdirSync(into).sort()).toEqual([name, "refs"]);
  expect(readFileSync(join(into, name), "utf8")).toBe("text");
});

test.each([["../escaped"], ["a/../../escaped"], ["/escaped"]])("the name %s is refused", async (name) => {
  const collection = await collect(Readable.from([await archive({ name })]), into, 1e6);
  expect(collection).toMatchObject({ kind: "refused", reason: expect.stringContaining("unsafe name") });
});

test("a link is left behind, and so no file is written through one", async () => {
  const bytes = await archive(
    { name: "out", type: "symlink", linkname: "/tmp" },
    { name: "out/file" },
    { name: "hard", type: "link", linkname: "/etc/passwd" },
    { name: "disk", type: "block-device" },
  );
  expect(await collect(Readable.from([bytes]), into, 1e6)).toEqual({
    kind: "collected",
    files: ["out/file"],
  });
  expect(readdirSync(into)).toEqual(["out"]);
});

test("the same name twice, or as a file and a folder, is refused", async () => {
  for (const second of ["a", "a/b"]) {
    const bytes = await archive({ name: `${second.length}/a` }, { name: `${second.length}/${second}` });
    expect((await collect(Readable.from([bytes]), into, 1e6)).kind).toBe("refused");
  }
});

test("more bytes than the limit, a cut stream and no tar at all are refused", async () => {
  const bytes = await archive({ name: "a" });
  expect((await collect(Readable.from([bytes]), into, 1000)).kind).toBe("refused");
  expect((await collect(Readable.from([bytes.subarray(0, 514)]), into, 1e6)).kind).toBe("refused");
  expect((await collect(Readable.from([Buffer.alloc(4096, "x")]), into, 1e6)).kind).toBe("refused");
});

test("a disk that takes no files is an error of ours, not of the build", async () => {
  const bytes = await archive({ name: "a" });
  await expect(collect(Readable.from([bytes]), "/proc", 1e6)).rejects.toThrow(/ENOENT/);
});
