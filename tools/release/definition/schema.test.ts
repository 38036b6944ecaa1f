import { Ajv } from "ajv";
import { parse } from "smol-toml";
import { expect, test } from "vitest";
import { exampleText, examples } from "../../../test/world/release-examples.ts";
import { releaseJsonSchema } from "./schema.ts";

const ajv = new Ajv({ strict: true, strictTypes: false, allErrors: true });
const validate = ajv.compile(releaseJsonSchema);

/** What an editor shows of a file, by the schema alone. */
function found(text: string): string[] {
  validate(parse(text));
  return (validate.errors ?? []).map(({ instancePath, keyword }) => `${instancePath} ${keyword}`);
}

test.each(examples)("an editor has nothing to say of the file of %s", (name) => {
  expect(found(exampleText(name))).toEqual([]);
});

test("an editor shows unknown keys, values of another kind and paths that leave their folder", () => {
  const text = `source = "https://example.org/x.git"
chanels = {}
[channels]
stable = { tag = 1 }
[stages.build]
app = { run = "../x.sh", fro = "*" }
`;
  expect(found(text)).toEqual([
    " additionalProperties",
    "/channels/stable/tag type",
    "/stages/build/app additionalProperties",
    "/stages/build/app/run pattern",
  ]);
});

test("an editor knows the keys of each kind of publication", () => {
  expect(found(withPublication('to = "deb", at = "s3://bucket", suite = "stable", key = "KEY"'))).toEqual([]);
  expect(found(withPublication('to = "deb", at = "s3://bucket", key = "KEY"'))).not.toEqual([]);
});

function withPublication(keys: string): string {
  return `source = "https://example.org/x.git"\n[channels]\n[publish]\nx = { ${keys}, of = "bin" }\n`;
}
