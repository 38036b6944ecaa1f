import type { RepositoryView } from "../api/schemas.ts";
import { html } from "../markup/html.ts";
import type { Page } from "./layout.ts";
import { section } from "./overview.ts";
import { ago, counted, packageLink, table } from "./parts.ts";

/** How to use the repository, and what is in it. `search` shows the packages whose name has that in it. */
export function repositoryPage(found: RepositoryView, address: string, search: string, now: number): Page {
  const { name, fingerprint, lastPublished, packages } = found;
  const wanted = packages.filter((pkg) => pkg.name.includes(search) || pkg.pkgbase.includes(search));
  const rows = wanted
    .toSorted((a, b) => (b.builtAt ?? 0) - (a.builtAt ?? 0))
    .slice(0, shown)
    .map(({ name: pkgname, pkgbase, version, arch, builtAt }) => [
      pkgname,
      version,
      packageLink("./", pkgbase),
      arch,
      builtAt === null ? "" : ago(builtAt, now),
    ]);
  const title = search === "" ? "Newest packages" : `Packages with ${search} in their name`;
  return {
    title: "Repository",
    root: "./",
    current: "repository",
    main: html`<h1>Repository ${name}</h1>
      <p>
        ${counted(packages.length, "package")}${lastPublished !== null && html`, last published ${ago(lastPublished, now)}`}.
      </p>
      <p><a href="./feed.atom">Feed of new packages</a> (Atom)</p>
      <form role="search">
        <label for="search">Search packages</label>
        <input id="search" name="search" type="search" value="${search}" autocomplete="off" />
        <button>Search</button>
      </form>
      ${section(title, wanted.length, table(["Package", "Version", "Made by", "Architecture", "Built"], rows), "No package is called so.")}
      ${wanted.length > shown && html`<p class="none">${wanted.length - shown} more; search for a part of a name.</p>`}
      <section>
        <h2>Use it</h2>
        <p>Trust its key, and name it in <code>/etc/pacman.conf</code>:</p>
        <pre tabindex="0">
curl -O ${address}/${name}/${name}.asc
sudo pacman-key --add ${name}.asc
sudo pacman-key --lsign-key ${fingerprint ?? "FINGERPRINT"}</pre>
        <pre tabindex="0">
[${name}]
SigLevel = Required DatabaseRequired
Server = ${address}/$repo/$arch</pre>
        <p>The key's fingerprint: <code class="long">${fingerprint ?? "nothing is published yet"}</code></p>
      </section>`,
  };
}

const shown = 100;
