import { spawnSync } from "node:child_process";
import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { budget, seed } from "../../test/world/budget.ts";
import { elfFile, type ElfFile } from "../../test/world/elf-file.ts";
import { foreignFiles } from "../../test/world/foreign-elf.ts";
import { missingPrograms } from "../../test/world/programs.ts";
import { pick, seededRandom, shuffled } from "../../test/world/random.ts";
import { inMemory } from "../alpm/file-bytes.ts";
import { SluiceError } from "../errors.ts";
import { isElf, readElf, type Elf } from "./elf.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-elf-"));
afterAll(() => rmSync(folder, { recursive: true }));

type Facts = Omit<Elf, "names" | "machine" | "neededVersions"> & { readonly wanted: readonly string[] };

function factsOf({ needed, soname, rpath, runpath, interpreter, versions, neededVersions }: Elf): Facts {
  const wanted = [...neededVersions].flatMap(([library, versions]) =>
    versions.map((one) => `${library}@${one}`),
  );
  const texts = { needed, soname, rpath, runpath, interpreter };
  return { ...texts, versions: versions.toSorted(), wanted: wanted.toSorted() };
}

const missing = missingPrograms("readelf");

/** What readelf says of many files at once, by path; undefined: no dynamic section. */
function readelf(paths: readonly string[]): Map<string, Facts | undefined> {
  const args = ["--dynamic", "--program-headers", "--version-info", "--wide"];
  // One more, so that the names of files are always said.
  const { stdout: output } = spawnSync("readelf", [...args, "/dev/null", ...paths], {
    encoding: "utf8",
    maxBuffer: 2 ** 30,
  });
  return new Map(
    output
      .split(/^File: /m)
      .slice(1)
      .map((text) => {
        const path = text.slice(0, text.indexOf("\n"));
        const all = (pattern: RegExp): string[] => [...text.matchAll(pattern)].map(([, value = ""]) => value);
        if (!/^Dynamic section at/m.test(text)) return [path, undefined] as const;
        const [needs = "", definitions = ""] = ["needs", "definition"].map(
          (what) =>
            text.split(/^(?=Version \w+ section)/m).find((part) => part.startsWith(`Version ${what}`)) ?? "",
        );
        let library = "";
        const wanted: string[] = [];
        for (const line of needs.split("\n")) {
          library = /File: (\S+)/.exec(line)?.[1] ?? library;
          const [, version, flags] = /Name: (\S+)\s+Flags: (.*?)\s+Version: /.exec(line) ?? [];
          if (version !== undefined && !flags!.includes("WEAK")) wanted.push(`${library}@${version}`);
        }
        const versions = definitions.split("\n").flatMap((line) => {
          const [, flags, version] = /Rev: \d+\s+Flags: (.*?)\s+Index: .* Name: (\S+)/.exec(line) ?? [];
          return version === undefined || flags!.includes("BASE") ? [] : [version];
        });
        return [
          path,
          {
            needed: all(/\(NEEDED\) +Shared library: \[(.*)\]/g),
            soname: all(/\(SONAME\) +Library soname: \[(.*)\]/g)[0],
            rpath: all(/\(RPATH\) +Library rpath: \[(.*)\]/g)[0],
            runpath: all(/\(RUNPATH\) +Library runpath: \[(.*)\]/g)[0],
            interpreter: all(/Requesting program interpreter: (.*)\]/g)[0],
            versions: versions.toSorted(),
            wanted: wanted.toSorted(),
          },
        ] as const;
      }),
  );
}

/** Files of this machine, each once. */
function elfFiles(count: number): string[] {
  const places = ["/usr/bin", "/usr/lib", "/usr/sbin", "/usr/local/lib"];
  const files = places.flatMap((place) => {
    try {
      return readdirSync(place, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    } catch {
      return [];
    }
  });
  const random = seededRandom(seed);
  const found: string[] = [];
  for (const { parentPath, name } of shuffled(files, random)) {
    const path = join(parentPath, name);
    const isOdd = path.startsWith("/usr/lib/debug/") || /[^\x21-\x7e]/.test(path);
    if (!isOdd && isElf(firstBytes(path))) found.push(path);
    if (found.length === count) break;
  }
  return found;
}

function firstBytes(path: string): Buffer {
  const bytes = Buffer.alloc(4);
  const file = openSync(path, "r");
  readSync(file, bytes);
  closeSync(file);
  return bytes;
}

test.skipIf(missing.length > 0)(
  `readelf says the same of this machine's programs and libraries (seed ${seed})`,
  () => {
    const paths = elfFiles(budget(150, 100_000));
    const said = readelf(paths);
    expect(said.size).toBeGreaterThan(100);
    for (const path of paths) {
      const elf = readElf(inMemory(readFileSync(path)));
      expect(elf && factsOf(elf), path).toEqual(said.get(path));
    }
  },
  600_000,
);

const foreign: readonly ElfFile[] = [
  { bits: 32, machine: 3, needed: ["libc.so.6"], interpreter: "/lib/ld-linux.so.2" },
  { bits: 32, bigEndian: true, machine: 20, needed: ["libc.so.6", "libm.so.6"], soname: "libppc.so.1" },
  {
    bits: 64,
    bigEndian: true,
    machine: 22,
    needed: ["libz.so.1"],
    versions: ["Z_1", "Z_2"],
    soname: "libs390.so.2",
  },
  { bits: 64, machine: 183, runpath: "$ORIGIN/../lib:/opt/lib", interpreter: "/lib/ld-linux-aarch64.so.1" },
  { bits: 64, machine: 243, rpath: "/opt/riscv", needed: ["libé.so.1"] },
  {
    neededVersions: { "libc.so.6": ["GLIBC_2.34", "GLIBC_2.2.5"], "libm.so.6": ["GLIBC_2.29"] },
    needed: ["libc.so.6"],
  },
  {
    bits: 32,
    bigEndian: true,
    machine: 8,
    neededVersions: { "libc.so.6": ["GLIBC_2.0"] },
    needed: ["libc.so.6"],
  },
];

/** readelf finds symbol versions by sections, which these files don't have. */
const without = (facts: Facts) => ({ ...facts, wanted: [], versions: [] });

test.skipIf(missing.length > 0)(
  "readelf says the same of foreign machines' files, of both classes and byte orders",
  () => {
    const paths = foreign.map((described, index) => {
      const path = join(folder, `foreign-${index}`);
      writeFileSync(path, elfFile(described));
      return path;
    });
    const said = readelf(paths);
    paths.forEach((path, index) => {
      const elf = readElf(inMemory(readFileSync(path)))!;
      const facts = factsOf(elf);
      expect(without(facts), path).toEqual(without(said.get(path)!));
      const { versions = [], neededVersions = {} } = foreign[index]!;
      expect(facts.versions).toEqual(versions);
      expect(Object.fromEntries(elf.neededVersions)).toEqual(neededVersions);
    });
  },
);

test.skipIf(missing.length > 0)("readelf says the same of what other machines' linkers made", () => {
  const paths = [...foreignFiles].map(([name, bytes]) => {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return path;
  });
  const said = readelf(paths);
  for (const [name, bytes] of foreignFiles) {
    const facts = factsOf(readElf(inMemory(bytes))!);
    expect(facts, name).toEqual(said.get(join(folder, name)));
    const versions = ["FOO_1.0", "FOO_1.1"];
    const wanted = versions.map((version) => `libfoo.so.1@${version}`);
    expect(facts, name).toMatchObject(
      name.endsWith("-library")
        ? { soname: "libfoo.so.1", versions }
        : { needed: ["libfoo.so.1"], runpath: "$ORIGIN/../lib", wanted },
    );
  }
});

test.each([
  [{}, "x86_64-64"],
  [{ machine: 3, bits: 32 }, "i386-32"],
  [{ machine: 62, bits: 32 }, "x86_64-32"],
  [{ machine: 21, bigEndian: true }, "ppc64-64be"],
  [{ machine: 4711 }, "machine4711-64"],
] as const)("a file of %j is one of %s", (described, machine) => {
  expect(readElf(inMemory(elfFile(described)))?.machine).toBe(machine);
});

/** A file with everything in it, to be damaged. */
const whole = elfFile({
  needed: ["libc.so.6", "libfoo.so.1"],
  soname: "libbar.so.1",
  runpath: "/opt/lib",
  interpreter: "/lib64/ld-linux-x86-64.so.2",
  neededVersions: { "libc.so.6": ["GLIBC_2.34"], "libfoo.so.1": ["FOO_1", "FOO_2"] },
  versions: ["BAR_1", "BAR_2"],
});

/** What goes wrong with a file on the way, or on purpose. */
const damages: readonly ((bytes: Buffer, random: () => number) => Buffer)[] = [
  (bytes, random) => bytes.subarray(0, Math.floor(random() * bytes.length)),
  (bytes, random) => {
    const at = Math.floor(random() * bytes.length);
    bytes[at] = Math.floor(random() * 256);
    return bytes;
  },
  // Huge counts, steps of lists that turn back, sizes beyond the file, tables that overlap.
  (bytes, random) => {
    const at = Math.floor(random() * (bytes.length - 8));
    const value = pick([0, 1, 0xff, 0xffff, 0x7fffffff, 0xffffffff, bytes.length, at], random);
    if (random() < 0.5) bytes.writeUInt32LE(value, at);
    else bytes.writeUInt16LE(value % 65_536, at);
    return bytes;
  },
  (bytes, random) => {
    const [from, to] = [random(), random()].map((one) => Math.floor(one * (bytes.length - 64)));
    bytes.copyWithin(to!, from!, from! + 64);
    return bytes;
  },
];

function outcome(bytes: Buffer): Elf | "elf-damaged" | undefined {
  try {
    return readElf(inMemory(bytes));
  } catch (error) {
    if (error instanceof SluiceError && error.code === "elf-damaged") return error.code;
    throw error;
  }
}

test(`a damaged file ends in an error or in few names, and nothing else (seed ${seed})`, () => {
  const random = seededRandom(seed);
  let [errors, names] = [0, 0];
  for (let round = 0; round < budget(2000, 100_000); round++) {
    let bytes: Buffer = Buffer.from(whole);
    const times = 1 + Math.floor(random() * 4);
    for (let time = 0; time < times && bytes.length > 64; time++)
      bytes = pick(damages, random)(bytes, random);
    const elf = outcome(bytes);
    if (elf === "elf-damaged") errors++;
    else names = Math.max(names, (elf?.needed.length ?? 0) + (elf?.versions.length ?? 0));
  }
  expect(errors).toBeGreaterThan(500);
  expect(names).toBeLessThan(20_000);
});

test("a list whose steps and counts would make millions of entries of a few bytes is refused", () => {
  const bytes = elfFile({ needed: ["a"], neededVersions: { a: ["V1", "V2"] } });
  const verneed = bytes.indexOf(Buffer.from([1, 0, 2, 0]));
  bytes.writeUInt16LE(0xffff, verneed + 2);
  expect(() => readElf(inMemory(bytes))).toThrow("doesn't go on");
});
