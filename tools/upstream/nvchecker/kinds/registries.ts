import { z } from "zod";
import { isSet, type NvcheckerEntry, requiredOption, textOption } from "../nvchecker-config.ts";
import type { Found, NvcheckerKind } from "../nvchecker-kind.ts";
import { answerError, type Asking } from "../asking.ts";

/** Registries that are asked for one JSON document about a project. */
interface Registry<T> {
  /** The document's address; the project's name is encoded already. */
  readonly url: (name: string, entry: NvcheckerEntry) => string;
  readonly form: z.ZodType<T>;
  /** Undefined where the document has no version for what the entry asks. */
  readonly read: (document: T, entry: NvcheckerEntry) => Found | undefined;
}

function registry<T>(option: string, { url, form, read }: Registry<T>): NvcheckerKind {
  return async (entry: NvcheckerEntry, asking: Asking): Promise<Found> => {
    const name = textOption(entry, option) || entry.name;
    const address = url(encodeURIComponent(name), entry);
    const found = read(await asking.api(address, form), entry);
    if (found !== undefined) return found;
    throw answerError(address, `knows no version of ${name} that the recipe's file asks for`);
  };
}

const text = z.string();
const all = (versions: readonly string[]): Found => versions.map((version) => ({ version }));

/** https://fastapi.metacpan.org */
export const askCpan = registry("cpan", {
  url: (name) => `https://fastapi.metacpan.org/release/${name}`,
  form: z.object({ version: z.union([text, z.number()]) }),
  read: ({ version }) => ({ version: String(version) }),
});

/** https://guides.rubygems.org/rubygems-org-api/ */
export const askGems = registry("gems", {
  url: (name) => `https://rubygems.org/api/v1/versions/${name}.json`,
  form: z.array(z.object({ number: text })),
  read: (versions) => all(versions.map(({ number }) => number)),
});

/** https://hackage.haskell.org/api */
export const askHackage = registry("hackage", {
  url: (name) => `https://hackage.haskell.org/package/${name}/preferred.json`,
  form: z.object({ "normal-version": z.array(text) }),
  read: ({ "normal-version": [newest] }) => (newest === undefined ? undefined : { version: newest }),
});

/** The release with the latest time. https://packagist.org/apidoc */
export const askPackagist = registry("packagist", {
  url: (name) => `https://packagist.org/packages/${name.replaceAll("%2F", "/")}.json`,
  form: z.object({ package: z.object({ versions: z.record(text, z.object({ time: text })) }) }),
  read({ package: { versions } }) {
    const dated = Object.entries(versions).filter(([version]) => version !== "dev-master");
    const [newest] = dated.sort(([, a], [, b]) => (a.time < b.time ? 1 : -1));
    return newest && { version: newest[0] };
  },
});

/** https://release-monitoring.org/static/docs/api.html */
export const askAnitya: NvcheckerKind = async (entry, asking) => {
  const project = textOption(entry, "anitya_id") || requiredOption(entry, "anitya");
  const path = project.split("/").map(encodeURIComponent).join("/");
  const { version } = await asking.api(
    `https://release-monitoring.org/api/project/${path}`,
    z.object({ version: text }),
  );
  return { version };
};

/** https://repology.org/api */
export const askRepology = registry("repology", {
  url: (name) => `https://repology.org/api/v1/project/${name}`,
  form: z.array(z.object({ repo: text, subrepo: text.optional(), version: text })),
  read(packages, entry) {
    const [repo, subrepo] = [requiredOption(entry, "repo"), textOption(entry, "subrepo")];
    const found = packages.filter((one) => one.repo === repo && (!subrepo || one.subrepo === subrepo));
    return found.length === 0 ? undefined : all(found.map(({ version }) => version));
  },
});

/** https://open-vsx.org/swagger-ui */
export const askOpenvsx = registry("openvsx", {
  url: (name) => `https://open-vsx.org/api/${name.replace(".", "/")}`,
  form: z.object({ version: text }),
  read: ({ version }) => ({ version }),
});

/** A package of Debian. https://sources.debian.org/doc/api/ */
export const askDebianpkg = registry("debianpkg", {
  url(name, entry) {
    const suite = textOption(entry, "suite") || "sid";
    return `https://sources.debian.org/api/src/${name}/?${new URLSearchParams({ suite })}`;
  },
  form: z.object({ versions: z.array(z.object({ version: text })) }),
  read({ versions: [newest] }, entry) {
    if (newest === undefined) return undefined;
    return { version: isSet(entry, "strip_release") ? newest.version.replace(/-.*/, "") : newest.version };
  },
});

/** A Mercurial repository's tags, as hgweb tells them. */
export const askMercurial: NvcheckerKind = async (entry, asking) => {
  const url = `${requiredOption(entry, "mercurial")}/json-tags`;
  const { tags } = await asking.api(url, z.object({ tags: z.array(z.object({ tag: text })) }));
  return all(tags.map(({ tag }) => tag));
};
