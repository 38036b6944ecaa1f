import { z } from "zod";
import { SluiceError } from "../../errors.ts";

export const platforms = ["gitlab", "github"] as const;
export type PlatformName = (typeof platforms)[number];

/**
 * Whether an update may ever touch this path: pipelines are the template's, everything else is the workspace's own,
 * above all what says whom it trusts.
 */
export function isTemplatePath(path: string): boolean {
  return (
    /^\.gitlab-ci(?:-[A-Za-z0-9_-]+)?\.yml$/.test(path) ||
    /^\.github\/workflows\/[A-Za-z0-9_-]+\.ya?ml$/.test(path)
  );
}

const file = z.strictObject({
  /** In the workspace, from its root. */
  path: z.string(),
  /** In the template's folder, where it has another name there. */
  from: z.string().optional(),
  for: z.enum(platforms).optional(),
  /** Only where CI_SCHEDULE_TO has this value. */
  scheduleTo: z.enum(["manager", "chaotic", "runners"]).optional(),
  /** Written for a new workspace, whose own it is from then on. */
  once: z.literal(true).optional(),
});

const manifest = z
  .strictObject({ version: z.literal(1), files: z.array(file) })
  .refine(({ files }) => files.every(({ path, once }) => once || isTemplatePath(path)), {
    message: "only pipelines can be kept up to date by a template",
  });

export type TemplateFile = Readonly<z.infer<typeof file>>;

/** What a template's `template.json` says. */
export interface Template {
  readonly files: readonly TemplateFile[];
}

/** @throws SluiceError `template` where it can't be understood */
export function parseTemplate(text: string): Template {
  try {
    return manifest.parse(JSON.parse(text));
  } catch (error) {
    const issues = error instanceof z.ZodError ? error.issues.map(({ message }) => message) : ["no JSON"];
    throw new SluiceError("template", `template.json can't be understood: ${issues.join("; ")}`, {
      hint: "Use a newer Sluice, or another version of the template.",
      cause: error,
    });
  }
}

/** What decides which of a template's files a workspace has. */
export interface TemplateChoice {
  readonly platforms: readonly PlatformName[];
  readonly scheduleTo: string;
}

export function chooseFiles(
  { files }: Template,
  { platforms, scheduleTo }: TemplateChoice,
): readonly TemplateFile[] {
  return files.filter(
    (file) =>
      (file.for === undefined || platforms.includes(file.for)) &&
      (file.scheduleTo === undefined || file.scheduleTo === scheduleTo),
  );
}
