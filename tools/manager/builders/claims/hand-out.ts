import type { SluiceError } from "../../../errors.ts";
import { openBuilderUsers } from "../../../queue/bullmq/builder-users.ts";
import { openOffers } from "../../../queue/bullmq/offers.ts";
import type { RedisAddress } from "../../../queue/bullmq/redis-address.ts";
import type { Installation, Installations } from "../../installation.ts";
import { defaultLeaseMs, type WorkspaceAddress } from "../../builder-protocol.ts";
import type { Handler } from "../../serve.ts";
import { releaseArch } from "../../releases/record/release-key.ts";
import { saidOnce } from "../../said-once.ts";
import { builderApi } from "../api.ts";
import { writeLiveBuilders } from "../live-builders.ts";
import { Offering } from "../offering.ts";
import type { RemoteWatcher } from "./end-claim.ts";
import { openRefusals } from "../refusals.ts";
import { RemoteBuilding } from "../remote-building.ts";
import { Roster } from "../roster.ts";
import { readBuilders } from "../tokens.ts";

export interface HandOut {
  /** Answers what builders ask for; resolves false for all other requests. */
  readonly handle: Handler;
  /** Offers nothing more, and waits for what is being published. */
  close(): Promise<void>;
}

export interface HandOutOptions {
  readonly redis: RedisAddress;
  readonly workspaceOf: (installation: Installation) => WorkspaceAddress;
  readonly leaseMs?: number;
  /** The architectures for which this process builds, too, and its name as a builder. */
  readonly buildsHere: readonly string[];
  readonly worker?: string;
  readonly watcher: RemoteWatcher & { troubled?(error: SluiceError): void };
}

/** Lets builders on other machines take part. Builds that they hold from before a restart go on. */
export async function handOut(
  installations: Installations,
  { redis, workspaceOf, watcher, buildsHere, worker, leaseMs = defaultLeaseMs }: HandOutOptions,
): Promise<HandOut> {
  const { queue, folders, now } = installations[0];
  await queue.renew([...(await readBuilders(folders.state)).keys()]);
  const stop = new AbortController();
  const troubled = saidOnce((error) => watcher.troubled?.(error));
  const roster = new Roster(milliseconds, leaseMs);
  const offers = await openOffers(redis, troubled);
  const archs = [...new Set(installations.map(({ arch }) => arch))];
  const users = openBuilderUsers(redis, [...archs, releaseArch], troubled);
  await users.keep(await readBuilders(folders.state));
  const offering = new Offering({
    queue,
    offers,
    roster,
    now: milliseconds,
    leaseMs,
    living: async (builders) => {
      await users.keep(await readBuilders(folders.state));
      const redisHealth = (await offers.health()) ?? null;
      await writeLiveBuilders(folders.state, builders, {
        at: now().getTime(),
        here: buildsHere,
        worker,
        redis: redisHealth,
      });
    },
    troubled,
    signal: stop.signal,
  });
  const refusals = await openRefusals(folders.state, () => now().getTime());
  const counting: RemoteWatcher = {
    ...watcher,
    refused(builder, build, why) {
      refusals.count(builder, build.pkgbase, why);
      watcher.refused?.(builder, build, why);
    },
  };
  const parts = { roster, offering, watcher: counting, workspaceOf, leaseMs };
  const building = new RemoteBuilding(installations, parts);
  await building.tidy();
  const running = offering.run();
  return {
    handle: builderApi(building, folders.state, troubled),
    close: async () => {
      stop.abort();
      await running;
      await building.close();
      await refusals.close();
      await offers.close();
      users.close();
    },
  };
}

const milliseconds = (): number => performance.now();
