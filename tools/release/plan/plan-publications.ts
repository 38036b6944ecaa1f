import type { z } from "zod";
import { allJobs, listOf, type DefinedJob, type Definition } from "../definition/definition.ts";
import { areSeveral, makersOf, targetsOf } from "../definition/makers.ts";
import type { Publication } from "../definition/publication-kinds.ts";
import { forgeAddress, imageAddress, treeAddress } from "../definition/texts.ts";
import type { Filling } from "./filling.ts";
import type { Chosen } from "./publications-of.ts";
import type { ArtifactOf, PlannedPublication } from "./release-plan.ts";

/** Which artifacts go to which address. */
export function planPublications(
  definition: Definition,
  filling: Filling,
  published: readonly Chosen[],
): readonly PlannedPublication[] {
  const makers = makersOf(allJobs(definition));
  const taken = new Map<string, string>();
  return published.map(({ name, publication, reason }) => {
    const places = placesOf(definition, makers, filling, name, publication);
    for (const { at } of publication.to === "files" ? places : []) {
      const other = taken.get(at);
      if (other !== undefined && !at.endsWith("/")) filling.refuse(`${name} and ${other} both come to ${at}`);
      taken.set(at, name);
    }
    return { name, to: publication.to, places, reason };
  });
}

function placesOf(
  definition: Definition,
  makers: ReadonlyMap<string, readonly DefinedJob[]>,
  filling: Filling,
  name: string,
  publication: Publication,
): PlannedPublication["places"] {
  if (publication.to === "crates") return [];
  if (publication.to === "page") return [{ at: publication.at, holds: [] }];
  const places = new Map<string, ArtifactOf[]>();
  for (const artifact of listOf(publication.of)) {
    const of = definition.archives.get(artifact)?.of ?? artifact;
    for (const target of targetsOf(makers.get(of) ?? []) ?? [undefined]) {
      const at = "at" in publication ? publication.at : "https://pypi.org/";
      const address = filling.fill(`${name}:`, at, target, formOf[publication.to]);
      const place = isFolder(publication, makers) ? `${address.replace(/\/$/, "")}/` : address;
      places.set(place, [...(places.get(place) ?? []), { artifact, target: target ?? null }]);
    }
  }
  return [...places].map(([at, holds]) => ({ at, holds }));
}

/** One artifact that is one file has its own address; several go into a folder under their own names. */
function isFolder(publication: Publication, makers: ReadonlyMap<string, readonly DefinedJob[]>): boolean {
  if (publication.to !== "files") return false;
  return typeof publication.of !== "string" || areSeveral(makers.get(publication.of) ?? [], publication.of);
}

const formOf: Readonly<Record<Exclude<Publication["to"], "crates" | "page">, z.ZodString>> = {
  files: treeAddress,
  deb: treeAddress,
  rpm: treeAddress,
  pacman: treeAddress,
  nix: treeAddress,
  oci: imageAddress,
  pypi: treeAddress,
  forge: forgeAddress,
};
