#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# svstat changes nothing: it disturbs no transfer and does not keep leftovers from being removed.

load ../lib/common
load ../lib/channels

# Run svstat in each of its forms, again and again, until the file `stop` exists; fails when one of them fails.
look_on() {
	while [ ! -e stop ]; do
		svstat >/dev/null && svstat -A -o state >/dev/null && svstat --json >/dev/null || return 1
	done
}

@test "svstat maps segments, but does not keep svclean or the next transfer from removing a leftover" {
	local i
	stale first
	start looker look_on
	for i in {1..9}; do
		stale "gone$i" >/dev/null
		# Without its set, only the number of mappings tells that it is not in use.
		[ $((i % 2)) = 0 ] || ipcrm -s "$(sed -n 's/^set //p' "$RV/gone$i")"
		if [ $((i % 3)) = 0 ]; then
			start writer svwrite -c "gone$i" </dev/null
			svread -c "gone$i" || fail "svread, round $i: status $?" || return 1
			reap writer >/dev/null
			assert_status 0 || return 1
		else
			svclean -c "gone$i" >cleaned
			grep -q '^removed' cleaned || { cat cleaned; fail "not removed in round $i"; } || return 1
		fi
	done
	touch stop
	ends_well looker
	svclean -q
}

@test "by its system calls svstat changes nothing and takes at most a shared lock, without waiting" {
	skip_unless strace
	waiting_writer one
	stale two
	svwrite -d -s 4K -c three <<<data
	ls -l --time-style=full-iso "$RV" >before
	run_logged strace -f -o trace svstat -A
	assert_status 0
	run_logged strace -f -a1 -o trace2 svstat one two three
	assert_status 0
	# F_GETFD only asks whether a descriptor is open.
	grep -v F_GETFD trace2 >>trace
	sed -i '/F_GETFD/d' trace
	grep 'flock(' trace | grep -vE 'LOCK_SH.LOCK_NB|LOCK_UN' && fail 'a lock that others could have to wait for'
	grep -E '^[0-9]+ +(semop|semtimedop|unlink|unlinkat|rename|ftruncate|kill|semget.*IPC_CREAT|shmget.*IPC_CREAT)' trace &&
		fail 'a system call that changes something'
	grep -E 'IPC_RMID|IPC_SET|SETVAL|SETALL|O_WRONLY|O_RDWR|O_CREAT' trace && fail 'a system call that changes something'
	grep 'shmat(' trace | grep -v SHM_RDONLY && fail 'it has attached for writing'
	ls -l --time-style=full-iso "$RV" >after
	assert_same_file before after
	end_by TERM one
	svclean -aq
}

@test "with kernel.shm_rmid_forced svstat does not remove a segment that nobody has attached yet" {
	skip_unless_own_ipc
	skip_unless_own_mounts
	skip_unless perl
	cat >forced <<'END'
echo 1 >/proc/sys/kernel/shm_rmid_forced || exit 77
mkfifo go
perl -e '$| = 1; $id = shmget(0x53001234, 8192, 01600) // die; print "$id\n"; open(F, "<", "go"); <F>' >id &
exec 8>go
until [ -s id ]; do sleep 0.02; done
svstat -A
awk -v id="$(cat id)" '$2 == id { found = 1 } END { exit !found }' /proc/sysvipc/shm
status=$?
echo >&8
wait
exit $status
END
	run_logged unshare --ipc --mount --propagation=private sh -c 'mount -t proc proc /proc 2>/dev/null; exec bash forced'
	[ "$status" != 77 ] || skip 'may not set kernel.shm_rmid_forced'
	assert_status 0
}
