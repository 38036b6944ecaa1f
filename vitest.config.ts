import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** Tests that start nothing and leave nothing behind: they share processes, since starting one takes longer than they do. */
const pure = [
  "tools/{alpm,deptree,gate,pkgbuild,release,schedule,workspace}/**/*.test.ts",
  "test/{gate,pkgbuild,vercmp}/**/*.test.ts",
];

export default defineConfig({
  test: {
    globalSetup: "test/setup.ts",
    reporters: ["default", "./test/slowest-files.ts", "./test/closing-line.ts"],
    maxWorkers: availableParallelism(),
    // Limits end what hangs. A slow machine never fails a test.
    testTimeout: process.env["SLUICE_TEST_BUDGET"] === "long" ? 8 * 3_600_000 : 600_000,
    hookTimeout: 600_000,
    // Commits in scratch repositories need an identity, and no test may read the person's own Git settings.
    env: {
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_AUTHOR_NAME: "Test",
      GIT_AUTHOR_EMAIL: "test@example.org",
      GIT_COMMITTER_NAME: "Test",
      GIT_COMMITTER_EMAIL: "test@example.org",
      NO_COLOR: "1",
    },
    projects: [
      { extends: true, test: { name: "pure", include: pure, isolate: false } },
      {
        extends: true,
        test: { name: "rest", include: ["tools/**/*.test.ts", "test/**/*.test.ts"], exclude: pure },
      },
    ],
  },
});
