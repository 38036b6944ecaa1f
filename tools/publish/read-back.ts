import type { Publication } from "../release/definition/publication-kinds.ts";
import { openForgeReader } from "./forges/forge.ts";
import { openImageReader } from "./images/oci.ts";
import type { Reader, ToRead } from "./publisher.ts";
import { openStore } from "./stores/stores.ts";
import type { Store } from "./stores/store.ts";

/** Who reads each kind back; of the others nothing is on record that could be read. */
const readers: Partial<Record<Publication["to"], (to: ToRead) => Reader>> = {
  files: openStoreReader,
  forge: openForgeReader,
  nix: openStoreReader,
  oci: openImageReader,
};

/** @returns undefined where nothing of that kind can be read back */
export function openReader(to: ToRead): Reader | undefined {
  return readers[to.publication.to]?.(to);
}

function openStoreReader({ secrets }: ToRead): Reader {
  const stores = new Map<string, Store>();
  return {
    async read({ at }) {
      const { store, name } = openStore(at, secrets, undefined, stores);
      return store.read(name);
    },
    async close() {
      for (const store of stores.values()) await store.close?.();
    },
  };
}
