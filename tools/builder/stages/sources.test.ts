import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BuildingWorkspace, cannotBuild, fileIn } from "../../../test/world/building.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const install = 'package() { install -Dm644 -t "$pkgdir/usr/share" *.txt; }';

describe.skipIf(cannotBuild !== "")(`sources ${cannotBuild}`, () => {
  const workspace = new BuildingWorkspace();
  const served = mkdtempSync(join(tmpdir(), "sluice-served-"));
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    requests.push(path);
    try {
      response.end(readFileSync(join(served, path.split("?")[0] ?? "")));
    } catch {
      response.writeHead(404).end();
    }
  });
  let url = "";
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    writeFileSync(join(served, "far.txt"), "from afar\n");
  });
  afterAll(() => {
    server.close();
    workspace.remove();
    rmSync(served, { recursive: true });
  });
  const far = () => ({ source: [`${url}/far.txt`], sha256sums: [sha256("from afar\n")] });
  const reach = (): string => `(: < /dev/tcp/127.0.0.1/${new URL(url).port}) 2>/dev/null`;

  test.each([
    ["", "", false],
    ["true", "", true],
    ["true", "false", false],
    ["false", "true", true],
  ])(
    "are fetched, and build() has network only if asked for (repository %o, package %o)",
    async (repository, own, reached) => {
      workspace.write(".ci/config", `BUILD_REPO=test\nBUILDER_NETWORK=${repository}\n`);
      const { result, log, files } = await workspace.buildRecipe("far", {
        fields: far(),
        code: `build() { ${reach()} && echo reached > net.txt || echo cut off > net.txt; }\n${install}`,
        config: `BUILDER_NETWORK=${own}`,
      });
      workspace.write(".ci/config", "BUILD_REPO=test\n");
      expect({ ...result, log }).toMatchObject({ kind: "built", vcs: {} });
      expect(fileIn(files[0], "usr/share/far.txt")).toBe("from afar\n");
      expect(fileIn(files[0], "usr/share/net.txt")).toBe(reached ? "reached\n" : "cut off\n");
    },
  );

  test("are fetched where only this recipe can be seen, without the environment of the caller", async () => {
    workspace.writeRecipe("neighbour", { files: { "sluice-neighbour-file": "" } });
    process.env.SLUICE_TEST_SECRET = "shown-secret";
    const { log } = await workspace.buildRecipe("curious", {
      fields: far(),
      code: `{ env; ls -a "$startdir"; find / -xdev -name 'sluice-neighbour-file' -o -name 'own-file'; ls /root /home; } >&2 2>/dev/null\n${install}`,
      files: { "own-file": "" },
    });
    delete process.env.SLUICE_TEST_SECRET;
    expect(log).toContain("own-file");
    expect(log).not.toMatch(/sluice-neighbour-file|shown-secret|SLUICE_|AGENT|SSH_/);
  });

  test("are downloaded once in a month where BUILDER_CACHE_SOURCES asks for it", async () => {
    const cached = { fields: far(), code: install, config: "BUILDER_CACHE_SOURCES=true" };
    const days = [0, 29, 31, 40];
    const counts: number[] = [];
    for (const day of days) {
      requests.length = 0;
      const now = new Date(Date.UTC(2026, 0, 1 + day));
      const { result, log } = await workspace.buildRecipe("cached", cached, { now });
      expect({ ...result, log }).toMatchObject({ kind: "built" });
      counts.push(requests.length);
    }
    expect(counts).toEqual([1, 0, 1, 0]);
  });

  test.each([
    [
      "a wrong checksum",
      () => ({ ...far(), sha256sums: [sha256("other")] }),
      /validity check! \(far\.txt\)\. .*updpkgsums/,
    ],
    [
      "a missing file",
      () => ({ source: ["gone.txt"], sha256sums: ["SKIP"] }),
      /gone\.txt was not found.*Commit the file/,
    ],
    [
      "a dead address",
      () => ({ source: [`${url}/gone.txt`], sha256sums: ["SKIP"] }),
      /downloading http.*gone\.txt\. Is the/,
    ],
  ])("%s fails the build, which says what, where and what to do", async (_what, fields, message) => {
    const { result, log } = await workspace.buildRecipe("unsound", {
      fields: fields(),
      files: { ".CI/on-failure.sh": "echo noticed" },
    });
    expect({ ...result, log }).toMatchObject({ kind: "failed", message: expect.stringMatching(message) });
    expect(log).toContain("noticed\n");
  });

  test("from Git are at the commit that their fragment names, which is recorded", async () => {
    const upstream = join(served, "upstream");
    const git = (...args: string[]): string =>
      execFileSync("git", ["-C", upstream, ...args], { encoding: "utf8" }).trim();
    mkdirSync(upstream);
    git("init", "-q", "-b", "main");
    const commits = ["one", "two", "three"].map((text) => {
      writeFileSync(join(upstream, `${text}.txt`), `${text}\n`);
      git("add", "-A");
      git("commit", "-q", "-m", text);
      if (text === "one") git("tag", "-a", "-m", "one", "v1");
      if (text === "two") git("branch", "older");
      return git("rev-parse", "HEAD");
    });
    execFileSync("git", ["clone", "-q", "--bare", upstream, `${upstream}.git`]);
    execFileSync("git", ["-C", `${upstream}.git`, "update-server-info"]);
    const sources = ["", "#branch=older", "#tag=v1", `#commit=${commits[0]}`];
    const names = ["tip", "branch", "tag", "commit"];
    const { result, log, files } = await workspace.buildRecipe("from-git", {
      fields: {
        source: sources.map((fragment, index) => `${names[index]}::git+${url}/upstream.git${fragment}`),
        sha256sums: sources.map(() => "SKIP"),
        pkgver: "0",
      },
      code: `pkgver() { git -C tip describe | tr - .; }
package() { for name in ${names.join(" ")}; do git -C $name ls-files | paste -sd' ' > $name.txt; done; install -Dt "$pkgdir/usr/share" *.txt; }`,
    });
    expect({ ...result, log }).toMatchObject({
      kind: "built",
      version: expect.stringMatching(/^v1\.2\.g[0-9a-f]+-1$/),
      vcs: { tip: commits[2], branch: commits[1], tag: commits[0], commit: commits[0] },
    });
    expect(names.map((name) => fileIn(files[0], `usr/share/${name}.txt`))).toEqual([
      "one.txt three.txt two.txt\n",
      "one.txt two.txt\n",
      "one.txt\n",
      "one.txt\n",
    ]);
    expect(log).not.toMatch(/Failure while updating/);
  });

  describe("with a PGP signature", () => {
    const home = mkdtempSync(join(tmpdir(), "sluice-pgp-"));
    const gpg = (...args: string[]): string =>
      execFileSync(
        "gpg",
        ["--homedir", home, "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", "", ...args],
        {
          encoding: "utf8",
          stdio: ["ignore", "pipe", "ignore"],
        },
      );
    const keys: { fingerprint: string; text: string }[] = [];
    beforeAll(() => {
      for (const name of ["signer", "other"]) {
        gpg("--quick-gen-key", name, "ed25519", "sign", "never");
        const fingerprint = /^fpr:+([0-9A-F]+):/m.exec(gpg("--with-colons", "--list-keys", name))?.[1] ?? "";
        keys.push({ fingerprint, text: gpg("--armor", "--export", name) });
      }
      gpg("--yes", "--local-user", "signer", "--detach-sign", join(served, "far.txt"));
    });
    afterAll(() => {
      execFileSync("gpgconf", ["--homedir", home, "--kill", "all"]);
      rmSync(home, { recursive: true });
    });
    const signed = (given: number | undefined, valid: number) => ({
      fields: {
        source: [`${url}/far.txt`, `${url}/far.txt.sig`],
        sha256sums: ["SKIP", "SKIP"],
        validpgpkeys: [keys[valid]!.fingerprint],
      },
      files: given === undefined ? {} : { [`keys/pgp/${keys[given]!.fingerprint}.asc`]: keys[given]!.text },
    });

    test("are verified with the recipe's own key", async () => {
      const { result, log } = await workspace.buildRecipe("signed", signed(0, 0));
      expect({ ...result, log }).toMatchObject({ kind: "built" });
      expect(log).toContain(":: PGP signatures of sources are checked.");
      expect(log).toContain("far.txt ... Passed");
    });

    test.each([
      ["a missing key", undefined, 0, "unknown public key"],
      ["another's key", 1, 0, "unknown public key"],
      ["a key that the recipe doesn't call valid", 0, 1, "invalid public key"],
    ])("and %s fail the build, the key named", async (_what, given, valid, message) => {
      const { result, log } = await workspace.buildRecipe(`signed-${given}${valid}`, signed(given, valid));
      expect({ ...result, log }).toMatchObject({
        kind: "failed",
        message: expect.stringMatching(
          new RegExp(`far\\.txt: ${message}.*${keys[0]!.fingerprint.slice(-16)}.*keys/pgp`),
        ),
      });
    });

    test("aren't checked where BUILDER_PGP=skip, and the log says so", async () => {
      workspace.write(".ci/config", "BUILD_REPO=test\nBUILDER_PGP=skip\n");
      const { result, log } = await workspace.buildRecipe("skipping", signed(undefined, 0));
      expect({ ...result, log }).toMatchObject({ kind: "built" });
      expect(log).toContain("NOT checked (BUILDER_PGP=skip)");
    });
  });
});
