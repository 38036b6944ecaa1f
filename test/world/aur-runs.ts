import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach } from "vitest";
import { parseSrcinfo } from "../../tools/alpm/srcinfo.ts";
import type { SluiceError } from "../../tools/errors.ts";
import { openGit } from "../../tools/git/git.ts";
import { openHttp } from "../../tools/http/open-http.ts";
import type { Followed, Seen, Sighting, UpstreamPorts } from "../../tools/upstream/upstream.ts";
import { Aur } from "./aur.ts";
import { aurRecipe, type AurRecipeParts } from "./aur-recipe.ts";
import { hurry } from "./hurry.ts";

/** A simulated AUR for each test of a file, and runs that ask it. */
export class AurRuns {
  readonly cleanUps: (() => unknown)[] = [];
  #aur: Aur | undefined;

  constructor() {
    beforeEach(async () => {
      this.#aur = new Aur();
      await this.#aur.start();
      this.cleanUps.push(() => this.aur.stop());
    });
    afterEach(async () => {
      for (const cleanUp of this.cleanUps.splice(0).reverse()) await cleanUp();
    });
  }

  get aur(): Aur {
    return this.#aur!;
  }

  /** What one run works with. */
  async open(changes: Partial<UpstreamPorts> = {}): Promise<UpstreamPorts> {
    const options = { parallel: 8, perHost: 4, delaySeconds: 0, standIns: this.aur.standIns };
    const http = openHttp(options, hurry);
    const dir = mkdtempSync(join(tmpdir(), "sluice-scratch-"));
    this.cleanUps.push(
      () => rmSync(dir, { recursive: true, force: true }),
      () => http.close(),
    );
    const scratch = openGit(dir, { ...process.env, ...this.aur.gitEnvironment });
    await scratch.text(["init", "--quiet", "--bare"]);
    return {
      http,
      scratch,
      githubToken: undefined,
      gitlabToken: undefined,
      aurProxy: "",
      aurGit: "",
      libraryDatabases: [],
      now: () => new Date(this.aur.now * 1000),
      ...changes,
    };
  }

  /** What is remembered of a package that was just taken. */
  seenNow(pkgbase: string): Seen {
    const revision = this.aur.git.ref(pkgbase, "refs/heads/master");
    return { timestamp: this.aur.record(pkgbase).lastModified, revision };
  }

  /** So many packages that the RPC isn't asked but the dump read; nothing is new about them. */
  listCrowd(): Followed[] {
    const crowd = Array.from({ length: 201 }, (_, index) => `crowd-${index}`);
    this.aur.list(new Map(crowd.map((pkgbase) => [pkgbase, aurRecipe(pkgbase)])));
    return crowd.map((pkgbase) => followed(pkgbase, { timestamp: this.aur.now }));
  }
}

/** A package as main has it. */
export function followed(pkgbase: string, seen: Seen = {}, parts: AurRecipeParts = {}): Followed {
  const files = aurRecipe(pkgbase, parts);
  return {
    pkgbase,
    source: "aur",
    srcinfo: parseSrcinfo(files[".SRCINFO"] as string),
    recipe: () => Promise.reject(new Error("nobody needs main's recipe for this")),
    seen,
  };
}

/** The pkgver of the recipe that a sighting brought, or what it is instead. */
export function taken(sighting: Sighting | undefined): string {
  if (sighting?.kind !== "recipe") return `${sighting?.kind}: ${errorOf(sighting)?.code}`;
  const pkgbuild = Buffer.from(sighting.recipe.files.get("PKGBUILD")!.bytes).toString();
  return /^pkgver=(.*)$/m.exec(pkgbuild)![1]!;
}

export function errorOf(sighting: Sighting | undefined): SluiceError | undefined {
  return sighting && "error" in sighting ? sighting.error : undefined;
}
