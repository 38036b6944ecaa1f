// The house rules: who may import whom (docs/architecture.md), and the checks that hold everywhere.
//
// A room may import from the groups above its own, never from its own group. Within the pure group a
// room may import those further up its list. `cli` may import everything; `web` nothing but the
// manager's HTTP API.

const groups = [
  ["alpm", "pkgbuild", "deptree", "gate", "schedule"],
  ["system", "git", "http", "sandbox"],
  ["workspace", "upstream", "forge", "queue", "builder", "pkgrepo"],
  ["ci", "manager", "web"],
];
const [pure] = groups;

function forbiddenRooms(room) {
  const ownGroup = groups.findIndex((group) => group.includes(room));
  const below = groups.slice(ownGroup + 1).flat();
  const siblings = groups[ownGroup].filter(
    (other) => other !== room && (!pure.includes(room) || pure.indexOf(other) > pure.indexOf(room)),
  );
  const rooms = [...siblings, ...below, "cli"];
  return room === "web" ? [...new Set([...rooms, ...groups.flat()])].filter((r) => r !== "web") : rooms;
}

function restrictImports(room) {
  const patterns = [
    {
      group: forbiddenRooms(room).flatMap((other) => [`**/${other}/**`, `../${other}/**`]),
      message: `tools/${room} may not import this room (see oxlint.config.mjs).`,
    },
  ];
  if (pure.includes(room)) {
    patterns.push({
      group: ["node:*", "node:*/*", "execa", "p-limit"],
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
    "no-underscore-dangle": "off",
  },
  overrides: rooms,
  ignorePatterns: ["dist", "dist-bench", "node_modules"],
};
