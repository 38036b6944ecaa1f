import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tools/**/*.test.ts", "test/**/*.test.ts"],
    globalSetup: "test/build.ts",
    reporters: ["default", "./test/closing-line.ts"],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Commits in scratch repositories need an identity, and no test may read the person's own Git settings.
    env: {
      // Nothing is there to read, and a program that writes its settings fails instead of replacing a device.
      GIT_CONFIG_GLOBAL: "/nonexistent/gitconfig",
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_AUTHOR_NAME: "Test",
      GIT_AUTHOR_EMAIL: "test@example.org",
      GIT_COMMITTER_NAME: "Test",
      GIT_COMMITTER_EMAIL: "test@example.org",
      NO_COLOR: "1",
    },
  },
});
