import { openTarget } from "../../notify/open-target.ts";
import { isStatus, type TargetSettings } from "../../notify/settings.ts";
import { forgeOfTarget } from "./notifier.ts";

/**
 * Sends a target one message as it would be told of a build, or asks a forge whether the token may set statuses.
 *
 * @param now milliseconds since 1970
 * @throws SluiceError as `Target.send` and `Forge` do
 */
export async function sendTest(settings: TargetSettings, now: number): Promise<void> {
  if (isStatus(settings)) return (await forgeOfTarget(settings)).checkAccess();
  const target = await openTarget(settings);
  const pkgbase = "this-is-a-test";
  const about = { pkgbase, repository: "sluice", kind: "deployed", arch: "any", build: null } as const;
  const nothing = {
    commit: null,
    source: null,
    worker: null,
    logUrl: null,
    commitUrl: null,
    reviewUrl: null,
  };
  const notice = { ...about, ...nothing, seq: 0, at: now, message: "sluice notify --test" };
  try {
    await target.send({ kind: "deployed", repository: "sluice", notices: [notice] });
  } finally {
    target.close();
  }
}
