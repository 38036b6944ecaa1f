import { SluiceError } from "../../errors.ts";
import { AurRows, type AurMetadata } from "./aur-rows.ts";
import type { UpstreamPorts } from "../upstream.ts";

const infoUrl = "https://aur.archlinux.org/rpc/v5/info?";

/** The server takes about 4,400 bytes of address. */
const longestUrl = 4000;

/** What the RPC is asked: which pkgbases, and by which pkgnames, since it only knows those. */
export interface RpcQuestion {
  readonly pkgbases: ReadonlySet<string>;
  readonly pkgnames: readonly string[];
}

/**
 * What the AUR's RPC, version 5, says of these packages; see https://aur.archlinux.org/rpc/openapi.json.
 *
 * @throws SluiceError `unavailable` where it doesn't answer all of it.
 */
export async function askRpc(
  ports: Pick<UpstreamPorts, "http" | "aurProxy" | "now">,
  { pkgbases, pkgnames }: RpcQuestion,
): Promise<AurMetadata> {
  const learnedAt = ports.now().getTime();
  const rows = new AurRows(pkgbases, learnedAt);
  const answers = await Promise.all(infoUrls(pkgnames).map((url) => askUrl(ports, url)));
  for (const row of answers.flat()) rows.add(row);
  return { packages: rows.entries(), learnedAt, etag: undefined };
}

/** As few addresses as hold all names; `+` and `@` mean something in an address, so names are encoded. */
export function infoUrls(pkgnames: readonly string[]): string[] {
  const urls: string[] = [];
  let url = infoUrl;
  for (const pkgname of pkgnames) {
    const parameter = `arg[]=${encodeURIComponent(pkgname)}`;
    if (url !== infoUrl && url.length + 1 + parameter.length > longestUrl) {
      urls.push(url);
      url = infoUrl;
    }
    url += url === infoUrl ? parameter : `&${parameter}`;
  }
  return url === infoUrl ? urls : [...urls, url];
}

/** The results at one address of the RPC, rows of any shape. Throws SluiceError `unavailable`. */
export async function askUrl(
  { http, aurProxy }: Pick<UpstreamPorts, "http" | "aurProxy">,
  url: string,
): Promise<readonly unknown[]> {
  const { status, body } = await http.fetch(url, { proxy: aurProxy });
  if (status !== 200) throw unusable(`it answered ${status}`);
  const { type, error, results, resultcount } = parseAnswer(body);
  if (type === "error") throw unusable(String(error).slice(0, 200));
  if (!Array.isArray(results) || results.length !== resultcount) throw unusable("its answer isn't whole");
  return results;
}

function parseAnswer(body: Buffer): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(body.toString())) as Readonly<Record<string, unknown>>;
  } catch {
    throw unusable("its answer is no JSON");
  }
}

function unusable(why: string): SluiceError {
  return new SluiceError("unavailable", `the AUR's RPC can't be used: ${why}`, {
    hint: "The next run asks again.",
    facts: { host: "aur.archlinux.org" },
    exitCode: 1,
  });
}
