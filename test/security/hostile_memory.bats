#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# A segment or semaphore set with values that no svipc process stores: no process crashes, hangs without a way out, or
# reports a false success; a value out of range is reported as corrupt, with status 5; svclean removes the channel.

load ../lib/common

setup() {
	sv_setup
	rv=$RV/default
	head -c 100000 /dev/urandom >in
}

# The channel's segment and set.
segment() {
	ipctool find shm "$rv" 83
}

set_of() {
	ipctool find sem "$rv" 83
}

# A writer that waits for its reader in a channel of 8 KiB.
waiting_writer() {
	spawn writer svwrite -s 8K in
	wait_until '[ -e "$rv" ]'
	wait_asleep "${pid[writer]}"
	shm=$(segment)
	sem=$(set_of)
}

# After svclean nothing is left, and the channel can be used.
all_is_well_after_svclean() {
	run_logged svclean -a
	assert_status 0
	assert_no_leak
	the_next_works
}

the_next_works() {
	spawn next svwrite -t 30 in
	run_logged svread -t 30 -o out
	assert_status 0
	ends_well next
	assert_same_file in out
}

# overwritten FIELD VALUE [TEXT]: overwrite a field while a writer waits; a reader that comes then reports TEXT.  The writer
# is stopped meanwhile, because it looks at its header once a second and would leave by itself.
overwritten() {
	waiting_writer
	kill -STOP "${pid[writer]}"
	ipctool set "$shm" "$1" "$2"
	run_logged svread -t 5 -o out
	assert_status 5
	assert_output_has "${3:-corrupt channel}"
	kill -INT "${pid[writer]}"
	kill -CONT "${pid[writer]}"
	reap writer
	assert_status 130
	all_is_well_after_svclean
}

@test "the magic number is overwritten while a writer waits: corrupt" {
	overwritten magic 0x1234
}

@test "the ready mark is overwritten: corrupt" {
	overwritten ready 1
}

@test "the format of another version: the reader says so, and svclean leaves the live channel alone" {
	waiting_writer
	was=$(ipctool get "$shm" format)
	ipctool set "$shm" format $((was + (1 << 24)))
	run_logged svread -t 5
	assert_status 5
	assert_output_has 'another version'
	run_logged svclean -a
	assert_status 0
	assert_equal 'segment in use' "$(segment)" "$shm"
	end_by KILL writer
	all_is_well_after_svclean
}

@test "capacity, inode, key or flags are overwritten: corrupt" {
	local field
	for field in capacity inode key flags; do
		echo "# $field"
		overwritten "$field" 0x7fff5000
	done
}

@test "the header names another semaphore set: corrupt" {
	overwritten semid 1000000
}

@test "a slot or a position is out of range: corrupt" {
	local what
	for what in 'reader.slot 77' 'writer.position 1000000' 'reader.position 5'; do
		echo "# $what"
		# shellcheck disable=SC2086 # words
		overwritten $what
	done
}

@test "the writer's position is overwritten while it waits for a reader: both are told" {
	local position
	for position in 1 16 255; do
		waiting_writer
		ipctool set "$shm" writer.position $position
		run_logged svread -t 20 -o out
		assert_status 3
		assert_output_has 'the writer'
		reap writer
		assert_status 5
		assert_stderr_has 'corrupt channel: the position of the writer was overwritten'
		all_is_well_after_svclean
	done
}

# running FIELD VALUE WRITER READER: overwrite a field while the ring is full and both sides are stopped; they end with these
# statuses.  What the writer has stored is read when no data is left, so then the writer goes on only after the reader's end.
running() {
	spawn reader svread -t 20 -s 8K -o out
	wait_until '[ -e "$rv" ]'
	wait_asleep "${pid[reader]}"
	shm=$(segment)
	kill -STOP "${pid[reader]}"
	spawn writer svwrite -t 20 in
	wait_until '[ "$(ipctool get "$shm" writer.position)" -ge 8192 ]'
	wait_asleep "${pid[writer]}"
	kill -STOP "${pid[writer]}"
	ipctool set "$shm" "$1" "$2"
	kill -CONT "${pid[reader]}"
	[[ $1 != writer.* ]] || wait_gone "${pid[reader]}"
	kill -CONT "${pid[writer]}"
	reap writer
	assert_status "$3"
	writer_said=$stderr
	reap reader
	assert_status "$4"
	reader_said=$stderr
	all_is_well_after_svclean
}

@test "the writer's position out of range while running: the reader calls it corrupt, the writer is told" {
	running writer.position 0x4000000 3 5
	[[ $reader_said == *'corrupt channel: the writer stored an impossible position'* ]]
	running writer.position 8193 3 5
	[[ $reader_said == *'corrupt channel'* ]]
}

@test "an impossible status: the side that reads it reports a corrupt channel" {
	running writer.status 0x77770000 3 5
	[[ $reader_said == *'corrupt channel: the writer stored an unknown status'* ]]
	running reader.status 0x77770000 5 3
	[[ $writer_said == *'corrupt channel: the reader stored an unknown status'* ]]
}

@test "a reader that says it has finished before the writer: corrupt" {
	running reader.status 1 5 3
	[[ $writer_said == *'corrupt channel'* ]]
}

# foreign KIND ARGUMENT: other software has an object under our key; it stays untouched.
foreign() {
	ipctool record "$rv" 83 -1 -1
	id=$(ipctool "$1" "$rv" 83 "$2")
	before=$(ipc_list)
	# The name gets another file, and so another key.
	the_next_works
	run_logged svclean -a
	assert_status 0
	assert_equal 'the object' "$(ipc_list)" "$before"
	ipcrm "$([ "$1" = shm ] && echo -m || echo -s)" "$id"
	all_is_well_after_svclean
}

@test "a segment too small or of an odd size in our place is foreign and stays" {
	local bytes
	for bytes in 1 8191 20481; do
		echo "# $bytes"
		foreign shm $bytes
	done
}

@test "a set of 1 or 3 semaphores in our place is foreign and stays" {
	local count
	for count in 1 3; do
		foreign sem $count
	done
}

@test "our set is replaced by one of 1 or 3 semaphores: it is refused, and svclean leaves it alone" {
	local count
	for count in 1 3; do
		waiting_writer
		kill -STOP "${pid[writer]}"
		ipcrm -s "$sem"
		other=$(ipctool sem "$rv" 83 $count)
		run_logged svread -t 5
		assert_status 5
		assert_output_has 'still attached'
		kill -CONT "${pid[writer]}"
		reap writer
		assert_status 1
		run_logged svclean -a
		assert_status 0
		# The writer has removed the rendezvous file, so the test knows the set by its id.
		[[ $(ipc_list) == *"sem $other "* ]] || fail 'the other set was removed'
		ipcrm -s "$other"
		all_is_well_after_svclean
	done
}

@test "semaphores with values that no svipc process sets, of dead and of live channels" {
	run_logged hostile --only semaphores --sample 15 --seed "${SV_SEED:-1}"
	assert_status 0
}

@test "a header with the right identity and random values elsewhere" {
	run_logged hostile --only nonsense --sample 15 --seed "${SV_SEED:-1}"
	assert_status 0
}

@test "a header without a record cannot make svclean remove another set" {
	waiting_writer
	end_by KILL writer
	touch other
	other=$(ipctool sem other 7 2)
	rm "$rv"
	ipctool set "$shm" key "$(ipctool key other 7)"
	ipctool set "$shm" semid "$other"
	run_logged svclean -a
	assert_status 0
	assert_equal 'the other set' "$(ipctool find sem other 7)" "$other"
	ipcrm -s "$other" -s "$sem" -m "$shm"
}

@test "another user's channel is reported as that user's and left alone" {
	another_user
	cp "$WORK/in" .
	touch meet
	spawn writer svwrite -k meet in
	wait_asleep "${pid[writer]}"
	shm=$(ipctool find shm meet 83)
	run_logged "${as[@]}" svread -t 5 -k meet
	assert_status 5
	assert_output_has 'of user 0'
	run_logged "${as[@]}" svclean -a
	assert_status 0
	run_logged "${as[@]}" svclean -a -k meet
	assert_equal 'the segment' "$(ipctool find shm meet 83)" "$shm"
	end_by INT writer
	assert_status 130
}

@test "single bytes of the header and of both sides' lines are overwritten: a sample of states and values" {
	run_logged hostile --sample 5 --seed "${SV_SEED:-1}"
	assert_status 0
	echo "# ${lines[0]}" >&3
}

# Overwrite every byte of the header and of both sides' lines with four values.  The seed is SV_SEED, or a new one that is
# printed.
every_byte() {
	: "${SV_SEED:=$((RANDOM * 32768 + RANDOM))}"
	SV_LIMIT=3400 run_logged hostile --seed "$SV_SEED" "$@"
	assert_status 0
	echo "# ${lines[0]}, seed $SV_SEED" >&3
}

# bats test_tags=long
@test "every byte is overwritten while a writer waits" {
	every_byte --only writer-waits
}

# bats test_tags=long
@test "every byte is overwritten while a reader waits" {
	every_byte --only reader-waits
}

# bats test_tags=long
@test "every byte is overwritten after a writer died" {
	every_byte --only writer-died
}

# bats test_tags=long
@test "every byte is overwritten after a reader died" {
	every_byte --only reader-died
}

# bats test_tags=long
@test "every byte of a detached channel is overwritten" {
	every_byte --only detached
}

# bats test_tags=long
@test "every byte of a resumable channel is overwritten after its sides died half-way" {
	every_byte --only halfway
}

# bats test_tags=long
@test "every byte is overwritten while the ring is full and the reader is stopped" {
	every_byte --only paused
}

# bats test_tags=long
@test "many bytes are overwritten while data flows" {
	every_byte --only running --sample 1000
}

# bats test_tags=long
@test "random semaphores, and headers with the right identity and random values elsewhere" {
	every_byte --only semaphores --sample 500
	every_byte --only nonsense --sample 500
}

# bats test_tags=long
@test "a sample of all states with programs built with sanitizers" {
	skip_if_sanitized
	SV_LIMIT=500 run_logged make -s -C "$SV_ROOT" SANITIZE=address,undefined BUILD="$SVIPC_BUILD/address-undefined" all
	assert_status 0
	every_byte --sample 300 --programs "$SVIPC_BUILD/address-undefined"
}
