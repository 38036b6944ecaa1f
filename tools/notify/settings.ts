import { z } from "zod";
import { SluiceError } from "../errors.ts";
import { moreKinds, noticeKinds, usualKinds, type Notice, type NoticeKind } from "./notice.ts";

const kinds = Object.keys(noticeKinds) as [NoticeKind, ...NoticeKind[]];
const secret = z.string().min(1);
const urlOf = (protocol: RegExp) =>
  z
    .url({ protocol })
    .refine(
      (text) => !/^[a-z]+:\/\/[^/]*@/i.test(text),
      "holds a user or a password, which have keys of their own",
    );
const httpUrl = urlOf(/^https?$/);
const pattern = z.string().regex(/^[A-Za-z0-9@._+*-]+$/, "is no package name; `*` stands for anything");

const packages = z.array(pattern).min(1).default(["*"]);
const eventsOr = (usual: readonly NoticeKind[]) =>
  z
    .array(z.enum(kinds))
    .min(1)
    .default([...usual]);
const shared = { events: eventsOr(moreKinds), packages };
const status = {
  token: secret,
  context: z.string().min(1).max(200).default("sluice: %pkgbase%"),
  /** REPO_NAME of the workspace whose commits they are, or `releases/PROJECT`; unset: any workspace. */
  source: z.string().optional(),
  packages,
  /** How many packages of one commit get a status of their own. */
  most: z.int().min(0).max(1000).default(50),
};

const targetSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("telegram"),
    token: secret,
    chat: z.union([z.string().min(1), z.int()]).transform(String),
    api: httpUrl.default("https://api.telegram.org"),
    events: eventsOr(usualKinds),
    packages,
  }),
  z.strictObject({
    kind: z.literal("matrix"),
    homeserver: httpUrl,
    room: z.string().regex(/^!/, "is no room's id, which begins with `!`"),
    token: secret,
    ...shared,
  }),
  z.strictObject({
    kind: z.literal("mail"),
    server: urlOf(/^smtps?$/),
    user: z.string().optional(),
    password: z.string().optional(),
    from: z.string().includes("@"),
    to: z.array(z.string().includes("@")).min(1),
    ...shared,
  }),
  z.strictObject({
    kind: z.literal("webhook"),
    url: httpUrl,
    secret: z
      .string()
      .regex(/^whsec_[A-Za-z0-9+/]{32,}={0,2}$/, "is no `whsec_` with at least 24 bytes in base64"),
    ...shared,
  }),
  z.strictObject({
    kind: z.literal("gitlab"),
    project: z.union([z.string().min(1), z.int()]).transform(String),
    api: httpUrl.default("https://gitlab.com/api/v4"),
    ...status,
  }),
  z.strictObject({
    kind: z.literal("github"),
    project: z.string().includes("/"),
    api: httpUrl.default("https://api.github.com"),
    ...status,
  }),
]);

const targetKinds = targetSchema.options.map(({ shape }) => shape.kind.value);

export type TargetSettings = z.infer<typeof targetSchema> & { readonly name: string };
export type MessageSettings = Exclude<TargetSettings, StatusSettings>;
export type StatusSettings = Extract<TargetSettings, { kind: "gitlab" | "github" }>;

export function isStatus(settings: TargetSettings): settings is StatusSettings {
  return settings.kind === "gitlab" || settings.kind === "github";
}

/**
 * One table for each target, as TOML was read.
 *
 * @throws SluiceError `notify-settings`; it holds no value, since those may be secrets
 */
export function readTargets(document: Readonly<Record<string, unknown>>, path: string): TargetSettings[] {
  return Object.entries(document).map(([name, table]) => {
    if (!/^[a-z0-9][a-z0-9-]{0,39}$/.test(name)) {
      throw wrong(path, `[${name.slice(0, 40)}]: a target's name is of a-z, 0-9 and "-"`);
    }
    const read = targetSchema.safeParse(table);
    if (read.success) return { ...read.data, name };
    const [issue] = read.error.issues;
    throw wrong(path, `[${name}] ${explain(issue!, table)}`);
  });
}

/** In a person's words, and without values where they may be secrets. */
function explain(issue: z.core.$ZodIssue, table: unknown): string {
  const [key = ""] = issue.path.map(String);
  if (issue.code === "unrecognized_keys") return `unknown key ${issue.keys.join(", ")}`;
  if (issue.code === "invalid_type" && valueAt(issue.path, table) === undefined) return `${key} is missing`;
  if (issue.code === "invalid_value") return `${key} can be: ${issue.values.join(", ")}`;
  if (issue.code === "invalid_union" && key === "kind") return `kind can be: ${targetKinds.join(", ")}`;
  return `${key}: ${issue.message}`;
}

function valueAt(path: readonly PropertyKey[], table: unknown): unknown {
  return path.reduce<unknown>((value, key) => (Object(value) as Record<PropertyKey, unknown>)[key], table);
}

/** Those that chaotic-manager's variables name. Its variables hold a secret each, and so do no errors. */
export function targetsOfVariables(env: Readonly<Record<string, string | undefined>>): TargetSettings[] {
  const { TELEGRAM_BOT_TOKEN: token, TELEGRAM_CHAT_ID: chat, PACKAGE_REPOS_NOTIFIERS: notifiers } = env;
  const targets: Record<string, unknown> = {};
  if (token && chat) targets["telegram"] = { kind: "telegram", token, chat };
  for (const [source, of] of Object.entries(notifiers ? parseNotifiers(notifiers) : {})) {
    const name = `gitlab-${source.toLowerCase().replaceAll(/[^a-z0-9]/g, "-")}`.slice(0, 40);
    const { id, token, check_name: context } = of;
    targets[name] = { kind: "gitlab", source, project: String(id), token, context };
  }
  return readTargets(targets, "the environment");
}

function parseNotifiers(text: string) {
  const shape = z.record(
    z.string(),
    z.object({ id: z.union([z.string(), z.int()]), token: secret, check_name: z.string().min(1) }),
  );
  try {
    return shape.parse(JSON.parse(text));
  } catch {
    throw wrong("PACKAGE_REPOS_NOTIFIERS", 'it isn\'t {"SOURCE": {"id": …, "token": …, "check_name": …}}');
  }
}

function wrong(path: string, what: string): SluiceError {
  return new SluiceError("notify-settings", `${path}: ${what}`, {
    hint: "docs/notifications.md shows each kind of target.",
    facts: { path },
  });
}

/** Whether a target gets it. */
export function isWanted(
  { events, packages }: Pick<MessageSettings, "events" | "packages">,
  { kind, pkgbase }: Pick<Notice, "kind" | "pkgbase">,
): boolean {
  return events.includes(kind) && matches(packages, pkgbase);
}

/** `*` stands for any characters. */
export function matches(patterns: readonly string[], pkgbase: string): boolean {
  return patterns.some((pattern) => {
    const parts = pattern.split("*");
    if (parts.length === 1) return pattern === pkgbase;
    const [first, last] = [parts[0]!, parts.at(-1)!];
    if (!pkgbase.startsWith(first) || !pkgbase.endsWith(last)) return false;
    if (pkgbase.length < first.length + last.length) return false;
    let at = first.length;
    for (const part of parts.slice(1, -1)) {
      const found = pkgbase.indexOf(part, at);
      if (found === -1 || found + part.length > pkgbase.length - last.length) return false;
      at = found + part.length;
    }
    return true;
  });
}
