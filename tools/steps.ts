/**
 * Everything on the way from a commit to a published package that changes what a crash would leave behind, in
 * the order in which it happens. Between any two of them nothing that was accepted is lost, the published
 * repository is installable, and running again finishes the work; the crash tests end the process before and
 * after each.
 */
export const steps = {
  ci: [
    "schedule file placed",
    "old schedule file deleted",
    "scheduled tag pushed",
    "scheduled tag moved",
    "main pushed",
    "AUR repository pushed",
  ],
  forge: [
    "review branch pushed",
    "review opened",
    "review marked",
    "review comment",
    "review branch deleted",
    "review closed",
    "review evidence kept",
    "review edited",
  ],
  queue: [
    "submission accepted",
    "requests taken",
    "ready builds listed",
    "build claimed",
    "lease renewed",
    "leases renewed",
    "claims abandoned",
    "build finished",
    "build released",
    "build cancelled",
    "package held",
    "builder drained",
    "history forgotten",
    "removal acknowledged",
    "removal failed",
    "unread events listed",
    "events marked as read",
    "counts added",
    "reviews noted",
  ],
  manager: ["packages kept", "kept packages dropped"],
  releases: [
    "artifact kept",
    "release recorded",
    "release file staged",
    "release file shown",
    "release page replaced",
    "published file deleted",
    "image brought",
    "image named",
    "forge release drafted",
    "forge file brought",
    "forge file dropped",
    "forge release published",
    "release records pushed",
  ],
  pkgrepo: [
    "signing key placed",
    "staging folder made",
    "public key placed",
    "package placed",
    "signature placed",
    "name linked",
    "snapshot placed",
    "signature replaced",
    "database switched",
    "damaged package deleted",
    "old snapshot deleted",
    "old package deleted",
    "old signature deleted",
    "staging folder deleted",
  ],
} as const;

export type Step = (typeof steps)[keyof typeof steps][number];

/** Called before and after every step. */
export type Checkpoint = (moment: "before" | "after", step: Step) => void;

export async function durably<T>(
  checkpoint: Checkpoint | undefined,
  step: Step,
  action: () => Promise<T>,
): Promise<T> {
  checkpoint?.("before", step);
  const result = await action();
  checkpoint?.("after", step);
  return result;
}

/** The same for what is done at once. */
export function durablyNow<T>(checkpoint: Checkpoint | undefined, step: Step, action: () => T): T {
  checkpoint?.("before", step);
  const result = action();
  checkpoint?.("after", step);
  return result;
}
