import { z } from "zod";
import { isSet, type NvcheckerEntry, textOption } from "../nvchecker-config.ts";
import type { Found } from "../nvchecker-kind.ts";
import { answerError, type Asking } from "../asking.ts";
import { hostOption, repositoryOption } from "./repository-option.ts";

/** A project on GitLab: its newest tags, or the day of its newest commit. https://docs.gitlab.com/api/tags/ */
export async function askGitlab(entry: NvcheckerEntry, asking: Asking): Promise<Found> {
  const project = repositoryOption(entry, "gitlab").replaceAll("/", "%2F");
  const api = `https://${hostOption(entry, "gitlab.com")}/api/v4/projects/${project}/repository`;
  if (isSet(entry, "use_max_tag")) {
    const found = await asking.api(`${api}/tags`, tags);
    return found.map(({ name, commit }) => ({ version: name, commit: commit.id }));
  }
  const branch = textOption(entry, "branch");
  const query = branch ? `?ref_name=${encodeURIComponent(branch)}` : "";
  const [newest] = await asking.api(`${api}/commits${query}`, commits);
  if (newest === undefined) throw answerError(api, "has no such commits");
  const [day = ""] = newest.created_at.split("T");
  return { version: day.replaceAll("-", ""), commit: newest.id };
}

const tags = z.array(z.object({ name: z.string(), commit: z.object({ id: z.string() }) }));
const commits = z.array(z.object({ id: z.string(), created_at: z.string() }));
