import {
  actionNames,
  makeToken,
  readTokens,
  revokeToken,
  type ActionName,
} from "../../manager/actions/access-tokens.ts";
import { readActions } from "../../manager/actions/action-log.ts";
import { SluiceError } from "../../errors.ts";
import { info } from "../output/report.ts";
import { formatTable } from "../output/table.ts";
import { moment } from "../output/time.ts";
import { requireWorkspace, type InstallationOptions } from "../wiring/installation.ts";
import { stateFolder } from "../wiring/state-folder.ts";

interface Options extends InstallationOptions {
  readonly allow?: string;
  readonly json?: boolean;
}

/** Makes a token and prints it. */
export async function tokenMake(options: Options, name: string): Promise<number> {
  const allows = allowed(options.allow);
  if (options.state === undefined) await requireWorkspace(options);
  const isAgain = Object.hasOwn(await readTokens(stateFolder(options)), name);
  const token = await makeToken(stateFolder(options), name, allows, new Date());
  if (options.json) process.stdout.write(`${JSON.stringify({ name, allows, token })}\n`);
  else {
    info(`It allows ${allows.join(", ")}, and is shown only now.`);
    if (isAgain) info(`The token that ${name} had before is no longer valid.`);
    process.stdout.write(`${token}\n`);
  }
  return 0;
}

/** @throws SluiceError `usage` */
function allowed(text: string | undefined): readonly ActionName[] {
  const all = Object.keys(actionNames) as ActionName[];
  if (text === undefined) return all;
  const wanted = new Set(text.split(/[,\s]+/).filter((name) => name !== ""));
  const unknown = [...wanted].filter((name) => !Object.hasOwn(actionNames, name));
  if (unknown.length === 0 && wanted.size > 0) return all.filter((name) => wanted.has(name));
  throw new SluiceError("usage", `--allow: ${JSON.stringify(unknown[0] ?? "")} is no action`, {
    hint: `There are ${all.join(", ")}. For example: --allow build,cancel`,
  });
}

/** What is asked for with a token of that name is refused from now on. */
export async function tokenRevoke(options: Options, name: string): Promise<number> {
  if (await revokeToken(stateFolder(options), name)) {
    if (options.json) process.stdout.write(`${JSON.stringify({ name })}\n`);
    return 0;
  }
  throw new SluiceError("token-unknown", `there is no token ${name}`, {
    hint: "List them with: sluice token list",
    exitCode: 1,
  });
}

/** Which tokens there are, and what each allows. */
export async function tokenList(options: Options): Promise<number> {
  const tokens = Object.entries(await readTokens(stateFolder(options))).sort(([a], [b]) => (a < b ? -1 : 1));
  if (options.json) {
    const all = tokens.map(([name, { allows, made }]) => ({ name, allows, made }));
    process.stdout.write(`${JSON.stringify(all, null, 2)}\n`);
  } else if (tokens.length === 0) info("There is no token. Make one with: sluice token make NAME");
  else {
    const rows = tokens.map(([name, { allows, made }]) => [name, made.slice(0, 10), allows.join(", ")]);
    process.stdout.write(formatTable(["NAME", "MADE", "ALLOWS"], rows));
  }
  return 0;
}

/** Who did what with a token, the latest first. */
export async function tokenLog(options: Options): Promise<number> {
  const actions = await readActions(stateFolder(options), 100);
  if (options.json) process.stdout.write(`${JSON.stringify(actions, null, 2)}\n`);
  else if (actions.length === 0) info("Nobody did anything with a token yet.");
  else {
    const now = Date.now();
    const rows = actions.map(({ at, by, action, of, answer }) => [
      moment(Date.parse(at), now),
      by,
      action,
      of,
      answer,
    ]);
    process.stdout.write(formatTable(["WHEN", "WHO", "ACTION", "OF", "ANSWER"], rows));
  }
  return 0;
}
