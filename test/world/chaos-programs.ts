import { join } from "node:path";

const built = join(import.meta.dirname, "../../dist");

const common = `
import { appendFileSync, cpSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { openGit } from "${built}/git/git.js";
import { redisAddress } from "${built}/queue/bullmq/redis-address.js";
import { bubblewrap } from "${built}/sandbox/bubblewrap/bubblewrap.js";
const { folder, port, url, token, who, redis, ssh } = JSON.parse(process.argv[1]);
const say = (text) => process.stderr.write(who + ": " + text + "\\n");
const troubled = (error) => say(error.message);
const leaseMs = 3000;
`;

const manager = `
${common}
import { openInstallations } from "${built}/manager/installation.js";
import { handOut } from "${built}/manager/builders/claims/hand-out.js";
import { serve } from "${built}/manager/serve.js";
import { up } from "${built}/manager/up.js";
const installations = await openInstallations({
  git: openGit(join(folder, "clone"), process.env),
  settings: { BUILD_REPO: "test", SIGNING_KEY: "", CI_ARCHES: ["x86_64"] },
  state: join(folder, "state"),
  gnupgHome: "/nonexistent",
  sandbox: bubblewrap(),
});
const watcher = {
  troubled,
  finished: (build, result) => say(build.pkgbase + " " + result.outcome + " " + (result.message ?? "")),
  refused: (name, build, why) => say("REFUSED " + name + " " + build.pkgbase + " " + why),
};
const workspace = { name: "scratch", url: join(folder, "origin.git") };
const builders = await handOut(installations, { redis: redisAddress(redis), workspaceOf: () => workspace, watcher, leaseMs, buildsHere: [] });
await serve(installations[0].folders, port, { handler: builders.handle });
await up(installations, { worker: "manager", jobs: 0, once: false, watcher, signal: new AbortController().signal });
`;

const builder = `
${common}
import { builderAddresses } from "${built}/cli/wiring/builder-addresses.js";
import { ManagerClient } from "${built}/manager/remote/manager-client.js";
import { runBuilder } from "${built}/manager/remote/run-builder.js";
const own = { REDIS_USERNAME: "sluice-" + who, REDIS_PASSWORD: "" };
const env = { ...redis, ...own, ...ssh, MANAGER_URL: url, BUILDER_TOKEN: token };
async function addresses() {
  for (;;) {
    try {
      return await builderAddresses(env, troubled);
    } catch (error) {
      troubled(error);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}
const { redis: address, manager } = await addresses();
const build = async ({ pkgbase, srcinfo, folder: into, signal }, _sandbox, log) => {
  const version = srcinfo.base.get("pkgver")[0] + "-1";
  appendFileSync(join(folder, "begun.log"), pkgbase + " " + version + " " + who + "\\n");
  log.note("building " + pkgbase);
  if (pkgbase === "endless") {
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    return { kind: "cancelled", message: "cancelled" };
  }
  await new Promise((resolve) => setTimeout(resolve, 300));
  log.note("made " + pkgbase);
  const made = join(folder, "packages", pkgbase + " " + version);
  cpSync(made, into, { recursive: true });
  const files = readdirSync(made).map((name) => join(into, name));
  return { kind: "built", files, pkgnames: [pkgbase], version, vcs: {} };
};
const drain = new AbortController();
process.once("SIGTERM", () => drain.abort());
await runBuilder({
  manager: new ManagerClient(manager, troubled),
  redis: address,
  description: { arch: "x86_64", class: "2", jobs: 1 },
  state: join(folder, "builder-" + who),
  sandbox: bubblewrap(),
  openGit: (dir) => openGit(dir, process.env),
  watcher: { troubled, finished: (claim, ended) => say(claim.pkgbase + " " + ended) },
  build,
  drain: drain.signal,
  drainMs: 1000,
});
process.exit(0);
`;

/** What the processes of a chaos farm run; each gets its input as JSON. */
export const programs = { manager, one: builder, two: builder };
