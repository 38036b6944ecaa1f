/** Events that people may want to hear of, in their words. */
export const noticeKinds = {
  deployed: "a build succeeded, and its packages are published",
  failed: "a build failed",
  "timed-out": "a build was ended by its time limit",
  lost: "the infrastructure failed, again and again, while a package was built",
  cancelled: "a build was cancelled",
  blocked: "a build can't go on, because what it needs failed",
  "up-to-date": "there was nothing to build",
  queued: "a build was queued",
  started: "a build began",
  removed: "a package was taken out of the repository",
  "removal-failed": "a package couldn't be taken out of the repository",
  review: "an update waits for a person, since the gate holds it",
} as const;

export type NoticeKind = keyof typeof noticeKinds;

/** The events that a target gets by default: those that chaotic-manager sends to Telegram. */
export const usualKinds: readonly NoticeKind[] = [
  "deployed",
  "failed",
  "timed-out",
  "lost",
  "removed",
  "removal-failed",
];

/** The same where more than chaotic-manager's messages can be told. */
export const moreKinds: readonly NoticeKind[] = [...usualKinds, "review"];

/** One thing that happened to one package. All texts are anybody's. */
export interface Notice {
  readonly kind: NoticeKind;
  /** The number of its event, which grows. */
  readonly seq: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** The package repository; of a release, `PROJECT/CHANNEL@REF`. */
  readonly repository: string;
  readonly arch: string;
  /** Of a release, its job. */
  readonly pkgbase: string;
  /** The build's number; null: it is about no build. */
  readonly build: number | null;
  readonly commit: string | null;
  /** The workspace's name. */
  readonly source: string | null;
  readonly worker: string | null;
  /** Why, where there is more to say. */
  readonly message: string;
  readonly logUrl: string | null;
  readonly commitUrl: string | null;
  /** Of `review`: where it is looked at. */
  readonly reviewUrl: string | null;
}

/** Notices of one kind and one repository that go out as one message. */
export interface Bunch {
  readonly kind: NoticeKind;
  readonly repository: string;
  /** At least one, in order. */
  readonly notices: readonly Notice[];
}
