/** Variables that makepkg sets or unsets before it reads a recipe, so that the environment's don't count. */
const unsetByMakepkg =
  /^(?:pkg(?:name|base|ver|rel|desc)|epoch|url|license|groups|install|changelog|arch|backup|options|noextract|validpgpkeys|(?:make|check|opt)?depends(?:_\w+)?|(?:conflicts|provides|replaces|source|(?:ck|md5|sha1|sha224|sha256|sha384|sha512|b2)sums)(?:_\w+)?)$/;

const whileBuilding = new Set([
  "srcdir",
  "pkgdir",
  "startdir",
  "BUILDDIR",
  "SRCDEST",
  "PKGDEST",
  "SRCPKGDEST",
]);

/** Variables that bash itself gives a value, whatever is assigned to them. */
const bashOwn =
  /^(?:_|RANDOM|SRANDOM|SECONDS|LINENO|EPOCH\w+|BASH\w*|FUNCNAME|DIRSTACK|GROUPS|E?UID|PPID|PIPESTATUS|HISTCMD|OPT(?:ARG|IND)|COMP_\w+|SHELL\w*)$/;

/** Why a variable can't be known, whatever the recipe assigns to it. */
export function ownedByBash(name: string): string | undefined {
  return bashOwn.test(name) ? `$${name} is bash's own` : undefined;
}

/**
 * Why a variable that the recipe doesn't set can't be known; undefined where it's unset. Names that begin
 * with an underscore are the recipe's own by custom, and builders don't set them.
 */
export function setOutside(name: string): string | undefined {
  if (name === "IFS" || /^_./.test(name) || unsetByMakepkg.test(name)) return undefined;
  if (name === "CARCH") return "it depends on the architecture";
  if (whileBuilding.has(name)) return `$${name} is known only while building`;
  return `$${name} isn't set by the recipe`;
}
