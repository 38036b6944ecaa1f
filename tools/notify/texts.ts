import { parseReleaseName } from "../release/refs/release-name.ts";
import type { Bunch, Notice, NoticeKind } from "./notice.ts";

/** A message as its parts, for each target to put together and to escape in its own way. */
export interface Message {
  readonly headline: string;
  readonly lines: readonly Line[];
  /** How many packages were left out. */
  readonly more: number;
}

export interface Line {
  readonly pkgbase: string;
  /** In their order, behind the name. */
  readonly links: readonly { readonly text: string; readonly url: string }[];
  readonly notice: Notice;
}

/** The first five are chaotic-manager's, word by word; so is `lost`. */
const headlines: Readonly<Record<NoticeKind, (repository: string) => string>> = {
  deployed: (repository) => `📣 New deployment to ${repository}:`,
  failed: (repository) => `🚨 Failed deploying to ${repository}:`,
  "timed-out": (repository) => `⏳ Build for ${repository} failed due to a timeout:`,
  removed: (repository) => `✅ Repo-remove job for ${repository} finished successfully`,
  "removal-failed": (repository) => `🚫 Repo-remove job for ${repository} failed`,
  lost: (repository) => `💥 The code blew up while deploying to ${repository}:`,
  cancelled: (repository) => `✋ Cancelled deploying to ${repository}:`,
  blocked: (repository) => `🚧 Blocked on the way to ${repository}:`,
  "up-to-date": (repository) => `💤 Nothing to build for ${repository}:`,
  queued: (repository) => `📥 Queued for ${repository}:`,
  started: (repository) => `🔨 Building for ${repository}:`,
  review: (repository) => `👀 Waiting for a person before ${repository}:`,
};

/** Of a release's jobs, which stand in the place of packages. */
const releaseHeadlines: Readonly<Partial<Record<NoticeKind, (release: string) => string>>> = {
  deployed: (release) => `📣 Done for the release ${release}:`,
  failed: (release) => `🚨 Failed for the release ${release}:`,
  "timed-out": (release) => `⏳ Ended by its time limit, for the release ${release}:`,
  lost: (release) => `💥 The code blew up in the release ${release}:`,
  cancelled: (release) => `✋ Cancelled for the release ${release}:`,
  blocked: (release) => `🚧 Blocked on the way to the release ${release}:`,
  "up-to-date": (release) => `💤 Nothing to do for the release ${release}:`,
  queued: (release) => `📥 Queued for the release ${release}:`,
  started: (release) => `🔨 Running for the release ${release}:`,
};

function headlineOf(kind: NoticeKind, repository: string): string {
  const release = parseReleaseName(repository);
  const headline = release && releaseHeadlines[kind];
  return headline
    ? headline(`${release.project} ${release.ref} (${release.channel})`)
    : headlines[kind](repository);
}

/** Which say nothing of packages. */
const bare: ReadonlySet<NoticeKind> = new Set(["removed", "removal-failed"]);

/** @param longest how many packages are named at most */
export function composeMessage({ kind, repository, notices }: Bunch, longest: number): Message {
  const headline = headlineOf(kind, repository);
  if (bare.has(kind)) return { headline, lines: [], more: 0 };
  const named = notices.length <= longest ? notices : notices.slice(0, longest - 1);
  return {
    headline,
    lines: named.map((notice) => ({
      pkgbase: notice.pkgbase,
      links: kind === "deployed" ? [] : linksOf(notice),
      notice,
    })),
    more: notices.length - named.length,
  };
}

function linksOf({ logUrl, commitUrl, reviewUrl }: Notice): Line["links"] {
  return [
    ...(reviewUrl === null ? [] : [{ text: "review", url: reviewUrl }]),
    ...(logUrl === null ? [] : [{ text: "logs", url: logUrl }]),
    ...(commitUrl === null ? [] : [{ text: "commit", url: commitUrl }]),
  ];
}

export function moreText(more: number): string {
  return `and ${more} more`;
}

/** Text in HTML, also in the value of an attribute. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
