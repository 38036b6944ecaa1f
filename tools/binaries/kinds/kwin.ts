import { installed, type Kind, versionParts } from "../kind.ts";

/** KWin loads effects and scripts in C++ that were made for the very same version only. */
export const kwin: Kind = {
  name: "kwin",
  title: "KWin's plugin interface",
  needOfPath: (path) => (/^usr\/lib\/qt6\/plugins\/kwin\/.*\.so$/.test(path) ? installed : undefined),
  providers: { kwin: versionParts(3) },
};
