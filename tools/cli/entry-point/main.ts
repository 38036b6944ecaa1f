#!/usr/bin/env node
import { SluiceError } from "../../errors.ts";
import { reportBug, reportError, reportLostOutput } from "../output/report.ts";
import { run } from "../run.ts";
import { readArguments, type Asked } from "./arguments.ts";

process.stdout.on("error", reportLostOutput);
process.stderr.on("error", reportLostOutput);
process.exitCode = await answer(process.argv.slice(2), process.env);

/** The container's entry point: chaotic-manager's command line and variables, carried out by Sluice. */
async function answer(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  try {
    return await carryOut(readArguments(args), env);
  } catch (error) {
    return error instanceof SluiceError ? reportError(error) : reportBug(error);
  }
}

async function carryOut(asked: Asked, env: NodeJS.ProcessEnv): Promise<number> {
  switch (asked.kind) {
    case "schedule":
    case "auto-repo-remove": {
      const { handOver } = await import("./hand-over.ts");
      const { kind: _kind, ...what } = asked;
      await handOver({ packages: [], ...what }, env);
      return 0;
    }
    case "database":
    case "web": {
      const { openWorkspace } = await import("./workspace.ts");
      const { root, state } = await openWorkspace(env);
      const served = ["--root", root, "--state", state, "--port", asked.port, "--host", "0.0.0.0"];
      const address = env["REPOSITORY_URL"] ? ["--address", env["REPOSITORY_URL"]] : [];
      return run(
        asked.kind === "web" ? ["web", ...served, ...address] : ["up", "--jobs", "0", ...served, ...address],
      );
    }
    case "sluice":
      return run(asked.args);
  }
}
