import type { Conversion } from "../../ci/lilac/convert.ts";
import type { LilacPlan } from "../../ci/lilac/take-over-lilac.ts";

/** What a package's updates became, in the order in which they are listed. */
const became: Readonly<Record<Conversion["source"]["kind"], string>> = {
  version: "new versions by nvchecker.toml",
  aur: "recipes of the AUR",
  commits: "commits of upstream",
  "by-hand": "changed by hand, as before",
  rebuilds: "rebuilt as they are when something else changes",
  unmanaged: "built only when asked for (managed: false)",
  person: "left to a person",
};

/** A take-over as a person reads it: counts, then every line that needs somebody. */
export function describeLilac(plan: LilacPlan): string {
  const { packagesDir, conversions, settings, undeclared, notes } = plan;
  const counts = Object.entries(became).flatMap(([kind, words]) => {
    const count = conversions.filter(({ source }) => source.kind === kind).length;
    return count === 0 ? [] : [`  ${String(count).padStart(6)}  ${words}\n`];
  });
  const open = conversions.flatMap(({ pkgbase, lines }) =>
    lines.map(({ path, line, why }) => `  ${packagesDir}/${pkgbase}/${path}:${line}: ${why}\n`),
  );
  const needs = undeclared.map((one) => `  ${one.pkgbase} needs ${one.needs}: ${one.why}\n`);
  return [
    `${conversions.length} packages in ${packagesDir}, where they stay; their updates become\n`,
    ...counts,
    ...Object.entries(settings).map(([key, value]) => `  set     ${key}=${value} in .ci/config\n`),
    ...(notes.length > 0 ? ["\nTo look at:\n", ...notes.map((note) => `  - ${note}\n`)] : []),
    ...(needs.length > 0 ? ["\nlilac.yaml names packages that the recipes don't need:\n", ...needs] : []),
    ...(open.length > 0
      ? ["\nLines that need a person (lilac.yaml and lilac.py of these packages stay):\n", ...open]
      : []),
  ].join("");
}

export function lilacAsJson(plan: LilacPlan): object {
  return {
    ...plan,
    write: plan.write.map(({ path }) => path),
    conversions: plan.conversions.map(({ files, needs: _needs, ...rest }) => ({
      ...rest,
      files: [...files.keys()],
    })),
  };
}
