import { SluiceError } from "../../errors.ts";
import { clipped, inertInline } from "../../gate/review/inert.ts";
import type { Http, HttpAnswer } from "../../http/http.ts";
import { delimiter, flush, NotGit, packet, readPackets, type Packet } from "./pkt-line.ts";
import { readAdvertisement, readLsRefs, readRefLines, type RemoteRef, type Refs } from "./ref-lists.ts";

/** The most that a list of refs may be: repositories with hundreds of thousands of refs have less. */
const maxBytes = 64 * 1024 * 1024;
const version2 = { "git-protocol": "version=2" };

/**
 * Asks for the refs whose names begin with one of the prefixes; the answer may hold others, too. Speaks version 2 of
 * Git's protocol, where only what is asked for is sent, and understands servers that know none but the older ones.
 *
 * @param url as `readGitAddress` gives it
 * @throws SluiceError: `unavailable`, or whatever else is a problem
 */
export async function askRefsOverHttp(http: Http, url: string, prefixes: readonly string[]): Promise<Refs> {
  try {
    return await ask(http, url, prefixes);
  } catch (error) {
    if (error instanceof NotGit) throw notGit(url, error.message);
    throw error;
  }
}

async function ask(http: Http, url: string, prefixes: readonly string[]): Promise<Refs> {
  const question = `/info/refs${url.includes("?") ? "&" : "?"}service=git-upload-pack`;
  const answer = await http.fetch(url + question, { headers: version2, maxBytes });
  if (answer.status !== 200) throw refused(url, answer.status);
  const base = baseAfterRedirects(url, answer.url, question);
  const type = answer.headers["content-type"] ?? "";
  if (type !== "application/x-git-upload-pack-advertisement") return askDumb(http, base, answer);
  const packets = withoutService(readPackets(answer.body));
  refuseError(url, packets);
  const capabilities = versionTwo(packets);
  if (!capabilities) return readAdvertisement(packets);
  return askVersionTwo(http, base, capabilities, prefixes);
}

async function askVersionTwo(
  http: Http,
  base: string,
  capabilities: readonly string[],
  prefixes: readonly string[],
): Promise<Refs> {
  const format = capabilities.find((capability) => capability.startsWith("object-format="));
  const body = [
    packet("command=ls-refs"),
    ...(format === undefined ? [] : [packet(format)]),
    delimiter,
    packet("peel"),
    packet("symrefs"),
    ...prefixes.map((prefix) => packet(`ref-prefix ${prefix}`)),
    flush,
  ].join("");
  const url = `${base}/git-upload-pack`;
  const headers = {
    ...version2,
    "content-type": "application/x-git-upload-pack-request",
    accept: "application/x-git-upload-pack-result",
  };
  const answer = await http.fetch(url, { method: "POST", headers, body, maxBytes });
  if (answer.status !== 200) throw refused(base, answer.status);
  // As Git does it: once it's known where a repository is, nobody is sent elsewhere.
  if (answer.url !== withoutCredentials(url)) throw new NotGit("it redirects a second time");
  if (answer.headers["content-type"] !== "application/x-git-upload-pack-result") {
    throw new NotGit("it isn't what Git says");
  }
  const packets = readPackets(answer.body);
  refuseError(base, packets);
  return readLsRefs(packets);
}

/** A server that knows nothing of Git hands out the file that `git update-server-info` made, which lacks HEAD. */
async function askDumb(http: Http, base: string, { body }: { readonly body: Buffer }): Promise<Refs> {
  const refs: Map<string, RemoteRef> = readRefLines(body.toString().split("\n").filter(Boolean));
  const answer = await http.fetch(`${base}/HEAD`);
  // Some servers don't say what an unborn HEAD points to.
  const [, symref, id] = /^(?:ref: (refs\/[^\s]+)|([0-9a-f]{40,64}))\n?$/.exec(answer.body.toString()) ?? [];
  if (answer.status !== 200 || (symref === undefined && id === undefined)) return refs;
  const head = id ?? refs.get(symref!)?.id;
  if (head !== undefined) refs.set("HEAD", { id: head, ...(symref !== undefined && { symref }) });
  return refs;
}

/** The repository's own address; credentials go along where it's the same host's. */
function baseAfterRedirects(asked: string, answered: string, question: string): string {
  if (!answered.endsWith(question)) throw new NotGit("it redirects to what is no repository");
  const base = new URL(answered.slice(0, -question.length));
  const { origin, username, password } = new URL(asked);
  if (base.origin === origin) Object.assign(base, { username, password });
  return base.href.replace(/([^/])\/$/, "$1");
}

function withoutCredentials(url: string): string {
  return Object.assign(new URL(url), { username: "", password: "" }).href;
}

/** Without `# service=git-upload-pack` and the mark behind it, which only HTTP has. */
function withoutService(packets: readonly Packet[]): readonly Packet[] {
  const [first, second] = packets;
  const isService = first?.kind === "line" && first.text === "# service=git-upload-pack";
  return isService && second?.kind === "flush" ? packets.slice(2) : packets;
}

/** What a server that speaks version 2 can do; undefined where it doesn't. */
function versionTwo(packets: readonly Packet[]): readonly string[] | undefined {
  const [first, ...rest] = packets.map((packet) => (packet.kind === "line" ? packet.text : ""));
  return first === "version 2" ? rest : undefined;
}

function refuseError(url: string, packets: readonly Packet[]): void {
  for (const packet of packets) {
    if (packet.kind !== "line" || !packet.text.startsWith("ERR ")) continue;
    const said = inertInline(clipped(packet.text.slice(4), 200));
    throw problem(url, `the server says ${said}`);
  }
}

function refused(url: string, status: HttpAnswer["status"]): SluiceError {
  if (status === 401) return problem(url, "there is no such repository, or it asks for credentials (401)");
  if (status === 404 || status === 410 || status === 451)
    return problem(url, `there is no such repository (${status})`);
  // Who forbids everything today may have been bothered too often.
  if (status === 403) return unavailable(url, "it refused to answer (403)");
  return problem(url, `it answered ${status}`);
}

function notGit(url: string, why: string): SluiceError {
  return unavailable(url, `what answered there is no Git server: ${why}`);
}

function unavailable(url: string, why: string): SluiceError {
  const facts = { host: new URL(url).host };
  return new SluiceError("unavailable", `${shown(url)}: ${why}`, {
    hint: "The next run asks again.",
    facts,
    exitCode: 1,
  });
}

function problem(url: string, why: string): SluiceError {
  return new SluiceError("no-repository", `${shown(url)}: ${why}`, {
    hint: "Check whether the repository has moved, and that everybody may read it.",
    facts: { host: new URL(url).host },
    exitCode: 1,
  });
}

function shown(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}
