import { describe, expect, test } from "vitest";
import type { PackageContents, PackagedFile } from "../../binaries/contents.ts";
import { compareFiles } from "./compare-files.ts";

type Some = Partial<PackagedFile>;

const plain: PackagedFile = {
  type: "file",
  mode: 0o644,
  owner: "0:0",
  capabilities: undefined,
  target: "",
  size: 10,
  digest: undefined,
  elf: undefined,
};

function contents(
  files: Readonly<Record<string, Some>>,
  version = "1.0-1",
  scriptlet?: string,
): PackageContents {
  const info = { pkgname: "foo", pkgbase: "foo", version, arch: "any", fields: new Map() };
  const all = Object.entries(files).map(([path, some]) => [path, { ...plain, ...some }] as const);
  return { info, files: new Map(all), scriptlet };
}

/** What is looked at first, gravest first, and all else. */
function said(before: Readonly<Record<string, Some>>, after: Readonly<Record<string, Some>>): string[] {
  return compareFiles(contents(before), contents(after)).map(({ text, weight }) => `${weight} ${text}`);
}

const program = (needed: readonly string[], more: { rpath?: string; runpath?: string } = {}): Some => ({
  mode: 0o755,
  elf: { needed, rpath: undefined, runpath: undefined, ...more },
});

describe("of a new file a person is told what it is, and first what acts by itself", () => {
  test.each<[path: string, file: Some, first: string]>([
    [
      "usr/lib/systemd/system/foo.service",
      {},
      "6 A systemd unit comes: `usr/lib/systemd/system/foo.service`",
    ],
    [
      "usr/lib/systemd/system/multi-user.target.wants/foo.service",
      { type: "link", target: "../foo.service" },
      "7 A unit that is enabled by being there comes: `usr/lib/systemd/system/multi-user.target.wants/foo.service` → `../foo.service`",
    ],
    ["usr/share/libalpm/hooks/foo.hook", {}, "7 An alpm hook comes: `usr/share/libalpm/hooks/foo.hook`"],
    [
      "etc/profile.d/foo.sh",
      {},
      "6 A script or setting that shells and sessions read comes: `etc/profile.d/foo.sh`",
    ],
    ["etc/sudoers.d/foo", {}, "9 A sudo or doas rule comes: `etc/sudoers.d/foo`"],
    ["usr/lib/udev/rules.d/60-foo.rules", {}, "6 A udev rule comes: `usr/lib/udev/rules.d/60-foo.rules`"],
    ["etc/cron.hourly/foo", {}, "6 A cron job comes: `etc/cron.hourly/foo`"],
    ["etc/crontab", {}, "6 A cron job comes: `etc/crontab`"],
    [
      "etc/ld.so.conf.d/foo.conf",
      {},
      "6 A folder where libraries are looked for comes: `etc/ld.so.conf.d/foo.conf`",
    ],
    ["etc/ld.so.preload", {}, "9 A library that every program loads comes: `etc/ld.so.preload`"],
    [
      "usr/share/dbus-1/system-services/foo.service",
      {},
      "5 A D-Bus service or policy comes: `usr/share/dbus-1/system-services/foo.service`",
    ],
    [
      "usr/share/polkit-1/rules.d/foo.rules",
      {},
      "8 A polkit rule comes: `usr/share/polkit-1/rules.d/foo.rules`",
    ],
    ["root/.ssh/authorized_keys", {}, "8 A file in somebody's home comes: `root/.ssh/authorized_keys`"],
    ["usr/lib64/udev/rules.d/1.rules", {}, "6 A udev rule comes: `usr/lib64/udev/rules.d/1.rules`"],
    ["usr/local/bin/sudo", {}, "5 A file where packages don't install comes: `usr/local/bin/sudo`"],
    ["usr/bin/ls", { mode: 0o755 }, "2 A program comes: `usr/bin/ls`"],
    ["usr/bin/x", { mode: 0o4755 }, "9 A setuid file: `usr/bin/x` (4755, root), and it wasn't there before"],
    ["usr/bin/x", { mode: 0o2755 }, "9 A setgid file: `usr/bin/x` (2755, root), and it wasn't there before"],
    ["var/lib/foo", { type: "folder", mode: 0o777 }, "6 Anybody may write to `var/lib/foo` (0777)"],
    ["usr/share/foo", { owner: "1000:0" }, "3 Comes and belongs to 1000:0: `usr/share/foo`"],
    ["usr/share/foo", { type: "other" }, "7 A device or pipe: `usr/share/foo`"],
    [
      "usr/share/foo",
      { capabilities: "AQAAAgAgAAAAAAAAAAAAAAAAAAA" },
      "9 A file with capabilities: `usr/share/foo` gets `cap_net_raw`",
    ],
  ])("%s", (path, file, first) => {
    const facts = said({ "usr/share/old": {} }, { "usr/share/old": {}, [path]: file });
    expect(facts).toContain(first);
    const target = file.target ? ` → \`${file.target}\`` : "";
    const comes = file.type === "folder" ? [] : [`0 Comes: \`${path}\`${target}`];
    expect(facts.filter((one) => one.startsWith("0 "))).toEqual(comes);
  });
});

describe("of a file that stays it is told what became different", () => {
  test.each<[path: string, before: Some, after: Some, facts: readonly string[]]>([
    ["usr/bin/x", {}, {}, []],
    ["usr/bin/x", { mode: 0o4755 }, { mode: 0o4755 }, ["0 Stays setuid: `usr/bin/x` (4755, root)"]],
    [
      "usr/bin/x",
      { mode: 0o755 },
      { mode: 0o4755 },
      [
        "9 A setuid file: `usr/bin/x` (4755, root), and was 0755, root",
        "0 Mode 0755 before, 4755 now: `usr/bin/x`",
      ],
    ],
    [
      "usr/bin/x",
      { mode: 0o4755, owner: "1000:1000" },
      { mode: 0o4755 },
      [
        "9 A setuid file: `usr/bin/x` (4755, root), and was 4755, 1000:1000",
        "3 Belonged to 1000:1000, belongs to root: `usr/bin/x`",
      ],
    ],
    ["etc/sudoers.d/foo", { digest: "1" }, { digest: "1" }, []],
    [
      "etc/sudoers.d/foo",
      { digest: "1" },
      { digest: "2" },
      ["8 A sudo or doas rule changes: `etc/sudoers.d/foo`"],
    ],
    [
      "usr/share/a",
      { type: "link", target: "b" },
      { type: "link", target: "/etc/shadow" },
      ["0 Points elsewhere: `usr/share/a` → `/etc/shadow`, before `b`"],
    ],
    ["usr/share/a", {}, { type: "link", target: "b" }, ["2 Was a file, is a link: `usr/share/a`"]],
    ["usr/share/a", { mode: 0o644 }, { mode: 0o600 }, ["0 Mode 0644 before, 0600 now: `usr/share/a`"]],
    ["tmp", { type: "folder", mode: 0o1777 }, { type: "folder", mode: 0o1777 }, []],
    ["usr/bin/x", program(["libc.so.6"]), program(["libc.so.6"]), []],
    [
      "usr/bin/x",
      program(["libc.so.6"]),
      program(["libc.so.6", "libcurl.so.4"]),
      ["5 NEEDED is new: `usr/bin/x` loads `libcurl.so.4`"],
    ],
    [
      "usr/bin/x",
      program([]),
      program([], { rpath: "/tmp/x" }),
      ["7 RPATH or RUNPATH is new: `usr/bin/x` looks for libraries in `/tmp/x`"],
    ],
    ["usr/bin/x", program([], { runpath: "/usr/lib/x" }), program([], { runpath: "/usr/lib/x" }), []],
    [
      "usr/bin/x",
      program([]),
      program([], { runpath: "$ORIGIN/../lib/x" }),
      ["2 RPATH or RUNPATH is new: `usr/bin/x` looks for libraries in `$ORIGIN/../lib/x`"],
    ],
    [
      "usr/bin/x",
      program([]),
      program([], { runpath: "$ORIGIN/../../tmp" }),
      ["7 RPATH or RUNPATH is new: `usr/bin/x` looks for libraries in `$ORIGIN/../../tmp`"],
    ],
    ["usr/bin/x", program([]), program([], { runpath: "" }), []],
    [
      "usr/bin/x",
      program([]),
      program([], { runpath: "lib" }),
      ["7 RPATH or RUNPATH is new: `usr/bin/x` looks for libraries in `lib`"],
    ],
    [
      "usr/bin/x",
      program([]),
      { mode: 0o755, elf: "unread" },
      ["5 Begins like a program or library and can't be read as one: `usr/bin/x`"],
    ],
  ])("%s: %j, then %j", (path, before, after, facts) => {
    expect(said({ [path]: before }, { [path]: after })).toEqual(facts);
  });
});

test("where there is nothing to compare with, programs and what they load are no news, all else is", () => {
  const files = { "usr/bin/a": program(["libcurl.so.4"], { rpath: "/tmp" }), "etc/cron.d/x": {} };
  expect(compareFiles(undefined, contents(files)).map(({ text }) => text)).toEqual([
    "A cron job comes: `etc/cron.d/x`",
    "RPATH or RUNPATH is new: `usr/bin/a` looks for libraries in `/tmp`",
  ]);
});

test("what another file of the package needed before is only news for the file", () => {
  const before = { "usr/bin/a": program(["libcurl.so.4"]), "usr/bin/b": program([]) };
  expect(said(before, { ...before, "usr/bin/b": program(["libcurl.so.4"]) })).toEqual([
    "0 NEEDED is new: `usr/bin/b` loads `libcurl.so.4`",
  ]);
});

test("a path with the version in it is the same file in another version, except where it gets to act by itself", () => {
  const old = contents({ "usr/lib/libfoo.so.1.0": {}, "usr/share/1.0/x": {} }, "2:1.0-1");
  const now = contents({ "usr/lib/libfoo.so.1.1": {}, "usr/share/1.1/x": { mode: 0o600 } }, "2:1.1-1");
  expect(compareFiles(old, now).map(({ text }) => text)).toEqual([
    "Mode 0644 before, 0600 now: `usr/share/1.1/x`",
  ]);
  const moved = contents({ "etc/sudoers1.0/x": {} }, "1.0-1");
  const acting = contents({ "etc/sudoers.d/x": {} }, ".d-1");
  expect(compareFiles(moved, acting)[0]).toEqual({
    text: "A sudo or doas rule comes: `etc/sudoers.d/x`",
    weight: 9,
  });
});

describe("a scriptlet", () => {
  test.each<[before: string | undefined, after: string | undefined, facts: readonly string[]]>([
    ["a", "a", []],
    ["a", undefined, ["0 The install scriptlet goes"]],
    [
      undefined,
      "post_install() {\n  setcap cap_net_raw+ep usr/bin/x\n}",
      [
        "8 The install scriptlet, which pacman runs as root, is new",
        "0 In the scriptlet: `post_install() {`",
        "0 In the scriptlet: `setcap cap_net_raw+ep usr/bin/x`",
        "0 In the scriptlet: `}`",
      ],
    ],
    [
      "a\nb",
      "a\n  c",
      ["8 The install scriptlet, which pacman runs as root, changes", "0 In the scriptlet: `c`"],
    ],
  ])("%j, then %j", (before, after, facts) => {
    const [old, now] = [before, after].map((text) => contents({}, "1.0-1", text));
    expect(compareFiles(old, now!).map(({ text, weight }) => `${weight} ${text}`)).toEqual(facts);
  });
});

test("what only came or went is listed, and many are counted", () => {
  const many = Object.fromEntries(Array.from({ length: 150 }, (_, at) => [`usr/share/${at}`, {}]));
  const facts = said({ "usr/share/gone": {} }, many);
  expect(facts.filter((one) => one.startsWith("0 Comes: "))).toHaveLength(100);
  expect(facts.slice(-2)).toEqual(["0 50 more files come", "0 Goes: `usr/share/gone`"]);
});

test("a hostile name is shown as text and acted on by nobody", () => {
  const path = "etc/sudoers.d/`\n/merge @all <script>";
  const [first = ""] = said({}, { [path]: {} });
  expect(first).toContain("A sudo or doas rule comes: `` etc/sudoers.d/` /merge @ all <script> ``");
});
