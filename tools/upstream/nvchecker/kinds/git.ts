import { SluiceError } from "../../../errors.ts";
import { isSet, type NvcheckerEntry, requiredOption, textOption } from "../nvchecker-config.ts";
import type { Found, FoundVersion } from "../nvchecker-kind.ts";
import type { Asking } from "../asking.ts";

/** A Git repository's tags or, with `use_commit`, the commit at the tip of a branch. */
export async function askGit(entry: NvcheckerEntry, asking: Asking): Promise<Found> {
  const url = requiredOption(entry, "git");
  if (isSet(entry, "use_commit")) {
    const branch = textOption(entry, "branch");
    const name = branch === undefined ? "HEAD" : `refs/heads/${branch}`;
    const tip = (await asking.refs(url, name)).get(name);
    if (tip === undefined) throw missing(entry, name);
    return { version: tip.id, commit: tip.id };
  }
  const refs = await asking.refs(url, tags);
  return [...refs].flatMap(([name, { id, peeled }]): FoundVersion[] =>
    name.startsWith(tags) ? [{ version: name.slice(tags.length), commit: peeled ?? id }] : [],
  );
}

const tags = "refs/tags/";

function missing({ path }: NvcheckerEntry, name: string): SluiceError {
  return new SluiceError("nvchecker-answer", `${path}: the repository has no ${name}`, {
    hint: "Correct the options git and branch.",
    facts: { path },
  });
}
