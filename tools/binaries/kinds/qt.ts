import { installed, type Kind, versionParts } from "../kind.ts";

/** Who uses what Qt keeps private is made for one patch version of it, and its libraries say so as a symbol version. */
const qt = (major: 5 | 6): Kind => ({
  name: `qt${major}-private`,
  title: `private interfaces of Qt`,
  needOfBinary: (_, { neededVersions }) =>
    [...neededVersions.values()].flat().some((version) => isPrivate(version, major)) ? installed : undefined,
  providers: { [`qt${major}-base`]: versionParts(3) },
});

/** `Qt_6_PRIVATE_API`; some distributions name the minor version, too. */
function isPrivate(version: string, major: number): boolean {
  return /^Qt_(\d+)(?:\.\d+)*_PRIVATE_API$/.exec(version)?.[1] === String(major);
}

export const [qt5, qt6] = [qt(5), qt(6)];
