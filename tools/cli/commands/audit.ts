import { audit as findings, isComplaint, type AuditFinding } from "../../ci/operations/audit.ts";
import { readAuditFacts } from "../../ci/operations/audit-facts.ts";
import { foldersOf } from "../../manager/folders.ts";
import { stateFolder } from "../wiring/state-folder.ts";
import { auditBroken } from "./audit-broken.ts";
import { operationPorts } from "../wiring/operation.ts";
import { info, warn } from "../output/report.ts";
import { formatTable } from "../output/table.ts";
import { withUpstreams } from "../wiring/upstreams.ts";

interface Options {
  readonly root?: string;
  readonly database?: string;
  readonly state?: string;
  readonly broken?: boolean;
  readonly json?: boolean;
}

const headings: Record<AuditFinding["kind"], string> = {
  "lost-update": "lost update",
  "lost-build": "lost build",
  damaged: "damaged",
  orphan: "orphan",
  held: "held",
};

const remedies: Record<AuditFinding["kind"], string> = {
  "lost-update":
    "take CI_PKGBUILD_TIMESTAMP and SLUICE_REVISION out of the package's file on the branch `state`, and the next run looks at it again",
  "lost-build": "sluice schedule NAME…, unless it is being built right now",
  damaged:
    "sluice up puts it back or builds it again, at its start or within an hour; sluice build does it now. Old versions are deleted",
  orphan: "remove it",
  held: "it waits for a person, or was refused: sluice review show NAME",
};

/** 1 where something was lost or damaged, nobody owns it any more, or somebody couldn't be asked. */
export async function audit(options: Options): Promise<number> {
  if (options.broken) return auditBroken(options);
  return withUpstreams(process.env, async (upstreams, aur) => {
    const facts = await readAuditFacts(
      { ...operationPorts(options), upstreams, aur },
      { database: options.database, repositories: foldersOf(stateFolder(options)).repositories },
    );
    const found = findings(facts);
    const unasked = facts.unasked.length;
    for (const { message } of facts.unasked) warn(message);
    if (facts.published.length === 0) {
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
    const total = `${facts.workspace.packages.size} packages`;
    if (complaints > 0) info(`${total}: ${complaints} to look after.`);
    else info(`${total}: nothing was lost${unasked > 0 ? ", as far as could be asked" : ""}.`);
    for (const kind of new Set(found.map((one) => one.kind))) info(`${headings[kind]}: ${remedies[kind]}`);
    return complaints + unasked === 0 ? 0 : 1;
  });
}
