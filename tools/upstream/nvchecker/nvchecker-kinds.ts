import { SluiceError } from "../../errors.ts";
import type { NvcheckerEntry } from "./nvchecker-config.ts";
import type { NvcheckerKind } from "./nvchecker-kind.ts";
import { askAlpm, askAlpmfiles } from "./kinds/alpm.ts";
import { askArchpkg } from "./kinds/archpkg.ts";
import { askAurVersion } from "./kinds/aur.ts";
import { askBitbucket } from "./kinds/bitbucket.ts";
import { askCrates } from "./kinds/crates.ts";
import { askGit } from "./kinds/git.ts";
import { askGitea } from "./kinds/gitea.ts";
import { askGithub } from "./kinds/github.ts";
import { askGitlab } from "./kinds/gitlab.ts";
import { askHttpheader } from "./kinds/httpheader.ts";
import { askJq } from "./kinds/jq.ts";
import { readManual } from "./kinds/manual.ts";
import { askNpm } from "./kinds/npm.ts";
import { askPypi } from "./kinds/pypi.ts";
import { askRegex } from "./kinds/regex.ts";
import {
  askAnitya,
  askCpan,
  askDebianpkg,
  askGems,
  askHackage,
  askMercurial,
  askOpenvsx,
  askPackagist,
  askRepology,
} from "./kinds/registries.ts";
import { askCran, askGo } from "./kinds/text-answers.ts";

/** By the value of `source`. What isn't here isn't supported; `cmd`, which runs what a recipe says, never will be. */
export const nvcheckerKinds: ReadonlyMap<string, NvcheckerKind> = new Map([
  ["alpm", askAlpm],
  ["alpmfiles", askAlpmfiles],
  ["anitya", askAnitya],
  ["archpkg", askArchpkg],
  ["aur", askAurVersion],
  ["bitbucket", askBitbucket],
  ["cpan", askCpan],
  ["cran", askCran],
  ["crates", askCrates],
  ["cratesio", askCrates],
  ["debianpkg", askDebianpkg],
  ["gems", askGems],
  ["git", askGit],
  ["gitea", askGitea],
  ["github", askGithub],
  ["gitlab", askGitlab],
  ["go", askGo],
  ["hackage", askHackage],
  ["httpheader", askHttpheader],
  ["jq", askJq],
  ["manual", readManual],
  ["mercurial", askMercurial],
  ["npm", askNpm],
  ["openvsx", askOpenvsx],
  ["packagist", askPackagist],
  ["pypi", askPypi],
  ["regex", askRegex],
  ["repology", askRepology],
]);

/** @throws SluiceError `nvchecker-unsupported` */
export function kindOf({ kind, path }: NvcheckerEntry): NvcheckerKind {
  const ask = nvcheckerKinds.get(kind);
  if (ask !== undefined) return ask;
  throw new SluiceError("nvchecker-unsupported", `${path}: the source ${kind} isn't supported`, {
    hint: `Use one of ${[...nvcheckerKinds.keys()].join(", ")}, or a .CI/update.sh.`,
    facts: { path },
  });
}
