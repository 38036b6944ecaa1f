/** What Sluice reads and writes of a workspace, by path or ref, in Markdown. */
export const workspaceFiles = {
  "Written by people": {
    ".ci/config": "The repository's settings.",
    ".ci/aur-maintainers":
      "AUR accounts that are trusted, one per line. It waives reviews of `major` updates, never of `dangerous` ones.",
    ".ci/allowed-signers":
      "Whose signed tags `sluice template update` takes, and whose signature a release definition needs, as `ssh-keygen` reads them.",
    "packages/NAME/PKGBUILD": "The recipe, with the files beside it. The folder is called as the pkgbase.",
    "packages/NAME/.SRCINFO":
      "What the recipe says, where the PKGBUILD's text doesn't tell it; else it isn't needed. `sluice srcinfo --write` writes it.",
    "packages/NAME/nvchecker.toml":
      "Where new versions are found, with CI_NVCHECKER; `.nvchecker.toml` as well.",
    "packages/NAME/keys/pgp/": "Public keys that sources are signed with.",
  },
  "Of a project, in `releases/NAME/`": {
    "release.toml":
      "Where the project comes from, which refs are releases, and what each runs and publishes; see [releases](releases.md).",
    "CHANNEL.lock":
      "What the channel has released last: ref, commit and reason. A changed lock is a release.",
  },
  "Of a package, in its folder `.CI`": {
    ".CI/config": "The package's settings.",
    ".CI/info": "Who asked for the package, and why. No build reads it.",
    ".CI/update.sh":
      "Changes the recipe in a sandbox, with network, in each half-hourly run. What it did passes the gate.",
    ".CI/rebuild-on.toml":
      "What else rebuilds the package: sections as of an nvchecker file. When one has another version, the package is bumped and built.",
    ".CI/prepare":
      'Sourced by bash before a build, as root in the sandbox, with network. `return "$CI_CODE_SKIP"` skips the build.',
    ".CI/interfere.patch":
      "Applied to the recipe with `patch -Np1` after that. If it doesn't fit, nothing of it is taken, and the log says so.",
    ".CI/PKGBUILD.prepend": "Put before the PKGBUILD after that.",
    ".CI/PKGBUILD.append": "Put behind the PKGBUILD after that.",
    ".CI/on-failure.sh": "Run in the sandbox when a build fails.",
  },
  "Written by pipelines, ignored by Git": {
    ".ci/schedule.json": "What to build and to remove, in which order and why.",
    ".ci/deptree.txt": "Who needs whom, for chaotic-manager.",
    ".ci/schedule-params.txt": "The same schedule as declarations of bash, for chaotic-manager.",
    ".ci/schedule-pipeline.yml": "The same for GitLab's runners (CI_SCHEDULE_TO=runners).",
    ".ci/schedule-matrix.json": "The same for GitHub's runners (CI_SCHEDULE_TO=runners).",
    ".sluice/":
      "Queue, logs, key and published packages where they are built; `--state` names another folder. `workspaces/` and `further/` in it are those of PACKAGE_REPOS and of further architectures, keys included.",
  },
  "Of an operator, in the state folder": {
    ".sluice/notify.toml":
      "Who gets notifications: chats, mail, webhooks, forges; see [notifications](notifications.md). It holds tokens, so only its owner may read it.",
  },
  "Written by `sluice init` and `sluice template update`": {
    ".gitlab-ci.yml": "GitLab's pipeline; `.gitlab-ci-NAME.yml` beside it are read as well, yours too.",
    ".github/workflows/": "GitHub's workflows.",
    ".ci/template.json": "Which files came from the template, and as what.",
  },
  "In Git": {
    "refs/heads/state":
      "What only pipelines write: a file per package, `.version-state` with versions of libraries, `.requests.json` with what builders are asked for, `.srcinfo.json` with what makepkg said of recipes whose text doesn't tell, and which texts two readers of bash don't read alike, `.releases.json` with the refs of projects as they were seen, `.gives.json` and `.broken.json` with what libraries there are and which packages lack some, `.evidence/` with what was found out about updates that are held, `.sluice.json` for the rest. One commit without a past, rewritten by each run.",
    "refs/tags/scheduled": "The last commit whose schedule was written.",
    "refs/sluice/scheduled/DATE/COMMIT":
      "A commit that CI_OVERWRITE_COMMITS took out of main's history, kept for 30 days.",
    "refs/heads/update-NAME-DIGEST":
      "One update that waits in a review. It never changes after it was opened.",
    "refs/heads/template-TAG": "An update of the CI files that nobody trusted has signed.",
  },
  "Read where a repository was Chaotic-AUR's": {
    ".ci/aur-state": "Up to when its pipelines followed the AUR.",
    "refs/heads/update-NAME": "Its reviews. They stay open until upstream changes.",
  },
} as const satisfies Record<string, Record<string, string>>;
