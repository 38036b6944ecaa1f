// Tells a webhook what happens until it is killed. node notifier.mjs FILE URL SECRET NOW
import { linksTo } from "../../dist/manager/notifications/links.js";
import { startNotifier } from "../../dist/manager/notifications/notifier.js";
import { readTargets } from "../../dist/notify/settings.js";
import { openSqliteQueue } from "../../dist/queue/sqlite/sqlite.js";

const [file, url, secret, start] = process.argv.slice(2);
const began = Date.now();
const queue = await openSqliteQueue(file, () => Number(start) + Date.now() - began);
const events = ["failed", "deployed", "queued"];
await startNotifier({
  queue,
  targets: readTargets({ hook: { kind: "webhook", url, secret, events } }, "notify.toml"),
  links: linksTo({ pages: undefined, logs: undefined, workspaces: {} }),
  owner: String(process.pid),
  troubled: () => undefined,
  pace: () => ({
    gather: 2,
    longestGather: 4,
    apart: 1,
    backoff: 1,
    longestBackoff: 10,
    setup: 10,
  }),
});
process.stdout.write("started\n");
setInterval(() => undefined, 1000);
