/**
 * Everything that publishing does to the disk and that a crash could leave half done, in the order in which
 * it happens. Between any two of them the published repository is installable, and running again finishes
 * the work; the crash tests end the process before and after each.
 */
export const steps = [
  "signing key placed",
  "staging folder made",
  "public key placed",
  "package placed",
  "signature placed",
  "name linked",
  "snapshot placed",
  "database switched",
  "old snapshot deleted",
  "old package deleted",
  "old signature deleted",
  "staging folder deleted",
] as const;

export type Step = (typeof steps)[number];

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
