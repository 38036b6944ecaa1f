import { SluiceError } from "../../errors.ts";
import type { Checkpoint } from "../../steps.ts";
import { FolderStore } from "./folder.ts";
import { S3Store } from "./s3.ts";
import { SshStore } from "./ssh.ts";
import type { Store } from "./store.ts";

/**
 * The store that an address is in, and the name that it has there.
 *
 * @param opened those of this publication, by their root; one more may come in
 * @throws SluiceError `store-unknown`, `store-settings`
 */
export function openStore(
  address: string,
  secrets: Readonly<Record<string, string | undefined>>,
  checkpoint: Checkpoint | undefined,
  opened: Map<string, Store>,
): { readonly store: Store; readonly name: string } {
  const [, scheme, host, path = ""] = /^([a-z0-9]+):\/\/([^/]*)\/?(.*)$/.exec(address) ?? [];
  const root = `${scheme}://${host}`;
  const known = opened.get(root) ?? open();
  opened.set(root, known);
  return { store: known, name: path };

  function open(): Store {
    if (scheme === "file" && host === "") return new FolderStore("/", checkpoint);
    if (scheme === "s3") return new S3Store(host!, secrets, checkpoint);
    if (scheme === "ssh") return new SshStore(root, secrets, checkpoint);
    throw new SluiceError("store-unknown", `${address}: nothing is published to ${scheme}:// yet`, {
      hint: "s3://BUCKET/PATH is a bucket, ssh://USER@HOST/PATH a folder of another machine, file:///PATH one of the machine that publishes.",
    });
  }
}
