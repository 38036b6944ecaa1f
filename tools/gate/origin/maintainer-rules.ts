import type { Comparison } from "../values/comparison.ts";
import { type Finding, findingsOf, type Rules } from "../rules/finding.ts";
import type { JudgeContext } from "../update.ts";
import { goesDown, versionOf } from "../versions/version-rules.ts";
import { vercmp } from "../../alpm/vercmp.ts";

export const maintainerRules = {
  adoption: {
    severity: "danger",
    says: "new maintainers, and no new version",
    protects: "Orphaned packages were adopted to spread malware (June 2026, over 1,500).",
  },
  "maintainers-changed": {
    severity: "review",
    says: "the maintainers changed",
    protects: "Whom one trusted may have left.",
  },
  "maintainer-not-named": {
    severity: "danger",
    says: "CI_AUR_MAINTAINERS doesn't name who maintains it",
    protects: "Whom the package's setting trusts was named by name.",
  },
  orphaned: {
    severity: "review",
    says: "nobody maintains it any more",
    protects: "Anybody may adopt it next.",
  },
} as const satisfies Rules;

const finding = findingsOf(maintainerRules);

/** Compares those who were accepted with those who are there now. */
export function judgeMaintainers(context: JudgeContext, comparison: Comparison | undefined): Finding[] {
  return [...judgePinned(context), ...judgeChange(context, comparison)];
}

/** The AUR names its maintainer first, those who help behind. */
function judgePinned({ pinnedMaintainers = [], maintainersAfter }: JudgeContext): Finding[] {
  if (pinnedMaintainers.length === 0) return [];
  const [maintainer] = maintainersAfter ?? [];
  if (maintainer !== undefined && pinnedMaintainers.includes(maintainer)) return [];
  const place = { before: pinnedMaintainers.join(", "), after: maintainer ?? "nobody" };
  return [finding("maintainer-not-named", place.after, place)];
}

function judgeChange(context: JudgeContext, comparison: Comparison | undefined): Finding[] {
  const { maintainersBefore, maintainersAfter } = context;
  if (!maintainersBefore || !maintainersAfter) return [];
  const [old, now] = [new Set(maintainersBefore), new Set(maintainersAfter)];
  const place = { before: [...old].join(", "), after: [...now].join(", ") };
  const newcomers = [...now].filter((name) => !old.has(name));
  const gone = [...old].filter((name) => !now.has(name));
  if (newcomers.length === 0 && gone.length === 0) return [];
  const change = `${place.before || "nobody"} to ${place.after || "nobody"}`;
  if (now.size === 0) return [finding("orphaned", change, place)];
  if (newcomers.length > 0 && !hasNewVersion(comparison)) return [finding("adoption", change, place)];
  return [finding("maintainers-changed", change, place)];
}

function hasNewVersion(comparison: Comparison | undefined): boolean {
  const old = comparison && versionOf(comparison.before);
  const now = comparison && versionOf(comparison.after);
  if (!old || !now || goesDown(old, now)) return false;
  return vercmp(now.pkgver, old.pkgver) > 0 || vercmp(now.epoch, old.epoch) > 0;
}

/** Trust is that of the metadata, so it counts only for recipes that are older than it. */
export function isTrusted({
  maintainersAfter,
  trustedMaintainers,
  metadataTime,
  recipeCommitTime,
}: JudgeContext): boolean {
  if (!maintainersAfter || maintainersAfter.length === 0) return false;
  if (metadataTime === undefined || recipeCommitTime === undefined || metadataTime <= recipeCommitTime)
    return false;
  return maintainersAfter.every((name) => trustedMaintainers.has(name));
}

/** What a person would have to look at is let pass for trusted maintainers; danger never is. */
export function waive(findings: readonly Finding[], context: JudgeContext): Finding[] {
  if (!isTrusted(context)) return [...findings];
  const names = (context.maintainersAfter ?? []).join(", ");
  return findings.map((one) =>
    one.severity === "review"
      ? {
          ...one,
          severity: "info",
          message: `${one.message} (waived: trusted maintainers ${names})`,
          waived: true,
        }
      : one,
  );
}
