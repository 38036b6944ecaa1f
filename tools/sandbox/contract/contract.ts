import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { attacks } from "./attacks.ts";
import { type Field, limits, makeField, MiB, processesWith, runOnTerminal, shell } from "./field.ts";
import type { Sandbox } from "../sandbox.ts";

/**
 * What every sandbox has to hold. `builtModule` exports, under the sandbox's name, what makes one: for tests
 * in which the calling process itself dies.
 */
export function sandboxContract(make: () => Sandbox, builtModule: string): void {
  const sandbox = make();
  const base = mkdtempSync(join(tmpdir(), "sluice-contract-"));
  chmodSync(base, 0o755);
  afterAll(() => rmSync(base, { recursive: true }));

  const field: Field = makeField(sandbox, base, builtModule);
  const { run, folder, nap } = field;

  describe("a job", () => {
    test.each([0, 3, 255])("that exits with %i says so", async (code) => {
      expect((await run(`exit ${code}`)).outcome).toEqual({ kind: "exited", code });
    });

    test("that a signal ends exits as a shell says it", async () => {
      expect((await run("kill -SEGV $$")).outcome).toEqual({ kind: "exited", code: 139 });
    });

    test.runIf(sandbox.isolates.has("processes"))(
      "that kills all it can reach is not taken for a lost one",
      async () => {
        expect((await run("kill -KILL -1; kill -KILL $$")).outcome).toEqual({ kind: "exited", code: 137 });
      },
    );

    test("whose program is missing exits with 127", async () => {
      const job = { argv: ["no-such-program"], env: { PATH: "/usr/bin" } } as const;
      const ran = await run("", { command: ({ scratch }) => ({ ...job, cwd: scratch }) });
      expect(ran.outcome).toEqual({ kind: "exited", code: 127 });
    });

    test("writes to stdout and stderr, by number and by name", async () => {
      const ran = await run("echo one; echo two >&2; echo three >/dev/stdout; echo four >/dev/stderr");
      expect(ran.stdout).toBe("one\nthree\n");
      expect(ran.stderr).toBe("two\nfour\n");
    });

    test("gets the environment it's given and nothing else, odd values unchanged", async () => {
      process.env["SLUICE_TEST_TOKEN"] = "secret";
      const value = "a b\n$(touch x) 'q' \"r\" =";
      const ran = await run("", shell("env -0", { ODD: value }));
      delete process.env["SLUICE_TEST_TOKEN"];
      const variables = ran.stdout.split("\0").filter((entry) => entry !== "");
      const own = /^(PWD|OLDPWD|SHLVL|_|SLUICE_JOB|FAKEROOTDONTTRYCHOWN)=/; // the shell's and the sandbox's
      expect(variables.filter((entry) => !own.test(entry)).sort()).toEqual([
        expect.stringMatching(/^HOME=/),
        `ODD=${value}`,
        "PATH=/usr/bin:/bin",
      ]);
    });

    test("runs as an unprivileged user with a home, a temporary folder and no capability", async () => {
      const ran = await run(
        'id -u; grep -E "^(CapEff|NoNewPrivs)" /proc/self/status; touch "$HOME/x" && echo writes',
      );
      expect(ran.stdout).toBe(`${sandbox.owner.uid}\nCapEff:\t0000000000000000\nNoNewPrivs:\t1\nwrites\n`);
    });

    test("finds its mounts, reads both and writes the writable one", async () => {
      const recipe = folder("recipe-mounted");
      const cache = folder("cache-mounted");
      writeFileSync(join(recipe, "PKGBUILD"), "pkgname=x\n");
      const ran = await run("", {
        ...shell('cat "$1/PKGBUILD" && echo kept > "$2/source"'),
        mounts: [
          { source: recipe, target: "/recipe", writable: false },
          { source: cache, target: "/cache", writable: true },
        ],
      });
      expect(ran.stdout).toBe("pkgname=x\n");
      expect(readFileSync(join(cache, "source"), "utf8")).toBe("kept\n");
    });

    test("that can't be set up is refused with the reason", async () => {
      const mounts = [{ source: join(base, "missing"), target: "/recipe", writable: false }];
      await expect(run("true", { mounts })).rejects.toThrow(/missing/);
      const climbing = [{ source: base, target: "/recipe/../etc", writable: false }];
      await expect(run("true", { mounts: climbing })).rejects.toThrow(/\.\./);
    });
  });

  describe("files brought out", () => {
    test("are the regular ones, with folders, executable where they were", async () => {
      const collect = collecting(folder, "collected");
      const script =
        "mkdir -p out/a; echo one > out/a/one; echo two > out/two; chmod 6755 out/two; mkfifo out/fifo; " +
        "ln out/two out/three; ln -s /etc/passwd out/link; ln -s / out/root; : > 'out/-n $(x)'";
      const ran = await run(script, { collect });
      expect(ran.outcome).toEqual({ kind: "exited", code: 0 });
      expect(ran.collected).toEqual(["-n $(x)", "a/one", "three", "two"]);
      expect(readFileSync(join(collect.into, "three"), "utf8")).toBe("two\n");
      expect(existsSync(join(collect.into, "link"))).toBe(false);
    });

    test("come after a failed build too, for its logs", async () => {
      const ran = await run("mkdir out; echo why > out/config.log; exit 1", {
        collect: collecting(folder, "logs"),
      });
      expect(ran.collected).toEqual(["config.log"]);
    });

    test("are none where the folder is missing", async () => {
      expect((await run("true", { collect: collecting(folder, "none") })).collected).toEqual([]);
    });

    test("never fill the host's disk from holes", async () => {
      const script = "mkdir out; for i in 1 2 3 4; do truncate -s 60M out/$i; done";
      const ran = await run(script, { collect: collecting(folder, "holes") });
      expect(ran.outcome.kind).toBe("output-refused");
      expect(ran.collected).toEqual([]);
    });
  });

  describe("a limit", () => {
    test("of time ends a job that heeds TERM at once, and lets it clean up", async () => {
      const script = "trap 'echo cleaned; exit 0' TERM; echo up; while :; do sleep 0.05; done";
      const ran = await run(script, { limits: { ...limits, seconds: 0.5, graceSeconds: 20 } });
      expect(ran.outcome).toEqual({ kind: "timed-out" });
      expect(ran.stdout).toContain("cleaned");
      expect(ran.durationMs).toBeLessThan(5000);
    });

    test("of time kills a job that ignores TERM, its children and daemons included", async () => {
      const script =
        `trap '' TERM; sleep ${nap(1)} & (setsid bash -c "trap '' TERM; sleep ${nap(2)} & wait" & ) ; setsid -f sleep ${nap(3)}; ` +
        "while :; do sleep 1; done";
      const ran = await run(script, { limits: { ...limits, seconds: 0.5, graceSeconds: 0.3 } });
      expect(ran.outcome).toEqual({ kind: "timed-out" });
      expect([1, 2, 3].flatMap((n) => processesWith(nap(n)))).toEqual([]);
    });

    test("of processes stops a fork bomb, and the machine stays usable", async () => {
      const before = Date.now();
      const ran = await run(`bomb() { bomb | bomb & }; bomb; wait; sleep ${nap(8)}`, {
        limits: { ...limits, seconds: 2 },
        onOutput: () => {},
      });
      expect(ran.outcome).toEqual({ kind: "timed-out" });
      expect(Date.now() - before).toBeLessThan(10_000);
      expect(processesWith(nap(8))).toEqual([]);
    });

    test("of processes counts what runs at a time", async () => {
      const ran = await run(`perl -e '
        for (1 .. 400) {
          my $pid = fork;
          if (!defined $pid) { print "stopped"; last }
          if ($pid == 0) { sleep 20; exit }
          push @children, $pid;
        }
        kill "KILL", @children'`);
      expect(ran.stdout).toBe("stopped");
    });

    test("of memory stops a hog", async () => {
      const ran = await run("perl -e '$x = \"a\" x (1 << 30); print length $x'");
      expect(ran.stdout).toBe("");
      expect(ran.outcome).not.toEqual({ kind: "exited", code: 0 });
    });

    test.each(["head -c 10G /dev/zero > big", "fallocate -l 10G big", "truncate -s 10G big"])(
      "of output stops a 10 GB file quickly: %s",
      async (script) => {
        const ran = await run(`${script} && echo made; stat -c %s big`);
        expect(ran.stdout).not.toContain("made");
        expect(Number(ran.stdout.trim() || 0)).toBeLessThanOrEqual(limits.outputBytes);
        expect(ran.durationMs).toBeLessThan(10_000);
      },
    );

    test("of the log cuts it and says so", async () => {
      const ran = await run("head -c 1M /dev/zero | tr '\\0' x", { limits: { ...limits, logBytes: 1000 } });
      expect(ran.stdout).toBe("x".repeat(1000));
      expect(ran.logTruncated).toBe(true);
      expect(ran.outcome).toEqual({ kind: "exited", code: 0 });
    });

    test("is named in the notes with the means that hold it", async () => {
      const { notes } = await run("true");
      expect(notes.join("\n")).toMatch(/memory.*(cgroup|RLIMIT_DATA)[^]*processes.*(cgroup|RLIMIT_NPROC)/);
    });
  });

  describe("the log", () => {
    test("waits for a slow reader instead of filling the memory", async () => {
      let most = 0;
      const before = process.memoryUsage().rss;
      const stopping = new AbortController();
      const ran = await run("yes flood", {
        signal: stopping.signal,
        onOutput: async () => {
          await new Promise((resolve) => setTimeout(resolve, 5));
          most = Math.max(most, process.memoryUsage().rss - before);
        },
        limits: { ...limits, seconds: 1 },
      });
      expect(ran.outcome).toEqual({ kind: "timed-out" });
      expect(most).toBeLessThan(64 * MiB);
    });

    test("of a payload that closed its output ends without it", async () => {
      const ran = await run("exec >&- 2>&-; sleep 0.1; exit 4");
      expect(ran.outcome).toEqual({ kind: "exited", code: 4 });
    });

    test("of a daemon that holds it open ends with the payload", async () => {
      const ran = await run(`setsid -f sleep ${nap(4)}; echo done`);
      expect(ran.stdout).toBe("done\n");
      expect(ran.durationMs).toBeLessThan(10_000);
      expect(processesWith(nap(4))).toEqual([]);
    });

    test("whose reader throws ends the job and throws that on", async () => {
      const job = run(`echo x; sleep ${nap(5)}`, {
        onOutput: () => Promise.reject(new Error("disk full")),
      });
      await expect(job).rejects.toThrow("disk full");
      expect(processesWith(nap(5))).toEqual([]);
    });
  });

  describe("cancelling", () => {
    test("ends a running job", async () => {
      const stopping = new AbortController();
      const ran = await run(`echo up; sleep ${nap(6)}`, {
        signal: stopping.signal,
        onOutput: () => stopping.abort(),
      });
      expect(ran.outcome).toEqual({ kind: "cancelled" });
      expect(processesWith(nap(6))).toEqual([]);
    });

    test("before the start ends it too", async () => {
      expect((await run(`sleep ${nap(7)}`, { signal: AbortSignal.abort() })).outcome).toEqual({
        kind: "cancelled",
      });
    });
  });

  test("no payload has the caller's terminal, into which it could type", async () => {
    const said = await runOnTerminal(field, ": < /dev/tty && echo BREACH; echo end");
    expect(said).toContain("end");
    expect(said).not.toContain("BREACH");
  });

  describe("isolation", () => {
    test.each(attacks)("$isolates: $sentence", async ({ isolates, breach, onHost }) => {
      const breached = await breach(field);
      const declared = sandbox.isolates.has(isolates);
      expect({ breached }).toEqual({ breached: declared ? false : onHost || breached });
    });
  });
}

function collecting(folder: Field["folder"], name: string) {
  return { from: "out", into: folder(name) };
}
