import { webhookJsonSchema } from "../../notify/webhook.ts";
import { releaseJsonSchema } from "../../release/definition/schema.ts";
import { sluiceVersion } from "../program.ts";
import { formatManPage } from "./man-page.ts";
import { commandPages } from "./pages.ts";
import { formatReference } from "./reference.ts";

/** The documents that are made from the code's own tables, by path. */
export function generatedDocuments(): ReadonlyMap<string, string> {
  const pages = commandPages();
  return new Map([
    ["docs/sluice.1", formatManPage(pages, sluiceVersion())],
    ["docs/reference.md", formatReference(pages)],
    ["docs/webhook.schema.json", `${JSON.stringify(webhookJsonSchema, null, 2)}\n`],
    ["docs/release.schema.json", `${JSON.stringify(releaseJsonSchema, null, 2)}\n`],
  ]);
}
