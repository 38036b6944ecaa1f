import type { Comparison } from "./comparison.ts";
import { type Finding, findingsOf, type Place, type Rules } from "../rules/finding.ts";
import { isObeyed, ordersAtTop } from "../known/obeyed-variables.ts";
import { extendsOwnName, nameOfProvided, standsForSystem } from "../known/system-names.ts";
import { takeoverRules, takenOverInFunctions } from "./package-relations.ts";
import { judgeReads } from "./new-reads.ts";
import { judgeOrder } from "./order-rules.ts";
import { parseSource } from "../sources/source-entry.ts";
import { sameForms, shown, textsOf, type VariableChange } from "./variables.ts";

export const variableRules = {
  "opaque-value": {
    severity: "danger",
    says: "what this comes to can't be told without running it",
    protects: "A changed value has to be known to be allowed.",
  },
  "assigned-again": {
    severity: "danger",
    says: "assigned once more than before",
    protects: "A second pkgver passed as a version bump and ran a download (btdu, November 2025).",
  },
  "makepkg-variable": {
    severity: "danger",
    says: "a variable that decides how makepkg or the programs it calls fetch and run things",
    protects: "DLAGENTS, PATH, LD_PRELOAD and their like turn a harmless recipe into any program.",
  },
  "variable-changed": {
    severity: "review",
    says: "changed, and not by the version alone",
    protects: "Whatever the rules don't know to be harmless is read by a person.",
  },
  "dependency-changed": {
    severity: "review",
    says: "dependencies changed",
    protects: "A dependency is code that runs on users' machines.",
  },
  "relation-changed": {
    severity: "review",
    says: "what it provides, conflicts with or belongs to changed",
    protects: "Such names decide what users install.",
  },
  "maintenance-key-changed": {
    severity: "review",
    says: "the keys that sign sources changed",
    protects: "A signature is worth what its key is.",
  },
  "architecture-changed": {
    severity: "review",
    says: "the architectures changed",
    protects: "A new architecture has sources of its own.",
  },
  "package-names-changed": {
    severity: "danger",
    says: "it packages something else",
    protects: "A recipe stays with the name it was accepted for.",
  },
  "split-package-changed": {
    severity: "review",
    says: "the packages of this recipe changed",
    protects: "A split package that is dropped is taken from users.",
  },
} as const satisfies Rules;

const finding = findingsOf({ ...variableRules, ...takeoverRules });

/** Every variable whose change isn't the new version alone is somebody's finding. */
export function judgeVariables(comparison: Comparison): Finding[] {
  const { changes, versionChanges, written } = comparison;
  const findings: Finding[] = [
    ...assignedAgain(comparison),
    ...judgeOrder(comparison),
    ...judgeReads(comparison),
  ];
  const seen = new Set<string>();
  for (const change of changes) {
    const { name, before, after } = change;
    if (seen.has(name) || (versionChanges.names.has(name) && !renames(change))) continue;
    const sameWriting = sameForms(written.before.get(name)?.forms, written.after.get(name)?.forms);
    if (after && !textsOf(after) && !sameWriting) {
      seen.add(name);
      findings.push(finding("opaque-value", reasonOf(change), placeOf(change)));
    } else if (hasOwnRule(name) || isReordered(change)) {
      continue;
    } else if (dropsEmpty.test(name) && before && after && isNothing(before) && isNothing(after)) {
      continue;
    } else if (!sameWriting || !(before && after && textsOf(after) === undefined)) {
      seen.add(name);
      findings.push(finding(ruleFor(change), `${name}${ofArchitecture(change)}`, placeOf(change)));
    }
  }
  for (const name of comparison.intermediate) {
    if (seen.has(name)) continue;
    const line = written.after.get(name)?.line;
    const rule = ruleOf(name) === "makepkg-variable" ? "makepkg-variable" : "variable-changed";
    findings.push(
      finding(rule, `${name}, before it is set again`, {
        file: "PKGBUILD",
        ...(line !== undefined && { line }),
        before: (written.before.get(name)?.forms ?? []).join("\n"),
        after: (written.after.get(name)?.forms ?? []).join("\n"),
      }),
    );
  }
  return findings;
}

export function placeOf(change: VariableChange): Place {
  const [before, after] = [shown(change.before), shown(change.after)];
  return {
    file: "PKGBUILD",
    ...(change.line !== undefined && { line: change.line }),
    ...(before !== undefined && { before }),
    ...(after !== undefined && { after }),
  };
}

/** Sources and checksums are compared entry by entry. */
function hasOwnRule(name: string): boolean {
  return (
    /^(?:source|(?:ck|md5|sha1|sha224|sha256|sha384|sha512|b2)sums)(?:_|$)/.test(name) ||
    name === "epoch" ||
    name === "pkgver" ||
    name === "pkgrel"
  );
}

type VariableRule = keyof typeof variableRules | "takeover";

const rulesByName: readonly (readonly [RegExp, VariableRule])[] = [
  [/^(?:make|check|opt)?depends(?:_\w+)?$/, "dependency-changed"],
  [/^replaces(?:_\w+)?$/, "takeover"],
  [/^(?:provides|conflicts)(?:_\w+)?$|^groups$/, "relation-changed"],
  [/^validpgpkeys$/, "maintenance-key-changed"],
  [/^arch$/, "architecture-changed"],
  [/^pkgname$/, "split-package-changed"],
  [/^pkgbase$/, "package-names-changed"],
];

function ruleOf(name: string): VariableRule {
  const own = rulesByName.find(([pattern]) => pattern.test(name))?.[1];
  return own ?? (isObeyed(name) ? "makepkg-variable" : "variable-changed");
}

function ruleFor({ name, before, after }: VariableChange): VariableRule {
  const rule = ruleOf(name);
  const old = new Set(textsOf(before) ?? []);
  const added = (textsOf(after) ?? []).filter((text) => !old.has(text));
  if (rule === "makepkg-variable") {
    const ordered = after && ordersAtTop(name, textsOf(after));
    return ordered ? rule : "variable-changed";
  }
  if (rule === "takeover" && added.length === 0) return "relation-changed";
  if (rule === "relation-changed" && name.startsWith("provides")) {
    const provided = new Set([...old].map(nameOfProvided));
    const come = added.filter((text) => !provided.has(nameOfProvided(text)));
    return come.some(standsForSystem) ? "takeover" : rule;
  }
  if (rule === "split-package-changed" && added.some((text) => !extendsOwnName(text, [...old])))
    return "package-names-changed";
  return rule;
}

/** Names that decide what is built; a helper may well be set in two steps. */
const once =
  /^(?:pkg(?:name|base|ver|rel)|epoch|install|arch|validpgpkeys|(?:source|(?:ck|md5|sha1|sha224|sha256|sha384|sha512|b2)sums)(?:_\w+)?)$/;

function assignedAgain(comparison: Comparison): Finding[] {
  const { written } = comparison;
  const findings: Finding[] = [];
  for (const [name, { forms, line }] of written.after) {
    const old = written.before.get(name)?.forms ?? [];
    if (forms.length <= Math.max(1, old.length)) continue;
    const rule = once.test(name) ? "assigned-again" : "variable-changed";
    findings.push(finding(rule, `${name}, ${forms.length} times`, { file: "PKGBUILD", line }));
  }
  return [
    ...findings,
    ...assignedInFunctions(comparison),
    ...takenOverInFunctions(comparison.before, comparison.after),
  ];
}

/** Functions run in makepkg's own shell, so what they assign counts for what comes after. */
function assignedInFunctions({ before, after }: Comparison): Finding[] {
  const found = [before, after].map(({ recipe }) =>
    recipe.assignments.filter(({ name, function: inside }) => inside !== undefined && decisive.test(name)),
  );
  const [old = [], now = []] = found;
  const known = new Set(old.map(({ name, function: inside }) => `${name} ${inside}`));
  return now
    .filter(({ name, function: inside }) => !known.has(`${name} ${inside}`))
    .map(({ name, line, function: inside }) =>
      finding("assigned-again", `${name} in ${inside}()`, { file: "PKGBUILD", line }),
    );
}

/** Names that no function of a recipe has to set. */
const decisive =
  /^(?:pkg(?:name|base|ver|rel)|epoch|arch|(?:source|\w+sums)(?:_\w+)?|pkgdir|srcdir|startdir)$/;

/** pacman takes dependencies and architectures in any order, and once. */
function isReordered({ name, before, after }: VariableChange): boolean {
  const [old, now] = [before, after].map((held) => textsOf(held) && new Set(textsOf(held)));
  return (
    (ruleOf(name) === "dependency-changed" || name === "arch" || name === "options") &&
    old !== undefined &&
    now !== undefined &&
    !saysBoth(name, now) &&
    old.size === now.size &&
    [...old].every((one) => now.has(one))
  );
}

/** Lists of which makepkg leaves out what is empty. */
const dropsEmpty =
  /^(?:(?:make|check|opt)?depends|provides|conflicts|replaces|groups|license|backup)(?:_\w+)?$/;

/** A version may stand in what is required of a package, never in which package that is. */
function renames({ name, before, after }: VariableChange): boolean {
  if (name === "url") {
    const [old, now] = [before, after].map((held) =>
      (textsOf(held) ?? []).map((text) => parseSource(text).host),
    );
    return JSON.stringify(old) !== JSON.stringify(now);
  }
  if (!/^(?:(?:make|check|opt)?depends|provides|conflicts)(?:_\w+)?$/.test(name)) return false;
  const [old, now] = [before, after].map((held) => (textsOf(held) ?? []).map(packageName));
  return JSON.stringify(old) !== JSON.stringify(now);
}

function packageName(relation: string): string {
  return relation.split(/[<>=:]/)[0] ?? "";
}

/** Of an option and its opposite makepkg takes the last. */
function saysBoth(name: string, values: ReadonlySet<string>): boolean {
  return name === "options" && [...values].some((value) => values.has(`!${value}`));
}

function isNothing({ values }: NonNullable<VariableChange["before"]>): boolean {
  return values?.every((value) => value.known && value.text === "") ?? false;
}

function reasonOf({ name, after, carch }: VariableChange): string {
  const unknown = after?.values?.find((value) => !value.known);
  const reason = unknown && !unknown.known ? unknown.reason : "nothing of it is known";
  return `${name}${carch === undefined ? "" : ` for ${carch}`} (${reason})`;
}

function ofArchitecture({ carch }: VariableChange): string {
  return carch === undefined ? "" : ` for ${carch}`;
}
