import type { Asking } from "./asking.ts";
import type { NvcheckerEntry } from "./nvchecker-config.ts";
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

/**
 * One kind of nvchecker's sources. It answers as nvchecker's own does (its folder `nvchecker_source`): the version
 * that there is, several for the list options to choose from, or undefined where there's nothing to follow.
 *
 * @throws SluiceError `unavailable` where looking again may help; any other where it won't.
 */
export type NvcheckerKind = (entry: NvcheckerEntry, asking: Asking) => Promise<Found | undefined>;

export type Found = FoundVersion | readonly FoundVersion[];

export interface FoundVersion {
  /** As upstream writes it. */
  readonly version: string;
  /** The Git commit that it is, where the kind learns it. */
  readonly commit?: string | undefined;
}

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
