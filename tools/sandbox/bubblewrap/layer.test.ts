import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { bubblewrap } from "./bubblewrap.ts";
import { callerIsRoot } from "../jobs/owner.ts";
import { probeBubblewrap } from "./probe.ts";

const base = mkdtempSync(join(tmpdir(), "sluice-layer-"));
afterAll(() => rmSync(base, { recursive: true }));

const program = join(base, "layer/usr/bin/only-in-the-layer");
mkdirSync(join(base, "layer/usr/bin"), { recursive: true });
mkdirSync(join(base, "layer/etc/fresh"), { recursive: true });
mkdirSync(join(base, "layer/opt/tool"), { recursive: true });
writeFileSync(program, "#!/bin/sh\necho from the layer\n");
chmodSync(program, 0o755);
writeFileSync(join(base, "layer/etc/fresh/settings"), "settings\n");
writeFileSync(join(base, "layer/opt/tool/data"), "data\n");
if (callerIsRoot()) execFileSync("chown", ["-R", "60978:60978", join(base, "layer")]);

test.skipIf(probeBubblewrap())(
  "dependencies of one job lie over the host's programs, for this job alone and read-only",
  async () => {
    let log = "";
    const result = await bubblewrap().run({
      command: ({ scratch }) => ({
        argv: [
          "/bin/sh",
          "-c",
          "only-in-the-layer && cat /etc/fresh/settings /opt/tool/data && ls /usr/bin/env && ! touch /usr/bin/x",
        ],
        env: { PATH: "/usr/bin:/bin" },
        cwd: scratch,
      }),
      layer: join(base, "layer"),
      mounts: [],
      user: "builder",
      network: false,
      limits: { seconds: 20, graceSeconds: 1, memoryBytes: 2 ** 28, processes: 50, outputBytes: 2 ** 22 },
      onOutput: (chunk) => void (log += chunk.toString()),
    });
    expect(log).toContain("from the layer\nsettings\ndata\n/usr/bin/env\n");
    expect(result.outcome).toEqual({ kind: "exited", code: 0 });
  },
);
