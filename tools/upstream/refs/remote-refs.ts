import { SluiceError } from "../../errors.ts";
import type { Git } from "../../git/git.ts";
import type { Http } from "../../http/http.ts";
import { askRefsOverHttp } from "./ask-refs-http.ts";
import { readGitAddress, type GitAddress } from "./git-address.ts";
import { askRefsByProgram } from "./git-program.ts";
import type { Refs } from "./ref-lists.ts";

export type RefsAnswer =
  | { readonly kind: "refs"; readonly refs: Refs }
  | { readonly kind: "unavailable"; readonly error: SluiceError }
  | { readonly kind: "problem"; readonly error: SluiceError };

/** One question to a repository, begun or about to begin. */
interface Question {
  readonly prefixes: Set<string>;
  readonly answer: Promise<RefsAnswer>;
  isAsked: boolean;
}

/** What remote repositories have, each asked once in a run for what was asked of it at one time. */
export class RemoteRefs {
  readonly #http: Http;
  readonly #git: Git;
  readonly #questions = new Map<string, Question[]>();

  /** @param git any repository; `git ls-remote` runs there where HTTP isn't spoken */
  constructor(http: Http, git: Git) {
    this.#http = http;
    this.#git = git;
  }

  /**
   * The refs of a repository whose names begin with one of the prefixes (`HEAD`, `refs/heads/main`, `refs/tags/`);
   * others may be among them. Never rejects because of the repository or of what answers for it.
   */
  async ask(text: string, prefixes: readonly string[]): Promise<RefsAnswer> {
    let address;
    try {
      address = readGitAddress(text);
    } catch (error) {
      return failure(error);
    }
    const earlier = this.#questions.get(address.url) ?? [];
    const covering = earlier.find((question) => prefixes.every((prefix) => covers(question, prefix)));
    if (covering) return covering.answer;
    const open = earlier.find(({ isAsked }) => !isAsked) ?? this.#begin(address, earlier);
    for (const prefix of prefixes) open.prefixes.add(prefix);
    return open.answer;
  }

  /** The request is sent when everybody who asks now has done so. */
  #begin(address: GitAddress, earlier: readonly Question[]): Question {
    const prefixes = new Set<string>();
    const soon = new Promise((begin) => setImmediate(begin));
    const answer = soon.then(() => {
      question.isAsked = true;
      return this.#answer(address, [...prefixes]);
    });
    const question: Question = { prefixes, answer, isAsked: false };
    this.#questions.set(address.url, [...earlier, question]);
    return question;
  }

  async #answer({ transport, url }: GitAddress, prefixes: readonly string[]): Promise<RefsAnswer> {
    try {
      const refs =
        transport === "http"
          ? await askRefsOverHttp(this.#http, url, prefixes)
          : await askRefsByProgram(this.#http, this.#git, url, prefixes);
      return { kind: "refs", refs };
    } catch (error) {
      return failure(error);
    }
  }
}

function covers({ prefixes }: Question, wanted: string): boolean {
  return [...prefixes].some((prefix) => wanted.startsWith(prefix));
}

function failure(error: unknown): RefsAnswer {
  if (!(error instanceof SluiceError)) throw error;
  return { kind: error.code === "unavailable" ? "unavailable" : "problem", error };
}
