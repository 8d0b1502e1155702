#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Every wait ends: after its time-out, at once by a signal, and when its condition can no longer become true.  The
# deadline of `reap` finds a wait that does not end; nothing is measured.

load ../lib/common
load ../lib/arena
load ../lib/survivor

# A reader that has lost its writer but is still at work, and a newcomer that waits for the end of that transfer.
newcomer_waits() {
	lost_writer
	spawn next svwrite - 9>&- <<<next
	wait_asleep "${pid[next]}"
}

@test "a new process waits for the end of a transfer; when the survivor is killed too, it goes on" {
	newcomer_waits
	end_by KILL reader
	exec 9>&-
	# The newcomer made this segment before anybody else came: the old segment is gone.
	wait_until 'ipc_leaked "$sv_before" "$SVIPC_DIR" | grep -q "^shm"'
	run_logged svread -t 20
	assert_status 0
	assert_output next
	ends_well next
	assert_nothing_left
}

@test "a new process waits for a stopped survivor: -t, TERM and INT end the wait" {
	newcomer_waits
	kill -STOP "${pid[reader]}"
	run_logged svwrite -t 0.2 file
	assert_status 4
	assert_output_has "pid ${pid[reader]}"
	run_logged svread -t 0
	assert_status 4
	end_by TERM next
	assert_status 143
	spawn next svwrite file 9>&-
	wait_asleep "${pid[next]}"
	end_by INT next
	assert_status 130
	end_by KILL reader
	exec 9>&-
	svclean -q
	assert_nothing_left
}

@test "a new process waits for the survivor of another user's channel: it is told who can remove what is left" {
	arena_open
	sh_in alice 'chmod 711 .; touch meet; chmod 666 meet; head -c 1200000 /dev/urandom >file; echo next >next'
	sh_in bob 'mkfifo sink'
	spawn_in bob sink 'exec sleep 600 <>sink'
	spawn_in bob reader "exec svread -s 2M -m 0666 -k $HOMES/alice/meet >sink"
	spawn_in alice writer 'until svstat -k meet >/dev/null 2>&1; do :; done; exec svwrite -s 2M -m 0666 -k meet file'
	wait_until "objects | grep -q ^sem"
	wait_asleep "${pid[writer]}"
	end_by KILL writer
	spawn_in alice next 'exec svwrite -m 0666 -k meet next'
	wait_asleep "${pid[next]}"
	# Bob came first and made the channel, so alice cannot remove what he left.  The message names him.
	end_by KILL reader
	reap next
	assert_status 5
	assert_stderr_has "user $BOB"
	run_logged "${bob[@]}" svclean -k $HOMES/alice/meet
	assert_output_has removed
	spawn_in alice next 'exec svwrite -m 0666 -k meet next'
	run_logged sh_in alice 'svread -t 20 -m 0666 -k meet'
	assert_status 0
	assert_output next
	ends_well next
}

@test "a semop that returns EAGAIN, as in some sandboxes, is an error and causes no busy loop" {
	skip_unless strace
	local side
	echo text >file
	for side in svread 'svwrite file'; do
		# shellcheck disable=SC2086 # words
		run_logged strace -qq -o trace -e inject=semop,semtimedop:error=EAGAIN:when=2+ $side
		assert_status 1
		assert_output_has 'unction not implemented'
		[ "$(grep -c 'semop\|semtimedop' trace)" -lt 20 ] || fail 'it asked again and again'
	done
	svclean -q
	assert_nothing_left
}

@test "TERM ends a wait for the lock at once, even with a long -t" {
	skip_unless flock
	local side
	spawn dead svread
	wait_asleep "${pid[dead]}"
	end_by KILL dead
	mkfifo hold
	exec 8<>hold
	spawn holder flock "$RV/default" cat <hold 8>&-
	wait_until '! flock -n "$RV/default" true'
	for side in svread 'svwrite /dev/null'; do
		# shellcheck disable=SC2086 # words
		spawn side $side -t 600 8>&-
		wait_until "ls -l /proc/${pid[side]}/fd 2>/dev/null | grep -qF '$RV/default'"
		end_by TERM side
		assert_status 143
	done
	exec 8>&-
	reap holder
	svclean -q
	assert_nothing_left
}

@test "a waiting side is told when the rendezvous of its name is removed or replaced" {
	local side how
	for side in svread 'svwrite /dev/null'; do
		for how in 'rm "$RV/default"' 'cp "$RV/default" new; mv new "$RV/default"' 'mv "$RV/default" "$RV/other"'; do
			# shellcheck disable=SC2086 # words
			spawn side $side
			wait_asleep "${pid[side]}"
			eval "$how"
			reap side
			assert_status 1
			assert_stderr_has 'was removed or replaced while it waited'
			rm -f "$RV/default" "$RV/other"
			assert_nothing_left
		done
	done
}

@test "a peer that died while attaching, without a weight, causes no busy loop, and the next one is joined" {
	local segment
	echo text >file
	spawn writer svwrite file
	wait_asleep "${pid[writer]}"
	segment=$(svstat --noheadings -o shmid | tr -d ' ')
	ipctool set "$segment" reader.slot 1
	# The signal wakes it; it looks, and sleeps again.
	kill -USR1 "${pid[writer]}"
	wait_until '[ "$(ipctool get '"$segment"' reader.slot)" = 0 ]'
	wait_asleep "${pid[writer]}"
	run_logged svread -t 20
	assert_status 0
	assert_output text
	ends_well writer
	assert_nothing_left
}

@test "when the set loses its permissions during a transfer, both sides end, and closing ends too" {
	another_user
	skip_unless python3
	mkfifo feed
	exec 9<>feed
	random_file sent 50000
	chmod 666 feed sent
	spawn reader "${as[@]}" svread 9>&-
	spawn writer "${as[@]}" svwrite - <feed 9>&-
	cat sent >&9
	wait_until 'cmp -s sent "$WORK/reader.out"'
	wait_asleep "${pid[reader]}"
	python3 - <<-'END'
		import ctypes
		libc = ctypes.CDLL(None, use_errno=True)
		for line in list(open('/proc/sysvipc/sem'))[1:]:
		    words = line.split()
		    data = ctypes.create_string_buffer(256)
		    if int(words[4]) != 0 and libc.semctl(int(words[1]), 0, 2, data) == 0:
		        for at in range(20, 22):
		            data[at] = 0
		        libc.semctl(int(words[1]), 0, 1, data)
	END
	grep -v '^ *key' /proc/sysvipc/sem | awk '{ print $3 }' | grep -qx 0 || fail 'the mode of the set has not changed'
	end_by TERM reader
	assert_status 143
	exec 9>&-
	reap writer
	assert_status 1 3
	ipc_leaked "$sv_before" | ipc_remove
}

# ends_with_its_reader SIGNAL TEXT [OPTION...]: a writer whose input never comes ends and says TEXT when its reader gets that
# signal.
ends_with_its_reader() {
	mkfifo input
	exec 7<>input
	spawn reader svread "${@:3}" -o out
	spawn writer svwrite "${@:3}" input
	svstat --wait default=running -t "$SV_DEADLINE"
	[[ $* != *progress* ]] || wait_until 'grep -q "waiting for input" writer.err'
	# The writer is in poll(2) or read(2), not in a semaphore operation.
	wait_until '[ "$(sv_state "${pid[writer]}")" = S ] && ! sv_asleep "${pid[writer]}"'
	kill "-$1" "${pid[reader]}"
	reap writer
	assert_status 3
	assert_stderr_has "$2"
	reap reader
	rm input
	assert_nothing_left
}

@test "a writer that waits for its own input ends at once when its reader ends" {
	ends_with_its_reader KILL died
	ends_with_its_reader TERM 'signal 15'
	ends_with_its_reader KILL died --lines
	ends_with_its_reader KILL died --progress=force
}
