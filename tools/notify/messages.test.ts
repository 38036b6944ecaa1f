import { expect, test } from "vitest";
import { mailText } from "./mail.ts";
import { matrixContent } from "./matrix.ts";
import type { Bunch, Notice, NoticeKind } from "./notice.ts";
import { telegramText } from "./telegram.ts";

const repository = "awesome-repo";

function bunchOf(kind: NoticeKind, names: readonly string[], more: Partial<Notice> = {}): Bunch {
  const about = { kind, at: 1, repository, arch: "x86_64", build: 1, commit: "abc", source: "w" };
  const notices = names.map((pkgbase, seq): Notice => ({
    ...about,
    seq,
    pkgbase,
    worker: "attic",
    message: "exit code 4",
    logUrl: "https://logs.example/?timestamp=1&id=x",
    commitUrl: "https://git.example/commit/abc",
    reviewUrl: null,
    ...more,
  }));
  return { kind, repository, notices };
}

/** What people see of Telegram's HTML. */
const shown = (html: string): string =>
  html
    .replaceAll(/<[^>]*>/g, "")
    .replaceAll(/&gt;/g, ">")
    .replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)));

test.each<[NoticeKind, string]>([
  ["deployed", "📣 New deployment to awesome-repo:\n> freecad-git"],
  ["failed", "🚨 Failed deploying to awesome-repo:\n> freecad-git - logs - commit"],
  ["timed-out", "⏳ Build for awesome-repo failed due to a timeout:\n> freecad-git - logs - commit"],
  ["removed", "✅ Repo-remove job for awesome-repo finished successfully"],
  ["removal-failed", "🚫 Repo-remove job for awesome-repo failed"],
])("Telegram's message of what is %s is chaotic-manager's, word by word", (kind, text) => {
  expect(shown(telegramText(bunchOf(kind, ["freecad-git"])))).toBe(text);
});

test.each<[NoticeKind, string]>([
  ["deployed", "📣 Done for the release garage v1.2.0 (stable):\n> publish"],
  ["failed", "🚨 Failed for the release garage v1.2.0 (stable):\n> publish - logs - commit"],
])("Telegram's message of a release's job that is %s names the release", (kind, text) => {
  const bunch = { ...bunchOf(kind, ["publish"]), repository: "garage/stable@v1.2.0" };
  expect(shown(telegramText(bunch))).toBe(text);
});

test("logs and commit are links", () => {
  expect(telegramText(bunchOf("failed", ["a"]))).toContain(
    '<a href="https://logs.example/?timestamp=1&#38;id=x">logs</a> - <a href="https://git.example/commit/abc">commit</a>',
  );
});

test("an update that waits for a person is told with its name, what it would change and where to look", () => {
  const reviewUrl = 'https://git.example/pull/1?a="<b>"';
  const about = { logUrl: null, commitUrl: null, worker: null, message: "1 → 2, dangerous", reviewUrl };
  const bunch = bunchOf("review", ["a<b>"], about);
  expect(matrixContent(bunch)).toMatchObject({
    body: `👀 Waiting for a person before awesome-repo:\n> a<b> - ${reviewUrl}`,
    formatted_body: expect.stringContaining(
      '<a href="https://git.example/pull/1?a=&#34;&#60;b&#62;&#34;">review</a>',
    ) as string,
  });
  expect(mailText(bunch)).toEqual({
    subject: "👀 Waiting for a person before awesome-repo: a<b>",
    text: `👀 Waiting for a person before awesome-repo:\n\n* a<b>: 1 → 2, dangerous\n  review: ${reviewUrl}\n`,
  });
});

test("where nothing is known to link to, there are no links", () => {
  const text = telegramText(bunchOf("failed", ["a"], { logUrl: null, commitUrl: null }));
  expect(shown(text)).toBe("🚨 Failed deploying to awesome-repo:\n> a");
});

test.each(["a_b_c", "*a*", "<b>a</b>", "a&amp;", "@channel", "[x](y)", "`a`", "evil.example", "a\"'b"])(
  "the name %s is text for each target, and mentions nobody",
  (name) => {
    const message = bunchOf("failed", [name], { message: name });
    expect(shown(telegramText(message))).toContain(`> ${name} - logs`);
    expect(telegramText(message)).not.toContain("<b>");
    const matrix = matrixContent(message);
    expect(matrix.body).toContain(`> ${name} - `);
    expect(matrix.formatted_body).not.toContain("<b>");
    expect(matrix["m.mentions"]).toEqual({});
    expect(mailText(message).text).toContain(`* ${name}: ${name}, on attic\n`);
  },
);

test("three hundred failures are one message for each, which says how many it leaves out", () => {
  const message = bunchOf(
    "failed",
    Array.from({ length: 300 }, (_, at) => `package-${at}`),
  );
  const text = telegramText(message);
  expect(shown(text).split("\n")).toHaveLength(51);
  expect(shown(text)).toMatch(/\n> and 251 more$/);
  expect(matrixContent(message).body).toMatch(/\n> and 201 more$/);
  expect(mailText(message).subject).toBe("🚨 Failed deploying to awesome-repo: 300 packages");
  expect(mailText(message).text).toContain("* package-299: exit code 4");
});

test("names that are as long as they may be still fit into a message of Telegram's", () => {
  const names = Array.from({ length: 300 }, (_, at) => `${"x".repeat(250)}${at}`);
  const text = shown(telegramText(bunchOf("failed", names)));
  expect(text.length).toBeLessThanOrEqual(4096);
  expect(text).toMatch(/and 288 more$/);
});

test("a build's message brings no lines of its own into a mail", () => {
  const { text } = mailText(bunchOf("failed", ["a"], { message: "bad\r\nBcc: x@y\u001b[2J" }));
  expect(text).toContain("* a: bad Bcc: x@y [2J, on attic\n");
});
