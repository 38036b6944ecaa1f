import type { UpdateDecision } from "../../ci/updates/decide-update.ts";
import type { Total } from "../../queue/event-readers.ts";

/** What upstreams said in a run, and the gate of what was new. What waits for CI_COOLDOWN is counted once it is taken. */
export function countsOfUpdates(updates: readonly UpdateDecision[]): Total[] {
  return updates.flatMap((decision): Total[] => {
    const result = { unchanged: "unchanged", skipped: "failed", problem: "failed" } as const;
    const asked = decision.kind in result ? result[decision.kind as keyof typeof result] : "new";
    const poll = { name: "upstream_polls", labels: { result: asked }, value: 1 };
    if (decision.kind !== "take" && decision.kind !== "hold") return [poll];
    const { verdict } = decision.update.judgement;
    const labels = { verdict, decision: decision.kind === "take" ? "taken" : "held" };
    return [poll, { name: "gate_verdicts", labels, value: 1 }];
  });
}
