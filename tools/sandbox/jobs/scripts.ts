/**
 * The two shell scripts around bubblewrap. They are constants; all that varies arrives as arguments.
 *
 * Before it, outside: enters the cgroup if there is one, and, where the caller is root, binds the mounts'
 * sources to a private place, since the unprivileged user as whom bubblewrap runs can't walk into, say, /root.
 * A layer is laid over /usr there. Arguments: cgroup.procs or empty, staging folder or empty, what comes to the
 * places 0, 1, … in it (`bind:SOURCE` or `over:FOLDER`), `--`, the command to become.
 */
export const launch = `
set -e
cgroup=$1 stage=$2; shift 2
[ -z "$cgroup" ] || echo $$ > "$cgroup"
i=0
while [ "$1" != -- ]; do
  case $1 in
    bind:*) mount -n --bind "\${1#bind:}" "$stage/$i" ;;
    over:*) mount -n -t overlay -o "ro,lowerdir=\${1#over:}:/usr" sluice "$stage/$i" ;;
  esac
  i=$((i + 1)); shift
done
shift
exec "$@"
`;

/**
 * Writes a folder, if it's there, as a tar stream to stdout. Argument: the folder. Each hard link is a file of
 * its own, and holes in files are zeros, so that the reader has to know nothing but files.
 */
export const archive = `
[ -d "$1" ] && cd "$1" || exit 0
if tar --version 2>/dev/null | grep -q GNU; then
  exec tar --create --file=- --hard-dereference --format=pax .
else
  exec bsdtar --create --file=- --format=gnutar .
fi
`;

/**
 * Inside: says on descriptor 4 that the sandbox is ready (a broken pipe ends it, when the caller has died
 * meanwhile) and how the payload ended, then writes what is collected to descriptor 3. SIGTERM is for the
 * payload. What the payload left running ends before it's collected.
 * Arguments: folder to collect or empty, the payload's command.
 */
export const inside = `
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
trap : TERM INT HUP USR1 USR2
collect=$1; shift
echo started >&4
(exec 3>&- 4>&-; exec "$@")
code=$?
kill -KILL -1 2>/dev/null
echo "exited $code" >&4
[ -z "$collect" ] || /bin/sh -c '${archive}' sluice "$collect" >&3
exit $code
`;
