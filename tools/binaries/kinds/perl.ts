import { group, type Kind } from "../kind.ts";

/** Modules in C lie in a folder of one version; others in `usr/share/perl5`, for all. */
export const perl: Kind = {
  name: "perl",
  title: "Perl",
  needOfPath: group(/^usr\/lib\/perl5\/(\d+\.\d+)\/(?:vendor|site)_perl\/./),
  givenByPath: group(/^usr\/lib\/perl5\/(\d+\.\d+)\/core_perl\/./),
};
