import { isUtf8 } from "node:buffer";
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { SluiceError, systemCode } from "../../errors.ts";
import { judgeWith, type RecipeFile, type RecipeFiles } from "../../gate/judge.ts";
import { openSecondReader } from "../../bash/open-second-reader.ts";
import { answerTags } from "../../gate/sources/tag-answers.ts";
import { openGit } from "../../git/git.ts";
import { openHttp } from "../../http/open-http.ts";
import { RemoteRefs } from "../../upstream/refs/remote-refs.ts";
import { tagsOf } from "../../upstream/tags/tags-of.ts";
import { recipeSrcinfo } from "../../workspace/metadata/recipe-srcinfo.ts";
import { isInCiFolder } from "../../workspace/recipe.ts";
import { describeJudgement } from "../output/judgement.ts";
import { printable } from "../output/report.ts";

interface Options {
  readonly maintainersBefore?: string;
  readonly maintainersAfter?: string;
  readonly json?: boolean;
}

export async function classify(options: Options, oldDir: string, newDir: string): Promise<number> {
  const http = openHttp({ parallel: 2, perHost: 2, delaySeconds: 0 });
  const refs = new RemoteRefs(http, openGit(process.cwd(), process.env));
  const old = readRecipe(oldDir);
  // Settings of the workspace are no part of a recipe. Those that upstream brings along are to be seen.
  const settings = new Set([...old.keys()].filter(isInCiFolder));
  const before = without(old, settings);
  const after = without(readRecipe(newDir), settings);
  const judgement = await judgeWith(
    {
      pkgbase: recipeSrcinfo(after)?.pkgbase ?? resolve(newDir).split("/").at(-1) ?? "",
      before,
      after,
    },
    {
      architectures: [],
      maintainersBefore: namesOf(options.maintainersBefore),
      maintainersAfter: namesOf(options.maintainersAfter),
      trustedMaintainers: new Set(),
      now: Date.now(),
      cooldownHours: 0,
      allowedLines: [],
      tagAnswers: new Map(),
    },
    { ask: answerTags((url) => tagsOf(refs, url)), read: openSecondReader().read },
  ).finally(() => http.close());
  const { verdict, findings } = judgement;
  process.stdout.write(
    options.json
      ? `${JSON.stringify({ verdict, findings }, null, 2)}\n`
      : printable(describeJudgement(judgement)),
  );
  return verdict === "minor" ? 0 : 1;
}

function without(files: RecipeFiles, paths: ReadonlySet<string>): RecipeFiles {
  return new Map([...files].filter(([path]) => !paths.has(path)));
}

function namesOf(list: string | undefined): readonly string[] | undefined {
  return list
    ?.split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}

const mostBytes = 20 * 1024 * 1024;
const mostFiles = 2_000;

/** Reads a recipe's files; links are kept as links. Git's own folder isn't part of it. */
export function readRecipe(dir: string): RecipeFiles {
  const files = new Map<string, RecipeFile>();
  let bytes = 0;
  const visit = (folder: string): void => {
    for (const name of namesIn(join(dir, folder), dir)) {
      const path = folder === "" ? name : `${folder}/${name}`;
      if (path === ".git") continue;
      const state = lstatSync(join(dir, path));
      if (state.isDirectory()) visit(path);
      else if (state.isSymbolicLink())
        files.set(path, { mode: "120000", bytes: Buffer.from(readlinkSync(join(dir, path))) });
      else if (state.isFile()) {
        bytes += state.size;
        if (bytes > mostBytes || files.size >= mostFiles) throw tooLarge(dir);
        const mode = (state.mode & 0o111) === 0 ? "100644" : "100755";
        files.set(path, { mode, bytes: readFileSync(join(dir, path)) });
      }
    }
  };
  visit("");
  if (!files.has("PKGBUILD")) {
    throw new SluiceError("no-recipe", `${dir} has no PKGBUILD`, {
      hint: "Give the folder that the PKGBUILD is in.",
      facts: { path: dir },
    });
  }
  return files;
}

function namesIn(folder: string, dir: string): string[] {
  try {
    const names = readdirSync(folder, { encoding: "buffer" });
    const unreadable = names.find((name) => !isUtf8(name));
    if (unreadable) throw notUtf8(`${folder}/${unreadable.toString("latin1")}`);
    return names.map((name) => name.toString()).toSorted();
  } catch (cause) {
    if (!/^(?:ENOENT|ENOTDIR|EACCES)$/.test(systemCode(cause) ?? "")) throw cause;
    throw new SluiceError("no-recipe", `${folder} can't be read as a folder`, {
      hint: "Give two folders, each with a PKGBUILD.",
      facts: { path: dir },
      cause,
    });
  }
}

function notUtf8(path: string): SluiceError {
  return new SluiceError("file-name", `${JSON.stringify(path)} isn't a name in UTF-8`, {
    hint: "Rename the file or leave it out: no recipe needs such a name.",
    facts: { path },
  });
}

function tooLarge(dir: string): SluiceError {
  return new SluiceError("recipe-too-large", `${dir} holds more than a recipe may: 20 MB, 2000 files`, {
    hint: "Give the recipe's own folder, without sources and packages.",
    facts: { path: dir },
  });
}
