import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { SluiceError, systemCode } from "../../errors.ts";

/** What a token may allow, and what that is. */
export const actionNames = {
  build: "have a package built, again where it is published",
  cancel: "end a build that is queued or under way",
  "set-aside": "let builds go on that wait for one that failed",
  hold: "hold a package, and let it go",
  drain: "let a builder take nothing more, and take builds again",
} as const;

export type ActionName = keyof typeof actionNames;

const known = z.record(
  z.string(),
  z.object({
    /** SHA-256 of the token, in hexadecimal. The tokens themselves are kept nowhere. */
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    allows: z.array(z.enum(Object.keys(actionNames) as [ActionName, ...ActionName[]])),
    /** ISO 8601. */
    made: z.string(),
  }),
);

/** By name. */
export type AccessTokens = Readonly<z.infer<typeof known>>;

/** Whose token it is, and what it allows. */
export interface TokenHolder {
  readonly name: string;
  readonly allows: readonly ActionName[];
}

const fileOf = (state: string): string => join(state, "tokens.json");

/** @throws SluiceError `tokens-file` */
export async function readTokens(state: string): Promise<AccessTokens> {
  try {
    return known.parse(JSON.parse(await readFile(fileOf(state), "utf8")));
  } catch (error) {
    if (systemCode(error) === "ENOENT") return {};
    throw new SluiceError("tokens-file", `${fileOf(state)} can't be read`, {
      hint: "Restore it, or delete it and make new tokens: sluice token make NAME",
      facts: { path: fileOf(state) },
      cause: error,
    });
  }
}

/**
 * Makes a token of that name; one that had the name before counts no more.
 *
 * @returns the token, which nobody can find out later
 * @throws SluiceError `usage`, `tokens-file`
 */
export async function makeToken(
  state: string,
  name: string,
  allows: readonly ActionName[],
  now: Date,
): Promise<string> {
  if (!/^[A-Za-z0-9_][A-Za-z0-9._+-]{0,63}$/.test(name)) {
    throw new SluiceError("usage", `${JSON.stringify(name)} can't be a token's name`, {
      hint: "Use letters, digits and . _ + -",
    });
  }
  const token = `sluice_${randomBytes(32).toString("base64url")}`;
  const tokens = await readTokens(state);
  const entry = { sha256: digest(token).toString("hex"), allows: [...allows], made: now.toISOString() };
  await write(state, { ...tokens, [name]: entry });
  return token;
}

/** @returns false where there is none of that name */
export async function revokeToken(state: string, name: string): Promise<boolean> {
  const { [name]: revoked, ...left } = await readTokens(state);
  if (revoked) await write(state, left);
  return revoked !== undefined;
}

/** Whose token it is; undefined: nobody's. */
export function holderOf(tokens: AccessTokens, token: string): TokenHolder | undefined {
  const given = digest(token);
  const found = Object.entries(tokens).find(([, { sha256 }]) =>
    timingSafeEqual(Buffer.from(sha256, "hex"), given),
  );
  return found && { name: found[0], allows: found[1].allows };
}

async function write(state: string, tokens: AccessTokens): Promise<void> {
  await mkdir(state, { recursive: true });
  const fresh = `${fileOf(state)}.${process.pid}.tmp`;
  await writeFile(fresh, `${JSON.stringify(tokens, null, 2)}\n`, { mode: 0o600, flush: true });
  await rename(fresh, fileOf(state));
}

function digest(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}
