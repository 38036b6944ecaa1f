/**
 * Does `work` for every item, at most `limit` at once; results in the items' order. Where one fails, the
 * others are waited for before its error is thrown, so that nothing goes on behind the caller's back.
 */
export async function inParallel<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) results[index] = await work(item, index);
  };
  const workers = await Promise.allSettled(Array.from({ length: Math.min(limit, items.length) }, worker));
  for (const worker of workers) if (worker.status === "rejected") throw worker.reason;
  return results;
}
