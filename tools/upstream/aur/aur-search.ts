import { isPkgbase } from "../../alpm/names.ts";
import { SluiceError } from "../../errors.ts";
import { askAur } from "./aur-metadata.ts";
import { askUrl, infoUrls } from "./aur-rpc.ts";
import type { AurMetadata } from "./aur-rows.ts";
import type { Followed, UpstreamPorts } from "../upstream.ts";

/** What can be asked of the AUR about more than the recipes that are followed. Throws SluiceError `unavailable`. */
export interface AurSearch {
  /** Which package makes each of these pkgnames; without those that none does. */
  pkgbasesOf(pkgnames: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /**
   * When the oldest package came that each account submitted and that is still there, in seconds since 1970;
   * undefined where there is none. The AUR doesn't tell how old accounts are; they are at least as old as that.
   */
  oldestSubmissions(accounts: readonly string[]): Promise<ReadonlyMap<string, number | undefined>>;
  /** What the AUR says of packages, by pkgbase; without those that it doesn't have. */
  metadata(packages: readonly Pick<Followed, "pkgbase" | "srcinfo">[]): Promise<AurMetadata["packages"]>;
}

type Ports = Pick<UpstreamPorts, "http" | "aurProxy" | "now">;

export function openAurSearch(ports: Ports): AurSearch {
  return {
    pkgbasesOf: (pkgnames) => pkgbasesOf(ports, pkgnames.filter(isPkgbase)),
    async oldestSubmissions(accounts) {
      const ages = accounts.map(async (name) => [name, await oldestSubmission(ports, name)] as const);
      return new Map(await Promise.all(ages));
    },
    async metadata(packages) {
      const metadata = await askAur(ports, packages, undefined);
      return metadata === "unchanged" ? new Map() : metadata.packages;
    },
  };
}

async function pkgbasesOf(ports: Ports, pkgnames: readonly string[]): Promise<Map<string, string>> {
  const answers = await Promise.all(infoUrls(pkgnames).map((url) => askUrl(ports, url)));
  const asked = new Set(pkgnames);
  return new Map(
    answers.flat().flatMap((row): [string, string][] => {
      const { Name, PackageBase } = Object(row) as Readonly<Record<string, unknown>>;
      const isAnswer = typeof Name === "string" && asked.has(Name);
      return isAnswer && typeof PackageBase === "string" && isPkgbase(PackageBase)
        ? [[Name, PackageBase]]
        : [];
    }),
  );
}

async function oldestSubmission(ports: Ports, account: string): Promise<number | undefined> {
  const url = `https://aur.archlinux.org/rpc/v5/search/${encodeURIComponent(account)}?by=submitter`;
  const times = (await askUrl(ports, url)).map(
    (row) => (Object(row) as { FirstSubmitted?: unknown }).FirstSubmitted,
  );
  const known = times.filter((time): time is number => Number.isSafeInteger(time));
  if (known.length === times.length)
    return known.length === 0 ? undefined : known.reduce((a, b) => Math.min(a, b));
  throw new SluiceError("unavailable", "the AUR's RPC can't be used: its answer has no FirstSubmitted", {
    hint: "Try again later.",
    facts: { host: "aur.archlinux.org" },
    exitCode: 1,
  });
}
