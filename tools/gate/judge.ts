import { withApproved, withoutApproved } from "./approved.ts";
import { withAllowedLines } from "./files/allowed-lines.ts";
import { topLevelCode } from "./code/top-level-code.ts";
import { judgeCharacters } from "./code/character-rules.ts";
import { judgeRewrittenLines } from "./code/rewritten-lines.ts";
import { judgeChoices } from "./code/version-choices.ts";
import { judgeChecksums } from "./sources/checksum-rules.ts";
import { type Comparison, compare } from "./values/comparison.ts";
import { changedPaths, judgeFiles } from "./files/file-rules.ts";
import { inertFileReason } from "./inert/inert-files.ts";
import { newScriptlets, scriptletsOf } from "./files/scriptlets.ts";
import { type Finding, findingsOf, verdictOf, worstFirst, type Rules } from "./rules/finding.ts";
import { judgeFunctions } from "./code/function-rules.ts";
import { isTrusted, judgeMaintainers, waive } from "./origin/maintainer-rules.ts";
import { codeOfNew, judgeTopLevelCode } from "./code/top-level-rules.ts";
import { type Pkgbuild, readPkgbuildText, readSide, type Side } from "./files/side.ts";
import { scriptsOf } from "./files/scripts.ts";
import { judgeReadings } from "./code/second-reading-rules.ts";
import { judgeComments } from "./code/comment-forms.ts";
import { judgeOwnText } from "./code/own-text.ts";
import { judgePlainText } from "./code/plain-text.ts";
import { judgeSignals } from "./commands/signal-rules.ts";
import { judgeSources } from "./sources/source-rules.ts";
import { judgeSrcinfo } from "./files/srcinfo-rules.ts";
import type { JudgeContext, Judgement, TagAnswer, TagQuestion, Update } from "./update.ts";
import { tagKey } from "./update.ts";
import { judgeCheckouts } from "./commands/checkout-rules.ts";
import { judgeFollowing } from "./values/following.ts";
import { judgeSameContent } from "./sources/same-content.ts";
import { judgeFileNames } from "./sources/file-names.ts";
import { inertRules } from "./inert/inert-changes.ts";
import { judgeVariables } from "./values/variable-rules.ts";
import { judgeVersion } from "./versions/version-rules.ts";

/** Rules on what can be judged at all. */
export const readingRules = {
  "pkgbuild-unreadable": {
    severity: "danger",
    says: "the PKGBUILD can't be understood",
    protects: "What can't be read can't be judged.",
  },
  "old-pkgbuild-unreadable": {
    severity: "review",
    says: "the accepted PKGBUILD can't be understood, so the new one is judged as a whole",
    protects: "Without a side to compare with nothing is known to be unchanged.",
  },
  "judging-failed": {
    severity: "danger",
    says: "judging it failed, which is a defect of the gate",
    protects: "What can't be judged is treated as an attack on whoever judges.",
  },
  "new-package": {
    severity: "review",
    says: "a recipe that nobody has reviewed yet",
    protects: "The first recipe of a package is always read by a person.",
  },
} as const satisfies Rules;

const finding = findingsOf({ ...readingRules, ...inertRules });

export type { Finding, Verdict } from "./rules/finding.ts";
export type * from "./update.ts";

/**
 * Judges an update without running anything of it. Every difference has to be one that the rules know and
 * allow; whatever else there is becomes a finding, and what isn't understood is dangerous.
 */
export function judge(update: Update, context: JudgeContext): Judgement {
  try {
    const step = judgeSafely(update, context);
    const { approved } = update;
    if (approved === undefined || step.verdict === "dangerous") return step;
    if (approved === "lost") return withoutApproved(step);
    return withApproved(step, judgeSafely({ ...update, before: approved }, context));
  } catch (error) {
    // Whatever makes the gate itself fail was made to, or may have been; and no package ends a run of all.
    const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return { verdict: "dangerous", findings: [finding("judging-failed", said.slice(0, 500))], needs: [] };
  }
}

function judgeSafely(update: Update, context: JudgeContext): Judgement {
  const before = update.before && readSide(update.before);
  const after = readSide(update.after);
  const { findings, needs, comparison } = judgeSides(update.pkgbase, before, after, context);
  findings.push(...judgeMaintainers(context, comparison));
  const judged = worstFirst(waive(allowLines(findings, update, before, after, context), context));
  return withCooldown({ verdict: verdictOf(judged), findings: judged, needs }, context);
}

/** Who answers what the recipes themselves don't tell. */
export interface Answers {
  readonly ask: (question: TagQuestion) => Promise<TagAnswer>;
  /** Reads scripts a second time, by a program that isn't ours. */
  readonly read: (texts: readonly string[]) => Promise<JudgeContext["readings"]>;
}

/** Has the scripts read a second time, asks what the judgement needs, and judges again with the answers. */
export async function judgeWith(
  update: Update,
  withoutReadings: Omit<JudgeContext, "readings">,
  { ask, read }: Answers,
): Promise<Judgement> {
  const context = { ...withoutReadings, readings: await read(scriptsOf(update)) };
  const first = judge(update, context);
  // An answer never makes a dangerous update harmless.
  if (first.needs.length === 0 || first.verdict === "dangerous") return first;
  const tagAnswers = new Map(context.tagAnswers);
  for (const question of first.needs) tagAnswers.set(tagKey(question), await ask(question));
  return judge(update, { ...context, tagAnswers });
}

interface SidesJudged {
  readonly findings: Finding[];
  readonly needs: readonly TagQuestion[];
  readonly comparison: Comparison | undefined;
}

function judgeSides(
  pkgbase: string,
  before: Side | undefined,
  after: Side,
  context: JudgeContext,
): SidesJudged {
  const scriptlets = scriptletsOf(after);
  const oldFiles = before?.files ?? new Map();
  const ofFiles = judgeFiles(oldFiles, after.files, {
    isFirst: before === undefined,
    scriptlets,
    readings: context.readings,
  });
  const findings = before ? ofFiles.map((found) => inertIfHarmless(found, before, after)) : ofFiles;
  if (!isReadable(after)) {
    const { message, line } =
      "problem" in after.pkgbuild ? after.pkgbuild.problem : { message: "", line: undefined };
    findings.push(
      finding("pkgbuild-unreadable", message, { file: "PKGBUILD", ...(line !== undefined && { line }) }),
    );
    return { findings, needs: [], comparison: undefined };
  }
  const old = before && isReadable(before) ? before.pkgbuild : undefined;
  const { pkgbuild } = after;
  const { readings } = context;
  if (old?.text !== pkgbuild.text)
    findings.push(...judgeReadings("PKGBUILD", old?.text, pkgbuild.text, readings));
  findings.push(
    ...judgeCharacters("PKGBUILD", old?.text ?? "", pkgbuild.text),
    ...judgeRewrittenLines(old?.text ?? "", pkgbuild.text),
    ...newScriptlets(before, scriptlets).filter(({ after: path }) => !toldOf(findings, path)),
  );
  if (!old) {
    findings.push(finding(before ? "old-pkgbuild-unreadable" : "new-package", "", { file: "PKGBUILD" }));
    findings.push(...judgeNew(pkgbuild), ...judgeSrcinfo(pkgbase, before, after, undefined));
    return { findings, needs: [], comparison: undefined };
  }
  const changedFiles = changedPaths(oldFiles, after.files).filter((path) => path !== "PKGBUILD");
  if (old.text === pkgbuild.text && changedFiles.length === 0) {
    return { findings, needs: [], comparison: undefined };
  }
  const comparison = compare(old, pkgbuild, context.architectures);
  const sources = judgeSources(comparison, context.tagAnswers, oldFiles);
  findings.push(
    ...judgeTopLevelCode(comparison, changedFiles),
    ...judgeChoices(comparison, old, pkgbuild),
    ...judgeVersion(comparison),
    ...judgeCheckouts(comparison),
    ...judgeOwnText(old.recipe, pkgbuild.recipe),
    ...judgeComments(old, pkgbuild),
    ...judgeFollowing(comparison),
    ...judgeFileNames(comparison),
    ...judgeSameContent(comparison),
    ...judgeVariables(comparison, context.isInstallable),
    ...sources.findings,
    ...judgeChecksums(comparison, before, after),
    ...judgeFunctions(old, pkgbuild, context.isInstallable),
    ...judgeSignals(old, pkgbuild, comparison),
    ...judgeSrcinfo(pkgbase, before, after, comparison),
  );
  const ofText = judgePlainText(old.text, pkgbuild);
  // Whoever has something to look at sees the text; it only has to keep an update from passing unseen.
  const isSeen = findings.some(({ severity, file }) => severity !== "info" && file === "PKGBUILD");
  findings.push(...(isSeen ? ofText.filter(({ severity }) => severity === "danger") : ofText));
  return { findings, needs: sources.needs, comparison };
}

/** A file that nothing reads. */
function inertIfHarmless(found: Finding, before: Side, after: Side): Finding {
  const { rule, file, before: was, after: is } = found;
  if (!(rule in inertIfUnread) || file === undefined) return found;
  const reason = inertFileReason(file, before, after);
  if (reason === undefined) return found;
  return finding("inert-change", `${file}: ${reason}`, {
    file,
    ...(was !== undefined && { before: was }),
    ...(is !== undefined && { after: is }),
  });
}

const inertIfUnread = { "file-added": true, "file-changed": true, "file-removed": true };

function judgeNew(pkgbuild: Pkgbuild): Finding[] {
  return [
    ...codeOfNew(topLevelCode(pkgbuild.recipe)),
    ...judgeFunctions(undefined, pkgbuild),
    ...judgeSignals(undefined, pkgbuild),
  ];
}

function isReadable(side: Side): side is Side & { readonly pkgbuild: Pkgbuild } {
  return "recipe" in side.pkgbuild;
}

/** A scriptlet whose text has a finding already. */
function toldOf(findings: readonly Finding[], path: string | undefined): boolean {
  return findings.some(({ rule, file }) => rule === "scriptlet" && file === path);
}

/** Judges once more with the lines that may change already changed; what was dangerous stays. */
function allowLines(
  findings: readonly Finding[],
  update: Update,
  before: Side | undefined,
  after: Side,
  context: JudgeContext,
): readonly Finding[] {
  if (!before || !isReadable(before) || !isReadable(after)) return findings;
  const text = withAllowedLines(before.pkgbuild.text, after.pkgbuild.text, context.allowedLines);
  const pkgbuild = text === undefined ? undefined : readPkgbuildText(text);
  if (!pkgbuild || "problem" in pkgbuild) return findings;
  const files = new Map(before.files);
  files.set("PKGBUILD", {
    mode: before.files.get("PKGBUILD")?.mode ?? "100644",
    bytes: new TextEncoder().encode(text),
  });
  const milder = judgeSides(update.pkgbase, { ...before, files, pkgbuild }, after, context).findings;
  return [
    ...findings.filter(({ severity }) => severity === "danger"),
    ...milder.filter(({ severity }) => severity !== "danger"),
    ...findings.filter(({ rule }) => rule === "maintainers-changed" || rule === "orphaned"),
  ];
}

function withCooldown(judgement: Judgement, context: JudgeContext): Judgement {
  const { cooldownHours, now, recipeCommitTime } = context;
  if (judgement.verdict !== "minor" || cooldownHours <= 0 || isTrusted(context)) return judgement;
  // Without a time the wait begins now, and so never ends: who calls must know when upstream committed.
  const holdUntil = (recipeCommitTime ?? now) + cooldownHours * 3_600_000;
  return holdUntil > now ? { ...judgement, holdUntil } : judgement;
}
