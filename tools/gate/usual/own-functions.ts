/**
 * Whether a finding's function has a name that is no program's and none of makepkg's: of the programs that makepkg
 * calls none has an underscore in its name, and its own functions begin with these words (scripts/libmakepkg of pacman).
 */
export function isOwnFunction(message: string): boolean {
  const [, name = ""] = /: (\w+)\(\)$/.exec(message) ?? [];
  return /[a-z]_[a-z]/.test(name) && !makepkgs.test(name);
}

const makepkgs =
  /^(?:post|pre|array|ask|backup|build|canonicalize|cd|check|clean|command|compress|create_(?:debug_)?(?:package|srcpackage|signature)|dir|download|enter|ensure|error|executable|exists|extract_(?:bzr|file|fossil|git|global|hg|sources|svn|function)|find_lib|generate|get_(?:all|compression|downloadclient|filename|filepath|full|integlist|pkg|pkgbuild|protocol|uri|url|vcsclient)|grep|handle|have|in|install|is|lint|list|load|merge|missing|msg|parse|pkgbuild|plain|prepare|print|remove|resolve|restore|run|source|srcinfo|strip|tidy|trap|update|verify|warn|write)(?:_|$)/;
