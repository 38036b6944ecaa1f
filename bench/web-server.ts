import { join } from "node:path";
import { logFiles } from "../tools/manager/view/log-file.ts";
import { farm } from "../test/world/web-farm.ts";
import { serveSource } from "../test/world/web-source.ts";

// Serves a farm whose every build is under way and writes the log that is named, until it is told to end.

const file = (await logFiles().find(join(process.argv[2]!)))!;
const farmed = farm(2534, Date.now());
const { url } = await serveSource({
  ...farmed,
  build: async (id) => ({ ...(await farmed.build(id))!, status: "active", finishedAt: null }),
  log: async () => ({ ...file, follow: (from, signal) => file.follow(from, async () => true, signal) }),
});
process.stdout.write(`${url}\n`);
