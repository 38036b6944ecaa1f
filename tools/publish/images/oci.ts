import { join } from "node:path";
import { SluiceError } from "../../errors.ts";
import { ownSource } from "../../release/definition/own-source.ts";
import type { Publisher, Reader, StoredFile, ToPublish, ToRead } from "../publisher.ts";
import { digestOf, writeLayout, type PlatformImage } from "./layout.ts";
import { ImageRepository } from "./registry.ts";
import { readFile } from "node:fs/promises";
import { run } from "../../system/run.ts";

interface Image {
  readonly at: string;
  readonly repository: ImageRepository;
  readonly tag: string;
  readonly source: string;
  readonly digest: string;
}

/**
 * An image for all the platforms that artifacts are for, or one that a job made as an OCI archive. It is brought by its
 * digest, which nobody asks for, and gets its name when it is shown.
 */
export function openImages(to: ToPublish): Publisher {
  let made: Promise<readonly Image[]> | undefined;
  const images = (): Promise<readonly Image[]> => (made ??= makeImages(to));
  return {
    async stage() {
      for (const image of await images()) {
        await refuseOther(image);
        const { repository, digest, source } = image;
        if ((await repository.look(`@${digest}`)) !== digest) await repository.push(source, `@${digest}`);
      }
    },
    async verify() {
      for (const { at, repository, digest } of await images()) {
        await requireDigest(at, digest, await repository.look(`@${digest}`));
      }
    },
    async show() {
      const shown = [];
      for (const image of await images()) {
        const { at, repository, digest, tag } = image;
        if ((await refuseOther(image)) === undefined) await repository.tag(digest, tag);
        await requireDigest(at, digest, await repository.look(`:${tag}`));
        shown.push({ at, sha256: digest.slice("sha256:".length) });
      }
      return shown;
    },
    async alias(name) {
      for (const { at, repository, digest } of await images()) {
        if ((await repository.look(`:${name}`)) !== digest) await repository.tag(digest, name);
        await requireDigest(`${at} as ${name}`, digest, await repository.look(`:${name}`));
      }
    },
  };
}

export function openImageReader({ secrets }: ToRead): Reader {
  return {
    async read({ at }) {
      const { repository, tag } = imageAt(at, secrets, undefined);
      return (await repository.look(`:${tag}`))?.slice("sha256:".length);
    },
  };
}

function imageAt(
  at: string,
  secrets: ToPublish["secrets"],
  checkpoint: ToPublish["checkpoint"],
): Pick<Image, "repository" | "tag"> {
  const colon = at.lastIndexOf(":");
  const repository = new ImageRepository(at.slice(0, colon), secrets["REGISTRY_AUTH_FILE"], checkpoint);
  return { repository, tag: at.slice(colon + 1) };
}

async function makeImages({
  planned,
  publication,
  definition,
  plan,
  filesOf,
  secrets,
  folder,
  time,
  checkpoint,
}: ToPublish): Promise<readonly Image[]> {
  const images: Image[] = [];
  for (const [index, { at, holds }] of planned.places.entries()) {
    const { repository, tag } = imageAt(at, secrets, checkpoint);
    const archive = holds.every(({ target }) => target === null) ? holds.flatMap(filesOf) : [];
    const layout = join(folder, `image-${planned.name}-${index}`);
    if (archive.length > 0) {
      const source = await fromArchive(planned.name, archive, layout);
      images.push({ at, repository, tag, ...source });
      continue;
    }
    const platforms = holds.map(({ artifact, target }): PlatformImage => {
      const files = filesOf({ artifact, target });
      const platform = definition.targets.get(target ?? "")?.["oci"];
      if (platform === undefined || files.length === 0) {
        throw refused(
          `${planned.name}: there is no ${artifact} for ${target ?? "it"}, or no platform in \`oci\``,
        );
      }
      return { platform, files };
    });
    const digest = await writeLayout(layout, platforms, {
      cmd: publication.to === "oci" ? publication.cmd : undefined,
      time,
      annotations: {
        ...(plan.source !== ownSource && { "org.opencontainers.image.source": plan.source }),
        "org.opencontainers.image.revision": plan.ref.commit,
        ...(plan.version !== null && { "org.opencontainers.image.version": plan.version }),
      },
    });
    images.push({ at, repository, tag, source: `oci:${layout}:image`, digest });
  }
  return images;
}

/** As a job made it; unpacked, since an archive is read anew for each blob otherwise. */
async function fromArchive(
  name: string,
  files: readonly StoredFile[],
  layout: string,
): Promise<Pick<Image, "source" | "digest">> {
  const [archive, ...more] = files;
  if (!archive || more.length > 0)
    throw refused(`${name}: an image is one OCI archive, not ${files.length} files`);
  await run("skopeo", [
    "--insecure-policy",
    "copy",
    "--all",
    "--quiet",
    "--preserve-digests",
    `oci-archive:${archive.file}`,
    `oci:${layout}:image`,
  ]);
  const index = JSON.parse(await readFile(join(layout, "index.json"), "utf8")) as {
    manifests: { digest: string }[];
  };
  const { digest } = index.manifests[0]!;
  const content = await readFile(join(layout, "blobs", ...digest.split(":")));
  if (digestOf(content) !== digest) throw refused(`${name}: the archive isn't what its digests say`);
  return { source: `oci:${layout}:image`, digest };
}

/** @returns what the tag names, where that is this image; undefined: nothing yet */
async function refuseOther({ at, repository, tag, digest }: Image): Promise<string | undefined> {
  const there = await repository.look(`:${tag}`);
  if (there === undefined || there === digest) return there;
  throw refused(`${at} is ${there} already, and this release is ${digest}`);
}

function refused(message: string): SluiceError {
  return new SluiceError("publication-refused", message, {
    hint: "What is published is never overwritten: release it under another ref, or take the old image away by hand.",
    exitCode: 1,
  });
}

async function requireDigest(at: string, wanted: string, read: string | undefined): Promise<void> {
  if (read === wanted) return;
  throw new SluiceError(
    "publication-damaged",
    `${at} was to be ${wanted} and reads back as ${read ?? "nothing"}`,
    {
      hint: "Check the registry; running the release again brings it there once more.",
      exitCode: 1,
    },
  );
}
