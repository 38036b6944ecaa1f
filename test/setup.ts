import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

/** What a whole run holds at a time at most, with room to spare. */
const leastRoom = 4 * 2 ** 30;

/**
 * Once per run. End-to-end tests run the built program; building is incremental and takes well under a second.
 * All temporary folders lie in one, in memory where there is room; it goes when the run ends.
 */
export default function setUp(): (() => void) | undefined {
  // Each project of the configuration asks for it.
  if (process.env["SLUICE_TEST_RUN"] !== undefined) return undefined;
  execFileSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"], {
    stdio: "inherit",
  });
  // As `npm run build` leaves it.
  chmodSync("dist/cli/main.js", 0o755);
  const folder = mkdtempSync(join(inMemory() ?? tmpdir(), "sluice-"));
  // As /tmp is: builds and what they start run as users of their own.
  chmodSync(folder, 0o1777);
  const settings = join(folder, "gitconfig");
  writeFileSync(settings, gitSettings, { mode: 0o444 });
  process.env["SLUICE_TEST_RUN"] = folder;
  process.env["TMPDIR"] = folder;
  process.env["GIT_CONFIG_GLOBAL"] = settings;
  process.env["PATH"] = [npmOnce(folder), process.env["PATH"]].join(delimiter);
  return () => {
    const left = readFileSync(settings, "utf8");
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    if (left !== gitSettings) throw new Error(`A test wrote Git settings of the person's own:\n${left}`);
  };
}

/** A folder with the `npm` and `npx` that tests find first. */
function npmOnce(folder: string): string {
  const bin = join(folder, "bin");
  mkdirSync(bin);
  const script = readFileSync("test/world/npm-once.sh", "utf8")
    .replace("@NPM@", pathOf("npm"))
    .replace("@NPX@", pathOf("npx"))
    .replace("@OWN@", process.cwd());
  for (const name of ["npm", "npx"]) writeFileSync(join(bin, name), script, { mode: 0o755 });
  return bin;
}

function pathOf(program: string): string {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return folders.map((folder) => join(folder, program)).find(existsSync) ?? "/bin/false";
}

function inMemory(): string | undefined {
  try {
    const { bavail, bsize } = statfsSync("/dev/shm");
    return bavail * bsize >= leastRoom ? "/dev/shm" : undefined;
  } catch {
    return undefined;
  }
}

/** No test may read the person's own settings; these only spare work that scratch repositories don't need. */
const gitSettings = `[core]
	fsync = none
[gc]
	auto = 0
[maintenance]
	auto = false
[receive]
	autogc = false
[init]
	templateDir =
[index]
	threads = 1
[pack]
	threads = 1
`;
