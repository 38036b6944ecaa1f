import type { OpenReview } from "../event-readers.ts";
import type { BuildKey } from "../submission.ts";
import type { Transaction } from "./dispatch.ts";
import { packageIds } from "./submit.ts";

/** Of those that are open now, the ones that weren't are told; the others that were are forgotten. */
export function noteOpen(
  transaction: Transaction,
  of: Pick<BuildKey, "target" | "arch">,
  open: readonly OpenReview[],
): void {
  const { file, emit } = transaction;
  const { target, arch } = of;
  const idOf = packageIds(transaction, of);
  for (const { pkgbase, branch, url, message } of open) {
    const sql =
      "insert into review (target, arch, branch) values (?, ?, ?) on conflict do nothing returning 1";
    if (!file.get(sql, target, arch, branch)) continue;
    emit(idOf(pkgbase), { kind: "review-opened", url, message });
  }
  file.run(
    `delete from review where target = ? and arch = ?
       and branch not in (select value from json_each(?))`,
    target,
    arch,
    JSON.stringify(open.map(({ branch }) => branch)),
  );
}
