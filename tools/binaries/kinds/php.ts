import { installed, type Kind, versionParts } from "../kind.ts";

/** Extensions are made for the interface of one minor version. */
export const php: Kind = {
  name: "php",
  title: "PHP",
  needOfPath: (path) => (/^usr\/lib\/php\/modules\/[^/]+\.so$/.test(path) ? installed : undefined),
  providers: { php: versionParts(2) },
};
