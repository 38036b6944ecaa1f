import type { BuildKey } from "../submission.ts";
import { recount, type Transaction } from "./dispatch.ts";
import { findQueued } from "./rows.ts";

/** Lets a queued build go on although these needs failed. False: no such build is queued. */
export function releaseFrom(transaction: Transaction, key: BuildKey, needs: readonly string[]): boolean {
  const { file, emit } = transaction;
  const build = findQueued(file, key);
  if (!build) return false;
  for (const need of needs) {
    const released = file.get(
      `update need set released = 1 where build = ? and not released and package in
         (select id from package where target = ? and pkgbase = ?) returning 1`,
      build.id,
      key.target,
      need,
    );
    if (released) emit(build.package, { kind: "released", build: build.id, by: need });
  }
  recount(transaction, build.id);
  return true;
}
