import { existsSync } from "node:fs";
import { isAbsolute } from "node:path";
import { SluiceError } from "../../errors.ts";
import type { Command, Job, Places } from "../sandbox.ts";

/** The payload's command line, its environment set and what the sandbox must add; the folder it starts in is its cwd. */
export function payload(
  job: Job,
  places: Places,
  added: readonly (readonly [string, string])[] = [],
): { readonly argv: readonly string[]; readonly cwd: string } {
  const command = job.command(places);
  check(command);
  const environment = [...Object.entries(command.env), ...added].map(([name, value]) => `${name}=${value}`);
  return { argv: ["env", "-i", ...environment, ...command.argv], cwd: command.cwd };
}

/** Throws SluiceError `sandbox-job` for mounts and folders that would not mean what they say. */
export function checkPaths(job: Job): void {
  for (const { source, target } of job.mounts) {
    if (!isAbsolute(source)) refuse(`a mount's source must be an absolute path: ${source}`, source);
    if (!existsSync(source)) refuse(`what is to be mounted isn't there: ${source}`, source);
    if (!isAbsolute(target) || climbs(target)) {
      refuse(`a mount's target must be an absolute path without "..": ${target}`, target);
    }
  }
  const from = job.collect?.from;
  if (from !== undefined && (isAbsolute(from) || climbs(from))) {
    refuse(`what is collected must be a path below scratch: ${from}`, from);
  }
}

function check({ argv, env, cwd }: Command): void {
  if (argv[0].includes("=")) refuse(`a program's name can't hold "=": ${argv[0]}`, argv[0]);
  for (const name of Object.keys(env)) {
    if (!/^[A-Za-z_]\w*$/.test(name)) refuse(`no name of an environment variable: ${JSON.stringify(name)}`);
  }
  if (!isAbsolute(cwd)) refuse(`the working folder must be an absolute path: ${cwd}`, cwd);
}

function climbs(path: string): boolean {
  return path.split("/").includes("..");
}

function refuse(message: string, path?: string): never {
  throw new SluiceError("sandbox-job", message, path === undefined ? {} : { facts: { path } });
}
