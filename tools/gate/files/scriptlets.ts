import { type Finding, findingsOf, type Rules } from "../rules/finding.ts";
import type { Side } from "./side.ts";

export const scriptletRules = {
  scriptlet: {
    severity: "danger",
    says: "a new or changed install scriptlet",
    protects: "It runs as root on users' machines (npm and bun in June 2026).",
  },
} as const satisfies Rules;

const finding = findingsOf(scriptletRules);

/** The files that packages of this recipe run when they're installed, each with the packages that do. */
export function scriptletsOf({ pkgbuild, srcinfo }: Side): Map<string, Set<string>> {
  const named = new Map<string, Set<string>>();
  const add = (path: string, pkgname: string): void => {
    if (path !== "") named.set(path, (named.get(path) ?? new Set()).add(pkgname));
  };
  if (srcinfo && "srcinfo" in srcinfo) {
    const { base, packages } = srcinfo.srcinfo;
    for (const path of base.get("install") ?? []) add(path, "");
    for (const { pkgname, fields } of packages)
      for (const path of fields.get("install") ?? []) add(path, pkgname);
  }
  if (!("recipe" in pkgbuild) || !pkgbuild.text.includes("install")) return named;
  const { assignments } = pkgbuild.recipe;
  if (!assignments.some(({ name }) => name === "install") && !pkgbuild.evaluation().get("install"))
    return named;
  const evaluation = pkgbuild.evaluation();
  const own = evaluation.scalar("install");
  if (own?.known) add(own.text, "");
  const list = evaluation.list("pkgname");
  const inFunctions = assignments.some(
    ({ name, function: inside }) => name === "install" && inside !== undefined,
  );
  if (!inFunctions || list === undefined || "known" in list) return named;
  for (const pkgname of list) {
    const value = pkgname.known ? evaluation.package(pkgname.text) : undefined;
    const path = value?.assigned.has("install") ? value.scalar("install") : undefined;
    if (pkgname.known && path?.known) add(path.text, pkgname.text);
  }
  return named;
}

/** A package that begins to run a scriptlet, whether or not the file itself is new. */
export function newScriptlets(
  before: Side | undefined,
  scriptlets: ReadonlyMap<string, ReadonlySet<string>>,
): Finding[] {
  if (scriptlets.size === 0) return [];
  const known = before ? scriptletsOf(before) : new Map<string, ReadonlySet<string>>();
  return [...scriptlets].flatMap(([path, packages]) => {
    const added = [...packages].filter((pkgname) => !known.get(path)?.has(pkgname));
    if (added.length === 0) return [];
    const whose = added.filter((pkgname) => pkgname !== "").join(", ");
    return [
      finding("scriptlet", whose === "" ? path : `${path} of ${whose}`, { file: "PKGBUILD", after: path }),
    ];
  });
}
