# Runs a command and ends it when the other side of a pipe goes away: sh tether.sh SIGNAL TENTHS PIPE COMMAND…
# SIGNAL asks the command to end; after TENTHS of a second the whole process group is killed (it is the
# shell's own, because the shell is spawned detached). PIPE is a named pipe to watch instead of standard
# input, or empty; the mark PIPE.ended tells its users that the last of them has gone.
signal=$1; grace=$2; held=$3; shift 3
if [ -n "$held" ]; then exec 3<"$held"; else exec 3<&0; fi
"$@" </dev/null 3<&- &
child=$!
(
  read -r _ <&3
  [ -z "$held" ] || : >"$held.ended"
  kill -"$signal" "$child" 2>/dev/null || exit 0
  waited=0
  while [ "$waited" -lt "$grace" ]; do
    sleep 0.1
    kill -0 "$child" 2>/dev/null || exit 0
    waited=$((waited + 1))
  done
  kill -KILL 0
) >/dev/null 2>&1 &
watcher=$!
exec 3<&-
trap : TERM INT HUP
wait "$child"; code=$?
while kill -0 "$child" 2>/dev/null; do wait "$child"; code=$?; done
kill "$watcher" 2>/dev/null
exit "$code"
