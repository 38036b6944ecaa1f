import { execa } from "execa";
import { bubblewrap } from "../sandbox/bubblewrap/bubblewrap.ts";
import { probeBubblewrap } from "../sandbox/bubblewrap/probe.ts";
import { prettyPrint } from "./pretty-print.ts";
import type { SecondReader } from "./second-reader.ts";

/**
 * Bash itself where it's new enough (5.2) and the machine has a sandbox for it, else tree-sitter-bash, which is
 * another grammar but no part of ours. Chosen when the first text is read.
 */
export function openSecondReader(): SecondReader {
  return {
    async read(texts) {
      const all = [...texts];
      if (all.length === 0) return new Map();
      return (await (chosen ??= choose())).read(all);
    },
  };
}

/** What this machine has doesn't change while a program runs, and finding out starts processes. */
let chosen: Promise<SecondReader> | undefined;

async function choose(): Promise<SecondReader> {
  const version = await bashVersion();
  if (version !== undefined && probeBubblewrap() === undefined)
    return prettyPrint(bubblewrap(), `bash ${version}`);
  const { treeSitter } = await import("./tree-sitter.ts");
  return treeSitter();
}

/** Undefined where there's none that prints scripts without running them. */
async function bashVersion(): Promise<string | undefined> {
  const { stdout } = await execa("/usr/bin/bash", ["--version"], {
    reject: false,
    extendEnv: false,
    env: { LC_ALL: "C" },
    timeout: 10_000,
  });
  const [, version, major = "0", minor = "0"] = /version ((\d+)\.(\d+)[.\d]*)/.exec(stdout ?? "") ?? [];
  return Number(major) > 5 || (Number(major) === 5 && Number(minor) >= 2) ? version : undefined;
}
