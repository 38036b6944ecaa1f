import type { Transaction } from "./dispatch.ts";
import { count } from "./totals.ts";

export function endRemoval({ file, emit }: Transaction, id: number): void {
  const removal = file.get<{ package: number }>("delete from removal where id = ? returning package", id);
  if (!removal) return;
  count(file, "removals", { result: "done" });
  emit(removal.package, { kind: "removed", removal: id });
}

export function noteFailedRemoval({ file, emit }: Transaction, id: number, message: string): void {
  const removal = file.get<{ package: number }>(
    "update removal set failure = ?2 where id = ?1 and failure is not ?2 returning package",
    id,
    message,
  );
  if (!removal) return;
  count(file, "removals", { result: "failed" });
  emit(removal.package, { kind: "removal-failed", removal: id, message });
}
