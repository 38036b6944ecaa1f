import { createReadStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { SluiceError } from "../../errors.ts";
import type { SourceEntry } from "../../gate/sources/source-entry.ts";
import type { Git } from "../../git/git.ts";
import type { Http } from "../../http/http.ts";
import { type SumKind, type Sums, sumsOfStream } from "./checksums.ts";
import { fetchRefs } from "../refs/git-program.ts";

/** Not a branch, which could not hold an annotated tag. */
const ours = "refs/sources/one";

/** Whether makepkg checks this source's hash, and it can be fetched alone: a tag, or a commit by its full id. */
export function isArchivable({ vcs, scheme, fragment }: SourceEntry): boolean {
  return vcs === "git" && /^https?$/.test(scheme) && refOf(fragment) !== undefined;
}

/**
 * Checksums of a Git source as makepkg computes them since 6.1: of `git archive --format tar` at its tag or commit.
 * The commit alone is fetched. Its files aren't touched, and nothing of it is run.
 *
 * @throws SluiceError `unavailable` where it isn't available now, `no-repository`, or `source-checksum` where its
 * attributes have Git write into files what only a whole clone knows.
 */
export async function archiveSums(
  entry: SourceEntry,
  kinds: ReadonlySet<SumKind>,
  { http, scratch }: { readonly http: Http; readonly scratch: Git },
): Promise<Sums> {
  const { scheme, userinfo, host, segments, fragment } = entry;
  const url = `${scheme}://${userinfo === undefined ? "" : `${userinfo}@`}${host}/${segments.join("/")}`;
  // A repository of its own: fetches of one depth into one repository get in each other's way.
  const folder = await mkdtemp(join(resolve(scratch.dir), "source-"));
  const git = scratch.at(folder);
  try {
    await git.text(["init", "--quiet", "--bare", "."]);
    await fetchRefs(http, git, url, new Map([[refOf(fragment) ?? "", ours]]));
    const attributes = ["--", ":(glob)**/.gitattributes"];
    const { code } = await git.attempt(["grep", "--quiet", "export-subst", ours, ...attributes]);
    if (code !== 1) throw substituted(entry);
    const settings = ["-c", "core.abbrev=no", "-c", "tar.umask=0002"];
    await git.text([...settings, "archive", "--format=tar", "--output=source.tar", ours]);
    return (await sumsOfStream(createReadStream(join(folder, "source.tar")), kinds)).sums;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What is to be fetched of a Git source, by its fragment; undefined where it isn't one thing for good. */
export function refOf(fragment: string): string | undefined {
  const [, kind, value = ""] = /^(tag|commit)=([A-Za-z0-9._+~/-]{1,200})$/.exec(fragment) ?? [];
  if (kind === "commit") return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(value) ? value : undefined;
  const isName = kind === "tag" && !/\.\.|\/\/|^[-/.]|[/.]$|\.lock$|~/.test(value);
  return isName ? `refs/tags/${value}` : undefined;
}

function substituted({ text }: SourceEntry): SluiceError {
  return new SluiceError(
    "source-checksum",
    `The checksum of ${text} depends on how it is cloned (export-subst).`,
    {
      hint: "Update the package by hand, or let the source's checksum be SKIP.",
      facts: { path: "PKGBUILD" },
      exitCode: 1,
    },
  );
}
