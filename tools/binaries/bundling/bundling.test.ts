import { describe, expect, test } from "vitest";
import { bundleProblems, treeProblems } from "./bundle-problems.ts";
import { searchPath, type LinkedFile } from "./linked-file.ts";
import { isLibraryFolder } from "./system-folders.ts";
import { leftToTheMachine, wantedLibraries } from "./wanted.ts";

type Elf = LinkedFile["elf"];

function file(path: string, elf: Partial<Elf> = {}, origin?: string): [string, LinkedFile] {
  const folder = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
  const whole: Elf = {
    machine: "x86_64-64",
    needed: [],
    soname: undefined,
    rpath: undefined,
    runpath: undefined,
    interpreter: undefined,
    neededVersions: new Map(),
    versions: [],
    ...elf,
  };
  const isProgram = whole.interpreter !== undefined;
  return [path, { path, origin: origin ?? `./${folder}`, isProgram, elf: whole }];
}

const loader = "ld-linux-x86-64.so.2";
const program = (elf: Partial<Elf>, path = "bin/app"): [string, LinkedFile] =>
  file(path, { interpreter: `/lib64/${loader}`, ...elf });
const glibc = (versions = ["GLIBC_2.2.5", "GLIBC_2.33"]): [string, LinkedFile][] => [
  file("lib/libc.so.6", { soname: "libc.so.6", versions }, "/lib/x86_64-linux-gnu"),
  file(`lib/${loader}`, { soname: loader }, "/lib64"),
  file("lib/libgcc_s.so.1", {}, "/lib/x86_64-linux-gnu"),
];
const wanted = (...files: [string, LinkedFile][]): string[] =>
  wantedLibraries(new Map(files), "lib").map(({ name }) => name);
const problems = (...files: [string, LinkedFile][]): readonly string[] =>
  bundleProblems(new Map([...glibc(), ...files]), "lib");

describe("what a tree wants", () => {
  test("a program's libraries and its loader, and what the C library loads by name", () => {
    expect(wanted(program({ needed: ["libfoo.so.1", "libc.so.6"] }))).toEqual([
      "libfoo.so.1",
      "libc.so.6",
      loader,
    ]);
    const [found] = wantedLibraries(new Map([glibc()[0]!]), "lib");
    expect(found).toMatchObject({ name: "libgcc_s.so.1", isOptional: true, by: "lib/libc.so.6" });
  });

  test.each([
    ["beside its libraries", { runpath: "$ORIGIN/../lib" }, "lib/libfoo.so.1"],
    ["in a folder of its own", { runpath: "/usr/lib:${ORIGIN}/../share/app" }, "share/app/libfoo.so.1"],
    ["by an older kind of path", { rpath: "$ORIGIN" }, "bin/libfoo.so.1"],
    ["in the folder for libraries, without any path", {}, "lib/libfoo.so.1"],
  ])("nothing that the tree has: %s", (_, path, at) => {
    expect(wanted(...glibc(), program({ needed: ["libfoo.so.1"], ...path }), file(at))).toEqual([]);
  });

  test.each([
    ["one for another machine", file("lib/libfoo.so.1", { machine: "i386-32" })],
    ["one where the loader doesn't look", file("share/libfoo.so.1")],
  ])("what the tree has, but %s", (_, other) => {
    expect(wanted(...glibc(), program({ needed: ["libfoo.so.1"] }), other)).toEqual(["libfoo.so.1"]);
  });

  test("what belongs to the machine that runs it is left there, and told", () => {
    const needed = ["libGL.so.1", "libcuda.so.1", "libnss_files.so.2", "libpam.so.0", "libcudart.so.12"];
    const files = new Map([...glibc(), program({ needed })]);
    expect(wantedLibraries(files, "lib").map(({ name }) => name)).toEqual(["libcudart.so.12"]);
    expect([...leftToTheMachine(files).keys()]).toEqual(needed.slice(0, -1));
  });

  test("it is looked for where the file says, then where the dynamic linker looks", () => {
    const runpath = "/usr/lib/app:/home/me/lib:/root/.ssh:/opt/onnx/lib:relative:$LIB/x:/usr/lib/../bin";
    const [found] = wantedLibraries(new Map([program({ needed: ["libfoo.so.1"], runpath })]), "lib");
    expect(found?.folders.slice(0, 4)).toEqual([
      "/usr/lib/app",
      "/opt/onnx/lib",
      "/usr/local/lib",
      "/usr/local/lib/x86_64-linux-gnu",
    ]);
  });
});

test.each([
  ["/usr/lib", true],
  ["/lib/x86_64-linux-gnu", true],
  ["/usr/aarch64-linux-gnu/lib", true],
  ["/nix/store/abc-glibc-2.40/lib", true],
  ["/usr/local/lib64/app", true],
  ["/usr/bin", false],
  ["/usr/share/lib", false],
  ["/root/lib", false],
  ["/etc", false],
  ["/usr/lib/../bin", false],
  ["/usr/lib/.hidden", false],
])("a library may come from %s: %s", (folder, is) => {
  expect(isLibraryFolder(folder)).toBe(is);
});

test.each([
  ["./bin", "$ORIGIN/../lib:$ORIGIN", ["lib", "bin"]],
  ["./", "$ORIGIN/lib", ["lib"]],
  ["./bin", "$ORIGIN/../../../etc", []],
  ["/usr/lib/app", "$ORIGIN/../other", ["/usr/lib/other"]],
  ["./bin", "", []],
])("from %s, %s leads to %j", (origin, runpath, folders) => {
  expect(searchPath(file("bin/app", { runpath }, origin)[1])).toEqual(folders);
});

describe("why a tree wouldn't start", () => {
  test("one that has everything has no problem", () => {
    const needs = { needed: ["libc.so.6"], neededVersions: new Map([["libc.so.6", ["GLIBC_2.2.5"]]]) };
    expect(problems(program(needs))).toEqual([]);
  });

  test.each([
    [
      "a library is older than what was linked to",
      [program({ neededVersions: new Map([["libc.so.6", ["GLIBC_2.39"]]]) })],
      "bin/app needs GLIBC_2.39 of libc.so.6, and lib/libc.so.6 lacks it",
    ],
    [
      "it would find another machine's libraries first",
      [program({ rpath: "$ORIGIN:/usr/lib/app" })],
      "bin/app has the RPATH /usr/lib/app, where it would find another machine's libraries first; link it with -Wl,--enable-new-dtags",
    ],
    [
      "its C library is too old for a launcher",
      [program({}), file("lib/libc.so.6", { versions: ["GLIBC_2.2.5"] }, "/lib")],
      "bin/app is built with a C library older than 2.33, whose loader can't be told a program's name",
    ],
    [
      "its C library is another one",
      [program({ interpreter: "/lib/ld-musl-x86_64.so.1" })],
      "bin/app isn't linked to libc.so.6; programs of other C libraries can't be bundled",
    ],
    [
      "C library and loader are of two systems",
      [program({}), file("lib/libc.so.6", { versions: ["GLIBC_2.33"] })],
      `of lib/libc.so.6 and lib/${loader} one is the tree's own; they work only with each other`,
    ],
  ])("%s", (_, files, problem) => {
    expect(problems(...files)).toEqual([problem]);
  });

  test.each([["../../root/.ssh/id_rsa"], ["/etc/shadow"], ["lib foo.so"], ["lib\tx.so"], [""]])(
    "a library called %j is none",
    (name) => {
      expect(treeProblems(new Map([program({ needed: [name] })]))).toEqual([
        `bin/app needs ${JSON.stringify(name)}, which is no library's name`,
      ]);
    },
  );
});
