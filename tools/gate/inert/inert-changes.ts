import { isPkgbase } from "../../alpm/names.ts";
import type { Rules } from "../rules/finding.ts";
import type { Comparison } from "../values/comparison.ts";
import { asksWhatIsThere } from "./presence.ts";
import { isReadIn } from "./variable-readers.ts";
import { textsOf, type VariableChange } from "../values/variables.ts";

export const inertRules = {
  "inert-change": {
    severity: "info",
    says: "a change that can do no harm",
    protects: "People read what matters when they aren't asked about what doesn't.",
  },
} as const satisfies Rules;

/**
 * Whether the distribution, or this workspace, has what a dependency asks for: a package of that very name, with
 * a version that the constraint takes, or a soname of one of the distribution's packages.
 */
export type Installable = (relation: string) => boolean;

/**
 * Why a variable's change can alter neither what is executed nor what is installed beside the package; undefined
 * where it may. Whatever isn't known on both sides, or is read by anything in the recipe, isn't inert.
 */
export function inertReason(
  { name, before, after }: VariableChange,
  comparison: Comparison,
  isInstallable: Installable | undefined,
): string | undefined {
  const [old, now] = [before, after].map((held) => (held ? textsOf(held) : []));
  if (!old || !now || comparison.intermediate.has(name)) return undefined;
  return inertDifference(name, [old, now], comparison, isInstallable);
}

/** The same for a variable, or what a package's function makes of it, by its values before and after. */
export function inertDifference(
  name: string,
  [before, after]: readonly [readonly string[], readonly string[]],
  sides: Pick<Comparison, "before" | "after">,
  isInstallable: Installable | undefined,
): string | undefined {
  const kind = kinds.find(([pattern]) => pattern.test(name))?.[1];
  const [old, now] = [new Set(before), new Set(after)];
  const added = [...now].filter((text) => !old.has(text));
  const removed = [...old].filter((text) => !now.has(text));
  // The order of a list is another rule's.
  if (!kind || (added.length === 0 && removed.length === 0)) return undefined;
  const reason = kind({
    added,
    removed,
    now: after,
    text: sides.after.text,
    asks: () => asksWhatIsThere(sides.after.recipe),
    isInstallable: isInstallable ?? (() => false),
  });
  if (reason === undefined) return undefined;
  return [sides.before, sides.after].some((side) => isReadIn(side, name)) ? undefined : `${name}: ${reason}`;
}

interface Difference {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly now: readonly string[];
  /** The new PKGBUILD. */
  readonly text: string;
  /** Whether its code asks what is installed. */
  readonly asks: () => boolean;
  readonly isInstallable: Installable;
}

/** By the variable's name: why the difference is inert, if it is. */
const kinds: readonly (readonly [RegExp, (difference: Difference) => string | undefined])[] = [
  [/^pkgdesc$/, ({ now }) => (now.length === 1 ? "people read it, and nothing else does" : undefined)],
  [
    /^license$/,
    ({ now }) => (now.every((text) => /^[\w.+:() -]+$/.test(text)) ? "pacman only shows it" : undefined),
  ],
  [
    /^url$/,
    // A host that a version makes is another one with the next.
    ({ now: [address = "", ...others], text }) =>
      others.length === 0 &&
      /^https?:\/\/(?!.*\d\.\d)[a-z][a-z0-9.-]*(?:\/[\w.~/%+-]*)?(?:#[\w.~/%+-]*)?$/.test(address) &&
      text.includes(address)
        ? "pacman only shows it, and no source is made of it"
        : undefined,
  ],
  [/^changelog$/, ({ now }) => (now.every(isChangelogName) ? "pacman only shows it" : undefined)],
  [/^optdepends(?:_\w+)?$/, ({ added }) => (added.every(isOptional) ? "pacman only shows them" : undefined)],
  [
    /^options$/,
    ({ added, removed, now, text }) =>
      !now.some((option) => now.includes(`!${option}`)) &&
      !looksAtOptions(text, added) &&
      added.every((option) => larger.has(option)) &&
      removed.every((option) => usual.has(option))
        ? "it can only make the package larger"
        : undefined,
  ],
  [
    /^arch$/,
    ({ added, removed, now, text }) =>
      removed.length === 0 &&
      !now.includes("any") &&
      added.every((arch) => architectures.has(arch)) &&
      !mattersForArchitecture(text, added)
        ? "it is built for more architectures"
        : undefined,
  ],
  [
    /^(?:make|check)?depends(?:_\w+)?$/,
    ({ added, asks, isInstallable }) =>
      added.every((relation) => isPlainRelation(relation) && !pins(relation) && isInstallable(relation)) &&
      !(added.length > 0 && asks())
        ? added.length > 0
          ? "the distribution or this workspace has what comes"
          : "some are gone, and none came"
        : undefined,
  ],
];

/** Options that leave in a package what makepkg would take out, or optimise (makepkg.conf(5), OPTIONS). */
const larger = new Set([
  "!strip",
  "!lto",
  "!zipman",
  "!purge",
  "!debug",
  "docs",
  "libtool",
  "staticlibs",
  "emptydirs",
]);
/** What makepkg's own defaults say already. */
const usual = new Set(["strip", "docs", "zipman", "purge", "emptydirs", "!libtool", "!staticlibs"]);

/** Whether the recipe itself asks for options, or for what some of them put into the environment of a build. */
function looksAtOptions(text: string, added: readonly string[]): boolean {
  const setsFlags = added.includes("!lto") || added.includes("!debug");
  return (
    /\bOPTIONS\b|\bcheck_\w*option|\bBUILDENV\b/.test(text) ||
    (setsFlags && /LTOFLAGS|(?:\[\[?|\bcase\b|\btest\b)[^\n]*FLAGS/.test(text))
  );
}

/** Of Arch Linux and its ports. */
const architectures = new Set(
  "x86_64 i486 i686 pentium4 aarch64 armv6h armv7h arm riscv64 loong64 loongarch64 powerpc ppc64 ppc64le".split(
    " ",
  ),
);

/** A name by which nothing but people looks for a file: whatever else lies in the recipe's folder, programs may find. */
export function isChangelogName(name: string): boolean {
  return /^(?:[\w+-][\w.+-]*[._-])?(?:change(?:s|log)|news|history)(?:\.(?:txt|md|rst|log))?$/i.test(name);
}

/** Whether what is executed or fetched may be something else for an architecture that wasn't built for before. */
function mattersForArchitecture(text: string, added: readonly string[]): boolean {
  const others = text.replaceAll(/^[ \t]*(?:arch=\([^)]*\)|#.*$)/gm, "");
  return (
    /CARCH|HOSTTYPE|MACHTYPE|CHOST|\buname\b|(?<![\w-])arch(?![\w-])/.test(others) ||
    added.some((arch) => others.includes(arch))
  );
}

function isOptional(text: string): boolean {
  const [name = "", ...description] = text.split(": ");
  return isPlainRelation(name) && /^[^\p{C}]*$/u.test(description.join(": "));
}

function isPlainRelation(text: string): boolean {
  const [, name = "", constraint = ""] = /^([^<>=]*)(.*)$/s.exec(text) ?? [];
  return isPkgbase(name) && /^(?:(?:[<>]=?|=)[A-Za-z0-9][A-Za-z0-9:._+~-]*)?$/.test(constraint);
}

/** Whether users couldn't install a newer version of the other package any more. */
function pins(text: string): boolean {
  return /[<=]/.test(text.replace(/>=/, "")) && !/^lib[\w.+-]+\.so=/.test(text);
}
