import type {
  Build,
  BuildState,
  Claim,
  ClaimId,
  Drained,
  FinishedBuild,
  HistoryQuery,
  PackageRecord,
  QueueState,
  ReadyQuery,
  Removal,
  Result,
  Worker,
} from "../queue.ts";
import type { QueueEvent, QueueEventDetail } from "../events.ts";
import type { BuildKey, Submission, Submitted } from "../submission.ts";
import type {
  OpenReview,
  PipelineBuild,
  ReaderLease,
  ReaderState,
  ReadEvents,
  ObservedQueue,
  Total,
  UnreadEvent,
} from "../event-readers.ts";
import { durablyNow, type Checkpoint, type Step } from "../../steps.ts";
import { Changes } from "./changes.ts";
import { claimReady, listReady } from "./claim.ts";
import type { Transaction } from "./dispatch.ts";
import { askToStop, end, endClaim, endClaimsOf, endDeadClaims } from "./end.ts";
import { forgetOld } from "./forget.ts";
import { claimedBuild, renewLease, renewLeases } from "./leases.ts";
import { releaseFrom } from "./release.ts";
import { endRemoval, noteFailedRemoval } from "./removals.ts";
import { type Durability, SqliteFile } from "./sqlite-file.ts";
import { listReaders, noteRead, takeUnread } from "./readers.ts";
import { noteOpen } from "./reviews.ts";
import * as rows from "./rows.ts";
import { schema } from "./schema.ts";
import { readState } from "./state.ts";
import { accept, holdPackage, takenUpTo } from "./submit.ts";
import { count, listTotals } from "./totals.ts";

/** Opens the queue in this file, or creates it; its folder must exist. `now` gives milliseconds since 1970. */
export async function openSqliteQueue(
  path: string,
  now: () => number = Date.now,
  checkpoint?: Checkpoint,
): Promise<ObservedQueue> {
  return new SqliteQueue(await SqliteFile.open(path, schema), now, checkpoint);
}

/**
 * Every method is one transaction. Claims and leases don't wait for the disk, all else does: whatever powers
 * the disk powers the workers too, and a claim that a power loss undid is one whose worker is gone.
 */
class SqliteQueue implements ObservedQueue {
  readonly #file: SqliteFile;
  readonly #now: () => number;
  readonly #checkpoint: Checkpoint | undefined;
  readonly #changes = new Changes();
  #closed = false;

  constructor(file: SqliteFile, now: () => number, checkpoint: Checkpoint | undefined) {
    this.#file = file;
    this.#now = now;
    this.#checkpoint = checkpoint;
  }

  async submit(submission: Submission): Promise<readonly Submitted[]> {
    const step = submission.requests ? "requests taken" : "submission accepted";
    return this.#write(step, "power-loss", (transaction) => accept(transaction, submission));
  }

  async taken(of: Pick<Submission, "source" | "target" | "arch">): Promise<number> {
    return this.#read((file) => takenUpTo(file, of));
  }

  async claim(worker: Worker): Promise<Claim | undefined> {
    return this.#write("build claimed", "crash", (transaction) => {
      endDeadClaims(transaction);
      return claimReady(transaction, worker);
    });
  }

  async ready(query: ReadyQuery): Promise<readonly Build[]> {
    return this.#write("ready builds listed", "crash", (transaction) => {
      endDeadClaims(transaction);
      return listReady(transaction, query);
    });
  }

  async claimed(claim: ClaimId): Promise<Build | undefined> {
    return this.#read((file) => claimedBuild(file, claim));
  }

  async renew(workers: readonly string[]): Promise<void> {
    this.#write("leases renewed", "crash", (transaction) => renewLeases(transaction, workers));
  }

  async abandon(worker: string): Promise<void> {
    this.#write("claims abandoned", "power-loss", (transaction) => endClaimsOf(transaction, worker));
  }

  async keepAlive(claim: ClaimId): Promise<"kept" | "cancel" | "gone"> {
    return this.#write("lease renewed", "crash", (transaction) => renewLease(transaction, claim));
  }

  async finish(claim: ClaimId, result: Result): Promise<"finished" | "gone"> {
    return this.#write("build finished", "power-loss", (transaction) => endClaim(transaction, claim, result));
  }

  async release(key: BuildKey, needs: readonly string[]): Promise<boolean> {
    return this.#write("build released", "power-loss", (transaction) => releaseFrom(transaction, key, needs));
  }

  async cancel(key: BuildKey, message: string): Promise<boolean> {
    return this.#write("build cancelled", "power-loss", (transaction) => {
      const queued = rows.findQueued(transaction.file, key);
      if (queued) end(transaction, queued, { outcome: "cancelled", message });
      const asked = askToStop(transaction, key, message);
      return queued !== undefined || asked;
    });
  }

  async hold(key: BuildKey, why: string | undefined): Promise<void> {
    this.#write("package held", "power-loss", (transaction) => holdPackage(transaction, key, why));
  }

  async drain(worker: string, why: string | undefined): Promise<void> {
    this.#write("builder drained", "power-loss", ({ file }) => {
      if (why === undefined) file.run("delete from drained where worker = ?", worker);
      else file.run("insert or replace into drained (worker, why) values (?, ?)", worker, why);
    });
  }

  async drained(): Promise<readonly Drained[]> {
    return this.#read((file) => file.all<Drained>("select worker, why from drained order by worker"));
  }

  async removals(): Promise<readonly Removal[]> {
    return this.#read((file) => rows.listRemovals(file, "ready"));
  }

  async removed(id: number): Promise<void> {
    this.#write("removal acknowledged", "power-loss", (transaction) => endRemoval(transaction, id));
  }

  async removalFailed(id: number, message: string): Promise<void> {
    this.#write("removal failed", "crash", (transaction) => noteFailedRemoval(transaction, id, message));
  }

  async unread(reader: string, lease: ReaderLease): Promise<readonly UnreadEvent[] | undefined> {
    return this.#write("unread events listed", "crash", (transaction) =>
      takeUnread(transaction, reader, lease),
    );
  }

  async markRead(reader: string, lease: ReaderLease, read: ReadEvents): Promise<boolean> {
    return this.#write("events marked as read", "crash", (transaction) =>
      noteRead(transaction, reader, lease, read),
    );
  }

  async readers(): Promise<readonly ReaderState[]> {
    return this.#read(listReaders);
  }

  async noteReviews(of: Pick<BuildKey, "target" | "arch">, open: readonly OpenReview[]): Promise<void> {
    this.#write("reviews noted", "crash", (transaction) => noteOpen(transaction, of, open));
  }

  async addTotals(more: readonly Total[]): Promise<void> {
    this.#write("counts added", "crash", ({ file }) => {
      for (const { name, labels, value } of more) count(file, name, labels, value);
    });
  }

  async pipelineBuilds(commit: string): Promise<readonly PipelineBuild[]> {
    return this.#read((file) => rows.listOfPipeline(file, commit));
  }

  async totals(): Promise<readonly Total[]> {
    return this.#read(listTotals);
  }

  async forget(before: number): Promise<void> {
    this.#write("history forgotten", "crash", ({ file }) => forgetOld(file, before));
  }

  async state(only?: readonly BuildState[]): Promise<QueueState> {
    return this.#read((file) => readState(file, only));
  }

  async history(query: HistoryQuery): Promise<readonly FinishedBuild[]> {
    return this.#read((file) => rows.listFinished(file, query));
  }

  async packages(): Promise<readonly PackageRecord[]> {
    return this.#read(rows.listPackages);
  }

  async *events(from: { readonly after: number; readonly signal?: AbortSignal }): AsyncGenerator<QueueEvent> {
    let cursor = from.after;
    const over = (): boolean => this.#closed || from.signal?.aborted === true;
    while (!over()) {
      const events = this.#read((file) => rows.listEvents(file, cursor));
      for (const event of events) {
        yield event;
        if (over()) return;
        cursor = event.seq;
      }
      if (events.length === 0) await this.#changes.next(from.signal);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#changes.happened();
    this.#file.close();
  }

  #read<T>(work: (file: SqliteFile) => T): T {
    return this.#file.snapshot(() => work(this.#file));
  }

  #write<T>(step: Step, durability: Durability, work: (transaction: Transaction) => T): T {
    const now = this.#now();
    const file = this.#file;
    const emit = (packageId: number, detail: QueueEventDetail): void =>
      file.run(
        "insert into event (at, package, detail) values (?, ?, ?)",
        now,
        packageId,
        JSON.stringify(detail),
      );
    const result = durablyNow(this.#checkpoint, step, () =>
      file.transaction(durability, () => work({ file, now, emit })),
    );
    this.#changes.happened();
    return result;
  }
}
