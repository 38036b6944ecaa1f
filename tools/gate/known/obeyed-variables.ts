/** Variables by which a program takes orders: what it runs, loads, fetches or leaves unchecked. */
export interface ObeyedVariables {
  /** Names between spaces; `*` stands for any further letters. */
  readonly names: string;
  /** The manual page or document that says so. */
  readonly by: string;
  /** At top level: values that order nothing. Without it every value there is dangerous. */
  readonly harmless?: RegExp;
  /** In a function, where builds set such variables: values that are dangerous. Without it none is. */
  readonly inFunctions?: RegExp;
}

const any = /^/;

/** Options that only tune what is compiled, of which a list may well consist. */
const plainFlags =
  /^(?:\s*(?:-O[0-3sgz]?|-Ofast|-g\w*|-march=[\w-]+|-mtune=[\w-]+|-W(?!l,|p,|a,)[\w+=-]*|-f(?!plugin|pass-plugin|use-ld)[\w=-]+|-D\w+(?:=[\w.]*)?|-std=[\w+]+|-pipe|-pthread|-l\w+|-Wl,(?:-O\d|--as-needed|-z,\w+|--sort-common|--gc-sections)(?:,(?:-O\d|--as-needed|-z,\w+|--sort-common|--gc-sections))*))*\s*$/;
const plainRustFlags =
  /^(?:\s*-C\s*(?:opt-level|target-cpu|lto|codegen-units|debuginfo|strip|embed-bitcode|panic|force-frame-pointers)=[\w-]+)*\s*$/;

/** Options of compilers and linkers that load or run something. */
const loadingFlags =
  /-f(?:pass-)?plugin=|-Wl,-{1,2}plugin[,=]|(?:^|\s)-{1,2}plugin[ =]|-Xclang\s+-load|(?:^|[\s,])-B\s*[./$]|-{1,2}specs=[^\s]*[/$]|-wrapper\b|-fuse-ld=[^\s]*\/|--dynamic-linker|(?:^|\s)@\S|(?:-C\s*|--codegen[= ])linker=(?!(?:[\w.-]+-)?(?:clang(?:\+\+)?|gcc|cc|g\+\+|lld|mold|rust-lld|wild)(?:\s|$))|-Zcodegen-backend|-toolexec|-exec\b|-extld|-overlay|-modfile|\$\(|`/;
const runningOptions = /--eval|(?:^|\s)-E|SHELL=|SHELLFLAGS|(?:^|\s)-f\s*[-./<]|--file|--makefile|\$\(|`/;
const javaAgents =
  /-javaagent|-agent(?:lib|path)|-Xbootclasspath|-XX:On|-XX:Flags|@|-Djava\.security\.policy/;
const strangePrograms =
  /^\.{0,2}\/(?!usr\/(?:local\/)?s?bin\/|bin\/)(?!opt\/)|\b(?:ba|z|da)?sh\s+-c|[;|&`]|\$\(/;

/** Every row with its source; the rules of bash, makepkg and the dynamic linker come first. */
export const obeyedVariables: readonly ObeyedVariables[] = [
  {
    names:
      "ASDEPS BUILDFUNC BUILDPKG CHECKFUNC CLEANBUILD CLEANUP DEP_BIN FORCE GENINTEG HOLDVER IGNOREARCH INFAKEROOT INSTALL LOGGING NEEDED NOARCHIVE NOBUILD NOCHECK NODEPS NOEXTRACT NOPREPARE NOSIGN PKGFUNC PKGVERFUNC PREPAREFUNC VERIFYFUNC VERIFYSOURCE PRINTSRCINFO PACKAGELIST REPKG REPRODUCIBLE RMDEPS SKIPCHECKSUMS SKIPINTEG SKIPPGPCHECK SPLITPKG SOURCEONLY USE_COLOR MAKEPKG* LIBRARY PACMAN* PACKAGER",
    by: "makepkg(8); scripts/makepkg.sh.in of pacman",
  },
  {
    names:
      "srcdir pkgdir startdir pkgbasedir pkgdirbase library confdir splitpkg_overrides build_options packaging_options known_hash_algos pkgbuild_schema_* build_environment fullver",
    by: "PKGBUILD(5); scripts/libmakepkg of pacman",
  },
  {
    names:
      "DLAGENTS VCSCLIENTS BUILD* BUILDENV OPTIONS INTEGRITY_CHECK COMPRESS* STRIP_* PURGE_TARGETS MAN_DIRS DOC_DIRS LIB_DIRS DBGSRCDIR PKGDEST SRCDEST SRCPKGDEST LOGDEST PKGEXT SRCEXT SIGNPKG GPGKEY CARCH CHOST NPROC AUTODEPS LIB_DEPENDS",
    by: "makepkg.conf(5)",
  },
  {
    names:
      "PATH IFS ENV SHELL SHELLOPTS BASH BASHOPTS BASH_* PROMPT_COMMAND PS0 PS1 PS2 PS3 PS4 HOME TMPDIR CDPATH FUNCNEST GLOBIGNORE EXECIGNORE FPATH FCEDIT INPUTRC HISTFILE MAILPATH POSIXLY_CORRECT histchars auto_resume ZDOTDIR",
    by: "bash(1); zsh(1)",
  },
  {
    names: "BASH_ENV ENV BASH_FUNC_* PROMPT_COMMAND PS4 SHELLOPTS BASHOPTS ZDOTDIR FPATH IFS",
    by: "bash(1)",
    inFunctions: any,
  },
  {
    names:
      "LD_* GCONV_PATH GETCONF_DIR GLIBC_TUNABLES LOCPATH NLSPATH HOSTALIASES RES_OPTIONS RESOLV_HOST_CONF NIS_PATH MALLOC_TRACE",
    by: "ld.so(8); getaddrinfo(3); iconv_open(3)",
    inFunctions: any,
  },
  {
    names:
      "GIT_CONFIG* GIT_SSH* GIT_EXEC_PATH GIT_PROXY_COMMAND GIT_EXTERNAL_DIFF GIT_EDITOR GIT_SEQUENCE_EDITOR GIT_PAGER GIT_ASKPASS GIT_TEMPLATE_DIR GIT_SSL_NO_VERIFY GIT_SSL_CAINFO GIT_SSL_CAPATH GIT_ALTERNATE_OBJECT_DIRECTORIES GIT_OBJECT_DIRECTORY",
    by: "git(1); git-config(1)",
    // `GIT_EDITOR=true` and its like only keep Git from asking.
    inFunctions: /^(?!(?:true|:|cat|\/dev\/null)$)/,
  },
  { names: "GIT_*", by: "git(1)" },
  {
    names:
      "EDITOR VISUAL PAGER MANPAGER BROWSER LESSOPEN LESSCLOSE LESSEDIT LESSKEYIN SSH_ASKPASS SSH_* SUDO_ASKPASS SUDO_EDITOR DIFFPROG",
    by: "git-var(1); less(1); ssh(1); sudo(8)",
    inFunctions: strangePrograms,
  },
  {
    names: "MAKEFLAGS GNUMAKEFLAGS MFLAGS MAKEFILES MAKEOVERRIDES NINJAFLAGS SCONSFLAGS",
    by: "make(1); info make, Variables/Recursion",
    harmless: /^\s*(?:-j\s*\d*|-s|-k|-O)?\s*$/,
    inFunctions: runningOptions,
  },
  { names: "MAKE MAKESHELL GMAKE", by: "info make, MAKE Variable", inFunctions: strangePrograms },
  {
    names:
      "CFLAGS CXXFLAGS CPPFLAGS LDFLAGS LTOFLAGS FFLAGS FCFLAGS OBJCFLAGS DFLAGS ASFLAGS ARFLAGS HOSTCFLAGS HOSTLDFLAGS KCFLAGS KCPPFLAGS USERCFLAGS USERLDFLAGS CGO_CFLAGS CGO_CPPFLAGS CGO_CXXFLAGS CGO_LDFLAGS CGO_FFLAGS NVCC_APPEND_FLAGS NVCC_PREPEND_FLAGS DEBUG_CFLAGS DEBUG_CXXFLAGS LIBS CL EXTRA_CFLAGS EXTRA_LDFLAGS",
    by: "gcc(1), -fplugin and -B; ld(1), -plugin; clang(1); makepkg.conf(5)",
    harmless: plainFlags,
    inFunctions: loadingFlags,
  },
  {
    names:
      "CC CXX CPP LD AR AS NM RANLIB STRIP OBJCOPY OBJDUMP READELF HOSTCC HOSTCXX HOSTLD FC F77 CC_FOR_BUILD M4 LEX YACC BISON PKG_CONFIG CONFIG_SHELL AUTOCONF AUTOMAKE AUTOHEADER ACLOCAL LIBTOOL LIBTOOLIZE AUTOM4TE INSTALL_PROGRAM CMAKE VALAC NVCC CCBIN NVCC_CCBIN LINKER",
    by: "info make, Implicit Variables; info autoconf, Preset Output Variables",
    inFunctions: strangePrograms,
  },
  {
    names:
      "GCC_EXEC_PREFIX COMPILER_PATH CCC_OVERRIDE_OPTIONS CCC_ADD_ARGS COLLECT_* LTO_* LDEMULATION CCACHE_PREFIX CCACHE_PREFIX_CPP CCACHE_COMPILER CCACHE_CONFIGPATH DISTCC_* SCCACHE_* DEPENDENCIES_OUTPUT SUNPRO_DEPENDENCIES",
    by: "gcc(1), ENVIRONMENT; clang driver; ccache(1)",
    inFunctions: any,
  },
  {
    names:
      "LIBRARY_PATH CPATH C_INCLUDE_PATH CPLUS_INCLUDE_PATH OBJC_INCLUDE_PATH CCACHE_* ACLOCAL_PATH M4PATH CONFIG_SITE PKG_CONFIG_* CMAKE_* QMAKEFEATURES QMAKEPATH QMAKESPEC XMAKE_* SCONS*",
    by: "gcc(1), ENVIRONMENT; pkg-config(1); cmake-env-variables(7); qmake manual",
  },
  {
    names: "CMAKE_*_LAUNCHER",
    by: "cmake-env-variables(7)",
    inFunctions: /^(?!(?:ccache|sccache|distcc)?$)/,
  },
  {
    names:
      "TAR_OPTIONS TAPE RSH TAR_READER_OPTIONS TAR_WRITER_OPTIONS RSYNC_RSH RSYNC_CONNECT_PROG RSYNC_PROXY ZIPOPT UNZIP UNZIPOPT CVS_RSH SVN_SSH HGRCPATH HGMERGE BZR_* FOSSIL_*",
    by: "info tar, TAR_OPTIONS; rsync(1); zip(1); svn and hg manuals",
    inFunctions: any,
  },
  {
    names: "GZIP BZIP BZIP2 XZ_OPT XZ_DEFAULTS ZSTD_* PATCH_GET POSIXLY_CORRECT",
    by: "gzip(1); xz(1); patch(1)",
  },
  {
    names:
      "WGETRC SYSTEM_WGETRC CURL_* WGET* SSL_CERT_FILE SSL_CERT_DIR OPENSSL_CONF OPENSSL_ENGINES OPENSSL_MODULES SSLKEYLOGFILE REQUESTS_CA_BUNDLE NODE_EXTRA_CA_CERTS GNUPG* GPG*",
    by: "wget(1); curl(1); openssl-env(7); gpg(1)",
    inFunctions: any,
  },
  {
    names:
      "http_proxy https_proxy ftp_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY FTP_PROXY ALL_PROXY NO_PROXY",
    by: "curl(1)",
  },
  { names: "LUA_INIT LUA_INIT_*", by: "lua(1)", inFunctions: any },
  { names: "LUA_PATH* LUA_CPATH* LUAROCKS_*", by: "lua(1)" },
  {
    names:
      "PYTHONSTARTUP PYTHONINSPECT PYTHONBREAKPOINT PYTHONWARNINGS PYTHONUSERBASE PYTHONHOME PYTHONEXECUTABLE PYTHONPLATLIBDIR PYTHON_PRESITE PIP_INDEX_URL PIP_EXTRA_INDEX_URL PIP_FIND_LINKS PIP_TRUSTED_HOST PIP_CONFIG_FILE UV_INDEX* UV_DEFAULT_INDEX",
    by: "python(1); pip documentation, Configuration",
    // `PYTHONWARNINGS=ignore` imports nothing, and a plain `0` turns a hook off.
    inFunctions: /^(?!(?:0|ignore|default|error|once)?$)/,
  },
  { names: "PYTHON* PIP_* UV_* POETRY_* VIRTUAL_ENV", by: "python(1); pip documentation, Configuration" },
  { names: "PERL5OPT PERL5DB PERL5SHELL", by: "perlrun(1)", inFunctions: any },
  { names: "PERL* CPAN*", by: "perlrun(1)" },
  { names: "RUBYOPT RUBYSHELL RUBYGEMS_GEMDEPS BUNDLE_GEMFILE", by: "ruby(1)", inFunctions: any },
  { names: "RUBY* GEM_* BUNDLE_* BUNDLER_*", by: "ruby(1); gem and bundle manuals" },
  {
    names: "NODE_OPTIONS NODE_REPL_EXTERNAL_MODULE NPM_CONFIG_REGISTRY npm_config_registry YARN_REGISTRY",
    by: "node(1), ENVIRONMENT; npm-config(7)",
    inFunctions: any,
  },
  {
    names:
      "npm_config_*script* npm_config_git npm_config_node_gyp npm_config_userconfig npm_config_globalconfig npm_config_prefix_cmd npm_config_shell npm_config_editor NPM_CONFIG_*SHELL* NPM_CONFIG_GIT NPM_CONFIG_USERCONFIG YARN_RC_FILENAME YARN_YARN_PATH YARN_PLUGINS",
    by: "npm-config(7); yarn manual, configuration",
    inFunctions: /^(?!(?:true|false|1|0)?$)/,
  },
  {
    names: "NODE_* npm_config_* NPM_CONFIG_* YARN_* PNPM_* COREPACK_* ELECTRON_* DENO_* BUN_*",
    by: "node(1); npm-config(7)",
  },
  {
    names: "RUSTFLAGS RUSTDOCFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_RUSTFLAGS CARGO_TARGET_*_RUSTFLAGS",
    by: "The Cargo Book, Environment Variables; rustc(1), -C linker",
    harmless: plainRustFlags,
    inFunctions: loadingFlags,
  },
  {
    names:
      "RUSTC_WRAPPER RUSTC_WORKSPACE_WRAPPER CARGO_BUILD_RUSTC* CARGO_TARGET_*_LINKER CARGO_TARGET_*_RUNNER CARGO_ALIAS_* CARGO_SOURCE_* CARGO_REGISTRIES_* CARGO_REGISTRY_* RUSTUP_DIST_SERVER RUSTUP_UPDATE_ROOT",
    by: "The Cargo Book, Environment Variables",
    inFunctions: /^(?!(?:(?:[\w.-]+-)?(?:gcc|clang|cc|lld|mold)|sccache|)$)/,
  },
  { names: "RUST* CARGO*", by: "The Cargo Book, Environment Variables" },
  {
    names: "GOFLAGS",
    by: "go help environment",
    harmless:
      /^(?:\s*-(?:trimpath|buildmode=\w+|mod=(?:readonly|vendor|mod)|modcacherw|buildvcs=\w+|v|ldflags=-(?:linkmode=external|s|w)))*\s*$/,
    inFunctions: loadingFlags,
  },
  {
    names: "CGO_*_ALLOW GOCACHEPROG GOAUTH GOVCS GOENV GOTOOLDIR GONOSUMCHECK GONOSUMDB GOINSECURE GOSUMDB",
    by: "go help environment; go help buildconstraint",
    inFunctions: /^(?!off$)/,
  },
  {
    names: "GOPROXY",
    by: "go help goproxy",
    inFunctions: /^(?!(?:https:\/\/proxy\.golang\.org|direct|off|,|\|)*$)/,
  },
  {
    names: "GOROOT GOTOOLCHAIN GOPRIVATE GONOPROXY GOBIN GCCGO GO_EXTLINK_ENABLED GOPATH GOMODCACHE",
    by: "go help environment",
  },
  {
    names:
      "JAVA_TOOL_OPTIONS _JAVA_OPTIONS JDK_JAVA_OPTIONS JDK_JAVAC_OPTIONS JAVA_OPTS MAVEN_OPTS MAVEN_ARGS GRADLE_OPTS ANT_OPTS ANT_ARGS SBT_OPTS JVM_OPTS",
    by: "java(1); Maven, Gradle and Ant manuals",
    inFunctions: javaAgents,
  },
  { names: "CLASSPATH JAVA_HOME JRE_HOME MAVEN_* GRADLE_* ANT_*", by: "java(1); Maven and Gradle manuals" },
  {
    names:
      "DOTNET_STARTUP_HOOKS DOTNET_ADDITIONAL_DEPS DOTNET_SHARED_STORE CORECLR_* COR_* DOTNET_ROOT MSBUILD* NUGET_*",
    by: ".NET documentation, Host startup hook; Profiling",
    inFunctions: /^(?!(?:\d|true|false|\$\{\w+\}[\w/.-]*)?$)/,
  },
  {
    names:
      "VIMINIT EXINIT GVIMINIT EMACSLOADPATH PHPRC PHP_INI_SCAN_DIR GUILE_LOAD_PATH GUILE_LOAD_COMPILED_PATH TCLLIBPATH TCL_LIBRARY OCAMLPARAM OCAMLRUNPARAM OCAMLFIND_CONF CAML_LD_LIBRARY_PATH ERL_FLAGS ERL_AFLAGS ERL_ZFLAGS ELIXIR_ERL_OPTIONS R_PROFILE R_PROFILE_USER R_ENVIRON R_ENVIRON_USER GHCRTS GHC_ENVIRONMENT JULIA_LOAD_PATH JULIA_DEPOT_PATH AWKPATH AWKLIBPATH COMPOSER_* DRUSH_*",
    by: "vim(1); php(1); guile(1); erl(1); R(1); gawk(1); the languages' manuals",
    inFunctions: /^(?!\$\{(?:srcdir|pkgdir)\}|$)/,
  },
  {
    names: "OCAMLPATH ERL_LIBS GHC_PACKAGE_PATH R_LIBS* CABAL_* STACK_* OPAM* MIX_* HEX_*",
    by: "ocamlfind, erl, ghc and R manuals",
  },
  {
    names:
      "GTK_MODULES GTK_PATH GTK_EXE_PREFIX GIO_MODULE_DIR GIO_EXTRA_MODULES GIO_USE_* GDK_PIXBUF_MODULE* GI_TYPELIB_PATH GST_PLUGIN_* QT_PLUGIN_PATH QML_IMPORT_PATH QML2_IMPORT_PATH VK_LAYER_PATH VK_*_FILENAMES LIBGL_DRIVERS_PATH __EGL_*",
    by: "GTK, GIO, GStreamer, Qt and Vulkan loader documentation",
  },
  {
    names:
      "XDG_CONFIG_HOME XDG_CONFIG_DIRS XDG_DATA_HOME XDG_DATA_DIRS XDG_CACHE_HOME XDG_RUNTIME_DIR DBUS_* SYSTEMD_* FAKEROOT* FAKED_* FAKECHROOT* DOCKER_* CONTAINER_* KUBECONFIG TEXMF* TEXINPUTS openout_any shell_escape OLDPWD",
    by: "XDG Base Directory Specification; fakeroot(1); docker(1); tex(1)",
  },
  {
    names: "FAKECHROOT_* FAKEROOT_* openout_any shell_escape DOCKER_HOST",
    by: "fakeroot(1); tex(1); docker(1)",
    inFunctions: any,
  },
];

const rows = obeyedVariables.map((row) => ({ row, pattern: patternOf(row.names) }));
const everyName = patternOf(obeyedVariables.map(({ names }) => names).join(" "));

function patternOf(names: string): RegExp {
  const alternatives = names.split(" ").map((name) => name.replaceAll("*", "\\w*"));
  return new RegExp(`^(?:${alternatives.join("|")})$`);
}

export function isObeyed(name: string): boolean {
  return everyName.test(name);
}

/** Whether a program may take an order from what the recipe's top level sets. */
export function ordersAtTop(name: string, values: readonly string[] | undefined): boolean {
  const own = rows.filter(({ pattern }) => pattern.test(name));
  const harmless = own.find(({ row }) => row.harmless)?.row.harmless;
  return own.length > 0 && !(harmless && values?.every((value) => harmless.test(value)));
}

/** The same of what a function sets for the programs that it runs. */
export function ordersInFunction(name: string, value: string): boolean {
  return rows.some(
    ({ row, pattern }) => row.inFunctions !== undefined && pattern.test(name) && row.inFunctions.test(value),
  );
}
