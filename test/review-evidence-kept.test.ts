import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { gatherEvidence, type EvidencePorts } from "../tools/ci/operations/reviews/gather-evidence.ts";
import { showReview } from "../tools/ci/operations/reviews/show-review.ts";
import { readStateBranch } from "../tools/ci/pipeline/workspace-refs.ts";
import type { BuildOutcome } from "../tools/workspace/state/evidence.ts";
import type { Step } from "../tools/steps.ts";
import type { ForgeServer } from "./world/forge-server.ts";
import { connect, standIns } from "./world/forges.ts";
import { recipe, ScheduleDays } from "./world/schedule-days.ts";

let days: ScheduleDays;
let server: ForgeServer;
/** What was built, and how it ends. */
let built: string[];
let result: BuildOutcome;

const start = new ScheduleDays();
beforeAll(async () => {
  for (const name of ["foo", "bar"]) start.follow(name);
  start.world.publishScheduled();
  await start.run();
});
afterAll(() => start.world.remove());

beforeEach(() => {
  days = new ScheduleDays(start);
  built = [];
  result = "built";
});
afterEach(() => server.stop().finally(() => days.world.remove()));

/** With updates that are held. */
async function begin(
  { kind, start: startForge }: (typeof standIns)[number],
  ...names: string[]
): Promise<void> {
  server = await startForge(days.world.origin);
  days.forge = await connect(kind, server);
  await hold("2", ...names);
}

async function hold(pkgver: string, ...names: string[]): Promise<void> {
  for (const name of names) {
    days.offer(name, Number(pkgver), recipe(name, pkgver, { lines: ["depends = zlib"] }));
  }
  await days.run();
}

function ports(more: Partial<EvidencePorts> = {}): EvidencePorts {
  return {
    ...days.ports,
    forge: days.forge,
    signal: new AbortController().signal,
    build: async ({ pkgbase, commit }) => {
      built.push(pkgbase);
      const sentence = `${result} \`${pkgbase}\` of ${commit.slice(0, 7)}, number ${built.length}`;
      return {
        section: { title: "Packages", first: [sentence], lines: [sentence] },
        outcome: result,
        result,
      };
    },
    ...more,
  };
}

const first = (branch: RegExp): string | undefined => {
  const { body = "" } = server.current().find((one) => branch.test(one.branch) && one.state === "open") ?? {};
  return /### Look at first\n\n- (.*)\n/.exec(body)?.[1];
};

/** Packages of whose held update a build is kept. */
const evidence = async (): Promise<readonly string[]> => {
  const { state } = await readStateBranch(days.ports.git);
  return [...state.evidence].flatMap(([pkgbase, { built: commit }]) =>
    commit === undefined ? [] : [pkgbase],
  );
};

describe.each(standIns)("on $kind", (standIn) => {
  test("what is held is built once, and a newer revision again", async () => {
    await begin(standIn, "foo", "bar");
    expect(await gatherEvidence(ports())).toEqual([
      { pkgbase: "bar", outcome: "built" },
      { pkgbase: "foo", outcome: "built" },
    ]);
    expect(first(/^update-foo/)).toMatch(/^built `foo` of \w+, number 2$/);
    expect(await gatherEvidence(ports())).toEqual([]);
    expect((await showReview(days.ports, "foo")).evidence).toMatchObject([
      { title: "Packages" },
      { title: "History" },
    ]);

    await hold("3", "foo");
    expect(await evidence()).toEqual(["bar"]);
    expect(first(/^update-foo/)).toBeUndefined();
    await gatherEvidence(ports());
    expect(built).toEqual(["bar", "foo", "foo"]);
    expect(first(/^update-foo/)).toMatch(/^built `foo` of \w+, number 3$/);
  });
});

describe("what is kept of a build", () => {
  const [standIn] = standIns as [(typeof standIns)[number]];

  test("wherever it is killed, the next run finishes it, and builds nothing twice that was kept", async () => {
    await begin(standIn, "foo");
    const deaths = (["review evidence kept", "review edited"] satisfies Step[]).flatMap((step) =>
      (["before", "after"] as const).map((moment) => `${moment} ${step}`),
    );
    for (const death of deaths) {
      const checkpoint = (moment: string, step: string): void => {
        if (`${moment} ${step}` === death) throw new Error("killed");
      };
      await expect(gatherEvidence(ports({ checkpoint }))).rejects.toThrow("killed");
    }
    await gatherEvidence(ports());
    expect(built).toEqual(["foo", "foo"]);
    expect(first(/^update-foo/)).toMatch(/^built `foo` of \w+, number 2$/);
  });

  test("that failed is shown, and it is built again for who names it, or where it may end otherwise", async () => {
    await begin(standIn, "foo");
    result = "unfinished";
    await gatherEvidence(ports());
    expect(first(/^update-foo/)).toMatch(/^unfinished `foo`/);
    result = "failed";
    await gatherEvidence(ports());
    expect(first(/^update-foo/)).toMatch(/^failed `foo` of \w+, number 2$/);
    await gatherEvidence(ports());
    await gatherEvidence(ports(), "bar");
    expect(built).toHaveLength(2);
    await gatherEvidence(ports(), "foo");
    expect(built).toHaveLength(3);
  });

  test("is of the commit that was built: where a person pushes another, that is built", async () => {
    await begin(standIn, "foo");
    await gatherEvidence(ports());
    const { branch } = server.current()[0]!;
    days.world.git("fetch", "-q", "origin", branch);
    days.world.git("checkout", "-q", "--detach", "FETCH_HEAD");
    days.world.write("packages/foo/PKGBUILD", `${days.world.read("packages/foo/PKGBUILD")}# mine\n`);
    const commit = days.world.commit("mine");
    days.world.git("push", "-q", "origin", `HEAD:refs/heads/${branch}`);
    days.world.git("checkout", "-q", "main");
    await gatherEvidence(ports());
    expect(first(/^update-foo/)).toContain(commit.slice(0, 7));
  });

  test("goes when its update isn't held any more, and isn't kept where that happened meanwhile", async () => {
    await begin(standIn, "foo", "bar");
    await gatherEvidence(ports(), "bar");
    expect(await evidence()).toEqual(["bar"]);
    days.offer("bar", 3, recipe("bar", "3"));
    await days.run();
    expect(await evidence()).toEqual([]);
    const { build } = ports();
    const meanwhile: EvidencePorts["build"] = async (review) => {
      days.offer("foo", 3, recipe("foo", "3"));
      await days.run();
      return build!(review);
    };
    await gatherEvidence(ports({ build: meanwhile }), "foo");
    expect([built, await evidence()]).toEqual([["bar", "foo"], []]);
  });
});
