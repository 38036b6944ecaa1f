import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { accessibilityProblems, overflow, scrolling, startBrowser } from "./world/browser.ts";
import { missingPrograms } from "./world/programs.ts";
import { farm } from "./world/web-farm.ts";
import { serveSource } from "./world/web-source.ts";

const missing = missingPrograms("chromium");
const needs = `(needs ${missing.join(", ") || "nothing more"})`;

/** As long as a file's name may be, nearly, without a place to break. */
const long = (name: string): string => `${name}.${"really_long@name+".repeat(13)}`.slice(0, 220);

const pages = {
  overview: "",
  packages: "packages",
  "packages that are looked for": `packages?search=${"x".repeat(190)}`,
  package: `package/${encodeURIComponent(long("qt6-webengine"))}`,
  build: "build/900",
  "build that is looked through": "build/899?search=error",
  broken: "broken",
  reviews: "reviews",
  review: `reviews/${encodeURIComponent(long("obs-studio-git"))}`,
  queue: "queue",
  repository: "repository",
  "no package": `package/${encodeURIComponent("y".repeat(250))}`,
};

describe.skipIf(missing.length > 0)(`on a phone ${needs}`, () => {
  let browser: Browser;
  let page: Page;
  let served: Awaited<ReturnType<typeof serveSource>>;
  beforeAll(async () => {
    const source = farm(60, Date.now(), long);
    const actions = {
      holder: async () => undefined,
      act: async () => ({ kind: "done" as const, message: "" }),
    };
    served = await serveSource(
      { ...source, package: async (name) => (name.startsWith("y") ? undefined : source.package(name)) },
      { actions, address: "https://packages.repository.example.org/with/a/prefix" },
    );
    browser = await startBrowser();
    page = await browser.newPage({ viewport: { width: 360, height: 740 } });
  });
  afterAll(async () => {
    await browser?.close();
    await served?.close();
  });

  test.each(Object.entries(pages))(
    "with long names nothing of the page '%s' scrolls sideways but a drawing, and everybody can use it",
    async (_name, path) => {
      await page.goto(`${served.url}/${path}`);
      expect([await overflow(page), await scrolling(page)]).toEqual([0, []]);
      expect(await accessibilityProblems(page)).toEqual([]);
    },
  );

  test("what a cell holds stands beside its heading, however many parts it has", async () => {
    await page.goto(`${served.url}/${pages.queue}`);
    // In a text, since this is compiled without a browser's types.
    const astray = await page.evaluate<string[]>(`[...document.querySelectorAll("td > *")]
      .filter((part) => part.getBoundingClientRect().left < part.parentElement.getBoundingClientRect().left + 90)
      .map(({ textContent }) => textContent)`);
    expect(astray).toEqual([]);
  });

  test("without JavaScript, neither", async () => {
    const context = await browser.newContext({
      javaScriptEnabled: false,
      viewport: { width: 360, height: 740 },
    });
    const plain = await context.newPage();
    await plain.goto(`${served.url}/${pages.queue}`);
    const width = await plain
      .locator("body")
      .evaluate("(body) => body.scrollWidth")
      .catch(() => undefined);
    const box = await plain.locator("noscript pre").boundingBox();
    expect(width ?? 360).toBe(360);
    expect(box!.x + box!.width).toBeLessThanOrEqual(360);
    await context.close();
  });
});
