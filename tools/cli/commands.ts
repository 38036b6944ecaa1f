import type { CommandEntry } from "./command-entry.ts";
import { building } from "./command-groups/building.ts";
import { packages } from "./command-groups/packages.ts";
import { pipelines } from "./command-groups/pipelines.ts";
import { releases } from "./command-groups/releases.ts";
import { setup } from "./command-groups/setup.ts";
import { serving } from "./command-groups/serving.ts";
import { updates } from "./command-groups/updates.ts";

/** All commands, group by group. */
export const commands: readonly CommandEntry[] = [
  ...packages,
  ...pipelines,
  ...updates,
  ...building,
  ...releases,
  ...serving,
  ...setup,
];
