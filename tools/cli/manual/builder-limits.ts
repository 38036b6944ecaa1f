import {
  alivePerLease,
  defaultLeaseMs,
  maxLogBytes,
  maxUploadBytes,
} from "../../manager/builder-protocol.ts";
import { holdLimit } from "../../manager/builders/claims/held-claims.ts";
import { offersPerLease } from "../../manager/builders/offering.ts";
import { maxReplyBytes } from "../../queue/bullmq/connection.ts";
import { maxHandOverBytes } from "../../queue/bullmq/hand-overs.ts";
import { retryDelay } from "../../queue/outcome.ts";

const seconds = (ms: number): string => `${ms / 1000} seconds`;
const gibibytes = (bytes: number): string => `${bytes / 2 ** 30} GiB`;
const mebibytes = (bytes: number): string => `${bytes / 2 ** 20} MiB`;
const delays = [1, 2, 3].map((losses) => retryDelay(losses)! / 1000);

/** The figures that manager and builders on other machines go by. */
export const builderLimits: readonly (readonly string[])[] = [
  ["lease: a builder that says nothing for so long loses its builds", seconds(defaultLeaseMs)],
  [
    "a builder says that it is alive, and learns which builds to stop, each",
    seconds(defaultLeaseMs / alivePerLease),
  ],
  ["an offer that nobody took is made elsewhere after", seconds(defaultLeaseMs / offersPerLease)],
  ["a build that was lost is tried again after", `${delays.join(", ")} seconds, then it is given up`],
  [
    "a build that its builder still holds is stopped after",
    `twice its time limit (BUILDER_TIMEOUT) and ${holdLimit(0) / 60_000} minutes`,
  ],
  ["the packages of one build hold at most", gibibytes(maxUploadBytes)],
  ["the log of one build holds at most", gibibytes(maxLogBytes)],
  ["a schedule that is handed over is refused unread where it is larger than", mebibytes(maxHandOverBytes)],
  ["a connection to Redis ends where one answer is larger than", mebibytes(maxReplyBytes)],
];
