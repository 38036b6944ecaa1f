import { z } from "zod";
import * as text from "./texts.ts";

const names = z.union([text.name, z.array(text.name).min(1).max(100)], {
  error: "has to be a name, or a list of names",
});
const artifacts = names.describe("The artifacts or archives that are published.");
const at = text.treeAddress.describe(
  "Where to; may hold {ref}, {version}, {channel}, {target} and fields of targets. ./PATH is in the workspace's clone.",
);
const key = text.secretName.describe(
  "The variable that holds the signing key, in the process that publishes.",
);

/** What can be published, by what `to` says; a new kind is a line here and one in `sortOf`. */
export const publication = z.discriminatedUnion("to", [
  z.strictObject({ to: z.literal("files"), at, of: artifacts }),
  z.strictObject({
    to: z.literal("page"),
    at,
    of: names.describe("The publications that the page lists."),
  }),
  z.strictObject({
    to: z.literal("deb"),
    at,
    suite: z.string().min(1).max(100).describe("The suite, such as {channel}."),
    of: artifacts,
    key,
  }),
  z.strictObject({ to: z.literal("rpm"), at, of: artifacts, key }),
  z.strictObject({ to: z.literal("pacman"), at, of: artifacts, key }),
  z.strictObject({
    to: z.literal("nix"),
    at,
    of: artifacts,
    key,
    scope: z
      .enum(["output", "runtime", "build"])
      .optional()
      .describe(
        "Of what jobs copied: what they built alone, with all that it needs to run, or everything (the default).",
      ),
    keep: z
      .int()
      .min(1)
      .max(1000)
      .optional()
      .describe(
        "How many releases of each channel the cache keeps; what no kept release needs is deleted. Without it nothing is.",
      ),
  }),
  z.strictObject({
    to: z.literal("oci"),
    at: text.imageAddress,
    of: artifacts,
    cmd: z.array(z.string().max(500)).max(100).optional().describe("What the container runs."),
  }),
  z.strictObject({
    to: z.literal("crates"),
    of: z
      .array(z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/, "is no name of a crate"))
      .min(1)
      .max(100)
      .describe("The crates, in the order in which they need each other."),
  }),
  z.strictObject({ to: z.literal("pypi"), of: artifacts }),
  z.strictObject({
    to: z.literal("forge"),
    at: text.forgeAddress,
    of: artifacts,
    title: z.string().min(1).max(200).optional(),
    notes: text.innerPath
      .optional()
      .describe("The changelog of the source; its section of this version becomes the notes."),
  }),
]);

export type Publication = z.infer<typeof publication>;

/**
 * When what was brought somewhere becomes visible: first what can't be undone, then what one switch shows, and last
 * what tells people of the rest.
 */
export const sortOf: Readonly<Record<Publication["to"], "final" | "switch" | "last">> = {
  crates: "final",
  pypi: "final",
  files: "switch",
  deb: "switch",
  rpm: "switch",
  pacman: "switch",
  nix: "switch",
  oci: "switch",
  page: "last",
  forge: "last",
};
