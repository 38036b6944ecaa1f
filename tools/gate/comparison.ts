import { type AtReading, atReading } from "./at-reading.ts";
import { type Explained, explain } from "./explained.ts";
import type { Pkgbuild } from "./side.ts";
import { changedVariables, type VariableChange, type Written, writtenIn } from "./variables.ts";

/** Two PKGBUILDs that bash doesn't read alike, and what is different between them. */
export interface Comparison {
  readonly before: Pkgbuild;
  readonly after: Pkgbuild;
  /** Undefined alone where no architecture matters. */
  readonly architectures: readonly (string | undefined)[];
  readonly written: {
    readonly before: ReadonlyMap<string, Written>;
    readonly after: ReadonlyMap<string, Written>;
  };
  readonly changes: readonly VariableChange[];
  readonly explained: Explained;
  /** Names of variables that changed in another way than by the version. */
  readonly unexplained: ReadonlySet<string>;
  readonly atReading: { readonly before: readonly AtReading[]; readonly after: readonly AtReading[] };
}

export function compare(before: Pkgbuild, after: Pkgbuild, wanted: readonly string[]): Comparison {
  const architectures = [...new Set([...declared(before), ...declared(after), ...wanted])];
  const written = { before: writtenIn(before), after: writtenIn(after) };
  const changes = changedVariables(before, after, architectures, written);
  const explained = explain(changes, written);
  const unexplained = new Set(changes.map(({ name }) => name).filter((name) => !explained.names.has(name)));
  const depends = before.text.includes("CARCH") || after.text.includes("CARCH");
  return {
    before,
    after,
    architectures: depends ? architectures : [undefined],
    written,
    changes,
    explained,
    unexplained,
    atReading: { before: atReading(before.recipe.script), after: atReading(after.recipe.script) },
  };
}

function declared(pkgbuild: Pkgbuild): string[] {
  const list = pkgbuild.evaluation().list("arch");
  if (list === undefined || "known" in list) return [];
  return list.flatMap((value) =>
    value.known && /^[a-z0-9_]{1,32}$/.test(value.text) && value.text !== "any" ? [value.text] : [],
  );
}
