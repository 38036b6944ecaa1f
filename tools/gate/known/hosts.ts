/** Hosts that many recipes fetch from, each of which somebody may imitate. */
const knownHosts = (
  "github.com raw.githubusercontent.com objects.githubusercontent.com codeload.github.com gist.github.com githubusercontent.com github.io " +
  "gitlab.com gitlab.io gitlab.freedesktop.org gitlab.gnome.org gitlab.archlinux.org codeberg.org codeberg.page bitbucket.org git.sr.ht sr.ht " +
  "sourceforge.net sourceforge.io downloads.sourceforge.net prdownloads.sourceforge.net launchpad.net launchpadlibrarian.net pagure.io savannah.gnu.org " +
  "notabug.org framagit.org salsa.debian.org deb.debian.org debian.org ubuntu.com archlinux.org archlinux.page aur.archlinux.org kernel.org gnu.org ftp.gnu.org " +
  "gnome.org download.gnome.org kde.org download.kde.org invent.kde.org freedesktop.org xorg.freedesktop.org x.org apache.org archive.apache.org " +
  "python.org pypi.org pypi.io pythonhosted.org files.pythonhosted.org npmjs.org registry.npmjs.org npmjs.com yarnpkg.com crates.io static.crates.io " +
  "rubygems.org hackage.haskell.org cpan.org metacpan.org cran.r-project.org r-project.org bioconductor.org proxy.golang.org golang.org go.dev " +
  "maven.org repo1.maven.org packagist.org nuget.org rust-lang.org static.rust-lang.org nodejs.org mozilla.org mozilla.net googleapis.com " +
  "storage.googleapis.com dl.google.com google.com microsoft.com packages.microsoft.com visualstudio.com jetbrains.com amazonaws.com " +
  "cloudfront.net jsdelivr.net gitea.com gitea.io huggingface.co gitee.com qt.io videolan.org libreoffice.org documentfoundation.org openssl.org sqlite.org " +
  "nvidia.com developer.download.nvidia.com amd.com intel.com discordapp.net discord.com spotify.com slack.com zoom.us steampowered.com"
).split(" ");
const known = new Set(knownHosts);

/** A host as the eye takes it. */
interface Face {
  readonly host: string;
  readonly site: string;
  readonly label: string;
  readonly skeletons: { readonly host: string; readonly site: string; readonly label: string };
  /** github.com.example.org, github-com.example.org, github.com-downloads.org */
  readonly disguised: RegExp | undefined;
}

const knownFaces = knownHosts.map(faceOf);

/** The host that this one imitates, of those that are well known or that the recipe had before. */
export function imitatedHost(host: string, own: ReadonlySet<string> = new Set()): string | undefined {
  const name = host.toLowerCase().replace(/:\d+$/, "").replace(/\.$/, "");
  if (isPartOf(name, known) || isPartOf(name, own)) return undefined;
  const face = faceOf(name);
  return [...[...own].map(faceOf), ...knownFaces].find(
    (other) => other.host !== name && imitates(face, other),
  )?.host;
}

/** The host itself, or one that only its owner can set up. */
function isPartOf(name: string, hosts: ReadonlySet<string>): boolean {
  for (let rest = name; rest.includes("."); rest = rest.slice(rest.indexOf(".") + 1))
    if (hosts.has(rest)) return true;
  return false;
}

function faceOf(host: string): Face {
  const site = siteOf(host);
  const label = firstLabel(site);
  const parts = host.split(".").map(escape);
  return {
    host,
    site,
    label,
    skeletons: { host: skeleton(host), site: skeleton(site), label: skeleton(label) },
    disguised: parts.length > 1 ? new RegExp(`(?:^|[.-])${parts.join("[.-]")}(?:[.-]|$)`) : undefined,
  };
}

function imitates(own: Face, other: Face): boolean {
  if (other.disguised?.test(own.host)) return true;
  if (other.site.length < 6) return false;
  if (own.skeletons.host === other.skeletons.host || own.skeletons.site === other.skeletons.site) return true;
  // github.org and githab.net, but not every other name under another top-level domain.
  const isForge = forges.test(other.label);
  if (own.label === other.label) return isForge;
  const sameEnd = own.site.slice(own.label.length) === other.site.slice(other.label.length);
  return (
    other.label.length > 4 &&
    (isNear(own.site, other.site) ||
      ((sameEnd || isForge) &&
        (isNear(own.label, other.label) || isNear(own.skeletons.label, other.skeletons.label))))
  );
}

const forges =
  /^(?:github|gitlab|codeberg|githubusercontent|sourceforge|bitbucket|pythonhosted|npmjs|archlinux|launchpadlibrarian)$/;

function siteOf(host: string): string {
  return host.split(".").slice(-2).join(".");
}

function firstLabel(site: string): string {
  return site.split(".")[0] ?? site;
}

function escape(text: string): string {
  return text.replaceAll(/[^\w]/g, "\\$&");
}

/** What the eye takes for one another. */
function skeleton(text: string): string {
  return text
    .replaceAll("rn", "m")
    .replaceAll("vv", "w")
    .replaceAll("cl", "d")
    .replaceAll(/[1i|!]/g, "l")
    .replaceAll("0", "o")
    .replaceAll("5", "s")
    .replaceAll(/[-_]/g, "");
}

/** One letter more, less, other, or two that changed places. */
function isNear(a: string, b: string): boolean {
  if (a === b) return false;
  if (Math.abs(a.length - b.length) > 1) return false;
  let start = 0;
  while (start < a.length && a[start] === b[start]) start += 1;
  const [restA, restB] = [a.slice(start), b.slice(start)];
  return (
    restA.slice(1) === restB.slice(1) ||
    restA.slice(1) === restB ||
    restA === restB.slice(1) ||
    (restA[0] === restB[1] && restA[1] === restB[0] && restA.slice(2) === restB.slice(2))
  );
}

/** The first host of an address in the text that imitates another, or has letters that no host here has. */
export function imitationIn(text: string): string | undefined {
  for (const [, userinfo, host = ""] of text.matchAll(
    /\b[a-z][a-z0-9+.-]*:\/\/(?:([^\s/@"'<>]*)@)?([^\s/:?#"'<>()|\\$,;]+)/gi,
  )) {
    // oxlint-disable-next-line no-control-regex
    if (/[^\x00-\x7f]|(?:^|\.)xn--/i.test(host) || (userinfo !== undefined && userinfo.includes(".")))
      return host;
    if (/^[\w.-]+$/.test(host) && imitatedHost(host) !== undefined) return host;
  }
  return undefined;
}
