import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { startBrowser } from "../../test/world/browser.ts";
import { farm } from "../../test/world/web-farm.ts";
import { serveSource } from "../../test/world/web-source.ts";

// Takes the pictures of docs/web.md: each page in light and dark, and on a phone. `npm run screenshots`

const folder = process.argv[2] ?? "docs/web";
const pages = {
  overview: "",
  package: "package/qt6-webengine",
  dependencies: "package/qt6-webengine",
  build: "build/900",
  namcap: "build/899#namcap",
  broken: "broken",
  reviews: "reviews",
  review: "reviews/obs-studio-git",
  queue: "queue",
  packages: "packages?search=e",
  repository: "repository",
};

mkdirSync(folder, { recursive: true });
const actions = { holder: async () => undefined, act: async () => ({ kind: "done" as const, message: "" }) };
const served = await serveSource(farm(2534, Date.now()), { actions, address: "https://repo.example.org" });
const browser = await startBrowser();
for (const colorScheme of ["light", "dark"] as const) {
  const page = await browser.newPage({ viewport: { width: 920, height: 540 }, colorScheme });
  for (const [name, path] of Object.entries(pages)) await take(page, path, `${name}-${colorScheme}`);
}
const phone = await browser.newPage({ viewport: { width: 360, height: 740 } });
await take(phone, "", "phone-overview");
await take(phone, "package/qt6-webengine", "phone-package");
await browser.close();
await served.close();

async function take(page: typeof phone, path: string, name: string): Promise<void> {
  await page.goto(`${served.url}/${path}`);
  const shown = { build: ".contents", dependencies: "section:has(.drawing)", review: ".findings" }[
    name.split("-")[0]!
  ];
  // In a text, since this is compiled without a browser's types.
  if (shown) await page.evaluate(`document.querySelector("${shown}").scrollIntoView()`);
  await page.screenshot({ path: join(folder, `${name}.png`) });
}
