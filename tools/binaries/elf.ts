import type { FileBytes } from "../alpm/file-bytes.ts";
import { ByteReader, damaged } from "./byte-reader.ts";

/** What the dynamic linker reads of a program or library before it runs. */
export interface Elf {
  /** `x86_64-64`, `i386-32`, `aarch64-64`, `ppc64-64be`: what can be loaded into one process. */
  readonly machine: string;
  /** DT_NEEDED, in the file's order. */
  readonly needed: readonly string[];
  readonly soname: string | undefined;
  /** DT_RPATH and DT_RUNPATH as they are, `$ORIGIN` included. */
  readonly rpath: string | undefined;
  readonly runpath: string | undefined;
  /** PT_INTERP */
  readonly interpreter: string | undefined;
  /** By name of a library, the symbol versions without which it doesn't load. */
  readonly neededVersions: ReadonlyMap<string, readonly string[]>;
  /** The symbol versions that it defines, without that of the file itself. */
  readonly versions: readonly string[];
  /**
   * The table of names in the dynamic section, as long as the file can be read.
   *
   * @throws SluiceError `elf-damaged` where it is too large to be right
   */
  readonly names: () => Uint8Array;
}

/** How many of anything a right file has at most: LLVM's libraries have the most, some thousands of versions. */
const [maxHeaders, maxEntries, maxVersions] = [4096, 4096, 16_384];
/** Bytes; LLVM's libraries have some millions. */
const maxTable = 2 ** 26;

const [load, dynamic, interp] = [1, 2, 3];
const [executable, shared] = [2, 3];

export function isElf(bytes: Uint8Array): boolean {
  return bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c && bytes[3] === 0x46;
}

/**
 * Reads an ELF file (System V gABI 4.3, chapters 4 and 5; LSB 5.0, 10.7 "Symbol Versioning") as the dynamic linker
 * does, by its program headers; sections may be missing or lie.
 *
 * @returns undefined for what no dynamic linker reads: objects, static programs, separate debug symbols
 * @throws SluiceError `elf-damaged`
 */
export function readElf(file: FileBytes): Elf | undefined {
  const head = new ByteReader(file, true).slice(0, 16);
  if (!isElf(head)) throw damaged("it doesn't begin with ELF's magic number");
  const [wide, little] = [oneOrTwo(head[4], "class") === 2, oneOrTwo(head[5], "byte order") === 1];
  const reader = new ByteReader(file, little);
  const type = reader.u16(16);
  const headers = programHeaders(reader, wide);
  const section = headers.find((header) => header.type === dynamic);
  if ((type !== executable && type !== shared) || !section || section.size === 0) return undefined;

  const loads = headers.filter((header) => header.type === load);
  const entries = dynamicEntries(reader, section, wide);
  const strings = stringTable(entries, loads, reader);
  const name = (offset: number): string => {
    if (offset >= strings.size) throw damaged(`the name ${offset} is outside the table of names`);
    return reader.name(strings.offset + offset, strings.offset + strings.size);
  };
  const named = (tag: number): string | undefined => {
    const offset = entries.find((entry) => entry.tag === tag)?.value;
    return offset === undefined ? undefined : name(offset);
  };
  const interpreter = headers.find((header) => header.type === interp);
  const tables: Tables = { reader, entries, loads, name };
  return {
    machine: `${machines.get(reader.u16(18)) ?? `machine${reader.u16(18)}`}-${wide ? 64 : 32}${little ? "" : "be"}`,
    needed: entries.filter(({ tag }) => tag === tags.needed).map(({ value }) => name(value)),
    soname: named(tags.soname),
    rpath: named(tags.rpath),
    runpath: named(tags.runpath),
    interpreter: interpreter && reader.name(interpreter.offset, interpreter.offset + interpreter.size),
    neededVersions: neededVersions(tables),
    versions: definedVersions(tables),
    names: () => {
      if (strings.size > maxTable) throw damaged(`its names have ${strings.size} bytes`);
      return reader.slice(strings.offset, strings.size);
    },
  };
}

const tags = {
  needed: 1,
  strings: 5,
  stringsSize: 10,
  soname: 14,
  rpath: 15,
  runpath: 29,
  versionNeeds: 0x6ffffffe,
  versionNeedsCount: 0x6fffffff,
  versions: 0x6ffffffc,
  versionsCount: 0x6ffffffd,
} as const;

/** e_machine of what Linux runs on. */
const machines = new Map([
  [2, "sparc"],
  [3, "i386"],
  [4, "m68k"],
  [8, "mips"],
  [15, "parisc"],
  [20, "ppc"],
  [21, "ppc64"],
  [22, "s390"],
  [40, "arm"],
  [42, "sh"],
  [43, "sparc64"],
  [50, "ia64"],
  [62, "x86_64"],
  [183, "aarch64"],
  [243, "riscv"],
  [258, "loongarch"],
]);

function oneOrTwo(value: number | undefined, what: string): number {
  if (value === 1 || value === 2) return value;
  throw damaged(`its ${what} is ${value ?? "missing"}`);
}

interface ProgramHeader {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly size: number;
}

function programHeaders(reader: ByteReader, wide: boolean): ProgramHeader[] {
  const table = wide ? reader.u64(32) : reader.u32(28);
  const [entrySize, count] = [reader.u16(wide ? 54 : 42), headerCount(reader, wide)];
  if (count === 0) return [];
  if (entrySize !== (wide ? 56 : 32)) throw damaged(`its program headers have ${entrySize} bytes each`);
  if (count > maxHeaders) throw damaged(`it has ${count} program headers`);
  return Array.from({ length: count }, (_, index) => {
    const at = table + index * entrySize;
    return wide
      ? {
          type: reader.u32(at),
          offset: reader.u64(at + 8),
          address: reader.u64(at + 16),
          size: reader.u64(at + 32),
        }
      : {
          type: reader.u32(at),
          offset: reader.u32(at + 4),
          address: reader.u32(at + 8),
          size: reader.u32(at + 16),
        };
  });
}

/** Where there are more than 65,534, the number is in the first section header. */
function headerCount(reader: ByteReader, wide: boolean): number {
  const count = reader.u16(wide ? 56 : 44);
  if (count !== 0xffff) return count;
  const sections = wide ? reader.u64(40) : reader.u32(32);
  return reader.u32(sections + (wide ? 44 : 28));
}

interface DynamicEntry {
  readonly tag: number;
  readonly value: number;
}

function dynamicEntries(reader: ByteReader, { offset, size }: ProgramHeader, wide: boolean): DynamicEntry[] {
  const width = wide ? 16 : 8;
  const entries: DynamicEntry[] = [];
  for (let at = offset; at + width <= offset + size; at += width) {
    const [tag, value] = wide ? [reader.u64(at), reader.u64(at + 8)] : [reader.u32(at), reader.u32(at + 4)];
    if (tag === 0) return entries;
    entries.push({ tag, value });
    if (entries.length > maxEntries) throw damaged("its dynamic section doesn't end");
  }
  return entries;
}

interface Range {
  readonly offset: number;
  readonly size: number;
}

function stringTable(
  entries: readonly DynamicEntry[],
  loads: readonly ProgramHeader[],
  reader: ByteReader,
): Range {
  const address = entries.find(({ tag }) => tag === tags.strings)?.value;
  const size = entries.find(({ tag }) => tag === tags.stringsSize)?.value ?? 0;
  if (address === undefined) return { offset: 0, size: 0 };
  const offset = offsetOf(address, loads);
  reader.check(offset, size);
  return { offset, size };
}

/** Where in the file is what is loaded at an address. */
function offsetOf(address: number, loads: readonly ProgramHeader[]): number {
  const segment = loads.find((one) => address >= one.address && address < one.address + one.size);
  if (!segment) throw damaged(`nothing of the file is loaded at address ${address}`);
  return address - segment.address + segment.offset;
}

interface Tables {
  readonly reader: ByteReader;
  readonly entries: readonly DynamicEntry[];
  readonly loads: readonly ProgramHeader[];
  readonly name: (offset: number) => string;
}

/** Elf32_Verneed and Elf32_Vernaux have the same layout in both classes. */
function neededVersions(tables: Tables): Map<string, readonly string[]> {
  const { reader, name } = tables;
  const found = new Map<string, string[]>();
  for (const at of chain(tables, tags.versionNeeds, tags.versionNeedsCount, 12)) {
    const library = name(reader.u32(at + 4));
    const versions = found.get(library) ?? [];
    found.set(library, versions);
    let aux = at + reader.u32(at + 8);
    for (let left = reader.u16(at + 2); left > 0; left--) {
      // VER_FLG_WEAK: it loads without it, too.
      if ((reader.u16(aux + 4) & 2) === 0) versions.push(name(reader.u32(aux + 8)));
      aux = follow(aux, reader.u32(aux + 12), left, 16);
    }
  }
  return found;
}

function definedVersions(tables: Tables): string[] {
  const { reader, name } = tables;
  return chain(tables, tags.versions, tags.versionsCount, 16).flatMap((at) => {
    // VER_FLG_BASE: the name of the file itself.
    const isBase = (reader.u16(at + 2) & 1) !== 0;
    return isBase || reader.u16(at + 6) === 0 ? [] : [name(reader.u32(at + reader.u32(at + 12)))];
  });
}

/** The offsets of the entries of a table, each of which says how far the next one is, in its last word. */
function chain({ reader, entries, loads }: Tables, tag: number, countTag: number, next: number): number[] {
  const address = entries.find((entry) => entry.tag === tag)?.value;
  const count = entries.find((entry) => entry.tag === countTag)?.value ?? 0;
  if (address === undefined || count === 0) return [];
  if (count > maxVersions) throw damaged(`it has ${count} symbol versions`);
  const offsets: number[] = [];
  let at = offsetOf(address, loads);
  for (let left = count; left > 0; left--) {
    offsets.push(at);
    at = follow(at, reader.u32(at + next), left, 16);
  }
  return offsets;
}

/** A step of zero ends a list; anywhere else it would be a loop. */
function follow(at: number, step: number, left: number, smallest: number): number {
  if (left > 1 && step < smallest) throw damaged(`the list at byte ${at} doesn't go on`);
  return at + step;
}
