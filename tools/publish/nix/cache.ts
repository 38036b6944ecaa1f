import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SluiceError } from "../../errors.ts";
import type { PublishedFile, Publisher, StoredFile, ToPublish } from "../publisher.ts";
import { openStore } from "../stores/stores.ts";
import type { Store } from "../stores/store.ts";
import { parseNarInfo, readNixKey, signedNarInfo, type NarInfo, type NixKey } from "./narinfo.ts";
import { pathsOf } from "./scope.ts";

/**
 * A binary cache of Nix. Jobs make caches without signatures (`nix copy --to file://$PWD/cache PATH…`: one path, what it
 * needs to run, or all that building it took); here they are checked, signed and put together. What paths hold comes
 * first, then what says that they are there, and of a path after the paths that it needs, so that a client at any moment
 * gets a whole path or none. A path that is there stays as it is.
 */
export function openNixCache(to: ToPublish): Publisher {
  const { planned, publication, secrets, checkpoint } = to;
  const key = readNixKey(
    publication.to === "nix" ? publication.key : "",
    secrets[publication.to === "nix" ? publication.key : ""],
  );
  const stores = new Map<string, Store>();
  const at = planned.places[0]!.at.replace(/\/$/, "");
  const { store, name: root } = openStore(at, secrets, checkpoint, stores);
  const inStore = (path: string): string => (root === "" ? path : `${root}/${path}`);
  let made: Promise<readonly StoredFile[]> | undefined;
  const files = (): Promise<readonly StoredFile[]> => (made ??= signedCache(to, key));
  return {
    async stage() {
      for (const file of await files()) {
        const name = inStore(file.path);
        if ((await store.look(name)) === undefined) await store.stage(name, file);
      }
    },
    async verify() {
      for (const { path, sha256 } of await files()) {
        const name = inStore(path);
        if ((await store.look(name)) !== undefined) continue;
        const read = await store.readStaged(name, sha256);
        if (read !== sha256) throw damaged(`${at}/${path}`, sha256, read);
      }
    },
    async show() {
      const shown: PublishedFile[] = [];
      for (const { path, sha256 } of await files()) {
        const name = inStore(path);
        if ((await store.look(name)) === undefined) await store.show(name, sha256);
        await store.dropStaged(name, sha256);
        shown.push({ at: `${at}/${path}`, sha256: (await store.look(name)) ?? sha256 });
      }
      return shown;
    },
    async drop(files) {
      const paths = files
        .filter((file) => file.at.startsWith(`${at}/`))
        .map((file) => file.at.slice(at.length + 1));
      // First what says that a path is there.
      for (const path of paths.toSorted((a, b) => Number(isInfo(b)) - Number(isInfo(a)))) {
        await store.remove(inStore(path));
      }
    },
    async close() {
      for (const each of stores.values()) await each.close?.();
    },
  };
}

/** Everything of the jobs' caches, in the order in which it is shown. */
async function signedCache(
  { planned, publication, filesOf, folder }: ToPublish,
  key: NixKey,
): Promise<readonly StoredFile[]> {
  const given = planned.places.flatMap(({ holds }) => holds.flatMap(filesOf));
  const byPath = new Map(given.map((file) => [file.path, file]));
  const paths = new Map<string, NarInfo & { readonly path: string; readonly nar: StoredFile }>();
  const into = join(folder, `nix-${planned.name}`);
  await mkdir(into, { recursive: true });
  for (const file of byPath.values()) {
    if (!/^[0-9a-z]{32}\.narinfo$/.test(file.path)) continue;
    const info = parseNarInfo(await readFile(file.file, "utf8"));
    const nar = info && byPath.get(info.url);
    if (
      !nar ||
      nar.sha256 !== info.fileHash ||
      !info.storePath.startsWith(`/nix/store/${file.path.slice(0, 32)}-`)
    ) {
      throw refused(
        planned.name,
        `${file.path} isn't what \`nix copy\` writes, or what it names isn't there`,
      );
    }
    paths.set(info.storePath.slice("/nix/store/".length), { ...info, path: file.path, nar });
  }
  if (paths.size === 0)
    throw refused(planned.name, "no job made a cache: `nix copy --to file://$PWD/cache PATH`");
  const chosen = pathsOf(paths, (publication.to === "nix" && publication.scope) || "build").map((name) =>
    paths.get(name)!,
  );
  const infos: StoredFile[] = [];
  for (const info of chosen)
    infos.push(await written(join(into, info.path), info.path, signedNarInfo(info, key)));
  const about = await written(
    join(into, "nix-cache-info"),
    "nix-cache-info",
    "StoreDir: /nix/store\nWantMassQuery: 1\nPriority: 40\n",
  );
  return [...new Set(chosen.map(({ nar }) => nar)), about, ...infos];
}

function isInfo(path: string): boolean {
  return path.endsWith(".narinfo");
}

async function written(file: string, path: string, text: string): Promise<StoredFile> {
  await writeFile(file, text);
  const sha256 = createHash("sha256").update(text).digest("hex");
  return { path, file, sha256, bytes: Buffer.byteLength(text), isExecutable: false };
}

function refused(name: string, why: string): SluiceError {
  return new SluiceError("publication-refused", `${name}: ${why}`, {
    hint: "Nothing of this release was published.",
    exitCode: 1,
  });
}

function damaged(at: string, wanted: string, read: string | undefined): SluiceError {
  return new SluiceError(
    "publication-damaged",
    `${at} was to be ${wanted} and reads back as ${read ?? "nothing"}`,
    {
      hint: "Check the store; running the release again brings it there once more.",
      exitCode: 1,
    },
  );
}
