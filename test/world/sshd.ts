import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";

/** Where Debian and Arch have it; it wants to be started by its full path. */
export const sshd = "/usr/sbin/sshd";

/** What every server of the tests says: this machine alone, keys alone, and nothing of the person's own set-up. */
const common = [
  "ListenAddress 127.0.0.1",
  "PermitRootLogin yes",
  "PasswordAuthentication no",
  "KbdInteractiveAuthentication no",
  "UsePAM no",
  "StrictModes no",
  "MaxStartups 100",
];

/** Starts a server with these settings, written to a file, and waits until it listens. */
export async function startSshd(config: string, settings: readonly string[]): Promise<ChildProcess> {
  writeFileSync(config, `${[...settings, ...common].join("\n")}\n`);
  // As root it wants this folder for its unprivileged half.
  if (process.getuid?.() === 0) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
  const started = spawn(sshd, ["-D", "-e", "-f", config], { stdio: ["ignore", "ignore", "pipe"] });
  await new Promise<void>((resolve, reject) => {
    let said = "";
    started.stderr.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes("Server listening")) resolve();
    });
    started.once("exit", () => reject(new Error(`sshd ended:\n${said}`)));
  });
  return started;
}
