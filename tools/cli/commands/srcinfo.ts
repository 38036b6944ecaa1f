import { srcinfoFiles, writeSrcinfoFiles } from "../../workspace/srcinfo-files.ts";
import { info, printable, warn } from "../output/report.ts";
import { findRoot } from "../wiring/root.ts";

interface Options {
  readonly root?: string;
  readonly write?: boolean;
  readonly check?: boolean;
  readonly json?: boolean;
}

/** Prints, writes or checks what `.SRCINFO` files should say. Exit code 1: something isn't known, or is stale. */
export async function srcinfo(options: Options, names: readonly string[] = []): Promise<number> {
  const { write = false, check = false, json = false } = options;
  const root = findRoot(options.root);
  const files = await srcinfoFiles(root, names);
  const written = write ? writeSrcinfoFiles(root, files) : [];
  const unknown = files.filter(({ text }) => text === null);
  const stale = files.filter(({ is }) => is === "stale");
  if (json) process.stdout.write(`${JSON.stringify(files, null, 2)}\n`);
  else if (check) for (const { path, fields } of stale) say(`${path}: is stale in ${fields.join(", ")}\n`);
  else if (write) for (const { path } of written) say(`${path}: written\n`);
  else say(files.flatMap(({ text }) => text ?? []).join("\n"));
  for (const { why } of unknown) warn(why ?? "");
  if (check) info(`${stale.length} of ${files.length} stale.`);
  if (write) info(`${written.length} of ${files.length} written.`);
  return unknown.length > 0 || (check && !write && stale.length > 0) ? 1 : 0;
}

function say(text: string): void {
  process.stdout.write(printable(text));
}
