import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { answer, FaultyServer } from "../../../test/world/faulty-server.ts";
import { missingPrograms } from "../../../test/world/programs.ts";
import { SluiceError, systemCode } from "../../errors.ts";
import type { RecipeFile, RecipeFiles } from "../../gate/update.ts";
import { bubblewrap } from "../../sandbox/bubblewrap/bubblewrap.ts";
import { host } from "../../sandbox/host.ts";
import { probeBubblewrap } from "../../sandbox/bubblewrap/probe.ts";
import type { Sandbox } from "../../sandbox/sandbox.ts";
import { runUpdateScript, type UpdatedRecipe } from "./update-script.ts";

const unavailable = probeBubblewrap();
const text = (file: RecipeFile | undefined): string => Buffer.from(file?.bytes ?? []).toString();

function file(content: string, mode: RecipeFile["mode"] = "100644"): RecipeFile {
  return { mode, bytes: Buffer.from(content) };
}

const recipe: RecipeFiles = new Map([
  ["PKGBUILD", file("pkgname=foo\npkgver=1.0\npkgrel=3\narch=(any)\nurl=https://example.org\n")],
  [".SRCINFO", file("pkgbase = foo\n\tpkgver = 1.0\n\tpkgrel = 3\n\npkgname = foo\n")],
  ["patches/fix.sh", file("echo fix\n", "100755")],
  ["fix", file("patches/fix.sh", "120000")],
]);

function run(
  script: string,
  { sandbox = bubblewrap(), files = recipe, ci = {} as Record<string, string> } = {},
) {
  const own = Object.entries({ config: "CI_PKGBUILD_SOURCE=custom\n", ...ci, "update.sh": script });
  return runUpdateScript(
    { pkgbase: "foo", recipe: files, ci: new Map(own.map(([path, content]) => [path, file(content)])) },
    sandbox,
  );
}

async function failure(script: string, sandbox?: Sandbox): Promise<SluiceError> {
  const error = await run(script, sandbox && { sandbox }).then(
    () => new Error("it worked"),
    (error: unknown) => error,
  );
  if (error instanceof SluiceError) return error;
  throw error;
}

test("without a sandbox nothing is run, and the message says how to allow one", async () => {
  const error = await failure("exit 0", host());
  expect(error).toMatchObject({ code: "update-script-sandbox", exitCode: 1, facts: { pkgbase: "foo" } });
  expect(error.hint).toMatch(/bubblewrap|bwrap|sysctl|docker/);
});

describe.skipIf(unavailable)(`.CI/update.sh${unavailable ? ` (${unavailable.message})` : ""}`, () => {
  const home = mkdtempSync(join(tmpdir(), "sluice-update-script-"));
  const upstream = new FaultyServer((_, response) =>
    answer(response, { status: 200, body: '<link href="/foo/releases/tag/v1.2"/>' }),
  );
  beforeAll(async () => {
    chmodSync(home, 0o777);
    await upstream.start();
  });
  afterAll(async () => {
    rmSync(home, { recursive: true });
    await upstream.stop();
  });

  test.skipIf(missingPrograms("curl", "vercmp").length > 0)(
    "as real ones are, finds a new version and writes it into PKGBUILD and .SRCINFO",
    async () => {
      const files = new Map([...recipe, ["PKGBUILD", file(`url=${upstream.url}\npkgver=1.0\npkgrel=3\n`)]]);
      const { files: after, changed } = await run(
        `#!/usr/bin/env bash
        _update_package() {
          local _OLD_VERSION _NEW_VERSION _RESPONSE
          eval "$(grep -Eo '^(url|pkgver|pkgrel)=\\S+' PKGBUILD)"
          _OLD_VERSION="$pkgver"
          _RESPONSE=$(curl -Ssf "$url/releases.atom")
          _NEW_VERSION=$(grep -Pom1 '(/releases/tag/([^0-9]+)?)\\K[0-9\\.-]+(?=")' <<< "\${_RESPONSE:?}")
          if (($(vercmp "\${_NEW_VERSION:?}" "\${_OLD_VERSION:?}") > 0)); then
            sed -E -e 's&^(\\s*pkgver\\s*=\\s*).*$&\\1'"\${_NEW_VERSION}&" \\
              -e 's&^(\\s*pkgrel\\s*=\\s*).*$&\\11&' -i "PKGBUILD" ".SRCINFO"
          fi
        }
        _update_package
        unset -f _update_package`,
        { files },
      );
      expect(changed).toBe(true);
      expect(text(after.get("PKGBUILD"))).toBe(`url=${upstream.url}\npkgver=1.2\npkgrel=1\n`);
      expect(text(after.get(".SRCINFO"))).toContain("\tpkgver = 1.2\n\tpkgrel = 1\n");
    },
  );

  test.skipIf(missingPrograms("makepkg").length > 0)("may let makepkg write .SRCINFO", async () => {
    const { files } = await run(
      "sed -i s/^pkgver=.*/pkgver=2.0/ PKGBUILD; makepkg --printsrcinfo > .SRCINFO",
    );
    expect(text(files.get(".SRCINFO"))).toContain("pkgver = 2.0");
  });

  test("that changes nothing says so, whatever it writes elsewhere", async () => {
    const { files, changed, log } = await run(
      'touch PKGBUILD; echo x > ~/x; echo y > "$(mktemp)"; echo hello',
    );
    expect({ changed, log }).toEqual({ changed: false, log: "hello\n" });
    expect([...files.keys()].sort()).toEqual([...recipe.keys()].sort());
  });

  test("adds, removes and links files, and their modes come along", async () => {
    const { files } = await run(
      "rm .SRCINFO; mkdir -p a/b empty; echo new > 'a/b/new file'; ln -s ../patches a/p; chmod 644 patches/fix.sh",
    );
    expect([...files].map(([path, { mode }]) => `${mode} ${path}`).sort()).toEqual([
      "100644 PKGBUILD",
      "100644 a/b/new file",
      "100644 patches/fix.sh",
      "120000 a/p",
      "120000 fix",
    ]);
  });

  test("finds what it found before: its folder, PACKAGE, its .CI, return and bash's strictness", async () => {
    const { log } = await run(
      'echo "$PACKAGE" && cat .CI/config .CI/extra.txt && ls -d PKGBUILD; return 0; exit 1',
      {
        ci: { "extra.txt": "more\n" },
      },
    );
    expect(log).toBe("foo\nCI_PKGBUILD_SOURCE=custom\nmore\nPKGBUILD\n");
    expect((await failure('echo "$nowhere_set"')).code).toBe("update-script-failed");
    expect((await failure("false | true")).code).toBe("update-script-failed");
  });

  test("goes on after a command that failed, as it did before", async () => {
    expect((await run("false; echo on")).log).toBe("on\n");
  });

  test("sees no secret of the pipeline: not in its environment, nor in another process, nor in a file", async () => {
    process.env["ACCESS_TOKEN"] = "very-secret";
    writeFileSync(join(home, "token"), "very-secret", { mode: 0o644 });
    const { log } = await run(
      `env; cat /proc/*/environ | tr '\\0' '\\n'; cat '${home}/token' /proc/1/root${home}/token; ls -A / /home /root; exit 0`,
    ).finally(() => delete process.env["ACCESS_TOKEN"]);
    expect(log).toContain("PACKAGE=foo");
    expect(log).not.toContain("very-secret");
  });

  test("writes nothing of the machine's", async () => {
    await run(`echo x > '${home}/x'; echo x > /usr/x; echo x > /etc/x; exit 0`);
    expect(existsSync(join(home, "x"))).toBe(false);
    expect([existsSync("/usr/x"), existsSync("/etc/x")]).toEqual([false, false]);
  });

  test("reaches the network", async () => {
    const { hostname, port } = new URL(upstream.url);
    const { log } = await run(
      `exec 3<>/dev/tcp/${hostname}/${port}; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; head -1 <&3`,
    );
    expect(log).toContain("200 OK");
  });

  test.each([
    ["changes its own text", "echo true >> .CI/update.sh", '".CI/update.sh"'],
    ["changes its settings", "echo CI_MANAGE_AUR=true >> .CI/config", '".CI/config"'],
    ["removes .CI", "rm -r .CI", '".CI/config"'],
    ["adds an interfere file", "echo x > .CI/prepare", '".CI/prepare"'],
    ["makes .CI a link", "mv .CI ci; ln -s ci .CI", '".CI"'],
    ["leaves a link out of the recipe", "ln -s /etc/passwd link", '"link" is a symbolic link'],
    ["leaves a link upwards", "mkdir d; ln -s ../../other d/link", '"d/link" is a symbolic link'],
    ["leaves a link into .CI", "ln -s .CI/config link", '"link" is a symbolic link'],
    ["leaves a hard link", "ln PKGBUILD other", "is a hard link"],
    ["leaves a pipe", "mkfifo pipe", '"pipe" is a '],
    ["leaves a large file", "head -c 21000000 /dev/zero > large", "larger than 20 MiB"],
    ["leaves a very large file", "head -c 99000000 /dev/zero > large", "larger than 20 MiB"],
  ])("that %s is refused", async (_, script, why) => {
    const error = await failure(script);
    expect(error).toMatchObject({ code: "update-script-refused", exitCode: 1, facts: { pkgbase: "foo" } });
    expect(error.message).toContain(why);
  });

  test("that fails says with which exit code and what it said last", async () => {
    expect(await failure("echo '::error::why' >&2; exit 7")).toMatchObject({
      code: "update-script-failed",
      message: "foo: .CI/update.sh failed: exit code 7",
      facts: { log: ": :error::why\n" },
    });
  });

  test("that needs a program which isn't installed fails, even if it goes on without", async () => {
    expect(await failure("no-such-formatter -w PKGBUILD; echo changed >> PKGBUILD")).toMatchObject({
      code: "update-script-program",
      facts: { program: "no-such-formatter" },
    });
    expect((await run("command -v no-such-formatter > /dev/null || echo without")).log).toBe("without\n");
  });

  test("that takes too long ends with all that it started", async () => {
    const impatient: Sandbox = {
      ...bubblewrap(),
      run: (job) => bubblewrap().run({ ...job, limits: { ...job.limits, seconds: 1, graceSeconds: 0.2 } }),
    };
    const nap = `777.${process.pid}`;
    const script = `(trap '' TERM; sleep ${nap} & sleep ${nap}); setsid -f sleep ${nap}; wait; sleep ${nap}`;
    expect((await failure(script, impatient)).code).toBe("update-script-timeout");
    expect(commandLines().filter((line) => line.includes(nap))).toEqual([]);
  });

  test("leaves nothing behind on the machine, however it ended", async () => {
    const results: (UpdatedRecipe | SluiceError)[] = [await run("echo x > x"), await failure("exit 1")];
    expect(results).toHaveLength(2);
    expect(
      readdirSync("/tmp").filter((name) => new RegExp(`^sluice-job-\\d+-${process.pid}-`).test(name)),
    ).toEqual([]);
  });
});

function commandLines(): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8");
      } catch (error) {
        if (["ENOENT", "ESRCH"].includes(systemCode(error) ?? "")) return "";
        throw error;
      }
    });
}
