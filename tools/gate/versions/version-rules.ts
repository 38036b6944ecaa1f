import { vercmp } from "../../alpm/vercmp.ts";
import type { Comparison } from "../values/comparison.ts";
import { type Finding, findingsOf, type Place, type Rules } from "../rules/finding.ts";
import type { Pkgbuild } from "../files/side.ts";
import { sameForms } from "../values/variables.ts";
import { sameVersionForm } from "./version-form.ts";
import { isVersionText } from "./version-text.ts";

export const versionRules = {
  "version-missing": {
    severity: "danger",
    says: "the recipe has no version",
    protects: "A package needs pkgver and pkgrel.",
  },
  "version-text": {
    severity: "review",
    says: "a version with characters that no version needs",
    protects: "A `/`, `#`, `?` or `@` in a version rewrites the URL that it's part of.",
  },
  "version-form": {
    severity: "review",
    says: "the version has another form than before",
    protects: "Where a version may become any word, it becomes a name, a branch or a commit.",
  },
  "version-down": {
    severity: "review",
    says: "the version goes down",
    protects: "An old version brings back old holes, and users don't get it.",
  },
  "version-jump": {
    severity: "review",
    says: "the version jumps far ahead",
    protects: "A version that is too high keeps users from every correct one after it.",
  },
  "epoch-changed": {
    severity: "review",
    says: "the epoch changed",
    protects: "Users can't go back from an epoch.",
  },
} as const satisfies Rules;

const finding = findingsOf(versionRules);

export interface FullVersion {
  readonly epoch: string;
  readonly pkgver: string;
  readonly pkgrel: string;
}

/** What the text says; undefined where a part isn't known or missing. */
export function versionOf(pkgbuild: Pkgbuild): FullVersion | undefined {
  const evaluation = pkgbuild.evaluation();
  const [epoch, pkgver, pkgrel] = ["epoch", "pkgver", "pkgrel"].map((name) => {
    const value = evaluation.scalar(name);
    return value === undefined ? "" : value.known ? value.text : undefined;
  });
  if (epoch === undefined || !pkgver || !pkgrel) return undefined;
  return { epoch: epoch || "0", pkgver, pkgrel };
}

export function printed({ epoch, pkgver, pkgrel }: FullVersion): string {
  return `${epoch === "0" ? "" : `${epoch}:`}${pkgver}-${pkgrel}`;
}

/** Versions go up, and hold nothing but a version. */
export function judgeVersion({ before, after, written }: Comparison): Finding[] {
  const now = versionOf(after);
  const old = versionOf(before);
  const line = written.after.get("pkgver")?.line;
  const place: Place = { file: "PKGBUILD", ...(line !== undefined && { line }) };
  if (!now) return ofParts(before, after, written, place);
  const both = { ...place, ...(old && { before: printed(old) }), after: printed(now) };
  const findings = [...textFindings(now, old, both), ...listFindings(after, place)];
  if (!old) return [...findings, finding("version-form", `nothing that is known to ${printed(now)}`, both)];
  if (old.pkgver !== now.pkgver && !sameVersionForm(old.pkgver, now.pkgver)) {
    findings.push(finding("version-form", `${printed(old)} to ${printed(now)}`, both));
  }
  if (
    old.pkgver !== now.pkgver &&
    (vercmp(old.pkgver, now.pkgver) === 0 ||
      losesPart(old.pkgver, now.pkgver) ||
      isSmallerDecimal(old.pkgver, now.pkgver))
  ) {
    findings.push(finding("version-down", `${printed(old)} to ${printed(now)}, which may be older`, both));
  }
  if (gainsLeadingZero(old.pkgver, now.pkgver) || gainsLeadingZero(old.pkgrel, now.pkgrel)) {
    findings.push(finding("version-form", `${printed(old)} to ${printed(now)}`, both));
  }
  // `epoch=0` is none for pacman, and something for `[[ -n $epoch ]]`.
  const [had, has] = [before, after].map((side) => side.evaluation().scalar("epoch") !== undefined);
  if (now.epoch !== old.epoch || had !== has)
    findings.push(finding("epoch-changed", `${old.epoch} to ${now.epoch}`, both));
  if (isHighRelease(now.pkgrel) && now.pkgrel !== old.pkgrel && !isHighRelease(old.pkgrel)) {
    findings.push(finding("version-jump", `pkgrel ${now.pkgrel}`, both));
  }
  if (goesDown(old, now)) findings.push(finding("version-down", `${printed(old)} to ${printed(now)}`, both));
  if (jumpsAhead(old.pkgver, now.pkgver) && !goesDown(old, now)) {
    findings.push(finding("version-jump", `${printed(old)} to ${printed(now)}`, both));
  }
  return findings;
}

/** An epoch that covers up an older pkgver is a way down, too. */
export function goesDown(old: FullVersion, now: FullVersion): boolean {
  if (vercmp(printed(now), printed(old)) < 0) return true;
  if (vercmp(now.pkgver, old.pkgver) < 0) return true;
  const newPkgver = vercmp(now.pkgver, old.pkgver) > 0 || vercmp(now.epoch, old.epoch) > 0;
  return newPkgver ? vercmp(now.pkgrel, old.pkgrel) < 0 && Number(now.pkgrel) !== 1 : false;
}

/** Where the version as a whole isn't known, each part of it that is. */
function ofParts(before: Pkgbuild, after: Pkgbuild, written: Comparison["written"], place: Place): Finding[] {
  const [old, now] = [before, after].map((side) => (name: string): string | undefined => {
    const value = side.evaluation().scalar(name);
    return value === undefined ? "" : value.known ? value.text : undefined;
  }) as [PartOf, PartOf];
  return ["pkgver", "pkgrel", "epoch"].flatMap((name) => {
    const text = now(name);
    if (text === "" && name !== "epoch") return [finding("version-missing", name, place)];
    const sameWriting = sameForms(written.before.get(name)?.forms, written.after.get(name)?.forms);
    if (text === undefined && !sameWriting)
      return [finding("version-form", `${name}, which isn't known now`, place)];
    return text === undefined || text === old(name)
      ? []
      : [finding("version-form", `${name}=${text}`, place)];
  });
}

type PartOf = (name: string) => string | undefined;

function textFindings(now: FullVersion, old: FullVersion | undefined, place: Place): Finding[] {
  const wrong = (["pkgver", "pkgrel", "epoch"] as const).filter((part) => {
    if (now[part] === old?.[part]) return false;
    if (part === "pkgver") return !isVersionText(now.pkgver) || /[:-]/.test(now.pkgver);
    return !(part === "epoch" ? /^\d{1,9}$/ : /^\d{1,9}(?:\.\d{1,9})?$/).test(now[part]);
  });
  return wrong.map((part) => finding("version-text", `${part}=${JSON.stringify(now[part])}`, place));
}

/** bash takes the first element for the version, and other programs may take all of them. */
function listFindings(pkgbuild: Pkgbuild, place: Place): Finding[] {
  const lists = ["pkgver", "pkgrel", "epoch"].filter((name) => {
    return pkgbuild.evaluation().get(name)?.kind === "array";
  });
  return lists.map((name) => finding("version-text", `${name} is a list`, place));
}

/** `2.5.0rc2` after `2.5` and `1.1.1.0` after `1.1.1w` are newer for pacman alone. */
function losesPart(before: string, after: string): boolean {
  const preRelease = /(?:alpha|beta|rc|pre|dev|a|b)\.?\d*$/i;
  const patch = /(?:[a-z]|p\d+)$/;
  const numbers = (version: string): string =>
    version
      .replace(preRelease, "")
      .replace(patch, "")
      .replace(/(?:[._]0*)*$/, "");
  const gainsPreRelease = preRelease.test(after) && !preRelease.test(before);
  const losesPatch =
    patch.test(before) && !/(?:alpha|beta|rc|pre|dev)\.?\d*$/i.test(before) && !/[a-z]/.test(after);
  return (gainsPreRelease || losesPatch) && numbers(before) === numbers(after);
}

/** Where upstream counts in decimals, 0.951 and 0.097 come before 0.96; 1.10 after 1.9 is what most have. */
function isSmallerDecimal(before: string, after: string): boolean {
  const [old, now] = [before, after].map((version) => /^(\d+)\.(\d+)$/.exec(version));
  if (!old || !now || old[1] !== now[1]) return false;
  const [was = "", is = ""] = [old[2], now[2]];
  const gainsZero = is.startsWith("0") && (!was.startsWith("0") || is.length > was.length);
  const gainsDigits = is.length > was.length && Number(is) > Number(was) * 3 + 20;
  return (gainsZero || gainsDigits) && Number(`0.${is}`) < Number(`0.${was}`);
}

/** `1.2.014` after `1.2.9`: pacman reads 14, bash's arithmetic 12. Months and days have two digits always. */
function gainsLeadingZero(before: string, after: string): boolean {
  if (before === after) return false;
  const [old = [], now = []] = [before, after].map(
    (version): string[] => withoutCommits(version).match(/\d+/g) ?? [],
  );
  if (old.some(isZeroed) || /^(?:19|20)\d\d/.test(now[0] ?? "")) return false;
  return now.some((number, at) => isZeroed(number) && number.length !== old[at]?.length);
}

function isZeroed(number: string): boolean {
  return /^0\d/.test(number);
}

/** Nobody rebuilds one version a hundred times. */
function isHighRelease(pkgrel: string): boolean {
  return pkgrel.split(".").some((part) => Number(part) > 100);
}

/** Digits of an abbreviated commit count nothing. */
function withoutCommits(version: string): string {
  return version.replaceAll(
    /(?<=[._+~-])(?:g|(?<=(?:^|[._+~-])r\d+[._+~-])|(?=[0-9a-f]*[a-f]))[0-9a-f]{7,40}(?![0-9a-z])/g,
    "",
  );
}

/** Users can't go back from a number that is too high, wherever it stands. */
function jumpsAhead(before: string, after: string): boolean {
  const [old, now] = [before, after].map((version) => withoutCommits(version).match(/\d+/g) ?? []);
  return (now ?? []).some((number, at) => {
    const [from, to] = [Number(old?.[at] ?? 0), Number(number)];
    // A year, or a date that begins with one, comes after a few others.
    const [year, nextYear] = [old?.[at] ?? "", number].map((text) => Number(text.slice(0, 4))) as [
      number,
      number,
    ];
    const mayBeDate = at === 0 || number.length > 4;
    const isDate = mayBeDate && year >= 2000 && year < 2050 && /^\d{4}(?:\d{2}){0,4}$/.test(old?.[at] ?? "");
    if (isDate && (number.length !== old?.[at]?.length || nextYear > year + 3)) return at === 0 || to > from;
    return number.length >= (old?.[at]?.length ?? 1) + 5 || (at === 0 && to > from * 2 + 12);
  });
}
