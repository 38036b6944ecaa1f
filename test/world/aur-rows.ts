import { baseValue, parseSrcinfo, srcinfoVersion } from "../../tools/alpm/srcinfo.ts";

/** A package as the AUR's own database has it. Times are in seconds since 1970. */
export interface AurRecord {
  readonly id: number;
  readonly pkgbase: string;
  readonly srcinfo: string;
  readonly maintainer: string | null;
  readonly submitter: string;
  readonly coMaintainers: readonly string[];
  readonly votes: number;
  readonly firstSubmitted: number;
  readonly lastModified: number;
}

export type AurRow = Readonly<Record<string, unknown>> & { readonly Name: string };

/** The rows that aurweb makes of a package, one per pkgname, as the dump has them (mkpkglists.py, `as_dict`). */
export function aurRows(record: AurRecord): AurRow[] {
  const { id, pkgbase, maintainer, submitter, coMaintainers, votes, firstSubmitted, lastModified } = record;
  const srcinfo = parseSrcinfo(record.srcinfo);
  return srcinfo.packages.map(({ pkgname, fields }, index) => {
    const values = (field: string): readonly string[] => fields.get(field) ?? srcinfo.base.get(field) ?? [];
    const lists = {
      Depends: values("depends"),
      MakeDepends: values("makedepends"),
      CheckDepends: values("checkdepends"),
      OptDepends: values("optdepends"),
      Conflicts: values("conflicts"),
      Provides: values("provides"),
      Replaces: values("replaces"),
      Groups: values("groups"),
      License: values("license"),
      Keywords: [],
      CoMaintainers: coMaintainers,
    };
    return {
      ID: id * 100 + index,
      Name: pkgname,
      PackageBaseID: id,
      PackageBase: pkgbase,
      Version: srcinfoVersion(srcinfo),
      Description: values("pkgdesc")[0] ?? null,
      URL: baseValue(srcinfo, "url") ?? null,
      NumVotes: votes,
      Popularity: votes / 100,
      OutOfDate: null,
      Maintainer: maintainer,
      Submitter: submitter,
      FirstSubmitted: firstSubmitted,
      LastModified: lastModified,
      URLPath: `/cgit/aur.git/snapshot/${pkgname}.tar.gz`,
      ...Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0)),
    };
  });
}

/** The RPC says a little more of each, and sorts the fields (rpc.py, `get_info_json_data`). */
export function rpcRow(row: AurRow): AurRow {
  const complete = { License: [], Keywords: [], PendingRequests: 0, ...row };
  return Object.fromEntries(Object.entries(complete).sort(([a], [b]) => (a < b ? -1 : 1))) as AurRow;
}

/** One row per line, as mkpkglists.py writes them. */
export function dumpText(rows: readonly AurRow[]): string {
  return `[\n${rows.map((row) => JSON.stringify(row)).join(",\n")}\n]`;
}
