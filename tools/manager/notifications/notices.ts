import type { Bunch, Notice, NoticeKind } from "../../notify/notice.ts";
import type { UnreadEvent } from "../../queue/event-readers.ts";
import type { Outcome } from "../../queue/outcome.ts";
import type { QueueEvent } from "../../queue/events.ts";
import type { Links } from "./links.ts";

/** The message for an event; undefined: none. */
export function noticeOf({ event, build }: UnreadEvent, links: Links): Notice | undefined {
  const told = whatHappened(event);
  if (!told) return undefined;
  const { seq, at, target, arch, pkgbase } = event;
  return {
    ...told,
    seq,
    at,
    repository: target,
    arch,
    pkgbase,
    build: "build" in event ? event.build : null,
    commit: build?.commit ?? null,
    source: build?.source ?? null,
    worker: build?.worker ?? null,
    logUrl: build && told.kind !== "queued" && told.kind !== "blocked" ? links.log(build) : null,
    commitUrl: build ? links.commit(build.source, build.commit) : null,
    reviewUrl: event.kind === "review-opened" ? (event.url ?? links.review(pkgbase)) : null,
  };
}

function whatHappened(event: QueueEvent): Pick<Notice, "kind" | "message"> | undefined {
  switch (event.kind) {
    case "finished":
      return { kind: ends[event.outcome], message: event.message ?? "" };
    case "blocked":
      return { kind: "blocked", message: `${event.cause.pkgbase}: ${event.cause.outcome}` };
    case "queued":
      return { kind: "queued", message: event.reason };
    case "claimed":
      return { kind: "started", message: "" };
    case "removed":
      return { kind: "removed", message: "" };
    case "removal-failed":
      return { kind: "removal-failed", message: event.message };
    case "review-opened":
      return { kind: "review", message: event.message };
    default:
      return undefined;
  }
}

const ends: Readonly<Record<Outcome, NoticeKind>> = {
  built: "deployed",
  "already-built": "up-to-date",
  skipped: "up-to-date",
  failed: "failed",
  "timed-out": "timed-out",
  cancelled: "cancelled",
  lost: "lost",
};

/** No receiver has to take a message without bounds. */
const mostNotices = 1000;

/**
 * Puts notices of one kind together, as few messages as can be; what happens to one package stays in its order.
 * Deterministic: the same notices make the same messages.
 */
export function bunch(notices: readonly Notice[]): Bunch[] {
  const bunches: { kind: NoticeKind; repository: string; notices: Notice[] }[] = [];
  /** The last bunch in which a package is. */
  const lastOf = new Map<string, number>();
  for (const notice of notices) {
    const { kind, repository, arch, pkgbase } = notice;
    const key = `${repository} ${arch} ${pkgbase}`;
    const from = lastOf.get(key) ?? 0;
    let at = bunches.findLastIndex(
      (one) => one.kind === kind && one.repository === repository && one.notices.length < mostNotices,
    );
    if (at < from || at === -1) {
      at = bunches.length;
      bunches.push({ kind, repository, notices: [] });
    }
    bunches[at]!.notices.push(notice);
    lastOf.set(key, at);
  }
  return bunches;
}
