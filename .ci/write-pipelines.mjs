// Writes this repository's pipelines from those that template/ gives to every workspace. The one difference: others
// have a packed Sluice in their lock file, and this repository builds its own. Run it by `npm run pipelines` after a
// change in template/; the tests say when that was forgotten. With --print it prints them, as JSON by path.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const root = join(import.meta.dirname, "..");
const workflows = ".github/workflows";

const pipelines = ownPipelines();
if (process.argv.includes("--print")) {
  process.stdout.write(JSON.stringify(Object.fromEntries(pipelines)));
} else {
  for (const [path, text] of pipelines) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

/** Path → text, of all files that come from the template. */
function ownPipelines() {
  const paths = [
    ".gitlab-ci.yml",
    ...readdirSync(join(root, "template", workflows)).map((name) => `${workflows}/${name}`),
  ];
  return new Map(
    paths.map((path) => [path, withOwnSluice(readFileSync(join(root, "template", path), "utf8"))]),
  );
}

function withOwnSluice(text) {
  return text
    .replaceAll(
      /^( *)(- (?:run: )?)npm ci .*$/gm,
      (line, indent, item) => `${line}\n${indent}${item}npm run --silent own-sluice`,
    )
    .replaceAll(
      "Sluice as package-lock.json pins it, and nothing that a registry might have under that name.",
      "The Sluice of this very commit.",
    )
    .replaceAll(
      "`sluice template update` replaces this file.",
      "Made from template/ by `npm run pipelines`.",
    );
}
