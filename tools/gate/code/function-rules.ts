import { normaliseCommand } from "../../pkgbuild/normal-form/normalise.ts";
import type { FunctionDefinition } from "../../pkgbuild/grammar/syntax.ts";
import { type Finding, findingsOf, type Place, type Rules } from "../rules/finding.ts";
import type { Pkgbuild } from "../files/side.ts";
import { type Installable, inertRules } from "../inert/inert-changes.ts";
import { inertFunctionReason } from "../inert/inert-functions.ts";

export const functionRules = {
  "makepkg-function": {
    severity: "danger",
    says: "a function whose name may stand for one of makepkg's own or for a program",
    protects: "makepkg calls it where it means its own.",
  },
  "function-again": {
    severity: "danger",
    says: "defined once more than before",
    protects: "bash takes the last definition, which a reader may never reach.",
  },
  "function-changed": {
    severity: "review",
    says: "a function changed",
    protects: "What a build does is read by a person.",
  },
  "function-added": {
    severity: "review",
    says: "a new function",
    protects: "What a build does is read by a person.",
  },
  "function-removed": {
    severity: "review",
    says: "a function is gone",
    protects: "Checks and patches may go with it.",
  },
} as const satisfies Rules;

const finding = findingsOf({ ...functionRules, ...inertRules });

/** Functions are compared in normal form; every change is read by a person. */
export function judgeFunctions(
  before: Pkgbuild | undefined,
  after: Pkgbuild,
  isInstallable?: Installable,
): Finding[] {
  const findings: Finding[] = [];
  for (const [name, definitions] of after.recipe.functions) {
    const old = before?.recipe.functions.get(name) ?? [];
    const place = placeOf(definitions.at(-1));
    if (old.length === 0 && !isOwnName(name)) findings.push(finding("makepkg-function", `${name}()`, place));
    if (definitions.length > Math.max(1, old.length))
      findings.push(finding("function-again", `${name}()`, place));
    if (!before) continue;
    if (old.length === 0) findings.push(finding("function-added", `${name}()`, place));
    else if (!isSame(old, definitions)) {
      const inert = inertFunctionReason(name, before, after, isInstallable);
      const shown = { ...place, ...bodies(old, definitions) };
      findings.push(
        inert === undefined
          ? finding("function-changed", `${name}()`, shown)
          : finding("inert-change", inert, shown),
      );
    }
  }
  for (const [name, definitions] of before?.recipe.functions ?? []) {
    if (after.recipe.functions.has(name)) continue;
    const text = definitions.at(-1)?.bodyText;
    findings.push(
      finding("function-removed", `${name}()`, {
        file: "PKGBUILD",
        ...(text !== undefined && { before: text }),
      }),
    );
  }
  return findings;
}

/** Names of the functions that aren't what they were. */
export function changedFunctions(before: Pkgbuild, after: Pkgbuild): Set<string> {
  const names = [...before.recipe.functions.keys(), ...after.recipe.functions.keys()];
  const [old, now] = [before, after].map(
    ({ recipe }) =>
      (name: string) =>
        recipe.functions.get(name) ?? [],
  );
  return new Set(names.filter((name) => !isSame(old?.(name) ?? [], now?.(name) ?? [])));
}

/** What makepkg calls in a recipe, and names that by custom are the recipe's own. */
export function isOwnName(name: string): boolean {
  return /^(?:prepare|build|check|pkgver|verify|package(?:_[\w@.+-]+)?|_[\w@.+-]*[A-Za-z][\w@.+-]*)$/.test(
    name,
  );
}

/** What bash reads decides: the same text may begin a here-document that goes on behind it. */
function isSame(old: readonly FunctionDefinition[], now: readonly FunctionDefinition[]): boolean {
  return formsOf(old) === formsOf(now);
}

function formsOf(definitions: readonly FunctionDefinition[]): string {
  return definitions.map(({ body }) => normaliseCommand(body)).join("\n");
}

function bodies(old: readonly FunctionDefinition[], now: readonly FunctionDefinition[]): Place {
  const [before, after] = [old, now].map((definitions) =>
    definitions.map(({ bodyText }) => bodyText).join("\n"),
  );
  return { ...(before !== undefined && { before }), ...(after !== undefined && { after }) };
}

function placeOf(definition: FunctionDefinition | undefined): Place {
  return { file: "PKGBUILD", ...(definition && { line: definition.line }) };
}
