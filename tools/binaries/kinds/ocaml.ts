import { installed, type Kind, versionParts } from "../kind.ts";

/** Compiled modules hold checksums of all interfaces that they were made with, the standard library's among them. */
export const ocaml: Kind = {
  name: "ocaml",
  title: "OCaml",
  needOfPath: (path) => (/^usr\/lib\/ocaml\/.*\.cm(?:i|xa|xs|a)$/.test(path) ? installed : undefined),
  providers: { ocaml: versionParts(3) },
};
