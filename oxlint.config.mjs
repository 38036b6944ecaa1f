// The house rules: who may import whom (docs/architecture.md), and the checks that hold everywhere.
//
// A room may import from the groups above its own, never from its own group. Within the pure group a
// room may import those further up its list. `cli` may import everything; `web` nothing but the
// manager's HTTP API. Where a room's inner rooms have a direction, it is a table below.

const groups = [
  ["alpm", "binaries", "pkgbuild", "deptree", "gate", "schedule", "release"],
  ["system", "git", "http", "sandbox"],
  ["workspace"],
  ["upstream", "forge", "queue", "builder", "pkgrepo", "publish", "bash", "notify"],
  ["ci", "manager", "web"],
];
const [pure] = groups;

/** Inner rooms, and which of their neighbours each may import. */
const innerRooms = {
  pkgbuild: {
    grammar: [],
    "normal-form": ["grammar"],
    evaluation: ["grammar", "normal-form"],
    "second-reading": ["grammar", "normal-form"],
    srcinfo: ["grammar", "evaluation"],
  },
  workspace: { config: [], state: ["config"], metadata: ["state"], releases: [] },
  upstream: {
    refs: [],
    "new-version": ["refs"],
    "recipe-repositories": ["refs"],
    vcs: ["refs"],
    tags: ["refs", "new-version"],
    nvchecker: ["refs", "new-version", "distribution"],
    aur: ["refs", "recipe-repositories"],
    distribution: [],
    "update-script": [],
    "source-content": ["refs", "new-version"],
  },
  release: {
    definition: [],
    refs: ["definition"],
    plan: ["definition", "refs"],
    record: ["definition", "refs", "plan"],
  },
  publish: { nix: ["stores"], images: [], forges: [], stores: [], page: ["stores"] },
  sandbox: { jobs: [], bubblewrap: ["jobs"] },
  builder: { bundling: [], versions: [], dependencies: ["versions"], stages: ["versions", "dependencies"] },
  queue: { sqlite: [], bullmq: [] },
  pkgrepo: { signing: [], publishing: ["signing"], checking: ["signing", "publishing"], serving: [] },
  ci: {
    pipeline: [],
    "on-commit": ["pipeline"],
    updates: ["pipeline", "on-commit"],
    needs: [],
    evidence: [],
    template: ["pipeline"],
    lilac: ["template"],
    "on-schedule": ["pipeline", "on-commit", "updates", "needs", "evidence", "template"],
    checks: [],
    operations: ["pipeline", "on-commit", "updates", "evidence", "on-schedule", "checks"],
    aur: ["pipeline", "updates"],
  },
  manager: {
    workspaces: [],
    reconcile: [],
    keys: ["reconcile"],
    releases: ["reconcile"],
    builds: ["reconcile", "releases"],
    runners: ["reconcile", "builds"],
    builders: ["reconcile", "releases", "builds"],
    remote: ["reconcile", "releases", "builds", "builders"],
    actions: ["reconcile", "builds", "builders"],
    view: ["reconcile", "releases", "builds", "builders"],
    notifications: ["releases"],
  },
  web: { log: [], markup: [], api: ["log"], pages: ["log", "markup", "api"] },
  cli: {
    output: [],
    wiring: ["output"],
    commands: ["output", "wiring"],
    "command-groups": ["commands"],
    manual: [],
  },
};

function forbiddenRooms(room) {
  const ownGroup = groups.findIndex((group) => group.includes(room));
  const below = groups.slice(ownGroup + 1).flat();
  const siblings = groups[ownGroup].filter(
    (other) => other !== room && (!pure.includes(room) || pure.indexOf(other) > pure.indexOf(room)),
  );
  const rooms = [...siblings, ...below, "cli"];
  return room === "web" ? [...new Set([...rooms, ...groups.flat()])].filter((r) => r !== "web") : rooms;
}

function restrictImports(room, inner) {
  const patterns = [];
  if (room !== "cli") {
    patterns.push({
      group: forbiddenRooms(room).flatMap((other) => [`**/${other}/**`, `../${other}/**`]),
      message: `tools/${room} may not import this room (see oxlint.config.mjs).`,
    });
  }
  if (inner !== undefined) {
    const { [inner]: allowed, ...others } = innerRooms[room];
    const forbidden = Object.keys(others).filter((other) => !allowed.includes(other));
    patterns.push({
      group: forbidden.flatMap((other) => [`../${other}/**`, `../../${other}/**`]),
      message: `tools/${room}/${inner} may not import this inner room (see oxlint.config.mjs).`,
    });
  }
  if (pure.includes(room)) {
    patterns.push({
      group: ["node:*", "node:*/*", "!node:crypto", "execa", "p-limit"],
      message: `tools/${room} is pure: no I/O, no clock, no environment.`,
    });
  }
  return patterns;
}

const rooms = groups.flat().map((room) => ({
  files: [`tools/${room}/**/*.ts`],
  excludeFiles: ["**/*.test.ts"],
  rules: {
    "no-restricted-imports": ["error", { patterns: restrictImports(room) }],
    ...(pure.includes(room) && {
      "no-restricted-globals": ["error", "process", "fetch", "setTimeout", "performance"],
    }),
  },
}));

/** A grammar's rules need each other. */
const grammars = {
  files: ["tools/pkgbuild/grammar/**", "tools/pkgbuild/normal-form/**", "test/**"],
  rules: { "import/no-cycle": "off" },
};

// The last override that matches a file counts, so each has the rules of its room, too.
const inner = Object.entries(innerRooms).flatMap(([room, folders]) =>
  Object.keys(folders).map((folder) => ({
    files: [`tools/${room}/${folder}/**/*.ts`],
    excludeFiles: ["**/*.test.ts"],
    rules: { "no-restricted-imports": ["error", { patterns: restrictImports(room, folder) }] },
  })),
);

export default {
  plugins: ["typescript", "import", "unicorn", "promise", "vitest"],
  categories: { correctness: "error", suspicious: "error", perf: "error" },
  rules: {
    eqeqeq: ["error", "always"],
    "no-console": "error",
    "typescript/no-explicit-any": "error",
    "typescript/consistent-type-imports": "error",
    "unicorn/prefer-node-protocol": "error",
    "no-await-in-loop": "off",
    "no-shadow": "off",
    "vitest/valid-expect": ["error", { maxArgs: 2 }],
    "vitest/no-standalone-expect": "off",
    "unicorn/no-array-sort": "off",
    "unicorn/no-array-reverse": "off",
    "import/no-unassigned-import": "off",
    "import/no-cycle": ["error", { ignoreTypes: false }],
    "no-underscore-dangle": "off",
    "no-restricted-properties": [
      "error",
      {
        object: "AbortSignal",
        property: "timeout",
        message: "Composed by AbortSignal.any it may never fire in Node 20; use tools/timeout-signal.ts.",
      },
    ],
  },
  overrides: [...rooms, ...inner, grammars],
  ignorePatterns: ["dist", "dist-bench", "node_modules"],
};
