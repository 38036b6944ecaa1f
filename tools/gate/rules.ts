import { commandRules } from "./rules/commands.ts";
import { fileRules } from "./rules/files.ts";
import { maintainerRules } from "./rules/maintainers.ts";
import { originRules } from "./rules/origin.ts";
import { recipeRules } from "./rules/recipe.ts";
import { sourceRules } from "./rules/sources.ts";

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
