import { resolve } from "node:path";
import { describe } from "vitest";
import { sandboxContract } from "./contract/contract.ts";
import { host } from "./host.ts";

describe("the host", () => {
  sandboxContract(host, resolve("dist/sandbox/host.js"));
});
