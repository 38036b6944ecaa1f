import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import type { SluiceError } from "../../errors.ts";
import { headers, protocol } from "../builder-protocol.ts";
import { ManagerClient } from "./manager-client.ts";

let server: Server | undefined;
let client: ManagerClient | undefined;
afterEach(async () => {
  await client?.close();
  server?.close();
});

/** A manager that says that, whatever it is asked; resolves with the first thing that went wrong. */
async function troubleWith(answer: unknown, speaks = String(protocol)): Promise<SluiceError> {
  server = createServer((_request, response) => {
    response.writeHead(200, { [headers.protocol]: speaks });
    response.end(JSON.stringify(answer));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const enough = new AbortController();
  return new Promise((resolve) => {
    client = new ManagerClient({ url, token: "t" }, (error) => {
      resolve(error);
      enough.abort();
    });
    client.claim(1, enough.signal).catch((error: SluiceError) => resolve(error));
  });
}

test("a manager of another protocol is refused, with both versions named", async () => {
  const error = await troubleWith({ kind: "gone" }, "7");
  const both = expect.stringMatching(new RegExp(`speaks protocol 7, and this builder protocol ${protocol}$`));
  expect(error).toMatchObject({ code: "protocol", message: both });
});

test.each(["../../etc", "foo/../bar", "$(id)", "-rf", "a b", ""])(
  "a build of %j is none that a manager gives out",
  async (pkgbase) => {
    const build = { kind: "build", build: 1, token: "0".repeat(36), pkgbase, commit: "0".repeat(40) };
    const error = await troubleWith({ ...build, reasons: [], bump: null, logAt: 0 });
    expect(error).toMatchObject({ message: expect.stringMatching(/its answer isn't a manager's$/) });
  },
);
