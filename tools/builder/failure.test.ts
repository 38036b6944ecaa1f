import { expect, test } from "vitest";
import { describeFailure } from "./failure.ts";

test.each([
  [
    1,
    "==> Validating source files with sha256sums...\n    a.txt ... Passed\n    b c.txt ... FAILED\n==> ERROR: One or more files did not pass the validity check!\n",
    "the build failed: One or more files did not pass the validity check! (b c.txt). What was fetched isn't",
  ],
  [
    1,
    "    a.txt ... FAILED (unknown public key 0123ABCD)\n==> ERROR: One or more PGP signatures could not be verified!\n",
    "could not be verified! (a.txt: unknown public key 0123ABCD). Where the signer is to be trusted",
  ],
  [
    4,
    "==> ERROR: A failure occurred in build().\n    Aborting...\n",
    "the build failed: A failure occurred in build(). Nothing was said",
  ],
  [
    4,
    "==> Starting prepare()...\nerror: not this one\n==> Starting build()...\ncc -o calc calc.c\ncalc.c:3:13: error: 'y' undeclared\nmake: *** [Makefile:2: calc] Error 1\n==> ERROR: A failure occurred in build().\n    Aborting...\n",
    "build() failed: calc.c:3:13: error: 'y' undeclared",
  ],
  [
    4,
    "==> Starting check()...\nok 1\nnot ok 2 - adds\n\u001b[31m1 of 2 failed\u001b[0m\n==> ERROR: A failure occurred in check().\n",
    "check() failed: ok 1 / not ok 2 - adds / 1 of 2 failed",
  ],
  [
    4,
    "==> Starting package_calc-doc()...\nerror[E0425]: cannot find value\n==> ERROR: A failure occurred in package_calc-doc().\n",
    "package_calc-doc() failed: error[E0425]: cannot find value",
  ],
  [1, "error: target not found: nothing\n", "the build failed: target not found: nothing. Neither"],
  [4, "", "the build failed: a function of the PKGBUILD failed (exit code 4)."],
  [137, "Killed\n", "the build failed: ended by signal 9."],
  [129, "", "the build failed: ended by signal 1."],
  [192, "", "the build failed: ended by signal 64."],
  [77, "", "the build failed: exit code 77."],
  [128, "", "the build failed: exit code 128."],
  [193, "", "the build failed: exit code 193."],
  [255, "", "the build failed: exit code 255."],
])("exit code %i, and what makepkg said of it", (code, output, message) => {
  expect(describeFailure("the build", code, output)).toContain(message);
});
