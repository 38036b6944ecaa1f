import { inspect } from "node:util";
import { expect, test } from "vitest";
import { SluiceError } from "../errors.ts";
import { isWanted, matches, readTargets, targetsOfVariables } from "./settings.ts";

const secret = "S3cretS3cretS3cret";

function problem(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof SluiceError && !inspect(error).includes(secret)) return error.message;
    throw error;
  }
  return "none";
}

test("a target is told what chaotic-manager tells Telegram, of all packages, unless it says otherwise", () => {
  const [chat, few] = readTargets(
    {
      chat: { kind: "telegram", token: secret, chat: -1001 },
      few: { kind: "telegram", token: secret, chat: "@x", events: ["blocked"], packages: ["linux*"] },
    },
    "notify.toml",
  );
  expect(chat).toMatchObject({ name: "chat", kind: "telegram", chat: "-1001", packages: ["*"] });
  const about = { kind: "failed", pkgbase: "linux-zen" } as const;
  expect(isWanted(chat as never, about)).toBe(true);
  expect(isWanted(few as never, about)).toBe(false);
  expect(isWanted(few as never, { ...about, kind: "blocked" })).toBe(true);
});

test.each([
  ["linux", "linux", true],
  ["linux", "linux-zen", false],
  ["linux*", "linux-zen", true],
  ["*-git", "foo-git", true],
  ["*a*b*", "xaxxb", true],
  ["*a*b*", "xbxxa", false],
  ["ab*ba", "aba", false],
  ["*.*", "a+b", false],
])("%s stands for %s: %s", (pattern, name, is) => {
  expect(matches([pattern], name)).toBe(is);
});

test.each([
  [{ Chat: { kind: "mail" } }, "[Chat]: a target's name"],
  [{ a: { kind: "pager", token: secret } }, "[a] kind can be: telegram, "],
  [{ a: { kind: "telegram", token: [secret], chat: "1" } }, "[a] token:"],
  [{ a: { kind: "telegram", token: secret, chat: "1", evnts: [] } }, "[a] unknown key evnts"],
  [{ a: { kind: "telegram", token: secret, chat: "1", events: ["fail"] } }, "[a] events can be: deployed, "],
  [{ a: { kind: "webhook", url: `https://me:${secret}@x`, secret: "x" } }, "[a] url: holds a user"],
  [{ a: { kind: "webhook", url: "https://x", secret } }, "[a] secret: is no `whsec_`"],
  [{ a: { kind: "mail", server: "http://x", from: "a@b", to: ["a@b"] } }, "[a] server:"],
])("a wrong target is named with what is wrong, and no secret", (document, said) => {
  expect(problem(() => readTargets(document, "notify.toml"))).toContain(said);
});

test("chaotic-manager's variables work as they are", () => {
  const notifiers = {
    "chaotic-aur": { id: "54867625", token: secret, check_name: "chaotic-aur: %pkgbase%" },
  };
  const targets = targetsOfVariables({
    TELEGRAM_BOT_TOKEN: secret,
    TELEGRAM_CHAT_ID: "-1001",
    PACKAGE_REPOS_NOTIFIERS: JSON.stringify(notifiers),
  });
  expect(targets).toMatchObject([
    { name: "telegram", kind: "telegram", chat: "-1001" },
    {
      name: "gitlab-chaotic-aur",
      kind: "gitlab",
      source: "chaotic-aur",
      project: "54867625",
      context: "chaotic-aur: %pkgbase%",
      api: "https://gitlab.com/api/v4",
    },
  ]);
  expect(targetsOfVariables({})).toEqual([]);
});

test.each(["{", "[]", `{"a": {"id": 1, "token": "${secret}"}}`])(
  "PACKAGE_REPOS_NOTIFIERS that is no such thing is said to be none",
  (text) => {
    expect(problem(() => targetsOfVariables({ PACKAGE_REPOS_NOTIFIERS: text }))).toContain(
      "PACKAGE_REPOS_NOTIFIERS:",
    );
  },
);
