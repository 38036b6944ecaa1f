import { installed, type Kind, versionParts } from "../kind.ts";

/** Who uses what Qt keeps private is made for one patch version of it, and its libraries say so as a symbol version. */
const qt = (major: 5 | 6): Kind => ({
  name: `qt${major}-private`,
  title: `private interfaces of Qt`,
  needOfBinary: (_, { neededVersions }) =>
    [...neededVersions.values()].some((versions) => versions.includes(`Qt_${major}_PRIVATE_API`))
      ? installed
      : undefined,
  providers: { [`qt${major}-base`]: versionParts(3) },
});

export const [qt5, qt6] = [qt(5), qt(6)];
