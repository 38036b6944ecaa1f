// Builds all that is ready until nothing is, and prints what it was given.
// node builder.mjs FILE NAME
import { openSqliteQueue } from "../../dist/queue/sqlite/sqlite.js";

const [file, worker] = process.argv.slice(2);
const queue = await openSqliteQueue(file);
const built = [];
while ((await queue.state()).builds.length > 0) {
  const claim = await queue.claim({ worker, classes: [], leaseMs: 60_000 });
  if (!claim) continue;
  await queue.finish(claim, { outcome: "built" });
  built.push(claim.build.pkgbase);
}
process.stdout.write(JSON.stringify(built));
