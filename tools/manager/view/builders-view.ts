import type { Drained, FinishedBuild, PendingBuild } from "../../queue/queue.ts";
import type { LiveBuilders } from "../builders/live-builders.ts";

/** A builder, with what it does and did. */
export interface BuilderView<Build> {
  readonly name: string;
  readonly class: string | null;
  readonly arch: string | null;
  readonly jobs: number | null;
  /** Whether it was heard from lately. */
  readonly there: boolean;
  readonly drained: string | null;
  readonly building: readonly Build[];
  readonly last: Build | null;
}

/** All builders that are let in, that build, that are drained, or that built lately. By name. */
export function buildersOf<Build>(
  {
    known,
    living,
    drained,
    active,
    recent,
  }: {
    readonly known: readonly string[];
    readonly living: LiveBuilders | undefined;
    readonly drained: readonly Drained[];
    readonly active: readonly (PendingBuild & { readonly status: { readonly kind: "active" } })[];
    readonly recent: readonly FinishedBuild[];
  },
  describe: { pending(build: PendingBuild): Build; finished(build: FinishedBuild): Build },
): BuilderView<Build>[] {
  const names = new Set([
    ...known,
    ...(living?.builders ?? []).map(({ name }) => name),
    ...drained.map(({ worker }) => worker),
    ...active.map(({ status }) => status.worker),
    ...recent.flatMap(({ worker }) => worker ?? []),
  ]);
  return [...names].sort().map((name) => {
    const heard = living?.builders.find((builder) => builder.name === name);
    const building = active.filter(({ status }) => status.worker === name);
    const last = recent.find(({ worker }) => worker === name);
    return {
      name,
      class: heard?.class ?? null,
      arch: heard?.arch ?? null,
      jobs: heard?.jobs ?? null,
      there: heard !== undefined || building.length > 0,
      drained: drained.find(({ worker }) => worker === name)?.why ?? null,
      building: building.map((build) => describe.pending(build)),
      last: last ? describe.finished(last) : null,
    };
  });
}
