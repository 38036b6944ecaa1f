import type { PackageContents } from "../../binaries/contents.ts";
import type { EvidenceSection } from "../review/evidence.ts";
import { inertInline } from "../review/inert.ts";
import { compareFiles } from "./compare-files.ts";
import { fact, type Fact } from "./fact.ts";

/** What namcap said of a build, as far as it is shown. */
interface NamcapWords {
  readonly state: "ran" | "stopped" | "not-installed";
  readonly lines: readonly {
    readonly level: "error" | "warning" | "info";
    readonly package: string;
    readonly tag: string;
    readonly message: string;
  }[];
}

const title = "Packages";
const mostLines = 400;
const mostFirst = 40;

/**
 * What the packages that an update makes hold, against those that are published.
 *
 * @param before none where nothing of the pkgbase is published
 */
export function packagesSection(
  before: readonly PackageContents[],
  after: readonly PackageContents[],
  namcap: NamcapWords | undefined,
): EvidenceSection {
  const hasSeveral = Math.max(before.length, after.length) > 1;
  const names = [...new Set([...before, ...after].map(({ info }) => info.pkgname))];
  const facts = names.flatMap((pkgname) => {
    const own = ofPackage(called(pkgname, before), called(pkgname, after), before.length > 0);
    const label = hasSeveral ? `${inertInline(pkgname, 100)}: ` : "";
    return own.map(({ text, weight }) => fact(`${label}${text}`, weight));
  });
  return sectionOf([...facts, ...namcapFacts(namcap)]);
}

/** What is known of a build that made nothing. `log`: its last lines. */
export function failedSection(message: string, log: readonly string[]): EvidenceSection {
  return sectionOf([
    fact(`It can't be built: ${inertInline(message, 300)}`, 9),
    ...log
      .map((line) => inertInline(line, 300))
      .flatMap((line) => (line === "" ? [] : [fact(`The log: ${line}`)])),
  ]);
}

function sectionOf(facts: readonly Fact[]): EvidenceSection {
  const grave = facts.filter(({ weight }) => weight > 0).toSorted((a, b) => b.weight - a.weight);
  const first = grave.slice(0, mostFirst).map(({ text }) => text);
  // What is grave is never cut for what isn't.
  const lines = [...grave, ...facts.filter(({ weight }) => weight === 0)].map(({ text }) => text);
  const more = lines.length - mostLines;
  return {
    title,
    first,
    lines: more > 0 ? [...lines.slice(0, mostLines), `${more} more of that kind`] : lines,
  };
}

function called(pkgname: string, side: readonly PackageContents[]): PackageContents | undefined {
  return side.find(({ info }) => info.pkgname === pkgname);
}

function ofPackage(
  before: PackageContents | undefined,
  after: PackageContents | undefined,
  isPublished: boolean,
): Fact[] {
  if (!after) return [fact("This package isn't made any more", 3)];
  const news = before
    ? []
    : [
        isPublished
          ? fact("This package is new", 4)
          : fact("Nothing of it is published, so all that it has counts as new"),
      ];
  return [...news, sizeFact(before, after), ...relationFacts(before, after), ...compareFiles(before, after)];
}

function sizeFact(before: PackageContents | undefined, after: PackageContents): Fact {
  const [was, is] = [before && sizeOf(before), sizeOf(after)];
  const now = `${mebibytes(is)} in ${after.files.size} files and folders`;
  if (was === undefined) return fact(`Installed: ${now}`);
  const isOther = Math.abs(is - was) > 2 ** 20 && (is > 2 * was || was > 2 * is);
  return fact(`Installed: ${mebibytes(was)} in ${before!.files.size} before, ${now} now`, isOther ? 2 : 0);
}

function sizeOf({ files }: PackageContents): number {
  return [...files.values()].reduce((sum, { size }) => sum + size, 0);
}

function mebibytes(bytes: number): string {
  return bytes < 2 ** 20 ? `${(bytes / 1024).toFixed(1)} KiB` : `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

/** Fields of .PKGINFO, with how grave it is that one gets a further value. */
const relations = [
  ["replaces", "replaces", 7],
  ["provides", "provides", 4],
  ["conflict", "conflicts with", 4],
  ["group", "is in the group", 3],
  ["depend", "depends on", 2],
  ["backup", "keeps a user's", 1],
  ["optdepend", "may use", 0],
] as const;

function relationFacts(before: PackageContents | undefined, after: PackageContents): Fact[] {
  return relations.flatMap(([field, says, weight]) => {
    const [old, now] = [before?.info.fields.get(field) ?? [], after.info.fields.get(field) ?? []];
    // That a package provides itself in its new version isn't news.
    const known = new Set(old.map((one) => withoutVersion(one)));
    const added = now.filter((one) => !old.includes(one));
    const gone = old.filter((one) => !now.some((other) => withoutVersion(other) === withoutVersion(one)));
    return [
      ...added.map((one) =>
        fact(`Now ${says} ${inertInline(one, 150)}`, before && !known.has(withoutVersion(one)) ? weight : 0),
      ),
      ...gone.map((one) => fact(`No longer ${says} ${inertInline(one, 150)}`)),
    ];
  });
}

function withoutVersion(relation: string): string {
  return relation.replace(/(?:[<>=]|: ).*$/, "");
}

function namcapFacts(report: NamcapWords | undefined): Fact[] {
  if (!report || report.state === "not-installed") return [];
  const said = report.lines.map((line) =>
    fact(
      `namcap: ${line.level}: ${inertInline(line.package, 100)} ${inertInline(`${line.tag} ${line.message}`, 300)}`,
    ),
  );
  const errors = report.lines.filter(({ level }) => level === "error").length;
  return errors > 0 ? [fact(`namcap finds ${errors} error${errors === 1 ? "" : "s"}`, 1), ...said] : said;
}
