import { z } from "zod";
import { placed, placesIn } from "../definition/text/places.ts";
import type { DefinitionProblem } from "../definition/problems.ts";
import { readToml } from "../definition/text/toml.ts";
import { validPart } from "../definition/valid-part.ts";
import { whyUnsafe, type ReleaseRef } from "./ref.ts";

/** `releases/PROJECT/CHANNEL.lock`: what a channel has released last. A changed lock is a release. */
export interface Lock {
  readonly ref: ReleaseRef;
  /** Why it is released, for people. */
  readonly reason: string;
}

const schema = z.strictObject({
  ref: z
    .string()
    .regex(/^refs\/(?:tags|heads|reviews)\/.+$/, "is no refs/tags/…, refs/heads/… or refs/reviews/…"),
  commit: z.string(),
  reason: z.string().max(500),
});
const jsonSchema = z.toJSONSchema(schema);

const folders = { tag: "tags", branch: "heads", review: "reviews" } as const;

export function formatLock({ ref, reason }: Lock): string {
  const lines = [
    ["ref", `refs/${folders[ref.kind]}/${ref.name}`],
    ["commit", ref.commit],
    ["reason", reason],
  ];
  // What JSON escapes in a string, TOML reads the same way, DEL aside.
  return lines
    .map(([key, value]) => `${key} = ${JSON.stringify(value).replaceAll("\u007f", "\\u007f")}\n`)
    .join("");
}

export function readLock(
  file: string,
  text: string,
): { readonly lock: Lock | undefined; readonly problems: readonly DefinitionProblem[] } {
  const toml = readToml(file, text);
  if (toml.kind === "unreadable") return { lock: undefined, problems: [toml.problem] };
  const { value, mistakes } = validPart(toml.value, schema, jsonSchema, {
    ref: "refs/heads/unknown",
    commit: "0".repeat(40),
    reason: "",
  });
  const [, folder, name] = /^refs\/([a-z]+)\/(.+)$/.exec(value.ref) ?? [];
  const kind = (Object.keys(folders) as (keyof typeof folders)[]).find((each) => folders[each] === folder)!;
  const lock: Lock = { ref: { kind, name: name!, commit: value.commit }, reason: value.reason };
  const unsafe = whyUnsafe(lock.ref);
  const all = unsafe === undefined ? mistakes : [...mistakes, { at: ["ref"], message: `ref: ${unsafe}` }];
  if (all.length === 0) return { lock, problems: [] };
  return { lock: undefined, problems: placed(file, placesIn(text), all) };
}
