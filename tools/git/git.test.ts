import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openGit } from "./git.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-git-"));
afterAll(() => rmSync(folder, { recursive: true }));

const address = "http://user:pass-word@127.0.0.1:1/a";

/** One is run by simple-git, the other one isn't. */
const commands = [["ls-remote"], ["rev-parse"]];

test("a server that says nothing is given up in time", async () => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => sockets.push(socket)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `git://127.0.0.1:${(server.address() as AddressInfo).port}/a`;
  const result = await openGit("/", process.env).attempt(["ls-remote", "--", url], { timeout: 300 });
  expect(result).toMatchObject({ ok: false, code: -1 });
  expect(sockets).toHaveLength(1);
  for (const socket of sockets) socket.destroy();
  server.close();
});

/** A program in git's place that prints its arguments and its environment. */
function showingGit(env: Record<string, string>) {
  writeFileSync(join(folder, "git"), '#!/bin/sh\necho "$@"\n/usr/bin/env\n', { mode: 0o755 });
  return openGit("/", { PATH: folder, ...env });
}

test.each(commands)("git %s sees no secret and isn't led to another repository", async (command) => {
  const env = {
    ACCESS_TOKEN: "secret-1",
    AUR_KEY: "secret-2",
    DEPLOY_KEY: "secret-3",
    REDIS_PASSWORD: "secret-4",
    CI_JOB_TOKEN: "secret-5",
    GITHUB_TOKEN: "secret-6",
    GIT_DIR: "elsewhere-1",
    GIT_WORK_TREE: "elsewhere-2",
    GIT_INDEX_FILE: "elsewhere-3",
  };
  const seen = await showingGit(env).text([command]);
  expect(seen).not.toMatch(/secret|elsewhere/);
  expect(seen).toMatch(/^GIT_TERMINAL_PROMPT=0$/m);
});

test.each(commands)("git %s sees what the operator has set for Git", async (command) => {
  const env = {
    GIT_SSH_COMMAND: "ssh -4",
    GIT_ASKPASS: "/bin/ask",
    GIT_CONFIG_COUNT: "1",
    GIT_CONFIG_KEY_0: "url.https://mirror.example/.insteadOf",
    GIT_CONFIG_VALUE_0: "https://example.org/",
    EDITOR: "vi",
  };
  const seen = await showingGit(env).text([command]);
  for (const [name, value] of Object.entries(env)) expect(seen.split("\n")).toContain(`${name}=${value}`);
});

test.each(commands)("git %s runs no hook and no file-system monitor", async (command) => {
  const seen = await showingGit({}).text([command]);
  expect(seen.split("\n")[0]).toBe(
    `-c core.hooksPath=/dev/null -c core.fsmonitor=false -c gc.auto=0 ${command}`,
  );
});

test("credentials in an address reach no message", async () => {
  const git = openGit("/", process.env);
  const { ok, stderr } = await git.attempt(["ls-remote", "--", address]);
  expect({ ok, stderr }).toEqual({ ok: false, stderr: expect.stringContaining("127.0.0.1") });
  expect(stderr).not.toContain("pass-word");
  const failed = git.text(["ls-remote", "--", address]);
  await expect(failed).rejects.toMatchObject({
    code: "git",
    message: expect.not.stringContaining("pass-word"),
  });
});

test("credentials reach no log with DEBUG=*, and DEBUG stays set", () => {
  const script = `
    import { openGit } from ${JSON.stringify(resolve("dist/git/git.js"))};
    await openGit("/", { ...process.env, EXAMPLE: "pass-word" }).attempt(["ls-remote", "--", "${address}"]);
    console.error(process.env.DEBUG);
  `;
  const { stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    env: { ...process.env, DEBUG: "*" },
    encoding: "utf8",
  });
  expect(stderr).toMatch(/\*$/m);
  expect(stderr).not.toContain("pass-word");
});

test.each([
  ["ls-remote", { PATH: "/nonexistent" }, "/"],
  ["rev-parse", { PATH: "/nonexistent" }, "/"],
  ["ls-remote", process.env, "/nonexistent"],
  ["rev-parse", process.env, "/nonexistent"],
])("git %s that can't be started says so", async (command, env, dir) => {
  const started = openGit(dir, env).attempt([command]);
  await expect(started).rejects.toMatchObject({ code: "git", message: `git can't be started in ${dir}` });
});

test("bytes and an input reach git as they are, and its exit code comes back", async () => {
  writeFileSync(join(folder, "git"), "#!/bin/sh\n/bin/cat\nexit 3\n", { mode: 0o755 });
  const git = openGit("/", { PATH: folder });
  for (const [command] of commands) {
    const result = await git.attempt([command!], { input: "a\0ü\n" });
    expect(result).toEqual({ ok: false, code: 3, stdout: "a\0ü", stderr: "" });
    await expect(git.text([command!])).rejects.toMatchObject({ facts: { exitCode: 3 } });
  }
});
