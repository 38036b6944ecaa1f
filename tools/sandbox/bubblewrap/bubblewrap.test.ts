import { resolve } from "node:path";
import { describe } from "vitest";
import { bubblewrap } from "./bubblewrap.ts";
import { sandboxContract } from "../contract/contract.ts";
import { probeBubblewrap } from "./probe.ts";

const unavailable = probeBubblewrap();

// A skipped suite says why: what the system lacks, and how to allow it.
describe.skipIf(unavailable)(
  `bubblewrap${unavailable ? ` (${unavailable.message} ${unavailable.hint})` : ""}`,
  () => {
    sandboxContract(bubblewrap, resolve("dist/sandbox/bubblewrap/bubblewrap.js"));
  },
);
