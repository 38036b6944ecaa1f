import { SluiceError } from "../../errors.ts";
import type { Definition } from "../../release/definition/definition.ts";
import { ownSource } from "../../release/definition/own-source.ts";
import type { ReleaseRef } from "../../release/refs/ref.ts";
import type { RemoteRefs } from "./remote-refs.ts";

/**
 * What a project's repository has under a name that a person gives: `v1.2.0`, `main`, or in full where a tag and a
 * branch have the same name.
 *
 * @throws SluiceError `unknown-ref`, `ambiguous-ref`, or why the repository doesn't answer
 */
export async function askProjectRef(
  remotes: Pick<RemoteRefs, "ask">,
  { project, source }: Pick<Definition, "project" | "source">,
  name: string,
): Promise<ReleaseRef> {
  const short = name.replace(/^refs\/(?:tags|heads)\//, "");
  const full = { tag: `refs/tags/${short}`, branch: `refs/heads/${short}` } as const;
  const wanted = (["tag", "branch"] as const).filter((kind) => name === short || name === full[kind]);
  const answer = await remotes.ask(
    source,
    wanted.map((kind) => full[kind]),
  );
  if (answer.kind !== "refs") throw answer.error;
  const found = wanted.flatMap((kind): ReleaseRef[] => {
    const ref = answer.refs.get(full[kind]);
    return ref ? [{ kind, name: short, commit: ref.peeled ?? ref.id }] : [];
  });
  if (found.length > 1) {
    throw new SluiceError("ambiguous-ref", `${project} has a tag and a branch ${JSON.stringify(short)}`, {
      hint: `Name the one that you mean: ${full.tag} or ${full.branch}.`,
      facts: { project, ref: short },
    });
  }
  const [ref] = found;
  if (ref) return ref;
  const where = source === ownSource ? "this workspace's repository" : source;
  throw new SluiceError("unknown-ref", `${where} has neither a tag nor a branch ${JSON.stringify(name)}`, {
    hint: "Push it there, or check its name.",
    facts: { project, ref: name },
    exitCode: 1,
  });
}
