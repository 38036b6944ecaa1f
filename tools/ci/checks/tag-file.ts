import { z } from "zod";
import { SluiceError } from "../../errors.ts";
import type { TagsOf } from "../../gate/sources/tag-answers.ts";

const lineSchema = z.strictObject({
  url: z.string().min(1),
  tag: z.string().min(1),
  commit: z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/, "a full commit id in lower case"),
});

/**
 * Tags as a file has them: JSON lines with a repository's address, a tag, and the commit that it comes down to. Of a
 * repository that no line names nothing is known.
 *
 * @throws SluiceError `tag-file`
 */
export function readTagFile(text: string, path: string): TagsOf {
  const repositories = new Map<string, Map<string, string>>();
  for (const [at, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const { url, tag, commit } = readLine(line, path, at + 1);
    const tags = repositories.get(plainUrl(url)) ?? new Map<string, string>();
    tags.set(tag, commit);
    repositories.set(plainUrl(url), tags);
  }
  return (url) => Promise.resolve(repositories.get(plainUrl(url)));
}

/** Forges take both, and recipes have both. */
function plainUrl(url: string): string {
  return url.replace(/\/$/, "").replace(/\.git$/, "");
}

function readLine(line: string, path: string, number: number): z.infer<typeof lineSchema> {
  try {
    return lineSchema.parse(JSON.parse(line));
  } catch (cause) {
    throw new SluiceError("tag-file", `${path}:${number} isn't a tag's line`, {
      hint: 'Write {"url":"https://example.org/foo.git","tag":"v1.0","commit":"ID"}, with the full id of the commit that git ls-remote --tags shows; for an annotated tag, that of TAG^{}.',
      facts: { path },
      exitCode: 2,
      cause,
    });
  }
}
