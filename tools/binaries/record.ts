import { z } from "zod";

const texts = z.array(z.string()).readonly();

/** One published package file: what is in it that others give, and what it gives to others. */
export const packageRecordSchema = z
  .object({
    pkgname: z.string(),
    pkgbase: z.string(),
    version: z.string().describe("Full version, `1:2.0-3`."),
    arch: z.string(),
    needs: z
      .record(
        z.string(),
        z.object({
          file: z.string().describe("The first file that needs it."),
          folders: texts
            .optional()
            .describe("Where that file looks for it before anywhere else (RPATH, RUNPATH)."),
        }),
      )
      .describe(
        "What its files need that isn't in the package itself: `x86_64-64:libfoo.so.1`, `python:3.12`.",
      ),
    gives: texts.describe("What its files give to others, in the same form."),
    depends: texts.describe("As pacman has it."),
    provides: texts.describe("As pacman has it."),
    builtWith: z
      .record(z.string(), z.string())
      .describe("By pkgname, the versions of what it depends on that were installed when it was built."),
    onlyLibraries: z
      .literal(true)
      .optional()
      .describe("There where all that it has is there to be linked to."),
    unread: z.string().optional().describe("Why its files weren't read, where they weren't."),
  })
  .meta({ title: "What a published package needs and gives" });

export type PackageRecord = Readonly<z.infer<typeof packageRecordSchema>>;

/** `needs.json`, beside the database; `docs/needs.schema.json` is made of it. */
export const needsFileSchema = z
  .object({
    version: z.literal(1),
    complete: z
      .boolean()
      .describe("Whether every published package is here; else the others are yet to be read."),
    packages: z.record(z.string(), packageRecordSchema).describe("By the name of the package file."),
  })
  .meta({ title: "What the packages of a repository need and give" });

const head = needsFileSchema.extend({ packages: z.strictObject({}) });

/** As text, a line for each package: thousands of them are read and written often. */
export function formatNeeds(records: ReadonlyMap<string, PackageRecord>, complete: boolean): string {
  const lines = [...records].map(
    ([filename, record]) => `${JSON.stringify(filename)}:${JSON.stringify(record)}`,
  );
  return `{"version":1,"complete":${complete},"packages":{\n${lines.sort().join(",\n")}\n}}\n`;
}

const inLine = z.record(z.string(), packageRecordSchema);

/**
 * Reads what `formatNeeds` writes, line by line.
 *
 * @throws where it is anything else: an error of JSON or of zod
 */
export function parseNeeds(body: Buffer): {
  readonly complete: boolean;
  readonly packages: readonly PackageRecord[];
} {
  let complete: boolean | undefined;
  let isWhole = false;
  const packages: PackageRecord[] = [];
  for (const line of linesOf(body)) {
    if (isWhole) throw new Error("something follows its end");
    if (complete === undefined) complete = head.parse(JSON.parse(`${line}}}`)).complete;
    else if (line === "}}") isWhole = true;
    else packages.push(...Object.values(inLine.parse(JSON.parse(`{${line.replace(/,$/, "")}}`))));
  }
  if (complete === undefined || !isWhole) throw new Error("its end is missing");
  return { complete, packages };
}

/** Bytes. Of one package no more is kept than a line of this length holds. */
const maxLine = 16 * 2 ** 20;

/** Each by itself: whoever serves them chooses what is in them, and brackets without end would fill the memory. */
function* linesOf(body: Buffer): Generator<string> {
  for (let start = 0; start < body.length;) {
    const found = body.indexOf("\n", start);
    const end = found < 0 ? body.length : found;
    if (end - start > maxLine) throw new Error(`the line at byte ${start} is longer than any package's`);
    yield body.toString("utf8", start, end);
    start = end + 1;
  }
}
