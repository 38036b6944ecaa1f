import type { TargetSettings } from "../../notify/settings.ts";
import type { Pace } from "./sender.ts";

const outages = { backoff: 1000, longestBackoff: 300_000, setup: 300_000 };

/** How often each kind of target gets something. */
export const paces: Readonly<Record<TargetSettings["kind"], Pace>> = {
  // Telegram allows 20 messages a minute in a group (https://core.telegram.org/bots/faq).
  telegram: { gather: 5000, longestGather: 300_000, apart: 3000, ...outages },
  matrix: { gather: 5000, longestGather: 300_000, apart: 1000, ...outages },
  mail: { gather: 15_000, longestGather: 900_000, apart: 1000, ...outages },
  webhook: { gather: 1000, longestGather: 10_000, apart: 0, ...outages },
  gitlab: { gather: 3000, longestGather: 30_000, apart: 500, ...outages },
  // A second between two requests that write, says GitHub's page of best practices.
  github: { gather: 3000, longestGather: 30_000, apart: 1000, ...outages },
};
