import type { Pkgbuild } from "../files/side.ts";
import { type Finding, findingsOf, type Rules } from "../rules/finding.ts";
import type { Comparison } from "../values/comparison.ts";
import { parseSource } from "./source-entry.ts";

export const fileNameRules = {
  "source-file": {
    severity: "review",
    says: "a source's file is another one's, or is unpacked though it wasn't",
    protects: "makepkg finds files by their names: the first of one name is taken for the other.",
  },
} as const satisfies Rules;

const finding = findingsOf(fileNameRules);

/** Of the files that makepkg keeps sources in: no two get one name, and what stayed packed stays so. */
export function judgeFileNames({ before, after, architectures }: Comparison): Finding[] {
  const carch = architectures[0];
  const [old, now] = [before, after].map((side) => filesOf(side, carch)) as [Files, Files];
  const fresh = [...now.repeated].filter((file) => !old.repeated.has(file));
  const findings = fresh.map((file) => finding("source-file", file, { file: "PKGBUILD" }));
  if (now.packed < old.packed) findings.push(finding("source-file", "noextract", { file: "PKGBUILD" }));
  return findings;
}

interface Files {
  /** Names of more than one source of an architecture. */
  readonly repeated: ReadonlySet<string>;
  /** How many sources `noextract` names. */
  readonly packed: number;
}

function filesOf(side: Pkgbuild, carch: string | undefined): Files {
  const evaluation = side.evaluation(carch);
  const texts = (name: string): string[] => {
    const list = evaluation.list(name) ?? [];
    return "known" in list ? [] : list.flatMap((value) => (value.known ? [value.text] : []));
  };
  const common = texts("source").map(fileOf);
  const suffixed = evaluation.names.filter((name) => name.startsWith("source_"));
  const lists = [common, ...suffixed.map((name) => [...common, ...texts(name).map(fileOf)])];
  const repeated = lists.flatMap((files) => files.filter((file, at) => files.indexOf(file) !== at));
  const all = new Set(lists.flat());
  return { repeated: new Set(repeated), packed: texts("noextract").filter((file) => all.has(file)).length };
}

function fileOf(text: string): string {
  const { name, segments, scheme } = parseSource(text);
  return name ?? (scheme === "local" ? text : (segments.at(-1) ?? text));
}
