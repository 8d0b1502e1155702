# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# For suites in which a side is killed or blocked: `load ../lib/survivor` after common.

# A writer that was killed after all of `file` was in the ring.  Its reader is blocked in the pipe `sink`, which the test
# holds open as descriptor 9.
lost_writer() {
	mkfifo sink
	exec 9<>sink
	random_file file 1200000
	spawn reader bash -c 'exec svread -s 2M >sink' 9>&-
	spawn writer svwrite -s 2M file 9>&-
	wait_asleep "${pid[writer]}"
	end_by KILL writer
}

# A reader that is blocked in the pipe `sink`, which the test holds open as descriptor 9, and its writer, which waits with
# a full ring in the middle of `file`.
full_ring() {
	mkfifo sink
	exec 9<>sink
	random_file file 3M
	spawn reader bash -c 'exec svread -s 4K >sink' 9>&-
	spawn writer svwrite -s 4K file 9>&-
	wait_asleep "${pid[writer]}"
}

# Read the pipe `sink` to its end, into drain.out, in the background: a reader that was blocked goes on.
drain_sink() {
	spawn drain cat sink 9>&-
	wait_until 'cmp -s -n 4096 file drain.out' || return 1
	exec 9>&-
}

# Two sides in the middle of a transfer, both killed before either could notice: a set is left.
both_killed() {
	half_way "$@"
	kill -STOP "${pid[reader]}" "${pid[writer]}"
	kill -KILL "${pid[reader]}" "${pid[writer]}"
	exec 9>&-
	reap reader
	reap writer
}
