import { createHash } from "node:crypto";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FaultyServer, answer } from "../../../test/world/faulty-server.ts";
import { GitServer } from "../../../test/world/git-server.ts";
import { hurry } from "../../../test/world/hurry.ts";
import { missingPrograms } from "../../../test/world/programs.ts";
import { writeTar } from "../../../test/world/tar.ts";
import { changedSources } from "../../gate/source-change/changed-sources.ts";
import type { SourceReport } from "../../gate/source-change/source-section.ts";
import type { RecipeFiles } from "../../gate/update.ts";
import { openGit } from "../../git/git.ts";
import type { Http } from "../../http/http.ts";
import { openHttp } from "../../http/open-http.ts";
import { bubblewrap } from "../../sandbox/bubblewrap/bubblewrap.ts";
import { host } from "../../sandbox/host.ts";
import { lookAtSources } from "./look-at-sources.ts";

const repositories = new GitServer();
const files = new Map<string, Buffer>();
const downloads = new FaultyServer((request, response) => {
  const body = files.get(request.url ?? "");
  if (body) response.end(body);
  else answer(response, { status: 404 });
});
const folder = mkdtempSync(join(tmpdir(), "sluice-sources-"));
let http: Http;

beforeAll(async () => {
  await Promise.all([repositories.start(), downloads.start()]);
  execFileSync("git", ["init", "--quiet", "--bare", folder]);
  const standIns = { "https://github.com": downloads.url, "https://lib.example.org": downloads.url };
  http = openHttp({ parallel: 4, perHost: 4, delaySeconds: 0, standIns }, hurry);
});
afterAll(async () => {
  await http.close();
  await Promise.all([repositories.stop(), downloads.stop()]);
  rmSync(folder, { recursive: true });
});

const isPossible = missingPrograms("bwrap", "bsdtar").length === 0;

/** What the forge is to Git, which knows nothing of stand-ins. */
function scratch() {
  return openGit(folder, {
    ...process.env,
    GIT_CONFIG_COUNT: "1",
    GIT_CONFIG_KEY_0: `url.${repositories.http.url}/.insteadOf`,
    GIT_CONFIG_VALUE_0: "https://github.com/",
  });
}

async function tagsOf(url: string): Promise<ReadonlyMap<string, string>> {
  const name = url.slice("https://github.com/".length, -".git".length);
  return new Map(
    repositories
      .git(name, "tag")
      .split("\n")
      .map((tag) => [tag, ""]),
  );
}

function look(before: RecipeFiles | undefined, after: RecipeFiles): Promise<SourceReport> {
  const ports = { http, scratch: scratch(), sandbox: bubblewrap(), tagsOf };
  return lookAtSources(changedSources({ before, after }, "x86_64"), ports);
}

function recipe(pkgver: string, source: string, sum: string): RecipeFiles {
  const text = `pkgname=xz\npkgver=${pkgver}\nsource=("${source}")\nsha256sums=(${sum})\n`;
  return new Map([["PKGBUILD", { mode: "100644", bytes: Buffer.from(text) }]]);
}

/** Tags a version and releases it with what `make dist` adds. Returns the recipe's checksum. */
function release(
  version: string,
  tagged: Record<string, string | Buffer>,
  added: Record<string, string>,
): string {
  repositories.commit("tukaani/xz", { files: tagged, message: version });
  repositories.git("tukaani/xz", "tag", `v${version}`, "main");
  const inArchive = Object.entries({ ...tagged, ...added }).map(([path, text]) => [
    `xz-${version}/${path}`,
    text,
  ]);
  return upload(
    `/tukaani/xz/releases/download/v${version}/xz-${version}.tar.gz`,
    Object.fromEntries(inArchive),
  );
}

function upload(path: string, content: Record<string, string | Buffer>): string {
  const archive = gzipSync(writeTar(content));
  files.set(path, archive);
  return createHash("sha256").update(archive).digest("hex");
}

const address = "https://github.com/tukaani/xz/releases/download/v${pkgver}/xz-${pkgver}.tar.gz";
const payload = Buffer.from(`\xfd7zXZ\0${"\x01\x02\0".repeat(50)}`, "latin1");

test.skipIf(!isPossible)(
  "a release that holds a script which its tag doesn't have says so first",
  async () => {
    const generated = { configure: "#!/bin/sh\n# 1\n", "m4/lib-ld.m4": "ld\n" };
    const old = release(
      "5.4.6",
      { "configure.ac": "AC_INIT\n", "src/a.c": "int a;\n", "Cargo.lock": "1\n" },
      generated,
    );
    const tagged = {
      "configure.ac": "AC_INIT\nAC_BUILD\n",
      "src/a.c": "int a;\n",
      "Cargo.lock": "2\n",
      "web/app.js": "a=1;".repeat(1000),
      "tests/files/bad-3-corrupt_lzma2.xz": payload,
    };
    const hidden = { ...generated, configure: "#!/bin/sh\n# 2\n", "m4/build-to-host.m4": "eval $payload\n" };
    const now = release("5.6.1", tagged, hidden);
    const { first, lines } = await look(recipe("5.4.6", address, old), recipe("5.6.1", address, now));
    expect(first).toEqual([
      "`xz-5.6.1.tar.gz` holds `m4/build-to-host.m4` (a build script), which tag `v5.6.1` doesn't have, and the version before didn't",
      "`xz-5.6.1.tar.gz`: new files that nobody can read: `tests/files/bad-3-corrupt_lzma2.xz` new",
      "`xz-5.6.1.tar.gz`: build scripts changed: `configure`, `configure.ac`, `m4/build-to-host.m4` new",
    ]);
    expect(lines).toContain("`xz-5.6.1.tar.gz`: files: 3 new, 3 changed");
    expect(lines).toContain("`xz-5.6.1.tar.gz`: Lock files (1): `Cargo.lock`");
    expect(lines).toContain("`xz-5.6.1.tar.gz`: Minified text (1): `web/app.js` new");
  },
);

test.skipIf(!isPossible)(
  "what the project uploads elsewhere is compared with the tag of its version",
  async () => {
    for (const version of ["1", "2", "12"]) {
      repositories.commit("own/lib", { files: { "a.c": version }, message: version });
      repositories.git("own/lib", "tag", `lib-${version}`, "main");
    }
    files.set("/lib-2.tar", writeTar({ "lib-2/a.c": "2", "lib-2/evil.m4": "1" }));
    const after = recipe("2", "https://lib.example.org/lib-$pkgver.tar", "SKIP");
    const pkgbuild = `${Buffer.from(after.get("PKGBUILD")!.bytes).toString()}url=https://github.com/own/lib\n`;
    const { first } = await look(
      undefined,
      new Map([["PKGBUILD", { mode: "100644", bytes: Buffer.from(pkgbuild) }]]),
    );
    expect(first).toEqual(["`lib-2.tar` holds `evil.m4` (a build script), which tag `lib-2` doesn't have"]);
  },
);

test.skipIf(!isPossible)("what isn't what the checksum says is neither read nor trusted", async () => {
  const old = upload("/o/p/archive/v1.tar.gz", { "p-1/a": "1" });
  upload("/o/p/archive/v2.tar.gz", { "p-2/a": "2" });
  const url = "https://github.com/o/p/archive/v$pkgver.tar.gz";
  expect(await look(recipe("1", url, old), recipe("2", url, "0".repeat(64)))).toEqual({
    first: ["`v2.tar.gz` isn't what its sha256sums say: somebody replaced it"],
    lines: ["`v2.tar.gz` isn't what its sha256sums say: somebody replaced it"],
  });
});

test.skipIf(!isPossible)("what is gone says so, and the rest is shown", async () => {
  const now = upload("/o/q/archive/v2.tar.gz", { "q-2/a": "2" });
  const url = "https://github.com/o/q/archive/v$pkgver.tar.gz";
  const { lines } = await look(recipe("1", url, "SKIP"), recipe("2", url, now));
  expect(lines).toEqual(["Of the version before `v2.tar.gz`: it can't be had: `the server answered 404`"]);
  const fresh = await look(undefined, recipe("2", url, "SKIP"));
  expect(fresh.lines).toEqual([
    "The recipe has no checksum for `v2.tar.gz`: what is built may be another file",
    "`v2.tar.gz`: a source that wasn't there before, of 1 file",
    "`v2.tar.gz`: the rest (1): `a` new",
  ]);
});

test.skipIf(!isPossible)(
  "of a Git source both tags are compared, and of a branch it is said that nobody knows",
  async () => {
    for (const [tag, text] of [
      ["v1", "one\n"],
      ["v2", `two\n${"\\x41".repeat(200)}`],
    ] as const) {
      repositories.commit("own/app", { files: { "setup.py": text, "README.md": "same\n" } });
      repositories.git("own/app", "tag", tag, "main");
    }
    const url = "git+https://github.com/own/app.git#tag=v$pkgver";
    expect(await look(recipe("1", url, "SKIP"), recipe("2", url, "SKIP"))).toEqual({
      first: [
        "`app.git#tag=v2`: changed files that nobody can read: `setup.py`",
        "`app.git#tag=v2`: build scripts changed: `setup.py`",
      ],
      lines: [
        "`app.git#tag=v2`: files: 1 changed",
        "`app.git#tag=v2`: Build scripts (1): `setup.py`",
        "`app.git#tag=v2`: Encoded text (1): `setup.py`",
      ],
    });
    const branch = "git+https://github.com/own/app.git#branch=main";
    expect((await look(recipe("1", url, "SKIP"), recipe("2", branch, "SKIP"))).lines).toEqual([
      "`app.git#branch=main` isn't looked at: it is pinned to no tag and to no whole commit id",
    ]);
  },
);

test.skipIf(!isPossible)("a single file is a source of one file", async () => {
  files.set("/o/r/raw/1/run", Buffer.from("#!/bin/sh\n"));
  files.set("/o/r/raw/2/run", Buffer.from("\x7fELF\x02\x01\0", "latin1"));
  const url = "https://github.com/o/r/raw/$pkgver/run";
  const { first } = await look(recipe("1", url, "SKIP"), recipe("2", url, "SKIP"));
  expect(first).toEqual(["`run`: changed files that nobody can read: `the file itself`"]);
});

test("without a sandbox nothing is fetched", async () => {
  const asked = downloads.asked.length;
  const ports = { http, scratch: scratch(), sandbox: host(), tagsOf };
  await expect(lookAtSources([], ports)).rejects.toMatchObject({ code: "sandbox-needed" });
  expect(downloads.asked).toHaveLength(asked);
});
