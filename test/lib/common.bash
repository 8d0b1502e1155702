# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2016 # conditions are text, evaluated later
#
# What every bats suite loads: `load lib/common`.
#
# Each test starts in an empty directory $WORK and has its own channel directory $SVIPC_DIR; $RV is the part of it that
# belongs to this IPC namespace and holds the rendezvous files.  A test must leave no process and no System V object
# behind.  A suite with its own setup or teardown calls sv_setup and sv_teardown from them.
#
#   run_logged [--separate-stderr] COMMAND...  run to its end (at most $SV_LIMIT seconds); sets status, output
#   spawn NAME COMMAND...                      start in the background; ${pid[NAME]}, $WORK/NAME.out, NAME.err
#   reap NAME [SECONDS]                        wait for its end; sets status, output, stderr
#   ends_well NAME [SECONDS]                   reap, and its status is 0
#   end_by SIGNAL NAME [SECONDS]               send the signal, then reap
#   wait_until CONDITION [SECONDS]             until the shell text CONDITION is true
#   wait_gone PID [SECONDS]                    until the process has ended
#   wait_asleep PID [SECONDS]                  until it sleeps in a semaphore operation
#   assert_status N...                         status is one of these
#   assert_output TEXT                         output is exactly this
#   assert_output_has TEXT, assert_output_lacks TEXT, assert_output_matches REGEX, assert_stderr_has TEXT,
#   assert_stderr_matches REGEX
#   assert_equal WHAT ACTUAL EXPECTED          two texts
#   assert_same_file FILE FILE                 byte for byte
#   assert_no_leak                             nothing for svclean to do, no object of this test left
#   assert_nothing_left                        assert_no_leak, and no file in $SVIPC_DIR
#   pass FILE [OPTION...]                      send FILE, both sides with the OPTIONs; this succeeds and leaves nothing
#   both_orders FILE [OPTION...]               the same with the reader started first, then with the writer started first
#   half_way [OPTION...]                       writer and reader in the middle of a transfer: see the function
#   half_way_ends                              that transfer ends well
#   interpose NAME                             "${interposed[@]}" PROGRAM runs it with test/tools/NAME_preload.so
#   midway WHAT AFTER PROGRAM ARG...           spawn PROGRAM, by that name, with midway_preload: see test/tools
#   fail MESSAGE                               end the test
#   another_user                               "${as[@]}" runs a command as another user: see the function
#   skip_unless TOOL..., skip_unless_root, skip_unless_own_ipc, skip_unless_own_mounts, skip_if_sanitized, skip_if_rmid_forced
#   random_file FILE BYTES                     BYTES as head -c understands them

bats_require_minimum_version 1.5.0

SV_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
SVIPC_BUILD=${SVIPC_BUILD:-$SV_ROOT/build}
SV_LIMIT=${SV_LIMIT:-60}
# How long to wait for a condition.  Only a test that fails waits so long.
SV_DEADLINE=${SV_DEADLINE:-20}
PATH=$SVIPC_BUILD:$SVIPC_BUILD/test/tools:$PATH
# Terminals that a test makes have this type.
export SV_ROOT SVIPC_BUILD PATH LC_ALL=C TERM=xterm

# shellcheck source=test/lib/ipc.bash
. "$SV_ROOT/test/lib/ipc.bash"
# shellcheck source=test/lib/transfers.bash
. "$SV_ROOT/test/lib/transfers.bash"

declare -gA pid=()

setup() {
	sv_setup
}

teardown() {
	sv_teardown
}

sv_setup() {
	WORK=$BATS_TEST_TMPDIR/work
	mkdir -p "$WORK"
	cd "$WORK" || return 1
	SVIPC_DIR=$(mktemp -d "${SVIPC_TEST_RENDEZVOUS:-/dev/shm}/svipc-test.XXXXXX") || return 1
	# Where the rendezvous files of this IPC namespace are.
	RV=$SVIPC_DIR/ipc-$(stat -Lc %i /proc/self/ns/ipc)
	mkdir -m 700 "$RV"
	export WORK SVIPC_DIR RV
	pid=()
	sv_before=$(ipc_list)
}

# The processes that this test started: they have its channel directory in their environment.  A function that runs in the
# background has the environment of the shell that the test began with.
sv_processes() {
	local path paths=(/proc/[0-9]*/environ)
	for path in $(jobs -pr); do
		sv_gone "$path" || echo "$path"
	done
	while read -r path; do
		path=${path#/proc/}
		path=${path%/environ}
		sv_gone "$path" || echo "$path"
	done < <(grep -lzsFx "SVIPC_DIR=$SVIPC_DIR" "${paths[@]}")
}

sv_teardown() {
	local left problem='' each completed=''
	[ -n "${SVIPC_DIR-}" ] || return 0
	# A test that failed, or skipped half-way, may leave processes and objects behind.
	[ "${BATS_TEST_COMPLETED-}" != 1 ] || [ -n "${BATS_TEST_SKIPPED-}" ] || completed=1
	if [ -n "$completed" ]; then
		wait_until '[ -z "$(sv_processes)" ]' 2 >/dev/null || problem='left running:'
	fi
	# Repeat this, because a process may just be starting another one.
	while left=$(sv_processes) && [ -n "$left" ]; do
		for each in $left; do
			[ -z "$problem" ] || problem+=" $each $(tr '\0' ' ' <"/proc/$each/cmdline" 2>/dev/null);"
			kill -KILL "$each" 2>/dev/null
		done
		wait_until '[ "$(sv_processes)" != "'"$left"'" ]' 5 >/dev/null || break
	done
	if command -v svclean >/dev/null; then
		svclean -a >/dev/null 2>&1 || :
	fi
	left=$(ipc_leaked "$sv_before" "$SVIPC_DIR")
	if [ -n "$left" ] && [ -z "${SVIPC_TEST_NAMESPACE-}" ]; then
		# The namespace is shared with others, whose objects come and go.
		wait_until '[ -z "$(ipc_leaked "$sv_before" "$SVIPC_DIR")" ]' 2 >/dev/null || :
		left=$(ipc_leaked "$sv_before" "$SVIPC_DIR")
	fi
	if [ -n "$left" ]; then
		problem+=" left behind: $left"
		[ -z "${SVIPC_TEST_NAMESPACE-}" ] || ipc_remove <<<"$left"
	fi
	cd /
	rm -rf "$SVIPC_DIR"
	[ -z "${PUBLIC-}" ] || rm -rf "$PUBLIC"
	if [ -n "$problem" ] && [ -n "$completed" ]; then
		fail "$problem"
	fi
}

fail() {
	printf '%s\n' "$*"
	return 1
}

# A text for the log: its beginning, without bytes that a terminal would interpret.
sv_show() {
	printf '%s' "$1" | head -c 8192 | tr -c '[:print:]\n\t' '?' | sed 's/^/  | /'
	[ -z "$1" ] || echo
}

sv_log() {
	printf '$ %s\n' "$1"
	printf '  status %s\n' "$status"
	sv_show "$output"
	if [ -n "${stderr-}" ]; then
		echo '  standard error:'
		sv_show "$stderr"
	fi
}

run_logged() {
	# bats 1.8 uses a global i if run has flags; protect the i of a caller's loop.
	# shellcheck disable=SC2034 # shields the caller: bats sets it
	local flags=() limit=() i
	while [[ ${1-} == -* ]]; do
		flags+=("$1")
		shift
	done
	# A shell function cannot be given to timeout.
	[ -z "$(type -P -- "$1")" ] || limit=(timeout --foreground -k 5 "$SV_LIMIT")
	stderr=
	run "${flags[@]}" -- "${limit[@]}" "$@"
	sv_log "${*@Q}"
}

spawn() {
	local name=$1 prefix=()
	shift
	# A shell starts background processes with SIGINT ignored, and nohup all with SIGHUP; restore the default, as for a user's
	# command at a terminal.
	[ -z "$(type -P -- "$1")" ] || prefix=(env '--default-signal=HUP,INT,QUIT,PIPE')
	# Empty the files before the process starts, so that no test reads the output of an earlier process of that name.
	: >"$WORK/$name.out"
	: >"$WORK/$name.err"
	"${prefix[@]}" "$@" <&0 >"$WORK/$name.out" 2>"$WORK/$name.err" 3>&- 4>&- &
	pid[$name]=$!
	sv_command[$name]=${*@Q}
}
declare -gA sv_command=()

# sv_head FILE: as much of a file as fits a variable.
sv_head() {
	head -c 65536 "$1" | tr -d '\0'
}

reap() {
	local name=$1 late=
	[ -n "${pid[$name]-}" ] || fail "reap: nothing was spawned as $name" || return 1
	wait_gone "${pid[$name]}" "${2:-$SV_LIMIT}" >/dev/null || late=1
	if [ -n "$late" ]; then
		status=running
	else
		status=0
		wait "${pid[$name]}" || status=$?
	fi
	output=$(sv_head "$WORK/$name.out")
	stderr=$(sv_head "$WORK/$name.err")
	sv_log "${sv_command[$name]} # $name"
	[ -z "$late" ] || fail "$name, process ${pid[$name]}, did not end within ${2:-$SV_LIMIT} s"
}

ends_well() {
	reap "$@" || return 1
	assert_status 0
}

end_by() {
	kill -"$1" "${pid[$2]}" || return 1
	reap "${@:2}"
}

wait_until() {
	local condition=$1 seconds=${2:-$SV_DEADLINE} end
	end=$((${EPOCHREALTIME/./} + seconds * 1000000))
	until eval "$condition"; do
		if [ "${EPOCHREALTIME/./}" -ge "$end" ]; then
			fail "not true within $seconds s: $condition"
			return 1
		fi
		# The one place where tests pause.
		sleep 0.02
	done
}

# The state letter of a process follows the last parenthesis, because its name may contain any character.
sv_state() {
	local line=
	{ read -r line <"/proc/$1/stat"; } 2>/dev/null || return 1
	line=${line##*) }
	printf '%s' "${line%% *}"
}

sv_gone() {
	local state
	state=$(sv_state "$1") || return 0
	[[ $state == [ZX] ]]
}

# Does the process sleep in semop or semtimedop?  Their numbers are 65 and 220 on x86-64, 193 and 192 on arm64, 420 (and
# 117, ipc) with 32 bits.  If /proc does not show the number, the kernel function in which it sleeps decides.
sv_asleep() {
	local number channel=''
	[ "$(sv_state "$1")" = S ] || return 1
	if { read -r number _ <"/proc/$1/syscall"; } 2>/dev/null; then
		[[ " 65 220 193 192 420 117 " == *" $number "* ]]
	else
		# The file does not end with a newline, so read fails although it has read the text.
		{ read -r channel <"/proc/$1/wchan" || :; } 2>/dev/null
		[[ $channel == *semtimedop* ]]
	fi
}

wait_gone() {
	wait_until "sv_gone $1" "${2:-$SV_DEADLINE}"
}

wait_asleep() {
	wait_until "sv_asleep $1 || sv_gone $1" "${2:-$SV_DEADLINE}" || return 1
	! sv_gone "$1" || fail "process $1 has ended instead of falling asleep"
}

assert_status() {
	local expected
	for expected; do
		[ "$status" != "$expected" ] || return 0
	done
	fail "status is $status, expected ${*}"
}

assert_output() {
	assert_equal output "$output" "$1"
}

assert_output_has() {
	[[ $output == *"$1"* ]] || fail "output lacks: $1"
}

assert_output_lacks() {
	[[ $output != *"$1"* ]] || fail "output has: $1"
}

assert_output_matches() {
	[[ $output =~ $1 ]] || fail "output does not match: $1"
}

assert_stderr_has() {
	[[ $stderr == *"$1"* ]] || fail "standard error lacks: $1"
}

assert_stderr_matches() {
	[[ $stderr =~ $1 ]] || fail "standard error does not match: $1"
}

assert_equal() {
	[ "$2" = "$3" ] && return 0
	printf '%s is\n' "$1"
	sv_show "$2"
	echo 'expected'
	sv_show "$3"
	return 1
}

assert_same_file() {
	cmp -- "$1" "$2" && return 0
	ls -l -- "$1" "$2"
	return 1
}

assert_no_leak() {
	local left
	left=$(svclean -n -a 2>&1) || fail "svclean -n -a ended with status $?: $left" || return 1
	[ -z "$left" ] || fail "svclean still finds: $left" || return 1
	left=$(ipc_leaked "$sv_before" "$SVIPC_DIR")
	[ -z "$left" ] || fail "objects left (kind, id, key, creator): $left"
}

assert_nothing_left() {
	assert_no_leak || return 1
	assert_equal "files in SVIPC_DIR" "$(ls -A "$RV")" ''
}

# Interposers do not reach programs that are linked statically; test/dynamic has the same programs linked dynamically.
interpose() {
	local library=$SVIPC_BUILD/test/tools/$1_preload.so
	[ -e "$library" ] || fail "$library is not built" || return 1
	interposed=(env "PATH=$SVIPC_BUILD/test/dynamic:$PATH" "LD_PRELOAD=$library")
}

midway() {
	local what=$1 after=$2 interposed
	shift 2
	interpose midway || return 1
	spawn "$1" "${interposed[@]}" "SV_MIDWAY=$what" "SV_MIDWAY_AFTER=$after" "$@"
}

# "${as[@]}" COMMAND runs as another user, with the SVIPC_DIR $PUBLIC/theirs.  The test continues in $PUBLIC, which
# everybody may enter.  It has copies of the programs, because other users may not be able to enter the build directory.
another_user() {
	skip_unless_root
	skip_unless setpriv
	PUBLIC=$(mktemp -d /tmp/svipc-public.XXXXXX) || return 1
	chmod 755 "$PUBLIC"
	mkdir -m 755 "$PUBLIC/bin"
	install -m 755 "$SVIPC_BUILD"/sv{write,read,clean} "$PUBLIC/bin"
	mkdir -m 700 "$PUBLIC/theirs"
	chown 65534:65533 "$PUBLIC/theirs"
	PATH=$PUBLIC/bin:$PATH
	cd "$PUBLIC" || return 1
	as=(env "SVIPC_DIR=$PUBLIC/theirs" setpriv --reuid 65534 --regid 65533 --clear-groups)
	"${as[@]}" svread --version >/dev/null || skip 'cannot run a program as another user'
}

skip_unless() {
	local tool
	for tool; do
		[ -n "$(type -P -- "$tool")" ] || skip "needs $tool"
		# script needs a terminal, and a terminal needs /dev/pts.
		[ "$tool" != script ] || script -qec true /dev/null </dev/null >/dev/null 2>&1 || skip 'cannot make a terminal'
	done
}

# If / is not a mount point, as in a plain chroot, a mount namespace cannot be separated from its parent.
skip_unless_own_mounts() {
	skip_unless_root
	unshare --mount --propagation=private true 2>/dev/null || skip 'may not make a mount namespace'
}

skip_unless_root() {
	[ "$EUID" -eq 0 ] || skip 'needs root'
}

skip_unless_own_ipc() {
	ipc_can_unshare || skip 'may not make an IPC namespace'
}

skip_if_sanitized() {
	[ -z "${SVIPC_SANITIZE-}" ] || skip "not with the $SVIPC_SANITIZE sanitizer"
}

skip_if_rmid_forced() {
	[ "$(cat /proc/sys/kernel/shm_rmid_forced 2>/dev/null)" != 1 ] || skip 'kernel.shm_rmid_forced is 1'
}

random_file() {
	head -c "$2" /dev/urandom >"$1"
}
