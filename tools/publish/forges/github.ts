import { readFile } from "node:fs/promises";
import { SluiceError } from "../../errors.ts";
import { durably, type Checkpoint, type Step } from "../../steps.ts";
import type { StoredFile } from "../publisher.ts";
import { ForgeApi } from "./api.ts";
import type { ForgeReleases, WantedRelease } from "./forge-release.ts";

interface GitHubRelease {
  readonly id: number;
  readonly tag_name: string;
  readonly draft: boolean;
  readonly upload_url: string;
  readonly html_url: string;
}

interface Asset {
  readonly id: number;
  readonly name: string;
  readonly size: number;
  readonly state: string;
}

/** Releases of GitHub: a draft until all files are there. */
export class GitHubReleases implements ForgeReleases {
  readonly #api: ForgeApi;
  readonly #project: string;
  readonly #checkpoint: Checkpoint | undefined;

  constructor(url: string, project: string, token: string, checkpoint: Checkpoint | undefined) {
    this.#checkpoint = checkpoint;
    const headers = { authorization: `Bearer ${token}`, "x-github-api-version": "2022-11-28" };
    this.#api = new ForgeApi(url, headers);
    this.#project = `/repos/${project}`;
  }

  async bring(wanted: WantedRelease): Promise<void> {
    const release = (await this.#find(wanted)) ?? (await this.#draft(wanted));
    const assets = await this.#assets(release);
    for (const file of wanted.files) {
      const there = assets.find(({ name }) => name === file.path);
      if (there && (await this.#digest(there)) === file.sha256) continue;
      if (there && !release.draft) throw refused(wanted.tag, file.path);
      // An upload that was cut off.
      if (there) await this.#drop(there);
      await this.#upload(release, file);
    }
  }

  async read(
    wanted: Pick<WantedRelease, "tag">,
    file: Pick<StoredFile, "path">,
  ): Promise<string | undefined> {
    const release = await this.#find(wanted);
    const asset = release && (await this.#assets(release)).find(({ name }) => name === file.path);
    return asset && this.#digest(asset);
  }

  async publish(wanted: WantedRelease): Promise<string> {
    const release = await this.#find(wanted);
    if (!release) throw refused(wanted.tag, "the draft");
    if (!release.draft) return release.html_url;
    const json = { draft: false, prerelease: wanted.prerelease, make_latest: String(wanted.latest) };
    const published = await this.#durably("forge release published", () =>
      this.#api.ask("PATCH", `${this.#project}/releases/${release.id}`, { json }),
    );
    return (published as GitHubRelease).html_url;
  }

  /** Among all, since a draft can't be asked for by its tag. */
  async #find({ tag }: Pick<WantedRelease, "tag">): Promise<GitHubRelease | undefined> {
    const found = (await this.#all(`${this.#project}/releases`)) as readonly GitHubRelease[];
    return found.find((release) => release.tag_name === tag);
  }

  async #draft({ tag, title, notes, prerelease }: WantedRelease): Promise<GitHubRelease> {
    const json = { tag_name: tag, name: title, body: notes, draft: true, prerelease };
    const made = await this.#durably("forge release drafted", () =>
      this.#api.ask("POST", `${this.#project}/releases`, { json }),
    );
    return made as GitHubRelease;
  }

  async #assets({ id }: GitHubRelease): Promise<readonly Asset[]> {
    return (await this.#all(`${this.#project}/releases/${id}/assets`)) as readonly Asset[];
  }

  #digest({ id }: Asset): Promise<string | undefined> {
    return this.#api.digest(`${this.#project}/releases/assets/${id}`);
  }

  async #upload({ upload_url: template }: GitHubRelease, { path, file }: StoredFile): Promise<void> {
    const url = `${template.replace(/\{.*$/, "")}?name=${encodeURIComponent(path)}`;
    const bytes = await readFile(file);
    await this.#durably("forge file brought", () => this.#api.ask("POST", url, { bytes }));
  }

  async #drop({ id }: Asset): Promise<void> {
    const path = `${this.#project}/releases/assets/${id}`;
    await this.#durably("forge file dropped", () => this.#api.ask("DELETE", path));
  }

  #durably<T>(step: Step, action: () => Promise<T>): Promise<T> {
    return durably(this.#checkpoint, step, action);
  }

  async #all(path: string): Promise<readonly unknown[]> {
    const all: unknown[] = [];
    for (let page = 1; page <= 100; page++) {
      const some = (await this.#api.ask("GET", `${path}?per_page=100&page=${page}`)) as readonly unknown[];
      all.push(...some);
      if (some.length < 100) break;
    }
    return all;
  }
}

function refused(tag: string, name: string): SluiceError {
  return new SluiceError("publication-refused", `the release ${tag} has another ${name} already`, {
    hint: "What is published is never overwritten: release it under another tag, or take the old one away by hand.",
    exitCode: 1,
  });
}
