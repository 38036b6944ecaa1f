/**
 * Every environment variable that Sluice or its pipelines read, with what it is for, in Markdown. Policy is no
 * variable's affair: that is in `.ci/config`.
 */
export const variables = {
  "What one run is asked to do": {
    TRIGGER: "`sluice on-schedule`: the trigger that fires, such as `daily`. `--trigger` wins.",
    PACKAGES:
      "`sluice drop`, `bump`, `schedule`: packages, separated by commas, colons or blanks; `foo/heavy` names a build class.",
    ADD_PACKAGES: "`sluice add`: packages and where they come from, such as `paru/aur`.",
    REQUEST_ORIGIN: "`sluice add`: who asked for it, and where. It is kept in `.CI/info`.",
    REQUEST_REASON: "`sluice add`: why. It is kept in `.CI/info`.",
  },
  "Secrets, set in the forge's settings": {
    ACCESS_TOKEN:
      "Token of the forge: opens reviews, pushes main, `state` and `scheduled`, and asks github.com and gitlab.com as a user of theirs.",
    AUR_KEY: "The AUR account's SSH key, as it is or in base64, for packages with CI_MANAGE_AUR.",
    DEPLOY_KEY:
      "The SSH key of chaotic-manager or of Sluice's manager (CI_SCHEDULE_TO=chaotic); only the pipeline reads it.",
    REDIS_PASSWORD:
      "Redis' password, of `sluice up` and `sluice builder`, or chaotic-manager's (CI_SCHEDULE_TO=chaotic).",
    TELEGRAM_BOT_TOKEN:
      "`sluice up`: with TELEGRAM_CHAT_ID, a target `telegram` beside those of `notify.toml`.",
    PACKAGE_REPOS_NOTIFIERS:
      "`sluice up`: commit statuses on gitlab.com, as chaotic-manager has them, with a project's `id`, `token` and `check_name` for each workspace: JSON, or the path of a file with it.",
    SIGNING_KEY_FILE:
      "The key that signs where the forge's runners build (CI_SCHEDULE_TO=runners); only the pipeline reads it.",
  },
  "Of what publishes releases: `sluice up`, `sluice release`": {
    AWS_ACCESS_KEY_ID:
      "`s3://`: the key of an account that may write to the bucket. No job of a project sees it.",
    AWS_SECRET_ACCESS_KEY: "Its secret.",
    AWS_ENDPOINT_URL: "The server, where it isn't Amazon's: Garage, MinIO and others.",
    RELEASE_SSH_KEY_FILE:
      "`ssh://`: a private key without a passphrase, of the user that the address names. SFTP is all that it has to be allowed.",
    RELEASE_SSH_KNOWN_HOSTS:
      "`ssh://`: a file with the keys of the servers, as `ssh-keyscan HOST` prints them. Any other server is refused.",
    REGISTRY_AUTH_FILE:
      "`oci`: the file with who may push to registries, as `skopeo login --authfile FILE REGISTRY` writes it.",
    SSH_AUTH_SOCK: "`sluice sign`: the agent that holds the key, where `--key` names a public one.",
    RELEASE_TOKEN:
      "`forge`: a token that may write releases; of GitHub, or GitLab's at GITHUB_API_URL or CI_API_V4_URL, where they are set.",
    AWS_REGION: "The region (default: `us-east-1`); Garage's is `garage`.",
  },
  "Of a manager and its builders": {
    REDIS_HOST:
      "Where Redis or Valkey is: a host, `redis://host:port`, or `rediss://` for TLS. With it `sluice up` offers builds to other machines, and `sluice builder` takes them.",
    PACKAGE_REPOS:
      '`sluice up`: further workspaces that it builds, `{"NAME":{"url":"https://…"}}`, or a file with that. Each publishes to its own BUILD_REPO.',
    PACKAGE_TARGET_REPOS:
      "`sluice up`: what builds for a package repository find beside it, as JSON or as a file with that; docs/operator.md has an example.",
    REDIS_PORT: "Its port, where REDIS_HOST doesn't say it (default: 6379).",
    REDIS_USERNAME:
      "Its user, where it has some. `sluice builder`: `sluice-NAME`, the builder's own, without REDIS_PASSWORD.",
    REDIS_SSH_HOST:
      "`sluice builder`: reach both through SSH on this host; REDIS_HOST (default: `127.0.0.1`) and MANAGER_URL are as seen from there.",
    REDIS_SSH_PORT: "Its SSH port (default: 22).",
    REDIS_SSH_USER: "The user there (default: `redis`).",
    REDIS_SSH_KEY_FILE: "A private key without a passphrase.",
    REDIS_SSH_HOST_KEY: "The server's public key, such as `ssh-ed25519 AAAA…`. Any other server is refused.",
    TELEGRAM_CHAT_ID: "The chat that TELEGRAM_BOT_TOKEN writes to.",
    LOGS_URL:
      "What messages link to for logs, with `?timestamp=…&id=PKGBASE` added (default: the build's page at `--address`).",
    MANAGER_URL: "`sluice builder`: where `sluice up` serves (default: `http://127.0.0.1:8080`).",
    BUILDER_TOKEN: "`sluice builder`: what `sluice builders add` printed.",
    BUILDER_CLASS: "`sluice builder`: its class (default: 2). `--class` wins.",
    BUILDER_PACMAN_CONF:
      "`sluice builder`: the pacman.conf with the repositories of the architecture that it builds for (default: `/etc/pacman.conf`).",
    MAKEFLAGS: "`sluice builder`: what makepkg hands to make (default: `-j` and the number of cores).",
    BUILDER_LIMITS_CPUS:
      "`sluice builder`: cores that one build may use, such as `4`; only a cgroup holds it, but MAKEFLAGS follows it.",
    BUILDER_LIMITS_RAM: "`sluice builder`: MiB of memory that one build may use (default: three quarters).",
    BUILDER_IMAGE:
      "`--sandbox container`: the image whose programs builds use, pulled once a day at most (default: `archlinux:base-devel` of Docker's registry).",
    CONTAINER_ENGINE:
      "`--sandbox container`: the program that runs containers; only `podman` can (the default). Where it is set, jobs of releases with an `image` run in it.",
    SLUICE_DATA: "The container's `database` and `web`: where clone and state are (default: `/data`).",
    WORKSPACE_URL:
      "Where builders fetch the workspace from. `sluice up` says it to them (default: its clone's `origin`); a builder's own wins.",
    TRUST_PROXY:
      "`sluice up`, `sluice web`: which reverse proxies are trusted in what they say by `X-Forwarded-…` headers: addresses and networks, such as `127.0.0.1,10.0.0.0/8`.",
    WEB_CONNECTIONS:
      "`sluice up`, `sluice web`: how many connections may be open at once (default: 2000; fewer where the limit of open files wants it). Beyond that, connections are ended that are idle for longest, then those of readers that take nothing; where there are none, a new one is told to come back.",
    WEB_CONNECTIONS_EACH:
      "`sluice up`, `sluice web`: how many of them one address may have, of IPv6 one network (default: 200, and no more than half). For proxies of TRUST_PROXY the addresses count that they name.",
    REPOSITORY_URL:
      "`sluice builder`: another address of the published repository, such as a mirror; below it is `NAME/ARCH/`.",
  },
  "Set by GitLab": {
    GITLAB_CI: "This is GitLab.",
    CI_COMMIT_SHA: "The commit that the pipeline was started for.",
    CI_COMMIT_BRANCH: "The branch that the pipeline runs on.",
    CI_DEFAULT_BRANCH: "The branch that counts as main.",
    CI_PIPELINE_ID: "Named in the schedule.",
    CI_PIPELINE_URL: "Linked to from commits to the AUR.",
    CI_PROJECT_URL: "Linked to from commits to the AUR.",
    CI_PROJECT_PATH: "The project whose merge requests are the reviews, and that a release at `.` is of.",
    CI_API_V4_URL: "Where its API is.",
  },
  "Set by GitHub": {
    GITHUB_ACTIONS: "This is GitHub.",
    GITHUB_SHA: "The commit that the workflow was started for.",
    GITHUB_REF_TYPE: "Whether it runs on a branch.",
    GITHUB_REF_NAME: "The branch that it runs on.",
    GITHUB_RUN_ID: "Named in the schedule.",
    GITHUB_SERVER_URL: "For links to the run.",
    GITHUB_REPOSITORY: "The repository whose pull requests are the reviews, and that a release at `.` is of.",
    GITHUB_API_URL: "Where its API is.",
    GITHUB_STEP_SUMMARY: "The file whose Markdown GitHub shows with the run.",
  },
  "Of the machine": {
    GNUPGHOME: "Where SIGNING_KEY is looked for; else `~/.gnupg`.",
    DEBUG: "Has no effect on Git's commands: their log would hold credentials.",
    NO_COLOR: "No colours.",
    FORCE_COLOR: "Colours, also where the output isn't a terminal.",
  },
} as const satisfies Record<string, Record<string, string>>;
