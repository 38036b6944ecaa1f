import { SluiceError } from "../../errors.ts";
import { durably, type Checkpoint } from "../../steps.ts";
import { run } from "../../system/run.ts";
import { digestOf } from "./layout.ts";

/** One repository of a registry, through skopeo. What it answers is believed by digest alone. */
export class ImageRepository {
  readonly #name: string;
  readonly #authFile: string | undefined;
  readonly #checkpoint: Checkpoint | undefined;

  /** @param name `ghcr.io/owner/name` */
  constructor(name: string, authFile: string | undefined, checkpoint: Checkpoint | undefined) {
    this.#name = name;
    this.#authFile = authFile;
    this.#checkpoint = checkpoint;
  }

  /**
   * The digest of what is there under a tag or a digest; undefined: nothing.
   *
   * @throws SluiceError `registry`
   */
  async look(reference: string): Promise<string | undefined> {
    try {
      return digestOf(await this.#run(["inspect", "--raw", ...this.#tls("tls-verify")], reference));
    } catch (error) {
      if (error instanceof SluiceError && /manifest unknown|name unknown|not found/i.test(error.message)) {
        return undefined;
      }
      throw error;
    }
  }

  /** @param from what skopeo takes: `oci:FOLDER:image`, `oci-archive:FILE` */
  async push(from: string, reference: string): Promise<void> {
    const args = ["copy", "--all", "--quiet", "--preserve-digests", ...this.#tls("dest-tls-verify"), from];
    await durably(this.#checkpoint, "image brought", () => this.#run(args, reference));
  }

  /** The same image under another name; its digest stays. */
  async tag(digest: string, tag: string): Promise<void> {
    const args = [
      "--all",
      "--quiet",
      "--preserve-digests",
      ...this.#tls("src-tls-verify"),
      ...this.#tls("dest-tls-verify"),
    ];
    await durably(this.#checkpoint, "image named", () =>
      this.#run(["copy", ...args, this.#at(`@${digest}`)], `:${tag}`),
    );
  }

  async #run(args: readonly string[], reference: string): Promise<Buffer> {
    const env = this.#authFile === undefined ? {} : { REGISTRY_AUTH_FILE: this.#authFile };
    try {
      return await run("skopeo", ["--insecure-policy", ...args, this.#at(reference)], { env });
    } catch (error) {
      if (!(error instanceof SluiceError) || error.code === "program-missing") throw error;
      throw new SluiceError("registry", `${this.#name}${reference}: ${error.message}`, {
        hint: "REGISTRY_AUTH_FILE names the file with who may push, as `skopeo login` writes it; then run it again.",
        exitCode: 1,
      });
    }
  }

  #at(reference: string): string {
    return `docker://${this.#name}${reference}`;
  }

  /** A registry of this machine has no certificate. */
  #tls(option: string): readonly string[] {
    return /^(?:127\.0\.0\.1|localhost)(?::\d+)?\//.test(this.#name) ? [`--${option}=false`] : [];
  }
}
