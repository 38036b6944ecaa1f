import { SluiceError } from "../../errors.ts";
import { openGit } from "../../git/git.ts";
import { recordsAt } from "../../manager/releases/record/push-records.ts";
import { recordKeeper } from "../../manager/releases/record/record-keeper.ts";
import { ReleaseRecords } from "../../manager/releases/record/release-records.ts";
import {
  readBackReleases,
  reopenLost,
  type ReadBack,
} from "../../manager/releases/publishing/verify-releases.ts";
import { readCommitProjects } from "../../workspace/releases/commit-releases.ts";
import { requireDefinition, requireProject } from "../../workspace/releases/required.ts";
import { stateCommitHere } from "../../workspace/state/state-commit.ts";
import { info, warn } from "../output/report.ts";
import { formatTable } from "../output/table.ts";
import { open, type InstallationOptions } from "../wiring/installation.ts";
import { findRoot } from "../wiring/root.ts";
import { stateFolder } from "../wiring/state-folder.ts";

interface Options extends InstallationOptions {
  readonly json?: boolean;
  readonly dryRun?: boolean;
}

/** Reads back what was published of a project; what was lost is noted as not published, unless it is a dry run. */
export async function verifyRelease(
  options: Options,
  name: string,
  ref: string | undefined,
): Promise<number> {
  const git = openGit(findRoot(options.root), process.env);
  const project = requireProject(await readCommitProjects(git, await git.text(["rev-parse", "HEAD"])), name);
  const records = new ReleaseRecords(stateFolder(options));
  records.adopt(await recordsAt(git, await stateCommitHere(git)));
  const all = await readBackReleases(requireDefinition(project), records, process.env, ref);
  if (all.length === 0 && ref !== undefined) throw notPublished(name, ref);
  const troubled = all.filter(({ found }) => found !== "whole");
  if (options.json) process.stdout.write(`${JSON.stringify(all, null, 2)}\n`);
  else if (troubled.length > 0) process.stdout.write(formatTable(headings, troubled.map(rowOf)));
  const releases = new Set(all.map(({ release }) => `${release.channel}@${release.ref}`)).size;
  const lost = troubled.filter(({ found }) => found !== "unasked");
  info(
    `${name}: ${all.length - troubled.length} of ${all.length} published files, of ${releases} releases, are what was published.`,
  );
  if (lost.length > 0 && !options.dryRun) {
    reopenLost(records, lost);
    await push(options);
    info(
      `What was lost is published once more by \`sluice up\`, or: sluice release ${name} ${lost[0]!.release.ref}`,
    );
  }
  return troubled.length === 0 ? 0 : 1;
}

const headings = ["", "REF", "PUBLICATION", "AT", "WHY"];

function rowOf({ release, publication, at, found, detail }: ReadBack): string[] {
  const why = { whole: "", lost: "nothing is there", changed: `it is ${detail}`, unasked: detail ?? "" };
  return [found, release.ref, publication, at, why[found]];
}

async function push(options: Options): Promise<void> {
  const { installations, head } = await open(options);
  const [installation] = installations;
  try {
    await recordKeeper(installation, (error) => warn(error.message)).push(head.workspace.config, "now");
  } finally {
    await installation.queue.close();
  }
}

function notPublished(name: string, ref: string): SluiceError {
  return new SluiceError("not-published", `nothing is on record as published of ${name} ${ref}`, {
    hint: `\`sluice release ${name} ${ref}\` publishes it; without a ref everything that was published is read.`,
    exitCode: 1,
  });
}
