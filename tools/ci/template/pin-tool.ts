import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { SluiceError } from "../../errors.ts";
import type { NewFile } from "./new-file.ts";

const execute = promisify(execFile);

/**
 * The files by which a workspace pins the Sluice that its pipelines run: the packed program itself, a `package.json`
 * that names it, and a lock file with the checksum of it and of all that it needs. So the pipelines run what was
 * committed, install it without running any script, and no registry has a say in what `sluice` is.
 *
 * @param installation the folder of the Sluice that is running
 * @param name of the workspace
 * @param progress receives messages for people
 * @throws SluiceError `npm`
 */
export async function pinTool(
  installation: string,
  name: string,
  progress: (what: string) => void,
): Promise<readonly NewFile[]> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-pin-"));
  try {
    const own = JSON.parse(await readFile(join(installation, "package.json"), "utf8")) as OwnPackage;
    progress("packing Sluice itself, which the workspace pins");
    const packed = await npm(folder, ["pack", "--ignore-scripts", "--silent", installation]);
    const tarball = packed.trim().split("\n").at(-1)!;
    const path = `.ci/${tarball}`;
    const content = await readFile(join(folder, tarball));
    const manifest = {
      name: packageName(name),
      private: true,
      dependencies: { sluice: `file:${path}` },
      ...(own.overrides && { overrides: own.overrides }),
      ...(own.engines && { engines: own.engines }),
    };
    const text = `${JSON.stringify(manifest, null, 2)}\n`;
    progress("asking npm's registry for the checksums of all that it needs; this may take a minute");
    return [
      { path, content },
      { path: "package.json", content: Buffer.from(text) },
      { path: "package-lock.json", content: await lockFile(folder, path, content, text) },
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface OwnPackage {
  readonly overrides?: object;
  readonly engines?: object;
}

/** npm's names are lower-case and URL-safe. */
function packageName(name: string): string {
  return (
    name
      .toLowerCase()
      .replace(/[^a-z0-9-]+/g, "-")
      .replace(/^-+|-+$/g, "") || "packages"
  );
}

async function lockFile(
  folder: string,
  path: string,
  tarball: Uint8Array,
  manifest: string,
): Promise<Uint8Array> {
  const workspace = await mkdtemp(join(folder, "workspace-"));
  await mkdir(join(workspace, ".ci"));
  await writeFile(join(workspace, path), tarball);
  await writeFile(join(workspace, "package.json"), manifest);
  await npm(workspace, ["install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund"]);
  return readFile(join(workspace, "package-lock.json"));
}

async function npm(cwd: string, args: readonly string[]): Promise<string> {
  try {
    return (await execute("npm", args, { cwd, maxBuffer: 2 ** 24 })).stdout;
  } catch (error) {
    const said = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : String(error);
    throw new SluiceError("npm", `npm ${args[0]} failed:\n${said}`, {
      hint: "Nothing was changed. npm has to be installed, and its registry within reach; then run it again.",
      cause: error,
    });
  }
}
