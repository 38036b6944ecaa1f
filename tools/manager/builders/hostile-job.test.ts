import { createHash } from "node:crypto";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ScratchWorkspace } from "../../../test/world/workspace.ts";
import { openGit } from "../../git/git.ts";
import { host } from "../../sandbox/host.ts";
import type { MadeFiles } from "../builder-protocol.ts";
import { openBuildingPlace, openQueue, type Installation } from "../installation.ts";
import { releasePlace } from "../releases/release-place.ts";
import { submitReleases } from "../releases/submit-releases.ts";
import { RemoteBuilding } from "./remote-building.ts";
import { Roster } from "./roster.ts";

const definition = `source = "https://example.org/app.git"
[targets]
darwin = { class = "macos" }
[channels]
stable = { tag = '.+' }
[stages.build]
app = { run = "build.sh", for = "*", makes = { bin = "app" } }
[publish]
files = { to = "files", at = "file:///nonexistent/{ref}", of = "bin" }
`;

const key = { project: "app", channel: "stable", ref: "v1" };
const digest = (bytes: string): string => createHash("sha256").update(bytes).digest("hex");

let w: ScratchWorkspace;
let installation: Installation;
let building: RemoteBuilding;
let refusals: string[];

beforeEach(async () => {
  w = new ScratchWorkspace();
  w.write("releases/app/release.toml", definition);
  w.write("releases/app/build.sh", "echo app > app\n");
  const lock = { ref: "refs/tags/v1", commit: "1".repeat(40), reason: "by hand" };
  const lines = Object.entries(lock).map(([name, value]) => `${name} = "${value}"\n`);
  w.write("releases/app/stable.lock", lines.join(""));
  const head = w.commit("release");
  const state = join(w.base, "state");
  const settings = { BUILD_REPO: "test", SIGNING_KEY: "", CI_ARCHES: ["x86_64"] };
  const git = openGit(w.dir, process.env);
  const place = await openBuildingPlace({ git, settings, arch: "x86_64", state, sandbox: host() });
  const queue = await openQueue(state);
  installation = { ...place, settings, queue, now: () => new Date(), others: [] } as unknown as Installation;
  await submitReleases(installation, head, "scratch");
  refusals = [];
  building = await manager();
});

/** As it is after a start: of what builders announced before nothing is known. */
async function manager(): Promise<RemoteBuilding> {
  const fresh = new RemoteBuilding([installation], {
    roster: new Roster(() => 0, 20_000),
    offering: { look: () => undefined, taken: () => undefined },
    watcher: { refused: (name, { pkgbase }, why) => refusals.push(`${name} ${pkgbase}: ${why}`) },
    workspaceOf: () => ({ name: "scratch", url: w.origin }),
    leaseMs: 20_000,
  });
  for (const name of ["mac", "other"]) await fresh.alive(name, description, []);
  return fresh;
}

const description = { arch: "aarch64", class: "macos", jobs: 1, draining: false };

afterEach(async () => {
  await building.close();
  await installation.queue.close();
  w.remove();
});

async function claim(name = "mac"): Promise<string> {
  const claimed = await building.claim(name, 1);
  return claimed.kind === "gone" ? "gone" : claimed.token;
}

const file = (path: string, bytes = "bin", artifact = "bin"): MadeFiles[number] => ({
  artifact,
  path,
  bytes: bytes.length,
  sha256: digest(bytes),
  isExecutable: true,
});

async function bring(token: string, made: MadeFiles, sent: string = "bin"): Promise<unknown> {
  const announced = await building.announceMade("mac", 1, token, made);
  if (announced.kind !== "upload") return announced;
  for (const { sha256 } of made)
    await building.receive("mac", 1, token, {
      file: sha256,
      at: 0,
      bytes: Readable.from([Buffer.from(sent)]),
    });
  return building.finish("mac", 1, token, { outcome: "built", message: "", artifacts: made });
}

const recorded = () => releasePlace(installation).records.read(key)?.jobs["build.app@darwin"];

test("what a job was to make is taken, and on record by its digest", async () => {
  expect(await bring(await claim(), [file("app")])).toMatchObject({ kind: "finished", outcome: "built" });
  const { artifact: _, ...kept } = file("app");
  expect(recorded()).toMatchObject({ isGreen: true, artifacts: { bin: [kept] } });
  expect(await releasePlace(installation).artifacts.has(kept)).toBe(true);
  expect([refusals, readdirSync(installation.folders.landing)]).toEqual([[], []]);
});

test.each<[string, MadeFiles, RegExp]>([
  ["an artifact of another job", [file("app"), file("x", "bin", "other")], /makes no artifact other/],
  ["nothing", [], /was to make bin/],
  ["a file twice", [file("app"), file("app")], /announced twice/],
  ["more than a build may make", [{ ...file("app"), bytes: 10 * 2 ** 30 }], /bytes are announced/],
])("%s is refused before it is sent", async (_what, made, why) => {
  await expect(bring(await claim(), made)).rejects.toThrow(why);
  expect([refusals.length, recorded()]).toEqual([1, undefined]);
});

test("other bytes than were announced aren't taken", async () => {
  expect(await bring(await claim(), [file("app")], "nib")).toMatchObject({
    outcome: "lost",
    message: expect.stringMatching(/its SHA-256 differs/) as string,
  });
  expect([recorded(), await releasePlace(installation).artifacts.has(file("app"))]).toEqual([
    undefined,
    false,
  ]);
});

test("another's job is nobody's, and no file of the store is read that the job doesn't take", async () => {
  const token = await claim();
  const { artifacts } = releasePlace(installation);
  const secret = join(w.base, "secret");
  writeFileSync(secret, "of another project");
  const sha256 = await artifacts.keep(secret);
  expect(await building.announceMade("other", 1, token, [file("app")])).toEqual({ kind: "gone" });
  expect(await building.taken("other", 1, token, sha256)).toBe(undefined);
  expect(await building.taken("mac", 1, token, sha256)).toBe(undefined);
});

test("a failure elsewhere is on record as one here, and publishing is nobody's but the manager's", async () => {
  const token = await claim();
  await building.finish("mac", 1, token, { outcome: "failed", message: "no compiler" });
  expect(recorded()).toMatchObject({ isGreen: false, message: "no compiler" });
  expect(await building.claim("mac", 2)).toEqual({ kind: "gone" });
});

test("a manager that was restarted while files came goes on with what is there", async () => {
  const token = await claim();
  const made = [file("app")];
  const send = (bytes: string, at: number): Promise<number | undefined> =>
    building.receive("mac", 1, token, {
      file: made[0]!.sha256,
      at,
      bytes: Readable.from([Buffer.from(bytes)]),
    });
  await building.announceMade("mac", 1, token, made);
  expect(await send("bi", 0)).toBe(2);
  building = await manager();
  expect(await send("n", 2)).toBe(undefined);
  const answer = await building.announceMade("mac", 1, token, made);
  expect(answer).toEqual({ kind: "upload", have: { [made[0]!.sha256]: 2 } });
  expect(await send("n", 2)).toBe(3);
  const end = { outcome: "built", message: "", artifacts: made } as const;
  expect(await building.finish("mac", 1, token, end)).toMatchObject({ outcome: "built" });
  expect(recorded()).toMatchObject({ isGreen: true });
});

test("a job that a person cancels is stopped at its builder, and isn't on record as failed", async () => {
  const token = await claim();
  const { builds } = await installation.queue.state(["active"]);
  await installation.queue.cancel(builds[0]!, "not now");
  expect(await building.alive("mac", description, [{ build: 1, token }])).toEqual({ [token]: "cancel" });
  await building.finish("mac", 1, token, { outcome: "cancelled", message: "not now" });
  expect(recorded()).toBe(undefined);
});
