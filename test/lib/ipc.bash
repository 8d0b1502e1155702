# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What System V objects there are in this IPC namespace, from /proc alone.

# ipc_list: one line "shm ID KEY CREATOR" or "sem ID KEY -" for each object of this user; KEY is 8 hex
# digits, 00000000 for one that is private or marked for removal.
ipc_list() {
	local key id uid cpid rest
	{
		read -r rest
		while read -r key id rest rest cpid rest rest uid rest; do
			[ "$uid" = "$EUID" ] || continue
			printf 'shm %s %08x %s\n' "$id" $((key & 0xffffffff)) "$cpid"
		done
	} </proc/sysvipc/shm
	{
		read -r rest
		while read -r key id rest rest uid rest; do
			[ "$uid" = "$EUID" ] || continue
			printf 'sem %s %08x -\n' "$id" $((key & 0xffffffff))
		done
	} </proc/sysvipc/sem
}

# ipc_can_unshare: may this process make an IPC namespace of its own?
ipc_can_unshare() {
	[ "$EUID" -eq 0 ] && unshare --ipc true 2>/dev/null
}

# ipc_leaked BEFORE: the objects that are there now and not in BEFORE (what ipc_list printed).  In a namespace
# of our own (SVIPC_TEST_NAMESPACE set) that is all of them.  In a shared one, other processes' objects come
# and go: only those count that have this project's ftok byte, or no key and a creator that is gone.
ipc_leaked() {
	local before=$1 kind id key cpid
	ipc_list | while read -r kind id key cpid; do
		[[ $before == *"$kind $id $key "* ]] && continue
		if [ -z "${SVIPC_TEST_NAMESPACE-}" ]; then
			case $kind:$key in
			*:53*) ;;
			shm:00000000) [ ! -e "/proc/$cpid" ] || continue ;;
			*) continue ;;
			esac
		fi
		printf '%s %s %s %s\n' "$kind" "$id" "$key" "$cpid"
	done
}

# ipc_remove: remove the objects that are listed on standard input as above.
ipc_remove() {
	local kind id _
	while read -r kind id _; do
		case $kind in
		shm) ipcrm -m "$id" ;;
		sem) ipcrm -s "$id" ;;
		esac
	done 2>/dev/null
}
