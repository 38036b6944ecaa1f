import type { Build, ClaimId } from "../queue.ts";
import type { Transaction } from "./dispatch.ts";
import { readBuild, toBuild } from "./rows.ts";
import type { SqliteFile } from "./sqlite-file.ts";

export function claimedBuild(file: SqliteFile, claim: ClaimId): Build | undefined {
  const row = readBuild(file, claim.build.id);
  return row?.token === claim.token && row.worker === claim.worker ? toBuild(row) : undefined;
}

export function renewLease({ file, now }: Transaction, claim: ClaimId): "kept" | "cancel" | "gone" {
  const kept = file.get<{ cancel_message: string | null }>(
    "update build set lease_until = ? + lease_ms where id = ? and token = ? and worker = ? returning cancel_message",
    now,
    claim.build.id,
    claim.token,
    claim.worker,
  );
  if (!kept) return "gone";
  return kept.cancel_message === null ? "kept" : "cancel";
}

export function renewLeases({ file, now }: Transaction, workers: readonly string[]): void {
  file.run(
    `update build set lease_until = max(lease_until, ? + lease_ms)
     where state = 'active' and worker in (select value from json_each(?))`,
    now,
    JSON.stringify(workers),
  );
}
