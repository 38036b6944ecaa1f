import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { missingPrograms } from "./world/programs.ts";
import { play, publishingStage, repositoryIn } from "./world/publishing.ts";
import { installable, publishingPrograms } from "./world/scratch-repository.ts";

const missing = missingPrograms(...publishingPrograms, "gpgv");
const stage = publishingStage();
const [first, upgrade] = stage.scenarios;
afterAll(() => stage.close());

describe.skipIf(missing.length > 0)(
  `publishing where things fail (needs ${missing.join(", ") || "nothing more"})`,
  () => {
    beforeAll(() => stage.rehearse(0, () => undefined));

    test.each([
      ["fails", "exit 1", "program-failed"],
      ["claims success and makes nothing", "exit 0", "program-failed"],
      [
        "makes an empty database",
        'for db in "$@"; do case $db in *.db.tar.gz) truncate -s 10240 "$db" "${db%.db.tar.gz}.files.tar.gz";; esac; done',
        "database-differs",
      ],
    ])("a repo-add that %s leaves the published repository as it was", async (what, body, code) => {
      const world = join(stage.home, what);
      stage.set(1, world);
      const bin = join(world, "bin");
      mkdirSync(bin);
      writeFileSync(join(bin, "repo-add"), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
      const path = process.env.PATH;
      process.env.PATH = `${bin}:${path}`;
      try {
        await expect(play(world, upgrade)).rejects.toMatchObject({ code });
      } finally {
        process.env.PATH = path;
      }
      expect(await installable(repositoryIn(world))).toEqual(first.after);
      await play(world, upgrade);
      expect(await installable(repositoryIn(world))).toEqual(upgrade.after);
    });

    test.skipIf(process.getuid?.() !== 0)(
      "a disk that fills up at any point leaves the published repository as it was (needs root)",
      async () => {
        const world = join(stage.home, "disk");
        mkdirSync(world);
        execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "sluice-test", world]);
        try {
          stage.set(1, world);
          const codes: string[] = [];
          for (let free = 0; !codes.includes("published"); free += 8) {
            const filler = join(world, "filler");
            const { bavail, bsize } = statfsSync(world);
            writeFileSync(filler, Buffer.alloc(bavail * bsize - free * 1024));
            const code = await play(world, upgrade).then(() => "published", codeOf);
            rmSync(filler);
            codes.push(code);
            const expected = code === "published" ? upgrade.after : first.after;
            expect(await installable(repositoryIn(world)), `${free} KiB free`).toEqual(expected);
          }
          expect(codes.length).toBeGreaterThan(4);
          expect(new Set(codes)).toEqual(new Set(["disk-full", "published"]));
        } finally {
          execFileSync("umount", ["--lazy", world]);
        }
      },
    );
  },
);

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
