import { archive } from "../jobs/scripts.ts";

/** The folder inside with the named pipes by which the first process speaks with the caller. */
export const pipesFolder = "/run/sluice";

/**
 * The first process in the container, which the payload can neither end nor stop (pid_namespaces(7)). It says on
 * `status` that it is ready and how the payload ended, and does what `control` says: a signal for all of the
 * payload, or, when that is closed, since the caller has ended it or died, the end of everything.
 *
 * In bash's POSIX mode a trapped signal ends `read`, so the payload's end is noticed at once; without the signal, a
 * second later. Nothing here forks while the payload runs, since that may have taken all processes there are.
 *
 * Arguments: the payload's folder, one to collect or empty, `UID:GID` to give writable mounts to or empty, those
 * mounts, `--`, the payload's command.
 */
export const firstProcess = `
set -o posix
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
cd /
exec > ${pipesFolder}/stdout 2> ${pipesFolder}/stderr 3> ${pipesFolder}/archive 4> ${pipesFolder}/status 5< ${pipesFolder}/control
trap 'pause=0.01' USR1
workdir=$1 collect=$2 owner=$3; shift 3
written=()
while [ "$1" != -- ]; do written+=("$1"); shift; done
shift
attend() {
  pause=1
  while kill -0 "$1" 2>/dev/null; do
    # A signal that comes at the same time can keep bash from noticing that its child has ended.
    state=
    { read -r _ _ state _ < "/proc/$1/stat"; } 2>/dev/null
    [ "$state" != Z ] || break
    if read -r -t "$pause" -u 5 name; then kill "-$name" -1 2>/dev/null
    elif [ $? -le 128 ]; then exit 137
    fi
  done
  wait "$1"
}
mkdir -p /build/tmp && mkdir -m 0700 /build/home || exit
echo started >&4
(trap - USR1; exec 3>&- 4>&- 5<&-; cd "$workdir" && (exec "$@"); code=$?; kill -USR1 1; exit "$code") &
attend $!
code=$?
kill -KILL -1 2>/dev/null
for counts in /sys/fs/cgroup/memory.events /sys/fs/cgroup/memory/memory.oom_control; do
  while read -r name count; do
    if [ "$name" = oom_kill ] && [ "$count" != 0 ]; then echo out-of-memory >&4; fi
  done 2>/dev/null < "$counts"
done
[ -z "$owner" ] || chown -hR -- "$owner" "\${written[@]}"
echo "exited $code" >&4
exec 4>&-
if [ -n "$collect" ]; then
  (trap - USR1; exec 4>&- 5<&-; /bin/sh -c '${archive}' sluice "$collect" >&3; kill -USR1 1) &
  exec 3>&-
  attend $!
fi
exit "$code"
`;
