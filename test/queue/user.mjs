// Uses a queue at random until it is killed, and prints one line for each thing that the queue has confirmed.
// node user.mjs FILE SEED NOW
import { writeSync } from "node:fs";
import { openSqliteQueue } from "../../dist/queue/sqlite/sqlite.js";

const [file, seed, start] = process.argv.slice(2);
const random = seeded(Number(seed));
const began = Date.now();
const queue = await openSqliteQueue(file, () => Number(start) + Date.now() - began);
const claims = [];
const outcomes = ["built", "built", "built", "already-built", "skipped", "failed", "timed-out", "lost"];
const moves = [submit, claim, claim, claim, finish, finish, finish, keepAlive, cancel, release, acknowledge];

writeSync(1, "{}\n");
for (;;) await pick(moves)();

async function submit() {
  const builds = some(6).map((pkgbase) => ({
    pkgbase,
    class: null,
    pkgnames: [pkgbase],
    needs: some(3),
    reason: `reason ${Math.floor(random() * 5)}`,
  }));
  const removals =
    random() < 0.2 ? some(2).map((pkgbase) => ({ pkgbase, pkgnames: [pkgbase], reason: "gone" })) : [];
  const onDependencyFailure = pick(["auto", "block", "build"]);
  const workspace = { commit: seed, target: "repo", arch: "any", source: "workspace" };
  const accepted = await queue.submit({ ...workspace, onDependencyFailure, builds, removals });
  confirm({ accepted: accepted.map(({ build }) => build) });
}

async function claim() {
  const claimed = await queue.claim({ worker: `user ${seed}`, classes: "all", leaseMs: 40 });
  if (!claimed) return;
  claims.push(claimed);
  confirm({ claimed: claimed.build.id, token: claimed.token });
}

async function finish() {
  const [ended] = claims.splice(Math.floor(random() * claims.length), 1);
  if (!ended) return;
  const outcome = pick(outcomes);
  const answer = await queue.finish(ended, { outcome });
  if (answer === "finished") confirm({ finished: ended.build.id, outcome });
}

async function keepAlive() {
  if (claims.length > 0) await queue.keepAlive(pick(claims));
}

async function cancel() {
  if (random() < 0.2)
    await queue.cancel({ target: "repo", arch: "any", pkgbase: pick(some(1)) }, "not needed");
}

async function release() {
  await queue.release({ target: "repo", arch: "any", pkgbase: pick(some(1)) }, some(2));
}

async function acknowledge() {
  const [removal] = await queue.removals();
  if (removal) await queue.removed(removal.id);
}

function confirm(fact) {
  writeSync(1, `${JSON.stringify(fact)}\n`);
}

function some(most) {
  return Array.from({ length: 1 + Math.floor(random() * most) }, () => `p${Math.floor(random() * 40)}`);
}

function pick(list) {
  return list[Math.floor(random() * list.length)];
}

function seeded(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
