import type { FastifyPluginCallback, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { Actions, TokenHolder } from "../source.ts";
import { guessLimit, networkOf } from "./guesses.ts";
import { json } from "./json-schema.ts";
import { actionAnswer, askedAction, tokenHolder } from "./schemas.ts";

const statuses = { done: 200, nothing: 200, unknown: 404, forbidden: 403 } as const;

/**
 * What changes something. Whoever asks has to send a token in a header, which no other site can make a browser do;
 * there are no cookies.
 */
export function actionRoutes(actions: Actions): FastifyPluginCallback {
  const guesses = guessLimit();

  async function holder(request: FastifyRequest, reply: FastifyReply): Promise<TokenHolder | undefined> {
    const from = networkOf(request.ip);
    const wait = guesses.blockedFor(from);
    if (wait > 0) {
      void reply
        .code(429)
        .header("retry-after", wait)
        .send(problem("too many wrong tokens; try again later"));
      return undefined;
    }
    const token = /^Bearer ([\w-]{1,200})$/.exec(request.headers.authorization ?? "")?.[1];
    const found = token === undefined ? undefined : await actions.holder(token);
    if (found) return found;
    if (token !== undefined) guesses.wasWrong(from);
    void reply
      .code(401)
      .header("www-authenticate", "Bearer")
      .send(
        problem(
          token === undefined
            ? "this takes a token: Authorization: Bearer TOKEN, as `sluice token make NAME` prints it"
            : "no such token; `sluice token list` shows whose there are",
        ),
      );
    return undefined;
  }

  return (app, _options, done) => {
    const security = [{ token: [] }];
    app.get(
      "/token",
      {
        schema: {
          summary: "Whose token it is, and what it allows",
          security,
          response: { 200: json(tokenHolder), ...failures },
        },
      },
      async (request, reply) => (await holder(request, reply)) ?? reply,
    );
    app.post<{ Body: z.infer<typeof askedAction> }>(
      "/actions",
      {
        schema: {
          summary: "Build again, cancel, set a failure aside, hold a package, drain a builder",
          security,
          body: json(askedAction, "input"),
          response: { 200: json(actionAnswer), ...failures },
        },
        // Before the body is looked at, so that strangers learn nothing of it.
        onRequest: async (request, reply) => {
          const by = await holder(request, reply);
          if (!by) return reply;
          holders.set(request, by);
          return undefined;
        },
      },
      async (request, reply) => {
        const answer = await actions.act(holders.get(request)!, request.body);
        return reply.code(statuses[answer.kind]).send(answer);
      },
    );
    done();
  };
}

const holders = new WeakMap<FastifyRequest, TokenHolder>();

const failures = { "4xx": json(z.object({ message: z.string() })) };

function problem(message: string): { message: string } {
  return { message };
}
