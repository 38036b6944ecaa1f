import type { Forge, ForgeKind } from "../../tools/forge/forge.ts";
import { openForge } from "../../tools/forge/open-forge.ts";
import type { ForgeServer } from "./forge-server.ts";
import { everyGitHubPermission, GitHubServer } from "./github.ts";
import { everyGitLabPermission, GitLabServer } from "./gitlab.ts";

/** Looks like a real one, so that a leak is found by its text. */
export const goodToken = "glpat-S3cretS3cretS3cret";

export interface StandIn {
  readonly kind: ForgeKind;
  readonly start: (origin: string) => Promise<ForgeServer>;
  /** All that reviews take, in the forge's own words. */
  readonly permissions: readonly string[];
}

export const standIns: readonly StandIn[] = [
  {
    kind: "github",
    permissions: everyGitHubPermission,
    start: (origin) => started(new GitHubServer(origin), everyGitHubPermission),
  },
  {
    kind: "gitlab",
    permissions: everyGitLabPermission,
    start: (origin) => started(new GitLabServer(origin), everyGitLabPermission),
  },
];

async function started(server: ForgeServer, permissions: readonly string[]): Promise<ForgeServer> {
  server.tokens.set(goodToken, { account: "sluice-bot", may: new Set(permissions) });
  await server.start();
  return server;
}

/** The real client on its way to a stand-in, with less retryLimits than in production. */
export async function connect(
  kind: ForgeKind,
  server: ForgeServer,
  token = goodToken,
  timeout = 20_000,
): Promise<Forge> {
  const { apiUrl, project } = server;
  const retryLimits = { timeout, pauses: [5, 5], longestWait: 1500 };
  return openForge(kind, { apiUrl, project, token, targetBranch: "main" }, retryLimits);
}
