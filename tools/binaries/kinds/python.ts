import { group, type Kind } from "../kind.ts";

/** Modules lie in a folder of one minor version, and those in C are built for it. */
export const python: Kind = {
  name: "python",
  title: "Python",
  needOfPath: group(/^usr\/lib\/python(\d+\.\d+)\/site-packages\/./),
  givenByPath: group(/^usr\/lib\/python(\d+\.\d+)\/os\.py$/),
};
