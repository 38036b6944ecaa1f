import { srcinfoVersion, type Srcinfo } from "../../alpm/srcinfo.ts";
import type { AurTip } from "./aur-repositories.ts";
import type { Platform } from "../pipeline/platform.ts";

/** The commits of infra 4.0 say it in these words, too, so what it pushed counts as a pipeline's. */
const madeByPipeline =
  "This commit was automatically generated to reflect changes to this package in another repository.";

/**
 * What a commit in an AUR repository says, with links as far as the platform has them.
 *
 * @param folder the package's, from the root of the workspace
 */
export function aurCommitMessage(
  pkgbase: string,
  srcinfo: Srcinfo,
  source: { readonly commit: string; readonly folder: string; readonly platform: Platform },
): string {
  const version = srcinfoVersion(srcinfo);
  const subject = `chore: update ${pkgbase}${version && /^[\w.:+~-]+$/.test(version) ? ` to ${version}` : ""}`;
  const history = historyUrl(source.platform, source.commit, source.folder);
  const pipeline = linkable(source.platform.pipelineUrl);
  const links = [
    ...(history ? [`History: ${history}`] : []),
    ...(pipeline ? [`Pipeline: ${pipeline}`] : []),
    `Commit: ${source.commit}`,
  ];
  return `${subject}\n\n${madeByPipeline}\n\n${links.join("\n")}\n`;
}

/** Whether a pipeline of this workspace made the commit. */
export function isOwnCommit({ authorEmail, committerEmail, message }: AurTip, email: string): boolean {
  return authorEmail === email && committerEmail === email && message.includes(madeByPipeline);
}

function historyUrl({ kind, projectUrl }: Platform, commit: string, folder: string): string | undefined {
  const project = linkable(projectUrl);
  if (project === undefined) return undefined;
  const path = folder.split("/").map(encodeURIComponent).join("/");
  return `${project}${kind === "gitlab" ? "/-" : ""}/commits/${commit}/${path}`;
}

/** A commit is for everybody: no credentials, and one line. */
function linkable(url: string | null | undefined): string | undefined {
  return url && /^https?:\/\/[^\s@]+$/.test(url) ? url : undefined;
}
