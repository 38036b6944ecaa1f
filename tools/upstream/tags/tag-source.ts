import { SluiceError } from "../../errors.ts";
import type { TagRules } from "./version-tags.ts";

/** What `github:OWNER/REPO` and `gitlab:ID` say. */
export interface TagSource {
  /** `OWNER/REPO`, a project's number or its path. */
  readonly project: string;
  readonly rules: TagRules;
}

const forms = {
  github: { project: /^[A-Za-z0-9][A-Za-z0-9-]{0,38}\/[A-Za-z0-9._-]{1,100}$/, example: "github:OWNER/REPO" },
  gitlab: {
    project: /^(?:[1-9]\d{0,14}|[A-Za-z0-9_][A-Za-z0-9._-]*(?:\/[A-Za-z0-9_][A-Za-z0-9._-]*){1,20})$/,
    example: "gitlab:ID",
  },
} as const;

/**
 * Reads CI_PKGBUILD_SOURCE: `github:OWNER/REPO` and `gitlab:ID`. After a `#` may stand `pre-releases` and, last,
 * `filter=` with a regular expression that tags have to match, divided by `&`.
 *
 * @throws SluiceError `tag-source`
 */
export function parseTagSource(kind: keyof typeof forms, source: string): TagSource {
  const { project: pattern, example } = forms[kind];
  const [, project = "", fragment = ""] = /^[a-z]+:([^#]*)(?:#(.*))?$/s.exec(source) ?? [];
  const [, pre, filter] = /^(pre-releases)?(?:(?:^|&)filter=(.+))?$/s.exec(fragment) ?? [];
  const isRead = fragment === "" || pre !== undefined || filter !== undefined;
  if (source.startsWith(`${kind}:`) && pattern.test(project) && !/(?:^|\/)\.{1,2}$/.test(project) && isRead) {
    return { project, rules: { preReleases: pre !== undefined, filter } };
  }
  throw new SluiceError("tag-source", `CI_PKGBUILD_SOURCE=${source.slice(0, 200)} isn't understood.`, {
    hint: `Write ${example}, ${example}#pre-releases or ${example}#filter=REGULAR-EXPRESSION.`,
    exitCode: 1,
  });
}
