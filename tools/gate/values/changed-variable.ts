import { isObeyed, ordersAtTop } from "../known/obeyed-variables.ts";
import { extendsOwnName, nameOfProvided, standsForSystem } from "../known/system-names.ts";
import type { Rules } from "../rules/finding.ts";
import { textsOf, type VariableChange } from "./variables.ts";

/** Rules that a variable breaks by changing, according to its name. */
export const changeRules = {
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

type ChangeRule = keyof typeof changeRules | "takeover";

const rulesByName: readonly (readonly [RegExp, ChangeRule])[] = [
  [/^(?:make|check|opt)?depends(?:_\w+)?$/, "dependency-changed"],
  [/^replaces(?:_\w+)?$/, "takeover"],
  [/^(?:provides|conflicts)(?:_\w+)?$|^groups$/, "relation-changed"],
  [/^validpgpkeys$/, "maintenance-key-changed"],
  [/^arch$/, "architecture-changed"],
  [/^pkgname$/, "split-package-changed"],
  [/^pkgbase$/, "package-names-changed"],
];

export function ruleOf(name: string): ChangeRule {
  const own = rulesByName.find(([pattern]) => pattern.test(name))?.[1];
  return own ?? (isObeyed(name) ? "makepkg-variable" : "variable-changed");
}

export function ruleFor({ name, before, after }: VariableChange): ChangeRule {
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
