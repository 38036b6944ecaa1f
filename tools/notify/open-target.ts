import type { MessageSettings } from "./settings.ts";
import type { Target } from "./target.ts";

/** Each is loaded where it is used: mail, for one, is heavy. */
const targets: { readonly [Kind in MessageSettings["kind"]]: (settings: Of<Kind>) => Promise<Target> } = {
  telegram: async (settings) => (await import("./telegram.ts")).openTelegram(settings),
  matrix: async (settings) => (await import("./matrix.ts")).openMatrix(settings),
  mail: async ({ user, password, ...settings }) =>
    (await import("./mail.ts")).openMail({ ...settings, user, password }),
  webhook: async (settings) => (await import("./webhook.ts")).openWebhook(settings),
};

type Of<Kind extends MessageSettings["kind"]> = Extract<MessageSettings, { kind: Kind }>;

export function openTarget<Kind extends MessageSettings["kind"]>(settings: Of<Kind>): Promise<Target> {
  return targets[settings.kind as Kind](settings);
}
