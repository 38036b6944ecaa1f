import { isForge, parseSource, type SourceEntry } from "../sources/source-entry.ts";
import {
  type Finding,
  findingsOf,
  type Verdict,
  verdictOf,
  worstFirst,
  type Rules,
} from "../rules/finding.ts";
import { judge } from "../judge.ts";
import { type Pkgbuild, readSide } from "../files/side.ts";
import type { JudgeContext, RecipeFiles } from "../update.ts";
import { graded } from "../usual/graded.ts";
import { maintainerRules } from "./maintainer-rules.ts";

export const firstRecipeRules = {
  "young-account": {
    severity: "danger",
    says: "a maintainer who is new to the AUR",
    protects: "Accounts made for it spread malware (July 2025, June 2026).",
  },
  "unknown-account": {
    severity: "review",
    says: "a maintainer who never submitted a package",
    protects: "Accounts that adopt and never made anything spread malware (June 2026).",
  },
  "young-package": {
    severity: "review",
    says: "a package that is new to the AUR",
    protects: "What nobody has used yet nobody has looked at.",
  },
  "few-votes": {
    severity: "review",
    says: "a package with few votes",
    protects: "What nobody uses nobody looks at.",
  },
  "foreign-source": {
    severity: "review",
    says: "a source that is somebody else's than the package's url",
    protects: "A source named patches was a stranger's repository (firefox-patch-bin, July 2025).",
  },
  "brand-name": {
    severity: "danger",
    says: "a well-known program's name, extended",
    protects: "firefox-patch-bin, librewolf-fix-bin and zen-browser-patched-bin were malware (July 2025).",
  },
} as const satisfies Rules;

const finding = findingsOf({ ...firstRecipeRules, ...maintainerRules });

/** What is known of a package that isn't in the workspace yet. Times are in seconds since 1970. */
export interface FirstFacts {
  /** Undefined for packages that don't come from the AUR. */
  readonly aur: { readonly votes: number; readonly firstSubmitted: number } | undefined;
  /** The AUR's maintainers, each with the time of the oldest package they submitted; undefined: they submitted none. */
  readonly accounts: ReadonlyMap<string, number | undefined>;
}

/** Younger than this, in seconds, is young: attacks were found within days to weeks. */
const young = 30 * 24 * 60 * 60;
const fewVotes = 5;

/** Judges a package's first recipe: all of it, and what is known of where it comes from. */
export function judgeFirst(
  pkgbase: string,
  after: RecipeFiles,
  context: JudgeContext,
  facts: FirstFacts,
): { readonly verdict: Verdict; readonly findings: readonly Finding[] } {
  const now = context.now / 1000;
  const { pkgbuild } = readSide(after);
  const findings = worstFirst([
    ...graded(judge({ pkgbase, before: undefined, after }, context).findings, after, context.readings),
    ...ofAccounts(facts, now),
    ...ofPackage(facts, now),
    ...("recipe" in pkgbuild ? [...ofName(pkgbase, pkgbuild, facts, now), ...ofOwners(pkgbuild)] : []),
  ]);
  return { verdict: verdictOf(findings), findings };
}

function ofAccounts({ aur, accounts }: FirstFacts, now: number): Finding[] {
  if (!aur) return [];
  if (accounts.size === 0) return [finding("orphaned", "")];
  return [...accounts].flatMap(([name, since]) => {
    if (since === undefined) return [finding("unknown-account", name)];
    return now - since < young ? [finding("young-account", `${name}, ${days(now - since)}`)] : [];
  });
}

function ofPackage({ aur }: FirstFacts, now: number): Finding[] {
  if (!aur) return [];
  const age = now - aur.firstSubmitted;
  return [
    ...(age < young ? [finding("young-package", days(age))] : []),
    ...(aur.votes < fewVotes ? [finding("few-votes", String(aur.votes))] : []),
  ];
}

function days(seconds: number): string {
  const count = Math.max(0, Math.floor(seconds / 86_400));
  return count === 1 ? "1 day" : `${count} days`;
}

/** Programs that many people look for, under names that are easily extended. */
const brands =
  "1password|bitwarden|brave|chrome|chromium|cursor|discord|electrum|exodus|firefox|gimp|google-chrome|keepassxc|" +
  "ledger-live|libreoffice|librewolf|microsoft-edge|minecraft|monero|nvidia|obs-studio|onlyoffice|opera|signal|" +
  "signal-desktop|skype|slack|spotify|steam|teams|telegram|telegram-desktop|thunderbird|tor-browser|" +
  "visual-studio-code|vivaldi|vlc|vscode|vscodium|whatsapp|wine|zen-browser|zoom";
const alteredBrand = new RegExp(`^(?:${brands})-(?:.+-)?(?:fix|fixed|patch|patched)(?:-bin)?$`);
const binaryBrand = new RegExp(`^(?:${brands})-(?:.+-)?bin$`);

/** That a well-known program's binary has users for long is the sign that it is the one they know. */
function ofName(pkgbase: string, pkgbuild: Pkgbuild, { aur }: FirstFacts, now: number): Finding[] {
  const isProven = aur !== undefined && aur.votes >= fewVotes && now - aur.firstSubmitted >= young;
  const names = new Set([pkgbase, ...knownTexts(pkgbuild, "pkgname")]);
  return [...names].flatMap((name) =>
    alteredBrand.test(name) || (binaryBrand.test(name) && !isProven) ? [finding("brand-name", name)] : [],
  );
}

/** Sources that are somebody else's than the address that the package names as its home. */
function ofOwners(pkgbuild: Pkgbuild): Finding[] {
  const [home] = knownTexts(pkgbuild, "url").map(parseSource);
  if (!home || home.host === "") return [];
  const lists = ["source", ...["x86_64", "any"].map((arch) => `source_${arch}`)];
  const sources = lists.flatMap((name) => knownTexts(pkgbuild, name)).map(parseSource);
  const foreign = sources.filter((source) => source.host !== "" && !isSameOwner(home, source));
  return [...new Set(foreign.map(placeOf))].map((place) =>
    finding("foreign-source", `${place} (url: ${placeOf(home)})`, { file: "PKGBUILD" }),
  );
}

function knownTexts(pkgbuild: Pkgbuild, name: string): string[] {
  const list = pkgbuild.evaluation("x86_64").list(name);
  if (list === undefined || "known" in list) return [];
  return list.flatMap((value) => (value.known ? [value.text] : []));
}

/** They hold everybody's packages, under the package's name. */
const registries =
  /^(?:files\.pythonhosted\.org|pypi\.(?:org|io)|registry\.npmjs\.org|(?:static\.)?crates\.io|rubygems\.org|hackage\.haskell\.org|(?:www\.)?cpan\.org|proxy\.golang\.org)$/;

/** Accounts of one forge are distinguished; of a site and an account it is enough that they have the same name. */
function isSameOwner(home: SourceEntry, source: SourceEntry): boolean {
  if (registries.test(source.host)) return true;
  const [a, b] = [home, source].map(ownerAt) as [Owner, Owner];
  const areAccounts = a.account !== undefined && b.account !== undefined;
  if (a.site === b.site && (a.account === b.account || !areAccounts)) return true;
  if (areAccounts) return false;
  const [one, other] = [plain(a.account ?? a.name), plain(b.account ?? b.name)];
  const shorter = Math.min(one.length, other.length);
  return shorter >= 3 && (one.includes(other) || other.includes(one));
}

interface Owner {
  /** `github.com`, `example.org`. */
  readonly site: string;
  /** `example` of `www.example.org`. */
  readonly name: string;
  /** On hosts that many share. */
  readonly account: string | undefined;
}

function ownerAt({ host, segments }: SourceEntry): Owner {
  const bare = host
    .replace(/:\d+$/, "")
    .replace(/githubusercontent\.com$/, "github.com")
    .replace(/\bsf\.net$/, "sourceforge.net");
  const [, page, forge] = /^([^.]+)\.(github\.io|gitlab\.io|sourceforge\.(?:io|net))$/.exec(bare) ?? [];
  if (page !== undefined && !/^(?:downloads?|prdownloads|www|git|svn)$/.test(page)) {
    const [name = ""] = forge!.split(".");
    return { site: `${name}.${name === "sourceforge" ? "net" : "com"}`, name, account: page };
  }
  const labels = bare.split(".");
  const isBelowCountry = /^(?:co|com|org|net|ac)$/.test(labels.at(-2) ?? "") && labels.at(-1)!.length === 2;
  const length = isBelowCountry ? 3 : 2;
  const account = isForge(bare) ? segments.find((segment) => !pathPart.test(segment)) : undefined;
  return {
    site: labels.slice(-length).join("."),
    name: labels.at(-length) ?? bare,
    account: account?.toLowerCase(),
  };
}

/** Parts of a forge's addresses that stand before the account or the project. */
const pathPart = /^(?:|repos|projects?|p)$/;

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
}

function placeOf(entry: SourceEntry): string {
  const { account } = ownerAt(entry);
  return account === undefined ? entry.host : `${entry.host}/${account}`;
}
