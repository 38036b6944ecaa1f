import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { probeBubblewrap } from "../tools/sandbox/bubblewrap/probe.ts";
import { steps } from "../tools/steps.ts";
import { budget, deathsAmong } from "./world/budget.ts";
import { missingPrograms } from "./world/programs.ts";
import {
  behindSsh,
  inNixCache,
  inRegistry,
  inS3,
  onForge,
  type PublishedPlace,
} from "./world/publications.ts";
import { ReleaseLife, type Death } from "./world/release-life.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-cache-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const places: readonly (readonly [string, PublishedPlace])[] = [
  ["files and a page in S3", inS3()],
  ["files and a page behind SSH", behindSsh()],
  ["an image", inRegistry()],
  ["a Nix cache", inNixCache(() => folder)],
  ["a release on GitHub", onForge("github")],
  ["a release on GitLab", onForge("gitlab")],
];

const definition = (publish: string): string => `[targets]
one = { oci = "linux/amd64" }
two = { oci = "linux/arm64" }
[channels]
stable = { tag = '.+', alias = "latest" }
[stages.build]
app = { run = "build.sh", for = "*", makes = { bin = "app" } }
${publish.includes('"cache"') ? 'nix = { run = "nix.sh", makes = { cache = "cache" } }' : ""}
[archives]
all = { of = "bin", name = "app-{target}.tar.xz" }
[publish]
${publish}`;

const scripts = {
  "build.sh": 'echo "$REF $TARGET" > app\n',
  "nix.sh": `export HOME=$PWD NIX_CONFIG=$'experimental-features = nix-command\\nsandbox = false\\nbuild-users-group ='
store="local?store=/nix/store&root=$PWD/store"
echo "$REF" > lib
lib=$(nix store add-file --store "$store" --name lib lib)
nix copy --from "$store" --to "file://$PWD/cache" "$lib"
`,
};

const missing = missingPrograms("git", "tar");
if (probeBubblewrap()) missing.push("a working bubblewrap");
const seenSteps = new Set<string>();

describe.each(places)("%s of a release that is killed", (_, place) => {
  const lacking = [...missing, ...place.missing];
  const life = new ReleaseLife();
  let version = 0;
  const passed: string[] = [];
  let begun: readonly string[];

  beforeAll(async () => {
    if (lacking.length > 0) return;
    await place.start();
    await life.start({ definition: definition(place.publish()), scripts, secrets: place.secrets() });
    begun = await release([]);
  });
  afterAll(async () => {
    for (const each of passed) seenSteps.add(each.replace(/^\w+ /, ""));
    await life.close();
    await place.stop();
  });

  /** Releases the next version, once more after each death; looks at every moment, and says what was wrong. */
  async function release(deaths: readonly Death[], cut?: PublishedPlace["cut"]): Promise<readonly string[]> {
    const tag = `v1.0.${version++}`;
    life.tag(tag);
    const before = await place.seen();
    const moments: Readonly<Record<string, string>>[] = [];
    const troubles: string[] = [];
    const run = async (wanted: string, death?: Death): Promise<void> => {
      const { killed, ended, passed: some } = await life.run(tag, death);
      moments.push(await place.seen());
      passed.push(...some);
      const end = killed ? "killed" : ended.at(-1)!;
      if (!end.startsWith(wanted)) troubles.push(`${death?.checkpoint}: ${end}`);
    };
    cut?.next();
    if (cut) await run("publish failed: ");
    for (const death of deaths) await run("killed", death);
    await run("publish done");
    const after = moments.at(-1)!;
    for (const name of Object.keys(Object.assign({}, before, ...moments) as typeof before)) {
      const isHalf = moments.some((each) => each[name] !== before[name] && each[name] !== after[name]);
      if (isHalf) troubles.push(`${name} was neither old nor new`);
    }
    if (after["page"]?.includes(tag) === false) troubles.push("the page doesn't list it");
    if (!Object.keys(after).some((name) => !(name in before))) troubles.push("nothing is new");
    return [...troubles, ...(await place.leftovers())];
  }

  test.skipIf(lacking.length > 0)(
    `is finished by running it again; clients get the old or the new (needs ${lacking.join(", ") || "nothing more"})`,
    async () => {
      const own = passed.slice(passed.lastIndexOf("after artifact kept") + 1);
      const checkpoints = deathsAmong(own.filter((each) => !/ release record/.test(each)));
      const deaths = checkpoints.map((checkpoint) => ({
        checkpoint,
        // At the second one, one is there already; after a death before it, it is the first.
        time:
          checkpoint.startsWith("before ") && own.indexOf(checkpoint) !== own.lastIndexOf(checkpoint) ? 2 : 1,
      }));
      const troubles = [...begun];
      const each = budget(deaths.length, 1);
      for (let at = 0; at < deaths.length; at += each)
        troubles.push(...(await release(deaths.slice(at, at + each))));
      if (place.cut)
        troubles.push(
          ...(await release([{ checkpoint: `before ${place.cut.mending}`, time: 1 }], place.cut)),
        );
      expect(troubles).toEqual([]);
    },
  );
});

test.skipIf(places.some(([, place]) => place.missing.length > 0) || missing.length > 0)(
  "and they pass every step that publications have",
  () => {
    expect([...seenSteps].sort()).toEqual([...steps.releases].sort());
  },
);
