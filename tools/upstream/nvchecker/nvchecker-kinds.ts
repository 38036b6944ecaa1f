import type { NvcheckerKind } from "./nvchecker-kind.ts";
import { askArchpkg } from "./kinds/archpkg.ts";
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

/** By the value of `source`. What isn't here isn't supported; `cmd`, which runs what a recipe says, never will be. */
export const nvcheckerKinds: ReadonlyMap<string, NvcheckerKind> = new Map([
  ["archpkg", askArchpkg],
  ["crates", askCrates],
  ["cratesio", askCrates],
  ["git", askGit],
  ["gitea", askGitea],
  ["github", askGithub],
  ["gitlab", askGitlab],
  ["httpheader", askHttpheader],
  ["jq", askJq],
  ["manual", readManual],
  ["npm", askNpm],
  ["pypi", askPypi],
  ["regex", askRegex],
]);
