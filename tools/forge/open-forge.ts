import { SluiceError } from "../errors.ts";
import { forgeGrants } from "./answers.ts";
import type { Forge, ForgeKind, ForgeOptions } from "./forge.ts";
import { defaultRetryLimits, forgeFetch, type ForgeFetch, type RetryLimits } from "./forge-fetch.ts";

/** The clients are heavy, so only the one that is needed is loaded. */
const implementations = {
  github: async () => (await import("./github.ts")).openGitHub,
  gitlab: async () => (await import("./gitlab.ts")).openGitLab,
} satisfies Record<ForgeKind, () => Promise<OpenForge>>;

type OpenForge = (options: ForgeOptions & { readonly token: string }, fetch: ForgeFetch) => Forge;

/**
 * @throws SluiceError `forge-token` where there is no token, `forge-options` where the address or the project can't
 * be right. Nothing is asked of the forge yet.
 */
export async function openForge(
  kind: ForgeKind,
  options: ForgeOptions,
  retryLimits: RetryLimits = defaultRetryLimits,
): Promise<Forge> {
  const { token } = options;
  if (token === undefined || token.trim() === "") throw noToken(kind, options.project);
  if (!/^https?:\/\/[^\s/@]+(?:\/[^\s?#]*)?$/.test(options.apiUrl)) {
    throw wrongOption("apiUrl", "the address of the forge's API is not an http(s) URL without credentials");
  }
  const isNumber = kind === "gitlab" && /^\d+$/.test(options.project);
  if (!isNumber && !/^[\w.-]+(?:\/[\w.-]+)+$/.test(options.project)) {
    throw wrongOption("project", `${JSON.stringify(options.project)} is not a project: owner/name`);
  }
  const apiUrl = options.apiUrl.replace(/\/+$/, "");
  const open = await implementations[kind]();
  const settled = { ...options, apiUrl, token: token.trim() };
  return open(settled, forgeFetch(kind, settled, retryLimits));
}

function noToken(kind: ForgeKind, project: string): SluiceError {
  return new SluiceError("forge-token", `there is no access token for ${project}`, {
    hint: `Set ACCESS_TOKEN to ${forgeGrants[kind]}`,
    facts: { project },
  });
}

function wrongOption(option: string, message: string): SluiceError {
  return new SluiceError("forge-options", message, {
    hint: "On CI the platform sets both; on a laptop take them from the forge's page of the repository.",
    facts: { option },
  });
}
