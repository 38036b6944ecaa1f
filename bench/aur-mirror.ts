import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { aurRecipe } from "../test/world/aur-recipe.ts";
import { GitServer } from "../test/world/git-server.ts";
import { openGit } from "../tools/git/git.ts";
import { openHttp } from "../tools/http/open-http.ts";
import { fetchRecipes } from "../tools/upstream/aur/aur-git.ts";
import type { BenchReport } from "./report.ts";

/** Recipes from a mirror with a branch per package, read into memory, against one shallow clone of a repository each. */
export async function benchAurMirror(branches = 2_400, changed = 200): Promise<BenchReport> {
  const home = mkdtempSync(join(tmpdir(), "sluice-bench-"));
  const server = new GitServer();
  const http = openHttp({ parallel: 8, perHost: 4, delaySeconds: 0 });
  try {
    await server.start();
    const names = Array.from({ length: branches }, (_, index) => `package-${index}`);
    const wanted = names.filter((_, index) => index % (branches / changed) === 0);
    server.create("mirror");
    execFileSync("git", ["-C", server.folder("mirror"), "fast-import", "--quiet"], {
      input: names.map(commitOf).join(""),
    });
    for (const name of wanted) server.commit(name, { files: aurRecipe(name), branch: "main" });

    const scratch = openGit(home, process.env);
    const start = performance.now();
    const ports = { http, scratch, aurProxy: "", aurGit: server.url("mirror") };
    const fetched = await fetchRecipes(ports, wanted);
    const one = (performance.now() - start) / 1000;
    const found = [...fetched.values()].filter(({ kind }) => kind === "recipe").length;
    if (found !== changed) throw new Error(`${found} of ${changed} recipes were fetched`);

    const cloning = performance.now();
    for (const name of wanted) {
      await promisify(execFile)("git", ["clone", "--quiet", "--depth=1", server.url(name), join(home, name)]);
    }
    const each = (performance.now() - cloning) / 1000;
    return {
      name: `aur-mirror: ${changed} changed recipes of ${branches} branches, over HTTP on loopback`,
      figures: {
        "sluice: one fetch, read into memory": `${one.toFixed(2)} s`,
        "one git clone --depth=1 each": `${each.toFixed(2)} s`,
        ratio: `${(each / one).toFixed(1)} times faster`,
      },
    };
  } finally {
    await http.close();
    await server.stop();
    rmSync(home, { recursive: true });
  }
}

function commitOf(name: string): string {
  const head = `commit refs/heads/${name}\ncommitter A <a@example.org> 1700000000 +0000\ndata 4\npush\n`;
  const files = Object.entries(aurRecipe(name)).map(
    ([path, text]) => `M 100644 inline ${path}\ndata ${Buffer.byteLength(text)}\n${text}\n`,
  );
  return `${head}${files.join("")}\n`;
}
