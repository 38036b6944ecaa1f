import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { goodToken, standIns } from "./world/forges.ts";
import { missingPrograms } from "./world/programs.ts";
import { TemplateRepository } from "./world/template-repository.ts";
import { ScratchWorkspace } from "./world/workspace.ts";

const missing = missingPrograms("ssh-keygen");

const listed = [
  { path: ".gitlab-ci.yml", for: "gitlab" },
  { path: ".gitlab-ci-runners.yml", for: "gitlab", scheduleTo: "runners" },
  { path: ".github/workflows/sluice.yml", for: "github" },
  { path: ".ci/config", once: true },
];
const first = {
  ".gitlab-ci.yml": "stages: [one]\n",
  ".gitlab-ci-runners.yml": "build: {}\n",
  ".github/workflows/sluice.yml": "name: one\n",
  ".ci/config": "BUILD_REPO=theirs\n",
};
const second = {
  ...first,
  ".gitlab-ci.yml": "stages: [two]\n",
  ".github/workflows/sluice.yml": "name: two\n",
};

let t: TemplateRepository;
let w: ScratchWorkspace;

beforeEach(() => {
  t = new TemplateRepository();
  w = new ScratchWorkspace();
  t.commit(first, listed);
  w.write(".ci/aur-maintainers", "jane\n");
  w.write(".gitlab-ci.yml", first[".gitlab-ci.yml"]);
  w.write(".github/workflows/sluice.yml", first[".github/workflows/sluice.yml"]);
  const files = Object.fromEntries(
    [".gitlab-ci.yml", ".github/workflows/sluice.yml"].map((path) => [path, w.git("hash-object", path)]),
  );
  w.write(".ci/template.json", JSON.stringify({ platforms: ["gitlab", "github"], tag: null, files }));
  w.write(".ci/config", `# mine\nBUILD_REPO=test\nREPO_NAME=scratch\nTEMPLATE_REPO=${t.url}\n`);
  w.addPackage("foo");
});

afterEach(() => {
  t.remove();
  w.remove();
});

const update = (...args: string[]): ReturnType<ScratchWorkspace["sluice"]> =>
  w.sluice(["template", "update", ...args]);
const main = (path: string): string => w.atOrigin("show", `main:${path}`);

function trust(...people: string[]): void {
  const lines = people.map((person) => t.key(person));
  w.write(".ci/allowed-signers", lines.join(""));
  w.publishScheduled();
}

describe.skipIf(missing.length > 0)(
  `a new version of the CI files (needs ${missing.join(", ") || "nothing"})`,
  () => {
    test("signed by somebody whom the workspace trusts is on main, in the clone, and nowhere in what is scheduled", async () => {
      trust("jane");
      t.commit(second, listed);
      t.signedTag("v2", "jane");
      const { code, stdout } = await update();
      expect(stdout).toContain("v2 is taken: signed by jane@example.org");
      expect(stdout).toMatch(/replace\s+\.gitlab-ci\.yml\s+unchanged here since it came from the template/);
      expect(code).toBe(0);
      expect(main(".gitlab-ci.yml")).toBe("stages: [two]");
      expect(w.read(".gitlab-ci.yml")).toBe("stages: [two]\n");
      expect(w.git("status", "--porcelain")).toBe("");
      expect(w.scheduled()).toBe(w.atOrigin("rev-parse", "main"));
      expect(JSON.parse((await w.sluice(["on-commit", "--json"])).stdout)).toMatchObject({
        schedule: { builds: [], removals: [] },
      });
      expect(await update()).toMatchObject({
        code: 0,
        stdout: "Nothing to do: the CI files are those of v2.",
      });
    });

    test("leaves the list of trusted maintainers, the settings and the allowed signers as they are", async () => {
      trust("jane");
      const own = [".ci/aur-maintainers", ".ci/config", ".ci/allowed-signers"];
      const before = own.map(main);
      t.commit({ ...second, ".ci/aur-maintainers": "mallory\n" }, listed);
      t.signedTag("v2", "jane");
      expect((await update()).code).toBe(0);
      expect(own.map(main)).toEqual(before);
    });

    test("that claims files of the workspace's own is refused as a whole", async () => {
      trust("jane");
      const before = w.atOrigin("rev-parse", "main");
      t.commit({ ...second, ".ci/aur-maintainers": "mallory\n" }, [
        ...listed,
        { path: ".ci/aur-maintainers" },
      ]);
      t.signedTag("v2", "jane");
      const { code, stderr } = await update();
      expect([code, stderr]).toEqual([2, expect.stringContaining("only pipelines can be kept up to date")]);
      expect(w.atOrigin("rev-parse", "main")).toBe(before);
    });

    test("doesn't replace what was changed here, says so, and asks a person", async () => {
      w.write(".gitlab-ci.yml", "stages: [mine]\n");
      trust("jane");
      t.commit(second, listed);
      t.signedTag("v2", "jane");
      const { code, stdout } = await update();
      expect(code).toBe(1);
      expect(stdout).toMatch(/conflict\s+\.gitlab-ci\.yml\s+was changed here, so it stays; merge by hand/);
      expect(main(".gitlab-ci.yml")).toBe("stages: [mine]");
      expect(main(".github/workflows/sluice.yml")).toBe("name: two");
    });

    test("doesn't bring back what was removed here", async () => {
      w.delete(".github/workflows/sluice.yml");
      trust("jane");
      t.commit(second, listed);
      t.signedTag("v2", "jane");
      expect((await update()).stdout).toMatch(
        /conflict\s+\.github\/workflows\/sluice\.yml\s+was removed here/,
      );
      expect(w.atOrigin("ls-tree", "-r", "--name-only", "main")).not.toContain(
        ".github/workflows/sluice.yml",
      );
    });

    test("brings the file that CI_SCHEDULE_TO asks for, and takes it away again", async () => {
      w.write(".ci/config", `${w.read(".ci/config")}CI_SCHEDULE_TO=runners\n`);
      trust("jane");
      t.signedTag("v1", "jane");
      expect((await update()).stdout).toMatch(/add\s+\.gitlab-ci-runners\.yml/);
      expect(main(".gitlab-ci-runners.yml")).toBe("build: {}");
      w.write(".ci/config", w.read(".ci/config").replace("=runners", "=manager"));
      w.publishScheduled("manager");
      expect((await update()).stdout).toMatch(/remove\s+\.gitlab-ci-runners\.yml/);
      expect(existsSync(join(w.dir, ".gitlab-ci-runners.yml"))).toBe(false);
    });

    test("moves `scheduled` only where it was at main's newest commit: what waits is still scheduled", async () => {
      trust("jane");
      const before = w.scheduled();
      w.addPackage("bar");
      w.commit("bar");
      w.git("push", "-q", "origin", "main");
      t.commit(second, listed);
      t.signedTag("v2", "jane");
      expect((await update()).code).toBe(0);
      expect(w.scheduled()).toBe(before);
      const { schedule } = JSON.parse((await w.sluice(["on-commit", "--json"])).stdout) as {
        schedule: { builds: { pkgbase: string }[] };
      };
      expect(schedule.builds.map(({ pkgbase }) => pkgbase)).toEqual(["bar"]);
    });

    test("is only shown with --dry-run", async () => {
      trust("jane");
      const before = w.atOrigin("for-each-ref");
      t.commit(second, listed);
      t.signedTag("v2", "jane");
      const { stdout } = await update("--dry-run");
      expect(stdout).toContain("Nothing was changed (--dry-run).");
      expect(JSON.parse((await update("--dry-run", "--json")).stdout)).toMatchObject({
        kind: "update",
        tag: "v2",
      });
      expect(w.atOrigin("for-each-ref")).toBe(before);
    });
  },
);

describe.skipIf(missing.length > 0)("a version of the CI files that nobody trusted has signed", () => {
  const unsigned: readonly (readonly [string, () => void, string])[] = [
    ["isn't signed", () => t.git("tag", "v2"), "the tag isn't signed"],
    ["is only annotated", () => t.git("tag", "-a", "-m", "v2", "v2"), "the tag has no SSH signature"],
    [
      "is signed by a stranger",
      () => {
        t.key("mallory");
        t.signedTag("v2", "mallory");
      },
      "the tag's signature is by none of .ci/allowed-signers",
    ],
    [
      "is an old signed tag under a new name",
      () => {
        t.signedTag("v1", "jane");
        t.git("update-ref", "refs/tags/v2", t.git("rev-parse", "v1"));
      },
      "the tag was signed under another name",
    ],
    [
      "was changed after it was signed",
      () => {
        t.signedTag("v2", "jane");
        const forged = t.git("cat-file", "tag", "v2").replace("\nv2\n", "\nv3\n");
        const id = t.store("tag", `${forged}\n`);
        t.git("update-ref", "refs/tags/v2", id);
      },
      "the tag's signature is by none of .ci/allowed-signers",
    ],
    [
      "lists its own signer as allowed",
      () => {
        const line = t.key("mallory");
        t.commit({ ...second, ".ci/allowed-signers": line }, listed);
        t.signedTag("v2", "mallory");
      },
      "the tag's signature is by none of .ci/allowed-signers",
    ],
  ];

  test.each(unsigned)("because it %s, waits on a branch for a person", async (_, tag, why) => {
    trust("jane");
    const before = w.atOrigin("rev-parse", "main", "scheduled");
    t.commit(second, listed);
    tag();
    const { code, stdout } = await update();
    expect(stdout).toContain(`v2 waits for a review: ${why}`);
    expect(stdout).toMatch(/is on template-v2; look at it and merge it\.$/);
    expect(code).toBe(1);
    expect(w.atOrigin("rev-parse", "main", "scheduled")).toBe(before);
    expect(w.atOrigin("show", "template-v2:.gitlab-ci.yml")).toBe("stages: [two]");
  });

  test("is put on its branch once, and what is there never changes", async () => {
    trust("jane");
    t.commit(second, listed);
    t.git("tag", "v2");
    await update();
    const head = w.atOrigin("rev-parse", "template-v2");
    expect((await update()).code).toBe(1);
    t.commit({ ...second, ".gitlab-ci.yml": "stages: [evil]\n" }, listed);
    t.git("tag", "-f", "v2");
    const { code, stderr } = await update();
    expect([code, stderr]).toEqual([1, expect.stringContaining("the branch template-v2 is there already")]);
    expect(w.atOrigin("rev-parse", "template-v2")).toBe(head);
  });
});

describe.each(standIns)("on $kind", ({ kind, start }) => {
  test.skipIf(missing.length > 0)("a version that nobody has signed is opened for review", async () => {
    trust("jane");
    t.commit(second, listed);
    t.git("tag", "v2");
    const server = await start(w.origin);
    const platform = {
      github: {
        GITHUB_ACTIONS: "true",
        GITHUB_API_URL: server.apiUrl,
        GITHUB_REPOSITORY: server.project,
        GITHUB_REF_TYPE: "branch",
        GITHUB_REF_NAME: "main",
      },
      gitlab: {
        GITLAB_CI: "true",
        CI_API_V4_URL: server.apiUrl,
        CI_PROJECT_PATH: server.project,
        CI_COMMIT_BRANCH: "main",
      },
    }[kind];
    const { code, stdout } = await w.sluice(["template", "update"], { ...platform, ACCESS_TOKEN: goodToken });
    const reviews = server.current();
    await server.stop();
    expect([code, stdout]).toEqual([1, expect.stringContaining("merge it: http")]);
    expect(reviews).toMatchObject([{ branch: "template-v2", target: "main", title: "CI files of v2" }]);
  });
});

test("without TEMPLATE_REPO nothing is updated, and the answer says where to set it", async () => {
  w.write(".ci/config", "BUILD_REPO=test\n");
  w.publishScheduled();
  const { code, stderr } = await update();
  expect([code, stderr]).toEqual([2, expect.stringContaining("Set TEMPLATE_REPO in .ci/config")]);
});
