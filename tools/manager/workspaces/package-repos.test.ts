import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readPackageRepos } from "./package-repos.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-repos-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("chaotic-manager's form is read, from the variable or from a file", () => {
  const extra = { name: "chaotic-aur", servers: ["https://builds.example.org/$repo/$arch"] };
  const target = { extra_repos: [extra], extra_keyrings: ["https://example.org/keyring.pkg.tar.zst"] };
  writeFileSync(join(folder, "targets.json"), JSON.stringify({ garuda: target, plain: {} }));
  const { sources, targets } = readPackageRepos({
    PACKAGE_REPOS: '{ "garuda": { "url": "https://gitlab.com/garuda-linux/pkgbuilds" } }',
    PACKAGE_TARGET_REPOS: join(folder, "targets.json"),
  });
  expect(Object.fromEntries(sources)).toEqual({ garuda: "https://gitlab.com/garuda-linux/pkgbuilds" });
  expect(Object.fromEntries(targets)).toEqual({
    garuda: { repositories: [extra], keyrings: target.extra_keyrings },
    plain: { repositories: [], keyrings: [] },
  });
  expect(readPackageRepos({}).sources.size).toBe(0);
});

test.each([
  ["PACKAGE_REPOS", "{", /neither JSON nor a file/],
  ["PACKAGE_REPOS", "/nonexistent/file", /neither JSON nor a file/],
  ["PACKAGE_REPOS", '{"a":{}}', /^PACKAGE_REPOS: a\.url/],
  ["PACKAGE_REPOS", '{"../a":{"url":"https://e.org"}}', /isn't|is not|Invalid/],
  ["PACKAGE_REPOS", '{"a":{"url":"ext::sh -c touch% /tmp/x"}}', /isn't an address/],
  ["PACKAGE_TARGET_REPOS", '{"a":{"extra_repos":[{"name":"b]","servers":["https://e.org"]}]}}', /name/],
  [
    "PACKAGE_TARGET_REPOS",
    '{"a":{"extra_repos":[{"name":"b","servers":["x\\nInclude=/etc/passwd"]}]}}',
    /servers/,
  ],
  ["PACKAGE_TARGET_REPOS", '{"a":{"extra_keyrings":["ftp://e.org"]}}', /extra_keyrings/],
])("%s=%s is refused", (variable, text, why) => {
  expect(() => readPackageRepos({ [variable]: text })).toThrow(why);
});
