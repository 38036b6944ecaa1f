import { readFile } from "node:fs/promises";
import { SluiceError } from "../../errors.ts";
import { durably, type Checkpoint } from "../../steps.ts";
import type { StoredFile } from "../publisher.ts";
import { ForgeApi } from "./api.ts";
import type { ForgeReleases, WantedRelease } from "./forge-release.ts";

/** Releases of GitLab, which has no drafts: files lie in its package registry, and the release links to them. */
export class GitLabReleases implements ForgeReleases {
  readonly #api: ForgeApi;
  readonly #url: string;
  readonly #project: string;
  readonly #checkpoint: Checkpoint | undefined;

  constructor(url: string, project: string, token: string, checkpoint: Checkpoint | undefined) {
    this.#checkpoint = checkpoint;
    this.#api = new ForgeApi(url, { "private-token": token });
    this.#url = url;
    this.#project = `/projects/${encodeURIComponent(project)}`;
  }

  async bring(wanted: WantedRelease): Promise<void> {
    for (const file of wanted.files) {
      const there = await this.read(wanted, file);
      if (there === file.sha256) continue;
      if (there !== undefined && (await this.#find(wanted))) throw refused(wanted.tag, file.path);
      const bytes = await readFile(file.file);
      await durably(this.#checkpoint, "forge file brought", () =>
        this.#api.ask("PUT", this.#at(wanted, file), { bytes }),
      );
    }
  }

  read(wanted: Pick<WantedRelease, "tag">, file: Pick<StoredFile, "path">): Promise<string | undefined> {
    return this.#api.digest(this.#at(wanted, file));
  }

  async publish(wanted: WantedRelease): Promise<string> {
    const { tag, title, notes, files } = wanted;
    const there = await this.#find(wanted);
    if (there) return there._links.self;
    const links = files.map((file) => ({ name: file.path, url: `${this.#url}${this.#at(wanted, file)}` }));
    const json = { tag_name: tag, name: title, description: notes, assets: { links } };
    const made = await durably(this.#checkpoint, "forge release published", () =>
      this.#api.ask("POST", `${this.#project}/releases`, { json }),
    );
    return (made as GitLabRelease)._links.self;
  }

  async #find({ tag }: Pick<WantedRelease, "tag">): Promise<GitLabRelease | undefined> {
    const path = `${this.#project}/releases/${encodeURIComponent(tag)}`;
    return (await this.#api.ask("GET", path, undefined, [404])) as GitLabRelease | undefined;
  }

  #at({ tag }: Pick<WantedRelease, "tag">, { path }: Pick<StoredFile, "path">): string {
    const version = tag.replaceAll(/[^A-Za-z0-9._+~-]/g, "-");
    return `${this.#project}/packages/generic/release/${version}/${encodeURIComponent(path)}`;
  }
}

interface GitLabRelease {
  readonly _links: { readonly self: string };
}

function refused(tag: string, name: string): SluiceError {
  return new SluiceError("publication-refused", `the release ${tag} has another ${name} already`, {
    hint: "What is published is never overwritten: release it under another tag, or take the old one away by hand.",
    exitCode: 1,
  });
}
