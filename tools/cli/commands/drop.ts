import { planDrop } from "../../ci/operations/drop.ts";
import { runOperation } from "../../ci/operations/operation.ts";
import {
  betweenNames,
  operationPorts,
  reportOperation,
  requested,
  type OperationOptions,
} from "../wiring/operation.ts";

interface Options extends OperationOptions {
  readonly force?: boolean;
}

export async function drop(options: Options, operands: readonly string[] = []): Promise<number> {
  const names = requested(operands, "PACKAGES", betweenNames, "drop foo bar");
  const ports = operationPorts(options);
  const plan = () => planDrop(ports, names, { force: options.force === true });
  const result = options.dryRun ? { plan: await plan(), done: false } : await runOperation(ports, plan);
  const { packages, dependents } = result.plan;
  const rows = [
    ...packages.map((pkgbase) => ["drop", pkgbase, "asked for by hand"] as const),
    ...dependents.map(({ pkgbase, name, field }) => ["needs it", pkgbase, `${field} ${name}`] as const),
  ];
  return reportOperation(result.plan, result.done, rows, { ...options, details: { dependents } });
}
