import pLimit from "p-limit";

/**
 * Does `work` for every item, at most `limit` at once; results in the items' order. After a failure nothing else is
 * begun, and its error is thrown once what was begun has ended, so that nothing goes on behind the caller's back.
 */
export async function inParallel<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const atMost = pLimit({ concurrency: limit, rejectOnClear: true });
  const failures: unknown[] = [];
  const results = await Promise.allSettled(
    items.map((item, index) =>
      atMost(async () => {
        try {
          return await work(item, index);
        } catch (error) {
          failures.push(error);
          atMost.clearQueue();
          throw error;
        }
      }),
    ),
  );
  if (failures.length > 0) throw failures[0];
  return results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
}
