import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { cannotBuild } from "../../../test/world/building.ts";
import { storeZstd, writeTar } from "../../../test/world/tar.ts";
import { tinyPackage, type TinyPackage } from "../../../test/world/tiny-package.ts";
import { ScratchWorkspace } from "../../../test/world/workspace.ts";
import { openGit } from "../../git/git.ts";
import { publishedPackages } from "../../pkgrepo/snapshot.ts";
import { makeLocalKey } from "../../pkgrepo/signing/signing-key.ts";
import { publish } from "../../pkgrepo/publishing/publish.ts";
import { bubblewrap } from "../../sandbox/bubblewrap/bubblewrap.ts";
import { headers, protocol } from "../builder-protocol.ts";
import { openInstallations, type Installation } from "../installation.ts";
import { serve, type Server } from "../serve.ts";
import { builderApi } from "./api.ts";
import { RemoteBuilding } from "./remote-building.ts";
import { Roster } from "./roster.ts";
import { addBuilder, removeBuilder } from "./tokens.ts";

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

interface Claimed {
  readonly build: number;
  readonly token: string;
}

const pkginfo = (pkgname: string, version: string): string =>
  `pkgname = ${pkgname}\npkgbase = foo\npkgver = ${version}\narch = any\n`;

const tiny = (described: TinyPackage): Buffer => tinyPackage({ arch: "any", ...described });

describe.skipIf(cannotBuild !== "")(
  `what a builder may send (needs ${cannotBuild || "nothing more"})`,
  () => {
    let workspace: ScratchWorkspace;
    let installation: Installation;
    let server: Server;
    let tokens: Readonly<Record<"good" | "bad", string>>;
    let refusals: string[];
    let clock: number;

    // Making one takes longer than a test.
    const key = mkdtempSync(join(tmpdir(), "sluice-key-"));
    beforeAll(() => makeLocalKey(join(key, "signing-key"), "Test"));
    afterAll(() => rmSync(key, { recursive: true, force: true }));

    beforeEach(async () => {
      workspace = new ScratchWorkspace();
      const state = join(workspace.base, "state");
      // Sockets of the agent that made the key may be there a moment longer.
      cpSync(key, state, { recursive: true, filter: (path) => !basename(path).startsWith("S.") });
      workspace.addPackage("foo");
      workspace.addPackage("bar");
      const commit = workspace.commit("packages");
      clock = 1_000_000;
      [installation] = await openInstallations({
        git: openGit(workspace.dir, process.env),
        settings: { BUILD_REPO: "test", SIGNING_KEY: "", CI_ARCHES: ["x86_64"] },
        state,
        gnupgHome: "/nonexistent",
        sandbox: bubblewrap(),
        now: () => new Date(clock),
      });
      await publish(installation.repository, [], new Date());
      const builds = ["foo", "bar"].map((pkgbase) => ({
        pkgbase,
        class: null,
        pkgnames: [pkgbase],
        needs: [],
        reason: "changed",
      }));
      const schedule = { commit, arch: "x86_64", target: "test", source: "scratch", removals: [] };
      await installation.queue.submit({ ...schedule, builds });
      tokens = { good: await addBuilder(state, "good"), bad: await addBuilder(state, "bad") };
      refusals = [];
      const building = new RemoteBuilding([installation], {
        roster: new Roster(() => clock, 20_000),
        offering: { look: () => undefined, taken: () => undefined },
        watcher: { refused: (name, { pkgbase }, why) => refusals.push(`${name} ${pkgbase}: ${why}`) },
        workspaceOf: () => ({ name: "scratch", url: workspace.origin }),
        leaseMs: 20_000,
      });
      const api = builderApi(building, state, (error) => refusals.push(`trouble: ${String(error)}`));
      server = await serve(installation.folders, 0, { handler: api });
      for (const name of ["good", "bad"] as const) {
        const description = { arch: "x86_64", class: "2", jobs: 2, draining: false, builds: [] };
        expect((await ask(name, "alive", description)).status).toBe(200);
      }
    });

    afterEach(async () => {
      await server.close();
      await installation.queue.close();
      workspace.remove();
    });

    async function ask(
      name: "good" | "bad",
      path: string,
      body: unknown,
      { claim, method = "POST", ...more }: { claim?: string; method?: string } & Record<string, string> = {},
    ): Promise<Answer> {
      const answer = await fetch(`${server.url}/builder/${path}`, {
        method,
        body: body instanceof Uint8Array ? body : JSON.stringify(body),
        headers: {
          authorization: `Bearer ${tokens[name]}`,
          [headers.protocol]: String(protocol),
          ...(claim && { [headers.claim]: claim }),
          ...more,
        },
      });
      return { status: answer.status, body: (await answer.json()) as Answer["body"] };
    }

    async function claim(name: "good" | "bad", build = 1): Promise<Claimed> {
      const { body } = await ask(name, "claim", { build });
      expect(body).toMatchObject({ kind: "build", pkgbase: ["foo", "bar"][build - 1] });
      return { build, token: String(body["token"]) };
    }

    /** Announces, uploads and finishes, as an honest builder does it; returns the last answer. */
    async function bring(
      name: "good" | "bad",
      { build, token }: Claimed,
      files: Readonly<Record<string, Buffer>>,
      said: { version?: string; sent?: Readonly<Record<string, Buffer>> } = {},
    ): Promise<Answer> {
      const packages = {
        pkgnames: ["foo"],
        version: said.version ?? "1-1",
        vcs: {},
        files: Object.entries(files).map(([file, bytes]) => ({
          name: file,
          size: bytes.length,
          sha256: createHash("sha256").update(bytes).digest("hex"),
        })),
      };
      const announced = await ask(name, `builds/${build}/packages`, packages, { claim: token });
      if (announced.body["kind"] !== "upload") return announced;
      for (const [file, bytes] of Object.entries(said.sent ?? files)) {
        const path = `builds/${build}/packages/${encodeURIComponent(file)}?at=0`;
        const sent = await ask(name, path, bytes, { claim: token, method: "PUT" });
        if (sent.status !== 200) return sent;
      }
      const finished = { outcome: "built", message: "", packages };
      return ask(name, `builds/${build}/finish`, finished, { claim: token });
    }

    const named = (described: TinyPackage): Record<string, Buffer> => ({
      [`${described.pkgname}-${described.version ?? "1-1"}-any.pkg.tar.zst`]: tiny(described),
    });
    const published = async (): Promise<string[]> =>
      (await publishedPackages(installation.repository)).map(({ filename }) => filename);

    test("what the commit declares is published, once, however often its end is told", async () => {
      const own = await claim("good");
      const first = await bring("good", own, named({ pkgname: "foo" }));
      expect(first.body).toEqual({ kind: "finished", outcome: "built", message: "1-1" });
      expect(await published()).toEqual(["foo-1-1-any.pkg.tar.zst"]);
      const again = await bring("good", own, named({ pkgname: "foo" }));
      expect(again.body).toEqual({ kind: "gone" });
      expect(refusals).toEqual([]);
      expect(readdirSync(installation.folders.landing)).toEqual([]);
    });

    test.each<[string, Record<string, Buffer>, RegExp]>([
      ["another pkgname", named({ pkgname: "evil", pkgbase: "foo" }), /holds evil, and the recipe makes foo/],
      ["another pkgbase", named({ pkgname: "foo", pkgbase: "bar" }), /says it is of bar/],
      [
        "another version",
        named({ pkgname: "foo", version: "9-1" }),
        /has version 9-1, and the recipe has 1-1/,
      ],
      [
        "another architecture",
        { "foo-1-1-arm.pkg.tar.zst": tiny({ pkgname: "foo", arch: "arm" }) },
        /is for arm, not for x86_64/,
      ],
      [
        "another name than it holds",
        { "foo-1-1-x86_64.pkg.tar.zst": tiny({ pkgname: "foo" }) },
        /isn't what its name says/,
      ],
      [
        "no package at all",
        { "foo-1-1-any.pkg.tar.zst": Buffer.from("garbage") },
        /reading the packages failed/,
      ],
      [
        "a package that is another one for pacman",
        {
          "foo-1-1-any.pkg.tar.zst": storeZstd(
            writeTar({ "./.PKGINFO": pkginfo("foo", "9-1"), ".PKGINFO": pkginfo("glibc", "9-1") }),
          ),
        },
        /doesn't have exactly one \.PKGINFO/,
      ],
      [
        "a foreign package beside its own",
        { ...named({ pkgname: "foo" }), ...named({ pkgname: "glibc", pkgbase: "foo" }) },
        /holds glibc, and the recipe makes foo/,
      ],
      [
        "a path in a name",
        { "../../foo-1-1-any.pkg.tar.zst": tiny({ pkgname: "foo" }) },
        /isn't the name of a package file/,
      ],
      [
        "shell syntax in a name",
        { "foo-$(id).pkg.tar.zst": tiny({ pkgname: "foo" }) },
        /isn't the name of a package file/,
      ],
    ])("%s is refused, and said with the builder's name", async (_what, files, why) => {
      const answer = await bring("bad", await claim("bad"), files, { version: "9-1" });
      expect(String(answer.body["message"])).toMatch(why);
      expect(refusals).toEqual([expect.stringMatching(/^bad foo: /)]);
      expect(await published()).toEqual([]);
    });

    test("a build that was refused is given to another builder, and the log says why", async () => {
      await bring("bad", await claim("bad"), named({ pkgname: "evil", pkgbase: "foo" }));
      const log = readFileSync(join(installation.folders.logs, "foo/1.log"), "utf8");
      expect(log).toMatch(
        /:: lost: what bad brought is refused: foo: evil-1-1-any\.pkg\.tar\.zst holds evil/,
      );
      clock += 1000;
      const answer = await bring("good", await claim("good"), named({ pkgname: "foo" }));
      expect(answer.body).toMatchObject({ outcome: "built" });
    });

    test("another's claim is nobody's: no log, no upload and no end come through", async () => {
      const { build, token } = await claim("good");
      const stolen = { build, token };
      expect((await bring("bad", stolen, named({ pkgname: "foo" }))).body).toEqual({ kind: "gone" });
      const log = await ask("bad", `builds/${build}/log?at=0`, Buffer.from("lies"), { claim: token });
      expect(log.status).toBe(410);
      const end = { outcome: "failed", message: "sabotage" };
      expect((await ask("bad", `builds/${build}/finish`, end, { claim: token })).body).toEqual({
        kind: "gone",
      });
      expect((await ask("bad", "claim", { build })).body).toEqual({ kind: "gone" });
      const { builds } = await installation.queue.state();
      expect(builds.find(({ id }) => id === build)?.status).toMatchObject({ kind: "active", worker: "good" });
    });

    test("a builder that comes back after its lease ran out is told so, and nothing of it is published", async () => {
      const old = await claim("good");
      clock += 30_000;
      await installation.queue.ready({ classes: "all", limit: 1 });
      clock += 1000;
      await claim("bad");
      const description = { arch: "x86_64", class: "2", jobs: 2, draining: false, builds: [old] };
      expect((await ask("good", "alive", description)).body).toEqual({ stop: { [old.token]: "gone" } });
      expect((await bring("good", old, named({ pkgname: "foo" }))).body).toEqual({ kind: "gone" });
      expect(await published()).toEqual([]);
    });

    test("a builder is given no more builds at a time than it says to have jobs for", async () => {
      const description = { arch: "x86_64", class: "2", jobs: 1, draining: false, builds: [] };
      await ask("bad", "alive", description);
      const first = await claim("bad");
      expect((await ask("bad", "claim", { build: 2 })).body).toEqual({ kind: "gone" });
      const end = { outcome: "skipped", message: "" };
      await ask("bad", `builds/1/finish`, end, { claim: first.token });
      await claim("bad", 2);
    });

    test("more than was announced, or other bytes, doesn't land", async () => {
      const own = await claim("bad");
      const [[name, bytes]] = Object.entries(named({ pkgname: "foo" })) as [[string, Buffer]];
      const more = await bring(
        "bad",
        own,
        { [name]: bytes },
        { sent: { [name]: Buffer.concat([bytes, bytes]) } },
      );
      expect(more).toMatchObject({ status: 422, body: { message: /more arrived/ } });
      rmSync(join(installation.folders.landing, readdirSync(installation.folders.landing)[0]!, name), {
        force: true,
      });
      const other = Buffer.from(bytes).fill(7);
      const changed = await bring("bad", own, { [name]: bytes }, { sent: { [name]: other } });
      expect(String(changed.body["message"])).toMatch(/its SHA-256 differs/);
      expect(await published()).toEqual([]);
    });

    test("an upload that ended halfway goes on where it ended", async () => {
      const { build, token } = await claim("good");
      const [[name, bytes]] = Object.entries(named({ pkgname: "foo" })) as [[string, Buffer]];
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      const packages = {
        pkgnames: ["foo"],
        version: "1-1",
        vcs: {},
        files: [{ name, size: bytes.length, sha256 }],
      };
      const put = (at: number, part: Buffer): Promise<Answer> =>
        ask("good", `builds/${build}/packages/${name}?at=${at}`, part, { claim: token, method: "PUT" });
      await ask("good", `builds/${build}/packages`, packages, { claim: token });
      expect((await put(0, bytes.subarray(0, 100))).body).toEqual({ size: 100 });
      expect((await put(0, bytes.subarray(0, 100))).body).toEqual({ size: 100 });
      const { body } = await ask("good", `builds/${build}/packages`, packages, { claim: token });
      expect(body).toEqual({ kind: "upload", have: { [name]: 100 } });
      expect((await put(100, bytes.subarray(100))).body).toEqual({ size: bytes.length });
      const end = { outcome: "built", message: "", packages };
      const ended = await ask("good", `builds/${build}/finish`, end, { claim: token });
      expect(ended.body).toMatchObject({ outcome: "built" });
    });

    test("ten gigabytes are refused before they are sent", async () => {
      const { build, token } = await claim("bad");
      const files = [{ name: "foo-1-1-any.pkg.tar.zst", size: 10 * 2 ** 30, sha256: "0".repeat(64) }];
      const packages = { pkgnames: ["foo"], version: "1-1", vcs: {}, files };
      const answer = await ask("bad", `builds/${build}/packages`, packages, { claim: token });
      expect(answer).toMatchObject({ status: 422, body: { message: /10737418240 bytes are announced/ } });
    });

    test("a package that unpacks to far more than its size is refused while it is measured", async () => {
      // 2 GiB of zeros, each frame the same: small on the wire.
      const frame = execFileSync("sh", ["-c", "head -c 134217728 /dev/zero | zstd -q -1 -c"]);
      const bytes = Buffer.concat(Array.from({ length: 16 }, () => frame));
      const answer = await bring("bad", await claim("bad"), { "foo-1-1-any.pkg.tar.zst": bytes });
      expect(String(answer.body["message"])).toMatch(/larger than \d+ bytes unpacked/);
    });

    test("the log holds every byte once, whatever is sent again, early or beyond its end", async () => {
      const { build, token } = await claim("good");
      const log = join(installation.folders.logs, "foo/1.log");
      const before = readFileSync(log, "utf8");
      const say = async (at: number, text: string): Promise<unknown> => {
        const path = `builds/${build}/log?at=${before.length + at}`;
        const { body } = await ask("good", path, Buffer.from(text), { claim: token });
        return Number(body["size"]) - before.length;
      };
      expect(await say(0, "one ")).toBe(4);
      expect(await say(0, "one ")).toBe(4);
      expect(await say(9, "three")).toBe(4);
      expect(await say(2, "e two ")).toBe(8);
      expect(await say(8, "three")).toBe(13);
      expect(readFileSync(log, "utf8")).toBe(`${before}one two three`);
    });

    test.each<[string, Record<string, string>, number, RegExp]>([
      ["a stranger", { authorization: "Bearer guess" }, 401, /knows no builder with this token/],
      [
        "another protocol",
        { [headers.protocol]: "7" },
        426,
        /builder speaks protocol 7, and the manager protocol 1/,
      ],
    ])("%s is sent away", async (_who, more, status, message) => {
      expect(await ask("good", "claim", { build: 1 }, more)).toMatchObject({ status, body: { message } });
    });

    test("a builder whose token was taken away is a stranger", async () => {
      await removeBuilder(installation.folders.state, "bad");
      expect((await ask("bad", "claim", { build: 1 })).status).toBe(401);
    });

    test("garbage is answered, and nothing comes of it", async () => {
      expect((await ask("bad", "claim", { build: "1; rm -rf /" })).status).toBe(400);
      expect((await ask("bad", "claim", Buffer.from("{"))).status).toBe(400);
      expect((await ask("bad", "builds/x/finish", {})).status).toBe(400);
      expect((await ask("bad", "builds/1/secrets", {})).status).toBe(404);
      expect((await ask("bad", "claim", Buffer.alloc(2 ** 21, "x"))).status).toBe(413);
      expect((await ask("bad", "claim", { build: 99 })).body).toEqual({ kind: "gone" });
      expect(refusals).toEqual([]);
    });
  },
);
