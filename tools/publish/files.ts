import { SluiceError } from "../errors.ts";
import type { PublishedFile, Publisher, StoredFile, ToPublish } from "./publisher.ts";
import { openStore } from "./stores/stores.ts";
import type { Store } from "./stores/store.ts";

interface Placed extends StoredFile {
  readonly at: string;
  readonly store: Store;
  /** In the store. */
  readonly name: string;
}

/** Files under their own addresses. */
export function openFiles(to: ToPublish): Publisher {
  const placed = placedFiles(to);
  return {
    async stage() {
      for (const file of placed) {
        if (!(await isThere(file))) await file.store.stage(file.name, file);
      }
    },
    async verify() {
      for (const file of placed) {
        if (await isThere(file)) continue;
        const read = await file.store.readStaged(file.name, file.sha256);
        if (read !== file.sha256) throw damaged(file, read);
      }
    },
    async show() {
      for (const file of placed) {
        if (!(await isThere(file))) await file.store.show(file.name, file.sha256);
        const read = await file.store.read(file.name);
        if (read !== file.sha256) throw damaged(file, read);
        await file.store.dropStaged(file.name, file.sha256);
      }
      return placed.map(({ at, sha256 }): PublishedFile => ({ at, sha256 }));
    },
    async close() {
      for (const store of new Set(placed.map((file) => file.store))) await store.close?.();
    },
  };
}

function placedFiles({ planned, filesOf, secrets, checkpoint }: ToPublish): readonly Placed[] {
  const stores = new Map<string, Store>();
  const placed: Placed[] = [];
  for (const { at, holds } of planned.places) {
    const files = holds.flatMap(filesOf);
    if (files.length === 0) throw nothingMade(planned.name, at);
    for (const file of files) {
      const address = at.endsWith("/") ? `${at}${file.path}` : files.length > 1 ? `${at}/${file.path}` : at;
      const { store, name } = openStore(address, secrets, checkpoint, stores);
      const other = placed.find((each) => each.at === address);
      if (other) throw twice(planned.name, address);
      placed.push({ ...file, at: address, store, name });
    }
  }
  return placed;
}

/** Whether this very file is there already. */
async function isThere({ store, name, at, sha256 }: Placed): Promise<boolean> {
  const there = await store.look(name);
  if (there === undefined || there === sha256) return there !== undefined;
  throw new SluiceError("publication-refused", `${at} is ${there} already, and this release has ${sha256}`, {
    hint: "What is published is never overwritten: release it under another ref, or take the old file away by hand.",
    exitCode: 1,
  });
}

function damaged({ at, sha256 }: Placed, read: string | undefined): SluiceError {
  return new SluiceError(
    "publication-damaged",
    `${at} was to be ${sha256} and reads back as ${read ?? "nothing"}`,
    {
      hint: "Check the store; running the release again brings it there once more.",
      exitCode: 1,
    },
  );
}

function nothingMade(name: string, at: string): SluiceError {
  return new SluiceError("publication-empty", `${name}: there is no artifact for ${at}`, {
    hint: "The job that makes it has to be green before.",
    exitCode: 1,
  });
}

function twice(name: string, at: string): SluiceError {
  return new SluiceError("publication-refused", `${name}: two files come to ${at}`, {
    hint: "Give them different names, or an address with {target}.",
    exitCode: 1,
  });
}
