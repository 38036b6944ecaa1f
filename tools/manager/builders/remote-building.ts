import { join } from "node:path";
import type { Readable } from "node:stream";
import { keepNamcap } from "../../builder/namcap.ts";
import { SluiceError } from "../../errors.ts";
import type { Build, ClaimId, Queue, Result } from "../../queue/queue.ts";
import { UnchangedFiles } from "../../system/unchanged-files.ts";
import { logName } from "../log-name.ts";
import {
  type Announcement,
  type Description,
  type FinishRequest,
  type MadeFiles,
  type RemoteClaim,
  type Welcome,
  type WorkspaceAddress,
} from "../builder-protocol.ts";
import { installationOf, type Installation, type Installations } from "../installation.ts";
import type { Folders } from "../folders.ts";
import { releaseArch, releaseOf } from "../releases/record/release-key.ts";
import { releasePlace } from "../releases/release-place.ts";
import { filesOf, requireMade } from "./claims/accept-made.ts";
import {
  endClaim,
  gone,
  isRefusal,
  type Ended,
  type EndingPlace,
  type Made,
  type RemoteWatcher,
} from "./claims/end-claim.ts";
import { HeldClaims, holdLimit } from "./claims/held-claims.ts";
import { digestName, Landing, type Announced } from "./landing.ts";
import {
  isPublished,
  lookAtClaim,
  repositoryOf,
  secondsOf,
  type FoundClaim,
} from "./claims/look-at-claim.ts";
import { appendLog, beginLog } from "./log-chunks.ts";
import type { Offering } from "./offering.ts";
import { nextClass, takes, takesJobs, type Roster } from "./roster.ts";

/**
 * The manager's part in builds that are done elsewhere. Builders are named by their tokens; what one says counts for
 * claims of its own alone, and nothing that it brings is published before it was checked here.
 */
export class RemoteBuilding {
  readonly #installations: Installations;
  readonly #queue: Queue;
  readonly #folders: Folders;
  readonly #roster: Roster;
  readonly #offering: Pick<Offering, "look" | "taken">;
  readonly #watcher: RemoteWatcher;
  readonly #workspaceOf: (installation: Installation) => WorkspaceAddress;
  readonly #leaseMs: number;
  readonly #landing: Landing;
  /** What is going to arrive, by claim token. */
  readonly #announced = new Map<string, readonly Announced[]>();
  readonly #settling = new Map<string, Promise<Ended>>();
  readonly #held = new HeldClaims();
  readonly #publicKeys = new UnchangedFiles();

  constructor(
    installations: Installations,
    parts: {
      readonly roster: Roster;
      readonly offering: Pick<Offering, "look" | "taken">;
      readonly watcher: RemoteWatcher;
      readonly workspaceOf: (installation: Installation) => WorkspaceAddress;
      readonly leaseMs: number;
    },
  ) {
    const { queue, folders } = installations[0];
    this.#installations = installations;
    this.#queue = queue;
    this.#folders = folders;
    this.#roster = parts.roster;
    this.#offering = parts.offering;
    this.#watcher = parts.watcher;
    this.#workspaceOf = parts.workspaceOf;
    this.#leaseMs = parts.leaseMs;
    this.#landing = new Landing(folders.landing);
  }

  /** Deletes what arrived for builds that are over, after a crash. */
  async tidy(): Promise<void> {
    const { builds } = await this.#queue.state(["active"]);
    await this.#landing.clearAllBut(new Set(builds.map(({ id }) => id)));
  }

  /** A builder has started: what an earlier process of that name held is nobody's now. */
  async welcome(name: string): Promise<Welcome> {
    await this.#queue.abandon(name);
    this.#held.endAllOf(name);
    this.#offering.look();
    return { name, leaseMs: this.#leaseMs, archs: [...new Set(this.#installations.map(({ arch }) => arch))] };
  }

  /** @returns by token: which builds are to be stopped */
  async alive(
    name: string,
    description: Description,
    builds: readonly { readonly build: number; readonly token: string }[],
  ): Promise<Record<string, "cancel" | "gone">> {
    const stop: Record<string, "cancel" | "gone"> = {};
    const now = performance.now();
    this.#held.forgetOthers(name, new Set(builds.map(({ token }) => token)), now - this.#leaseMs);
    for (const { build, token } of builds) {
      if (this.#held.isOverdue(token, now)) {
        // One that doesn't stop loses it with its lease.
        stop[token] = "cancel";
        continue;
      }
      const answer = await this.#queue.keepAlive(claimOf(name, build, token));
      if (answer !== "kept") stop[token] = answer;
    }
    const held = builds.map(({ token }) => token).filter((token) => stop[token] !== "gone");
    if (this.#roster.heard(name, description, held)) this.#offering.look();
    return stop;
  }

  /** Gives a build to a builder that was offered it, unless there is nothing to build. */
  async claim(name: string, id: number): Promise<RemoteClaim | typeof gone> {
    const builder = this.#roster.find(name);
    if (!builder || this.#held.countOf(name) >= builder.jobs) return gone;
    const own = { worker: name, leaseMs: this.#leaseMs, builds: [id] };
    const claim =
      (await this.#queue.claim({ ...own, ...takes(builder), archs: [builder.arch] })) ??
      (await this.#queue.claim({ ...own, ...takesJobs(builder), archs: [releaseArch] }));
    if (!claim) return gone;
    const { build, token } = claim;
    this.#offering.taken(build);
    this.#watcher.started?.(build);
    const since = performance.now();
    this.#held.begin(token, { builder: name, since, limitMs: holdLimit(0) });
    const found = await this.#lookAt(build);
    if (found.kind !== "to-build" && found.kind !== "to-run") {
      void this.#settle(claim, build, found).catch(() => undefined);
      return gone;
    }
    this.#held.begin(token, { builder: name, since, limitMs: holdLimit(secondsOf(found)) });
    this.#roster.claimed(name, token);
    const { pkgbase, commit, reasons } = build;
    const installation = this.#of(build);
    const line = `${pkgbase}, commit ${commit}: ${reasons.join("; ")}. It is built by ${name}.`;
    const logAt = beginLog(join(this.#folders.logs, logName(build)), line);
    const workspace = this.#workspaceOf(installation);
    const about = { build: id, token, pkgbase, reasons: [...reasons], workspace, logAt };
    if (found.kind === "to-run") return { kind: "job", ...about, job: found.request };
    const { bump } = found.inputs.identity;
    return {
      kind: "build",
      ...about,
      commit,
      repository: await repositoryOf(installation, this.#publicKeys),
      bump,
    };
  }

  /** Takes a piece of the log from a byte on, and returns how much of it is there. Undefined: not its build. */
  async log(
    name: string,
    id: number,
    token: string,
    at: number,
    bytes: Readable,
  ): Promise<number | undefined> {
    const build = await this.#queue.claimed(claimOf(name, id, token));
    if (!build) return undefined;
    return appendLog(join(this.#folders.logs, logName(build)), at, bytes);
  }

  /** Makes room for packages, or finds that they aren't needed. */
  async announce(
    name: string,
    id: number,
    token: string,
    announced: Announcement,
  ): Promise<Ended | { readonly kind: "upload"; readonly have: Record<string, number> }> {
    const claim = claimOf(name, id, token);
    const build = await this.#queue.claimed(claim);
    // What is being checked doesn't change any more.
    if (!build || this.#settling.has(token)) return gone;
    const found = await this.#lookAt(build);
    if (found.kind === "to-build" && !(await isPublished(this.#of(build), build, found, announced))) {
      return this.#refusing(name, build, async () => {
        const have = await this.#landing.prepare(id, token, announced.files);
        this.#announced.set(token, announced.files);
        return { kind: "upload", have };
      });
    }
    if (found.kind === "to-run") return gone;
    const result = { outcome: "already-built", message: `${announced.version} is published` } as const;
    return this.#settle(claim, build, found.kind === "to-build" ? { kind: "ended", result } : found);
  }

  /** Makes room for what a job of a release made, likewise. */
  async announceMade(
    name: string,
    id: number,
    token: string,
    made: MadeFiles,
  ): Promise<Ended | { readonly kind: "upload"; readonly have: Record<string, number> }> {
    const claim = claimOf(name, id, token);
    const build = await this.#queue.claimed(claim);
    if (!build || !releaseOf(build) || this.#settling.has(token)) return gone;
    const found = await this.#lookAt(build);
    if (found.kind !== "to-run") return this.#settle(claim, build, found);
    return this.#refusing(name, build, async () => {
      requireMade(found.job, made);
      const files = filesOf(made);
      const have = await this.#landing.prepare(id, token, files, digestName);
      this.#announced.set(token, files);
      return { kind: "upload", have };
    });
  }

  /** Where a file lies that a claimed job takes. Undefined: it isn't its job, or the job takes nothing of the kind. */
  async taken(name: string, id: number, token: string, sha256: string): Promise<string | undefined> {
    const build = await this.#queue.claimed(claimOf(name, id, token));
    if (!build || !releaseOf(build)) return undefined;
    const found = await this.#lookAt(build);
    const isTaken = found.kind === "to-run" && found.request.takes.some((file) => file.sha256 === sha256);
    return isTaken ? releasePlace(this.#of(build)).artifacts.pathOf(sha256) : undefined;
  }

  /** Takes bytes of a package, or of an artifact. Undefined: it isn't its build, or nothing of the kind was announced. */
  async receive(
    name: string,
    id: number,
    token: string,
    part: { readonly file: string; readonly at: number; readonly bytes: Readable },
  ): Promise<number | undefined> {
    const build = await this.#queue.claimed(claimOf(name, id, token));
    const file = this.#announced.get(token)?.find((each) => each.name === part.file);
    if (!build || !file || this.#settling.has(token)) return undefined;
    return this.#refusing(name, build, () =>
      this.#landing.receive(this.#landing.folderOf(id, token), file, part.at, part.bytes),
    );
  }

  /**
   * Ends a claim; what was built is checked and published. Saying it again gives the same answer. Undefined: its
   * packages aren't all there, as after a crash of the manager.
   */
  async finish(name: string, id: number, token: string, said: FinishRequest): Promise<Ended | undefined> {
    const running = this.#settling.get(token);
    if (running) return running;
    const claim = claimOf(name, id, token);
    const build = await this.#queue.claimed(claim);
    if (!build) return gone;
    const { outcome, message, packages, artifacts, reason, namcap } = said;
    if (outcome !== "built")
      return this.#settle(claim, build, {
        kind: "ended",
        result: { outcome, message, ...this.#retryOf(build, reason) },
      });
    const arrived = this.#landing.folderOf(id, token);
    const found = await this.#lookAt(build);
    const files = found.kind === "to-run" ? artifacts && filesOf(artifacts) : packages?.files;
    const isAwaited = found.kind === "to-run" || found.kind === "to-build";
    if (isAwaited && files && !(await this.#landing.isComplete(arrived, files))) return undefined;
    if (namcap) await keepNamcap(join(this.#folders.logs, logName(build)), namcap);
    return this.#settle(claim, build, found, { packages, artifacts });
  }

  /** Waits for what is being checked and published. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#settling.values());
  }

  #settle(claim: ClaimId, build: Build, found: FoundClaim, made: Made = {}): Promise<Ended> {
    const { token, worker } = claim;
    const known = this.#settling.get(token);
    if (known) return known;
    const ending = { claim, build, found, made, started: this.#held.since(token) };
    const place: EndingPlace = {
      installation: this.#of(build),
      landing: this.#landing,
      watcher: this.#watcher,
      leaseMs: this.#leaseMs,
    };
    const settled = endClaim(place, ending).finally(() => {
      this.#roster.ended(worker, token);
      this.#announced.delete(token);
      this.#held.end(token);
      this.#offering.look();
      // Its answer may have been lost; it is asked for again for a while.
      setTimeout(() => this.#settling.delete(token), 60_000).unref();
    });
    this.#settling.set(token, settled);
    return settled;
  }

  /** With more memory it may succeed. */
  #retryOf(build: Build, reason: FinishRequest["reason"]): Pick<Result, "retry"> {
    if (reason === "download") return { retry: "download" };
    if (reason === undefined) return {};
    const builders = this.#roster.living().filter(({ arch }) => arch === build.arch);
    const larger = nextClass(build.class, builders);
    return larger === undefined ? {} : { retry: { class: larger } };
  }

  /** Of one that isn't published here any more, the first: there it is found to be so. */
  #of(build: Build): Installation {
    return installationOf(this.#installations, build) ?? this.#installations[0];
  }

  #lookAt(build: Build): Promise<FoundClaim> {
    return lookAtClaim(this.#of(build), build);
  }

  async #refusing<T>(name: string, build: Build, action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      if (error instanceof SluiceError && isRefusal(error))
        this.#watcher.refused?.(name, build, error.message);
      throw error;
    }
  }
}

function claimOf(worker: string, id: number, token: string): ClaimId {
  return { worker, token, build: { id } };
}
