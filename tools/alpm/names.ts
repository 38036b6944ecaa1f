/** Whether makepkg takes the text as a pkgbase or a pkgname (`lint_one_pkgname` in its lint_pkgbuild/pkgname.sh). */
export function isPkgbase(text: string): boolean {
  return /^[A-Za-z0-9@_+][A-Za-z0-9@._+-]*$/.test(text);
}

/** The architecture that schedules and trees are made for. */
export const defaultArch = "x86_64";
