import { packTar, unpackTar, type TarEntry } from "modern-tar";
import { SluiceError } from "../../errors.ts";
import type { RecipeFile, RecipeFiles } from "../../gate/update.ts";

const text = new TextDecoder();

/** Files as a tar archive, for a sandbox to unpack. @throws SluiceError `recipe-unsafe` for a submodule. */
export function packRecipe(files: RecipeFiles): Promise<Uint8Array> {
  return packTar([...files].map(([path, file]) => entryOf(path, file)));
}

function entryOf(path: string, { mode, bytes }: RecipeFile): TarEntry {
  const header = { name: path, mtime: new Date(0) };
  switch (mode) {
    case "120000":
      return { header: { ...header, size: 0, type: "symlink", linkname: text.decode(bytes) } };
    case "160000":
      throw new SluiceError("recipe-unsafe", `${path} is a submodule, which a recipe can't have`, {
        facts: { path },
        exitCode: 1,
      });
    default:
      return {
        header: { ...header, size: bytes.length, type: "file", mode: mode === "100755" ? 0o755 : 0o644 },
        body: bytes,
      };
  }
}

/**
 * What came back. Paths are as Git has them; folders are what their files make of them.
 *
 * @throws SluiceError `recipe-unsafe` for anything but files and symbolic links, for a path used twice or one that
 *   climbs, or where the archive is damaged.
 */
export async function unpackRecipe(archive: Uint8Array): Promise<RecipeFiles> {
  const files = new Map<string, RecipeFile>();
  for (const { header, data } of await entriesOf(archive)) {
    if (header.type === "directory") continue;
    const path = header.name.replace(/^\.\//, "");
    if (path.split("/").some((step) => ["", ".", ".."].includes(step)) || files.has(path)) {
      throw unsafe(path, "has a path that can't be");
    }
    if (header.type === "symlink") {
      files.set(path, { mode: "120000", bytes: Buffer.from(header.linkname ?? "") });
    } else if (header.type === "file") {
      files.set(path, {
        mode: ((header.mode ?? 0) & 0o100) === 0 ? "100644" : "100755",
        bytes: data ?? new Uint8Array(),
      });
    } else {
      throw unsafe(path, `is a ${header.type === "link" ? "hard link" : header.type}`);
    }
  }
  return files;
}

async function entriesOf(archive: Uint8Array) {
  try {
    return await unpackTar(archive, { strict: true });
  } catch (error) {
    throw new SluiceError("recipe-unsafe", "what came back is no archive that could be read", {
      exitCode: 1,
      cause: error,
    });
  }
}

function unsafe(path: string, what: string): SluiceError {
  return new SluiceError("recipe-unsafe", `${JSON.stringify(path)} ${what}`, {
    facts: { path },
    exitCode: 1,
  });
}
