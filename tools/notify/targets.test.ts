import { inspect } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { MailServer } from "../../test/world/mail-server.ts";
import { MatrixServer } from "../../test/world/matrix.ts";
import { floodWait, TelegramServer } from "../../test/world/telegram.ts";
import { WebhookReceiver } from "../../test/world/webhook.ts";
import { SluiceError } from "../errors.ts";
import { openMail } from "./mail.ts";
import { openMatrix } from "./matrix.ts";
import type { Bunch } from "./notice.ts";
import type { Target } from "./target.ts";
import { openTelegram } from "./telegram.ts";
import { openWebhook } from "./webhook.ts";

const about = { repository: "repo", arch: "x86_64", build: 1, commit: "abc", source: "w", worker: null };
const nowhere = { logUrl: null, commitUrl: null, reviewUrl: null, message: "exit code 4" };
const message: Bunch = {
  kind: "failed",
  repository: "repo",
  notices: [{ ...about, ...nowhere, kind: "failed", seq: 1, at: 1, pkgbase: "foo_bar" }],
};

const telegram = new TelegramServer();
const matrix = new MatrixServer();
const mail = new MailServer();
const webhook = new WebhookReceiver();
const servers = [telegram, matrix, mail, webhook];
beforeAll(() => Promise.all(servers.map((server) => server.start())));
afterAll(() => Promise.all(servers.map((server) => server.stop())));
afterEach(() => {
  for (const server of [telegram, matrix, webhook]) server.faults = [];
  mail.answers = [];
});

const chat = "-1001";
const openTelegramHere = (token = telegram.token, to = chat): Target =>
  openTelegram({ api: telegram.api, token, chat: to });
const openMatrixHere = (token = matrix.token, room = matrix.room): Target =>
  openMatrix({ homeserver: matrix.homeserver, token, room });
const openMailHere = (password = mail.password): Target =>
  openMail({
    server: mail.address,
    user: mail.user,
    password,
    from: "Sluice <bot@example.org>",
    to: ["me@example.org"],
  });
const openWebhookHere = (): Target => openWebhook({ url: webhook.url, secret: webhook.secret });

async function errorOf(work: Promise<unknown>): Promise<SluiceError> {
  const error: unknown = await work.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(SluiceError);
  for (const secret of [
    telegram.token,
    matrix.token,
    mail.password,
    webhook.secret,
    webhook.secret.slice(6),
  ]) {
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(secret);
  }
  return error as SluiceError;
}

const idOf = (raw: string): string | undefined => /^Message-ID: (\S+)/im.exec(raw)?.[1];

describe("Telegram", () => {
  test("gets a message", async () => {
    await openTelegramHere().send(message);
    expect(telegram.messages.at(-1)).toMatchObject({ chat, text: "🚨 Failed deploying to repo:\n> foo_bar" });
  });

  test("says for how long it wants to be left alone", async () => {
    telegram.faults = [floodWait(17)];
    const error = await errorOf(openTelegramHere().send(message));
    expect(error).toMatchObject({ code: "notify-unavailable", facts: { retryAfter: 17 } });
  });

  test.each([
    ["a token that isn't right", () => openTelegramHere(`${telegram.token}x`), "notify-setup"],
    ["a chat that the bot isn't in", () => openTelegramHere(telegram.token, "-9"), "notify-setup"],
  ])("%s is for a person to put right", async (_, open, code) => {
    expect(await errorOf(open().send(message))).toMatchObject({ code });
  });

  test("a message that it can't read is that message's trouble alone", async () => {
    const body = { ok: false, description: `Bad Request: can't parse entities at ${telegram.token}` };
    telegram.faults = [{ kind: "answers", status: 400, body }];
    expect(await errorOf(openTelegramHere().send(message))).toMatchObject({ code: "notify-refused" });
  });
});

describe("Matrix", () => {
  test("gets a message, and a repeated one once", async () => {
    const before = matrix.events.length;
    matrix.faults = [{ kind: "cut", times: 1 }];
    const target = openMatrixHere();
    // Half an answer is no answer.
    await target.send(message).catch(() => undefined);
    await target.send(message);
    expect(matrix.events.slice(before)).toMatchObject([
      { msgtype: "m.notice", body: expect.stringContaining("foo_bar") as string },
    ]);
  });

  test("says for how long it wants to be left alone, in milliseconds", async () => {
    const body = { errcode: "M_LIMIT_EXCEEDED", error: "Too fast", retry_after_ms: 2500 };
    matrix.faults = [{ kind: "answers", status: 429, body }];
    const error = await errorOf(openMatrixHere().send(message));
    expect(error).toMatchObject({ code: "notify-unavailable", facts: { retryAfter: 2.5 } });
  });

  test.each([
    ["a token that isn't right", () => openMatrixHere("wrong")],
    ["a room that it isn't in", () => openMatrixHere(matrix.token, "!other:example.org")],
  ])("%s is for a person to put right", async (_, open) => {
    expect(await errorOf(open().send(message))).toMatchObject({ code: "notify-setup" });
  });
});

describe("mail", () => {
  test("gets a message, by whom and to whom it says, once for programs that know its id", async () => {
    const target = openMailHere();
    mail.answers = [0];
    expect(await errorOf(target.send(message))).toMatchObject({ code: "notify-unavailable" });
    await target.send(message);
    const [first, second] = mail.mails.slice(-2);
    expect(second).toMatchObject({ from: "bot@example.org", to: ["me@example.org"] });
    expect(second!.raw).toContain("* foo_bar: exit code 4");
    expect(idOf(second!.raw)).toMatch(/^<[0-9a-f]{32}@example\.org>$/);
    expect(idOf(first!.raw)).toBe(idOf(second!.raw));
  });

  test.each([
    [451, "notify-unavailable"],
    [550, "notify-setup"],
    [552, "notify-refused"],
  ])("the server's %i is %s", async (answer, code) => {
    mail.answers = [answer];
    expect(await errorOf(openMailHere().send(message))).toMatchObject({ code });
  });

  test("a password that isn't right is for a person to put right, and isn't shown", async () => {
    expect(await errorOf(openMailHere(`${mail.password}!`).send(message))).toMatchObject({
      code: "notify-setup",
    });
  });

  test("a server elsewhere gets no password without TLS", async () => {
    const before = mail.mails.length;
    // The same machine by an address that doesn't look like it.
    const server = mail.address.replace("127.0.0.1", "[::ffff:127.0.0.1]");
    const account = { user: mail.user, password: mail.password };
    const target = openMail({ server, ...account, from: "a@b", to: ["c@d"] });
    expect(await errorOf(target.send(message))).toMatchObject({ code: "notify-setup" });
    expect(mail.mails).toHaveLength(before);
  });
});

describe("a webhook", () => {
  test("gets a signed message as its schema says, with the same id when it is sent again", async () => {
    const target = openWebhookHere();
    await target.send(message);
    await target.send(message);
    expect(webhook.wrong).toEqual([]);
    expect(webhook.messages.at(-1)).toMatchObject({
      version: 1,
      kind: "failed",
      packages: [{ pkgbase: "foo_bar", event: 1 }],
    });
    expect(webhook.ids.at(-1)).toBe(webhook.ids.at(-2));
  });

  test("is asked for a date to come back at, and gets that much time", async () => {
    const headers = { date: "Thu, 01 Jan 2026 00:00:00 GMT", "retry-after": "Thu, 01 Jan 2026 00:01:30 GMT" };
    webhook.faults = [{ kind: "answers", status: 503, headers }];
    const error = await errorOf(openWebhookHere().send(message));
    expect(error).toMatchObject({ code: "notify-unavailable", facts: { retryAfter: 90 } });
  });

  test("that leads elsewhere is not followed", async () => {
    webhook.faults = [{ kind: "answers", status: 307, headers: { location: "http://127.0.0.1:9/" } }];
    expect(await errorOf(openWebhookHere().send(message))).toMatchObject({ code: "notify-setup" });
  });

  test("that isn't there is tried again", async () => {
    webhook.faults = [{ kind: "down" }];
    expect(await errorOf(openWebhookHere().send(message))).toMatchObject({ code: "notify-unavailable" });
  });
});
