import { setTimeout as sleep } from "node:timers/promises";
import type { SluiceError } from "../../errors.ts";
import type { Announcement, FinishRequest, MadeFiles, RemoteClaim } from "../builder-protocol.ts";
import { isTemporary } from "./manager-answers.ts";
import type { ManagerClient } from "./manager-client.ts";

/** What a build made, on its way to the manager. */
export interface Made {
  readonly announced: Announcement | MadeFiles;
  /** By the names under which they are sent. */
  readonly files: readonly { readonly name: string; readonly size: number; readonly path: string }[];
  readonly done: Omit<FinishRequest, "outcome">;
}

/** Sends what isn't there yet, from where it ended, until all is there. @returns what the manager made of it */
export async function bring(
  manager: ManagerClient,
  claim: RemoteClaim,
  { announced, files, done }: Made,
  gone: AbortSignal,
): Promise<string> {
  for (let pause = 100; ; pause = Math.min(2 * pause, 5000)) {
    const answer = await manager.announce(claim, announced, gone);
    if (answer.kind === "gone") return "gone";
    if (answer.kind === "finished") return `${answer.outcome}: ${answer.message}`;
    try {
      for (const { name, size, path } of files) {
        let at = answer.have[name] ?? 0;
        // An empty one is sent as well, so that it is there.
        do at = await manager.upload(claim, { name, path, at }, gone);
        while (at < size);
      }
      return await manager.finish(claim, { outcome: "built", ...done }, gone);
    } catch (error) {
      // A manager that was restarted has forgotten what was announced.
      if (gone.aborted || !(isTemporary(error) || (error as SluiceError).code === "gone")) throw error;
      await sleep(pause, undefined, { signal: gone });
    }
  }
}
