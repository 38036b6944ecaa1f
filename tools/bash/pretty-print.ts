import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SluiceError } from "../errors.ts";
import { readPkgbuild, type Recipe } from "../pkgbuild/recipe.ts";
import {
  type Reader,
  readingOfBash,
  type SecondReading,
  textForBash,
} from "../pkgbuild/second-reading/second-reading.ts";
import { privateFolder } from "../sandbox/jobs/private-folder.ts";
import type { Job, Sandbox } from "../sandbox/sandbox.ts";
import type { SecondReader } from "./second-reader.ts";

/** In UTF-16 code units: what one process reads at the most, unless a single text is longer. */
const longestInput = 2_000_000;

const limits = {
  seconds: 60,
  graceSeconds: 1,
  memoryBytes: 1024 ** 3,
  processes: 16,
  outputBytes: 1024 ** 2,
  logBytes: 64 * 1024 ** 2,
};

/**
 * `bash --pretty-print` parses a script and prints it without running anything of it (bash 5.2 and newer). It runs
 * in the sandbox all the same, without network and host files, since a parser may have holes; many texts at a time.
 *
 * @param by bash's name and version
 */
export function prettyPrint(sandbox: Sandbox, by: string): SecondReader {
  return {
    async read(texts) {
      const found = new Map<string, SecondReading>();
      const compared = new Map<string, boolean>();
      let left = [...new Set(texts)].flatMap((text) => {
        const reading = readPkgbuild(text);
        return reading.ok ? [reading.recipe] : [];
      });
      while (left.length > 0) left = await readSome(left, found, { sandbox, by, compared });
      return found;
    },
  };
}

/** Reads as many as fit one process, and returns those that are still to be read. */
async function readSome(
  recipes: readonly Recipe[],
  found: Map<string, SecondReading>,
  ports: Reader & { sandbox: Sandbox },
): Promise<Recipe[]> {
  const { sandbox, ...reader } = ports;
  const nonce = randomBytes(12).toString("hex");
  const inputs: string[] = [];
  for (let length = 0; inputs.length < recipes.length;) {
    const text = textForBash(recipes[inputs.length]!, `${nonce}-${inputs.length}`);
    length += text.length;
    if (inputs.length > 0 && length > longestInput) break;
    inputs.push(text);
  }
  const output = await print(inputs.join(""), sandbox);
  let { printed } = output;
  for (const [at, recipe] of recipes.slice(0, inputs.length).entries()) {
    const result = readingOfBash(recipe, `${nonce}-${at}`, printed, reader);
    if (!result && output.isCut && inputs.length > 1) {
      // It may have been another's turn that took too long.
      await readSome([recipe], found, ports);
      return recipes.slice(at + 1);
    }
    found.set(recipe.text, result?.reading ?? { by: reader.by, commands: undefined });
    // Where one isn't read as we read it, those behind it may have been taken for a part of it.
    if (!result) return recipes.slice(at + 1);
    printed = printed.slice(result.end);
  }
  return recipes.slice(inputs.length);
}

/** @returns what bash printed, and whether it was ended before it was done */
async function print(input: string, sandbox: Sandbox): Promise<{ printed: string; isCut: boolean }> {
  const folder = privateFolder();
  try {
    await chmod(folder, 0o755);
    await writeFile(join(folder, "scripts"), input, { mode: 0o644 });
    const chunks: Buffer[] = [];
    const errors: Buffer[] = [];
    const { outcome } = await sandbox.run(
      job(folder, (chunk, stream) => {
        (stream === "stdout" ? chunks : errors).push(chunk);
      }),
    );
    if (outcome.kind === "lost" || (outcome.kind === "exited" && outcome.code === 127)) {
      const said = Buffer.concat(errors).toString().trim().slice(0, 200);
      throw new SluiceError("second-reader", `bash --pretty-print can't be run: ${said || outcome.kind}`, {
        hint: "Is bash 5.2 or newer installed, and does bubblewrap work on this machine?",
      });
    }
    return { printed: Buffer.concat(chunks).toString(), isCut: outcome.kind !== "exited" };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function job(folder: string, onOutput: (chunk: Buffer, stream: "stdout" | "stderr") => void): Job {
  return {
    // makepkg turns extended patterns on before it reads a recipe.
    command: ({ scratch, at }) => ({
      argv: [
        "/usr/bin/bash",
        "--norc",
        "--noprofile",
        "--pretty-print",
        "-O",
        "extglob",
        at("/scripts/scripts"),
      ],
      env: { LC_ALL: "C.UTF-8", PATH: "/usr/bin" },
      cwd: scratch,
    }),
    mounts: [{ source: folder, target: "/scripts", writable: false }],
    user: "builder",
    network: false,
    limits,
    onOutput: (chunk, stream) => onOutput(chunk, stream),
  };
}
