import { SluiceError } from "../errors.ts";
import type { Publication } from "../release/definition/publication-kinds.ts";
import { openFiles } from "./files.ts";
import { openForgeRelease } from "./forges/forge.ts";
import { openImages } from "./images/oci.ts";
import { openNixCache } from "./nix/cache.ts";
import { openPage } from "./page/page.ts";
import type { Publisher, ToPublish } from "./publisher.ts";

/** Who carries out each kind of publication; those that are missing can't be carried out yet. */
const kinds: Partial<Record<Publication["to"], (to: ToPublish) => Publisher>> = {
  files: openFiles,
  forge: openForgeRelease,
  nix: openNixCache,
  oci: openImages,
  page: openPage,
};

/** @throws SluiceError `publication-unknown` */
export function openPublisher(to: ToPublish): Publisher {
  const open = kinds[to.publication.to];
  if (open) return open(to);
  throw new SluiceError(
    "publication-unknown",
    `${to.planned.name}: nothing publishes to ${to.publication.to} yet`,
    {
      hint: "Nothing of this release was published. Take it out of [publish], or name others in the channel's `publish`.",
    },
  );
}
