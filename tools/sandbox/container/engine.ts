import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { SluiceError, systemCode } from "../../errors.ts";

/** The program that runs containers: Podman, as this user, so without root where the caller has none. */
export interface Engine {
  readonly program: string;
  readonly env: NodeJS.ProcessEnv;
}

/** What the engine may see of the caller's environment: where its own settings and storage are. */
const passedOn =
  /^(?:PATH|HOME|USER|TMPDIR|XDG_\w+|CONTAINERS?_\w+|REGISTRY_AUTH_FILE|DBUS_SESSION_BUS_ADDRESS)$/;

/** @throws SluiceError `container-engine` for one that isn't supported */
export function engineOf(env: NodeJS.ProcessEnv): Engine {
  const program = env["CONTAINER_ENGINE"] || "podman";
  if (program !== "podman") {
    throw new SluiceError("container-engine", `CONTAINER_ENGINE: ${program} can't isolate builds here`, {
      hint: "Podman runs the same images: install it, and set CONTAINER_ENGINE=podman or nothing.",
    });
  }
  const own = Object.entries(env).filter(([name]) => passedOn.test(name) && name !== "CONTAINER_ENGINE");
  return { program, env: Object.fromEntries(own) };
}

export interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs one command of the engine and tells how it ended.
 *
 * @throws SluiceError `sandbox-unavailable` where the engine isn't installed
 */
export async function ask({ program, env }: Engine, args: readonly string[]): Promise<Said> {
  const child = spawn(program, args, { cwd: "/", env, stdio: ["ignore", "pipe", "pipe"], detached: true });
  const ended = new Promise<number>((resolve, reject) => {
    child.once("error", (error) => reject(systemCode(error) === "ENOENT" ? missing(program) : error));
    child.once("close", (code) => resolve(code ?? 255));
  });
  const [code, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  return { code, stdout: stdout.trim(), stderr: stderr.trim() };
}

/** The same, where it has to work. */
export async function require(engine: Engine, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await ask(engine, args);
  if (code === 0) return stdout;
  const [verb = ""] = args;
  const why = stderr.split("\n").at(-1) ?? "";
  throw new SluiceError(
    "sandbox-unavailable",
    `${engine.program} ${verb} failed: ${why || `exit code ${code}`}`,
    {
      hint: `Make this work as the user who runs Sluice: ${engine.program} run --rm IMAGE true`,
      facts: { failure: stderr },
    },
  );
}

function missing(program: string): SluiceError {
  return new SluiceError(
    "sandbox-unavailable",
    `containers can't isolate builds here: ${program} is missing.`,
    {
      hint: "Arch Linux: sudo pacman -S podman. Debian, Ubuntu: sudo apt-get install podman.",
    },
  );
}

/** What limits can be held, and as whom containers run. */
export interface EngineFacts {
  readonly rootless: boolean;
  /** Whether memory and processes are limited by a cgroup. */
  readonly cgroup: boolean;
  /** The file of its profile of system calls. */
  readonly seccomp: string;
}

export async function factsOf(engine: Engine): Promise<EngineFacts> {
  const fields = ["Security.Rootless", "CgroupsVersion", "Security.SECCOMPProfilePath", "CgroupControllers"];
  const format = fields.map((field) => `{{.Host.${field}}}`).join(" ");
  const said = await require(engine, ["info", "--format", format]);
  const [rootless, version, seccomp = "", ...controllers] = said.replace(/[[\]]/g, "").split(/\s+/);
  const has = (name: string) => controllers.includes(name);
  return {
    rootless: rootless === "true",
    // Of version 1 Podman names no controllers, and root has them all.
    cgroup: version === "v1" ? rootless !== "true" : has("memory") && has("pids"),
    seccomp,
  };
}
