import { audit as findings, isComplaint, type AuditFinding } from "../../ci/audit.ts";
import { readAuditFacts } from "../../ci/audit-facts.ts";
import { operationPorts } from "../operation.ts";
import { info, warn } from "../report.ts";
import { formatTable } from "../table.ts";
import { withUpstreams } from "../upstreams.ts";

interface Options {
  readonly root?: string;
  readonly database?: string;
  readonly json?: boolean;
}

const headings: Record<AuditFinding["kind"], string> = {
  "lost-update": "lost update",
  "lost-build": "lost build",
  orphan: "orphan",
  held: "held",
};

/** 1 where something was lost or nobody owns it any more. */
export async function audit(options: Options): Promise<number> {
  return withUpstreams(process.env, async (upstreams, aur) => {
    const facts = await readAuditFacts({ ...operationPorts(options), upstreams, aur }, options.database);
    const found = findings(facts);
    for (const { message } of facts.unasked) warn(message);
    if (!facts.published) {
      warn(
        "what is published isn't known: put the repository's database into CI_LIB_DB, or name it with --database",
      );
    }
    const complaints = found.filter(isComplaint).length;
    if (options.json) process.stdout.write(`${JSON.stringify(found, null, 2)}\n`);
    else if (found.length > 0) {
      const rows = found.map(({ kind, name, why }) => [headings[kind], name, why]);
      process.stdout.write(`${formatTable(["", "NAME", "WHY"], rows)}\n`);
    }
    info(
      complaints === 0
        ? `${facts.workspace.packages.size} packages: nothing was lost.`
        : `${facts.workspace.packages.size} packages: ${complaints} to look after. Lost updates come by deleting the package's file in the branch \`state\`, lost builds by \`sluice schedule\`.`,
    );
    return complaints === 0 ? 0 : 1;
  });
}
