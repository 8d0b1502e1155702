#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# What a person sees in windows of 80, 40 and 12 columns, and what a log has without a terminal, as under cron.

load ../lib/common
load ../lib/channels

setup() {
	sv_setup
	tmux=(tmux -L "sv-$BATS_SUITE_TEST_NUMBER-$$" -f /dev/null)
}

teardown() {
	"${tmux[@]}" kill-server 2>/dev/null || :
	sv_teardown
}

# window NAME COLUMNS COMMAND: run it in a window of that width, which stays when the command has ended.
window() {
	skip_unless tmux
	"${tmux[@]}" new-session -d -s "$1" -x "$2" -y 24 "trap : INT; $3; echo status \$? >$1.status; exec cat" || skip 'tmux does not start'
}

# What the window shows, without the empty lines at its end.
shown() {
	"${tmux[@]}" capture-pane -p -t "$1" | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}'
}

@test "windows of 80, 40 and 12 columns: the progress lines and svstat's picture of the channel fit" {
	local width
	random_file data 1M
	mkfifo feed
	exec 8<>feed
	for width in 80 40 12; do
		window "writer$width" $width 'svwrite -q -p feed 8>&-'
		wait_until "shown writer$width | grep -qE '^0 B|^svwrite: 0 B'"
		shown "writer$width" >waiting
		assert_equal "lines of the writer that waits at $width" "$(wc -l <waiting)" 1
		window "picture$width" $width 'svstat -w0.2'
		wait_until "shown picture$width | grep -q default"
		window "reader$width" $width 'svread -q -p -o copy'
		cat data >&8
		wait_until "shown reader$width | grep -qE '1.0 MiB'"
		wait_until "shown writer$width | grep -qE '1.0 MiB'"
		for name in writer reader; do
			shown "$name$width" >line
			assert_equal "lines of the $name at $width" "$(wc -l <line)" 1
			[ "$(awk '{ print length }' line)" -lt $width ] || fail "too long: $(cat line)"
		done
		# A row that is too long would be wrapped onto a second line.
		wait_until "shown picture$width | grep -qE '^ *default( |\$)'"
		[ "$(shown "picture$width" | awk '{ if (length > most) most = length } END { print most }')" -le $width ] ||
			fail "the picture is too wide: $(shown "picture$width")"
		[ $width -ne 80 ] || wait_until "shown writer80 | grep -qE '1.0 MiB .*[0-9]:[0-9]+ .*waiting for input'"
		"${tmux[@]}" send-keys -t "picture$width" q
		"${tmux[@]}" send-keys -t "writer$width" C-c
		wait_until "[ -s writer$width.status ] && [ -s reader$width.status ] && [ -s picture$width.status ]"
		assert_equal "status of the reader at $width" "$(cat "reader$width.status")" 'status 3'
		# Ctrl-C leaves the last figures.
		shown "writer$width" | grep -q '1.0 MiB' || fail "no figures are left: $(shown "writer$width")"
	done
	exec 8>&-
	assert_nothing_left
}

# as_cron COMMAND: run it without terminal and input, with a bare environment, in a session of its own.
as_cron() {
	setsid env -i HOME="$WORK" LOGNAME=nobody SHELL=/bin/sh PATH="$PATH" SVIPC_DIR="$SVIPC_DIR" /bin/sh -c "$1" </dev/null >"$WORK/log" 2>&1
}

@test "as cron runs it: nothing is drawn, there is no escape sequence, and errors are whole lines" {
	skip_unless setsid
	random_file data 1M
	spawn reader svread -q -o copy
	as_cron 'svwrite -p data'
	assert_equal 'the log of a success' "$(cat log)" ''
	ends_well reader
	assert_same_file data copy
	run_logged as_cron 'svwrite -p -t 0.2 data'
	assert_status 4
	assert_equal 'the log of a failure' "$(cat log)" "svwrite: channel 'default' (key $(sed -n 's/.*(key \(0x[0-9a-f]*\)).*/\1/p' log)): timed out: no reader came"
	run_logged as_cron 'svread -p missing'
	assert_status 2
	assert_equal 'lines of wrong usage' "$(grep -c . log)" "$(grep -c '^[[:print:]]*$' log)"
	run_logged as_cron 'svstat'
	assert_status 0
	assert_equal 'no channel, no word' "$(cat log)" ''
	spawn writer svwrite data
	wait_asleep "${pid[writer]}"
	run_logged as_cron 'svstat --noheadings -o name,state'
	assert_status 0
	assert_equal 'raw, because there is no terminal' "$(cat log)" 'default  waiting_reader'
	end_by TERM writer
	assert_nothing_left
}

@test "--exec: a command of svwrite does not read the terminal" {
	on_terminal 80 24 "svread -t 9 -o copy & svwrite -t 9 --exec 'cat; echo end'; wait"
	assert_status 0
	assert_equal copy "$(<copy)" end
}
