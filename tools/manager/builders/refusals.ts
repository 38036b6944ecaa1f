import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

const schema = z.record(
  z.string(),
  z.object({
    count: z.int().min(0),
    /** The latest one. */
    last: z.object({ at: z.number(), pkgbase: z.string(), why: z.string() }),
  }),
);

/** By the builder's name: how often what it brought was refused, since the state folder was made. */
export type Refusals = Readonly<z.infer<typeof schema>>;

const fileOf = (state: string): string => join(state, "builders-refused.json");

/** None where nothing was refused, or the file is damaged. */
export async function readRefusals(state: string): Promise<Refusals> {
  const text = await readFile(fileOf(state), "utf8").catch(() => "{}");
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return {};
  }
}

export interface RefusalCounter {
  count(builder: string, pkgbase: string, why: string): void;
  /** Resolves once all that was counted is written. */
  close(): Promise<void>;
}

/**
 * Counts on where an earlier process ended. What comes while the file is being written is written together
 * afterwards: a builder may try thousands of times.
 */
export async function openRefusals(state: string, now: () => number): Promise<RefusalCounter> {
  const refusals = new Map(Object.entries(await readRefusals(state)));
  let changed = false;
  let writing: Promise<void> | undefined;

  async function write(): Promise<void> {
    while (changed) {
      changed = false;
      const fresh = `${fileOf(state)}.${process.pid}.tmp`;
      await writeFile(fresh, JSON.stringify(Object.fromEntries(refusals) satisfies Refusals));
      await rename(fresh, fileOf(state));
    }
  }

  return {
    count(builder, pkgbase, why) {
      const last = { at: now(), pkgbase, why: why.slice(0, 500) };
      refusals.set(builder, { count: (refusals.get(builder)?.count ?? 0) + 1, last });
      changed = true;
      // On a full disk it is written with the next one.
      writing ??= write()
        .catch(() => undefined)
        .finally(() => (writing = undefined));
    },
    close: async () => void (await writing),
  };
}
