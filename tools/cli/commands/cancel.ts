import { existsSync } from "node:fs";
import { join } from "node:path";
import { openQueue } from "../../manager/installation.ts";
import type { PendingBuild } from "../../queue/queue.ts";
import { SluiceError } from "../../errors.ts";
import { printable } from "../output/report.ts";
import { requireWorkspace, type InstallationOptions } from "../wiring/installation.ts";
import { stateFolder } from "../wiring/state-folder.ts";

interface Options extends InstallationOptions {
  readonly json?: boolean;
}

/** Ends queued builds, and stops those under way. They stay ended until their recipe changes or somebody asks. */
export async function cancel(options: Options, names: readonly string[]): Promise<number> {
  const state = stateFolder(options);
  if (!existsSync(join(state, "queue.sqlite"))) {
    await requireWorkspace(options);
    throw notPending(names);
  }
  const queue = await openQueue(state);
  try {
    const { builds } = await queue.state();
    const missing = names.filter((name) => !builds.some((build) => isCalled(build, name)));
    if (missing.length > 0) throw notPending(missing);
    const cancelled = builds.filter((build) => names.some((name) => isCalled(build, name)));
    const rows = cancelled.map(({ pkgbase, id, status }) => ({
      pkgbase,
      build: id,
      was: status.kind === "active" ? ("building" as const) : ("queued" as const),
    }));
    for (const build of cancelled) await queue.cancel(build, "cancelled by hand");
    if (options.json) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
    else for (const { pkgbase, was } of rows) process.stdout.write(printable(`${pkgbase}: ${said[was]}\n`));
    return 0;
  } finally {
    await queue.close();
  }
}

/** By the package's name, or by what it makes. */
function isCalled({ pkgbase, pkgnames }: PendingBuild, name: string): boolean {
  return pkgbase === name || pkgnames.includes(name);
}

const said = {
  queued: "taken out of the queue",
  building: "its build is being stopped",
};

function notPending(names: readonly string[]): SluiceError {
  const listed = names.map((name) => JSON.stringify(name)).join(", ");
  return new SluiceError("nothing-to-cancel", `neither queued nor being built: ${listed}`, {
    hint: "Nothing was cancelled. `sluice queue` shows what is.",
    facts: { names },
    exitCode: 1,
  });
}
