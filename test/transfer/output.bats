#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# What happens to the output file and to the input file when a transfer fails, and before it begins.
#
# shellcheck disable=SC2016,SC2154 # conditions are text, evaluated later; variables of lib/common

load ../lib/common

# half_written OPTION...: start a reader with the options; it has received 100000 bytes and waits for more.  Descriptor 9
# is the input of its writer.
half_written() {
	mkfifo feed
	exec 9<>feed
	random_file sent 100000
	spawn reader svread "$@" 9>&-
	spawn writer svwrite feed 9>&-
	timeout "$SV_DEADLINE" cat sent >&9
	wait_asleep "${pid[reader]}"
}

@test "--atomic: FILE is replaced when all data has arrived, and keeps its mode" {
	echo old >file
	chmod 604 file
	ln -s file link
	half_written -o link --atomic
	assert_equal 'meanwhile' "$(cat file)" old
	exec 9>&-
	ends_well writer
	ends_well reader
	assert_same_file sent file
	assert_equal mode "$(stat -c %a file)" 604
	[ -L link ]
	spawn reader svread --atomic --sync -o new
	run_logged svwrite sent
	assert_status 0
	reap reader
	assert_same_file sent new
	assert_equal mode "$(stat -c %a new)" "$(stat -c %a sent)"
	assert_equal files "$(ls)" "$(printf '%s\n' feed file link new reader.err reader.out sent writer.err writer.out)"
}

@test "--atomic: what is no regular file is refused" {
	run_logged svread --atomic -o /dev/null
	assert_status 1
	assert_output_has 'cannot open /dev/null: Invalid argument'
	assert_nothing_left
}

@test "--atomic: after a failure or any signal FILE is unchanged and there is no other file" {
	local signal files
	echo old >file
	files=$(printf '%s\n' feed file reader.err reader.out sent writer.err writer.out)
	for signal in TERM INT KILL; do
		rm -f feed
		half_written -o file --atomic
		kill -$signal "${pid[reader]}"
		exec 9>&-
		reap reader
		reap writer
		assert_equal "file after SIG$signal" "$(cat file)" old
		assert_equal "files after SIG$signal" "$(ls)" "$files"
		run_logged svclean -q
	done
	rm feed
	half_written -o file --atomic
	end_by KILL writer
	reap reader
	assert_status 3
	exec 9>&-
	assert_equal file "$(cat file)" old
	assert_equal files "$(ls)" "$files"
}

@test "--atomic: if each temporary name exists already, svread fails, and removes none of these files" {
	skip_unless strace
	echo old >copy
	spawn writer svwrite - <<<new
	# The writer has made the channel, so that the reader needs no name for that.
	wait_asleep "${pid[writer]}"
	run_logged strace -qq -s 4096 -o trace -e trace=linkat,?unlink,unlinkat -e inject=linkat:error=EEXIST svread --atomic -o copy
	assert_status 1
	assert_output_has 'File exists'
	reap writer
	assert_status 3
	assert_equal tries "$(grep -c "linkat.*copy" trace)" 100
	assert_equal 'names that differ' "$(grep -o 'copy[.][^"]*"' trace | sort -u | wc -l)" 100
	assert_equal removed "$(grep -c 'unlink.*copy' trace)" 0
	assert_equal copy "$(<copy)" old
}

@test "--sync: file and directory are written to the disk before the writer is told of the success" {
	skip_unless strace
	local options expected
	random_file data 100K
	while read -r expected options; do
		# shellcheck disable=SC2086 # words
		spawn reader strace -qq -o trace -e trace=fsync,semop,close,rename svread $options -o file
		run_logged svwrite data
		assert_status 0
		ends_well reader
		assert_equal "calls with $options" "$(sed -n 's/^\(fsync\|rename\).*/\1/p' trace | paste -sd,)" "$expected"
	done <<-'END'
		fsync,fsync --sync
		fsync,rename,fsync --sync --atomic
		rename --atomic
	END
}

@test "svread reports the name and the size of an incomplete file" {
	half_written -o copy
	end_by KILL writer
	reap reader
	assert_status 3
	assert_stderr_has 'copy is incomplete: it has 100000 bytes'
	exec 9>&-
}

@test "-f: an incomplete file is renamed" {
	mkfifo feed
	exec 9<>feed
	spawn reader svread -f -o 'out-%n' 9>&-
	spawn writer svwrite feed 9>&-
	echo begun >&9
	wait_until '[ -s out-1 ]'
	end_by KILL writer
	exec 9>&-
	run_logged svwrite - <<<whole
	assert_status 0
	end_by TERM reader
	assert_stderr_has 'the incomplete file is now out-1.partial: it has 6 bytes'
	assert_equal files "$(ls out-*)" $'out-1.partial\nout-2'
}

@test "a new output file is removed if no transfer begins; an existing one stays" {
	echo precious >old
	spawn holder svread
	wait_asleep "${pid[holder]}"
	run_logged svread -o new
	assert_status 5
	run_logged svread -o old
	assert_status 5
	end_by TERM holder
	run_logged svread -t 0.1 -o new
	assert_status 4
	spawn reader svread -o new
	wait_until '[ -e new ]'
	end_by TERM reader
	assert_status 143
	[ ! -e new ] || fail 'new is left'
	assert_equal old "$(cat old)" precious
}

@test "an input that is truncated during the transfer is a failure on both sides" {
	random_file data 3M
	mkfifo sink
	exec 9<>sink
	spawn reader bash -c 'exec svread -s 64K >sink' 9>&-
	spawn writer svwrite -s 64K data 9>&-
	wait_until '[ "$(svstat --noheadings -o state)" = running ]'
	wait_asleep "${pid[writer]}"
	truncate -s 1M data
	spawn drain cat sink 9>&-
	wait_until '[ -s drain.out ]'
	exec 9>&-
	reap writer
	assert_status 1
	assert_stderr_has 'data was truncated during the transfer'
	reap reader
	assert_status 3
	assert_stderr_has 'its input was truncated'
	reap drain
}

@test "-r: an input that is overwritten while its writer lives is a failure on both sides" {
	random_file data 3M
	spawn writer svwrite -r -s 64K data
	wait_until '[ -s "$SVIPC_DIR"/default ] || ls "$SVIPC_DIR"/*/default'
	wait_asleep "${pid[writer]}"
	head -c 3M /dev/zero | dd of=data conv=notrunc status=none
	run_logged svread -r -o copy
	assert_status 3
	assert_output_has 'its input was changed during the transfer'
	reap writer
	assert_status 1
	assert_stderr_has 'data was changed during the transfer'
	svclean -aq
}

@test "the same file at both ends is refused before it is emptied, whoever comes first" {
	random_file file 100K
	cp file before
	ln file other
	spawn first svwrite file
	wait_asleep "${pid[first]}"
	run_logged svread -o other
	assert_status 1
	assert_output_has 'input and output are the same file'
	assert_same_file before file
	run_logged svread --atomic -o other
	assert_status 0
	ends_well first
	spawn first svread -o file
	wait_asleep "${pid[first]}"
	run_logged svwrite - <file
	assert_status 1
	assert_output_has 'input and output are the same file'
	assert_same_file before file
	run_logged svwrite other
	assert_status 0
	reap first
	assert_same_file before file
	# Detached data is safe, so it may go back to the same file.
	run_logged svwrite -d file
	run_logged svread -o file
	assert_status 0
	assert_same_file before file
}

@test "a closed standard stream is an error, and no opened file takes its place" {
	spawn reader sh -c 'exec svread -o copy 2>&- >&-'
	run_logged svwrite - <<<text
	assert_status 0
	ends_well reader
	spawn reader sh -c 'exec svread -o copy -t 0.1 2>&-'
	reap reader
	assert_status 4
	assert_equal copy "$(cat copy)" text
	# The side is refused before it opens the channel, so it does not disturb a side that waits there.
	spawn writer svwrite - <<<text
	wait_asleep "${pid[writer]}"
	run_logged sh -c 'exec svread >&-'
	assert_status 1
	assert_output_has 'standard output: Bad file descriptor'
	run_logged sh -c 'exec svwrite <&-'
	assert_status 1
	assert_output_has 'standard input: Bad file descriptor'
	run_logged svread
	assert_output text
	ends_well writer
	assert_nothing_left
}

@test "the same file at both ends is refused also if it is one of several inputs, or an output of -f" {
	random_file file 100K
	cp file before
	echo first >first
	echo last >last
	# First the writer waits, then the reader; the reader's message has the reason.
	spawn writer svwrite first file last
	wait_asleep "${pid[writer]}"
	run_logged svread -o file
	assert_status 3
	assert_output_has 'input and output are the same file'
	reap writer
	assert_status 1
	assert_stderr_has 'input and output are the same file: file'
	assert_same_file before file
	spawn reader svread -o file
	wait_asleep "${pid[reader]}"
	run_logged svwrite --lines first file
	assert_status 5
	run_logged svwrite first last file
	assert_status 1
	reap reader
	assert_status 3
	assert_same_file before file
	# With -f, only the file that the reader writes to now counts.
	cp file out-2
	spawn reader svread -f -o 'out-%n'
	run_logged svwrite out-2 first
	assert_status 0
	run_logged svwrite first out-2
	assert_status 1
	assert_output_has 'input and output are the same file: out-2'
	wait_until 'grep -q "transfer 2 failed" reader.err'
	assert_same_file before out-2
	end_by TERM reader
	assert_equal 'the first' "$(wc -c <out-1)" $((6 + 102400))
	assert_nothing_left
}

@test "-o keeps the old content until the first byte comes, or until an empty input ends" {
	echo old >copy
	mkfifo feed
	exec 8<>feed
	spawn writer svwrite feed 8>&-
	spawn reader svread -o copy 8>&-
	wait_until 'sv_asleep ${pid[reader]} && [ "$(svstat --noheadings -o state)" = running ]'
	assert_equal 'while the writer is silent' "$(cat copy)" old
	end_by TERM writer
	reap reader
	assert_status 3
	[[ $stderr != *"copy is incomplete"* ]] || fail 'it reports an incomplete file'
	assert_equal 'after the failure' "$(cat copy)" old
	exec 8>&-
	spawn reader svread -o copy
	run_logged svwrite /dev/null
	assert_status 0
	reap reader
	assert_equal 'an empty input' "$(cat copy)" ''
}

@test "a file that one svread created and another one writes to is not removed when the first one ends" {
	echo text >sent
	spawn first svread -c one -o copy
	wait_asleep "${pid[first]}"
	spawn second svread -c two -o copy
	run_logged svwrite -c two sent
	assert_status 0
	ends_well second
	end_by TERM first
	assert_same_file sent copy
	assert_nothing_left
}

@test "an output that is removed during the transfer is a failure on both sides" {
	half_way
	rm copy
	exec 9>&-
	reap reader
	assert_status 1
	assert_stderr_has 'was removed while it was written'
	reap writer
	assert_status 3
	assert_nothing_left
}
