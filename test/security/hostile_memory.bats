#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# A segment or semaphore set with values that no svipc process stores: no process crashes, hangs without a way out, or
# reports a false success; a value out of range is reported as corrupt, with status 5; svclean removes the channel.

load ../lib/common
load ../lib/channels

setup() {
	sv_setup
	rv=$RV/default
	head -c 100000 /dev/urandom >in
}

# A writer that waits for its reader in a channel of 8 KiB.
lone_writer() {
	spawn writer svwrite -s 8K in
	wait_until '[ -e "$rv" ]'
	wait_asleep "${pid[writer]}"
	shm=$(segment_of)
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

# overwritten FIELD VALUE [TEXT]: overwrite a field while a writer waits; svclean leaves the channel alone, and a reader that
# comes then reports TEXT.  The writer is stopped meanwhile, because it looks at its header once a second and would leave by
# itself.
overwritten() {
	lone_writer
	kill -STOP "${pid[writer]}"
	ipctool set "$shm" "$1" "$2"
	run_logged svclean -a
	assert_status 0
	assert_equal 'segment in use' "$(segment_of)" "$shm"
	run_logged svread -t 5 -o out
	assert_status 5
	assert_output_has "${3:-corrupt channel}"
	kill -INT "${pid[writer]}"
	kill -CONT "${pid[writer]}"
	reap writer
	assert_status 130
	all_is_well_after_svclean
}

@test "a field of the header, a slot or a position has a wrong value while a writer waits: corrupt, or another version" {
	local field value text
	while read -r field value text; do
		echo "# $field $value"
		overwritten "$field" "$value" "$text"
	done <<-'END'
		magic 0x1234
		magic 0x0201004350495653 corrupt channel
		format 0x02000000 another version
		ready 1
		header_size 8192
		capacity 0
		capacity 16384
		capacity 0xffffffffffffffff
		inode 0x7fff5000
		key 0x7fff5000
		flags 0x7fff5000
		semid 1000000
		reader.slot 77
		writer.position 1000000
		reader.position 5
	END
}

@test "the writer's position is overwritten while it waits for a reader: both are told" {
	local position
	for position in 1 16 255; do
		lone_writer
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

# running FIELD VALUE STATUS STATUS TEXT: overwrite a field of one side while the ring is full and both sides are stopped.
# The other side, which goes on first, ends with the first status and says TEXT; that side ends with the second status.
running() {
	local side=${1%%.*} other=writer
	[ "$side" = reader ] || other=reader
	spawn reader svread -t 20 -s 8K -o out
	wait_until '[ -e "$rv" ]'
	wait_asleep "${pid[reader]}"
	shm=$(segment_of)
	kill -STOP "${pid[reader]}"
	spawn writer svwrite -t 20 in
	wait_until '[ "$(ipctool get "$shm" writer.position)" -ge 8192 ]'
	wait_asleep "${pid[writer]}"
	kill -STOP "${pid[writer]}"
	ipctool set "$shm" "$1" "$2"
	kill -CONT "${pid[$other]}"
	reap $other
	assert_status "$3"
	assert_stderr_has "corrupt channel: $5"
	kill -CONT "${pid[$side]}"
	reap "$side"
	assert_status "$4"
	all_is_well_after_svclean
}

@test "a wrong position or status while running: the side that reads it calls it corrupt, the other one is told" {
	running writer.position 0x4000000 5 3 'the writer stored an impossible position'
	running writer.position 8193 5 3 'the writer stored an impossible position'
	running reader.position 0x4000000000000000 5 5 'the reader stored an impossible position'
	running writer.status 0x77770000 5 3 'the writer stored an unknown status'
	running reader.status 0x77770000 5 3 'the reader stored an unknown status'
	# The reader says that it has finished, before the writer has.
	running reader.status 1 5 3 'the reader'
}

@test "our set is replaced by one of 1 or 3 semaphores: it is refused, and svclean leaves it alone" {
	local count
	for count in 1 3; do
		lone_writer
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
	lone_writer
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
@test "every byte is overwritten, in each state of a channel that is not running" {
	local state
	for state in writer-waits reader-waits writer-died reader-died detached halfway paused; do
		every_byte --only $state
	done
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
