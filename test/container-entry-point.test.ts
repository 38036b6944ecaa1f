import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cannotBuild } from "./world/building.ts";
import { Farm } from "./world/farm.ts";
import { missingPrograms } from "./world/programs.ts";
import type { Running } from "./world/sluice.ts";
import { missingForSsh, SshGateway } from "./world/ssh-gateway.ts";

const run = promisify(execFile);

/** The job `do-schedule` of chaotic-repository-template's .gitlab-ci.yml, as it is written there. */
const doSchedule = String.raw`
[[ -z ${"${DEPLOY_KEY+x}"} ]] && echo "No deploy key available, backing off!" && exit 1
echo "$DEPLOY_KEY" >/app/sshkey
chmod 400 /app/sshkey
if [ -f .ci/schedule-params.txt ]; then set -x; source ".ci/schedule-params.txt";
  if [[ -v PARAMS_SCHEDULE ]]; then /entry_point.sh "${"${PARAMS_SCHEDULE[@]}"}"; fi;
  if [[ -v PARAMS_AUTOREPOREMOVE ]]; then /entry_point.sh "${"${PARAMS_AUTOREPOREMOVE[@]}"}"; fi;
fi`;

/** How its .ci/schedule-packages.sh writes that file. Arguments: commit, packages to build, `--`, those that stay. */
const writeParams = String.raw`
declare -a PARAMS_SCHEDULE=("schedule" "--target-repo=$REPO_NAME" "--source-repo=$BUILD_REPO" --commit "$1:77")
PARAMS_SCHEDULE+=("--arch-mirror=https://mirror.example.org/\$repo/os/\$arch")
shift
while [ "$1" != -- ]; do PARAMS_SCHEDULE+=("$1"); shift; done; shift
declare -a PARAMS_AUTOREPOREMOVE=("auto-repo-remove" "--target-repo=$REPO_NAME" "$@")
export REDIS_SSH_HOST REDIS_SSH_PORT REDIS_SSH_USER REDIS_PORT
for key in "REDIS_SSH_HOST" "REDIS_SSH_PORT" "REDIS_SSH_USER" "REDIS_PORT"; do declare -p "$key"; done
declare -p PARAMS_AUTOREPOREMOVE PARAMS_SCHEDULE`;

const missing = [cannotBuild, ...missingPrograms("redis-server"), ...missingForSsh()].filter(
  (name) => name !== "",
);

describe.skipIf(missing.length > 0)(
  `a client of chaotic-manager (needs ${missing.join(", ") || "nothing more"})`,
  () => {
    const base = mkdtempSync(join(tmpdir(), "sluice-entry-point-"));
    let farm: Farm;
    let gateway: SshGateway;
    let manager: Running;

    beforeAll(async () => {
      farm = await Farm.start();
      gateway = await SshGateway.start([farm.redis.port]);
      farm.workspace.addRecipe("daily");
      farm.workspace.write("packages/daily/.CI/config", "CI_ON_TRIGGER=daily\n");
      farm.workspace.addRecipe("tool");
      farm.commit("two packages");
      manager = farm.manager(["--jobs", "1"]);
      await manager.saying(/Serving/);
    });
    afterAll(async () => {
      await farm.close();
      await gateway.close();
      rmSync(base, { recursive: true });
    });

    /** The job, in a folder that stands in for the container. */
    async function job(commit: string, builds: readonly string[]): Promise<string> {
      mkdirSync(join(base, "app"), { recursive: true });
      mkdirSync(join(base, ".ci"), { recursive: true });
      const own: Record<string, string> = { ...gateway.env, REDIS_PORT: String(farm.redis.port) };
      const { REDIS_SSH_HOST_KEY: _hostKey, REDIS_SSH_KEY_FILE: _keyFile, ...settings } = own;
      // As the template's .ci/config has them, and its scripts read them: with their quotes.
      const named = Object.entries({ REPO_NAME: "scratch", BUILD_REPO: "test", ...settings });
      const quoted = Object.fromEntries(named.map(([name, text]) => [name, `"${text}"`]));
      const env = { PATH: process.env["PATH"], ...quoted };
      const { stdout } = await run("bash", ["-c", writeParams, "write", commit, ...builds, "--", "tool"], {
        env,
      });
      writeFileSync(join(base, ".ci/schedule-params.txt"), stdout);
      const entryPoint = join(process.cwd(), "dist/cli/entry-point/main.js");
      writeFileSync(
        join(base, "entry_point.sh"),
        `#!/bin/sh\nREDIS_SSH_KEY_FILE='${base}/app/sshkey' exec '${process.execPath}' '${entryPoint}' "$@"\n`,
        { mode: 0o755 },
      );
      const here = doSchedule
        .replaceAll("/app/sshkey", `${base}/app/sshkey`)
        .replaceAll("/entry_point.sh", `${base}/entry_point.sh`);
      const secrets = {
        DEPLOY_KEY: readFileSync(gateway.file("builder"), "utf8").trimEnd(),
        REDIS_PASSWORD: farm.redis.password,
      };
      rmSync(join(base, "app/sshkey"), { force: true });
      const { stderr } = await run("bash", ["-e", "-c", here], {
        cwd: base,
        env: { PATH: process.env["PATH"], NO_COLOR: "1", ...secrets },
      });
      return stderr;
    }

    test("hands over to our container as its job is written, and what it asks for is built", async () => {
      await manager.saying(/tool: built/);
      const said = await job(farm.workspace.git("rev-parse", "HEAD"), ["daily/1"]);
      expect(said).toContain("Handed over for scratch: daily.");
      expect(said).toMatch(/the host key of 127\.0\.0\.1 isn't checked: set REDIS_SSH_HOST_KEY/);
      expect(said).not.toContain(farm.redis.password);
      await manager.saying(/daily: building \(handed over by pipeline 77\)/);
      await manager.saying(/daily: built: 1-1/);
    });

    test("that hands over a commit which main doesn't have yet is waited for", async () => {
      farm.workspace.addRecipe("fresh");
      farm.workspace.write("packages/fresh/.CI/config", "CI_ON_TRIGGER=daily\n");
      farm.workspace.git("checkout", "-q", "-b", "later");
      const commit = farm.workspace.commit("one more");
      farm.workspace.git("checkout", "-q", "-");
      await job(commit, ["fresh", "unknown"]);
      await manager.saying(new RegExp(`main doesn't have ${commit} yet`));
      farm.workspace.git("merge", "-q", "later");
      expect((await manager.saying(/fresh: building \((.*)\)/))[1]).toBe("handed over by pipeline 77");
      await manager.saying(/fresh: built: 1-1/);
    });
  },
);
