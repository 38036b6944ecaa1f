import { group, type Kind } from "../kind.ts";

/** A module loads into the kernel alone that it was made for. */
export const kernel: Kind = {
  name: "kernel",
  title: "kernel",
  needOfPath: group(/^usr\/lib\/modules\/([^/]+)\/.*\.ko(?:\.(?:gz|xz|zst))?$/),
  givenByPath: group(/^usr\/lib\/modules\/([^/]+)\/(?:vmlinuz|pkgbase)$/),
};
