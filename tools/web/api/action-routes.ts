import type { FastifyPluginCallback, FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import { networkOf } from "../../client-address.ts";
import { guessLimit } from "../../guess-limit.ts";
import type { Actions, TokenHolder } from "../source.ts";
import { json } from "./json-schema.ts";
import { problemOf, problems, type Problem } from "./problems.ts";
import { actionAnswer, askedAction, tokenHolder } from "./schemas.ts";

const refusals = {
  unknown: { status: 404, hint: "/api/overview and /api/builders list what there is." },
  refused: { status: 409, hint: "Mend what failed: its page says how it stands." },
  forbidden: { status: 403, hint: "`sluice token list` shows what each allows." },
} as const;

/**
 * What changes something. Whoever asks has to send a token in a header, which no other site can make a browser do;
 * there are no cookies.
 */
export function actionRoutes(actions: Actions): FastifyPluginCallback {
  const guesses = guessLimit();

  async function holder(request: FastifyRequest, reply: FastifyReply): Promise<TokenHolder | undefined> {
    const token = /^Bearer ([\w-]{1,200})$/.exec(request.headers.authorization ?? "")?.[1];
    if (token === undefined) return refuse(reply, noToken);
    const heard = await guesses.ask(networkOf(request.ip), token, () => actions.holder(token));
    if (heard.kind === "known") return heard.who;
    if (heard.kind === "unknown") return refuse(reply, wrongToken);
    const message = "too many wrong tokens came from this address";
    void reply
      .code(429)
      .header("retry-after", heard.seconds)
      .send(problemOf(429, message, "guesses"));
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
          response: { 200: json(tokenHolder), ...problems(401) },
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
          response: { 200: json(actionAnswer), ...problems(400, 401, 403, 404, 409, 413, 415) },
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
        if (answer.kind === "done" || answer.kind === "nothing") return answer;
        const { status, hint } = refusals[answer.kind];
        return reply.code(status).send({ code: answer.kind, message: answer.message, hint });
      },
    );
    done();
  };
}

const holders = new WeakMap<FastifyRequest, TokenHolder>();

const noToken: Problem = {
  code: "token-missing",
  message: "this takes a token",
  hint: "Send Authorization: Bearer TOKEN, as `sluice token make NAME` prints it.",
};

const wrongToken: Problem = {
  code: "token-unknown",
  message: "no such token",
  hint: "`sluice token list` shows whose there are.",
};

function refuse(reply: FastifyReply, said: Problem): undefined {
  void reply.code(401).header("www-authenticate", "Bearer").send(said);
}
