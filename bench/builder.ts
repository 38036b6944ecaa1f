import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BuildingWorkspace } from "../test/world/building.ts";
import { writeMakepkgConf } from "../tools/builder/makepkg-conf.ts";
import type { BenchReport } from "./report.ts";

/** The cost of one build over bare makepkg, for a recipe that does next to nothing itself. */
export async function benchBuilder(runs = 9): Promise<BenchReport> {
  const home = mkdtempSync(join(tmpdir(), "sluice-bench-"));
  const workspace = new BuildingWorkspace();
  const server = createServer((_request, response) => void response.end("data\n"));
  try {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    chmodSync(home, 0o755);
    const fields = { source: ["data.txt"], sha256sums: ["SKIP"] };
    const code = 'package() { install -Dt "$pkgdir/usr/share" data.txt; }';
    const files = { "data.txt": "data\n" };
    workspace.writeRecipe("tiny", { fields, code, files });
    workspace.writeRecipe("fetching", {
      fields: { ...fields, source: [`http://127.0.0.1:${port}/data.txt`] },
      code,
    });
    workspace.writeRecipe("interfered", {
      fields,
      code,
      files: { ...files, ".CI/PKGBUILD.append": "pkgdesc=x" },
    });
    const commit = workspace.commit("recipes");
    const conf = await writeMakepkgConf(home, "x86_64");
    const recipe = join(workspace.dir, "packages/tiny");
    const build = (pkgbase: string) => async (): Promise<void> => {
      const { result, log } = await workspace.build(pkgbase, { commit });
      if (result.kind !== "built") throw new Error(log);
    };
    const [bare, sandboxed, withSource, interfered] = await medians(runs, [
      async () => bareMakepkg(home, recipe, conf),
      build("tiny"),
      build("fetching"),
      build("interfered"),
    ]);
    const over = (time: number): string => `${time} ms, ${time - bare} ms over bare makepkg`;
    return {
      name: `builder: a recipe that does next to nothing, medians of ${runs} runs in turn`,
      figures: {
        "bare makepkg": `${bare} ms`,
        "in the sandbox, checked": over(sandboxed),
        "with a source to fetch": over(withSource),
        "with a PKGBUILD.append": over(interfered),
      },
    };
  } finally {
    server.close();
    workspace.remove();
    rmSync(home, { recursive: true });
  }
}

const unprivileged = 60977;

function bareMakepkg(home: string, recipe: string, conf: string): void {
  const folder = mkdtempSync(join(home, "bare-"));
  cpSync(recipe, join(folder, "recipe"), { recursive: true });
  mkdirSync(join(folder, "home"));
  const root = process.getuid?.() === 0;
  if (root) {
    execFileSync("chown", ["-R", `${unprivileged}:${unprivileged}`, folder]);
    chownSync(folder, unprivileged, unprivileged);
  }
  const become = root
    ? ["setpriv", `--reuid=${unprivileged}`, `--regid=${unprivileged}`, "--clear-groups"]
    : ["env"];
  execFileSync(become[0]!, [...become.slice(1), "makepkg", "--config", conf, "--nodeps", "--noconfirm"], {
    cwd: join(folder, "recipe"),
    env: { PATH: process.env.PATH, HOME: join(folder, "home"), LC_ALL: "C.UTF-8", PKGDEST: folder },
    stdio: "ignore",
  });
}

/** The kinds of work take turns, so that what else the machine does hits all of them. */
async function medians<const T extends readonly (() => Promise<void>)[]>(
  runs: number,
  kinds: T,
): Promise<{ [K in keyof T]: number }> {
  const times: number[][] = kinds.map(() => []);
  for (let run = 0; run < runs; run++) {
    for (const [index, work] of kinds.entries()) {
      const start = performance.now();
      await work();
      times[index]?.push(performance.now() - start);
    }
  }
  return times.map((all) => Math.round(all.toSorted((a, b) => a - b)[Math.floor(runs / 2)] ?? 0)) as {
    [K in keyof T]: number;
  };
}
