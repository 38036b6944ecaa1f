import { expect, test } from "vitest";
import { isPkgbase } from "./names.ts";

test.each(["foo", "gtk+", "0ad", "lib32-foo.bar", "_x", "@x", "+x", "Foo_Bar@2.0-git"])(
  "%s may be a pkgbase",
  (text) => {
    expect(isPkgbase(text)).toBe(true);
  },
);

test.each(["", "-foo", ".foo", "--help", "..", "foo/bar", "$(x)", "foo bar", "foo\n", "föö", "a:b", "a=b"])(
  "%j may not",
  (text) => {
    expect(isPkgbase(text)).toBe(false);
  },
);
