import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { missingPrograms } from "../../../test/world/programs.ts";
import type { Wanted } from "../../binaries/bundling/wanted.ts";
import { bubblewrap } from "../../sandbox/bubblewrap/bubblewrap.ts";
import { probeBubblewrap } from "../../sandbox/bubblewrap/probe.ts";
import { buildLimits } from "../build.ts";
import { openLog } from "../log.ts";
import { runProjectJob, type ProjectJobResult } from "../project-job.ts";
import { stageRunner } from "../stage.ts";
import { systemLibraries } from "./system-libraries.ts";

const missing = missingPrograms("gcc", "bwrap");
if (probeBubblewrap()) missing.push("a working bubblewrap");
if (process.arch !== "x64") missing.push("a machine with x86-64");

const base = mkdtempSync(join(tmpdir(), "sluice-bundle-"));
chmodSync(base, 0o755);
afterAll(() => rmSync(base, { recursive: true }));
let count = 0;

/** A program with a library of its own, which ends a thread of its own. */
const source = {
  "greet.c": 'const char *greet(void) { return "hello"; }\n',
  "main.c": `#include <pthread.h>
#include <stdio.h>
const char *greet(void);
static void *end(void *of) { pthread_exit(of); }
int main(int count, char **given) {
  pthread_t thread;
  pthread_create(&thread, 0, end, 0);
  pthread_join(thread, 0);
  printf("%s from %s to %s\\n", greet(), given[0], count > 1 ? given[1] : "nobody");
  return 3;
}
`,
  "static.c": "int main(void) { return 0; }\n",
};
const build = `mkdir -p result/bin result/lib
gcc -shared -fPIC -Wl,-soname,libgreet.so.1 -o result/lib/libgreet.so.1 greet.c
gcc -o result/bin/main main.c result/lib/libgreet.so.1
`;

async function run(
  script: string,
  bundles: readonly string[],
): Promise<{ result: ProjectJobResult; log: string; into: string }> {
  const folder = join(base, String(count++));
  const at = (name: string): string => join(folder, name);
  for (const name of ["source", "scripts", "artifacts", "into"]) mkdirSync(at(name), { recursive: true });
  for (const [name, text] of Object.entries(source)) writeFileSync(at(`source/${name}`), text);
  writeFileSync(at("scripts/job.sh"), script);
  const log = openLog(at("log"));
  const result = await runProjectJob(
    {
      source: at("source"),
      scripts: at("scripts"),
      script: "job.sh",
      artifacts: at("artifacts"),
      makes: [{ artifact: "tree", path: "result" }],
      bundles: bundles.map((artifact) => ({ artifact, of: "tree", libraries: "lib" })),
      env: {},
      network: false,
      into: at("into"),
      seconds: 60,
      limits: buildLimits(),
    },
    bubblewrap(),
    log,
  );
  log.close();
  return { result, log: readFileSync(at("log"), "utf8"), into: at("into") };
}

const wanted = (name: string, ...folders: string[]): Wanted => ({
  name,
  folders,
  machine: "x86_64-64",
  by: "bin/app",
  isOptional: false,
});

/** The loader would take these signs for its own. */
const elsewhere = "/else where/a:b;c/$LIB";

/** Starts it where there is no other file at all, not even /proc. */
function inEmptyRoot(tree: string, program: string, ...args: string[]): string {
  const root = ["--unshare-all", "--ro-bind", tree, elsewhere];
  const ended = `bwrap "$@"; echo "exit $?"`;
  return execFileSync("bash", ["-c", ended, "bash", ...root, "--", `${elsewhere}/${program}`, ...args], {
    encoding: "utf8",
  });
}

describe.skipIf(missing.length > 0)(
  `bundling libraries (needs ${missing.join(", ") || "nothing more"})`,
  () => {
    test("a program starts in an empty root; scripts and static programs stay; twice gives the same", async () => {
      const { result, log, into } = await run(
        `${build}gcc -static -o result/bin/static static.c\nprintf '#!/bin/sh\\n' > result/bin/script\nchmod +x result/bin/script\n`,
        ["main", "again"],
      );
      const files = [
        "bin/.main-bin",
        "bin/main",
        "bin/script",
        "bin/static",
        "lib/ld-linux-x86-64.so.2",
        "lib/libc.so.6",
        "lib/libgcc_s.so.1",
        "lib/libgreet.so.1",
      ];
      expect([result.kind === "made" ? result.files.get("main") : result.message, log]).toEqual([
        files,
        expect.stringContaining("libraries: ld-linux-x86-64.so.2, libc.so.6, libgcc_s.so.1"),
      ]);
      expect(inEmptyRoot(join(into, "main"), "bin/main", "me")).toBe(
        `hello from ${elsewhere}/bin/main to me\nexit 3\n`,
      );
      for (const path of files) {
        const [one, other] = ["main", "again"].map((artifact) => join(into, artifact, path));
        expect(readFileSync(one!).equals(readFileSync(other!)), path).toBe(true);
        expect(statSync(one!).mode).toBe(statSync(other!).mode);
      }
      for (const path of ["bin/script", "bin/static", "lib/libgreet.so.1"])
        expect(readFileSync(join(into, "main", path)).equals(readFileSync(join(into, "tree", path)))).toBe(
          true,
        );
    });

    test.for([
      { triple: "aarch64-linux-gnu", qemu: ["qemu-aarch64-static"], loader: "lib/ld-linux-aarch64.so.1" },
      { triple: "i686-linux-gnu", qemu: [], loader: "" },
    ])(
      "what is built for $triple gets libraries of that machine",
      async ({ triple, qemu, loader }, { skip }) => {
        const lacking = missingPrograms(`${triple}-gcc`, ...qemu);
        skip(lacking.length > 0, `needs ${lacking.join(", ")}`);
        const { into } = await run(build.replaceAll("gcc", `${triple}-gcc`), ["main"]);
        const app = (file: string): string => join(into, "main", file);
        // The kernel starts no program of another machine, so not the loader that a launcher starts.
        const [program = "", ...args] =
          loader === ""
            ? [app("bin/main")]
            : [...qemu, app(loader), "--library-path", "$ORIGIN/../lib", app("bin/.main-bin")];
        const said = spawnSync(program, args, { encoding: "utf8" }).stdout;
        expect(said).toBe(`hello from ${args.at(-1) ?? program} to nobody\n`);
      },
    );

    test("what is linked and nowhere to be had is named, with who needs it", async () => {
      const { result } = await run(`${build}rm result/lib/libgreet.so.1\n`, ["main"]);
      expect(result).toEqual({
        kind: "failed",
        message:
          "job.sh left what can't be bundled: bin/main needs libgreet.so.1, which is neither in the tree nor in a folder of libraries",
      });
    });

    test("a program that nobody can read is named", async () => {
      const { result } = await run(`mkdir -p result; printf '\\177ELF%070d' 0 > result/app\n`, ["main"]);
      expect(result).toMatchObject({ message: expect.stringContaining("app: the ELF file is damaged") });
    });

    test("a tree without programs for a dynamic linker stays as it is", async () => {
      const { result, into } = await run("mkdir -p result; printf 'MZ and so on' > result/main.exe\n", [
        "main",
      ]);
      expect(result.kind === "made" && result.files.get("main")).toEqual(["main.exe"]);
      expect(readFileSync(join(into, "main/main.exe"), "utf8")).toBe("MZ and so on");
    });

    test("only what really lies in a folder of libraries is brought", async () => {
      const found = join(base, "found");
      const log = openLog(join(base, "log"));
      const stages = stageRunner(bubblewrap(), log, { seconds: 60, skipCode: 0, limits: buildLimits() });
      const answers = await systemLibraries(
        stages,
        found,
      )([
        wanted("passwd", "/etc", "/usr/lib/../../etc"),
        wanted("env", "/usr/bin", "/bin"),
        // A link to /etc, and a program that gives its user rights, where OpenSSL and OpenSSH are installed.
        wanted("openssl.cnf", "/usr/lib/ssl"),
        wanted("ssh-keysign", "/usr/lib/openssh"),
        wanted("libc.so.6", "/usr/lib/x86_64-linux-gnu", "/lib/x86_64-linux-gnu", "/nowhere"),
      ]);
      log.close();
      expect(answers.map((each) => each.map(({ folder }) => folder))).toEqual([
        [],
        [],
        [],
        [],
        ["/usr/lib/x86_64-linux-gnu"],
      ]);
    });
  },
);
