import { isPkgbase } from "../../alpm/names.ts";
import { SluiceError } from "../../errors.ts";
import { collectRecipes, type Collected } from "./collect-recipes.ts";
import { packageConfig } from "./add-requests.ts";
import type { AddPorts } from "./add.ts";
import type { RepositoryConfig } from "../../workspace/config/config.ts";

/** First recipes of packages of the AUR, for a workspace that doesn't exist yet. */
export interface ListPlan extends Collected {
  /** Of those that the gate doesn't call dangerous; paths in the packages folder. */
  readonly files: readonly {
    readonly path: string;
    readonly content: Uint8Array;
    readonly mode?: "100755";
  }[];
  /** Names that no package of the AUR has. */
  readonly notInAur: readonly string[];
}

/**
 * Reads a list of packages: a name a line or several with blanks between, comments from `#` on, and a repository
 * before the name (`aur/paru`) as AUR helpers write it.
 *
 * @throws SluiceError `usage` naming what is no name
 */
export function readList(text: string): string[] {
  const words = text
    .split("\n")
    .flatMap((line) => line.replace(/#.*/, "").split(/\s+/))
    .filter((word) => word !== "");
  const names = words.map((word) => word.replace(/^aur\//, ""));
  const wrong = names.filter((name) => !isPkgbase(name));
  if (wrong.length === 0 && names.length > 0) return [...new Set(names)];
  const what =
    names.length === 0
      ? "the list has no names"
      : `no package names: ${wrong
          .slice(0, 5)
          .map((name) => JSON.stringify(name))
          .join(", ")}`;
  throw new SluiceError("usage", what, { hint: "Write one name of an AUR package per line." });
}

/** Fetches the packages and what they need of the AUR, and judges each as a first recipe. */
export async function planList(
  { upstreams: open, aur: openAur, now, progress }: Pick<AddPorts, "upstreams" | "aur" | "now" | "progress">,
  config: RepositoryConfig,
  names: readonly string[],
): Promise<ListPlan> {
  const [upstreams, aur] = [open(config, {}), openAur(config)];
  progress("asking what the distribution has");
  const databases = await upstreams.libraries(config.CI_LIB_DB, []);
  const pkgbases = await aur.pkgbasesOf(names);
  const wanted = [...new Set(names.flatMap((name) => pkgbases.get(name) ?? []))];
  const collected = await collectRecipes(
    wanted.map((pkgbase) => ({ pkgbase, source: "aur" })),
    {
      upstreams,
      aur,
      trustedMaintainers: new Set(),
      now: now(),
      progress,
      present: [],
      taken: new Set(),
      databases,
      withDependencies: true,
      mayFail: true,
    },
  );
  return {
    ...collected,
    files: collected.added.filter((one) => whyLeftOut(one) === undefined).flatMap(filesOf),
    notInAur: names.filter((name) => !pkgbases.has(name)),
  };
}

/** Why a recipe isn't taken into the new workspace; undefined where it is. */
export function whyLeftOut({ verdict, files }: Collected["added"][number]): string | undefined {
  if (verdict === "dangerous") return "dangerous";
  return files.some(({ mode }) => mode === "120000") ? "it has symbolic links" : undefined;
}

function filesOf({ pkgbase, source, files }: Collected["added"][number]): ListPlan["files"][number][] {
  return [
    ...files.map(({ path, mode, content }) => ({
      path: `${pkgbase}/${path}`,
      content,
      ...(mode === "100755" && { mode }),
    })),
    { path: `${pkgbase}/.CI/config`, content: Buffer.from(packageConfig(source)) },
  ];
}
