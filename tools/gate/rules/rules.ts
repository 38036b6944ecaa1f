import { approvedRules } from "../approved.ts";
import { characterRules } from "../code/character-rules.ts";
import { commentRules } from "../code/comment-forms.ts";
import { functionRules } from "../code/function-rules.ts";
import { ownTextRules } from "../code/own-text.ts";
import { plainTextRules } from "../code/plain-text.ts";
import { secondReadingRules } from "../code/second-reading-rules.ts";
import { rewrittenLineRules } from "../code/rewritten-lines.ts";
import { choiceRules } from "../code/version-choices.ts";
import { topLevelRules } from "../code/top-level-rules.ts";
import { commandRules } from "../commands/dangerous-commands.ts";
import { hiddenWordRules } from "../commands/signal-rules.ts";
import { writeRules } from "../commands/write-targets.ts";
import { fileRules } from "../files/file-rules.ts";
import { patchRules } from "../files/patch-rules.ts";
import { scriptletRules } from "../files/scriptlets.ts";
import { srcinfoFormRules } from "../files/srcinfo-form.ts";
import { srcinfoRules } from "../files/srcinfo-rules.ts";
import { readingRules } from "../judge.ts";
import { firstRecipeRules } from "../origin/first-recipe.ts";
import { maintainerRules } from "../origin/maintainer-rules.ts";
import { contentRules } from "../sources/content-rules.ts";
import { checksumRules } from "../sources/checksum-rules.ts";
import { addressRules } from "../sources/source-address.ts";
import { revisionRules } from "../sources/source-revision.ts";
import { sourceRules } from "../sources/source-rules.ts";
import { strangerRules } from "../sources/source-stranger.ts";
import { fileNameRules } from "../sources/file-names.ts";
import { followingRules } from "../values/following.ts";
import { readRules } from "../values/new-reads.ts";
import { inertRules } from "../inert/inert-changes.ts";
import { orderRules } from "../values/order-rules.ts";
import { takeoverRules } from "../values/package-relations.ts";
import { assignmentRules } from "../values/assignment-rules.ts";
import { changeRules } from "../values/changed-variable.ts";
import { variableRules } from "../values/variable-rules.ts";
import { versionRules } from "../versions/version-rules.ts";
import type { Rules } from "./finding.ts";

/** Every rule there is, by name. What is no finding of any of them is allowed. */
export const rules: Rules = {
  ...approvedRules,
  ...characterRules,
  ...commentRules,
  ...functionRules,
  ...ownTextRules,
  ...plainTextRules,
  ...secondReadingRules,
  ...topLevelRules,
  ...rewrittenLineRules,
  ...choiceRules,
  ...commandRules,
  ...hiddenWordRules,
  ...writeRules,
  ...fileRules,
  ...patchRules,
  ...scriptletRules,
  ...srcinfoFormRules,
  ...srcinfoRules,
  ...readingRules,
  ...firstRecipeRules,
  ...maintainerRules,
  ...checksumRules,
  ...contentRules,
  ...addressRules,
  ...revisionRules,
  ...sourceRules,
  ...strangerRules,
  ...fileNameRules,
  ...followingRules,
  ...readRules,
  ...orderRules,
  ...takeoverRules,
  ...assignmentRules,
  ...changeRules,
  ...inertRules,
  ...variableRules,
  ...versionRules,
};
