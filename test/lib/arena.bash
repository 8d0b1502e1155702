# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2016 # text for other shells
#
# For suites in which users attack each other: `load ../lib/arena` after common.
#
# An arena is an IPC namespace and a mount namespace, with an empty /dev/shm, /run and /tmp of its own.  In it, "${root[@]}",
# "${alice[@]}", "${bob[@]}" and "${mallory[@]}" COMMAND run as four users without SVIPC_DIR, each in a home of mode 0700,
# $HOMES/NAME.  The programs and tools are in $HOMES/bin.
#
#   arena_open              makes the arena; skips the test if that is not possible.  teardown removes it
#   arena_close             ends everything that runs in it
#   arena_second            another IPC namespace with the same files: "${elsewhere[@]}" COMMAND as alice
#   objects [UID]           one line "kind id key cuid uid mode" for each object (of that creator)
#   sh_in USER SCRIPT       runs SCRIPT with bash as that user; further arguments are its $0, $1, ...
#   spawn_in USER NAME SCRIPT   the same in the background, see spawn; SCRIPT ends with exec, so that the pid is the program's

ALICE=70001 BOB=70002 MALLORY=70003
HOMES=/dev/shm/homes

arena_open() {
	skip_unless_root
	skip_unless unshare nsenter setpriv
	skip_unless_own_ipc
	unshare --mount true 2>/dev/null || skip 'may not make a mount namespace'
	arena_holder=$(arena_start) || return 1
	arena_inside=(nsenter --target "$arena_holder" --ipc --mount --)
	"${arena_inside[@]}" bash -c '
		mount -t tmpfs -o mode=1777,size=256m none /dev/shm && mount -t tmpfs -o mode=755 none /run || exit
		mkdir -m 755 $0 $0/bin && install -m 755 "$@" $0/bin && mount -t tmpfs -o mode=1777 none /tmp
	' $HOMES "$SVIPC_BUILD"/sv{write,read,clean,stat} "$SVIPC_BUILD"/test/tools/{attack,ipctool} ||
		skip 'may not mount a tmpfs'
	arena_user root 0
	arena_user alice $ALICE
	arena_user bob $BOB
	arena_user mallory $MALLORY
	"${alice[@]}" svread --version >/dev/null || skip 'cannot run a program as another user'
}

# Print the pid of a process that keeps the new namespaces in existence.
arena_start() {
	unshare --ipc --mount --propagation private sleep infinity >/dev/null 2>&1 3>&- 4>&- &
	local holder=$!
	wait_until '[ "$(readlink /proc/'$holder'/ns/ipc)" != "$(readlink /proc/self/ns/ipc)" ] &&
		[ "$(cat /proc/'$holder'/comm)" = sleep ]' >&2 || return 1
	echo $holder
}

# arena_prefix NAME UID HOLDER [HOME]: store in the array NAME the words that run a command as that user.
arena_prefix() {
	local -n words=$1
	# shellcheck disable=SC2034 # by reference
	words=(nsenter --target "$3" --ipc --mount -- setpriv --reuid "$2" --regid "$2" --clear-groups
		env -u SVIPC_DIR -u TMPDIR -C "$HOMES/${4-$1}" "PATH=$HOMES/bin:$PATH")
}

arena_user() {
	"${arena_inside[@]}" bash -c 'mkdir -m 700 "$0" && chown "$1:$1" "$0"' "$HOMES/$1" "$2"
	arena_prefix "$1" "$2" "$arena_holder"
}

arena_second() {
	local outer=$arena_holder
	second_holder=$(nsenter --target "$outer" --mount -- bash -c '
		unshare --ipc sleep infinity >/dev/null 2>&1 3>&- 4>&- & echo $!')
	wait_until '[ "$(readlink /proc/'"$second_holder"'/ns/ipc)" != "$(readlink /proc/self/ns/ipc)" ] &&
		[ "$(cat /proc/'"$second_holder"'/comm)" = sleep ]' || return 1
	arena_prefix elsewhere $ALICE "$second_holder" alice
	arena_prefix elsewhere_bob $BOB "$second_holder" bob
}

arena_pids() {
	local holder path
	for holder in "${arena_holder-}" "${second_holder-}"; do
		[ -n "$holder" ] && [ -e "/proc/$holder/ns/ipc" ] || continue
		for path in /proc/[0-9]*/ns/ipc; do
			# All processes of a namespace share this file.
			if [ "$path" -ef "/proc/$holder/ns/ipc" ]; then
				path=${path#/proc/}
				echo "${path%/ns/ipc}"
			fi
		done
	done
}

arena_close() {
	local pids
	# Repeat this, because a process may just be starting another one.
	while pids=$(arena_pids) && [ -n "$pids" ]; do
		# shellcheck disable=SC2086 # words
		kill -KILL $pids 2>/dev/null
		wait_until '[ "$(arena_pids)" != "'"$pids"'" ]' 5 >/dev/null || break
	done
	arena_holder='' second_holder=''
}

teardown() {
	arena_close
	sv_teardown
}

objects() {
	"${arena_inside[@]}" cat /proc/sysvipc/shm /proc/sysvipc/sem | awk -v of="${1-}" '
		$1 == "key" { kind = $2 == "shmid" ? "shm" : "sem"; next }
		kind == "shm" { uid = $8; cuid = $10 }
		kind == "sem" { uid = $5; cuid = $7 }
		of == "" || of == cuid { print kind, $2, $1, cuid, uid, $3 }'
}

sh_in() {
	local -n who=$1
	shift
	"${who[@]}" bash -c "$@"
}

spawn_in() {
	local -n who=$1
	shift
	spawn "$1" "${who[@]}" bash -c "${@:2}"
}

# stays OBJECTS [UID]: the objects (of that user) are still those that objects() printed before.
stays() {
	assert_equal "objects${2+ of $2}" "$(objects ${2+"$2"})" "$1"
}
