import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { formatSrcinfo, parseSrcinfo } from "../tools/alpm/srcinfo.ts";
import { parseWorkspace } from "../tools/workspace/workspace.ts";
import { derive } from "../tools/workspace/metadata/derived.ts";
import { KeptMetadata } from "../tools/workspace/metadata/kept-metadata.ts";
import { readWorktree } from "../tools/workspace/worktree.ts";
import { readChaotic } from "./world/chaotic-reader.ts";
import { sluice } from "./world/sluice.ts";

/** The metadata of a real package repository; not a part of this one. */
const archive = "../shared/corpus/chaotic-aur-srcinfo.tar.zst";
const reason = existsSync(archive) ? "" : ` (skipped: there is no ${archive})`;

describe.skipIf(!existsSync(archive))(`a real repository of 2,534 packages${reason}`, () => {
  let root = "";
  let pkgbases: string[] = [];
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), "sluice-corpus-"));
    execFileSync("tar", ["--zstd", "-xf", join(process.cwd(), archive), "-C", root]);
    pkgbases = readdirSync(root)
      .filter((name) => !name.startsWith("."))
      .sort();
  });
  afterAll(() => rmSync(root, { recursive: true }));

  test("every .SRCINFO is understood, and nothing of it is lost when it is written", () => {
    const texts = pkgbases
      .map((name) => join(root, name, ".SRCINFO"))
      .filter((path) => existsSync(path))
      .map((path) => readFileSync(path, "utf8"));
    expect(texts).toHaveLength(2533);
    for (const text of texts) {
      expect(entriesOf(formatSrcinfo(parseSrcinfo(text))).sort()).toEqual(entriesOf(text).sort());
    }
  });

  test("every configuration file is valid", () => {
    const { packages, problems } = parseWorkspace(readWorktree(root, KeptMetadata.of(root, derive)));
    expect(packages.size).toBe(2534);
    expect(problems.filter(({ path }) => path.endsWith("config"))).toEqual([]);
    const unnamed = problems.filter(({ kind }) => kind !== "folder-name");
    expect(unnamed.map(({ pkgbase, kind }) => [pkgbase, kind])).toEqual([
      ["mesa-tkg-git", "srcinfo-missing"],
      ["upscayl-ncnn", "srcinfo-unreadable"],
    ]);
  });

  test("the edges are those of the definition: none missed, none that doesn't exist", async () => {
    const { stdout } = await sluice(["deptree", "--root", root]);
    const { packages } = JSON.parse(stdout) as { packages: Record<string, { edges: { to: string }[] }> };
    const found = Object.entries(packages).flatMap(([from, { edges }]) =>
      edges.map(({ to }) => `${from} ${to}`),
    );
    const defined = edgesByDefinition(root, pkgbases);
    expect(defined.length).toBeGreaterThan(3000);
    expect([...new Set(found)].sort()).toEqual(defined);
  });

  test("the tree in chaotic-manager's format is read back as the same graph", async () => {
    const { stdout } = await sluice(["deptree", "--root", root, "--format", "chaotic"]);
    const read = [...readChaotic(stdout)].flatMap(([from, needed]) => needed.map((to) => `${from} ${to}`));
    expect(read.sort()).toEqual(edgesByDefinition(root, pkgbases));
  });
});

/** Key and value of every line that is neither blank nor a comment. */
function entriesOf(text: string): (readonly [key: string, value: string])[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => {
      const at = line.indexOf("=");
      return [line.slice(0, at).trim(), line.slice(at + 1).trim()];
    });
}

/**
 * `from to` for every edge, sorted: a depends, makedepends or checkdepends of `from`, in any section, common or of
 * x86_64, names a pkgname of `to`, or, if no package has that pkgname, what a package of `to` provides. Written
 * without any of the program's code and without regard for speed.
 */
function edgesByDefinition(root: string, pkgbases: readonly string[]): string[] {
  const makers = new Map<string, Set<string>>();
  const providers = new Map<string, Set<string>>();
  const needed = new Map<string, string[]>();

  for (const pkgbase of pkgbases) {
    const path = join(root, pkgbase, ".SRCINFO");
    const entries = existsSync(path) ? entriesOf(readFileSync(path, "utf8")) : [];
    const sections: (readonly [string, string])[][] = [[]];
    for (const entry of entries) {
      if (entry[0] === "pkgname") sections.push([]);
      sections.at(-1)!.push(entry);
    }
    const [base, ...packages] = sections;
    needed.set(
      pkgbase,
      entries
        .filter(([key]) => /^(?:make|check)?depends(?:_x86_64)?$/.test(key))
        .map(([, value]) => nameOf(value)),
    );
    if (packages.length === 0) add(makers, pkgbase, pkgbase);
    for (const section of packages) {
      add(makers, section[0]![1], pkgbase);
      for (const key of ["provides", "provides_x86_64"]) {
        const own = section.filter(([name]) => name === key);
        const values = own.length > 0 ? own : base!.filter(([name]) => name === key);
        for (const [, value] of values) if (value !== "") add(providers, nameOf(value), pkgbase);
      }
    }
  }

  const edges = new Set<string>();
  for (const [from, names] of needed) {
    for (const name of names) {
      for (const to of makers.get(name) ?? providers.get(name) ?? []) {
        if (to !== from) edges.add(`${from} ${to}`);
      }
    }
  }
  return [...edges].sort();
}

function nameOf(relation: string): string {
  return relation.split(/[<>=]/)[0]!;
}

function add(owners: Map<string, Set<string>>, name: string, pkgbase: string): void {
  owners.set(name, new Set([...(owners.get(name) ?? []), pkgbase]));
}
