# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What System V objects there are in this IPC namespace, from /proc alone.

# ipc_list: one line "shm ID KEY CREATOR ATTACHED" or "sem ID KEY - -" for each object of this user; KEY is 8 hex
# digits, 00000000 for one that is private or marked for removal.
ipc_list() {
	local key id uid cpid attached rest
	{
		read -r rest
		while read -r key id rest rest cpid rest attached uid rest; do
			[ "$uid" = "$EUID" ] || continue
			printf 'shm %s %08x %s %s\n' "$id" $((key & 0xffffffff)) "$cpid" "$attached"
		done
	} </proc/sysvipc/shm
	{
		read -r rest
		while read -r key id rest rest uid rest; do
			[ "$uid" = "$EUID" ] || continue
			printf 'sem %s %08x - -\n' "$id" $((key & 0xffffffff))
		done
	} </proc/sysvipc/sem
}

# ipc_can_unshare: may this process make an IPC namespace of its own?
ipc_can_unshare() {
	[ "$EUID" -eq 0 ] && unshare --ipc true 2>/dev/null
}

# ipc_keys_elsewhere DIR: the keys, one a line, of all rendezvous files that are not below DIR but where channels and
# tests have them: those of other channels and of other tests that run at the same time.
ipc_keys_elsewhere() {
	local device inode
	find /dev/shm "${TMPDIR:-/tmp}" /tmp -path "$1" -prune -o -path '*/svipc-*' -type f -printf '%D %i\n' 2>/dev/null |
		while read -r device inode; do
			printf '%08x\n' $((0x53000000 | (device & 0xff) << 16 | inode & 0xffff))
		done
}

# ipc_leaked BEFORE [DIR]: the objects that are there now and not in BEFORE (what ipc_list printed).  In a namespace
# of our own (SVIPC_TEST_NAMESPACE set) that is all of them.  In a shared one, other processes' objects come and go:
# only those count that have this project's ftok byte and no rendezvous file outside of DIR, or no key, a creator that
# is gone, and nobody attached.
ipc_leaked() {
	local before=$1 kind id key cpid attached list elsewhere='' again
	list=$(ipc_list)
	again=$list
	if [ -z "${SVIPC_TEST_NAMESPACE-}" ]; then
		# A rendezvous file is there before its objects and after them: one of an object that is in both lists
		# is seen in between.
		elsewhere=$(ipc_keys_elsewhere "${2-}")
		again=$(ipc_list)
	fi
	while read -r kind id key cpid attached; do
		[[ $before != *"$kind $id $key "* && $again == *"$kind $id $key "* ]] || continue
		if [ -z "${SVIPC_TEST_NAMESPACE-}" ]; then
			case $kind:$key in
			*:53*) [[ $elsewhere != *"$key"* ]] || continue ;;
			shm:00000000) [ ! -e "/proc/$cpid" ] && [ "$attached" -eq 0 ] || continue ;;
			*) continue ;;
			esac
		fi
		printf '%s %s %s %s\n' "$kind" "$id" "$key" "$cpid"
	done < <([ -z "$list" ] || echo "$list")
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
