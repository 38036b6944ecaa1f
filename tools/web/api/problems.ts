import type { FastifyReply } from "fastify";
import { z } from "zod";
import { json } from "./json-schema.ts";

/** What went wrong, where, and what to do next, as every answer of the API says it that isn't a good one. */
export const problem = z.object({
  code: z.string().meta({ description: "The kind, for programs" }),
  message: z.string().meta({ description: "What, and where" }),
  hint: z.string().meta({ description: "What to do next" }),
});

export type Problem = z.infer<typeof problem>;

const meanings = {
  400: "What was asked isn't what this takes",
  401: "There is no token, or one that nobody has",
  403: "The token doesn't allow that",
  404: "There is no such thing",
  409: "It would do harm as things are",
  413: "The body is too long",
  415: "The body isn't JSON",
  429: "Too many requests or wrong tokens of one address; Retry-After says when to try again",
} as const;

/** Schemas of a route's answers that aren't good ones. Anybody may be told to wait. */
export function problems(...statuses: readonly (keyof typeof meanings)[]): Record<number, object> {
  return Object.fromEntries(
    [...statuses, 429 as const].map((status) => [
      status,
      { ...json(problem), description: meanings[status] },
    ]),
  );
}

const hints: Readonly<Record<number, string>> = {
  400: "/api/openapi.json describes what each address takes.",
  404: "/api/openapi.json lists what there is.",
  405: "The header Allow names what is.",
  413: "Send less.",
  415: "Send JSON, with Content-Type: application/json.",
  429: "Wait for as many seconds as Retry-After says.",
  503: "Wait for as many seconds as Retry-After says.",
};

/** What a status means where nobody says more. */
export function problemOf(status: number, message: string, code = `http-${status}`): Problem {
  return { code, message, hint: hints[status] ?? "What Sluice prints says more." };
}

/** @param what such as `package foo` */
export function notFound(reply: FastifyReply, what: string): FastifyReply {
  return reply.code(404).send(problemOf(404, `there is no ${what} here`, "not-found"));
}
