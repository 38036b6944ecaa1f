import { walkCommand } from "../pkgbuild/walk.ts";
import { type AtReading, atReading, readsOf } from "./at-reading.ts";
import { asWritten } from "./as-written.ts";
import { type Explained, explain } from "./explained.ts";
import { changedInBetween } from "./in-between.ts";
import type { Pkgbuild } from "./side.ts";
import { changedVariables, textsOf, type VariableChange, type Written, writtenIn } from "./variables.ts";

/** Two PKGBUILDs that bash doesn't read alike, and what is different between them. */
export interface Comparison {
  readonly before: Pkgbuild;
  readonly after: Pkgbuild;
  /** Nothing is known of the recipe but what its plain assignments say, and all else is the same. */
  readonly asWritten: boolean;
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
  /** Names of variables that hold something else for a while, whatever they come to. */
  readonly inBetween: ReadonlySet<string>;
  readonly atReading: { readonly before: readonly AtReading[]; readonly after: readonly AtReading[] };
}

export function compare(before: Pkgbuild, after: Pkgbuild, wanted: readonly string[]): Comparison {
  const code = { before: atReading(before.recipe), after: atReading(after.recipe) };
  const written = asWritten(before, after);
  if (written) {
    const compared = { ...compareValues(...written, wanted, code), asWritten: true, atReading: code };
    if (changesVersionAlone(compared)) return compared;
  }
  return { ...compareValues(before, after, wanted, code), asWritten: false, atReading: code };
}

/** The version and what follows it, and as many checksums as there were. */
function changesVersionAlone({
  changes,
  unexplained,
  inBetween,
}: Pick<Comparison, "changes" | "unexplained" | "inBetween">): boolean {
  if (inBetween.size > 0) return false;
  return changes.every((change) => {
    if (!unexplained.has(change.name)) return true;
    const [old, now] = [textsOf(change.before), textsOf(change.after)];
    return (
      /^\w+sums(?:_\w+)?$/.test(change.name) &&
      old?.length === now?.length &&
      now?.every((text) => /^(?:SKIP|\d{1,10}|[0-9a-fA-F]{32,128})$/.test(text)) === true
    );
  });
}

function compareValues(
  before: Pkgbuild,
  after: Pkgbuild,
  wanted: readonly string[],
  code: Comparison["atReading"],
): Omit<Comparison, "asWritten" | "atReading"> {
  const named = new Set([...declared(before), ...declared(after), ...wanted]);
  // `arch=(any)` names none, and a comparison for none would compare nothing.
  const architectures = named.size > 0 ? [...named] : ["x86_64"];
  const written = { before: writtenIn(before), after: writtenIn(after) };
  const changes = changedVariables(before, after, architectures, written);
  const byVersion = explain(changes, written, readByCode(after, code));
  const { replacements } = byVersion;
  const codeRuns = [...code.before, ...code.after].some(({ runsSomething }) => runsSomething);
  const inBetween = changedInBetween(before, after, written, { codeRuns, replacements });
  const names = new Set([...byVersion.names].filter((name) => !inBetween.has(name)));
  const explained = { ...byVersion, names };
  const changed = changes.map(({ name }) => name).filter((name) => !names.has(name));
  const unexplained = new Set([...changed, ...inBetween]);
  const depends = before.text.includes("CARCH") || after.text.includes("CARCH");
  return {
    before,
    after,
    architectures: depends ? architectures : [undefined],
    written,
    changes,
    explained,
    unexplained,
    inBetween,
  };
}

/** Names that functions, and what runs at reading, read. */
function readByCode({ recipe }: Pkgbuild, { before, after }: Comparison["atReading"]): Set<string> {
  const names = new Set([...before, ...after].flatMap(({ reads }) => [...reads]));
  for (const { body } of [...recipe.functions.values()].flat()) {
    for (const name of readsOf((visitor) => walkCommand(body, visitor))) names.add(name);
  }
  return names;
}

function declared(pkgbuild: Pkgbuild): string[] {
  const list = pkgbuild.evaluation().list("arch");
  if (list === undefined || "known" in list) return [];
  return list.flatMap((value) =>
    value.known && /^[a-z0-9_]{1,32}$/.test(value.text) && value.text !== "any" ? [value.text] : [],
  );
}
