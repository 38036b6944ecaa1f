import { z } from "zod";
import { isPkgbase } from "../../alpm/names.ts";
import { SluiceError } from "../../errors.ts";
import { connectionOptions, prefix, redisTrouble } from "./connection.ts";
import type { RedisAddress } from "./redis-address.ts";

/** A schedule that somebody hands to the manager. It asks; what a package is, main says. */
export interface HandOver {
  /** REPO_NAME of the workspace; undefined: whichever it is. */
  readonly source?: string | undefined;
  /** BUILD_REPO, the repository that it is for. */
  readonly target: string;
  readonly arch: string;
  /** The commit that it comes from; the manager waits until main has it. */
  readonly commit?: string | undefined;
  readonly pipeline?: string | undefined;
  /** None: main is to be looked at, say since packages were removed. */
  readonly packages: readonly { readonly pkgbase: string; readonly class: string | null }[];
}

const short = z.string().min(1).max(200);

const schema: z.ZodType<HandOver> = z.strictObject({
  source: short.optional(),
  target: short,
  arch: short,
  commit: z
    .string()
    .regex(/^[0-9a-f]{40,64}$/)
    .optional(),
  pipeline: z
    .string()
    .regex(/^\d{1,20}$/)
    .optional(),
  packages: z
    .array(z.strictObject({ pkgbase: z.string().refine(isPkgbase), class: short.nullable() }))
    .max(100_000),
});

const line = "hand-over";

/** Waits for the manager in Redis; an hour long for a commit that main doesn't have yet. */
const waiting = {
  attempts: 720,
  backoff: { type: "fixed", delay: 5000 },
  removeOnComplete: true,
  removeOnFail: true,
};

/** @throws SluiceError `redis` */
export async function sendHandOver(address: RedisAddress, handOver: HandOver): Promise<void> {
  const { Queue } = await import("bullmq");
  const queue = new Queue(line, {
    connection: connectionOptions(address, false),
    prefix,
    skipVersionCheck: true,
  });
  // Each command's own promise says what went wrong.
  queue.on("error", () => undefined);
  try {
    await queue.waitUntilReady();
    await queue.add(line, handOver, waiting);
  } catch (error) {
    throw redisTrouble(error);
  } finally {
    await queue.close();
  }
}

export interface HandOverTaker {
  close(): Promise<void>;
}

/**
 * Takes what is handed over, one after the other.
 *
 * @param take resolves once it is dealt with; where it rejects, that is reported and tried again, unless it isn't for this manager
 */
export async function takeHandOvers(
  address: RedisAddress,
  take: (handOver: HandOver) => Promise<void>,
  troubled: (error: unknown) => void,
): Promise<HandOverTaker> {
  const { Worker } = await import("bullmq");
  const worker = new Worker(
    line,
    async ({ data }) => {
      // Anybody with Redis' password may have put it there.
      const handOver = schema.safeParse(data);
      if (!handOver.success) return;
      try {
        await take(handOver.data);
      } catch (error) {
        troubled(error);
        if (!(error instanceof SluiceError && error.code === "hand-over")) throw error;
      }
    },
    { connection: connectionOptions(address, true), prefix, skipVersionCheck: true, lockDuration: 30_000 },
  );
  worker.on("error", (error) => troubled(redisTrouble(error)));
  // What isn't dealt with is taken again after the next start.
  return { close: () => worker.close(true) };
}
