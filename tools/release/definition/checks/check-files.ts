import type { DefinitionFiles } from "../definition-files.ts";
import { allJobs, type Definition } from "../definition.ts";
import { named } from "../explain.ts";
import type { Mistake } from "../problems.ts";

/** Whether the files that jobs name are there. */
export function checkFiles(definition: Definition, { whyMissing }: DefinitionFiles): Mistake[] {
  return allJobs(definition).flatMap(({ stage, name, script, fixture }) =>
    [
      { key: "run", path: script },
      { key: "fixture", path: fixture },
    ].flatMap(({ key, path }) => {
      const why = path === undefined ? undefined : whyMissing(path);
      const at = ["stages", stage, name, key];
      return why === undefined ? [] : [{ at, message: `${named(at)}${path} ${why}` }];
    }),
  );
}
