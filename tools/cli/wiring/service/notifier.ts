import { randomUUID } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "smol-toml";
import { SluiceError, systemCode } from "../../../errors.ts";
import type { Git } from "../../../git/git.ts";
import { forgePage, linksTo, type Links } from "../../../manager/notifications/links.ts";
import type { HeldReviews } from "../../../manager/view/held-reviews.ts";
import type { Notifier } from "../../../manager/notifications/notifier.ts";
import { readTargets, targetsOfVariables, type TargetSettings } from "../../../notify/settings.ts";
import type { Progress } from "../../output/progress.ts";
import type { Opened } from "../installation.ts";
import { workspaceUrl } from "./workspace-url.ts";

type Environment = Readonly<Record<string, string | undefined>>;

export const notifyFile = "notify.toml";

/**
 * The targets of notifications: those of `notify.toml` in the state folder, and those of chaotic-manager's variables that
 * it doesn't name.
 *
 * @throws SluiceError `notify-settings`
 */
export async function readTargetsHere(state: string, env: Environment): Promise<TargetSettings[]> {
  const path = join(state, notifyFile);
  const own = readTargets(await readDocument(path), path);
  const names = new Set(own.map(({ name }) => name));
  const notifiers = await textOrFile(env["PACKAGE_REPOS_NOTIFIERS"]);
  const others = targetsOfVariables({ ...env, PACKAGE_REPOS_NOTIFIERS: notifiers });
  return [...own, ...others.filter(({ name }) => !names.has(name))];
}

/** JSON as it is, or the path of a file with it. What can't be read is reported as what it is: no JSON. */
async function textOrFile(text: string | undefined): Promise<string | undefined> {
  if (text === undefined || text === "" || /^\s*[{[]/.test(text)) return text;
  return readFile(text, "utf8").catch(() => text);
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

interface Linked {
  readonly git: Git;
  /** REPO_NAME of the workspace that is there. */
  readonly own: string;
  /** Those of PACKAGE_REPOS. */
  readonly further: readonly { readonly name: string; readonly url: string }[];
  /** Where the pages are, as people reach them. */
  readonly pages: string | undefined;
}

/** @throws SluiceError `usage` */
export async function linksOf({ git, own, further, pages }: Linked, env: Environment): Promise<Links> {
  const url = await workspaceUrl(git, env).catch(() => "");
  const workspaces = [{ name: own, url }, ...further].flatMap(({ name, url: remote }) => {
    const page = forgePage(remote);
    return page === undefined ? [] : [[name, page] as const];
  });
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
  return linksTo({ pages, logs: logs || undefined, workspaces: Object.fromEntries(workspaces) });
}

/** Unique among all processes that use one queue. */
export function newOwner(worker: string): string {
  return `${worker}/${randomUUID()}`;
}

/** Starts to notify the targets of notify.toml; undefined where there are none. */
export async function startNotifierHere(
  { installations, head, worker }: Opened,
  reviews: HeldReviews,
  pages: string | undefined,
  { troubled }: Pick<Progress, "troubled">,
): Promise<Notifier | undefined> {
  const [installation] = installations;
  const targets = await readTargetsHere(installation.folders.state, process.env);
  if (targets.length === 0) return undefined;
  const { startNotifier } = await import("../../../manager/notifications/notifier.ts");
  const further = installations.flatMap(({ workspace }) => workspace ?? []);
  const own = head.workspace.config.REPO_NAME;
  return startNotifier({
    queue: installation.queue,
    held: { reviews, of: { target: installation.repository.name, arch: installation.arch } },
    targets,
    links: await linksOf({ git: installation.git, own, further, pages }, process.env),
    owner: newOwner(worker),
    troubled: (error) => troubled?.(error),
  });
}
