import { z } from "zod";

/** The forms of single values. They are regular expressions wherever one can say it, so that the JSON Schema has them. */

const nameForm = /^[a-z][a-z0-9-]{0,39}$/;
export const name = z.string().regex(nameForm, "is no name: a-z, 0-9 and -, a letter first, at most 40");

export function isProjectName(text: string): boolean {
  return /^[a-z0-9][a-z0-9._-]{0,59}$/.test(text) && !text.includes("..");
}

/** Beginning with a letter, so that no key is a number, which JavaScript would put first. */
export const targetName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_.-]{0,79}$/, "is no target: letters, digits, _, . and -, a letter first");

export const fieldName = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,39}$/, "is no field: a-z, 0-9 and _, a letter first");

export const fieldValue = z
  .string()
  .regex(
    /^(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._+/-]{0,99}$/,
    "goes into names and addresses: letters, digits and . _ + / -, without ..",
  );

const segment = String.raw`(?!\.\.?(?:/|$))[^/\\\u0000-\u001f\u007f]+`;
const segments = String.raw`${segment}(?:/${segment})*`;
const outside = "has to stay in its folder: no absolute path, no ., .. or \\, no - at its beginning";

/** A path within a folder; it may hold `*` and `{…}`. */
export const innerPath = z
  .string()
  .max(200)
  .regex(new RegExp(`^(?!-)${segments}$`), outside);

export const cachePath = z
  .string()
  .max(200)
  .regex(/^(?!.*(?:\.\.|\/\.?\/|\/\.?$))(?!\.$|\.\/)[A-Za-z0-9_.][A-Za-z0-9._+/-]*$/, outside);

/** Of a definition's own script. */
export const script = z
  .string()
  .max(200)
  .regex(/^(?!.*(?:\.\.|\/\.|\/\/|\/$))[A-Za-z0-9_][A-Za-z0-9._+/-]*$/, outside);

export const secretName = z
  .string()
  .regex(/^[A-Z][A-Z0-9_]{0,59}$/, "names a variable that holds the secret, such as PACKAGES_KEY");

export const buildClass = z.string().regex(/^[A-Za-z0-9._+-]{1,40}$/);

const path = String.raw`(?:/${segments})?/?`;
export const treeAddress = z
  .string()
  .max(500)
  .regex(
    new RegExp(
      String.raw`^(?:(?:s3://[a-z0-9][a-z0-9.-]{1,62}|ssh://[A-Za-z0-9_][A-Za-z0-9._-]*@[A-Za-z0-9][A-Za-z0-9.-]*(?::\d+)?|file://)${path}|\./${segments}/?)$`,
    ),
    "is no address: s3://BUCKET/PATH, ssh://USER@HOST/PATH, file:///PATH or ./PATH in the workspace, without .. and without a password",
  );

export const imageAddress = z
  .string()
  .max(500)
  .regex(
    /^[a-z0-9.-]+(?::\d+)?(?:\/[a-z0-9._{}-]+)+:[A-Za-z0-9._{}-]+$/,
    "is no image: REGISTRY/NAME:TAG, such as ghcr.io/owner/name:{ref}",
  );

export const forgeAddress = z
  .string()
  .max(200)
  .regex(
    /^(?:\.|(?:github|gitlab):[\w-][\w.-]*(?:\/[\w-][\w.-]*)+)$/,
    "is no project: github:OWNER/NAME or gitlab:GROUP/NAME, or . for the one whose pipeline this is",
  );

export const sourceAddress = z
  .string()
  .max(500)
  .regex(
    /^(?:\.|(?:https?|ssh|git):\/\/(?:[^\s:@/-][^\s:@/]*@)?[^\s@/-][^\s@]*)$/,
    "is no address of a Git repository: https://, ssh:// or git://, without a password, or . for this one",
  );
