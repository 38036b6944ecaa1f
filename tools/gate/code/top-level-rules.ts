import { type TopLevelCode, formsOf } from "./top-level-code.ts";
import type { Comparison } from "../values/comparison.ts";
import { type Finding, findingsOf, type Rules } from "../rules/finding.ts";
import { changedFunctions } from "./function-rules.ts";
import { withReaders } from "../values/intermediate-values.ts";

export const topLevelRules = {
  "code-at-reading": {
    severity: "danger",
    says: "code that runs as soon as the file is read",
    protects: "Such code runs wherever the recipe's version or metadata is looked up, outside any sandbox.",
  },
  "code-at-reading-removed": {
    severity: "review",
    says: "code that ran when the file was read is gone or runs in another order",
    protects: "What it did may matter to the rest.",
  },
  "code-reads-change": {
    severity: "danger",
    says: "unchanged code that runs as soon as the file is read gets something that changed",
    protects: "A file or a value that such code reads is as good as code.",
  },
  declaration: {
    severity: "review",
    says: "another declaration at top level",
    protects: "export, readonly and unset decide what later lines and programs see.",
  },
} as const satisfies Rules;

const finding = findingsOf(topLevelRules);

/** Code at top level: none may be added, and what there is may get nothing new but the version. */
export function judgeTopLevelCode(comparison: Comparison, changedFiles: readonly string[]): Finding[] {
  const { before, after } = comparison.topLevelCode;
  const left = new Map<string, number>();
  for (const { form } of before) left.set(form, (left.get(form) ?? 0) + 1);
  const findings: Finding[] = [];
  const kept: TopLevelCode[] = [];
  for (const one of after) {
    const count = left.get(one.form) ?? 0;
    left.set(one.form, count - 1);
    if (count > 0) kept.push(one);
    else findings.push(addedCode(one, comparison));
  }
  const gone = [...left.values()].some((count) => count > 0);
  if (gone || (findings.length === 0 && formsOf(before) !== formsOf(after))) {
    findings.push(
      finding("code-at-reading-removed", "", {
        file: "PKGBUILD",
        before: formsOf(before),
        after: formsOf(after),
      }),
    );
  }
  const orders = new Set(before.map(placed));
  const { otherChanges, versionChanges, written } = comparison;
  const readers = [...withReaders(otherChanges, written)].filter((name) => !versionChanges.names.has(name));
  const suspect = new Set(readers);
  const functions = kept.some(({ calls }) => calls.size > 0)
    ? changedFunctions(comparison.before, comparison.after)
    : new Set<string>();
  for (const one of kept) {
    if (one.kind !== "code") continue;
    const changed = [
      ...readsChange(one, suspect),
      ...intermediateOf(one, comparison),
      ...changedFiles.filter((path) => mayRead(one, path)),
    ];
    for (const name of one.calls) if (functions.has(name)) changed.push(`${name}()`);
    if (!orders.has(placed(one))) changed.push(`other assignments before it, to ${one.assignedBefore}`);
    const place = { file: "PKGBUILD", line: one.line };
    findings.push(...changed.map((what) => finding("code-reads-change", what, place)));
  }
  return findings;
}

/** All code at top level of a recipe that nobody has reviewed. */
export function codeOfNew(code: readonly TopLevelCode[]): Finding[] {
  return code.flatMap(({ kind, line, form }) =>
    kind === "code" ? [finding("code-at-reading", form, { file: "PKGBUILD", line, after: form })] : [],
  );
}

function addedCode({ kind, line, form }: TopLevelCode, { after }: Comparison): Finding {
  const text = after.text.split("\n")[line - 1]?.trim() ?? form;
  const place = { file: "PKGBUILD", line, after: form };
  return finding(kind === "code" ? "code-at-reading" : "declaration", text, place);
}

function readsChange({ reads }: TopLevelCode, changed: ReadonlySet<string>): string[] {
  return [...reads].flatMap((name) => (changed.has(name) ? [`$${name}`] : []));
}

/** A command may get it without naming it, as programs get PATH. */
function intermediateOf({ reads, runsSomething }: TopLevelCode, { intermediate }: Comparison): string[] {
  if (!runsSomething) return [];
  return [...intermediate].flatMap((name) => (reads.has(name) ? [] : [`$${name} before it is set again`]));
}

function placed({ form, assignedBefore }: TopLevelCode): string {
  return `${form}\n${assignedBefore}`;
}

/** By its name, by a pattern, or by something that is only known when it runs. */
function mayRead(code: TopLevelCode, path: string): boolean {
  const runs = code.runs();
  if (path === ".SRCINFO") return runs.includes(".SRCINFO");
  if (mentions(runs, path.split("/").at(-1) ?? path)) return true;
  const other = runs.replaceAll(definition, "").replaceAll(bareText, "~");
  const reads = /"(?:\.|source|cat|bash|sh|eval|\.\/[^"]*)"|(?<!<)<(?!<)/.test(other);
  return reads && /<[*?]|split|\{/.test(other);
}

/** How split packages make `package_NAME()` of `_package…()`: it defines a function and reads no file. */
const definition =
  /"eval" "package_"\{\w+\}"\(\) \{(?:\\n|\s)*"\{\$\("declare" "-f" "_package"[^()"]*\)\}"(?:\\n|\s)*_package"[^()"]*"(?:\\n|\s)*\}"/g;

/** How the normal form has text without quotes that isn't a pattern; a lone `<` reads a file. */
const bareText = /<"(?:[^"\\*?[]|\\.)*">/g;

/** The name by itself, not as part of a longer one. */
function mentions(form: string, name: string): boolean {
  for (let at = form.indexOf(name); at !== -1; at = form.indexOf(name, at + 1)) {
    const around = `${form[at - 1] ?? " "}${form[at + name.length] ?? " "}`;
    if (!/[\w.-]/.test(around)) return true;
  }
  return false;
}
