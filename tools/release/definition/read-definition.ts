import { checkChannels } from "./checks/check-channels.ts";
import { checkFiles } from "./checks/check-files.ts";
import { checkJobs } from "./checks/check-jobs.ts";
import { checkPublications } from "./checks/check-publications.ts";
import type { Definition } from "./definition.ts";
import type { DefinitionFiles } from "./definition-files.ts";
import { normalise } from "./normalise.ts";
import { hasPlace, placed, placesIn } from "./text/places.ts";
import type { DefinitionProblem, Mistake } from "./problems.ts";
import { adapterJsonSchema, adapterSchema, definitionSchema, releaseJsonSchema } from "./schema.ts";
import { readToml } from "./text/toml.ts";
import { validPart } from "./valid-part.ts";

export type ReadDefinition =
  | { readonly definition: Definition; readonly problems: readonly [] }
  | { readonly definition: undefined; readonly problems: readonly DefinitionProblem[] };

const mostProblems = 200;

/**
 * Reads `releases/PROJECT/release.toml` and the adapter that it names: all or nothing, since a release from half a
 * definition isn't what anybody meant. Every mistake is found at once.
 *
 * @param file the path from the root of the workspace
 */
export function readDefinition(
  project: string,
  file: string,
  text: string,
  files: DefinitionFiles,
): ReadDefinition {
  const toml = readToml(file, text);
  if (toml.kind === "unreadable") return { definition: undefined, problems: [toml.problem] };
  const own = validPart(toml.value, definitionSchema, releaseJsonSchema, {
    source: "https://example.invalid/source.git",
    channels: {},
  });
  const adapter = readAdapter(file, own.value.adapter, files);
  const { definition, mistakes } = normalise(project, file, own.value, adapter.jobs);
  const between = [
    ...mistakes,
    ...checkJobs(definition),
    ...checkFiles(definition, files),
    ...checkChannels(definition),
    ...checkPublications(definition),
  ];
  // Reading has dropped what has mistakes.
  let whole: unknown;
  // What is missing only because it holds a mistake, or may be in an adapter that does, isn't missing.
  const maySeemMissing = (name: string): boolean =>
    adapter.problems.length > 0 ||
    (own.mistakes.length > 0 && hasKey((whole ??= readToml(file, text)), name));
  const certain = between.filter(({ lacks }) => lacks === undefined || !maySeemMissing(lacks));
  const all = [...own.mistakes, ...certain];
  const problems = [...(all.length === 0 ? [] : place(file, text, adapter.text, all)), ...adapter.problems];
  if (problems.length === 0) return { definition, problems: [] };
  const left = problems.length - mostProblems;
  if (left <= 0) return { definition: undefined, problems };
  return {
    definition: undefined,
    problems: [...problems.slice(0, mostProblems), { file, message: `has ${left} problems more` }],
  };
}

/** A mistake in a job of the adapter stands there. */
function place(
  file: string,
  text: string,
  adapter: { readonly file: string; readonly text: string } | undefined,
  mistakes: readonly Mistake[],
): DefinitionProblem[] {
  const places = placesIn(text);
  if (!adapter) return placed(file, places, mistakes);
  const others = placesIn(adapter.text);
  const isThere = ({ at }: Mistake): boolean =>
    at[0] === "stages" && !hasPlace(places, at.slice(0, 3)) && hasPlace(others, at.slice(0, 3));
  return [
    ...placed(
      file,
      places,
      mistakes.filter((mistake) => !isThere(mistake)),
    ),
    ...placed(adapter.file, others, mistakes.filter(isThere)),
  ];
}

function readAdapter(
  file: string,
  address: string | undefined,
  { open }: DefinitionFiles,
): {
  readonly jobs?: Parameters<typeof normalise>[3];
  readonly text?: { readonly file: string; readonly text: string };
  readonly problems: readonly DefinitionProblem[];
} {
  if (address === undefined) return { problems: [] };
  const releases = file.split("/").slice(0, -2);
  const path = [...releases, address.slice("../".length)].join("/");
  const opened = open(path);
  if ("refused" in opened) return { problems: [{ file: path, message: opened.refused }] };
  const toml = readToml(path, opened.text);
  if (toml.kind === "unreadable") return { problems: [toml.problem] };
  const { value, mistakes } = validPart(toml.value, adapterSchema, adapterJsonSchema, { stages: {} });
  return {
    jobs: { file: path, stages: value.stages },
    text: { file: path, text: opened.text },
    problems: mistakes.length === 0 ? [] : placed(path, placesIn(opened.text), mistakes),
  };
}

/** Whether some table has the key, at any depth. */
function hasKey(value: unknown, key: string): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.hasOwn(value, key) || Object.values(value).some((inner) => hasKey(inner, key));
}
