import { SluiceError } from "../../../errors.ts";
import type { RepositoryConfig } from "../../../workspace/config/config.ts";
import type { Installation } from "../../installation.ts";
import { pushRecords, recordsAt } from "./push-records.ts";
import { releasePlace } from "../release-place.ts";

type Author = Pick<RepositoryConfig, "GIT_AUTHOR_NAME" | "GIT_AUTHOR_EMAIL">;

/** Keeps the records here and those on the branch `state` alike. */
export interface RecordKeeper {
  /** Takes over what the branch knows and this machine doesn't. */
  adopt(state: string | undefined): Promise<void>;
  /** Brings what changed here to the branch, every ten seconds at most, or now. */
  push(author: Author, when: "due" | "now"): Promise<void>;
}

const pushEveryMs = 10_000;

/** @param troubled what keeps it from pushing; releases go on by what is on record here */
export function recordKeeper(
  installation: Installation,
  troubled: (error: SluiceError) => void,
): RecordKeeper {
  const { git, checkpoint, now } = installation;
  const { records } = releasePlace(installation);
  let known: string | undefined;
  let pushed = "";
  let due = Number.NEGATIVE_INFINITY;
  return {
    async adopt(state) {
      if (state === known) return;
      records.adopt(await recordsAt(git, state));
      known = state;
    },
    async push({ GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: email }, when) {
      if (when === "due" && performance.now() < due) return;
      due = performance.now() + pushEveryMs;
      const wanted = JSON.stringify([...records.texts()]);
      if (wanted === "[]" || wanted === pushed) return;
      try {
        await pushRecords(git, records, { identity: { name, email }, now: now(), checkpoint });
        pushed = wanted;
      } catch (error) {
        if (!(error instanceof SluiceError)) throw error;
        troubled(error);
      }
    },
  };
}
