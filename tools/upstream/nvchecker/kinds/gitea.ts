import { z } from "zod";
import { SluiceError } from "../../../errors.ts";
import { isSet, type NvcheckerEntry, textOption } from "../nvchecker-config.ts";
import type { Found } from "../nvchecker-kind.ts";
import { answerError, type Asking } from "../asking.ts";
import { hostOption, repositoryOption } from "./repository-option.ts";

/** A repository on Gitea or Forgejo, codeberg.org among them. https://codeberg.org/api/swagger */
export async function askGitea(entry: NvcheckerEntry, asking: Asking): Promise<Found> {
  const api = `https://${hostOption(entry, "gitea.com")}/api/v1/repos/${repositoryOption(entry, "gitea")}`;
  const ofTags = isSet(entry, "use_max_tag");
  const ofReleases = isSet(entry, "use_latest_release");
  if (ofTags && ofReleases) {
    throw new SluiceError(
      "nvchecker-option",
      `${entry.path}: use_max_tag and use_latest_release exclude each other`,
      {
        facts: { path: entry.path },
      },
    );
  }
  if (ofTags) {
    const found = await asking.api(`${api}/tags`, tags);
    return found.map(({ name, commit }) => ({ version: name, commit: commit.sha }));
  }
  if (ofReleases) {
    const [latest] = await asking.api(`${api}/releases`, releases);
    if (latest === undefined) throw answerError(api, "has no releases");
    return { version: latest.name };
  }
  const branch = textOption(entry, "branch");
  const query = branch ? `?sha=${encodeURIComponent(branch)}` : "";
  const [newest] = await asking.api(`${api}/commits${query}`, commits);
  if (newest === undefined) throw answerError(api, "has no such commits");
  return { version: newest.commit.committer.date, commit: newest.sha };
}

const tags = z.array(z.object({ name: z.string(), commit: z.object({ sha: z.string() }) }));
const releases = z.array(z.object({ name: z.string() }));
const commits = z.array(
  z.object({ sha: z.string(), commit: z.object({ committer: z.object({ date: z.string() }) }) }),
);
