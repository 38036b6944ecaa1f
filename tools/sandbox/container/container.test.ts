import { resolve } from "node:path";
import { describe } from "vitest";
import { containersUnavailable, useTestImage } from "../../../test/world/containers.ts";
import { sandboxContract } from "../contract/contract.ts";
import { container } from "./container.ts";

const unavailable = containersUnavailable();
if (unavailable === undefined) useTestImage();

// A skipped suite says why.
describe.skipIf(unavailable !== undefined)(`containers${unavailable ? ` (${unavailable})` : ""}`, () => {
  sandboxContract(container, resolve("dist/sandbox/container/container.js"));
});
