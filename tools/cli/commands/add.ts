import { planAdd, type AddPlan } from "../../ci/operations/add.ts";
import { runOperation } from "../../ci/operations/operation.ts";
import { operationPorts, reportOperation, requested, type OperationOptions } from "../wiring/operation.ts";
import { warn } from "../output/report.ts";
import { withUpstreams } from "../wiring/upstreams.ts";

interface Options extends OperationOptions {
  readonly acceptRisk?: boolean;
  readonly withDependencies?: boolean;
}

/** 1 where it is refused, and where an added package needs one of the AUR that wasn't added. */
export async function add(options: Options, operands: readonly string[] = []): Promise<number> {
  // An address may hold colons and commas.
  const requests = requested(operands, "ADD_PACKAGES", /\s+/, "add paru/aur foo/https://example.org/foo.git");
  const { acceptRisk = false, withDependencies = false } = options;
  const { REQUEST_ORIGIN: origin, REQUEST_REASON: reason } = process.env;
  return withUpstreams(process.env, async (upstreams, aur) => {
    const ports = { ...operationPorts(options), upstreams, aur };
    const plan = () => planAdd(ports, requests, { acceptRisk, withDependencies, origin, reason });
    const result = options.dryRun ? { plan: await plan(), done: false } : await runOperation(ports, plan);
    warnOf(result.plan);
    const details = detailsOf(result.plan);
    const code = reportOperation(result.plan, result.done, rowsOf(result.plan), { ...options, details });
    return code === 0 && offered(result.plan).length > 0 ? 1 : code;
  });
}

function rowsOf({ added, missing }: AddPlan): (readonly [string, string, string])[] {
  return [
    ...added.flatMap(({ pkgbase, source, version, verdict, findings, neededBy }) => [
      [
        "add",
        pkgbase,
        `${version ?? "unknown version"} from ${source}${forWhom(neededBy)}: ${verdict}`,
      ] as const,
      ...findings.map(({ severity, message }) => [severity, pkgbase, message] as const),
    ]),
    ...missing.map(({ pkgbase, name, aur }) => {
      const offer =
        aur === undefined ? "not in the AUR by that name either" : `${aur}/aur has it: --with-dependencies`;
      return ["needs", pkgbase, `${name}, which neither the workspace nor CI_LIB_DB has; ${offer}`] as const;
    }),
  ];
}

function forWhom(neededBy: readonly string[]): string {
  return neededBy.length === 0 ? "" : ` for ${neededBy.join(", ")}`;
}

function offered({ missing }: AddPlan): AddPlan["missing"] {
  return missing.filter(({ aur }) => aur !== undefined);
}

function warnOf({ databases, problems, unknown }: AddPlan): void {
  if (unknown) {
    warn(`it isn't known who has ${unknown.names.join(", ")}: ${unknown.error.message}`);
  }
  for (const database of databases) if ("error" in database) warn(database.error.message);
  for (const problem of problems) {
    if (problem.kind === "cycle") warn(`cycle: ${problem.packages.join(", ")}`);
    if (problem.kind === "made-twice") {
      warn(`${problem.pkgname} is made by more than one package: ${problem.packages.join(", ")}`);
    }
  }
}

function detailsOf({ added, missing, unknown, problems }: AddPlan): Readonly<Record<string, unknown>> {
  const shown = added.map(({ files, srcinfo: _srcinfo, state: _state, ...rest }) => ({
    ...rest,
    files: files.map(({ path }) => path),
  }));
  return { added: shown, missing, unknown: unknown?.names ?? [], problems };
}
