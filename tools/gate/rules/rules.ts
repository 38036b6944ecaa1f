import { commandRules } from "./commands.ts";
import { fileRules } from "./files.ts";
import { maintainerRules } from "./maintainers.ts";
import { originRules } from "./origin.ts";
import { recipeRules } from "./recipe.ts";
import { sourceRules } from "./sources.ts";

export type RuleName = keyof typeof rules;

/** Every rule there is. What is no finding of any of them is allowed. */
export const rules = {
  ...recipeRules,
  ...sourceRules,
  ...fileRules,
  ...commandRules,
  ...maintainerRules,
  ...originRules,
} as const;
