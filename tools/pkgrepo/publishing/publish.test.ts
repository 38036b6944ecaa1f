import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { missingPrograms } from "../../../test/world/programs.ts";
import {
  installable,
  madeFromCommit,
  removing,
  publishingPrograms,
  scratchRepository,
  type ScratchRepository,
} from "../../../test/world/scratch-repository.ts";
import { storeZstd, writeTar } from "../../../test/world/tar.ts";
import { publish } from "./publish.ts";
import { madeFrom, publishedPackages } from "../snapshot.ts";
import { sweep } from "./sweep.ts";

const missing = missingPrograms(...publishingPrograms, "gpgv");
const now = new Date("2026-06-01T12:00:00Z");
const pkginfo = (pkgname: string): string =>
  `pkgname = ${pkgname}\npkgbase = foo\npkgver = 1-1\narch = x86_64\n`;
const daysLater = (days: number): Date => new Date(now.getTime() + days * 86_400_000);

describe.skipIf(missing.length > 0)(`publishing (needs ${missing.join(", ") || "nothing more"})`, () => {
  let scratch: ScratchRepository;
  beforeEach(async () => {
    scratch = await scratchRepository();
  });
  afterEach(() => scratch.close());

  const versions = (): Promise<Record<string, string>> => installable(scratch.repository);
  const snapshot = (): string => readlinkSync(join(scratch.folder, "databases/current"));
  const refusal = async (...builds: Parameters<typeof publish>[1]): Promise<string> => {
    const outcomes = await publish(scratch.repository, builds, now);
    return outcomes
      .map((outcome) => (outcome.kind === "refused" ? outcome.error.message : outcome.kind))
      .join("; ");
  };

  test("a repository without packages can be synced before the first build is done", async () => {
    expect(await publish(scratch.repository, [], now)).toEqual([]);
    expect(await versions()).toEqual({});
    expect(existsSync(join(scratch.folder, "tiny.db.sig"))).toBe(true);
  });

  test("a batch is published with signatures, split packages and versions with an epoch", async () => {
    const { build, repository } = scratch;
    const outcomes = await publish(
      repository,
      [
        build(
          "split",
          { pkgname: "split-a", version: "1:2.0+r3-1" },
          { pkgname: "split-b", version: "1:2.0+r3-1", arch: "any" },
        ),
        build("libfoo++", { pkgname: "libfoo++", version: "3-1" }),
      ],
      now,
    );
    expect(outcomes.map(({ kind }) => kind)).toEqual(["published", "published"]);
    expect(await versions()).toEqual({ "libfoo++": "3-1", "split-a": "1:2.0+r3-1", "split-b": "1:2.0+r3-1" });
    expect((await publishedPackages(repository)).find(({ name }) => name === "split-b")).toMatchObject({
      base: "split",
      arch: "any",
      filename: "split-b-1:2.0+r3-1-any.pkg.tar.zst",
    });
  });

  test("names that begin with what programs take for an option or an archive are published, and replaced", async () => {
    const { build, repository } = scratch;
    const batch = (version: string): ReturnType<typeof build>[] =>
      ["@at", "+plus", "_under"].map((pkgname) => build(pkgname, { pkgname, version }));
    await publish(repository, batch("1-1"), now);
    expect(await versions()).toEqual({ "@at": "1-1", "+plus": "1-1", _under: "1-1" });
    await publish(repository, batch("2-1"), now);
    expect(await versions()).toEqual({ "@at": "2-1", "+plus": "2-1", _under: "2-1" });
    for (const kind of ["db", "files"]) {
      const listed = execFileSync("bsdtar", ["-tf", join(scratch.folder, `tiny.${kind}`)], {
        encoding: "utf8",
      });
      expect(listed).toContain("\n@at-2-1/desc\n");
    }
  });

  test("a package that pacman would take for another one isn't signed", async () => {
    const build = scratch.build("foo", { pkgname: "foo" });
    for (const first of ["./.PKGINFO", ".PKGINFO/x"]) {
      const content = { [first]: pkginfo("foo"), ".PKGINFO": pkginfo("glibc") };
      writeFileSync(build.files[0]!, storeZstd(writeTar(content)));
      expect(await refusal(build)).toMatch(/it has more than one \.PKGINFO/);
    }
  });

  test("publishing again what is published changes nothing, and clients needn't fetch anything", async () => {
    const build = scratch.build("foo", { pkgname: "foo" });
    await publish(scratch.repository, [build], now);
    const before = snapshot();
    expect(await publish(scratch.repository, [build], daysLater(1))).toEqual([
      { kind: "unchanged", pkgbase: "foo" },
    ]);
    expect(snapshot()).toBe(before);
  });

  test("the same packages made from another commit are recorded, without a new database", async () => {
    const build = scratch.build("foo", { pkgname: "foo" });
    await publish(scratch.repository, [build], now);
    const time = statSync(join(scratch.folder, "tiny.db")).mtimeMs;
    await publish(scratch.repository, [{ ...build, madeFrom: madeFromCommit("newer") }], daysLater(1));
    expect((await madeFrom(scratch.repository)).get("foo")).toEqual({
      ...madeFromCommit("newer"),
      pkgnames: ["foo"],
      publishedAt: "2026-06-01T12:00:00.000Z",
    });
    expect(statSync(join(scratch.folder, "tiny.db")).mtimeMs).toBe(time);
    expect(await versions()).toEqual({ foo: "1-1" });
  });

  test("the same file name with other content is refused, and both digests are named", async () => {
    await publish(scratch.repository, [scratch.build("foo", { pkgname: "foo" })], now);
    const said = await refusal(
      scratch.build("foo", { pkgname: "foo", content: "other" }),
      scratch.build("bar", { pkgname: "bar" }),
    );
    expect(said).toMatch(
      /^foo-1-1-x86_64.pkg.tar.zst is published already .* [0-9a-f]{64}, .* [0-9a-f]{64}\.; published$/,
    );
    expect(await versions()).toEqual({ bar: "1-1", foo: "1-1" });
  });

  test("other content is refused as well as long as the old file is kept", async () => {
    await publish(scratch.repository, [scratch.build("foo", { pkgname: "foo" })], now);
    await publish(scratch.repository, [scratch.build("foo", { pkgname: "foo", version: "2-1" })], now);
    expect(await refusal(scratch.build("foo", { pkgname: "foo", content: "other" }))).toContain(
      "other content",
    );
    await sweep(scratch.repository, daysLater(8));
    expect(await refusal(scratch.build("foo", { pkgname: "foo", content: "other" }))).toBe("published");
  });

  test("a file that a publish which died left behind doesn't block another build of that version", async () => {
    const leftover = scratch.build("foo", { pkgname: "foo", content: "never published" });
    await publish(scratch.repository, [], now);
    copyFileSync(leftover.files[0] ?? "", join(scratch.folder, "foo-1-1-x86_64.pkg.tar.zst"));
    await publish(scratch.repository, [scratch.build("foo", { pkgname: "foo" })], now);
    expect(await versions()).toEqual({ foo: "1-1" });
  });

  test("a split package that is made no longer leaves the database", async () => {
    const { build, repository } = scratch;
    await publish(
      repository,
      [build("split", { pkgname: "a" }, { pkgname: "b" }), build("c", { pkgname: "c" })],
      now,
    );
    const [outcome] = await publish(repository, [build("split", { pkgname: "a", version: "2-1" })], now);
    expect(outcome).toMatchObject({ kind: "published", dropped: ["b"] });
    expect(await versions()).toEqual({ a: "2-1", c: "1-1" });
  });

  test.each(["", ".sig"])("a package%s that is missing beside its database is put back", async (suffix) => {
    const build = scratch.build("foo", { pkgname: "foo" });
    await publish(scratch.repository, [build], now);
    renameSync(join(scratch.folder, `foo-1-1-x86_64.pkg.tar.zst${suffix}`), join(scratch.home, "lost"));
    await publish(scratch.repository, [build], now);
    expect(await versions()).toEqual({ foo: "1-1" });
  });

  test("a removed pkgbase goes with all its packages, and removing it again changes nothing", async () => {
    const { build, repository } = scratch;
    await publish(
      repository,
      [build("split", { pkgname: "a" }, { pkgname: "b" }), build("c", { pkgname: "c" })],
      now,
    );
    expect(await publish(repository, [], now, removing("split", "never"))).toEqual([
      { kind: "removed", pkgbase: "split", pkgnames: ["a", "b"] },
      { kind: "removed", pkgbase: "never", pkgnames: [] },
    ]);
    const after = snapshot();
    expect(await publish(repository, [], now, removing("split"))).toEqual([
      { kind: "removed", pkgbase: "split", pkgnames: [] },
    ]);
    expect(snapshot()).toBe(after);
    expect(await versions()).toEqual({ c: "1-1" });
    expect([...(await madeFrom(repository)).keys()]).toEqual(["c"]);
    await publish(repository, [], now, removing("c"));
    expect(await versions()).toEqual({});
  });

  test("an old version stays for its days and is deleted then, with its signature", async () => {
    const { build, repository, folder } = scratch;
    await publish(repository, [build("foo", { pkgname: "foo" })], now);
    await publish(repository, [build("foo", { pkgname: "foo", version: "2-1" })], daysLater(1));
    expect(await sweep(repository, daysLater(7.9))).toEqual([]);
    expect(await sweep(repository, daysLater(8))).toEqual(["foo-1-1-x86_64.pkg.tar.zst"]);
    expect(readdirSync(folder).filter((name) => name.startsWith("foo-"))).toEqual([
      "foo-2-1-x86_64.pkg.tar.zst",
      "foo-2-1-x86_64.pkg.tar.zst.sig",
    ]);
    expect(await versions()).toEqual({ foo: "2-1" });
  });

  test("a version that came back isn't deleted for having been gone", async () => {
    const { build, repository } = scratch;
    const first = build("foo", { pkgname: "foo" });
    await publish(repository, [first], now);
    await publish(repository, [build("foo", { pkgname: "foo", version: "2-1" })], daysLater(1));
    await publish(repository, [first], daysLater(2));
    await sweep(repository, daysLater(8.5));
    expect(await versions()).toEqual({ foo: "1-1" });
  });

  test("superseded databases stay for those who are just fetching their signature, then they go", async () => {
    const { build, repository, folder } = scratch;
    await publish(repository, [build("foo", { pkgname: "foo" })], now);
    await publish(repository, [build("foo", { pkgname: "foo", version: "2-1" })], now);
    expect(readdirSync(join(folder, "databases"))).toEqual(["1", "2", "current"]);
    await sweep(repository, new Date(Date.now() + 3_600_000));
    expect(readdirSync(join(folder, "databases"))).toEqual(["2", "current"]);
  });

  test("two databases within one second have different times, so that no client keeps the older one", async () => {
    const { build, repository, folder } = scratch;
    const time = (): number => statSync(join(folder, "tiny.db")).mtimeMs;
    await publish(repository, [build("foo", { pkgname: "foo" })], now);
    const first = time();
    await publish(repository, [build("foo", { pkgname: "foo", version: "2-1" })], now);
    expect([first, time()]).toEqual([now.getTime(), now.getTime() + 1000]);
  });

  test("nothing unfinished is left behind, in the folder or running", async () => {
    await publish(scratch.repository, [scratch.build("foo", { pkgname: "foo" })], now);
    expect(readdirSync(scratch.folder).filter((name) => name.startsWith("."))).toEqual([".lock"]);
    expect(readdirSync(scratch.repository.key.home).filter((name) => name.startsWith("S."))).toEqual([]);
  });

  test("a signer doesn't sign what claims to be another package", async () => {
    const honest = scratch.build("foo", { pkgname: "foo" });
    expect(await refusal({ ...honest, pkgbase: "bar" })).toMatch(/its .PKGINFO says pkgbase foo/);
    expect(await refusal({ ...honest, pkgnames: ["foo-doc"] })).toMatch(
      /it holds foo, and the recipe declares foo-doc/,
    );
    const renamed = join(scratch.home, "foo-9-1-x86_64.pkg.tar.zst");
    copyFileSync(honest.files[0] ?? "", renamed);
    expect(await refusal({ ...honest, files: [renamed] })).toMatch(
      /its .PKGINFO says that it is foo-1-1-x86_64/,
    );
    expect(await refusal(scratch.build("foo", { pkgname: "foo", arch: "aarch64" }))).toMatch(
      /it is for aarch64/,
    );
    expect(await versions()).toEqual({});
  });

  test("a file that isn't a package, isn't there or hides behind a link is refused by itself", async () => {
    const { build, home } = scratch;
    const honest = build("foo", { pkgname: "foo" });
    const noise = join(home, "foo-1-1-x86_64.pkg.tar.zst");
    writeFileSync(noise, "noise");
    const link = join(home, "foo-2-1-x86_64.pkg.tar.zst");
    symlinkSync("/etc/passwd", link);
    const said = (...files: string[]): Promise<string> => refusal({ ...honest, files });
    expect(await said(noise)).toContain("no .PKGINFO that can be read");
    expect(await said(link)).toContain("isn't a regular file");
    expect(await said(join(home, "gone-1-1-x86_64.pkg.tar.zst"))).toContain("no such file");
    expect(await said(join(home, "$(touch x)-1-1-any.pkg.tar.zst"))).toContain("isn't the name of a package");
    expect(await said()).toContain("no package at all");
    expect(await said(...honest.files, ...build("foo", { pkgname: "foo" }).files)).toBe(
      "foo: it made foo-1-1-x86_64.pkg.tar.zst twice.",
    );
  });

  test("a .PKGINFO whose key would run a command inside repo-add is refused before it gets there", async () => {
    const trap = join(scratch.home, "trap");
    const build = scratch.build("foo", { pkgname: "foo", more: [`a[$(touch\${IFS}${trap})] = 1`] });
    expect(await refusal(build)).toContain(".PKGINFO line");
    expect(existsSync(trap)).toBe(false);
  });

  test("a database that something else keeps is left alone", async () => {
    await publish(scratch.repository, [], now);
    const root = join(scratch.home, "other");
    const foreign = { ...scratch.repository, root };
    mkdirSync(join(root, "tiny/x86_64"), { recursive: true });
    writeFileSync(join(root, "tiny/x86_64/tiny.db"), "theirs");
    await expect(publish(foreign, [], now)).rejects.toMatchObject({ code: "foreign-database" });
    expect(readFileSync(join(root, "tiny/x86_64/tiny.db"), "utf8")).toBe("theirs");
  });

  test("who publishes at the same time waits, and is told who holds the lock when it takes too long", async () => {
    const { build, repository } = scratch;
    const builds = ["a", "b", "c"].map((pkgname) => build(pkgname, { pkgname }));
    await Promise.all(builds.map((one) => publish(repository, [one], now)));
    expect(await versions()).toEqual({ a: "1-1", b: "1-1", c: "1-1" });

    let blocked: Promise<unknown> = Promise.resolve();
    const checkpoint = (): void => {
      blocked = publish({ ...repository, lockWaitSeconds: 0 }, [], now).catch((error: unknown) => error);
    };
    await publish({ ...repository, checkpoint: once(checkpoint) }, [build("d", { pkgname: "d" })], now);
    expect(await blocked).toMatchObject({
      code: "locked",
      facts: { holder: expect.stringContaining(`process ${process.pid}`) },
    });
  });
});

function once(action: () => void): () => void {
  let done = false;
  return () => {
    if (!done) action();
    done = true;
  };
}
