# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2016 # conditions are text, evaluated later
#
# Whole transfers for common.bash, which lists these functions.

pass() {
	local file=$1
	shift
	spawn reader svread "$@" -o "$WORK/copy"
	run_logged svwrite "$@" "$file"
	assert_status 0 || return 1
	assert_output '' || return 1
	ends_well reader || return 1
	assert_equal "what the reader said" "$output$stderr" '' || return 1
	assert_same_file "$file" "$WORK/copy" || return 1
	assert_nothing_left
}

both_orders() {
	local file=$1
	shift
	spawn reader svread "$@" -o "$WORK/copy"
	wait_asleep "${pid[reader]}" || return 1
	run_logged svwrite "$@" "$file"
	assert_status 0 || return 1
	ends_well reader || return 1
	assert_same_file "$file" "$WORK/copy" || return 1
	rm "$WORK/copy"
	spawn writer svwrite "$@" "$file"
	wait_asleep "${pid[writer]}" || return 1
	run_logged svread "$@" -o "$WORK/copy"
	assert_status 0 || return 1
	ends_well writer || return 1
	assert_same_file "$file" "$WORK/copy" || return 1
	assert_nothing_left
}

# Start a reader and a writer and send $WORK/sent.  Afterwards all of it is in $WORK/copy, the reader waits for the writer,
# and the writer waits for more input until the caller closes descriptor 9.
half_way() {
	rm -f "$WORK/feed" "$WORK/copy"
	mkfifo "$WORK/feed"
	exec 9<>"$WORK/feed"
	random_file "$WORK/sent" 100000
	spawn reader svread "$@" -o "$WORK/copy" 9>&-
	spawn writer svwrite "$@" <"$WORK/feed" 9>&-
	# If the writer fails, nobody reads what does not fit into the pipe.
	timeout "$SV_DEADLINE" cat "$WORK/sent" >&9 || return 1
	wait_until 'cmp -s "$WORK/sent" "$WORK/copy"' || return 1
	wait_asleep "${pid[reader]}"
}

half_way_ends() {
	exec 9>&-
	ends_well writer || return 1
	ends_well reader || return 1
	assert_same_file "$WORK/sent" "$WORK/copy"
}
