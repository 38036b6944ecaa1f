import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { request, type IncomingMessage } from "node:http";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serve, type Server } from "../tools/manager/serve.ts";
import { publish } from "../tools/pkgrepo/publishing/publish.ts";
import { freePort } from "./world/free-port.ts";
import { pacmanClient } from "./world/pacman-client.ts";
import { missingPrograms } from "./world/programs.ts";
import { publishingPrograms, scratchRepository, type ScratchRepository } from "./world/scratch-repository.ts";

const missing = missingPrograms(...publishingPrograms, "gpgv", "pacman", "pacman-key");

/** The settings that the hosting page shows, without TLS and at an address of this machine. */
function settingsOf(language: string, address: string, behind: string): string {
  const pattern = new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, "ms");
  const [, shown = ""] = pattern.exec(readFileSync("docs/hosting.md", "utf8")) ?? [];
  return shown
    .replace(/127\.0\.0\.1:8080/, behind)
    .replaceAll(/^ *(?:ssl_|server_name).*\n/gm, "")
    .replace("listen 443 ssl", `listen ${address}`)
    .replace("repo.example.org", `http://${address}`);
}

const webServers = {
  nginx: (home: string, settings: string) => {
    const global = `daemon off; pid ${home}/pid; error_log ${home}/error.log;\nevents {}\n`;
    const folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    const temporary = folders.map((name) => `${name}_temp_path ${home}/${name};`).join(" ");
    writeFileSync(join(home, "nginx.conf"), `${global}http { access_log off; ${temporary}\n${settings}}\n`);
    return ["-p", home, "-e", `${home}/error.log`, "-c", join(home, "nginx.conf")];
  },
  caddy: (home: string, settings: string) => {
    writeFileSync(join(home, "Caddyfile"), `{\n  admin off\n}\n${settings}`);
    return ["run", "--adapter", "caddyfile", "--config", join(home, "Caddyfile")];
  },
};

describe.skipIf(missing.length > 0)(
  `behind a web server (needs ${missing.join(", ") || "nothing more"})`,
  () => {
    let scratch: ScratchRepository;
    let sluice: Server;
    const clients = new Set<string>();
    beforeAll(async () => {
      scratch = await scratchRepository();
      const { build, home, repository } = scratch;
      await publish(repository, [build("app", { pkgname: "app" })], new Date("2026-06-01T12:00:00Z"));
      const unused = join(home, "unused");
      const folders = { state: home, logs: unused, sources: unused, finished: unused, work: unused };
      sluice = await serve({ ...folders, repositories: repository.root }, 0, {
        proxies: ["127.0.0.1"],
        handler: async (_request, _response, client) => {
          clients.add(client);
          return false;
        },
      });
    });
    afterAll(async () => {
      await sluice.close();
      scratch.close();
    });

    test.for(Object.entries(webServers))(
      "set up as the page says, %s serves a real client",
      async ([name, set], { skip }) => {
        skip(missingPrograms(name).length > 0, `needs ${name}`);
        const home = join(scratch.home, name);
        mkdirSync(home);
        const address = `127.0.0.1:${await freePort()}`;
        const args = set(home, settingsOf(name, address, new URL(sluice.url).host));
        const env = { PATH: process.env["PATH"], HOME: home };
        const server = spawn(name, args, { env, stdio: "ignore" });
        try {
          await answering(`http://${address}/`, server);
          const client = await pacmanClient("tiny", `http://${address}/$repo/$arch`);
          await client.trust(join(scratch.repository.root, "tiny/tiny.asc"));
          expect(await client.pacman("-Sy", "app")).toMatchObject({ ok: true });
          expect(await client.installed()).toEqual({ app: "1-1" });
          await client.close();
          expect((await fetch(`http://${address}/tiny/x86_64/.lock`)).status).toBe(404);
          clients.clear();
          await askFrom("127.0.0.5", `http://${address}/tiny/tiny.asc`);
          expect([...clients]).toEqual(["127.0.0.5"]);
        } finally {
          const ended = once(server, "exit");
          if (server.kill("SIGTERM")) await ended;
        }
      },
    );
  },
);

/** Asks from that address, and claims another. */
async function askFrom(localAddress: string, url: string): Promise<void> {
  const asked = request(url, { localAddress, headers: { "x-forwarded-for": "203.0.113.1" } });
  const [answer] = (await once(asked.end(), "response")) as [IncomingMessage];
  answer.resume();
}

/** Waits for the first answer. */
async function answering(url: string, server: ChildProcess): Promise<void> {
  while (server.exitCode === null) {
    try {
      await fetch(url);
      return;
    } catch {
      await delay(20);
    }
  }
  throw new Error(`it ended with ${server.exitCode}`);
}
