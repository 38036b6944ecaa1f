import type { Build } from "../queue/queue.ts";

/** Where the log of one build lies, below the folder of logs. */
export function logName({ pkgbase, id }: Pick<Build, "pkgbase" | "id">): string {
  return `${pkgbase}/${id}.log`;
}
