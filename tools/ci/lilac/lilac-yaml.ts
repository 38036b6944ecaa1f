import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node } from "yaml";
import { z } from "zod";
import { SluiceError } from "../../errors.ts";

const entry = z.record(z.string(), z.unknown());
const script = z.string().optional();
/** Of a list; those of real files have tens. */
const most = 1_000;
const depends = z.array(z.union([z.string(), z.record(z.string(), z.string())])).nullish();

/** What `lilac.yaml` may say, after lilac's own schema; other keys are kept by name. */
const form = z.object({
  maintainers: z.array(z.object({ github: z.string().optional() })).nullish(),
  managed: z.boolean().default(true),
  update_on: z.union([z.array(entry).max(most), entry.transform((one) => [one])]).nullish(),
  update_on_build: z
    .array(
      z.object({
        pkgbase: z.string(),
        from_pattern: z.string().optional(),
        to_pattern: z.string().nullish(),
      }),
    )
    .max(most)
    .nullish(),
  repo_depends: depends,
  repo_makedepends: depends,
  build_prefix: z.string().optional(),
  time_limit_hours: z.number().positive().optional(),
  staging: z.boolean().optional(),
  allowed_workers: z.array(z.string()).nullish(),
  pre_build: script,
  pre_build_script: script,
  post_build: script,
  post_build_script: script,
  post_build_always: script,
  post_build_always_script: script,
});

export type LilacYaml = z.infer<typeof form> & {
  /** Keys that lilac doesn't know, or that nothing here stands for. */
  readonly unknown: readonly string[];
  /** The line on which a key's value begins; of a script that is indented below its key, the line before it. */
  readonly lineOf: (key: string, index?: number) => number;
};

/** More need no line of their own for a person to look at the file. */
const mostUnknown = 20;

/** In bytes. Most have a few hundred; one that names all packages of a language has 100 KB. */
const largest = 1024 * 1024;

/**
 * Reads a `lilac.yaml` as lilac does, as YAML 1.1.
 *
 * @throws SluiceError `lilac-yaml` with the line
 */
export function readLilacYaml(text: string): LilacYaml {
  if (text.length > largest) throw yamlError(1, `is larger than ${largest} bytes`);
  const counter = new LineCounter();
  const document = parseDocument(text, {
    version: "1.1",
    lineCounter: counter,
    logLevel: "error",
    // It compares each key with every other one; lilac, too, takes the last.
    uniqueKeys: false,
  });
  const [problem] = document.errors;
  if (problem) throw yamlError(problem.linePos?.[0].line ?? 1, problem.message.split("\n")[0]!);
  const value = valueOf(document);
  const parsed = form.safeParse(value);
  const lineOf = (key: string, index?: number): number => {
    const node = nodeAt(document, key, index);
    return node?.range ? counter.linePos(node.range[0]).line : 1;
  };
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    throw yamlError(lineOf(String(path[0] ?? ""), Number(path[1])), `${path.join(".")}: ${message}`);
  }
  const known = new Set([...Object.keys(form.shape), "lilac_throttle"]);
  const unknown = Object.keys(value)
    .filter((key) => !known.has(key))
    .slice(0, mostUnknown);
  return { ...parsed.data, unknown, lineOf };
}

function valueOf(document: Document): Readonly<Record<string, unknown>> {
  try {
    return Object(document.toJS({ maxAliasCount: 100 }) ?? {}) as Readonly<Record<string, unknown>>;
  } catch (error) {
    throw yamlError(1, error instanceof Error ? error.message : "can't be read");
  }
}

function nodeAt(document: Document, key: string, index?: number): Node | undefined {
  const value = isMap(document.contents) ? document.contents.get(key, true) : undefined;
  if (index !== undefined && isSeq(value)) {
    const item = value.items[index];
    if (isMap(item) || isScalar(item)) return item;
  }
  return isMap(value) || isSeq(value) || isScalar(value) ? value : undefined;
}

function yamlError(line: number, message: string): SluiceError {
  return new SluiceError("lilac-yaml", message, { facts: { line } });
}
