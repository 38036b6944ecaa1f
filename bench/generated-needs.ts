import { formatNeeds, type PackageRecord } from "../tools/binaries/record.ts";
import { ownGives, type KnownGives } from "../tools/upstream/distribution/gives.ts";

/** Packages of a distribution that give libraries, as many as core and extra have. */
const libraries = 14_000;

/** What a distribution of the size of Arch Linux gives. */
export function generatedGives(url: string): KnownGives {
  const packages = Array.from({ length: libraries }, (_, index) => [
    `library-${index}`,
    {
      version: `1.${index}-1`,
      gives: [`x86_64-64:liblibrary-${index}.so`, `x86_64-64:liblibrary-${index}.so.${index % 20}`],
      depends: [`library-${(index * 7) % libraries}`],
    },
  ]);
  return { url, etag: '"1"', read: "2026-06-01T00:00:00.000Z", packages: Object.fromEntries(packages) };
}

/** Each needs some libraries with two symbol versions, gives one, and nothing of it is missing. */
export function generatedRecords(pkgbases: readonly string[], count = 30): Map<string, PackageRecord> {
  return new Map(
    pkgbases.map((pkgbase, index) => {
      const used = Array.from({ length: count }, (_, at) => (index * 31 + at * 97) % libraries);
      const needs = used.flatMap((library) => {
        const name = `x86_64-64:liblibrary-${library}.so.${library % 20}`;
        return [name, `${name}@V_1`, `${name}@V_2`].map(
          (need) => [need, { file: `usr/bin/${pkgbase}` }] as const,
        );
      });
      const record: PackageRecord = {
        pkgname: pkgbase,
        pkgbase,
        version: "1.0-1",
        arch: "x86_64",
        needs: Object.fromEntries(needs),
        gives: [`x86_64-64:lib${pkgbase}.so.1`],
        depends: used.slice(0, 8).map((library) => `library-${library}`),
        provides: [],
        builtWith: Object.fromEntries(used.slice(0, 8).map((library) => [`library-${library}`, "1.0-1"])),
      };
      return [`${pkgbase}-1.0-1-x86_64.pkg.tar.zst`, record];
    }),
  );
}

/** `needs.json` and `.gives.json` of a repository with these packages. */
export function generatedNeeds(
  pkgbases: readonly string[],
  databases: readonly string[],
): { readonly needs: string; readonly gives: string } {
  const records = generatedRecords(pkgbases);
  const distribution = databases.map((url, index) =>
    index === 0 ? generatedGives(url) : { ...generatedGives(url), packages: {} },
  );
  const lines = [...distribution, ownGives([...records.values()])].map((one) => JSON.stringify(one));
  return {
    needs: formatNeeds(records, true),
    gives: `{"version":1,"databases":[\n${lines.join(",\n")}\n]}\n`,
  };
}
