import { planPromote } from "../../ci/operations/promote.ts";
import { runOperation } from "../../ci/operations/operation.ts";
import { describeRef } from "../../release/refs/ref.ts";
import { askProjectRef } from "../../upstream/refs/project-ref.ts";
import { describePlan } from "../output/release-plan.ts";
import { info, printable, reportError } from "../output/report.ts";
import { operationPorts, type OperationOptions } from "../wiring/operation.ts";
import { withRemoteRefs } from "../wiring/remote-refs.ts";

export async function promote(
  options: OperationOptions,
  project: string,
  channel: string,
  ref: string,
): Promise<number> {
  const operation = operationPorts(options);
  return withRemoteRefs(operation.git, async (remotes) => {
    const ports = {
      ...operation,
      askRef: (definition: Parameters<typeof askProjectRef>[1], name: string) =>
        askProjectRef(remotes, definition, name),
    };
    const plan = () => planPromote(ports, { project, channel, ref });
    const { plan: last, done } = options.dryRun
      ? { plan: await plan(), done: false }
      : await runOperation(ports, plan);
    const { release, refs, head, refusal, isLocked } = last;
    if (options.json) {
      const commit = done ? head : null;
      process.stdout.write(
        `${JSON.stringify({ base: refs.head, head: commit, isLocked, release }, null, 2)}\n`,
      );
    } else process.stdout.write(printable(describePlan(release)));
    if (refusal) return reportError(refusal);
    const what = `${channel}.lock of ${project}`;
    if (isLocked) info(`${what} names the ${describeRef(last.ref)} already; nothing was changed.`);
    else if (!done) info(`${what} would name the ${describeRef(last.ref)}; nothing was changed (--dry-run).`);
    else
      info(
        `${what}: ${describeRef(last.ref)}; ${refs.hasRemote ? "pushed" : "made"} commit ${head.slice(0, 10)}.`,
      );
    return 0;
  });
}
