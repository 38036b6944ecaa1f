import axe from "axe-core";
import { chromium, type Browser, type Page } from "playwright-core";

/** A real Chromium, that of the system. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** What axe-core finds wrong with a page for people who can't see it or have no mouse: rule, and where. */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  // By the debugger, which no Content-Security-Policy concerns.
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const { axe: loaded } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    };
    const { violations } = await loaded.run();
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
  });
}

/** By how many pixels a page is wider than the screen. */
export function overflow(page: Page): Promise<number> {
  return page.evaluate(() => {
    const { documentElement } = (
      globalThis as unknown as { document: { documentElement: { scrollWidth: number; clientWidth: number } } }
    ).document;
    return documentElement.scrollWidth - documentElement.clientWidth;
  });
}

/** What of a page scrolls sideways within itself, drawings apart, by its tag and class. */
export function scrolling(page: Page): Promise<string[]> {
  // In a text, since this is compiled without a browser's types.
  return page.evaluate<string[]>(`[...document.querySelectorAll("body *")]
    .filter((one) => one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0)
    .filter((one) => /auto|scroll/.test(getComputedStyle(one).overflowX) && !one.matches(".drawing"))
    .map(({ localName, className }) => localName + "." + className)`);
}
