import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { bubblewrap } from "../sandbox/bubblewrap/bubblewrap.ts";
import { probeBubblewrap } from "../sandbox/bubblewrap/probe.ts";
import { buildLimits } from "./build.ts";
import { openLog } from "./log.ts";
import { runProjectJob, type ProjectJob, type ProjectJobResult } from "./project-job.ts";

const base = mkdtempSync(join(tmpdir(), "sluice-job-"));
chmodSync(base, 0o755);
afterAll(() => rmSync(base, { recursive: true }));
let count = 0;

async function run(
  script: string,
  makes: Readonly<Record<string, string>> = {},
  cache?: ProjectJob["cache"],
): Promise<{ result: ProjectJobResult; log: string; into: string; artifacts: string }> {
  const folder = join(base, String(count++));
  const at = (name: string): string => join(folder, name);
  for (const name of ["source/docs", "scripts", "artifacts/bin", "into"])
    mkdirSync(at(name), { recursive: true });
  writeFileSync(at("source/main.c"), "int main;\n");
  writeFileSync(at("scripts/job.sh"), script);
  writeFileSync(at("artifacts/bin/app"), "built before\n");
  const log = openLog(at("log"));
  const result = await runProjectJob(
    {
      source: at("source"),
      scripts: at("scripts"),
      script: "job.sh",
      artifacts: at("artifacts"),
      makes: Object.entries(makes).map(([artifact, path]) => ({ artifact, path })),
      bundles: [],
      env: { REF: "v1.0.0" },
      network: false,
      cache,
      into: at("into"),
      seconds: 60,
      limits: buildLimits(),
    },
    bubblewrap(),
    log,
  );
  log.close();
  return { result, log: readFileSync(at("log"), "utf8"), into: at("into"), artifacts: at("artifacts") };
}

describe.skipIf(probeBubblewrap() !== undefined)("a job of a project", () => {
  test("a file, a folder and a pattern are artifacts, and stay executable", async () => {
    const script = `mkdir -p out/tree/lib 'out/a b'
    cp "$ARTIFACTS/bin/app" out/app && chmod +x out/app
    echo x > out/tree/lib/x; echo 1 > out/one.deb; echo 2 > 'out/t w o.deb'`;
    const { result, into } = await run(script, { bin: "out/app", tree: "out/tree", deb: "out/*.deb" });
    expect(result).toEqual({
      kind: "made",
      files: new Map([
        ["bin", ["app"]],
        ["tree", ["lib/x"]],
        ["deb", ["one.deb", "t w o.deb"]],
      ]),
      cache: undefined,
    });
    expect(readFileSync(join(into, "bin/app"), "utf8")).toBe("built before\n");
  });

  const refused: readonly (readonly [string, string, string, string])[] = [
    ["is a link", "ln -s /etc/passwd app", "app", "leads out of the job's folder"],
    ["is a link within", "echo x > y; ln -s y app", "app", "is a link or a device"],
    ["is in a linked folder", "ln -s /etc app", "app/passwd", "leads out of the job's folder"],
    ["holds a link", "mkdir app; ln -s /etc/passwd app/x", "app", "is a link or a device"],
    ["is a pipe", "mkfifo app", "app", "is a link or a device"],
    ["isn't there", "true", "app", "left no file at app, which was to be bin"],
    ["is an empty folder", "mkdir app", "app", "left no file at app, which was to be bin"],
  ];
  test.each(refused)("an artifact that %s isn't taken", async (_, script, path, why) => {
    const { result, log } = await run(script, { bin: path });
    expect(result.kind).toBe("failed");
    expect(JSON.stringify(result) + log).toContain(why);
  });

  test("what ends the look at artifacts brings nothing that wasn't asked for", async () => {
    const script = `mkdir -p ../made/bin ../made/other; ln -s /etc/passwd ../made/bin/app; echo x > ../made/other/x; kill -9 $PPID`;
    const { result } = await run(script, { bin: "app" });
    expect(result.kind).toBe("failed");
  });

  test("a script finds no token, no network and no file of this machine's, and changes nothing of earlier jobs", async () => {
    process.env["AWS_SECRET_ACCESS_KEY"] = "very-secret";
    process.env["ACCESS_TOKEN"] = "very-secret";
    const script = `env; cat /proc/*/environ | tr '\\0' '\\n'; ls ${base} ~/.aws /root
    for file in "$ARTIFACTS/bin/app" "$SCRIPTS/job.sh"; do echo changed > "$file"; done
    (exec 3<>/dev/tcp/127.0.0.1/22) && echo connected
    ls /sys/class/net; echo done > app`;
    const { result, log, artifacts } = await run(script, { bin: "app" });
    delete process.env["AWS_SECRET_ACCESS_KEY"];
    delete process.env["ACCESS_TOKEN"];
    expect(result.kind).toBe("made");
    expect(log).not.toContain("very-secret");
    expect(log).not.toContain("connected");
    expect(log).toContain("REF=v1.0.0");
    expect(readFileSync(join(artifacts, "bin/app"), "utf8")).toBe("built before\n");
  });

  describe("with folders that are kept", () => {
    const paths = ["target", ".cargo/registry"];
    const build = `ls -A; find target -type f 2>/dev/null | sort
    [ ! -e target/main.o ] || [ main.c -nt target/main.o ] || echo stale
    mkdir -p target .cargo/registry && touch target/main.o && ln -sf /etc/passwd target/link && echo x > .cargo/other`;
    const archive = async (): Promise<string> => {
      const { result } = await run(build, {}, { paths, from: undefined, keep: true });
      return result.kind === "made" ? (result.cache ?? "none") : result.message;
    };

    test("finds them as it left them, older than its source, and nothing else", async () => {
      const { log, result } = await run(build, {}, { paths, from: await archive(), keep: false });
      expect(result).toEqual({ kind: "made", files: new Map(), cache: undefined });
      expect(log).toContain("\n.cargo\ndocs\nmain.c\ntarget\ntarget/main.o\n");
      expect(log).not.toContain("stale");
    });

    test("leaves nothing where none is to be kept, whatever the script puts there", async () => {
      const { result } = await run(
        "mkdir -p ../made/.cache && tar -cf ../made/.cache/tar main.c",
        {},
        { paths, from: undefined, keep: false },
      );
      expect(result).toEqual({ kind: "made", files: new Map(), cache: undefined });
    });

    test.each([
      ["that is no archive", "garbage"],
      ["with other folders and paths that lead out", undefined],
    ])("starts empty where there is one %s", async (_what, bytes) => {
      const poisoned = join(base, `poisoned-${count}`);
      if (bytes === undefined) {
        const made = ["--transform", "s,^,../../../evil/,", "-C", base, "-cPf", poisoned, "0"];
        execFileSync("tar", made);
      } else writeFileSync(poisoned, bytes);
      const { log, result } = await run(build, {}, { paths, from: poisoned, keep: true });
      expect(result).toMatchObject({ kind: "made", cache: expect.any(String) as string });
      expect(log).toContain("\ndocs\nmain.c\n");
    });

    test("leaves none of a run that failed", async () => {
      const { result } = await run(`${build}; false`, {}, { paths, from: undefined, keep: true });
      expect(result).toMatchObject({ kind: "failed" });
    });
  });
});
