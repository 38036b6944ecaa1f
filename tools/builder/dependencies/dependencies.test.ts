import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BuildingWorkspace, cannotBuild, fileIn, type Recipe } from "../../../test/world/building.ts";
import { missingPrograms } from "../../../test/world/programs.ts";
import {
  publishingPrograms,
  scratchRepository,
  madeFromCommit,
} from "../../../test/world/scratch-repository.ts";
import type { DatabaseEntry } from "../../alpm/database.ts";
import { publish } from "../../pkgrepo/publishing/publish.ts";
import { serveRepositories, type Served } from "../../pkgrepo/serving/serve.ts";
import { publishedPackages } from "../../pkgrepo/snapshot.ts";
import { host } from "../../sandbox/host.ts";
import type { Published } from "../build-request.ts";
import { resolveDependencies } from "./dependencies.ts";

const nothing = { groups: [], provides: [], conflicts: [], replaces: [], depends: [], optdepends: [] };

function entry(name: string, version: string, more: Partial<DatabaseEntry> = {}): DatabaseEntry {
  const file = { arch: "any", filename: `${name}.pkg.tar.zst`, sha256: "", buildDate: 0 };
  return { name, base: name, version, ...file, ...nothing, makedepends: [], checkdepends: [], ...more };
}

test.each([
  [["a"], ["a"], []],
  [["a>=1:2"], ["a"], []],
  [["a>=1:3"], [], ["a>=1:3"]],
  [["b"], ["b", "a"], ["libc"]],
  [["virtual"], ["b", "a"], ["libc"]],
  [["virtual=2"], ["b", "a"], ["libc"]],
  [["virtual>2"], [], ["virtual>2"]],
  [["circle"], ["circle", "round"], []],
  [["toString"], [], ["toString"]],
])("%j is found as %j, and %j elsewhere", (wanted, install, others) => {
  const published = [
    entry("a", "1:2-1"),
    entry("b", "3-1", { depends: ["a", "libc"], provides: ["virtual=2"] }),
    entry("circle", "1-1", { depends: ["round"] }),
    entry("round", "1-1", { depends: ["circle"] }),
  ];
  const resolved = resolveDependencies(wanted, published);
  expect(resolved.install.map(({ name }) => name)).toEqual(install);
  expect(resolved.others).toEqual(others);
});

/** A recipe that needs the tool, and says what it had of it. */
const uses = (makedepends: readonly string[]): Recipe => ({
  fields: { makedepends },
  code: 'build() { tool > said; ls -A / > root; }\npackage() { install -Dt "$pkgdir" said root; }',
});

const missing = [cannotBuild, ...missingPrograms(...publishingPrograms)].filter(Boolean).join(", ");

describe.skipIf(missing !== "")(`dependencies ${missing}`, () => {
  const workspace = new BuildingWorkspace();
  const scratch = scratchRepository();
  const home = mkdtempSync(join(tmpdir(), "sluice-keyring-"));
  let served: Served | undefined;
  let published: Published;

  const tool: Recipe = {
    fields: { provides: ["virtual-tool=2"], depends: ["tool-data"] },
    code: `package() {
  install -d "$pkgdir/usr/bin" "$pkgdir/usr/share/libalpm/hooks"
  printf '#!/bin/sh\\ncat /usr/share/tool-data /etc/tool/conf /opt/tool/extra\\n' > "$pkgdir/usr/bin/tool"
  chmod 755 "$pkgdir/usr/bin/tool"
  printf '[Trigger]\\nOperation=Install\\nType=Package\\nTarget=*\\n[Action]\\nWhen=PostTransaction\\nExec=/usr/bin/false\\n' > "$pkgdir/usr/share/libalpm/hooks/tool.hook"
}
install=tool.install`,
    files: { "tool.install": "post_install() { touch /was-run; }\n" },
  };
  const data: Recipe = {
    code: `package() {
  mkdir -p "$pkgdir"/{usr/share,etc/tool,opt/tool}
  echo data > "$pkgdir/usr/share/tool-data"; echo conf > "$pkgdir/etc/tool/conf"; echo extra > "$pkgdir/opt/tool/extra"
}`,
  };

  beforeAll(async () => {
    const { repository, folder } = await scratch;
    const builds = [];
    for (const [pkgbase, recipe] of Object.entries({ tool, "tool-data": data })) {
      const { result, files, log } = await workspace.buildRecipe(pkgbase, recipe);
      if (result.kind !== "built") throw new Error(log);
      builds.push({ pkgbase, pkgnames: [pkgbase], files, madeFrom: madeFromCommit("c0ffee") });
    }
    await publish(repository, builds, new Date());
    published = {
      entries: await publishedPackages(repository),
      pathOf: ({ filename }) => join(folder, filename),
    };
    served = await serveRepositories(repository.root, { port: 0 });
  });
  afterAll(async () => {
    await served?.close();
    (await scratch).close();
    workspace.remove();
    execFileSync("gpgconf", ["--homedir", home, "--kill", "all"]);
    rmSync(home, { recursive: true });
  });

  test.each([[["tool"]], [["virtual-tool>=2"]], [["tool>=1", "tool-data=1"]]])(
    "%j of this workspace is there, with all that it needs, and nothing of it is run",
    async (makedepends) => {
      const { result, log, files } = await workspace.buildRecipe("user", uses(makedepends), { published });
      expect({ ...result, log }).toMatchObject({ kind: "built" });
      expect(fileIn(files[0], "said")).toBe("data\nconf\nextra\n");
      expect(fileIn(files[0], "root")).not.toContain("was-run");
      expect(log).toMatch(/Installed for this build: .*tool-1-1-any\.pkg\.tar\.zst/);
      expect(log).not.toContain("Skipping dependency checks");
    },
  );

  test("what the workspace doesn't make is assumed to be installed where no distribution is configured", async () => {
    const { result, log } = await workspace.buildRecipe(
      "user",
      { fields: { arch: ["x86_64"], makedepends: ["glibc"], checkdepends_x86_64: ["nothing"] } },
      { published },
    );
    expect({ ...result, log }).toMatchObject({ kind: "built" });
    expect(log).toContain("names no repository: glibc, nothing.");
  });

  test("a package of the workspace in a version that isn't published fails, and names both versions", async () => {
    const { result } = await workspace.buildRecipe(
      "user",
      { fields: { makedepends: ["tool>=2"] } },
      { published },
    );
    expect(result).toMatchObject({
      kind: "failed",
      message: expect.stringContaining("it needs tool>=2, and published is tool 1-1"),
    });
  });

  test("a published file that has gone meanwhile fails the build by name", async () => {
    const { result } = await workspace.buildRecipe("user", uses(["tool"]), {
      published: { ...published, pathOf: ({ filename }) => `/nonexistent/${filename}` },
    });
    expect(result).toMatchObject({
      kind: "failed",
      message: expect.stringContaining("tool-1-1-any.pkg.tar.zst"),
    });
  });

  test("on the host a build that would need them installed says that it can't", async () => {
    const onHost = new BuildingWorkspace(host());
    const { result } = await onHost.buildRecipe("user", uses(["tool"]), { published });
    const assumed = await onHost.buildRecipe("user", { fields: { makedepends: ["glibc"] } }, { published });
    const prepared = await onHost.buildRecipe("user", { files: { ".CI/prepare": "true" } });
    onHost.remove();
    expect(result).toMatchObject({
      kind: "failed",
      message:
        "user needs tool, tool-data of this workspace, which can't be installed for one build on the host. Build it with bubblewrap.",
    });
    expect({ ...assumed.result, log: assumed.log }).toMatchObject({ kind: "built" });
    expect(assumed.log).toContain("Assumed to be installed, since the host is taken as it is: glibc.");
    expect(prepared.result).toMatchObject({
      kind: "failed",
      message: expect.stringContaining("real sandbox"),
    });
  });

  describe("of a distribution whose repository is configured and signed", () => {
    let pacmanConf = "";
    beforeAll(async () => {
      const { repository } = await scratch;
      const gpgdir = join(home, "gnupg");
      mkdirSync(gpgdir, { mode: 0o700 });
      pacmanConf = join(home, "pacman.conf");
      writeFileSync(join(home, "mirrorlist"), `Server = ${served?.url}/$repo/$arch\n`);
      writeFileSync(
        pacmanConf,
        `[options]\nArchitecture = x86_64\nGPGDir = ${gpgdir}\nSigLevel = Required DatabaseRequired\nDownloadUser = nobody\n[${repository.name}]\nInclude = ${home}/mirrorlist\n`,
      );
      // pacman-key wants to be root, or to believe so.
      const key = (...args: string[]): string =>
        execFileSync(
          "unshare",
          ["--map-root-user", "pacman-key", "--gpgdir", gpgdir, "--config", pacmanConf, ...args],
          { stdio: "pipe", encoding: "utf8" },
        );
      const keyFile = join(repository.root, repository.name, `${repository.name}.asc`);
      key("--init");
      key("--add", keyFile);
      const shown = execFileSync("gpg", ["--homedir", gpgdir, "--with-colons", "--show-keys", keyFile], {
        encoding: "utf8",
      });
      key("--lsign-key", /^fpr:+([0-9A-F]+):/m.exec(shown)?.[1] ?? "");
      execFileSync("gpgconf", ["--homedir", gpgdir, "--kill", "all"]);
    });

    test("are really installed from there", async () => {
      const { result, log, files } = await workspace.buildRecipe("user", uses(["tool"]), { pacmanConf });
      expect({ ...result, log }).toMatchObject({ kind: "built" });
      expect(fileIn(files[0], "said")).toBe("data\nconf\nextra\n");
    });

    test("can be installed by prepare, for the build", async () => {
      const recipe = uses([]);
      const { result, log, files } = await workspace.buildRecipe(
        "user",
        { ...recipe, files: { ".CI/prepare": "pacman -Syu --noconfirm\npacman -S --noconfirm tool" } },
        { pacmanConf },
      );
      expect({ ...result, log }).toMatchObject({ kind: "built" });
      expect(fileIn(files[0], "said")).toBe("data\nconf\nextra\n");
      workspace.delete("packages/user/.CI");
    });

    test("that nobody has fail the build by name", async () => {
      const { result, log } = await workspace.buildRecipe("user", uses(["nobody-has-this"]), { pacmanConf });
      expect({ ...result, log }).toMatchObject({
        kind: "failed",
        message: expect.stringContaining("target not found: nobody-has-this. Neither this workspace nor"),
      });
    });

    test("signed by a key that isn't trusted are not installed", async () => {
      const untrusting = join(home, "untrusting.conf");
      writeFileSync(
        untrusting,
        `[options]\nArchitecture = x86_64\nGPGDir = ${home}/none\nSigLevel = Required DatabaseRequired\n[tiny]\nInclude = ${home}/mirrorlist\n`,
      );
      const { result, log } = await workspace.buildRecipe("user", uses(["tool"]), { pacmanConf: untrusting });
      expect({ ...result, log }).toMatchObject({
        kind: "failed",
        message: expect.stringContaining("installing its dependencies failed"),
      });
    });
  });
});
