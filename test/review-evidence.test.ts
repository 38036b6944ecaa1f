import { execFileSync } from "node:child_process";
import { createReadStream, existsSync, readdirSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cannotBuild } from "./world/building.ts";
import { elfFile } from "./world/elf-file.ts";
import type { ForgeServer } from "./world/forge-server.ts";
import { goodToken, standIns } from "./world/forges.ts";
import { GitServer } from "./world/git-server.ts";
import { missingPrograms } from "./world/programs.ts";
import { publishingPrograms } from "./world/scratch-repository.ts";
import { ScratchWorkspace } from "./world/workspace.ts";

const missing = [cannotBuild, ...missingPrograms(...publishingPrograms)].filter(Boolean).join(", ");

/** What the build of an update that nobody has approved tries to get at. */
const curious = `
  echo "sees $(env | cut -d= -f1 | sort | tr '\\n' ' ')"
  (exec 3<> /dev/tcp/127.0.0.1/$(cat port)) 2> /dev/null && echo "has network" || echo "has no network"
  [ -e "$(cat state)" ] && echo "reaches the state" || echo "reaches no state"
  ls / /root /home 2> /dev/null | tr '\\n' ' '`;

/** By pkgbase, how it is built in its first version and in the one that is held. */
const kinds = {
  "adds-unit": [
    "",
    'install -Dm644 unit "$pkgdir/usr/lib/systemd/system/evil.service"',
    "install no-such-file",
  ],
  "adds-setuid": ["", `${curious}\n  install -Dm4755 unit "$pkgdir/usr/bin/tool"`],
  "needs-more": ["base64 -d program", "base64 -d program.2", "base64 -d < program.2"].map(
    (program) => `${program} > tool; install -Dm755 tool "$pkgdir/usr/bin/tool"`,
  ),
} as const;

const programs = [["libc.so.6"], ["libc.so.6", "libcurl.so.4"]].map((needed) =>
  elfFile({ needed }).toString("base64"),
);

describe.skipIf(missing !== "")(
  `what a held update's packages contain (needs ${missing || "nothing more"})`,
  () => {
    const start = new ScratchWorkspace();
    const upstreams = new GitServer();

    beforeAll(async () => {
      await upstreams.start();
      for (const name of Object.keys(kinds)) {
        upstreams.create(name);
        publish(name, 0);
        for (const [path, text] of Object.entries(recipe(name, 0)))
          start.write(`packages/${name}/${path}`, text);
        start.write(
          `packages/${name}/.CI/config`,
          `CI_PKGBUILD_SOURCE=${upstreams.url(name)}\nBUILDER_NETWORK=true\n`,
        );
      }
      start.publishScheduled();
      expect(await start.sluice(["build"])).toMatchObject({ code: 0 });
      expect(await start.sluice(["on-schedule"])).toMatchObject({ code: 0 });
      for (const name of Object.keys(kinds)) publish(name, 1);
    });
    afterAll(async () => {
      await upstreams.stop();
      start.remove();
    });

    function publish(name: string, version: number): void {
      upstreams.commit(name, { files: recipe(name, version), message: `version ${version}` });
    }

    function recipe(name: string, version: number): Record<string, string> {
      const files = ["unit", "program", "program.2", "port", "state"];
      const steps = kinds[name as keyof typeof kinds][version]!;
      return {
        PKGBUILD: `pkgname=${name}
pkgver=1.${version}
pkgrel=1
arch=(any)
options=(!strip)
source=(${files.join(" ")})
sha256sums=(${files.map(() => "SKIP").join(" ")})
package() {
  install -Dm644 unit "$pkgdir/usr/share/${name}/1.${version}/unit"
  ${steps}
}
`,
        unit: "[Service]\nExecStart=/usr/bin/true\n",
        program: programs[0]!,
        "program.2": programs[1]!,
        port: new URL(upstreams.url(name)).port,
        state: join(start.dir, ".sluice"),
      };
    }

    let stderr: string;
    let before: string;

    test("each review says first what is new, on GitHub", async () => {
      const server = await openReviews();
      before = published();
      const ended = await start.sluice(["review", "--build"], envOf("github", server));
      stderr = ended.stderr;
      expect(ended).toMatchObject({ code: 0 });
      expectEach(server);
      await server.stop();
    });

    test("and on GitLab, from what is kept", async () => {
      const server = await standIns[1]!.start(start.origin);
      for (const branch of reviewBranches())
        server.openAs("sluice-bot", branch).body = "**Major:** look.\n\nAll else.";
      const again = await start.sluice(["review", "--build", "--json"], envOf("gitlab", server));
      expect(again.stderr).not.toContain("building");
      expectEach(server);
      expect(JSON.parse(again.stdout)).toContainEqual(
        expect.objectContaining({
          pkgbase: "needs-more",
          evidence: expect.arrayContaining([
            expect.objectContaining({ title: "Packages", first: [expect.stringContaining("libcurl.so.4")] }),
          ]),
        }),
      );
      await server.stop();
    });

    test("whoever looks at a terminal sees the same", async () => {
      const { stdout } = await start.sluice(["review", "show", "adds-unit"]);
      expect(stdout).toMatch(
        /^Look at first:\n  A systemd unit comes: .*\n\nPackages:\n  A systemd unit comes/m,
      );
    });

    test("nothing of the builds is published, kept, or can reach a key, a token or the network", () => {
      expect(published()).toBe(before);
      expect(readdirSync(join(start.dir, ".sluice/reviews"))).toEqual([".lock"]);
      expect(existsSync(join(start.dir, ".sluice/sources/adds-setuid"))).toBe(false);
      expect(stderr).toContain("has no network");
      expect(stderr).toContain("reaches no state");
      expect(stderr).not.toMatch(new RegExp(`${goodToken}|ACCESS_TOKEN|GITHUB_|GNUPG`));
    });

    test("sluice up --pipelines does so by itself where CI_REVIEW_BUILDS asks for it, and says why one fails", async () => {
      start.git("pull", "-q", "--rebase", "origin", "main");
      start.write(".ci/config", `${start.read(".ci/config")}CI_REVIEW_BUILDS=true\n`);
      start.publishScheduled("build reviews");
      publish("adds-unit", 2);
      const { stderr: said } = await start.sluice(["up", "--once", "--pipelines"]);
      expect(said).toMatch(/reviews: the held update of adds-unit: .*no-such-file/);
      const { stdout } = await start.sluice(["review", "show", "adds-unit"]);
      expect(stdout).toMatch(/^Look at first:\n  It can't be built: `.*no-such-file/m);
      expect(stdout).toMatch(/^  The log: `==> ERROR: A failure occurred in package\(\)/m);
      expect(start.atOrigin("ls-tree", "--name-only", "-r", "state")).toContain(".evidence/adds-unit.json");
    });

    test("a runner compares with what clients see, where CI_LIB_DB names it", async () => {
      const files = createServer((request, response) => {
        const path = join(start.dir, ".sluice/repositories", decodeURIComponent(request.url!));
        if (existsSync(path)) createReadStream(path).pipe(response);
        else response.writeHead(404).end();
      });
      await new Promise<void>((resolve) => files.listen(0, "127.0.0.1", resolve));
      const { port } = files.address() as AddressInfo;
      start.git("pull", "-q", "--rebase", "origin", "main");
      const database = `http://127.0.0.1:${port}/test/x86_64/test.db`;
      start.write(".ci/config", `${start.read(".ci/config")}CI_LIB_DB=${database}\n`);
      start.publishScheduled("where it is published");
      publish("needs-more", 2);
      await start.sluice(["on-schedule"]);
      const elsewhere = join(start.base, "elsewhere");
      const { stdout, stderr } = await start.sluice([
        "review",
        "show",
        "needs-more",
        "--build",
        "--state",
        elsewhere,
      ]);
      expect(stdout, stderr).toMatch(
        /^Look at first:\n  NEEDED is new: `usr\/bin\/tool` loads `libcurl.so.4`$/m,
      );
      files.close();
    });

    async function openReviews(): Promise<ForgeServer> {
      const server = await standIns[0]!.start(start.origin);
      expect(await start.sluice(["on-schedule"], envOf("github", server))).toMatchObject({ code: 0 });
      return server;
    }

    function reviewBranches(): string[] {
      return start
        .atOrigin("for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads/update-*")
        .split("\n");
    }

    function published(): string {
      const folders = ["repositories", "finished", "queue.sqlite"].map((name) =>
        join(start.dir, ".sluice", name),
      );
      return execFileSync("find", [...folders, "-printf", "%p %s %T@ %l\\n"], { encoding: "utf8" });
    }
  },
);

function envOf(kind: "github" | "gitlab", { apiUrl, project }: ForgeServer): Record<string, string> {
  const platform = {
    github: {
      GITHUB_ACTIONS: "true",
      GITHUB_API_URL: apiUrl,
      GITHUB_REPOSITORY: project,
      GITHUB_REF_TYPE: "branch",
      GITHUB_REF_NAME: "main",
    },
    gitlab: {
      GITLAB_CI: "true",
      CI_API_V4_URL: apiUrl,
      CI_PROJECT_PATH: project,
      CI_COMMIT_BRANCH: "main",
    },
  };
  return { ...platform[kind], ACCESS_TOKEN: goodToken };
}

function expectEach(server: ForgeServer): void {
  const shown = server.current().map(({ branch, body }) => {
    const [, first = body] = /\n\n<!-- sluice:first -->\n### Look at first\n\n([^]*?)\n<!--/.exec(body) ?? [];
    expect(body).toMatch(/<details><summary>Packages \(\d\)<\/summary>/);
    return [branch.replace(/^update-|-[0-9a-f]{16}$/g, ""), first];
  });
  expect(Object.fromEntries(shown)).toEqual({
    "adds-unit": "- A systemd unit comes: `usr/lib/systemd/system/evil.service`",
    "adds-setuid":
      "- A setuid file: `usr/bin/tool` (4755, root), and it wasn't there before\n- A program comes: `usr/bin/tool`",
    "needs-more": "- NEEDED is new: `usr/bin/tool` loads `libcurl.so.4`",
  });
}
