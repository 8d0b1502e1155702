# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# The System V objects of this IPC namespace, as /proc shows them.

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

# ipc_keys_elsewhere DIR: print the keys, one a line, of the rendezvous files that are neither below DIR nor in the test's
# own directory: those of other channels, and of tests that run at the same time.
ipc_keys_elsewhere() {
	local device inode
	find /dev/shm "${TMPDIR:-/tmp}" /tmp \
		\( -path "$1" -o -path "${WORK:-$1}" \) -prune -o -path '*/svipc-*' -type f -printf '%D %i\n' 2>/dev/null |
		while read -r device inode; do
			printf '%08x\n' $((0x53000000 | (device & 0xff) << 16 | inode & 0xffff))
		done
}

# ipc_leaked BEFORE [DIR]: print the objects that are not in BEFORE, which ipc_list printed earlier.  In a namespace of
# our own (SVIPC_TEST_NAMESPACE is set) all of them count.  In a shared one, other processes make and remove objects too,
# so an object counts only if its key has this project's ftok byte and no rendezvous file outside of DIR, or if it has no
# key, its creator has ended and nobody is attached.
ipc_leaked() {
	local before=$1 kind id key cpid attached list elsewhere='' again
	list=$(ipc_list)
	again=$list
	if [ -z "${SVIPC_TEST_NAMESPACE-}" ]; then
		# A rendezvous file is made before its objects and removed after them.  If an object is in both lists, its
		# file was there in between.
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
