# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# For suites about deaths: `load ../lib/survivor` after common.

# A writer that was killed after all of `file` was in the ring.  Its reader is blocked in the pipe `sink`, which the test
# holds open as descriptor 9.
lost_writer() {
	mkfifo sink
	exec 9<>sink
	random_file file 1200000
	spawn reader bash -c 'exec svread -s 2M >sink' 9>&-
	spawn writer svwrite -s 2M file 9>&-
	wait_asleep "${pid[writer]}"
	kill -KILL "${pid[writer]}"
	reap writer
}
