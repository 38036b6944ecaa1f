import { addBuilder, readBuilders, removeBuilder } from "../../manager/builders/tokens.ts";
import { SluiceError } from "../../errors.ts";
import { type InstallationOptions } from "../wiring/installation.ts";
import { stateFolder } from "../wiring/state-folder.ts";
import { formatTable } from "../output/table.ts";
import { readRefusals, type Refusals } from "../../manager/builders/refusals.ts";
import { readLiveBuilders } from "../../manager/builders/live-builders.ts";
import { info } from "../output/report.ts";
import { mkdir } from "node:fs/promises";

interface Options extends InstallationOptions {
  readonly json?: boolean;
}

/** Lets a builder in and prints its token. */
export async function buildersAdd(options: Options, name: string): Promise<number> {
  const state = stateFolder(options);
  await mkdir(state, { recursive: true });
  const isAgain = (await readBuilders(state)).has(name);
  const token = await addBuilder(state, name);
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ name, token })}\n`);
    return 0;
  }
  info(`Give this to the builder ${name} as BUILDER_TOKEN. It is shown only now.`);
  if (isAgain) info(`The token that ${name} had before is no longer valid.`);
  process.stdout.write(`${token}\n`);
  return 0;
}

/** What a builder of that name still sends is refused from now on. */
export async function buildersRemove(options: Options, name: string): Promise<number> {
  if (await removeBuilder(stateFolder(options), name)) {
    if (options.json) process.stdout.write(`${JSON.stringify({ name })}\n`);
    return 0;
  }
  throw new SluiceError("builder-unknown", `there is no builder ${name}`, {
    hint: "List them with: sluice builders list",
    exitCode: 1,
  });
}

/** Who may build, and what those do that are there now. */
export async function buildersList(options: Options): Promise<number> {
  const state = stateFolder(options);
  const names = [...(await readBuilders(state)).keys()].sort();
  const living = await readLiveBuilders(state, Date.now());
  const refusals = await readRefusals(state);
  if (options.json) {
    const all = names.map((name) => ({
      name,
      ...living?.builders.find((builder) => builder.name === name),
      there: living?.builders.some((builder) => builder.name === name) ?? false,
      refused: refusals[name]?.count ?? 0,
      lastRefusal: refusals[name]?.last ?? null,
    }));
    process.stdout.write(`${JSON.stringify(all, null, 2)}\n`);
    return 0;
  }
  if (names.length === 0) {
    info("No builder may connect yet. Add one with: sluice builders add NAME");
    return 0;
  }
  const rows = names.map((name) => {
    const builder = living?.builders.find((each) => each.name === name);
    const refused = refusedText(refusals[name]);
    if (!builder) return [name, "", "", living ? "not there" : "no manager runs", refused];
    const arch = `${builder.arch}${builder.crosses ? " (cross)" : ""}`;
    return [name, builder.class, arch, `${builder.building} of ${builder.jobs} building`, refused];
  });
  process.stdout.write(formatTable(["NAME", "CLASS", "ARCH", "STATUS", "REFUSED"], rows));
  return 0;
}

function refusedText(refusals: Refusals[string] | undefined): string {
  if (!refusals) return "";
  const { count, last } = refusals;
  return `${count}, last ${last.pkgbase}: ${last.why.replaceAll(/\s+/g, " ")}`;
}
