import colors from "picocolors";
import { logName } from "../../manager/log-name.ts";
import type { RemoteWatcher } from "../../manager/builders/claims/end-claim.ts";
import type { Reconciled } from "../../manager/reconcile/submit.ts";
import type { UpWatcher } from "../../manager/up.ts";
import { succeeded } from "../../queue/outcome.ts";
import type { Build } from "../../queue/queue.ts";
import { printable, useColors } from "./report.ts";
import { duration } from "./time.ts";

export interface Progress extends UpWatcher, RemoteWatcher {
  note(text: string): void;
  close(): void;
}

/**
 * Tells what happens: plain lines, and on a terminal below them one line that says what is being built now and
 * for how long.
 *
 * @param logs the folder of logs, named where a build failed
 */
export function showProgress(logs: string): Progress {
  const paint = colors.createColors(useColors(process.stderr));
  const live = process.stderr.isTTY === true;
  const running = new Map<number, { pkgbase: string; since: number }>();
  let done = 0;
  const timer = live ? setInterval(status, 200) : undefined;
  timer?.unref();

  function line(text: string): void {
    process.stderr.write(`${live ? "\r\u001b[K" : ""}${text}\n`);
    status();
  }

  function status(): void {
    if (!live) return;
    const builds = [...running.values()].map(
      ({ pkgbase, since }) => `${pkgbase} ${duration(performance.now() - since).replace(/\.\d s$/, " s")}`,
    );
    const text = builds.length > 0 ? `building ${builds.join(", ")} · ${done} done` : "";
    process.stderr.write(`\r\u001b[K${text.slice(0, (process.stderr.columns || 80) - 1)}`);
  }

  return {
    note: (text) => line(printable(text)),
    started({ id, pkgbase, reasons }: Build) {
      running.set(id, { pkgbase, since: performance.now() });
      line(`${paint.bold(pkgbase)}: building (${printable(reasons.join("; "))})`);
    },
    finished(build, { outcome, message = "" }, seconds) {
      running.delete(build.id);
      done++;
      const colour = succeeded(outcome) ? paint.green : paint.red;
      const detail = message ? `: ${printable(message)}` : "";
      line(`${paint.bold(build.pkgbase)}: ${colour(outcome)}${detail} (${duration(seconds * 1000)})`);
      if (!succeeded(outcome)) line(`  log: ${logs}/${logName(build)}`);
    },
    removed(pkgbase, pkgnames) {
      line(
        `${paint.bold(pkgbase)}: removed${pkgnames.length > 0 ? ` (${pkgnames.join(", ")})` : ", nothing of it was published"}`,
      );
    },
    refused(builder, { pkgbase }, why) {
      line(`${paint.red("refused:")} ${printable(`what ${builder} brought of ${pkgbase}: ${why}`)}`);
    },
    requested(builds) {
      for (const { pkgbase, reason } of builds)
        line(`${paint.bold(pkgbase)}: asked for (${printable(reason)})`);
    },
    remote(news) {
      if (news.kind === "reached") line("the remote answers again");
      else if (news.kind === "unreachable") {
        line(`${paint.yellow("warning:")} ${printable(news.error.message)}`);
        line("  What is here is built and served on; it is tried again.");
      } else {
        line(`${paint.yellow("warning:")} this clone and origin have diverged at ${news.head.slice(0, 10)}`);
        line("  origin's main is built. Bring them together with: git pull --rebase, then git push");
      }
    },
    reconciled(commit, found, arch) {
      line(`commit ${commit.slice(0, 10)}${arch === undefined ? "" : ` (${arch})`}: ${toDo(found)}`);
    },
    repaired({ path, problem, outcome }) {
      const done = {
        lost: "it is built again",
        restored: "it was put back",
        deleted: "it was deleted",
      }[outcome];
      line(`${paint.yellow("warning:")} damaged: ${printable(path)} ${problem}; ${done}`);
    },
    readNeeds(read, all) {
      if (read === all || read % 100 === 0) {
        line(`read what published packages need: ${read} of ${all}`);
      }
    },
    rotated(fingerprint) {
      line(`everything is signed by ${fingerprint} now`);
    },
    release(news) {
      if (news.kind === "troubled") return this.troubled?.(news.error);
      const { project, channel, ref } = news.release;
      const what = news.kind === "waits" ? `waits: ${news.reasons.join("; ")}` : `${news.jobs} jobs to run`;
      line(`${paint.bold(`${project} ${channel} ${ref}`)}: ${printable(what)}`);
    },
    troubled(error) {
      line(`${paint.red("error:")} ${printable(error.message)}`);
      if (error.hint) line(`${paint.bold("next:")} ${printable(error.hint)}`);
    },
    close() {
      clearInterval(timer);
      if (live) process.stderr.write("\r\u001b[K");
    },
  };
}

function toDo({ builds, removals, left }: Reconciled): string {
  const missing = left.map(({ pkgbase, outcome }) => `${pkgbase} (${outcome})`);
  const parts = [
    ...(builds.length > 0 ? [`${builds.length} to build`] : []),
    ...(removals.length > 0 ? [`${removals.length} to remove`] : []),
    ...(missing.length > 0 ? [`not published: ${shortList(missing)}`] : []),
  ];
  return parts.length === 0 ? "all is published" : parts.join(", ");
}

function shortList(names: readonly string[]): string {
  const more = names.length - 10;
  return `${names.slice(0, 10).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
