import type { Schedule } from "./schedule.ts";

/** What chaotic-manager's CI job needs besides the schedule. */
export interface ChaoticSettings {
  readonly REDIS_SSH_HOST: string;
  readonly REDIS_SSH_PORT: number;
  readonly REDIS_SSH_USER: string;
  readonly REDIS_PORT: number;
  readonly CI_LIB_DB: readonly string[];
}

/**
 * `.ci/schedule-params.txt`: bash declarations as `declare -p` prints them, which chaotic-manager's CI job
 * reads with `source`. Every value is quoted such that bash takes it literally. A removal is there the list of
 * everything that stays (`remaining`), and is left out rather than written with an empty list, which that
 * manager would refuse. Undefined where there is nothing to do.
 */
export function formatChaoticParams(
  { builds, removals, source, target, pipeline, arch }: Schedule,
  remaining: readonly string[],
  settings: ChaoticSettings,
): string | undefined {
  const arrays: string[] = [];
  // Its default.
  const archOption = arch === "x86_64" ? [] : [`--arch=${arch}`];
  if (builds.length > 0) {
    const mirror = archMirror(settings.CI_LIB_DB);
    arrays.push(
      declareArray("PARAMS_SCHEDULE", [
        "schedule",
        ...archOption,
        `--target-repo=${target}`,
        `--source-repo=${source}`,
        ...(pipeline.id === null ? [] : ["--commit", `${pipeline.commit}:${pipeline.id}`]),
        ...(mirror === undefined ? [] : [`--arch-mirror=${mirror}`]),
        ...builds.map((build) => (build.class === null ? build.pkgbase : `${build.pkgbase}/${build.class}`)),
      ]),
    );
  }
  if (removals.length > 0 && remaining.length > 0) {
    arrays.push(
      declareArray("PARAMS_AUTOREPOREMOVE", [
        "auto-repo-remove",
        ...archOption,
        `--target-repo=${target}`,
        ...remaining,
      ]),
    );
  }
  if (arrays.length === 0) return undefined;
  const redis = (["REDIS_SSH_HOST", "REDIS_SSH_PORT", "REDIS_SSH_USER", "REDIS_PORT"] as const).map(
    (name) => `declare -x ${name}=${quote(String(settings[name]))}`,
  );
  return `${[...redis, ...arrays].join("\n")}\n`;
}

function declareArray(name: string, values: readonly string[]): string {
  return `declare -a ${name}=(${values.map((value, at) => `[${at}]=${quote(value)}`).join(" ")})`;
}

/** Within double quotes bash gives a meaning to these four characters alone (`!` only interactively). */
function quote(value: string): string {
  return `"${value.replaceAll(/["\\$`]/g, "\\$&")}"`;
}

/** `https://host/core/os/x86_64/core.db` → `https://host/$repo/os/$arch`, from the first such database. */
function archMirror(databases: readonly string[]): string | undefined {
  const match = databases
    .map((url) => /^(.+)\/(?:core|extra|community)\/os\/[^/]+\/[^/]+$/.exec(url))
    .find(Boolean);
  return match ? `${match[1]}/$repo/os/$arch` : undefined;
}
