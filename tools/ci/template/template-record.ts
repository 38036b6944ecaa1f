import { z } from "zod";
import { SluiceError } from "../../errors.ts";
import { platforms } from "./template.ts";

/** Where the record lies in a workspace. */
export const recordPath = ".ci/template.json";

const record = z.strictObject({
  platforms: z.array(z.enum(platforms)),
  /** The template's version; null: the one that came with `sluice init`. */
  tag: z.string().nullable(),
  /** Path → Git's id of the content that came from the template. */
  files: z.record(z.string(), z.string().regex(/^[0-9a-f]{40,64}$/)),
});

/** Which files of a workspace came from the template, and as what: what is still so may be replaced. */
export type TemplateRecord = Readonly<z.infer<typeof record>>;

/** @throws SluiceError `template-record` */
export function parseRecord(text: string | undefined): TemplateRecord {
  try {
    return record.parse(JSON.parse(text ?? ""));
  } catch (error) {
    const what = text === undefined ? "is missing" : "can't be understood";
    throw new SluiceError(
      "template-record",
      `${recordPath} ${what}, so it isn't known which files are yours`,
      {
        hint: `Restore it from Git: git log -- ${recordPath}`,
        facts: { path: recordPath },
        cause: error,
      },
    );
  }
}

export function formatRecord({ platforms, tag, files }: TemplateRecord): string {
  const sorted = Object.fromEntries(Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1)));
  return `${JSON.stringify({ platforms, tag, files: sorted }, null, 2)}\n`;
}
