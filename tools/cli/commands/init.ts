import { basename, relative, resolve } from "node:path";
import { isPkgbase } from "../../alpm/names.ts";
import { applyInit, planInit } from "../../ci/template/init.ts";
import type { NewFile } from "../../ci/template/new-file.ts";
import { applyLilac, planLilac } from "../../ci/lilac/take-over-lilac.ts";
import { applyTakeOver, planTakeOver, type TakeOverPlan } from "../../ci/template/take-over.ts";
import { platforms as allPlatforms, type PlatformName } from "../../ci/template/template.ts";
import { SluiceError } from "../../errors.ts";
import { openGit, type Git } from "../../git/git.ts";
import { packageRoot } from "../package-root.ts";
import { describeLilac, lilacAsJson } from "../output/lilac.ts";
import { info, printable } from "../output/report.ts";

interface Options {
  readonly gitlab?: boolean;
  readonly github?: boolean;
  readonly name?: string;
  readonly scheduleTo?: string;
  readonly fromChaotic?: boolean;
  readonly fromLilac?: boolean;
  readonly commit?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** Makes a new workspace, or one of a repository of Chaotic-AUR's kind. */
export function init(options: Options, dir = "."): Promise<number> {
  const folder = resolve(dir);
  if (options.fromLilac) return takeOverLilac(folder, options);
  return options.fromChaotic ? takeOver(folder, options) : makeNew(folder, options);
}

async function makeNew(dir: string, options: Options): Promise<number> {
  const git = openGit(dir, process.env);
  const named = chosenPlatforms(options);
  const choice = {
    platforms: named.length > 0 ? named : allPlatforms,
    scheduleTo: options.scheduleTo ?? "manager",
  };
  const name = workspaceName(options.name ?? basename(dir));
  const plan = await planInit(git, { ...choice, installation: packageRoot, name, progress: info });
  if (options.json) printJson({ dir, name, platforms: choice.platforms, write: pathsOf(plan.files) });
  else say(`${dir}: a new workspace, ${name}, for ${choice.platforms.join(" and ")}\n`);
  if (!options.json) say(fileList(plan.files));
  if (options.dryRun) return nothingChanged(options);
  await applyInit(git, plan, choice);
  const commit = 'git add --all && git commit -m "chore: a new workspace"';
  if (options.commit) {
    await git.text(["add", "--all"]);
    await git.text(["commit", "--quiet", "-m", "chore: a new workspace"]);
  }
  if (options.json) return 0;
  const steps = [
    ...(here(dir) === "" ? [] : [`cd ${here(dir)}`]),
    "npm ci --ignore-scripts",
    ...(options.commit ? [] : [commit]),
    "npx --no-install sluice on-commit    # from here on, commits schedule what they change",
    ...(plan.hasPackages ? [] : ["put a package into packages/NAME: PKGBUILD and what it needs"]),
    "npx --no-install sluice lint, commit, push to your forge",
    "without a forge: npx --no-install sluice up --pipelines    # follow upstreams, build and serve, here",
  ];
  say(`\nNext:\n${steps.map((step, at) => `  ${at + 1}. ${step}`).join("\n")}\n`);
  return 0;
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
