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

/**
 * The same where `makepkg --printsrcinfo` runs with nothing in its environment but what programs need to run: only
 * what makepkg, its configuration, bash or a login session sets can't be known.
 */
export function setInCleanEnvironment(name: string): string | undefined {
  const outside = setOutside(name);
  if (outside === undefined || whileBuilding.has(name) || name === "CARCH") return outside;
  return ofLogin.test(name) || ofMakepkg.test(name) ? outside : undefined;
}

const ofLogin =
  /^(?:[A-Z]?PATH|HOME|USER|LOGNAME|MAIL|TERM|LANG(?:UAGE)?|LC_\w+|TZ|(?:OLD)?PWD|TMPDIR|DISPLAY|EDITOR|PAGER|COLUMNS|LINES|IFS|PS[0-9]|HOST(?:NAME|TYPE)|MACHTYPE|OSTYPE|HIST\w+|REPLY|MAPFILE|COPROC|READLINE\w*|PROMPT\w*|POSIX\w*|XDG_\w+|\w+_proxy|\w+_PROXY|CI|(?:GIT(?:LAB|HUB)?|SUDO|SSH|GPG)_\w+)$/;

/** Of makepkg 6.0 to 7.0 and makepkg.conf; a single lower-case word may be one of its local variables. */
const ofMakepkg =
  /^(?:[a-z][a-z0-9]*|[A-Za-z]|(?:CC|CXX|LD|AR|AS|NM)|C(?:HOST|FLAGS|XXFLAGS|PPFLAGS|ACHE)|\w*FLAGS|CCACHE_\w+|BUILD(?:ENV|FILE|FUNC|LOG|PKG|SCRIPT|TOOL|TOOLVER)|COMPRESS\w+|DEBUG_\w+|DISTCC\w*|E_\w+|R_DEPS_\w+|LIBMAKEPKG\w+|MAKEPKG\w*|PACMAN\w*|PKG(?:BUILD|DEST|EXT|FUNC|LIST|VERFUNC)|SRC(?:DEST|EXT|PKGDEST|INFO)|LOG(?:DEST|GING)|OPT(?:IONS|RET|_LONG|_SHORT)|STRIP\w*|SKIP\w+|SIGN\w+|NO(?:ARCHIVE|BUILD|DEPS|EXTRACT)|GPGKEY|PACKAGE(?:R|LIST)|(?:DOC|MAN|LIB)_DIRS|PURGE_TARGETS|DBGSRCDIR|DBPath|DLAGENTS|VCSCLIENTS|INTEGRITY_CHECK|INFAKEROOT|FAKEROOT\w*|SOURCE_DATE_EPOCH|SOURCEONLY|VERIFYSOURCE|REPRODUCIBLE|REPKG|RMDEPS|RUN_(?:CHECK|PREPARE)|SPLITPKG|NEEDED|FORCE|GENINTEG|HOLDVER|IGNOREARCH|INSTALL|CHANGELOG|(?:CHECK|PREPARE|VERIFY)FUNC|CLEAN(?:UP|BUILD)|COMMAND_MODE|ARGLIST|ASDEPS|DEP_BIN|EXIT_CODE|PRINTSRCINFO|PYTHONHASHSEED|ALL_OFF|BLUE|BOLD|GREEN|RED|YELLOW|QUIET|LIBRARY|TEXTDOMAIN\w*|USE_COLOR|PROFILE|(?:arch|attr|build|buildenv|extra|executable|file|get|indirect|known|lint|makepkg|multivalued|original|package|packaging|pkg|pkgbuild|pkginfos|pkgname|pkgver|restore|source|strip|supported|tidy|unused|using|versioned|all|current|cmd|download|extract|var|verify|full|dl)_\w+|\w+_(?:list|flags|functions|options|arrays|arch|func|sums?))$/;
