import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openSecondReader } from "../../tools/bash/open-second-reader.ts";
import { judge } from "../../tools/gate/judge.ts";
import { probeBubblewrap } from "../../tools/sandbox/bubblewrap/probe.ts";
import { budget, seed } from "../world/budget.ts";
import { mutations, type Mutation } from "./mutations.ts";
import { context, file } from "./recipes.ts";

// Recipes that are minor are given to bash in a sandbox: nothing that it holds may differ but versions and checksums.

const count = budget(2_000, 1_000_000);
const chunk = 5_000;

test.skipIf(probeBubblewrap() !== undefined)(
  `bash holds nothing else after a minor update (${count} mutations, seed ${seed})`,
  async () => {
    let minor = 0;
    const wrong: unknown[] = [];
    for (let at = 0; at < count; at += chunk) {
      const passed = await minorAmong(mutations(seed + at, Math.min(chunk, count - at)));
      minor += passed.length;
      wrong.push(...differing(passed));
      if (wrong.length > 20) break;
      const done = at + chunk;
      // oxlint-disable-next-line no-console -- a run of hours says how far it is
      if (done % 100_000 === 0) console.info(`${done} mutations, ${minor} of them minor`);
    }
    expect(wrong).toEqual([]);
    expect(minor).toBeGreaterThan(count / 200);
  },
);

interface Passed extends Mutation {
  /** Names of what differs and can do no harm. */
  readonly inert: readonly string[];
}

/** Those that pass the gate; bash reads only what the rest of it lets through. */
async function minorAmong(all: readonly Mutation[]): Promise<Passed[]> {
  const updates = all.map(({ before, after }) => ({
    pkgbase: "riptool",
    before: new Map([["PKGBUILD", file(before)]]),
    after: new Map([["PKGBUILD", file(after)]]),
  }));
  const none = { ...context, readings: new Map() };
  const left = all.flatMap((mutation, at) => {
    const { findings } = judge(updates[at]!, none);
    const isHeld = findings.some(({ severity, rule }) => severity !== "info" && rule !== "read-once");
    return isHeld || mutation.before === mutation.after ? [] : [{ mutation, update: updates[at]! }];
  });
  const readings = await openSecondReader().read(
    left.flatMap(({ mutation }) => [mutation.before, mutation.after]),
  );
  return left.flatMap(({ mutation, update }) => {
    const { verdict, findings } = judge(update, { ...context, readings });
    const inert = findings.flatMap(({ rule, message }) =>
      rule === "inert-change" ? (/: ([\w@.+-]+)(?:\(\))?[: ]/.exec(message)?.slice(1) ?? []) : [],
    );
    return verdict === "minor" ? [{ ...mutation, inert }] : [];
  });
}

function differing(passed: readonly Passed[]): unknown[] {
  const states = heldByBash(passed.flatMap(({ before, after }) => [before, after]));
  return passed.flatMap(({ before, after, inert }, at) => {
    const [old, now] = [states[2 * at] ?? "none", states[2 * at + 1] ?? "none"].map((state) =>
      inert.reduce(without, state),
    ) as [string, string];
    // One that bash refuses on both sides was never built.
    return now.includes("RAN") !== old.includes("RAN") || skeleton(old) !== skeleton(now)
      ? [{ before, after, old, now }]
      : [];
  });
}

/** Without a variable's or a function's lines. */
function without(state: string, variable: string): string {
  const name = variable.replaceAll(/[.+]/g, String.raw`\$&`);
  return state
    .replaceAll(new RegExp(`^declare -\\S+ ${name}=.*\n`, "gm"), "")
    .replaceAll(new RegExp(`^${name} \\(\\) *\n\\{[^]*?^\\}\n`, "gm"), "");
}

/**
 * Without the digits of versions, checksums, pkgrel and a backslash before a command's name, which keeps bash from
 * nothing but an alias: what is left has to stay.
 */
function skeleton(state: string): string {
  return state
    .replaceAll(/^declare -a \w+sums(?:_\w+)?=.*\n|^declare -- pkgrel=.*\n/gm, "")
    .replaceAll(/(?<=^|\s)\\(?=\w)/gm, "")
    .replaceAll(/(?<![0-9a-z])[0-9a-f]{32,128}(?![0-9a-z])/gi, "H")
    .replaceAll(/(?<=[r._])g?[0-9a-f]{7,40}\b/g, "C")
    .replaceAll(/[._+-](?=r\d)/g, ".")
    .replaceAll(
      /\d+(?:[._+-]*(?:\d+|(?:alpha|beta|rc|pre|dev|post|pl?)(?![a-z]))|[a-z](?![a-z])|[._][abcp](?![a-z]))*/gi,
      "N",
    );
}

/** Variables, functions, traps and options of a shell that has read each of these. */
function heldByBash(texts: readonly string[]): string[] {
  if (texts.length === 0) return [];
  const folder = mkdtempSync(join(tmpdir(), "fuzz-"));
  try {
    const lines = texts.map((text, at) => {
      writeFileSync(join(folder, `${at}`), text);
      return `( . /w/${at} >/dev/null 2>&1; printf 'ENDED\\n'; show ) 2>/dev/null </dev/null; printf '\\2'`;
    });
    const prelude = [
      "shopt -s extglob; ulimit -t 5; PATH=/nowhere; cd /tmp",
      "command_not_found_handle() { printf 'RAN\\n' >&3; return 127; }",
      "show() { declare -p | while IFS= read -r l; do case $l in 'declare '*' BASH'*|'declare '*' '[A-Z_]*'='*|*' _='*|*' '@(EPOCH|RANDOM|SECONDS|SRANDOM|LINENO|PIPESTATUS|FUNCNAME|PPID|EUID|UID|OLDPWD|SHELLOPTS)*) ;; *) printf '%s\\n' \"$l\";; esac; done; declare -f; trap -p; shopt -p; }",
    ];
    writeFileSync(join(folder, "all"), [...prelude, "exec 3>&1", ...lines].join("\n"));
    const { stdout } = spawnSync(
      "bwrap",
      [
        "--ro-bind",
        "/usr",
        "/usr",
        "--symlink",
        "usr/bin",
        "/bin",
        "--symlink",
        "usr/lib",
        "/lib",
        "--symlink",
        "usr/lib64",
        "/lib64",
        "--proc",
        "/proc",
        "--dev",
        "/dev",
        "--tmpfs",
        "/tmp",
        "--ro-bind",
        folder,
        "/w",
        "--unshare-all",
        "--die-with-parent",
        "--clearenv",
        "--setenv",
        "LC_ALL",
        "C.UTF-8",
        "/usr/bin/bash",
        "/w/all",
      ],
      { encoding: "utf8", maxBuffer: 1 << 30, timeout: 540_000 },
    );
    return stdout.split("\u0002").slice(0, texts.length);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
