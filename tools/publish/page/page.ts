import { listOf } from "../../release/definition/definition.ts";
import type { Publisher, ToPublish } from "../publisher.ts";
import { openStore } from "../stores/stores.ts";
import type { Store } from "../stores/store.ts";
import { addressPattern, indexOf, type IndexedFile } from "./index.ts";
import { renderFeed, renderPage } from "./render.ts";

/**
 * The page of a project's releases: `_releases.json`, `_releases.atom` and `_releases.html`, made from what clients can
 * get at that moment, and from nothing else.
 */
export function openPage({ planned, publication, definition, secrets, checkpoint }: ToPublish): Publisher {
  const stores = new Map<string, Store>();
  const at = planned.places[0]!.at;
  const folder = at.replace(/\/$/, "");
  const open = (address: string): { store: Store; name: string } =>
    openStore(address, secrets, checkpoint, stores);
  return {
    // It says what is there, so there is nothing to bring before all else can be seen.
    stage: async () => undefined,
    verify: async () => undefined,
    async show() {
      const files: IndexedFile[] = [];
      for (const name of "of" in publication ? listOf(publication.of) : []) {
        const listed = definition.publications.get(name);
        if (listed?.to === "files") files.push(...(await filesAt(listed.at)));
      }
      const groups = indexOf(definition, files);
      const pages = [
        ["_releases.json", `${JSON.stringify(groups, null, 1)}\n`, "application/json"],
        ["_releases.atom", renderFeed(definition.project, folder, groups), "application/atom+xml"],
        ["_releases.html", renderPage(definition.project, groups), "text/html; charset=utf-8"],
      ] as const;
      for (const [name, text, type] of pages) {
        const { store, name: path } = open(`${folder}/${name}`);
        await store.replace(path, Buffer.from(text), type);
      }
      return [];
    },
    async close() {
      for (const store of stores.values()) await store.close?.();
    },
  };

  async function filesAt(template: string): Promise<readonly IndexedFile[]> {
    const pattern = addressPattern(template);
    const fixed = template.slice(0, template.indexOf("{")).replace(/\/[^/]*$/, "");
    const { store, name: root } = open(fixed);
    // With the `/` that ends it, also where the files begin at a bucket's root.
    const base = root === "" ? `${fixed}/` : fixed.slice(0, fixed.length - root.length);
    const files: IndexedFile[] = [];
    for (const { name, bytes, modified } of await store.list(root)) {
      const address = `${base}${name}`;
      const { ref, target = null } = pattern.exec(address)?.groups ?? {};
      const sha256 = ref === undefined ? undefined : await store.look(name);
      if (ref === undefined || sha256 === undefined) continue;
      const path = address.startsWith(`${folder}/`) ? address.slice(folder.length + 1) : name;
      files.push({ url: urlOf(path), path, ref, target, bytes, sha256, date: modified });
    }
    return files;
  }
}

/** From the page. */
function urlOf(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}
