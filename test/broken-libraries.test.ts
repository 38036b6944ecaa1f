import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serveRepositories, type Served } from "../tools/pkgrepo/serving/serve.ts";
import { cannotBuild } from "./world/building.ts";
import { Mirror } from "./world/mirror.ts";
import { pacmanClient } from "./world/pacman-client.ts";
import { missingPrograms } from "./world/programs.ts";
import { publishingPrograms } from "./world/scratch-repository.ts";
import { ScratchWorkspace, srcinfoText } from "./world/workspace.ts";

const missing = [cannotBuild, ...missingPrograms(...publishingPrograms, "gcc", "pacman-key")].filter(Boolean);

const program = (calls: string): string =>
  `install -d "$pkgdir/usr/bin"\necho 'int ${calls}(void); int main(void) { return ${calls}() ? 0 : 1; }' > app.c\ngcc -o "$pkgdir/usr/bin/app" app.c -lfoo`;

/** A program of which nobody has the library. */
const linked = (name: string): string =>
  `install -d "$pkgdir/usr/bin"
echo 'int ${name}(void) { return 1; }' > ${name}.c
gcc -shared -fPIC -Wl,-soname,lib${name}.so.1 -o lib${name}.so ${name}.c
echo 'int ${name}(void); int main(void) { return ${name}(); }' > other.c
gcc -o "$pkgdir/usr/bin/other" other.c -L. -l${name}`;

const built = (said: string): string[] => [...said.matchAll(/^(\S+): built/gm)].map(([, name = ""]) => name);

describe.skipIf(missing.length > 0)(
  `a library with a new soname (needs ${missing.join(", ") || "nothing more"})`,
  () => {
    const mirror = new Mirror();
    let workspace: ScratchWorkspace;
    let served: Served | undefined;

    /** A recipe in C: a library of a soname, or a program that calls it. */
    function recipe(pkgbase: string, pkgver: string, depends: readonly string[], build: string): void {
      workspace.write(
        `packages/${pkgbase}/PKGBUILD`,
        `pkgname=${pkgbase}\npkgver=${pkgver}\npkgrel=1\narch=(x86_64)\nlicense=(MIT)\ndepends=(${depends.join(" ")})\n` +
          `options=(!debug !strip)\npackage() {\n${build}\n}\n`,
      );
      const lines = ["arch = x86_64", ...depends.map((name) => `depends = ${name}`)];
      workspace.write(`packages/${pkgbase}/.SRCINFO`, srcinfoText(pkgbase, { pkgver, lines }));
    }

    const library = (pkgver: string, soname: number): void =>
      recipe(
        "foo",
        pkgver,
        [],
        `install -d "$pkgdir/usr/lib"
echo 'int foo(void) { return ${soname}; }' > foo.c
gcc -shared -fPIC -Wl,-soname,libfoo.so.${soname} -o "$pkgdir/usr/lib/libfoo.so.${soname}" foo.c
ln -s libfoo.so.${soname} "$pkgdir/usr/lib/libfoo.so"`,
      );

    beforeAll(async () => {
      await mirror.server.start();
      const glibc = {
        name: "glibc",
        version: "2.36-1",
        files: ["usr/lib/libc.so.6", "usr/lib/ld-linux-x86-64.so.2"],
      };
      mirror.publish("core", [glibc], { made: new Date("2026-06-01") });
      workspace = new ScratchWorkspace();
      workspace.write(
        ".ci/config",
        `BUILD_REPO=test\nREPO_NAME=scratch\nCI_LIB_DB=${mirror.database("core")}\n`,
      );
      library("1", 1);
      recipe("app", "1", ["foo"], program("foo"));
      recipe("other", "1", [], 'install -d "$pkgdir/usr/share/other"');
      workspace.publishScheduled();
    });
    afterAll(async () => {
      await served?.close();
      await mirror.server.stop();
      workspace?.remove();
    });

    /** What main, the pipelines and the builder come to when nothing is left to do. */
    async function up(): Promise<string> {
      const { code, stderr } = await workspace.sluice(["up", "--once", "--pipelines", "--json"]);
      expect({ code, stderr }).toMatchObject({ code: 0 });
      return stderr;
    }

    test("rebuilds the program that needs it, once and with the reason, and it starts at the clients'", async () => {
      expect(built(await up()).toSorted()).toEqual(["app", "foo", "other"]);
      const needs = JSON.parse(
        readFileSync(join(workspace.dir, ".sluice/repositories/test/x86_64/needs.json"), "utf8"),
      ) as { packages: Record<string, { needs: object }> };
      expect(needs.packages["app-1-1-x86_64.pkg.tar.zst"]?.needs).toMatchObject({
        "x86_64-64:libfoo.so.1": { file: "usr/bin/app" },
      });

      const why = JSON.parse((await workspace.sluice(["why", "app", "--json"])).stdout) as {
        linked: unknown;
      };
      expect(why.linked).toContainEqual({ need: "libfoo.so.1", file: "usr/bin/app", from: "foo 1-1" });

      library("2", 2);
      recipe("other", "2", ["foo"], linked("gone"));
      workspace.commit("foo 2, other 2");
      workspace.git("push", "-q", "origin", "main");
      const first = await up();
      expect(built(first).toSorted()).toEqual(["foo", "other"]);
      expect(first).toContain(
        "other: built: 2-1; warning: usr/bin/other needs libgone.so.1, which nothing gives",
      );
      expect((await workspace.sluice(["log", "other"])).stdout).toContain(
        "other: depends names foo, a library that none of its files is linked to.",
      );
      const audit = await workspace.sluice(["audit", "--broken", "--json"]);
      expect({ code: audit.code, causes: JSON.parse(audit.stdout) as unknown }).toEqual({
        code: 1,
        causes: [
          {
            need: "libfoo.so.1",
            why: "libfoo.so.1 is gone (foo 1-1 → 2-1); libfoo.so.2 is there",
            packages: [
              {
                pkgbase: "app",
                file: "usr/bin/app",
                since: expect.any(String),
                outcome: "the next half-hourly run rebuilds it",
              },
            ],
          },
          {
            need: "libgone.so.1",
            why: "libgone.so.1 isn't there",
            packages: [
              {
                pkgbase: "other",
                file: "usr/bin/other",
                since: expect.any(String),
                outcome: "nobody is known to have given it, so a rebuild wouldn't help",
              },
            ],
          },
        ],
      });
      const said = (await workspace.sluice(["why", "app"])).stdout;
      expect(said).toContain("nobody (libfoo.so.1)");
      expect(said).toContain("what becomes of that: sluice audit --broken");
      const second = await up();
      expect(second).toContain("rebuild: libfoo.so.1 is gone (foo 1-1 → 2-1); libfoo.so.2 is there");
      expect(built(second)).toEqual(["app"]);
      expect(built(await up())).toEqual([]);
      expect(workspace.atOrigin("show", "main:packages/app/.CI/config")).toContain("CI_PACKAGE_BUMP=1-1/1");

      served = await serveRepositories(join(workspace.dir, ".sluice/repositories"), { port: 0 });
      const client = await pacmanClient("test", `${served.url}/$repo/$arch`);
      try {
        await client.trust(join(workspace.dir, ".sluice/repositories/test/test.asc"));
        const { ok, output } = await client.pacman("-Sy", "app");
        expect({ ok, output }).toMatchObject({ ok: true });
        expect(await client.installed()).toEqual({ app: "1-1.1", foo: "2-1" });
        const env = { LD_LIBRARY_PATH: join(client.root, "usr/lib") };
        expect(execFileSync(join(client.root, "usr/bin/app"), { env }).toString()).toBe("");
      } finally {
        await client.close();
      }
    }, 600_000);

    test("holds a package that needs what nothing gives, where CI_BROKEN=hold", async () => {
      workspace.git("pull", "-q", "--rebase", "origin", "main");
      workspace.write(".ci/config", `${workspace.read(".ci/config")}CI_BROKEN=hold\n`);
      recipe("other", "3", [], linked("lost"));
      workspace.commit("other 3");
      workspace.git("push", "-q", "origin", "main");
      const { stderr } = await workspace.sluice(["up", "--once", "--pipelines"]);
      expect(stderr).toContain(
        "other is held (CI_BROKEN=hold): usr/bin/other needs liblost.so.1, which nothing gives",
      );
    }, 600_000);
  },
);
