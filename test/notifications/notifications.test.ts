import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { goodToken } from "../world/forges.ts";
import { everyGitLabPermission, GitLabServer } from "../world/gitlab.ts";
import { missingPrograms } from "../world/programs.ts";
import { Prometheus } from "../world/prometheus.ts";
import { publishingPrograms } from "../world/scratch-repository.ts";
import { sluice, startSluice, type Running } from "../world/sluice.ts";
import { TelegramServer } from "../world/telegram.ts";
import { WebhookReceiver } from "../world/webhook.ts";
import { ScratchWorkspace } from "../world/workspace.ts";

const missing = missingPrograms(...publishingPrograms, "makepkg", "fakeroot");
const rules = "contrib/prometheus/sluice.rules.yml";

describe.skipIf(missing.length > 0)(
  `whom sluice up tells what happens (needs ${missing.join(", ") || "nothing more"})`,
  () => {
    const workspace = new ScratchWorkspace();
    const telegram = new TelegramServer();
    const webhook = new WebhookReceiver();
    const gitlab = new GitLabServer(workspace.origin);
    const file = join(workspace.dir, ".sluice/notify.toml");
    const bin = join(workspace.base, "bin");
    const broken = join(workspace.base, "broken");
    let up: Running;
    let url: string;

    async function start(): Promise<void> {
      const args = [
        "up",
        "--port",
        "0",
        "--json",
        "--sandbox",
        "host",
        "--address",
        "https://repo.example.org",
      ];
      const env = {
        TELEGRAM_BOT_TOKEN: telegram.token,
        TELEGRAM_CHAT_ID: "-1",
        PATH: `${bin}:${process.env["PATH"]}`,
      };
      up = startSluice([...args, "--host", "127.0.0.1"], { cwd: workspace.dir, env });
      await up.saying(/"url":/);
      url = await listeningAt(up);
    }

    beforeAll(async () => {
      // Builds on the host run as another user.
      chmodSync(workspace.base, 0o755);
      gitlab.tokens.set(goodToken, { account: "bot", may: new Set(everyGitLabPermission) });
      await Promise.all([telegram, webhook, gitlab].map((server) => server.start()));
      mkdirSync(join(workspace.dir, ".sluice"), { recursive: true });
      mkdirSync(bin);
      const real = execFileSync("which", ["bsdtar"], { encoding: "utf8" }).trim();
      const script = `#!/bin/sh\ntest -e '${broken}' && exit 1\nexec ${real} "$@"\n`;
      writeFileSync(join(bin, "bsdtar"), script, { mode: 0o755 });
      const targets = [
        ["telegram", { kind: "telegram", api: telegram.api, token: telegram.token, chat: "-1001" }],
        [
          "hook",
          {
            kind: "webhook",
            url: webhook.url,
            secret: webhook.secret,
            events: ["failed", "deployed", "removed"],
          },
        ],
        ["merges", { kind: "gitlab", api: gitlab.apiUrl, project: gitlab.project, token: goodToken }],
      ] as const;
      const tables = targets.map(([name, table]) => {
        const lines = Object.entries(table).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
        return [`[${name}]`, ...lines, ""].join("\n");
      });
      writeFileSync(file, tables.join("\n"));
      chmodSync(file, 0o600);
      workspace.git("config", "remote.origin.url", workspace.origin);
      workspace.addRecipe("good_one");
      // What a build may see of its machine's environment, a recipe would print.
      workspace.addRecipe("bad", { lines: "build() {\n  env\n  return 4\n}" });
      workspace.commit("two packages");
      workspace.git("push", "-q", "origin", "HEAD:main");
      await start();
    });
    afterAll(async () => {
      up?.kill("SIGKILL");
      await up?.ended;
      await Promise.all([telegram, webhook, gitlab].map((server) => server.stop()));
      workspace.remove();
    });

    test("a success and a failure reach the chat, the webhook and the commit", async () => {
      await webhook.until(() => webhook.told.length >= 2);
      expect(webhook.told.toSorted()).toEqual(["deployed good_one", "failed bad"]);
      while (telegram.messages.length < 2) await delay(20);
      expect(telegram.messages.map(({ text }) => text).toSorted()).toEqual([
        "📣 New deployment to test:\n> good_one",
        "🚨 Failed deploying to test:\n> bad - logs",
      ]);
      const [link] = telegram.messages.flatMap(({ links }) => links);
      expect(link).toMatchObject({
        text: "logs",
        url: expect.stringMatching(/^https:\/\/repo\.example\.org\/build\/\d+$/) as string,
      });
      const head = workspace.git("rev-parse", "HEAD");
      const stateOf = (name: string): string | undefined =>
        gitlab.statuses.findLast((each) => each.commit === head && each.name === `sluice: ${name}`)?.state;
      while (stateOf("bad") !== "failed" || stateOf("good_one") !== "success") await delay(20);
    });

    test("no secret is said, logged, or seen by a build", async () => {
      const logs = execFileSync("grep", ["-r", "", join(workspace.dir, ".sluice/logs")], {
        encoding: "utf8",
      });
      expect(logs).toContain("PATH=");
      for (const secret of [telegram.token, webhook.secret, goodToken]) {
        expect(logs + up.said()).not.toContain(secret);
      }
    });

    test("sluice notify lists who is told, tries one, and names what is wrong", async () => {
      const inHere = { cwd: workspace.dir };
      const listed = await sluice(["notify"], inHere);
      expect(listed.stdout).toMatch(/hook +webhook +failed deployed removed +\* +told all/);
      expect((await sluice(["notify", "--test", "merges"], inHere)).code).toBe(0);
      const before = telegram.messages.length;
      expect(await sluice(["notify", "--test", "telegram"], inHere)).toMatchObject({
        code: 0,
        stderr: "telegram: sent",
      });
      expect(telegram.messages).toHaveLength(before + 1);
      const misspelt = await sluice(["notify", "--test", "telegam"], inHere);
      expect(misspelt).toMatchObject({
        code: 2,
        stderr: expect.stringContaining("Did you mean telegram?") as string,
      });
      chmodSync(file, 0o644);
      const open = await sluice(["notify"], inHere);
      chmodSync(file, 0o600);
      expect(open).toMatchObject({ code: 2, stderr: expect.stringContaining("chmod 600") as string });
    });

    test("after a kill and an outage the rest is told, and counts go on", async () => {
      expect([countOf("built", await metrics()), countOf("failed", await metrics())]).toEqual([1, 1]);
      webhook.faults = [{ kind: "answers", status: 503 }];
      workspace.addRecipe("later");
      workspace.commit("one more");
      await up.saying(/later: built/);
      up.kill("SIGKILL");
      await up.ended;
      webhook.faults = [];
      await start();
      await webhook.until(() => webhook.told.includes("deployed later"));
      expect(webhook.wrong).toEqual([]);
      expect([countOf("built", await metrics()), countOf("failed", await metrics())]).toEqual([2, 1]);
    });

    test("a removal that fails, and one that succeeds, reach the chat", async () => {
      const [failed, done] = [
        "🚫 Repo-remove job for test failed",
        "✅ Repo-remove job for test finished successfully",
      ];
      await webhook.until(() => webhook.told.includes("deployed good_one"));
      writeFileSync(broken, "");
      rmSync(join(workspace.dir, "packages/good_one"), { recursive: true });
      workspace.commit("one less");
      while (telegram.messages.at(-1)?.text !== failed) await delay(20);
      rmSync(broken);
      while (telegram.messages.at(-1)?.text !== done) await delay(20);
      await webhook.until(() => webhook.told.includes("removed good_one"));
      expect(webhook.wrong).toEqual([]);
    });

    test("metrics have chaotic-manager's names besides, with no label for each package", async () => {
      const text = await metrics();
      expect(text).toMatch(
        /^moleculer_builds_total{target_repo="test",arch="x86_64",build_class="1",status="0",namespace="",nodeID="sluice"} 2$/m,
      );
      expect(text).toMatch(/^moleculer_builds_time_elapsed_bucket{le="\+Inf",.*} 3$/m);
      expect(text).not.toMatch(/good_one|pkgname/);
      workspace.write(
        ".ci/config",
        `${readFileSync(join(workspace.dir, ".ci/config"), "utf8")}\nMETRICS_CHAOTIC=false\n`,
      );
      workspace.commit("no old names");
      up.kill("SIGINT");
      await up.ended;
      await start();
      expect(await metrics()).not.toContain("moleculer_");
    });

    const lacking = missingPrograms("prometheus", "promtool");
    test.skipIf(lacking.length > 0)(
      `a real Prometheus takes them, the rules and the dashboard (needs ${lacking.join(", ") || "nothing more"})`,
      async () => {
        execFileSync("promtool", ["check", "metrics"], { input: await metrics() });
        const prometheus = new Prometheus();
        try {
          await prometheus.start(url, rules);
          const isThere = async (): Promise<boolean> =>
            (await prometheus.ask("query", "sluice_packages")).result.length > 0;
          while (!(await isThere())) await delay(100);
          expect((await prometheus.ask("targets")).activeTargets).toMatchObject([
            { health: "up", lastError: "" },
          ]);
          const known = new Set(
            (await prometheus.ask("query", '{__name__=~".+"}')).result.map(
              ({ metric }) => metric["__name__"],
            ),
          );
          const optional = new Set([
            "sluice_redis_up",
            "sluice_redis_memory_bytes",
            "sluice_gate_verdicts_total",
          ]);
          const asked = [
            readFileSync(rules, "utf8"),
            readFileSync("contrib/grafana/sluice.json", "utf8"),
          ].join("\n");
          const names = new Set(asked.match(/\bsluice_\w+/g));
          expect([...names].filter((name) => !known.has(name) && !optional.has(name))).toEqual([]);
          const board = JSON.parse(readFileSync("contrib/grafana/sluice.json", "utf8")) as Dashboard;
          for (const { expr } of board.panels.flatMap(({ targets }) => targets)) {
            await prometheus.ask("query", expr.replaceAll("$repository", ".*"));
          }
          const health = async (): Promise<string[]> =>
            (await prometheus.ask("rules")).groups.flatMap((group) => group.rules.map((rule) => rule.health));
          while ((await health()).includes("unknown")) await delay(100);
          expect(new Set(await health())).toEqual(new Set(["ok"]));
        } finally {
          await prometheus.stop();
        }
      },
    );

    const metrics = async (): Promise<string> => (await fetch(`${url}/metrics`)).text();
  },
);

const promtool = missingPrograms("promtool");
test.skipIf(promtool.length > 0)(
  `each alert is raised by its trouble, and none by a sound repository (needs ${promtool.join(", ") || "nothing more"})`,
  () => {
    const said = execFileSync("promtool", ["check", "rules", rules], { encoding: "utf8" });
    expect(said).toContain("SUCCESS");
    const tests = ["test", "rules", "contrib/prometheus/sluice.rules.test.yml"];
    expect(execFileSync("promtool", tests, { encoding: "utf8" })).toContain("SUCCESS");
  },
);

/** How many builds ended so. */
function countOf(outcome: string, metrics: string): number {
  const line = new RegExp(`^sluice_builds_finished_total{.*outcome="${outcome}".*} (\\d+)$`, "m");
  return Number(line.exec(metrics)?.[1]);
}

interface Dashboard {
  readonly panels: readonly { readonly targets: readonly { readonly expr: string }[] }[];
}

/** With --address it says that one alone. */
async function listeningAt({ pid }: Running): Promise<string> {
  const inodes = new Set(
    execFileSync("find", [`/proc/${pid}/fd`, "-lname", "socket:*", "-printf", "%l\n"], {
      encoding: "utf8",
    }).match(/\d+/g),
  );
  const lines = readFileSync(`/proc/${pid}/net/tcp`, "utf8").split("\n").slice(1);
  for (const line of lines) {
    const [, address = "", , state, , , , , , inode = ""] = line.trim().split(/\s+/);
    if (state === "0A" && inodes.has(inode))
      return `http://127.0.0.1:${Number.parseInt(address.split(":")[1]!, 16)}`;
  }
  throw new Error("it listens nowhere");
}
