import { randomUUID } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "smol-toml";
import { SluiceError, systemCode } from "../../errors.ts";
import type { Git } from "../../git/git.ts";
import { forgePage, linksTo, type Links } from "../../manager/telling/links.ts";
import { readTargets, targetsOfVariables, type TargetSettings } from "../../notify/settings.ts";
import { workspaceUrl } from "./builders.ts";

type Environment = Readonly<Record<string, string | undefined>>;

export const notifyFile = "notify.toml";

/**
 * Who is told what happens: those of `notify.toml` in the state folder, and those of chaotic-manager's variables that
 * it doesn't name.
 *
 * @throws SluiceError `notify-settings`
 */
export async function readTellingTargets(state: string, env: Environment): Promise<TargetSettings[]> {
  const path = join(state, notifyFile);
  const own = readTargets(await readDocument(path), path);
  const names = new Set(own.map(({ name }) => name));
  return [...own, ...targetsOfVariables(env).filter(({ name }) => !names.has(name))];
}

/** Only its owner may read it: it holds tokens. */
async function readDocument(path: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    const [text, { mode }] = [await readFile(path, "utf8"), await stat(path)];
    if ((mode & 0o077) !== 0) {
      throw new SluiceError("notify-settings", `${path} holds tokens, and others may read it`, {
        hint: `Keep it to its owner: chmod 600 ${path}`,
        facts: { path },
      });
    }
    return parse(text) as Readonly<Record<string, unknown>>;
  } catch (error) {
    if (error instanceof SluiceError) throw error;
    if (systemCode(error) === "ENOENT") return {};
    // What the parser shows of the text may be a token.
    const line = (error as { line?: unknown }).line;
    const where = typeof line === "number" ? `, line ${line}` : "";
    const what = systemCode(error) ?? "it isn't TOML";
    throw new SluiceError("notify-settings", `${path} can't be read (${what}${where})`, {
      hint: "docs/notifications.md shows what it may hold.",
      facts: { path },
    });
  }
}

/** @param pages where the pages are, as people reach them */
export async function linksOf(
  {
    git,
    workspace,
    pages,
  }: { readonly git: Git; readonly workspace: string; readonly pages: string | undefined },
  env: Environment,
): Promise<Links> {
  const remote = await workspaceUrl(git, env).catch(() => "");
  const page = forgePage(remote);
  const logs = env["LOGS_URL"];
  if (
    logs !== undefined &&
    logs !== "" &&
    !/^https?:$/.test(URL.canParse(logs) ? new URL(logs).protocol : "")
  ) {
    throw new SluiceError("usage", `LOGS_URL: ${JSON.stringify(logs)} is no http:// or https:// address`, {
      hint: "For example: LOGS_URL=https://repo.example.org/logs.html",
    });
  }
  return linksTo({
    pages,
    logs: logs || undefined,
    workspaces: page === undefined ? {} : { [workspace]: page },
  });
}

/** Unique among all processes that use one queue. */
export function newOwner(worker: string): string {
  return `${worker}/${randomUUID()}`;
}
