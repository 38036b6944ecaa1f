import { group, type Kind } from "../kind.ts";

/** A library is registered by an id with a hash of all that it was made with, and names those of what it needs. */
export const haskell: Kind = {
  name: "haskell",
  title: "Haskell package",
  givenByPath: group(
    /^usr\/(?:lib|share)\/(?:ghc-[^/]+|haskell)\/(?:.*\/)?(?:package\.conf\.d\/|register\/)?([^/]+)\.conf$/,
  ),
  needsOfText: {
    isIt: (path) => /\/package\.conf\.d\/[^/]+\.conf$/.test(path),
    read: (text) =>
      (/^depends:((?:.*\n)(?:[ \t].*\n)*)/m.exec(`${text}\n`)?.[1] ?? "")
        .split(/[\s,]+/)
        .filter((id) => /^[A-Za-z0-9.-]+$/.test(id)),
  },
};
