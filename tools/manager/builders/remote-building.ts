import { join } from "node:path";
import type { Readable } from "node:stream";
import { keepNamcap } from "../../builder/namcap.ts";
import { inOneLine, SluiceError } from "../../errors.ts";
import { folderOf } from "../../pkgrepo/repository.ts";
import type { Build, ClaimId, Queue, Result } from "../../queue/queue.ts";
import { UnchangedFiles } from "../../system/unchanged-files.ts";
import { explainSystemError } from "../machine.ts";
import { lookAtBuild, type Found } from "../builds/handle-build.ts";
import { logName } from "../log-name.ts";
import { hasVersion, isCurrent } from "../builds/run-build.ts";
import {
  type Announcement,
  type Description,
  type FinishRequest,
  type RemoteClaim,
  type Welcome,
  type WorkspaceAddress,
} from "../builder-protocol.ts";
import { installationOf, type Installation, type Installations } from "../installation.ts";
import type { Folders } from "../folders.ts";
import { endClaim, gone, isRefusal, type Ended, type EndingPlace, type RemoteWatcher } from "./end-claim.ts";
import { HeldClaims, holdLimit } from "./held-claims.ts";
import { Landing } from "./landing.ts";
import { appendLog, beginLog } from "./log-chunks.ts";
import type { Offering } from "./offering.ts";
import { nextClass, takes, type Roster } from "./roster.ts";

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
  /** By claim token. */
  readonly #announced = new Map<string, Announcement>();
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
    return { name, leaseMs: this.#leaseMs };
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
    const claim = await this.#queue.claim({
      worker: name,
      ...takes(builder),
      archs: [builder.arch],
      leaseMs: this.#leaseMs,
      builds: [id],
    });
    if (!claim) return gone;
    const { build, token } = claim;
    this.#offering.taken(build);
    this.#watcher.started?.(build);
    const since = performance.now();
    this.#held.begin(token, { builder: name, since, limitMs: holdLimit(0) });
    const found = await this.#lookAt(build);
    if (found.kind !== "to-build") {
      void this.#settle(claim, build, found).catch(() => undefined);
      return gone;
    }
    const { revision, pkg } = found.inputs;
    const seconds = revision.workspace.config.BUILDER_TIMEOUT * pkg.config.BUILDER_EXTRA_TIMEOUT;
    this.#held.begin(token, { builder: name, since, limitMs: holdLimit(seconds) });
    this.#roster.claimed(name, token);
    const { pkgbase, commit, reasons } = build;
    const installation = this.#of(build);
    const line = `${pkgbase}, commit ${commit}: ${reasons.join("; ")}. It is built by ${name}.`;
    const logAt = beginLog(join(this.#folders.logs, logName(build)), line);
    const { bump } = found.inputs.identity;
    const workspace = this.#workspaceOf(installation);
    const { repository: published, extra } = installation;
    const key = await this.#publicKeys.read(folderOf(published).publicKey);
    const repositories = (extra?.repositories ?? []).map((one) => ({ ...one, servers: [...one.servers] }));
    const more = { repositories, keyrings: [...(extra?.keyrings ?? [])] };
    const repository = { name: published.name, key, extra: more };
    const about = { pkgbase, commit, reasons: [...reasons], workspace, repository, bump };
    return { kind: "build", build: id, token, ...about, logAt };
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
    if (found.kind === "to-build" && !(await this.#isPublished(build, found, announced))) {
      return this.#refusing(name, build, async () => {
        const have = await this.#landing.prepare(id, token, announced.files);
        this.#announced.set(token, announced);
        return { kind: "upload", have };
      });
    }
    const result = { outcome: "already-built", message: `${announced.version} is published` } as const;
    return this.#settle(claim, build, found.kind === "to-build" ? { kind: "ended", result } : found);
  }

  /** Takes bytes of a package. Undefined: it isn't its build, or nothing of the kind was announced. */
  async receive(
    name: string,
    id: number,
    token: string,
    part: { readonly file: string; readonly at: number; readonly bytes: Readable },
  ): Promise<number | undefined> {
    const build = await this.#queue.claimed(claimOf(name, id, token));
    const file = this.#announced.get(token)?.files.find((each) => each.name === part.file);
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
    const { outcome, message, packages, reason, namcap } = said;
    if (outcome !== "built")
      return this.#settle(claim, build, {
        kind: "ended",
        result: { outcome, message, ...this.#retryOf(build, reason) },
      });
    const arrived = this.#landing.folderOf(id, token);
    const found = await this.#lookAt(build);
    if (found.kind === "to-build" && packages && !(await this.#landing.isComplete(arrived, packages.files))) {
      return undefined;
    }
    if (namcap) await keepNamcap(join(this.#folders.logs, logName(build)), namcap);
    return this.#settle(claim, build, found, packages);
  }

  /** Waits for what is being checked and published. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#settling.values());
  }

  #settle(claim: ClaimId, build: Build, found: Found, packages?: Announcement): Promise<Ended> {
    const { token, worker } = claim;
    const known = this.#settling.get(token);
    if (known) return known;
    const ending = { claim, build, found, packages, started: this.#held.since(token) };
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

  #lookAt(build: Build): Promise<Found> {
    return lookAtBuild(this.#of(build), build).catch((cause: unknown): Found => {
      const error = explainSystemError(cause, this.#folders.state);
      if (!(error instanceof SluiceError)) throw error;
      return { kind: "ended", result: { outcome: "lost", message: inOneLine(error) } };
    });
  }

  /** What follows upstream may have come to the version that is published. */
  async #isPublished(
    build: Build,
    { inputs }: Extract<Found, { kind: "to-build" }>,
    { version }: Announcement,
  ): Promise<boolean> {
    const installation = this.#of(build);
    const published = await installation.readPublished();
    return (
      published !== undefined &&
      isCurrent(installation, published, build.pkgbase, inputs.identity) &&
      hasVersion(published, build.pkgbase, version)
    );
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
