import colors from "picocolors";
import { logName } from "../../manager/builds/handle-build.ts";
import type { RemoteWatcher } from "../../manager/builders/remote-building.ts";
import type { UpWatcher } from "../../manager/up.ts";
import { succeeded } from "../../queue/outcome.ts";
import type { Build } from "../../queue/queue.ts";
import { printable, useColors } from "./report.ts";

export interface Progress extends UpWatcher, RemoteWatcher {
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
      ({ pkgbase, since }) => `${pkgbase} ${Math.floor((performance.now() - since) / 1000)} s`,
    );
    const text = builds.length > 0 ? `building ${builds.join(", ")} · ${done} done` : "";
    process.stderr.write(`\r\u001b[K${text.slice(0, (process.stderr.columns || 80) - 1)}`);
  }

  return {
    started({ id, pkgbase, reasons }: Build) {
      running.set(id, { pkgbase, since: performance.now() });
      line(`${paint.bold(pkgbase)}: building (${printable(reasons.join("; "))})`);
    },
    finished(build, { outcome, message = "" }, seconds) {
      running.delete(build.id);
      done++;
      const colour = succeeded(outcome) ? paint.green : paint.red;
      const detail = message ? `: ${printable(message)}` : "";
      line(`${paint.bold(build.pkgbase)}: ${colour(outcome)}${detail} (${seconds.toFixed(1)} s)`);
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
    reconciled(commit, { builds, removals }) {
      const todo = [
        `${builds.length} to build`,
        ...(removals.length > 0 ? [`${removals.length} to remove`] : []),
      ];
      line(
        `commit ${commit.slice(0, 10)}: ${builds.length + removals.length === 0 ? "all is published" : todo.join(", ")}`,
      );
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
