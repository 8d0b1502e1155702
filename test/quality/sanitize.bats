#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The sanitizers for addresses, undefined behaviour and threads find nothing in the unit tests and in real transfers.

load ../lib/common

setup_file() {
	export SANITIZED=$BATS_FILE_TMPDIR/sanitized
}

setup() {
	sv_setup
	skip_if_sanitized
}

# skip_without SANITIZER: skip the test if the compiler or the machine does not have it.
skip_without() {
	echo 'int main(void) { return 0; }' | ${CC:-cc} -x c "-fsanitize=$1" -o works - 2>/dev/null && ./works ||
		skip "the compiler has no $1 sanitizer"
}

# build TARGET...: build into a directory that the tests of this file share.
build() {
	skip_without address,undefined
	# This builds the whole library, and the machine may be busy.
	SV_LIMIT=500 run_logged make -s -C "$SV_ROOT" -j2 "BUILD=$SANITIZED" SANITIZE=address,undefined CFLAGS='-O1 -g' \
		"${@/#/$SANITIZED/}"
	assert_status 0
}

programs=(svwrite svread svclean test/tools/midway_preload.so)

@test "the unit tests pass with the sanitizers for addresses and undefined behaviour" {
	local unit units=()
	for unit in "$SV_ROOT"/test/unit/*_test.c; do
		unit=${unit##*/}
		units+=("test/${unit%.c}")
	done
	build "${units[@]}"
	for unit in "${units[@]}"; do
		SV_LIMIT=120 run_logged "$SANITIZED/$unit"
		assert_status 0
		assert_output_lacks 'not ok'
	done
}

@test "transfers, deaths and cleaning work with the sanitizers for addresses and undefined behaviour" {
	build "${programs[@]}"
	export PATH=$SANITIZED:$PATH SVIPC_BUILD=$SANITIZED
	# The interposer is loaded before the sanitizer's runtime on purpose.
	export ASAN_OPTIONS=verify_asan_link_order=0
	random_file file 2M
	pass file -s 16K
	pass file -r -s 64K
	: >empty
	pass empty
	# An error on either side, a death, a wrong option, and cleaning.
	spawn reader bash -c 'exec svread >/dev/full'
	run_logged svwrite file
	assert_status 3
	reap reader
	assert_status 1
	spawn reader svread -s 16K -o copy
	midway signal=9 5 svwrite -s 16K file
	reap svwrite
	reap reader
	assert_status 3
	assert_output_lacks Sanitizer
	[[ $stderr != *Sanitizer* ]]
	run_logged svwrite -s nonsense
	assert_status 2
	run_logged svwrite -d file
	assert_status 0
	run_logged svclean -a
	assert_status 0
	assert_output_has 'removed default'
	assert_nothing_left
}

@test "threads that share a ring or use channels have no data race" {
	skip_without thread
	local unit flags=(-std=gnu11 -O1 -g -fsanitize=thread "-I$SV_ROOT/src/lib" "-I$SV_ROOT/include")
	# These tests need only the library.
	mkdir objects
	SV_LIMIT=300 run_logged bash -c 'cd objects && "$@"' - ${CC:-cc} "${flags[@]}" -c "$SV_ROOT"/src/lib/*.c "$SV_ROOT"/src/lib/*/*.c
	assert_status 0
	for unit in ring_test threads_test deadline_test events_test queue_test; do
		run_logged ${CC:-cc} "${flags[@]}" -o $unit "$SV_ROOT/test/unit/$unit.c" objects/*.o -pthread
		assert_status 0
		SV_LIMIT=120 run_logged env TSAN_OPTIONS=halt_on_error=1 ./$unit
		assert_status 0
		assert_output_lacks 'not ok'
		assert_output_lacks ThreadSanitizer
	done
}
