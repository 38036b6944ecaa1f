import {
  appendFileSync,
  cpSync,
  existsSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { alterByte } from "../../../test/world/alter-byte.ts";
import { missingPrograms } from "../../../test/world/programs.ts";
import {
  installable,
  publishingPrograms,
  scratchRepository,
  type ScratchRepository,
} from "../../../test/world/scratch-repository.ts";
import { publish } from "../publishing/publish.ts";
import { signAnew } from "../publishing/rotate-key.ts";
import { folderOf, type Repository } from "../repository.ts";
import { addLocalKey } from "../signing/signing-key.ts";
import { publishedKeys } from "../snapshot.ts";
import { checkPublished, isWholeCheckDue } from "./check.ts";
import { repairPublished } from "./repair.ts";

const missing = missingPrograms(...publishingPrograms, "gpgv");
const now = new Date("2026-06-01T12:00:00Z");
const hours = (count: number): Date => new Date(now.getTime() + count * 3600_000);

describe.skipIf(missing.length > 0)(
  `the published disk (needs ${missing.join(", ") || "nothing more"})`,
  () => {
    let scratch: ScratchRepository;
    let repository: Repository;
    let copies = 0;
    beforeAll(async () => {
      scratch = await scratchRepository();
      const { build } = scratch;
      await publish(scratch.repository, [build("a", { pkgname: "a" }), build("b", { pkgname: "b" })], now);
      await checkPublished(scratch.repository, { whole: true, now });
    });
    beforeEach(() => {
      const root = join(scratch.home, `copy-${copies++}`);
      const options = { recursive: true, verbatimSymlinks: true, preserveTimestamps: true };
      cpSync(scratch.repository.root, root, options);
      repository = { ...scratch.repository, root };
    });
    afterAll(() => scratch.close());

    const file = (name: string): string => join(folderOf(repository).folder, name);
    const [a, b] = ["a-1-1-x86_64.pkg.tar.zst", "b-1-1-x86_64.pkg.tar.zst"] as const;
    const databases = ["databases/1/tiny.db.tar.gz", "databases/1/tiny.files.tar.gz"] as const;
    const found = async (whole: boolean): Promise<string[]> =>
      (await checkPublished(repository, { whole, now })).map(({ path, problem }) => `${path} ${problem}`);
    const repaired = async (): Promise<string[]> =>
      (await repairPublished(repository, { whole: false, now })).map(
        ({ path, outcome }) => `${path} ${outcome}`,
      );

    test("has nothing wrong with it after publishing", async () => {
      expect([await found(false), await found(true)]).toEqual([[], []]);
    });

    test("is read in whole once a day", async () => {
      expect(await isWholeCheckDue(repository, hours(23))).toBe(false);
      expect(await isWholeCheckDue(repository, hours(24))).toBe(true);
    });

    const damages: [what: string, damage: () => void, expected: string[]][] = [
      ["a byte behind a package", () => appendFileSync(file(a), "x"), [`${a} has other content`]],
      ["a package that was deleted", () => rmSync(file(b)), [`${b} is missing`]],
      ["a signature that was deleted", () => rmSync(file(`${a}.sig`)), [`${a}.sig is missing`]],
      [
        "a signature of something else",
        () => writeFileSync(file(`${a}.sig`), readFileSync(file(`${b}.sig`))),
        [`${a}.sig isn't one of the package`],
      ],
      [
        "a byte behind a database",
        () => appendFileSync(file(databases[0]), "x"),
        [`${databases[0]} and its signature don't belong together`],
      ],
    ];
    test.each(damages)("%s is seen by size and time", async (_what, damage, expected) => {
      damage();
      expect(await found(false)).toEqual(expected);
      expect(await found(false)).toEqual(expected);
    });

    test("a package that rots without a trace is seen by its content, and from then on at each start", async () => {
      // A time that can be set again to the last digit.
      utimesSync(file(a), now, now);
      expect(await found(false)).toEqual([]);
      alterByte(file(a));
      expect(await found(false)).toEqual([]);
      expect(await found(true)).toEqual([`${a} has other content`]);
      expect(await found(false)).toEqual([`${a} has other content`]);
    });

    test("a damaged package is taken away to be built again, and a lost signature is made anew", async () => {
      appendFileSync(file(a), "x");
      rmSync(file(`${b}.sig`));
      expect(await repaired()).toEqual([`${b}.sig restored`, `${a} lost`]);
      expect([existsSync(file(a)), existsSync(file(`${a}.sig`))]).toEqual([false, false]);
      await publish(repository, [scratch.build("a", { pkgname: "a", content: "rebuilt" })], now);
      expect(await installable(repository)).toEqual({ a: "1-1", b: "1-1" });
      expect(await repaired()).toEqual([]);
    });

    test("a damaged database is made anew of the packages that the other one names", async () => {
      appendFileSync(file(databases[0]), "x");
      rmSync(file(b));
      expect(await repaired()).toEqual([`${databases[0]} restored`, `${b} lost`]);
      expect(await installable(repository)).toEqual({ a: "1-1" });
    });

    describe("an old version that is kept", () => {
      beforeEach(async () => {
        await publish(repository, [scratch.build("a", { pkgname: "a", version: "2-1" })], now);
        expect(await found(true)).toEqual([]);
      });

      test("is deleted where it is damaged", async () => {
        appendFileSync(file(a), "x");
        expect(await found(false)).toEqual([`${a} has other content, and is an old version`]);
        expect(await repaired()).toEqual([`${a} deleted`]);
        expect([existsSync(file(a)), existsSync(file(`${a}.sig`)), await repaired()]).toEqual([
          false,
          false,
          [],
        ]);
      });

      test("is signed again where it is right", async () => {
        rmSync(file(`${a}.sig`));
        expect(await repaired()).toEqual([`${a}.sig restored`]);
        expect(await found(true)).toEqual([]);
      });

      test("and is damaged doesn't keep the key from being changed, as what is published does", async () => {
        const { home } = repository.key;
        const { signs } = (await publishedKeys(repository))!;
        const fingerprint = await addLocalKey(home, "Tiny", [signs.fingerprint]);
        const withBoth = { ...repository, otherKeys: [{ home }] };
        const rotate = (): Promise<unknown> => signAnew(withBoth, { fingerprint, keyring: false }, now);
        appendFileSync(file(a), "x");
        appendFileSync(file(b), "x");
        await expect(rotate()).rejects.toMatchObject({ code: "package-damaged", facts: { path: b } });
        expect(existsSync(file(a))).toBe(true);
        truncateSync(file(b), statSync(file(b)).size - 1);
        await rotate();
        expect([existsSync(file(a)), existsSync(file(`${a}.sig`)), await found(true)]).toEqual([
          false,
          false,
          [],
        ]);
        expect(await installable(repository)).toMatchObject({ a: "2-1", b: "1-1" });
      });
    });

    test("with both databases gone they are made anew of the packages that are signed", async () => {
      for (const name of databases) rmSync(file(name));
      appendFileSync(file(b), "x");
      expect(await repaired()).toEqual(databases.map((name) => `${name} restored`));
      expect(await installable(repository)).toEqual({ a: "1-1" });
    });
  },
);
