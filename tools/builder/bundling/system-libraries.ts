import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { libraryFolder } from "../../binaries/bundling/system-folders.ts";
import type { StageRunner, Unfinished } from "../stage.ts";
import type { Found, FindLibraries } from "./bundle.ts";

/** What is asked for in one run, so that it fits into a variable. */
const atOnce = 100;

/** Where the sandbox ended otherwise than with what it found. */
export class LookupUnfinished extends Error {
  readonly end: Unfinished;

  constructor(end: Unfinished) {
    super(end.message);
    this.end = end;
  }
}

/**
 * Looks for libraries among the sandbox's programs, which are what the tree was built with: this machine's or an
 * image's.
 *
 * @param folder where copies of them lie then
 */
export function systemLibraries(stages: StageRunner, folder: string): FindLibraries {
  let runs = 0;
  return async (wanted) => {
    const found: (readonly Found[])[] = [];
    for (let start = 0; start < wanted.length; start += atOnce) {
      const places = wanted
        .slice(start, start + atOnce)
        .map(({ name, folders }) => folders.map((each) => ({ folder: each, path: `${each}/${name}` })));
      const into = join(folder, String(runs++));
      await mkdir(into, { recursive: true });
      const look = places.flatMap((each, index) => each.map(({ path }, at) => `${index}-${at}\t${path}\n`));
      const ended = await stages.run("looking for libraries", {
        script,
        mounts: [],
        env: { LOOK: look.join(""), FOLDER: libraryFolder },
        collect: { from: "found", into },
      });
      if ("kind" in ended) throw new LookupUnfinished(ended);
      const brought = new Set(ended.collected);
      found.push(
        ...places.map((each, index) =>
          each.flatMap((place, at) =>
            brought.has(`${index}-${at}`)
              ? [{ folder: place.folder, file: join(into, `${index}-${at}`) }]
              : [],
          ),
        ),
      );
    }
    return found;
  };
}

/**
 * What a link leads to has to be in a folder of libraries, too, and nothing that gives its user rights. Where folders
 * are links to each other it is one file.
 */
const script = `set -eu
mkdir -p "$BUILDDIR/found"
declare -A seen
while IFS=$'\\t' read -r number path; do
  [ -f "$path" ] || continue
  real=$(realpath -- "$path")
  if [[ ! "\${real%/*}" =~ $FOLDER ]] || [ -u "$real" ] || [ -g "$real" ]; then continue; fi
  known="\${number%-*} $real"
  if [ -n "\${seen[$known]:-}" ]; then continue; fi
  seen[$known]=1
  cp -- "$real" "$BUILDDIR/found/$number"
done <<< "$LOOK"
`;
