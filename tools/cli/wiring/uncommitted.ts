import { SluiceError } from "../../errors.ts";
import { editedFiles } from "../../git/edited-files.ts";
import type { Git } from "../../git/git.ts";
import { info } from "../output/report.ts";

/**
 * Says which files of packages have edits that aren't committed: builders and pipelines see commits alone. Where there
 * is no Git repository there is nothing to say.
 *
 * @param packages pkgbases that are concerned; undefined: all
 */
export async function mentionUncommitted(
  git: Git,
  packagesDir: string,
  packages?: ReadonlySet<string>,
): Promise<void> {
  const top = packagesDir === "." ? "" : `${packagesDir}/`;
  const edited = (await editedIn(git, packagesDir)).filter((path) => {
    const [pkgbase = "", ...rest] = path.slice(top.length).split("/");
    return path.startsWith(top) && rest.length > 0 && packages?.has(pkgbase) !== false;
  });
  if (edited.length === 0) return;
  const shown = edited.slice(0, 4).join(", ");
  const more = edited.length > 4 ? ` and ${edited.length - 4} more` : "";
  info(`Not committed, and so not built: ${shown}${more}`);
}

async function editedIn(git: Git, folder: string): Promise<readonly string[]> {
  try {
    return await editedFiles(git, folder);
  } catch (error) {
    if (error instanceof SluiceError && error.code === "git") return [];
    throw error;
  }
}
