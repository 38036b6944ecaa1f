import { describe, expect, test } from "vitest";
import { SluiceError } from "../errors.ts";
import { pick, seededRandom } from "../../test/world/random.ts";
import {
  effectiveValues,
  formatSrcinfo,
  missingParts,
  parseSrcinfo,
  srcinfoVersion,
  type Srcinfo,
} from "./srcinfo.ts";

const split = `# made by makepkg
pkgbase = foo
	pkgver = 1.2
	pkgrel = 3
	epoch = 1
	arch = x86_64
	depends = glibc
	depends = gtk+>=2:3
	depends_x86_64 = lib32-x
	source = a::https://x.org/?q=1=2#frag

pkgname = foo

pkgname = foo-docs
	pkgdesc = says a = b
	depends = 
	depends_x86_64 = other
`;

describe("reading", () => {
  const srcinfo = parseSrcinfo(split);
  const [foo, docs] = srcinfo.packages;

  test("sections, versions and values that hold = and # are read as they stand", () => {
    expect(srcinfo.pkgbase).toBe("foo");
    expect(srcinfo.packages.map(({ pkgname }) => pkgname)).toEqual(["foo", "foo-docs"]);
    expect(srcinfoVersion(srcinfo)).toBe("1:1.2-3");
    expect(srcinfo.base.get("source")).toEqual(["a::https://x.org/?q=1=2#frag"]);
    expect(docs!.fields.get("pkgdesc")).toEqual(["says a = b"]);
  });

  test("a package inherits what it doesn't mention, and an empty value empties", () => {
    expect(effectiveValues(srcinfo, foo!, "depends")).toEqual(["glibc", "gtk+>=2:3"]);
    expect(effectiveValues(srcinfo, docs!, "depends")).toEqual([]);
    expect(effectiveValues(srcinfo, docs!, "depends_x86_64")).toEqual(["other"]);
    expect(effectiveValues(srcinfo, docs!, "provides")).toEqual([]);
  });

  test("what is written is what makepkg writes", () => {
    expect(formatSrcinfo(srcinfo)).toBe(split.replace(/^#.*\n/, ""));
  });

  test("DOS line ends, other indentation and a missing last line end are read the same", () => {
    const odd = split.replaceAll("\t", "  ").replaceAll("\n", "\r\n").trimEnd();
    expect(formatSrcinfo(parseSrcinfo(odd))).toBe(formatSrcinfo(srcinfo));
  });

  test("an empty file parses, and says that it describes nothing", () => {
    expect(missingParts(parseSrcinfo("\n"))).toEqual(["it is empty"]);
    expect(formatSrcinfo(parseSrcinfo("\n"))).toBe("");
    expect(missingParts(parseSrcinfo("pkgbase = x\n"))).toHaveLength(4);
    expect(missingParts(srcinfo)).toEqual([]);
  });
});

describe("a file that isn't one is refused, with line and column", () => {
  test.each([
    ["\tpkgver = 1\n", "1:2", "`pkgver` comes before pkgbase"],
    ["pkgbase = a\n\n  nonsense\n", "3:3", "expected `key = value`"],
    ["pkgbase = a\npkgbase = b\n", "2:1", "a second pkgbase"],
    ["pkgbase = a\n\tpkgver = 1\n\tpkgver = 2\n", "3:2", "`pkgver` is given twice in one section"],
    ["pkgbase = a\npkgname = a\npkgname = a\n", "3:1", "a second section for a"],
    ["pkgbase =\n", "1:1", "pkgbase has no value"],
    ["pkgbase = a\npkgname = \n", "2:1", "pkgname has no value"],
    ["pkgbase = a:b;c\n", "1:1", "`a:b;c` is not a package name"],
    ["pkgbase = a\n\npkgname = x:y;evil:glibc\n", "3:1", "`x:y;evil:glibc` is not a package name"],
    ["pkgbase = a\n\t$(x) = 1\n", "2:2", "`$(x)` is not a field name"],
    ["pkgbase = a\n\tpkgdesc = \u001b[2Jx\n", "2:12", "a control character"],
    ["pkgbase = a\rpkgname = b\n", "1:12", "a control character"],
  ])("%j: %s", (text, position, message) => {
    expect(() => parseSrcinfo(text, "p/.SRCINFO")).toThrow(`p/.SRCINFO:${position}: ${message}`);
    expect(() => parseSrcinfo(text)).toThrow(SluiceError);
  });

  test("hundreds of thousands of sections take no time that grows faster than they do", () => {
    const many = `pkgbase = a\n${Array.from({ length: 200_000 }, (_, n) => `pkgname = p${n}\n`).join("")}`;
    expect(parseSrcinfo(many).packages).toHaveLength(200_000);
  });
});

describe("what is written is read back the same", () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])("whatever the fields and values are (%i)", (seed) => {
    const srcinfo = randomSrcinfo(seed);
    const text = formatSrcinfo(srcinfo);
    expect(parseSrcinfo(text)).toEqual(srcinfo);
    expect(formatSrcinfo(parseSrcinfo(text))).toBe(text);
  });
});

function randomSrcinfo(seed: number): Srcinfo {
  const random = seededRandom(seed);
  const values = [
    "a",
    "=",
    "a = b",
    "#x",
    "x # y",
    "gtk+>=1:2",
    "'\"$(`",
    "ünï 日本",
    "__proto__",
    "a\tb",
    "pkgname = z",
  ];
  const fields = [
    "pkgdesc",
    "depends",
    "depends_x86_64",
    "source",
    "__proto__",
    "constructor",
    "_own",
    "pkgver",
  ];
  const section = (): Map<string, string[]> =>
    new Map(
      fields
        .filter(() => random() < 0.6)
        .map((field) => {
          const most = field === "pkgdesc" || field === "pkgver" ? 2 : 5;
          return [field, Array.from({ length: Math.floor(random() * most) }, () => pick(values, random))];
        }),
    );
  const packages = ["foo", "__proto__", "a.b+c@d_e-F"].filter(() => random() < 0.7);
  return {
    pkgbase: "foo",
    base: section(),
    packages: packages.map((pkgname) => ({ pkgname, fields: section() })),
  };
}
