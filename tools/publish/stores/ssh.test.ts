import { createHash } from "node:crypto";
import { appendFileSync, mkdirSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SftpServer } from "../../../test/world/sftp-server.ts";
import { missingForSsh } from "../../../test/world/ssh-gateway.ts";
import type { StoredFile } from "../publisher.ts";
import { SshStore } from "./ssh.ts";
import { stagedName } from "./store.ts";

const missing = missingForSsh();

function refusal(message: string, hint: string): unknown {
  return expect.objectContaining({
    code: "store-failed",
    message: expect.stringContaining(message),
    hint: expect.stringContaining(hint),
  });
}

describe.skipIf(missing.length > 0)(
  `a store behind SSH (needs ${missing.join(", ") || "nothing more"})`,
  () => {
    const server = new SftpServer();
    beforeAll(() => server.start());
    afterAll(() => server.stop());

    const open = (changed: Readonly<Record<string, string>> = {}): SshStore =>
      new SshStore(server.root, { ...server.secrets, ...changed }, undefined);
    const of = (text: string): StoredFile => {
      const file = server.file(text);
      writeFileSync(file, text);
      const sha256 = createHash("sha256").update(text).digest("hex");
      return { path: "garage", file, sha256, bytes: text.length, isExecutable: false };
    };
    test("refuses a server with another key than the one that is known", async () => {
      await expect(open({ RELEASE_SSH_KNOWN_HOSTS: server.file("others") }).list("")).rejects.toThrow(
        refusal("Host key verification failed", "Find out why"),
      );
    });

    test("says that the server refuses the key, and where the user may not write", async () => {
      await expect(open({ RELEASE_SSH_KEY_FILE: server.file("stranger") }).list("")).rejects.toThrow(
        refusal("Permission denied", "authorized_keys"),
      );
      const store = open();
      await expect(store.replace("dev/null/x", Buffer.from("x"))).rejects.toThrow(
        expect.objectContaining({ code: "store-failed" }),
      );
      await store.close();
    });

    test("takes no path or name that ssh would read as something else", async () => {
      await expect(open({ RELEASE_SSH_KNOWN_HOSTS: "/tmp/x y" }).list("")).rejects.toThrow(
        "have to be plain",
      );
      const host = new SshStore("ssh://me@-oProxyCommand/", server.secrets, undefined);
      await expect(host.list("")).rejects.toThrow("have to be plain");
    });

    test("goes on with a file where a transfer was cut off, and brings anew what is something else", async () => {
      const content = Buffer.alloc(3_000_000, "garage ");
      const sha256 = createHash("sha256").update(content).digest("hex");
      const file = server.file("garage");
      writeFileSync(file, content);
      const stored = { path: "garage", file, sha256, bytes: content.length, isExecutable: true };
      const name = join(server.www, "v1/garage").slice(1);
      const staged = join(dirname(`/${name}`), `.${stagedName(name, sha256)}`);
      const store = open();
      mkdirSync(dirname(staged));
      writeFileSync(staged, content.subarray(0, 1_000_001));
      await store.stage(name, stored);
      expect([await store.readStaged(name, sha256), statSync(staged).mode & 0o777]).toEqual([sha256, 0o755]);

      // Only what wasn't there was brought: a beginning that is something else stays, and is found.
      truncateSync(staged, 0);
      appendFileSync(staged, "other");
      await store.stage(name, stored);
      expect(await store.readStaged(name, sha256)).not.toBe(sha256);
      await store.stage(name, stored);
      expect(await store.readStaged(name, sha256)).toBe(sha256);
      await store.close();
    });

    test("shows nothing in the place of something else", async () => {
      const name = join(server.www, "v2/garage").slice(1);
      const store = open();
      for (const each of [of("first"), of("second")]) await store.stage(name, each);
      await store.show(name, of("first").sha256);
      await expect(store.show(name, of("second").sha256)).rejects.toThrow("Failure");
      expect(await store.read(name)).toBe(of("first").sha256);
      await store.close();
    });

    test("knows a digest without fetching the file, and not that of a file that somebody has changed", async () => {
      const name = join(server.www, "v2/garage").slice(1);
      const store = open();
      expect(await store.look(name)).toBe(of("first").sha256);
      writeFileSync(`/${name}`, "another");
      expect(await store.look(name)).toBe(of("another").sha256);
      await store.close();
    });
  },
);
