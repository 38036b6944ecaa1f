import type {
  AskingPipeline,
  BuildKey,
  Submission,
  Submitted,
  SubmittedBuild,
  SubmittedRemoval,
} from "../submission.ts";
import { askToStop, end } from "./end.ts";
import { arrange, passOn, type Transaction } from "./dispatch.ts";
import type { SqliteFile } from "./sqlite-file.ts";
import { type BuildSpec, countOfPipeline, findQueued, readSpec, type RemovalSpec } from "./rows.ts";

/** Takes in all of a submission, then works out what its builds wait for; nothing of it where its requests were taken before. */
export function accept(transaction: Transaction, submission: Submission): Submitted[] {
  const { file } = transaction;
  const { requests } = submission;
  if (requests) {
    if (takenUpTo(file, submission) !== requests.after) return [];
    const sql = "insert or replace into taken (source, target, arch, number) values (?, ?, ?, ?)";
    file.run(sql, submission.source, submission.target, submission.arch, requests.upTo);
  }
  const packageId = packageIds(transaction, submission);
  const needId = needIds(transaction, submission, packageId);
  const lane = laneOf(transaction, submission);
  for (const removal of submission.removals) {
    acceptRemoval(transaction, submission, removal, packageId(removal.pkgbase));
  }
  const { number } = file.get<{ number: number }>("select coalesce(max(seq), 0) + 1 as number from event")!;
  const pipeline = submission.pipeline && {
    ...submission.pipeline,
    builds: countOfPipeline(file, submission.pipeline.commit) + submission.builds.length,
  };
  const touched = new Set<number>();
  const accepted = submission.builds.map((build) => {
    const id = packageId(build.pkgbase);
    withdrawRemoval(transaction, id);
    const submitted = acceptBuild(transaction, { ...submission, pipeline }, build, {
      packageId: id,
      lane,
      number,
    });
    const dropped = file.all<{ package: number }>(
      "delete from need where build = ? returning package",
      submitted.build,
    );
    for (const need of dropped) touched.add(need.package);
    touched.add(id);
    const released = submission.onDependencyFailure === "build" ? 1 : 0;
    for (const need of new Set(build.needs)) {
      if (need === build.pkgbase) continue;
      file.run(
        "insert into need (build, package, released) values (?, ?, ?)",
        submitted.build,
        needId(need),
        released,
      );
    }
    return { ...submitted, package: id };
  });
  passOn(
    transaction,
    accepted.filter(({ kind }) => kind !== "merged").map((build) => build.package),
  );
  arrange(transaction, touched);
  return accepted.map(({ kind, pkgbase, build }) => ({ kind, pkgbase, build }));
}

/** The number up to which requests were accepted. */
export function takenUpTo(
  file: SqliteFile,
  { source, target, arch }: Pick<Submission, "source" | "target" | "arch">,
): number {
  const sql = "select number from taken where source = ? and target = ? and arch = ?";
  return file.get<{ number: number }>(sql, source, target, arch)?.number ?? 0;
}

/** Why undefined: its builds may be claimed again. */
export function holdPackage(transaction: Transaction, key: BuildKey, why: string | undefined): void {
  const { file, emit } = transaction;
  const id = packageIds(transaction, key)(key.pkgbase);
  const changed = file.get(
    "update package set held = ?2 where id = ?1 and held is not ?2 returning 1",
    id,
    why ?? null,
  );
  if (changed) emit(id, why === undefined ? { kind: "let-go" } : { kind: "held", why });
}

/** Looks packages of the submission's target and architecture up by pkgbase, and adds them on first sight. */
export function packageIds(
  { file }: Transaction,
  { target, arch }: Pick<BuildKey, "target" | "arch">,
): (pkgbase: string) => number {
  const known = new Map<string, number>();
  return (pkgbase) => {
    const id = known.get(pkgbase) ?? find(pkgbase) ?? add(pkgbase);
    known.set(pkgbase, id);
    return id;
  };

  function find(pkgbase: string): number | undefined {
    const sql = "select id from package where target = ? and arch = ? and pkgbase = ?";
    return file.get<{ id: number }>(sql, target, arch, pkgbase)?.id;
  }

  function add(pkgbase: string): number {
    const sql = "insert into package (target, arch, pkgbase) values (?, ?, ?) returning id";
    return file.get<{ id: number }>(sql, target, arch, pkgbase)!.id;
  }
}

/** The same for what builds need: some of it is built for another architecture. */
function needIds(
  transaction: Transaction,
  { target, elsewhere }: Submission,
  packageId: (pkgbase: string) => number,
): (pkgbase: string) => number {
  if (!elsewhere) return packageId;
  const others = new Set(elsewhere.pkgbases);
  const elsewhereId = packageIds(transaction, { target, arch: elsewhere.arch });
  return (pkgbase) => (others.has(pkgbase) ? elsewhereId(pkgbase) : packageId(pkgbase));
}

function laneOf({ file }: Transaction, { target, arch }: Submission): number {
  file.run("insert or ignore into lane (target, arch) values (?, ?)", target, arch);
  return file.get<{ id: number }>("select id from lane where target = ? and arch = ?", target, arch)!.id;
}

interface Place {
  readonly packageId: number;
  readonly lane: number;
  /** The submission's. */
  readonly number: number;
}

function acceptBuild(
  { file, now, emit }: Transaction,
  submission: Omit<Submission, "pipeline"> & { readonly pipeline: AskingPipeline | undefined },
  { pkgbase, reason, ...build }: SubmittedBuild,
  { packageId, lane, number: submissionNumber }: Place,
): Submitted {
  const { commit, source, pipeline, onDependencyFailure = "auto" } = submission;
  const spec = ({ reasons, again = build.again }: Pick<BuildSpec, "reasons" | "again">): string =>
    JSON.stringify({
      commit,
      source,
      ...(pipeline && { pipeline }),
      onDependencyFailure,
      class: build.class,
      pkgnames: build.pkgnames,
      needs: build.needs,
      ...(build.upstream && { upstream: build.upstream }),
      ...(again && { again }),
      reasons: [...new Set([...reasons, reason])],
    } satisfies BuildSpec);

  const queued = file.get<{ id: number; spec: string }>(
    "select id, spec from build where package = ? and (state = 'active') = 0",
    packageId,
  );
  if (queued) {
    // Somebody wants it now: a retry begins again.
    file.run(
      `update build set submission = ?, spec = ?, class = ?, losses = 0, not_before = 0, state = 'waiting' where id = ?`,
      submissionNumber,
      spec(readSpec(queued.spec)),
      build.class,
      queued.id,
    );
    const before = readSpec(queued.spec);
    const isReplaced = before.pipeline && before.pipeline.commit !== pipeline?.commit;
    const replaced = isReplaced && { source: before.source, pipeline: before.pipeline! };
    emit(packageId, { kind: "merged", build: queued.id, reason, ...(replaced && { replaced }) });
    return { kind: "merged", pkgbase, build: queued.id };
  }
  const { id } = file.get<{ id: number }>(
    `insert into build (package, lane, submission, spec, class, queued_at, state)
     values (?, ?, ?, ?, ?, ?, 'waiting') returning id`,
    packageId,
    lane,
    submissionNumber,
    spec({ reasons: [] }),
    build.class,
    now,
  )!;
  const active = file.get("select 1 from build where package = ? and (state = 'active') = 1", packageId);
  emit(packageId, { kind: "queued", build: id, reason });
  return { kind: active ? "after-active" : "queued", pkgbase, build: id };
}

function acceptRemoval(
  transaction: Transaction,
  submission: Submission,
  removal: SubmittedRemoval,
  packageId: number,
): void {
  const { file, emit } = transaction;
  const { pkgbase, pkgnames, reason } = removal;
  const before = withdrawRemoval(transaction, packageId);
  const { id } = file.get<{ id: number }>(
    "insert into removal (package, spec) values (?, ?) returning id",
    packageId,
    JSON.stringify({
      commit: submission.commit,
      source: submission.source,
      reason,
      pkgnames: [...new Set([...before, ...pkgnames])],
    } satisfies RemovalSpec),
  )!;
  emit(packageId, { kind: "removal", removal: id, reason });

  const key = { target: submission.target, arch: submission.arch, pkgbase };
  const message = `removed: ${reason}`;
  const queued = findQueued(file, key);
  if (queued) end(transaction, queued, { outcome: "cancelled", message });
  askToStop(transaction, key, message);
  file.run("update package set blocking = 0 where id = ?", packageId);
  passOn(transaction, [packageId]);
}

/** Returns the pkgnames that were to be removed. */
function withdrawRemoval({ file, emit }: Transaction, packageId: number): readonly string[] {
  const removal = file.get<{ id: number; spec: string }>(
    "delete from removal where package = ? returning id, spec",
    packageId,
  );
  if (!removal) return [];
  emit(packageId, { kind: "removal-withdrawn", removal: removal.id });
  return (JSON.parse(removal.spec) as RemovalSpec).pkgnames;
}
