import { join } from "node:path";
import { openLog, type BuildLog } from "../../../builder/log.ts";
import { inOneLine, SluiceError } from "../../../errors.ts";
import type { Build, ClaimId, Result } from "../../../queue/queue.ts";
import type { Announcement, MadeFiles } from "../../builder-protocol.ts";
import { dropFinished } from "../../builds/finished.ts";
import { noteEnd, withoutBuilding } from "../../builds/handle-build.ts";
import { logName } from "../../log-name.ts";
import { publishFinished } from "../../builds/publish-finished.ts";
import type { Watcher } from "../../builds/work.ts";
import type { Installation } from "../../installation.ts";
import { explainSystemError } from "../../machine.ts";
import { releaseOf } from "../../releases/record/release-key.ts";
import { acceptMade, noteEnded } from "./accept-made.ts";
import { acceptPackages } from "./accept.ts";
import { refused, type Landing } from "../landing.ts";
import type { FoundClaim } from "./look-at-claim.ts";

/** What became of a claim: over, or not anybody's any more. */
export type Ended =
  | { readonly kind: "finished"; readonly outcome: string; readonly message: string }
  | { readonly kind: "gone" };

export const gone = { kind: "gone" } as const;

export interface RemoteWatcher extends Watcher {
  /** What a builder brought isn't published. */
  refused?(builder: string, build: Pick<Build, "pkgbase">, why: string): void;
}

/** Where claims of builders end. */
export interface EndingPlace {
  readonly installation: Installation;
  readonly landing: Landing;
  readonly watcher: RemoteWatcher;
  readonly leaseMs: number;
}

/** What the builder made, where it did. */
export interface Made {
  readonly packages?: Announcement | undefined;
  readonly artifacts?: MadeFiles | undefined;
}

interface Ending {
  readonly claim: ClaimId;
  readonly build: Build;
  readonly found: FoundClaim;
  readonly made: Made;
  /** By `performance.now()`. */
  readonly started: number | undefined;
}

/** Ends a claim of a builder elsewhere: what it made is checked and published, and the queue told. */
export async function endClaim(
  place: EndingPlace,
  { claim, build, found, made, started = performance.now() }: Ending,
): Promise<Ended> {
  const { installation, landing, watcher, leaseMs } = place;
  const { queue, folders, checkpoint } = installation;
  const stop = new AbortController();
  const beat = setInterval(() => {
    void queue.keepAlive(claim).then(
      (answer) => answer !== "kept" && stop.abort(),
      () => undefined,
    );
  }, leaseMs / 4);
  const log = openLogOf(installation, build);
  try {
    const result = await resultOf(place, { claim, build, found, made }, stop.signal, log);
    noteEnd(log, result);
    const isMine = (await queue.finish(claim, result)) === "finished";
    if (isMine && result.outcome !== "lost") await dropFinished(folders.finished, build.pkgbase, checkpoint);
    const told: Result = isMine ? result : { outcome: "lost", message: "another builder has taken it over" };
    watcher.finished?.(build, told, (performance.now() - started) / 1000);
    return isMine ? { kind: "finished", outcome: told.outcome, message: told.message ?? "" } : gone;
  } finally {
    clearInterval(beat);
    log.close();
    await landing.clear(landing.folderOf(claim.build.id, claim.token));
  }
}

async function resultOf(
  { installation, landing, watcher }: EndingPlace,
  { claim: { token, worker }, build, found, made: brought }: Omit<Ending, "started">,
  signal: AbortSignal,
  log: BuildLog,
): Promise<Result> {
  try {
    const arrived = landing.folderOf(build.id, token);
    if (found.kind === "to-run") {
      if (!brought.artifacts) throw refused("a job is called done without saying what it made");
      return await acceptMade(installation, found, { landing, arrived, made: brought.artifacts }, log);
    }
    if (found.kind === "to-publish") return { outcome: "lost", message: "builders publish no releases" };
    if (found.kind === "ended" && releaseOf(build)) await noteEnded(installation, build, found.result);
    if (found.kind !== "to-build") {
      return await withoutBuilding(installation, build, found, signal, log);
    }
    const { packages: announced } = brought;
    if (!announced) throw refused("a build is called done without packages");
    await landing.requireComplete(arrived, announced.files);
    const inputs = { ...found.inputs, signal };
    const made = await acceptPackages(installation, build, inputs, { arrived, announced }, log);
    return "outcome" in made ? made : await publishFinished(installation, build, made, signal);
  } catch (cause) {
    const error = explainSystemError(cause, installation.folders.state);
    if (!(error instanceof SluiceError)) return { outcome: "lost", message: String(error) };
    if (!isRefusal(error)) return { outcome: "lost", message: inOneLine(error) };
    watcher.refused?.(worker, build, error.message);
    return { outcome: "lost", message: `what ${worker} brought is refused: ${error.message}` };
  }
}

/** The log of a build, which goes on where it ended. */
export function openLogOf({ folders }: Installation, build: Build): BuildLog {
  return openLog(join(folders.logs, logName(build)));
}

/** What a builder brought isn't what it should be. */
export function isRefusal({ code }: SluiceError): boolean {
  return code.startsWith("arrival-") || code === "artefact-refused";
}
