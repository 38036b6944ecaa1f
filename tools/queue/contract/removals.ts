import { expect, test } from "vitest";
import { type Start, arch, target } from "./desk.ts";

/** How packages leave the package repository. */
export function removals(start: Start): void {
  const removal = { pkgbase: "old", pkgnames: ["old", "old-docs"], reason: "commit abc removed it" };

  test("a removal stays pending until it is acknowledged", async () => {
    const desk = await start();
    await desk.submit({}, { removals: [removal] });
    const reopened = await desk.open();
    const [pending] = await reopened.removals();
    expect(pending).toMatchObject({ ...removal, target, arch, source: "workspace" });
    await reopened.removed(pending!.id);
    await reopened.removed(pending!.id);
    expect(await desk.queue.removals()).toEqual([]);
    expect(await desk.events("removal", "removed")).toMatchObject([{ kind: "removal" }, { kind: "removed" }]);
  });

  test("a removed package is no longer built, and its failure no longer blocks", async () => {
    const desk = await start();
    await desk.submit({ failed: [], app: ["failed"], queued: [], top: ["queued"] });
    await desk.finish(await desk.claim("failed"), "failed");
    await desk.submit(
      {},
      {
        removals: [
          { ...removal, pkgbase: "failed" },
          { ...removal, pkgbase: "queued" },
        ],
      },
    );
    expect(await desk.statuses()).toEqual({ app: "ready", top: "ready" });
    expect(await desk.queue.packages()).toMatchObject([
      { pkgbase: "failed", blocking: false },
      { pkgbase: "queued", outcome: "cancelled", blocking: false },
    ]);
  });

  test("a removal waits until the active build of that package has stopped", async () => {
    const desk = await start();
    await desk.submit({ old: [], app: ["old"] });
    const claim = await desk.claim("old");
    await desk.submit({}, { removals: [removal] });
    expect(await desk.queue.removals()).toEqual([]);
    expect((await desk.queue.state()).removals).toMatchObject([removal]);
    expect(await desk.queue.keepAlive(claim)).toBe("cancel");
    await desk.finish(claim, "cancelled");
    expect(await desk.queue.removals()).toMatchObject([removal]);
    expect(await desk.statuses()).toEqual({ app: "ready" });
  });

  test("a package that comes back before it was removed is only built", async () => {
    const desk = await start();
    await desk.submit({}, { removals: [removal] });
    await desk.submit({ old: [] });
    expect(await desk.queue.removals()).toEqual([]);
    expect(await desk.events("removal-withdrawn")).toHaveLength(1);
    await desk.claim("old");
  });

  test("removing twice before it is carried out takes out what either names", async () => {
    const desk = await start();
    await desk.submit({}, { removals: [removal] });
    await desk.submit({}, { removals: [{ ...removal, pkgnames: ["old-libs"] }] });
    expect(await desk.queue.removals()).toMatchObject([{ pkgnames: ["old", "old-docs", "old-libs"] }]);
  });
}
