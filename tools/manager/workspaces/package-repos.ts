import { existsSync, readFileSync } from "node:fs";
import { z } from "zod";
import type { ExtraRepositories } from "../../builder/build-request.ts";
import { SluiceError, systemCode } from "../../errors.ts";
import { requireGitAddress } from "../git-address.ts";

const name = z.string().regex(/^[A-Za-z0-9@_+][A-Za-z0-9@._+-]{0,63}$/, "is not a repository's name");
const server = z.string().regex(/^(?:https?|file):\/\/[^\s\p{Cc}]+$/u, "is not an address of packages");

/** PACKAGE_REPOS: the workspaces that a manager builds from, by the names that they have there. */
const sources = z.record(name, z.strictObject({ url: z.string() }));

/** PACKAGE_TARGET_REPOS: what builds for a package repository find beside it. */
const targets = z.record(
  name,
  z.strictObject({
    extra_repos: z.array(z.strictObject({ name, servers: z.array(server).min(1) })).default([]),
    extra_keyrings: z.array(server).default([]),
  }),
);

export interface PackageRepos {
  /** Name → address. */
  readonly sources: ReadonlyMap<string, string>;
  /** By the package repository's name. */
  readonly targets: ReadonlyMap<string, ExtraRepositories>;
}

/**
 * Reads both variables, in chaotic-manager's form: JSON, or the path of a file with it.
 *
 * @throws SluiceError `package-repos`
 */
export function readPackageRepos(env: Readonly<Record<string, string | undefined>>): PackageRepos {
  const from = read("PACKAGE_REPOS", env["PACKAGE_REPOS"], sources);
  const to = read("PACKAGE_TARGET_REPOS", env["PACKAGE_TARGET_REPOS"], targets);
  for (const { url } of Object.values(from)) requireGitAddress(url);
  return {
    sources: new Map(Object.entries(from).map(([key, { url }]) => [key, url])),
    targets: new Map(
      Object.entries(to).map(([key, { extra_repos, extra_keyrings }]) => [
        key,
        { repositories: extra_repos, keyrings: extra_keyrings },
      ]),
    ),
  };
}

function read<T extends z.ZodType>(variable: string, text: string | undefined, schema: T): z.infer<T> {
  let data: unknown = {};
  if (text) {
    try {
      const isJson = text.trimStart().startsWith("{");
      data = JSON.parse(isJson || !existsSync(text) ? text : readFileSync(text, "utf8"));
    } catch (error) {
      throw wrong(
        variable,
        `is neither JSON nor a file with it${systemCode(error) ? ` (${systemCode(error)})` : ""}`,
      );
    }
  }
  const parsed = schema.safeParse(data);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  throw wrong(variable, `${path.join(".") || "."}: ${message}`);
}

/** Doesn't repeat what was given: addresses may hold credentials. */
function wrong(variable: string, what: string): SluiceError {
  const example =
    variable === "PACKAGE_REPOS"
      ? '{"mypackages":{"url":"https://example.org/packages.git"}}'
      : '{"mypackages":{"extra_repos":[{"name":"chaotic-aur","servers":["https://example.org/$repo/$arch"]}],"extra_keyrings":["https://example.org/keyring.pkg.tar.zst"]}}';
  return new SluiceError("package-repos", `${variable}: ${what}`, { hint: `For example: ${example}` });
}
