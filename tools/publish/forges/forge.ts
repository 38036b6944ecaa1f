import { readFile } from "node:fs/promises";
import { SluiceError } from "../../errors.ts";
import { fill } from "../../release/template.ts";
import type { Publisher, Reader, StoredFile, ToPublish, ToRead } from "../publisher.ts";
import { sourceFile } from "../source-file.ts";
import { changelogSection } from "./changelog.ts";
import type { ForgeReleases, WantedRelease } from "./forge-release.ts";
import { GitHubReleases } from "./github.ts";
import { GitLabReleases } from "./gitlab.ts";

/** A release on the project's forge, with files and the changelog's section, which people see when all is there. */
export function openForgeRelease(to: ToPublish): Publisher {
  const { at } = to.planned.places[0]!;
  const releases = releasesAt(at, to);
  let made: Promise<WantedRelease> | undefined;
  const wanted = (): Promise<WantedRelease> => (made ??= wantedRelease(to));
  return {
    stage: async () => releases.bring(await wanted()),
    async verify() {
      const release = await wanted();
      for (const file of release.files) {
        const read = await releases.read(release, file);
        if (read === file.sha256) continue;
        throw new SluiceError(
          "publication-damaged",
          `${at}: ${file.path} was to be ${file.sha256} and reads back as ${read ?? "nothing"}`,
          { hint: "Running the release again brings it there once more.", exitCode: 1 },
        );
      }
    },
    async show() {
      const release = await wanted();
      const url = await releases.publish(release);
      return release.files.map(({ path, sha256 }) => ({ at: `${url} ${path}`, sha256 }));
    },
  };
}

export function openForgeReader({ publication, tag, secrets }: ToRead): Reader {
  const releases = releasesAt("at" in publication ? publication.at : "", { secrets, checkpoint: undefined });
  // The release's page, and the file's name.
  return { read: ({ at }) => releases.read({ tag }, { path: at.slice(at.indexOf(" ") + 1) }) };
}

function releasesAt(
  at: string,
  { secrets, checkpoint }: Pick<ToPublish, "secrets" | "checkpoint">,
): ForgeReleases {
  const [, forge, project = ""] = /^(github|gitlab):(.+)$/.exec(at === "." ? ownProject(secrets) : at) ?? [];
  const token = secrets["RELEASE_TOKEN"];
  if (token === undefined) {
    throw new SluiceError("no-release-token", `${at} takes a token`, {
      hint: "Set RELEASE_TOKEN where `sluice up` or `sluice release` runs: it has to be able to write releases.",
    });
  }
  return forge === "github"
    ? new GitHubReleases(secrets["GITHUB_API_URL"] ?? "https://api.github.com", project, token, checkpoint)
    : new GitLabReleases(secrets["CI_API_V4_URL"] ?? "https://gitlab.com/api/v4", project, token, checkpoint);
}

/** The project that this pipeline is of. */
function ownProject({ GITHUB_REPOSITORY, CI_PROJECT_PATH }: ToPublish["secrets"]): string {
  if (GITHUB_REPOSITORY !== undefined) return `github:${GITHUB_REPOSITORY}`;
  if (CI_PROJECT_PATH !== undefined) return `gitlab:${CI_PROJECT_PATH}`;
  throw new SluiceError(
    "no-own-project",
    'at = "." is the project whose pipeline this is, and this is none',
    {
      hint: "Set GITHUB_REPOSITORY=OWNER/NAME or CI_PROJECT_PATH=GROUP/NAME, as pipelines do.",
    },
  );
}

async function wantedRelease({
  planned,
  publication,
  plan,
  source,
  filesOf,
  latest,
}: ToPublish): Promise<WantedRelease> {
  if (publication.to !== "forge" || plan.ref.kind !== "tag") {
    throw incomplete(planned.name, "only a tag has a release on a forge");
  }
  const files = planned.places.flatMap(({ holds }) => holds.flatMap(filesOf));
  const names = files.map(({ path }) => path);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw incomplete(planned.name, `two files are called ${twice}`);
  const nested = names.find((name) => name.includes("/"));
  if (nested !== undefined) throw incomplete(planned.name, `${nested} is in a folder; make an archive of it`);
  return {
    tag: plan.ref.name,
    title: titleOf(publication.title ?? "{ref}", plan),
    notes:
      publication.notes === undefined
        ? ""
        : await notesOf(planned.name, source, publication.notes, plan.version),
    prerelease: plan.prerelease,
    latest,
    files: files satisfies readonly StoredFile[],
  };
}

function titleOf(template: string, { project, channel, version, ref }: ToPublish["plan"]): string {
  const filled = fill(template, {
    project,
    channel,
    ref: ref.name,
    version: version ?? "",
    commit: ref.commit,
  });
  return filled.kind === "text" ? filled.text : template;
}

async function notesOf(name: string, source: string, path: string, version: string | null): Promise<string> {
  const file = await sourceFile(source, path);
  const text = file === undefined ? undefined : await readFile(file, "utf8");
  const section = text === undefined || version === null ? undefined : changelogSection(text, version);
  if (section !== undefined && section !== "") return section;
  throw incomplete(name, `${path} has no section for ${version ?? "a tag without a version"}`);
}

function incomplete(name: string, why: string): SluiceError {
  return new SluiceError("publication-incomplete", `${name}: ${why}`, {
    hint: "Nothing of this release was published; correct it and release it under another tag.",
    exitCode: 1,
  });
}
