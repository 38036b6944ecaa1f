import { mkdtemp, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { SluiceError } from "../../errors.ts";
import { ContentLooks } from "../../gate/source-change/content-looks.ts";
import type { SourceFile, SourceTree } from "../../gate/source-change/source-tree.ts";
import type { Git } from "../../git/git.ts";
import { ObjectReader } from "../../git/object-reader.ts";
import type { Http } from "../../http/http.ts";
import { fetchRefs } from "../refs/git-program.ts";

/** Files that one commit may have, and bytes of a file that are looked at. */
const [mostFiles, largestFile] = [250_000, 64 * 2 ** 20];
const ours = "refs/sources/one";

/**
 * The files of one commit of a repository; nothing of it is checked out. Only that commit is fetched.
 *
 * @param ref a tag's full name, or a commit by its full id
 * @param looks whether to look at a file of this id; undefined: at none, so that their contents aren't even fetched
 * @throws SluiceError `unavailable`, `no-repository`, `archive-too-large`
 */
export async function treeOfCommit(
  url: string,
  ref: string,
  { http, scratch }: { readonly http: Http; readonly scratch: Git },
  looks?: (id: string) => boolean,
): Promise<SourceTree> {
  // A repository of its own: fetches of one depth into one repository get in each other's way.
  const folder = await mkdtemp(join(resolve(scratch.dir), "tree-"));
  const git = scratch.at(folder);
  try {
    await git.text(["init", "--quiet", "--bare", "--template=", "."]);
    await fetchRefs(http, git, url, new Map([[ref, ours]]), looks ? [] : ["--filter=blob:none"]);
    return await readTree(git, looks);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function readTree(git: Git, looks: ((id: string) => boolean) | undefined): Promise<SourceTree> {
  // Without sizes: Git would fetch each file to know them.
  const listing = (await git.bytes(["ls-tree", "-r", "-z", "--full-tree", ours])).toString().split("\0");
  if (listing.length > mostFiles) {
    throw new SluiceError("archive-too-large", `isn't looked at: it has more than ${mostFiles} files`, {
      exitCode: 1,
    });
  }
  const files = new Map<string, SourceFile>();
  const reader = looks && new ObjectReader(git);
  try {
    for (const record of listing) {
      const [, mode = "", id = "", path = ""] = /^(\d+) \w+ ([0-9a-f]+)\t(.+)$/s.exec(record) ?? [];
      if (path === "") continue;
      const kind = mode === "160000" ? "submodule" : mode === "120000" ? "link" : "file";
      const isRead = reader && kind === "file" && looks(id);
      files.set(path, { kind, id, looks: isRead ? await looksOf(reader, id) : "text" });
    }
  } finally {
    reader?.close();
  }
  return files;
}

async function looksOf(reader: ObjectReader, id: string): Promise<SourceFile["looks"]> {
  const object = await reader.read(id);
  if (!object || object.content.length > largestFile) return "binary";
  const looking = new ContentLooks();
  looking.update(object.content);
  return looking.result();
}
