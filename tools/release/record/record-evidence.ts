import { allJobs, type Definition } from "../definition/definition.ts";
import { noEvidence, type Evidence, type StageEnd } from "../plan/evidence.ts";
import { keysOf } from "../plan/plan-jobs.ts";
import type { ReleaseRecord } from "./record.ts";

/** What a project's records say, as plans ask for it. A stage has ended when all its gating jobs have. */
export function evidenceOf(definition: Definition, records: readonly ReleaseRecord[]): Evidence {
  const gating = allJobs(definition).filter(({ gate }) => gate);
  const stages = records.flatMap((record) =>
    [...definition.stages.keys()].flatMap((stage): StageEnd[] => {
      const keys = gating.filter((job) => job.stage === stage).flatMap(keysOf);
      const ended = keys.flatMap((key) => record.jobs[key] ?? []);
      const isGreen = ended.every((job) => job.isGreen);
      if (ended.length === 0 || (isGreen && ended.length < keys.length)) return [];
      const at = Math.max(...ended.map((job) => job.at));
      return [{ channel: record.channel, stage, commit: record.ref.commit, isGreen, at }];
    }),
  );
  const released = records.flatMap(({ channel, version, finishedAt }) =>
    version !== null && finishedAt !== null ? [{ channel, version }] : [],
  );
  return { ...noEvidence, stages, released };
}
