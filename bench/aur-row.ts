import { pick, seededRandom } from "../test/world/random.ts";

const random = seededRandom(1);
const words = Array.from({ length: 3000 }, () =>
  random()
    .toString(36)
    .slice(2, 4 + Math.floor(random() * 8)),
);

/** What the AUR's dump says of a package that nobody follows, `package-<index>`: about 700 bytes, as its own rows have. */
export function generateRow(index: number) {
  const name = `package-${index}`;
  const site = text(3).replaceAll(" ", "/");
  return {
    ID: 1_000_000 + index,
    Name: name,
    PackageBaseID: 200_000 + index,
    PackageBase: name,
    Version: `${number(9)}.${number(50)}.${number(50)}-1`,
    Description: text(10),
    URL: `https://example.org/${site}`,
    NumVotes: number(300),
    Popularity: random(),
    OutOfDate: null,
    Maintainer: pick(words, random),
    Submitter: pick(words, random),
    FirstSubmitted: 1_400_000_000 + number(300_000_000),
    LastModified: 1_500_000_000 + number(200_000_000),
    URLPath: `/cgit/aur.git/snapshot/${name}.tar.gz`,
    Depends: list(8),
    MakeDepends: list(6),
    OptDepends: [`${text(1)}: ${text(4)}`],
    Conflicts: [name],
    Provides: [name],
    License: ["GPL-3.0-or-later"],
    Keywords: list(3),
  };
}

function text(length: number): string {
  return Array.from({ length }, () => pick(words, random)).join(" ");
}

function list(most: number): string[] {
  return text(1 + number(most)).split(" ");
}

function number(most: number): number {
  return Math.floor(random() * most);
}
