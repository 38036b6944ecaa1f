import { readsOfAssignment } from "../code/variable-reads.ts";
import type { Pkgbuild } from "../files/side.ts";
import { type Finding, findingsOf, type Rules } from "../rules/finding.ts";
import type { Comparison } from "./comparison.ts";
import type { Written } from "./variables.ts";

export const readRules = {
  "reads-other": {
    severity: "review",
    says: "a variable is made of something that it wasn't made of before",
    protects: "What comes to the same today may come to anything with the next version.",
  },
} as const satisfies Rules;

const finding = findingsOf(readRules);

/** Never changes without a finding of its own. */
const constantNames = /^\{(?:pkgname|pkgbase)(?:\["@"\]|\["0"\])?\}$/;

/**
 * Variables that read what they didn't read before. What they come to may be the same today, and another thing with
 * the next version: `boto${pkgver:2:1}` is `boto3` until somebody numbers a version to his liking. The whole version
 * in place of a version is what honest recipes write, and so are names that are written out elsewhere.
 */
export function judgeReads({ written, before, after }: Comparison): Finding[] {
  const version = after.evaluation().scalar("pkgver");
  const isDotted = version?.known === true && /\d[._]\d/.test(version.text);
  const earlyBefore = earlyReads(before);
  const early = [...earlyReads(after)].flatMap(([read, line]) =>
    earlyBefore.has(read)
      ? []
      : [finding("reads-other", `${read}, before that is assigned`, { file: "PKGBUILD", line })],
  );
  const others = [...written.after].flatMap(([name, { forms, line }]) => {
    const known = expansionsIn(written.before.get(name)?.forms ?? []);
    const fresh = [...expansionsIn(forms)].filter((one) => {
      if (known.has(one) || constantNames.test(one)) return false;
      return one === "{pkgver}" ? !isDotted : !isConstant(one, written.after);
    });
    if (fresh.length === 0) return [];
    return [finding("reads-other", `${name} reads ${fresh.join(", ")}`, { file: "PKGBUILD", line })];
  });
  return [...early, ...others];
}

/**
 * What is read or appended to before it is assigned, with its line. It is empty when makepkg reads a recipe, and isn't
 * when it reads it again in the same shell with a new version (update_pkgver), or sets it itself (pkgbase).
 */
function earlyReads({ recipe }: Pkgbuild): Map<string, number> {
  const assigned = new Set<string>();
  const early = new Map<string, number>();
  for (const assignment of recipe.assignments) {
    if (assignment.function !== undefined) continue;
    const { name, append, line, conditional } = assignment;
    const reads = [...readsOfAssignment(assignment), ...(append ? [name] : [])];
    for (const read of reads) if (!assigned.has(read)) early.set(`${name} reads ${read}`, line);
    if (!conditional) assigned.add(name);
  }
  return early;
}

function expansionsIn(forms: readonly string[]): Set<string> {
  return new Set(forms.join(" ").match(/\{[^{}]*\}/g));
}

/** A variable that is written out and reads nothing itself, taken as it is. */
function isConstant(expansion: string, written: ReadonlyMap<string, Written>): boolean {
  const [, name = ""] = /^\{([A-Za-z_]\w*)\}$/.exec(expansion) ?? [];
  const own = written.get(name);
  return own !== undefined && own.reads.size === 0 && !/[\d]/.test(own.forms.join(""));
}
