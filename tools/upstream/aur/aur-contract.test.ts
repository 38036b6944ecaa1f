import { describe } from "vitest";
import { Aur } from "../../../test/world/aur.ts";
import { aurRecipe } from "../../../test/world/aur-recipe.ts";
import { openGit } from "../../git/git.ts";
import { openAur } from "./aur.ts";
import { upstreamContract, type UpstreamWorld } from "../contract.ts";

describe("the AUR with its own Git", () => {
  upstreamContract(async () => {
    const aur = await startAur();
    return {
      ...worldOf(aur, ""),
      trouble(fault, pkgbase) {
        const servers = pkgbase === undefined ? [aur.web, aur.git.http] : [aur.git.http];
        const only = pkgbase === undefined ? {} : { only: new RegExp(`^\\w+ /${pkgbase}\\.git`) };
        for (const server of servers) server.faults = fault ? [{ ...fault, ...only }] : [];
      },
    };
  });
});

describe("the AUR with a mirror of its Git", () => {
  upstreamContract(async () => {
    const aur = await startAur();
    return {
      ...worldOf(aur, aur.mirrorUrl),
      trouble(fault, pkgbase) {
        // All that a package has for itself at a mirror is its branch.
        if (pkgbase !== undefined) return aur.loseMirrorBranch(pkgbase);
        for (const server of [aur.web, aur.mirror.http]) server.faults = fault ? [fault] : [];
      },
    };
  });
});

async function startAur(): Promise<Aur> {
  const aur = new Aur();
  await aur.start();
  return aur;
}

function worldOf(aur: Aur, aurGit: string): Omit<UpstreamWorld, "trouble"> {
  const servers = [aur.web, aur.git.http, aur.mirror.http];
  return {
    standIns: aur.standIns,
    source: () => "aur",
    offer(pkgbase, version, pkgbuild) {
      aur.push(pkgbase, { ...aurRecipe(pkgbase, { pkgver: version }), PKGBUILD: pkgbuild });
    },
    requests: () => servers.reduce((sum, { asked }) => sum + asked.length, 0),
    open(ports) {
      const scratch = openGit(ports.scratch.dir, { ...process.env, ...aur.gitEnvironment });
      return openAur({ ...ports, scratch, aurGit });
    },
    stop: () => aur.stop(),
  };
}
