import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { headers, protocol } from "../builder-protocol.ts";
import { serve, type Server } from "../serve.ts";
import { builderApi } from "./api.ts";
import type { RemoteBuilding } from "./remote-building.ts";
import { addBuilder } from "./tokens.ts";

const state = mkdtempSync(join(tmpdir(), "sluice-builder-api-"));
let server: Server;
let tokens: readonly [string, string];
beforeAll(async () => {
  tokens = [await addBuilder(state, "old"), await addBuilder(state, "new")];
  const building = { welcome: (name: string) => ({ name }) } as unknown as RemoteBuilding;
  const handler = builderApi(building, state, () => undefined);
  server = await serve({ repositories: state, logs: state }, 0, { handler });
});
afterAll(async () => {
  await server.close();
  rmSync(state, { recursive: true });
});

function hello(token: string): Promise<Response> {
  return fetch(`${server.url}/builder/hello`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, [headers.protocol]: String(protocol) },
  });
}

test("a builder's token can't be guessed: ten are looked at in a minute, and builders that are known go on", async () => {
  expect((await hello(tokens[0])).status).toBe(200);
  const answers = await Promise.all(Array.from({ length: 100 }, (_, n) => hello(`wrong${n}`)));
  expect(answers.filter(({ status }) => status === 401)).toHaveLength(10);
  const [refused, ...others] = answers.filter(({ status }) => status === 429);
  expect(others).toHaveLength(89);
  expect(Number(refused!.headers.get("retry-after"))).toBeGreaterThan(0);
  expect([(await hello(tokens[0])).status, (await hello(tokens[1])).status]).toEqual([200, 429]);
});
