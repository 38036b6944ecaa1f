import { readFile } from "node:fs/promises";
import { existsSync, readdirSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import { isPkgbase } from "../../alpm/names.ts";
import { planList, readList, type ListPlan } from "../../ci/operations/from-list.ts";
import { applyInit, planInit } from "../../ci/template/init.ts";
import type { NewFile } from "../../ci/template/new-file.ts";
import { applyLilac, planLilac } from "../../ci/lilac/take-over-lilac.ts";
import { applyTakeOver, planTakeOver, type TakeOverPlan } from "../../ci/template/take-over.ts";
import { platforms as allPlatforms, type PlatformName } from "../../ci/template/template.ts";
import { firstRelease } from "../../ci/template/first-release.ts";
import { writeFiles } from "../../ci/template/new-file.ts";
import { isProjectName } from "../../release/definition/texts.ts";
import { findRoot } from "../wiring/root.ts";
import { SluiceError } from "../../errors.ts";
import { openGit, type Git } from "../../git/git.ts";
import { readRepositoryConfig } from "../../workspace/config/config.ts";
import { packageRoot } from "../package-root.ts";
import { readAurcache } from "../wiring/aurcache.ts";
import { withUpstreams } from "../wiring/upstreams.ts";
import { describeList, listAsJson, needsPerson } from "../output/package-list.ts";
import { describeLilac, lilacAsJson } from "../output/lilac.ts";
import { info, printable } from "../output/report.ts";

interface Options {
  readonly gitlab?: boolean;
  readonly github?: boolean;
  readonly name?: string;
  readonly scheduleTo?: string;
  readonly fromChaotic?: boolean;
  readonly fromLilac?: boolean;
  readonly fromList?: string;
  readonly fromAurcache?: string;
  readonly release?: string;
  readonly commit?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** Makes a new workspace, or one of a repository of Chaotic-AUR's kind. */
export function init(options: Options, dir = "."): Promise<number> {
  const folder = resolve(dir);
  const given = [options.fromChaotic, options.fromLilac, options.fromList, options.fromAurcache];
  if (given.filter(Boolean).length > 1) {
    throw new SluiceError("usage", "one --from-… at a time");
  }
  if (options.release !== undefined) return addRelease(folder, options.release, options);
  if (options.fromLilac) return takeOverLilac(folder, options);
  return options.fromChaotic ? takeOver(folder, options) : makeNew(folder, options);
}

/** A first definition of a project, which a person changes then. */
async function addRelease(clone: string, project: string, options: Options): Promise<number> {
  const root = findRoot(undefined);
  if (!isProjectName(project)) {
    throw new SluiceError(
      "usage",
      `--release: ${JSON.stringify(project)} is no project's name: a-z, 0-9 and . _ -`,
    );
  }
  if (existsSync(join(root, "releases", project))) {
    throw new SluiceError("not-empty", `releases/${project} is there already`, { facts: { path: root } });
  }
  const { stdout: origin } = await openGit(clone, process.env).attempt(["remote", "get-url", "origin"]);
  const source = origin === "" ? `https://example.org/${project}.git` : origin;
  const files = firstRelease(project, source, new Set(readdirSync(clone)));
  if (options.json) printJson({ dir: root, project, write: pathsOf(files) });
  else say(fileList(files));
  if (options.dryRun) return nothingChanged(options);
  await writeFiles(root, files);
  if (!options.json)
    say(`\nNext: look at them, \`sluice lint\`, commit, \`sluice release ${project} REF --dry-run\`\n`);
  return 0;
}

async function makeNew(dir: string, options: Options): Promise<number> {
  const git = openGit(dir, process.env);
  const named = chosenPlatforms(options);
  const choice = {
    platforms: named.length > 0 ? named : allPlatforms,
    scheduleTo: options.scheduleTo ?? "manager",
  };
  const name = workspaceName(options.name ?? basename(dir));
  const listed = await listedPackages(options).catch((error: unknown) => {
    throw nothingMade(error);
  });
  const plan = await planInit(git, {
    ...choice,
    installation: packageRoot,
    name,
    progress: info,
    ...(listed && { packages: listed.files, settings: { CI_LIB_DB: distribution } }),
  });
  if (options.json) {
    const list = listed && listAsJson(listed);
    printJson({ dir, name, platforms: choice.platforms, write: pathsOf(plan.files), ...list });
  } else say(`${dir}: a new workspace, ${name}, for ${choice.platforms.join(" and ")}\n`);
  if (!options.json) say(fileList(plan.files));
  if (listed && !options.json) say(describeList(listed));
  if (options.dryRun) return nothingChanged(options);
  await applyInit(git, plan, choice);
  const commit = 'git add --all && git commit -m "chore: a new workspace"';
  if (options.commit) {
    await git.text(["add", "--all"]);
    await git.text(["commit", "--quiet", "-m", "chore: a new workspace"]);
  }
  const code = listed && needsPerson(listed) ? 1 : 0;
  if (options.json) return code;
  const steps = [
    ...(here(dir) === "" ? [] : [`cd ${here(dir)}`]),
    "npm ci --ignore-scripts",
    ...(options.commit ? [] : [commit]),
    "npx --no-install sluice on-commit    # from here on, commits schedule what they change",
    ...(plan.hasPackages ? [] : ["put a package into packages/NAME: PKGBUILD and what it needs"]),
    `npx --no-install sluice lint, ${plan.hasPackages ? "" : "commit, "}push to your forge`,
    "without a forge: npx --no-install sluice up --pipelines    # follow upstreams, build and serve, here",
  ];
  say(`\nNext:\n${steps.map((step, at) => `  ${at + 1}. ${step}`).join("\n")}\n`);
  return code;
}

/** Databases of Arch Linux, which tell what of a list's dependencies is the distribution's. */
const distribution = ["core", "extra", "multilib"]
  .map((name) => `https://geo.mirror.pkgbuild.com/${name}/os/x86_64/${name}.db`)
  .join(" ");

/** What `--from-list` or `--from-aurcache` name, fetched and judged; undefined where neither is given. */
async function listedPackages({ fromList, fromAurcache }: Options): Promise<ListPlan | undefined> {
  if (fromList === undefined && fromAurcache === undefined) return undefined;
  const { names, elsewhere } =
    fromList === undefined
      ? await readAurcache(resolve(fromAurcache!))
      : { names: readList(await readText(fromList)), elsewhere: [] };
  const { config } = readRepositoryConfig({ kind: "file", text: `CI_LIB_DB="${distribution}"` });
  const plan = await withUpstreams(process.env, (upstreams, aur) =>
    planList({ upstreams, aur, now: () => new Date(), progress: info }, config, names),
  );
  return { ...plan, notInAur: [...plan.notInAur, ...elsewhere] };
}

/** What a host that is away says is meant for runs that come again by themselves. */
function nothingMade(error: unknown): unknown {
  if (!(error instanceof SluiceError) || error.code !== "unavailable") return error;
  return new SluiceError(error.code, error.message, {
    hint: "Nothing was written. Run the same command again when that host can be reached from here.",
    facts: error.facts,
    exitCode: error.exitCode,
    cause: error,
  });
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path === "-" ? "/dev/stdin" : path, "utf8");
  } catch (cause) {
    throw new SluiceError("usage", `${path} can't be read`, {
      hint: "Name a file with one name a line.",
      cause,
    });
  }
}

async function takeOver(dir: string, options: Options): Promise<number> {
  const git = openGit(dir, process.env);
  const choice = { installation: packageRoot, platforms: chosenPlatforms(options), progress: info };
  const plan = await planTakeOver(git, choice);
  if (options.json) printJson({ dir, ...plan, write: pathsOf(plan.write) });
  else {
    say(`${dir}: the bash pipelines are replaced, for ${plan.platforms.join(" and ")}\n`);
    say(describeTakeOver(plan));
  }
  if (options.dryRun) return nothingChanged(options);
  await applyTakeOver(git, plan);
  return stagedOrCommitted(git, options);
}

async function takeOverLilac(dir: string, options: Options): Promise<number> {
  const git = openGit(dir, process.env);
  const named = chosenPlatforms(options);
  const plan = await planLilac(git, {
    platforms: named.length > 0 ? named : allPlatforms,
    scheduleTo: options.scheduleTo ?? "manager",
    installation: packageRoot,
    name: workspaceName(options.name ?? basename(dir)),
    progress: info,
  });
  if (options.json) printJson({ dir, ...lilacAsJson(plan) });
  else say(describeLilac(plan));
  if (options.dryRun) return nothingChanged(options);
  await applyLilac(git, plan);
  return stagedOrCommitted(git, options);
}

async function stagedOrCommitted(git: Git, options: Options): Promise<number> {
  const message = "ci: pipelines by Sluice";
  if (options.commit) {
    await git.text(["commit", "--quiet", "-m", message]);
    if (!options.json) say("\nCommitted, not pushed. To undo it: git reset --hard HEAD~1\n");
  } else if (!options.json) {
    say(`\nStaged, not committed. To go on: git commit -m "${message}"; to undo it: git reset --hard\n`);
  }
  return 0;
}

function chosenPlatforms({ gitlab = false, github = false }: Options): PlatformName[] {
  const wanted = { gitlab, github };
  return allPlatforms.filter((platform) => wanted[platform]);
}

function workspaceName(name: string): string {
  if (isPkgbase(name)) return name;
  throw new SluiceError("usage", `${JSON.stringify(name)} can't be the name of a package repository`, {
    hint: "Choose one of letters, digits and @._+- with --name.",
  });
}

function describeTakeOver({ write, remove, settings, notes }: TakeOverPlan): string {
  const changed = Object.entries(settings).map(([key, value]) => `  set     ${key}=${value} in .ci/config\n`);
  const gone = remove.map((path) => `  remove  ${path}\n`);
  const noted = notes.map((note) => `  - ${note}\n`);
  return [
    fileList(write),
    ...gone,
    ...changed,
    ...(noted.length > 0 ? ["\nTo look at:\n", ...noted] : []),
    "\nEverything else stays: packages, settings, .ci/aur-maintainers, .ci/aur-state, the branch state.\n",
  ].join("");
}

function fileList(files: readonly NewFile[]): string {
  return files.map(({ path }) => `  write   ${path}\n`).join("");
}

function pathsOf(files: readonly NewFile[]): string[] {
  return files.map(({ path }) => path);
}

function printJson(data: object): void {
  process.stdout.write(`${JSON.stringify(data, null, 2)}\n`);
}

function nothingChanged({ json }: Options): number {
  if (!json) say("\nNothing was changed (--dry-run).\n");
  return 0;
}

function here(dir: string): string {
  return relative(process.cwd(), dir);
}

function say(text: string): void {
  process.stdout.write(printable(text));
}
