import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { SluiceError } from "../../errors.ts";
import type { Git } from "../../git/git.ts";
import { parseConfigFile } from "../../workspace/config/config-file.ts";
import { installedTemplate, recordOf, withSettings } from "./init.ts";
import { writeFiles, type NewFile } from "./new-file.ts";
import { pinTool } from "./pin-tool.ts";
import { platforms as allPlatforms, type PlatformName, type TemplateChoice } from "./template.ts";

/** How a repository of Chaotic-AUR's kind becomes a workspace; nothing is changed yet. */
export interface TakeOverPlan {
  readonly platforms: readonly PlatformName[];
  /** Those that replace others of the same name among them. */
  readonly write: readonly NewFile[];
  /** The bash pipelines. */
  readonly remove: readonly string[];
  /** Keys of `.ci/config` that are set. */
  readonly settings: Readonly<Record<string, string>>;
  /** What a person has to look at. */
  readonly notes: readonly string[];
}

export interface TakeOverOptions {
  readonly installation: string;
  /** None: those that it has pipelines for. */
  readonly platforms: readonly PlatformName[];
  /** Receives messages for people. */
  readonly progress: (what: string) => void;
}

/**
 * Replaces the bash pipelines by ours and leaves alone what is the repository's own: packages, settings, trusted
 * accounts, state.
 *
 * @throws SluiceError `not-chaotic`, `uncommitted`, `npm`
 */
export async function planTakeOver(git: Git, options: TakeOverOptions): Promise<TakeOverPlan> {
  const { installation } = options;
  const tracked = (await git.text(["ls-files", "-z"])).split("\0").filter(Boolean);
  const remove = tracked.filter(isBashPipeline);
  requireChaotic(git.dir, tracked, remove);
  await requireCommitted(git);
  const platforms = options.platforms.length > 0 ? options.platforms : usedPlatforms(tracked);

  const config = await readFile(join(git.dir, ".ci/config"));
  const settings = neededSettings(config.toString());
  const choice: TemplateChoice = {
    platforms,
    scheduleTo: settings["CI_SCHEDULE_TO"] ?? valueOf(config.toString(), "CI_SCHEDULE_TO") ?? "",
  };
  const template = await installedTemplate(installation, choice);
  const pipelines = template.filter(({ once }) => !once);
  const missing = template.filter(
    ({ path, once }) => once && path.startsWith(".ci/") && !existsSync(join(git.dir, path)),
  );
  const ignored = template.find(({ path }) => path === ".gitignore")!;
  const name = valueOf(config.toString(), "REPO_NAME") ?? "packages";
  const write = [
    ...[...pipelines, ...missing].map(({ path, content }) => ({ path, content })),
    ...(await ignoring(git.dir, ignored.content)),
    { path: ".ci/config", content: withSettings(config, settings) },
    ...(await pinTool(installation, name, options.progress)),
  ];
  const written = new Set(write.map(({ path }) => path));
  return {
    platforms,
    write: [...write, await recordOf(git, pipelines, platforms)],
    remove: remove.filter((path) => !written.has(path)),
    settings,
    notes: notesOn(tracked, written, config.toString()),
  };
}

/** Changes the work tree; nothing is committed. */
export async function applyTakeOver(git: Git, { write, remove }: TakeOverPlan): Promise<void> {
  await writeFiles(git.dir, write);
  for (const path of remove) await rm(join(git.dir, path));
  const paths = [...write.map(({ path }) => path), ...remove].map((path) => `:(top,literal)${path}`);
  await git.text(["add", "--all", "--force", "--", ...paths]);
}

function isBashPipeline(path: string): boolean {
  return (
    /^\.ci\/(?:[^/]+\.sh|util\.shlib|awk\/.+)$/.test(path) ||
    path === ".gitlab-ci.yml" ||
    /^\.github\/workflows\/chaotic-[^/]+\.ya?ml$/.test(path)
  );
}

function requireChaotic(dir: string, tracked: readonly string[], bash: readonly string[]): void {
  const isChaotic = tracked.includes(".ci/config") && bash.some((path) => path.endsWith(".sh"));
  const hasPackageJson = tracked.includes("package.json");
  if (isChaotic && !hasPackageJson) return;
  const why = isChaotic ? "has a package.json of its own" : "has no .ci/config with bash pipelines beside it";
  throw new SluiceError("not-chaotic", `${dir} ${why}`, {
    hint: "Run it in a clone of a repository of Chaotic-AUR's kind; `sluice init` makes a new workspace.",
    facts: { path: dir },
  });
}

/** So that everything which happens here can be undone with Git. */
export async function requireCommitted(git: Git): Promise<void> {
  const changed = await git.text(["status", "--porcelain", "--untracked-files=no"]);
  if (changed === "") return;
  throw new SluiceError("uncommitted", `${git.dir} has changes that aren't committed:\n${changed}`, {
    hint: "Commit or stash them first.",
    facts: { path: git.dir },
  });
}

function usedPlatforms(tracked: readonly string[]): readonly PlatformName[] {
  const used = {
    gitlab: tracked.includes(".gitlab-ci.yml"),
    github: tracked.some((path) => path.startsWith(".github/workflows/chaotic-")),
  };
  return allPlatforms.filter((platform) => used[platform]);
}

/** What such a repository relies on, where it doesn't say otherwise. */
function neededSettings(config: string): Readonly<Record<string, string>> {
  const needed = { BUILDER_NETWORK: "true", CI_SCHEDULE_TO: "chaotic" };
  return Object.fromEntries(Object.entries(needed).filter(([key]) => valueOf(config, key) === undefined));
}

function valueOf(config: string, key: string): string | undefined {
  return parseConfigFile(config).entries.findLast((entry) => entry.key === key)?.value;
}

/** Adds what `.gitignore` lacks. */
export async function ignoring(dir: string, wanted: Uint8Array): Promise<readonly NewFile[]> {
  const path = ".gitignore";
  if (!existsSync(join(dir, path))) return [];
  const text = await readFile(join(dir, path), "utf8");
  const present = new Set(text.split("\n"));
  const missing = new TextDecoder()
    .decode(wanted)
    .split("\n")
    .filter((line) => /^(?:\.ci\/|node_modules|\.npm|\.sluice)/.test(line) && !present.has(line));
  if (missing.length === 0) return [];
  const separator = text === "" || text.endsWith("\n") ? "" : "\n";
  return [{ path, content: Buffer.from(`${text}${separator}${missing.join("\n")}\n`) }];
}

function notesOn(tracked: readonly string[], written: ReadonlySet<string>, config: string): string[] {
  const own = tracked.filter((path) => /^\.gitlab-ci-[^/]+\.yml$/.test(path) && !written.has(path));
  const [target, source] = [valueOf(config, "BUILD_REPO"), valueOf(config, "REPO_NAME")];
  return [
    ...own.map(
      (path) =>
        `${path} stays. If it names stages or jobs of the old pipeline, GitLab refuses it now: there are the stages run and follow-up, and the jobs run, check-changes and hand-over.`,
    ),
    ...(target === source
      ? []
      : [
          `BUILD_REPO=${target} and REPO_NAME=${source} differ: the old pipeline handed REPO_NAME to the manager as the target, Sluice hands it BUILD_REPO. Exchange them if that was meant.`,
        ]),
    ...(tracked.includes(".gitlab-ci.yml")
      ? [
          "Pipeline schedules of GitLab that have inputs need new ones: operation `on-schedule`, trigger as before.",
        ]
      : []),
  ];
}
