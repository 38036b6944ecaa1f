import { closest, distance } from "fastest-levenshtein";
import { SluiceError } from "../../errors.ts";

/** The packages that are meant, each once; `all` means every one. Throws SluiceError `unknown-package`. */
export function meantPackages(names: readonly string[], packages: ReadonlyMap<string, unknown>): string[] {
  const named = existingPackages(
    names.filter((name) => name !== "all"),
    packages,
  );
  return names.includes("all") ? [...packages.keys()] : named;
}

/**
 * The packages of these names, each once.
 *
 * @throws SluiceError `unknown-package` listing every wrong name, each with the nearest that exists
 */
export function existingPackages(names: readonly string[], packages: ReadonlyMap<string, unknown>): string[] {
  const wrong = new Set(names.filter((name) => !packages.has(name)));
  if (wrong.size === 0) return [...new Set(names)];
  const known = [...packages.keys()];
  const listed = [...wrong].map((name) => `${JSON.stringify(name)}${nearest(name, known)}`);
  throw new SluiceError("unknown-package", `there is no package ${listed.join(", ")}`, {
    hint: "Nothing was done. Names are those of the folders; `sluice deptree` lists all packages.",
    facts: { names: [...wrong] },
  });
}

function nearest(name: string, known: readonly string[]): string {
  if (known.length === 0) return "";
  const found = closest(name, known);
  const isNear = distance(name, found) <= Math.max(2, Math.floor(name.length / 3));
  return isNear ? ` (did you mean ${found}?)` : "";
}
