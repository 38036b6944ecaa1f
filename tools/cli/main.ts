#!/usr/bin/env node
import { reportLostOutput } from "./output/report.ts";
import { run } from "./run.ts";

process.stdout.on("error", reportLostOutput);
process.stderr.on("error", reportLostOutput);
process.exitCode = await run(process.argv.slice(2));
