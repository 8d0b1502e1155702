# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# For suites about svstat and svclean: `load ../lib/channels` after common.  Channels in several states, and what
# svstat shows of them.

# A process that a test starts must not inherit the descriptors that the test holds open.
start() {
	spawn "$@" 8>&- 9>&-
}

# A writer that waits for a reader on channel NAME, and a reader that waits for a writer.
waiting_writer() {
	start "$1" svwrite -c "$1" "${@:2}" <<<'some data'
	wait_asleep "${pid[$1]}"
}

waiting_reader() {
	start "$1" svread -c "$1" "${@:2}"
	wait_asleep "${pid[$1]}"
}

# A transfer on channel NAME that continues while the test holds file descriptor 9 open.
running_transfer() {
	mkfifo "$1.fifo"
	start "$1-writer" svwrite -s 1M -c "$1" "$1.fifo"
	start "$1-reader" svread -s 1M -c "$1"
	exec 9>"$1.fifo"
	printf '%s' "${2-}" >&9
	wait_asleep "${pid[$1-reader]}"
}

# stale NAME [OPTION...]: the segment, the set and the record that a killed writer leaves.
stale() {
	waiting_writer "$1" -s 4K "${@:2}"
	end_by KILL "$1"
}

# segment_of, set_of [NAME [ID]]: the objects of a channel.
segment_of() {
	ipctool find shm "$RV/${1:-default}" "${2:-83}"
}

set_of() {
	ipctool find sem "$RV/${1:-default}" "${2:-83}"
}

# left_alone ARG...: svclean ARG... succeeds and removes nothing.
left_alone() {
	local before after
	before=$(ipc_list; ls -A "$RV")
	run_logged svclean "$@"
	assert_status 0 || return 1
	assert_output_lacks removed || return 1
	after=$(ipc_list; ls -A "$RV")
	assert_equal 'objects and files' "$after" "$before"
}

# of JSON FILTER: what jq finds with FILTER.
of() {
	jq -r "$2" <<<"$1"
}

# longest FILE: the length of its longest line, in characters.
longest() {
	awk '{ if (length > most) most = length } END { print most + 0 }' "$1"
}

# on_terminal COLUMNS LINES SHELL-TEXT: run it on a terminal of that size; the file `screen` gets what appears there.
on_terminal() {
	skip_unless script
	run_logged script -qec "stty cols $1 rows $2; $3" screen
}

# The lines of each frame that was drawn, without control sequences.
frames() {
	sed -e 's/\x1b\[H/\n/g' -e 's/\x1b\[[?0-9]*[A-Za-z]//g' "$1" | tr -d '\r'
}
