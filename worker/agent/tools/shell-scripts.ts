// The bash around each command line of the shell tool.

/** These variables are not kept: bash sets them itself, and the toolhost finds the processes of a command by its own. */
const OWN_VARIABLES = 'PWD OLDPWD SHLVL THREADSMITH_COMMAND';

/**
 * $1: file with the exported variables and the working directory of the call before. The command line comes
 * by standard input and runs with none. The state is saved whole or not at all, also after `exit`.
 */
export const foregroundScript = `
__state=$1
__save() {
  local code=$?
  trap - EXIT
  mkdir -p -- "\${__state%/*}"
  { ( export -n ${OWN_VARIABLES}; export -p ); printf 'cd -- %q 2>/dev/null || true\\n' "$PWD"; } \\
    > "$__state.new" && mv -f -- "$__state.new" "$__state"
  exit "$code"
}
if [ -f "$__state" ]; then . "$__state"; fi
__line=$(</dev/stdin)
exec </dev/null
trap __save EXIT
eval "$__line"
`;

/** $1: as above, only read. $2: file for the output; .pid (the process group) and .exit are added to its name. */
export const backgroundScript = `
if [ -f "$1" ]; then . "$1"; fi
__log=$2
__line=$(</dev/stdin)
mkdir -p -- "\${__log%/*}"
cut -d ' ' -f 5 /proc/$$/stat > "$__log.pid"
exec </dev/null >"$__log" 2>&1
trap 'echo $? > "$__log.exit"' EXIT
eval "$__line"
`;

/** The exit code of the look below while the process runs. */
export const STILL_RUNS = 3;

/**
 * $1: the file with the output, $2: tenths of a second to wait, counted from when the file is there: on a busy
 * machine the process may not even have begun. Exit code 0 and the output where it ended.
 */
export const lookScript = `
until [ -e "$1" ]; do sleep 0.05; done
for ((i = 0; i < $2; i++)); do
  if [ -s "$1.exit" ]; then
    echo "Exit code $(cat -- "$1.exit")."
    cat -- "$1"
    exit 0
  fi
  sleep 0.1
done
exit ${STILL_RUNS}
`;
