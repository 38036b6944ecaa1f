import { createServer, type AddressInfo, connect } from "node:net";
import { once } from "node:events";
import { chmodSync, copyFileSync } from "node:fs";
import { userInfo } from "node:os";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { missingForSsh, SshGateway } from "../../test/world/ssh-gateway.ts";
import type { SluiceError } from "../errors.ts";
import { openTunnel, type Tunnel, type TunnelOptions } from "./ssh-tunnel.ts";

const missing = missingForSsh();

describe.skipIf(missing.length > 0)(`a way over SSH (needs ${missing.join(", ") || "nothing more"})`, () => {
  const service = createServer((socket) => socket.end("here"));
  let gateway: SshGateway;
  const troubles: SluiceError[] = [];
  beforeAll(async () => {
    service.listen(0, "127.0.0.1");
    await once(service, "listening");
    gateway = await SshGateway.start([(service.address() as AddressInfo).port]);
  });
  afterAll(async () => {
    service.close();
    await gateway.close();
  });

  const tunnel = (options: Partial<TunnelOptions> = {}): Promise<Tunnel> =>
    openTunnel({
      host: "127.0.0.1",
      port: gateway.port,
      user: userInfo().username,
      keyFile: gateway.file("builder"),
      hostKeys: [gateway.publicKey("host")],
      targets: { service: `127.0.0.1:${(service.address() as AddressInfo).port}` },
      troubled: (error) => troubles.push(error),
      ...options,
    });

  test("leads to the service, and is made again after it broke", async () => {
    const way = await tunnel();
    expect(await hear(way)).toBe("here");
    await gateway.kill();
    await gateway.listen();
    while ((await hear(way)) !== "here") await new Promise((resolve) => setTimeout(resolve, 50));
    await way.close();
    expect(troubles.length).toBeGreaterThan(0);
  });

  test("goes to no server with another key than the one that is known", async () => {
    await expect(tunnel({ hostKeys: [gateway.publicKey("stranger")] })).rejects.toMatchObject({
      code: "ssh-tunnel",
      hint: /has another key than REDIS_SSH_HOST_KEY/,
    });
  });

  test("says which key the server doesn't accept", async () => {
    await expect(tunnel({ keyFile: gateway.file("stranger") })).rejects.toMatchObject({
      hint: /put its public half into that user's authorized_keys/,
    });
  });

  test("says that others may read the key's file", async () => {
    copyFileSync(gateway.file("builder"), gateway.file("open"));
    chmodSync(gateway.file("open"), 0o644);
    await expect(tunnel({ keyFile: gateway.file("open") })).rejects.toMatchObject({ hint: /chmod 600/ });
  });

  test("takes nothing for an option or a shell's word", async () => {
    for (const wrong of [
      { host: "-oProxyCommand=id" },
      { user: "a b" },
      { targets: { service: "$(id):1" } },
    ]) {
      await expect(tunnel(wrong)).rejects.toMatchObject({ code: "ssh-tunnel", hint: /plain names/ });
    }
  });
});

/** What the service says; empty where the way is closed. */
async function hear(way: Tunnel): Promise<string> {
  const socket = connect(way.socket("service"));
  let heard = "";
  socket.on("data", (chunk: Buffer) => (heard += chunk.toString()));
  socket.on("error", () => undefined);
  await new Promise((resolve) => socket.once("close", resolve));
  return heard;
}
