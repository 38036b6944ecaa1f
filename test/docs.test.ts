import { execFileSync, spawnSync } from "node:child_process";
import { lstatSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { generatedDocuments } from "../tools/cli/manual/generated.ts";
import { commandPages } from "../tools/cli/manual/pages.ts";
import { workspaceFiles } from "../tools/cli/manual/files.ts";
import { variables } from "../tools/cli/variables.ts";
import { nvcheckerKinds } from "../tools/upstream/nvchecker/nvchecker-kinds.ts";
import { parseTagSource } from "../tools/upstream/tags/tag-source.ts";
import { readPackageConfig, readRepositoryConfig } from "../tools/workspace/config/config.ts";
import { packageKeys, repositoryKeys } from "../tools/workspace/config/keys.ts";
import { missingPrograms } from "./world/programs.ts";

const read = (path: string): string => readFileSync(path, "utf8");
const tracked = execFileSync("git", ["ls-files", "-z"], { encoding: "utf8" }).split("\0").filter(Boolean);
const sources = tracked
  .filter(
    (path) => /^tools\/.*\.ts$/.test(path) && !/\.test\.ts$|contract|cli\/manual\/|cli\/variables/.test(path),
  )
  .map(read);
const known = Object.values(variables).flatMap((each) => Object.keys(each));

test.each([...generatedDocuments()])("%s is what `npm run docs` writes", (path, text) => {
  expect(read(path) === text, `${path} is stale; run npm run docs`).toBe(true);
});

describe("the man page", () => {
  const missing = missingPrograms("groff").join(", ");

  test.skipIf(missing !== "")("is rendered without a warning (needs groff)", () => {
    const { stdout, stderr, status } = spawnSync("groff", ["-man", "-ww", "-Tutf8", "docs/sluice.1"], {
      encoding: "utf8",
    });
    expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
    expect(stdout).toContain("keeps a pacman package repository in Git");
  });

  test("is found by man where Sluice was installed without root", () => {
    const home = mkdtempSync(join(tmpdir(), "sluice-home-"));
    try {
      const env = { ...process.env, npm_config_prefix: join(home, ".local") };
      execFileSync("npm", ["link", "--ignore-scripts", "--offline"], { env, stdio: "pipe" });
      // man looks in share/man beside each bin of the PATH (manpath(1)).
      const page = join(home, ".local/share/man/man1/sluice.1");
      expect(readFileSync(page, "utf8")).toBe(read("docs/sluice.1"));
      expect(lstatSync(join(home, ".local/bin/sluice")).isSymbolicLink()).toBe(true);
    } finally {
      rmSync(home, { recursive: true });
    }
  });

  // A date would have to change although nothing else does.
  test.skipIf(missingPrograms("mandoc").length > 0)(
    "has nothing for mandoc to find but that it has no date",
    () => {
      const { stdout } = spawnSync("mandoc", ["-Tlint", "docs/sluice.1"], { encoding: "utf8" });
      const found = stdout.split("\n").filter((line) => line !== "" && !line.includes("missing date"));
      expect(found).toEqual([]);
    },
  );

  test("shows text as it is, whatever roff makes of it elsewhere", () => {
    const page = generatedDocuments().get("docs/sluice.1")!;
    expect(page).toContain("sluice replay \\-\\-branches \\(aqupdate\\-*\\(aq");
    expect(page.split("\n").filter((line) => /^[.'](?![A-Z\\])/.test(line))).toEqual([]);
  });
});

test("every variable that the program reads is in the reference", () => {
  const readHere = sources.flatMap((text) => [
    ...[...text.matchAll(/\benv(?:\.|\[")([A-Z][A-Z0-9_]+)/g)].map(([, name]) => name!),
    ...[...text.matchAll(/\{([^{}]*)\} = (?:process\.)?env;/g)].flatMap(([, names]) =>
      [...names!.matchAll(/\b[A-Z][A-Z0-9_]{2,}\b/g)].map(([name]) => name),
    ),
  ]);
  expect(readHere.length).toBeGreaterThan(15);
  const everywhere = new Set(["PATH", "HOME", "TERM"]);
  expect(readHere.filter((name) => !known.includes(name) && !everywhere.has(name))).toEqual([]);
});

test("every variable of the reference is read by the program or by a pipeline", () => {
  const pipelines = tracked.filter((path) => /^template\/.*\.yml$/.test(path)).map(read);
  const all = [...sources, ...pipelines].join("\n");
  expect(known.filter((name) => !new RegExp(`\\b${name}\\b`).test(all))).toEqual([]);
});

test("every file of the reference is one that the program, its pipelines or makepkg know", () => {
  const all = [...sources, ...tracked.filter((path) => path.startsWith("template/")).map(read)].join("\n");
  const paths = Object.values(workspaceFiles).flatMap((each) => Object.keys(each));
  const unknown = paths.filter((path) => !all.includes(lastPart(path)));
  expect(unknown).toEqual([]);
});

test("the README names every command", () => {
  const [, table = ""] = /^\| command \| does \|\n(.*?)\n\n/ms.exec(read("README.md")) ?? [];
  const named = [...table.matchAll(/^\| ([^|]*) \|/gm)].flatMap(([, cell]) =>
    [...cell!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!),
  );
  const names = commandPages().map(({ name }) => name);
  expect(named).toEqual(expect.arrayContaining(names.filter((name) => name !== "completion")));
});

describe("links in the pages lead somewhere", () => {
  const pages = tracked.filter((path) => /^(?:docs\/)?[\w-]+\.md$/.test(path));

  test.each(pages)("%s", (page) => {
    const folder = page.startsWith("docs/") ? "docs/" : "";
    const links = [...read(page).matchAll(/\]\(([^)#:\s]*)(?:#([\w-]+))?\)/g)];
    for (const [link, path, anchor] of links) {
      const target = path ? new URL(path, `file:///${folder}`).pathname.slice(1) : page;
      const inside = `${target.replace(/\/$/, "")}/`;
      expect(
        tracked.some((each) => each === target || each.startsWith(inside)),
        link,
      ).toBe(true);
      expect(anchor === undefined || anchorsOf(target).includes(anchor), link).toBe(true);
    }
  });
});

test.each(["docs/contributor.md", "docs/updates.md"])(
  "%s shows settings that are read as they stand",
  (page) => {
    const blocks = [...read(page).matchAll(/^```ini\n(.*?)^```$/gms)].map(([, text]) => text!);
    expect(blocks.length).toBeGreaterThan(0);
    const readConfig = page === "docs/updates.md" ? readRepositoryConfig : readPackageConfig;
    for (const text of blocks) expect(readConfig({ kind: "file", text }).problems, text).toEqual([]);
  },
);

test("the contributor's page names every kind of nvchecker's sources that there is", () => {
  const kinds = [...nvcheckerKinds.keys()].map((kind) => `\`${kind}\``).join(", ");
  expect(read("docs/contributor.md")).toContain(`Kinds: ${kinds},`);
});

test("every source that the pages show is one that CI_PKGBUILD_SOURCE takes", () => {
  const shown = ["docs/contributor.md", "docs/reference.md"].flatMap((page) => {
    const [, rows = ""] = /^\| `?CI_PKGBUILD_SOURCE[^\n]*\n\|[- |]+\n(.*?)\n\n/ms.exec(read(page)) ?? [];
    return [...rows.matchAll(/^\| `([^`]+)`/gm)].map(([, source]) => source!);
  });
  expect(shown.length).toBeGreaterThan(14);
  expect(shown.filter((source) => packageKeys.CI_PKGBUILD_SOURCE.parse(source) === undefined)).toEqual([]);
  for (const kind of ["github", "gitlab"] as const) {
    const ofKind = shown.filter((source) => source.startsWith(`${kind}:`));
    expect(ofKind.map((source) => parseTagSource(kind, source).project)).not.toContain("");
  }
});

test("the contributor's page and the reference name no setting that there isn't", () => {
  const names = new Set([
    ...Object.keys(repositoryKeys),
    ...Object.keys(packageKeys),
    ...known,
    "CI_PKGBUILD_TIMESTAMP",
  ]);
  for (const page of ["docs/reference.md", "docs/contributor.md", "docs/updates.md"]) {
    const named = [...read(page).matchAll(/\b(?:CI|BUILDER|TEMPLATE|REDIS)_[A-Z_]+\b/g)].map(
      ([name]) => name,
    );
    expect(named.length).toBeGreaterThan(3);
    expect([...new Set(named)].filter((name) => !names.has(name))).toEqual([]);
  }
});

/** Of `refs/heads/update-NAME-DIGEST`, `update-`. */
function lastPart(path: string): string {
  const parts = path.split("/").map((part) => part.replace(/(?:NAME|DATE|COMMIT|DIGEST|TAG).*/, ""));
  return parts.findLast(Boolean)!;
}

/** As GitHub and GitLab name a page's headings. */
function anchorsOf(page: string): string[] {
  return [...read(page).matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );
}
