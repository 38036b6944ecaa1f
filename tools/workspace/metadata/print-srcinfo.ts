import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { missingParts, parseSrcinfo, type Srcinfo } from "../../alpm/srcinfo.ts";
import { SluiceError } from "../../errors.ts";
import type { RecipeFiles } from "../../gate/update.ts";
import type { Isolation, Job, Sandbox } from "../../sandbox/sandbox.ts";
import type { Derived } from "./derived.ts";

/** Undefined where this machine has no makepkg, or nothing that keeps it from the rest of the machine. */
export async function makepkgSandbox(path = process.env["PATH"] ?? ""): Promise<Sandbox | undefined> {
  if (!path.split(delimiter).some((folder) => existsSync(join(folder, "makepkg")))) return undefined;
  const { probeBubblewrap } = await import("../../sandbox/bubblewrap/probe.ts");
  if (probeBubblewrap()) return undefined;
  return (await import("../../sandbox/bubblewrap/bubblewrap.ts")).bubblewrap();
}

/**
 * What `makepkg --printsrcinfo` says of a recipe, in the same form as what is derived. It runs the recipe: without
 * network, seeing the recipe and the system's programs alone. What the recipe does wrong is what isn't known then.
 *
 * @returns undefined where something else or its time ended it, so that asking again may help
 * @throws SluiceError `sandbox-start`, `sandbox-isolation`
 */
export async function printSrcinfo(files: RecipeFiles, sandbox: Sandbox): Promise<Derived | undefined> {
  if (!needed.every((each) => sandbox.isolates.has(each))) {
    throw new SluiceError(
      "sandbox-isolation",
      `a recipe is read in a sandbox alone, not on the ${sandbox.name}`,
    );
  }
  const folder = await mkdtemp(join(tmpdir(), "sluice-recipe-"));
  try {
    await chmod(folder, 0o755);
    await writeRecipe(files, folder);
    let [text, said] = ["", ""];
    const { outcome } = await sandbox.run({
      ...jobFor(folder),
      onOutput: (chunk, stream) => {
        if (stream === "stdout") text += chunk.toString("latin1");
        else said = `${said}${chunk.toString()}`.slice(-2000);
      },
    });
    // A busy machine may take too long where another doesn't.
    if (["lost", "cancelled", "timed-out"].includes(outcome.kind)) return undefined;
    if (outcome.kind !== "exited") return notKnown(`makepkg --printsrcinfo ${outcome.kind}`);
    if (outcome.code !== 0) return notKnown(`makepkg --printsrcinfo fails: ${lastLine(said)}`);
    return answered(Buffer.from(text, "latin1").toString());
  } finally {
    await rm(folder, { recursive: true });
  }
}

const needed: readonly Isolation[] = ["network", "reads", "writes", "processes", "privileges", "output"];

function jobFor(folder: string): Omit<Job, "onOutput"> {
  return {
    command: ({ scratch, home, tmp, at }) => ({
      argv: ["/bin/bash", "-c", 'cp -r "$RECIPE" recipe && cd recipe && exec makepkg --printsrcinfo'],
      env: {
        PATH: "/usr/local/bin:/usr/bin:/bin:/usr/bin/core_perl",
        HOME: home,
        TMPDIR: tmp,
        LC_ALL: "C.UTF-8",
        RECIPE: at("/recipe"),
      },
      cwd: scratch,
    }),
    mounts: [{ source: folder, target: "/recipe", writable: false }],
    user: "builder",
    network: false,
    limits: {
      seconds: 60,
      graceSeconds: 2,
      memoryBytes: 2 ** 30,
      processes: 256,
      outputBytes: 64 * 2 ** 20,
      logBytes: 2 ** 20,
    },
  };
}

/** Regular files alone: what a link leads to isn't the recipe's. */
async function writeRecipe(files: RecipeFiles, folder: string): Promise<void> {
  for (const [path, { mode, bytes }] of files) {
    if (!mode.startsWith("100") || path.split("/").some((step) => ["", ".", "..", ".git"].includes(step)))
      continue;
    await mkdir(join(folder, dirname(path)), { recursive: true, mode: 0o755 });
    await writeFile(join(folder, path), bytes, { mode: mode === "100755" ? 0o755 : 0o644 });
  }
}

function answered(text: string): Derived {
  try {
    return fromSrcinfo(parseSrcinfo(text));
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    return notKnown(`makepkg --printsrcinfo prints no .SRCINFO: ${error.message}`);
  }
}

/** What makepkg printed, in the form of what is derived. */
export function fromSrcinfo(srcinfo: Srcinfo): Derived {
  const missing = missingParts(srcinfo);
  if (missing.length > 0) return notKnown(`makepkg --printsrcinfo: ${missing.join(", ")}`);
  const packages = srcinfo.packages.map(({ pkgname, fields }) => [pkgname, [...fields]] as const);
  const { pkgbase, base } = srcinfo;
  return { pkgbase, base: [...base], packages, unknown: [], movesVersion: false, whole: true };
}

function notKnown(reason: string): Derived {
  const unknown = [{ pkgname: undefined, field: "PKGBUILD", reason, line: 1 }];
  return { pkgbase: "", base: [], packages: null, unknown, movesVersion: false, whole: false };
}

/** Without what terminals act on. */
function lastLine(said: string): string {
  const lines = said.replaceAll(/[^\P{C}\n]/gu, "").split("\n");
  return lines.findLast((line) => line.trim() !== "")?.slice(0, 300) ?? "it says nothing";
}
