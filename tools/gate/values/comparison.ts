import { besideVersion } from "./beside-version.ts";
import { type TopLevelCode, topLevelCode } from "../code/top-level-code.ts";
import { asWritten } from "./as-written.ts";
import { type VersionChanges, findVersionChanges } from "../versions/version-changes.ts";
import { intermediateChanges } from "./intermediate-values.ts";
import type { Pkgbuild } from "../files/side.ts";
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
  readonly versionChanges: VersionChanges;
  /** Names of variables that changed in another way than by the version. */
  readonly otherChanges: ReadonlySet<string>;
  /** Names of variables that hold something else for a while, whatever they come to. */
  readonly intermediate: ReadonlySet<string>;
  readonly topLevelCode: {
    readonly before: readonly TopLevelCode[];
    readonly after: readonly TopLevelCode[];
  };
}

export function compare(before: Pkgbuild, after: Pkgbuild, wanted: readonly string[]): Comparison {
  const code = { before: topLevelCode(before.recipe), after: topLevelCode(after.recipe) };
  const written = asWritten(before, after);
  if (written) {
    const compared = { ...compareValues(...written, wanted, code), asWritten: true, topLevelCode: code };
    if (changesVersionAlone(compared)) return compared;
  }
  return { ...compareValues(before, after, wanted, code), asWritten: false, topLevelCode: code };
}

/** The version and what follows it, and as many checksums as there were. */
function changesVersionAlone({
  changes,
  otherChanges,
  intermediate,
}: Pick<Comparison, "changes" | "otherChanges" | "intermediate">): boolean {
  if (intermediate.size > 0) return false;
  return changes.every((change) => {
    if (!otherChanges.has(change.name)) return true;
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
  code: Comparison["topLevelCode"],
): Omit<Comparison, "asWritten" | "topLevelCode"> {
  const named = new Set([...declared(before), ...declared(after), ...wanted]);
  // `arch=(any)` names none, and a comparison for none would compare nothing.
  const architectures = named.size > 0 ? [...named] : ["x86_64"];
  const written = { before: writtenIn(before), after: writtenIn(after) };
  const changes = changedVariables(before, after, architectures, written);
  const byVersion = findVersionChanges(
    changes,
    written,
    besideVersion([before, after], [written.before, written.after]),
  );
  const { replacements } = byVersion;
  const codeRuns = [...code.before, ...code.after].some(({ runsSomething }) => runsSomething);
  const intermediate = intermediateChanges(before, after, written, { codeRuns, replacements });
  const names = new Set([...byVersion.names].filter((name) => !intermediate.has(name)));
  const versionChanges = { ...byVersion, names };
  const changed = changes.map(({ name }) => name).filter((name) => !names.has(name));
  const otherChanges = new Set([...changed, ...intermediate]);
  const depends = before.text.includes("CARCH") || after.text.includes("CARCH");
  return {
    before,
    after,
    architectures: depends ? architectures : [undefined],
    written,
    changes,
    versionChanges,
    otherChanges,
    intermediate,
  };
}

function declared(pkgbuild: Pkgbuild): string[] {
  const list = pkgbuild.evaluation().list("arch");
  if (list === undefined || "known" in list) return [];
  return list.flatMap((value) =>
    value.known && /^[a-z0-9_]{1,32}$/.test(value.text) && value.text !== "any" ? [value.text] : [],
  );
}
