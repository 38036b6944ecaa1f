import { join } from "node:path";
import { serve } from "../tools/manager/serve.ts";
import { logFiles } from "../tools/manager/view/log-file.ts";
import { openWeb } from "../tools/web/server.ts";
import { farm } from "../test/world/web-farm.ts";

// Serves a farm whose every build is under way and writes the log that is named, until it is told to end.

const path = process.argv[2]!;
const file = (await logFiles().find(join(path)))!;
const farmed = farm(2534, Date.now());
const web = await openWeb({
  ...farmed,
  build: async (id) => ({ ...(await farmed.build(id))!, status: "active", finishedAt: null }),
  log: async () => ({ ...file, follow: (from, signal) => file.follow(from, async () => true, signal) }),
});
const nowhere = `${path}.d`;
const { url } = await serve({ repositories: nowhere, logs: nowhere }, 0, {
  handler: async (request, response) => {
    web.handle(request, response);
    return true;
  },
  // All readers are on this machine.
  connectionsEach: 2000,
});
process.stdout.write(`${url}\n`);
