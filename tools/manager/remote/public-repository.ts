import { Agent, request } from "undici";
import type { Published } from "../../builder/build-request.ts";
import { SluiceError } from "../../errors.ts";
import { openPublishedPackages } from "./published-packages.ts";

/** Bytes. A repository that rotated its key has a few. */
const maxKeyBytes = 2 ** 20;

/**
 * The repository that clients see, for a machine that knows no manager: as the address of its database says where it
 * lies, `…/NAME/ARCH/NAME.db`. Its key is fetched from beside it, so what comes is as true as that server is.
 *
 * @param folder where packages are kept between builds
 * @returns undefined where nothing is published there, or the address has another form
 * @throws SluiceError `repository-away`, `repository-signature`
 */
export async function openPublicRepository(database: string, folder: string): Promise<Published | undefined> {
  const [, url, name, arch] = /^(https?:\/\/.+)\/([^/]+)\/([^/]+)\/\2\.db$/.exec(database) ?? [];
  if (url === undefined || name === undefined || arch === undefined) return undefined;
  // Nobody waits for connections that aren't used any more.
  const dispatcher = new Agent({ keepAliveTimeout: 10, keepAliveMaxTimeout: 10 });
  const key = await keyAt(`${url}/${name}/${encodeURIComponent(decodeURIComponent(name))}.asc`, dispatcher);
  if (key === undefined) return undefined;
  const repository = { name: decodeURIComponent(name), key };
  const published = await openPublishedPackages({
    url,
    dispatcher,
    repository,
    arch: decodeURIComponent(arch),
    folder,
  });
  return published.read();
}

async function keyAt(url: string, dispatcher: Agent): Promise<string | undefined> {
  try {
    const { statusCode, body } = await request(url, { dispatcher });
    let text = "";
    for await (const chunk of body) {
      text += String(chunk);
      if (text.length > maxKeyBytes) throw new Error("its key is too large");
    }
    return statusCode === 200 ? text : undefined;
  } catch (cause) {
    throw new SluiceError("repository-away", `the published repository's key at ${url} can't be read`, {
      hint: "Is the database's address in CI_LIB_DB right? Without it nothing can be compared.",
      facts: { url },
      exitCode: 1,
      cause,
    });
  }
}
