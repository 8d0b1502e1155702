#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The order in which real CPUs make the ring's stores visible: with full fences and with membarrier(2), no position is
# seen before the bytes that it covers, and no wake-up is lost.

load ../lib/common
load ../lib/compilers

setup() {
	sv_setup
	ROUNDS=${SV_ROUNDS:-20000}
	[ -z "${SV_ROUNDS-}" ] || export SV_LIMIT=3000
}

# litmus_logged OPTION...: run litmus; its status 77 skips the test with the reason.
litmus_logged() {
	run_logged litmus --seed "${SV_SEED:-1}" "$@"
	[ "$status" != 77 ] || skip "${output#litmus: }"
	assert_status 0
	echo "# ${output#litmus: }" >&3
}

# sources [TREE]: the options and sources that build the tool with another compiler.
sources() {
	local tree=${1:-$SV_ROOT}
	echo "-std=gnu11 -D_FILE_OFFSET_BITS=64 -O1 -g -I$SV_ROOT/include -I$tree/src/lib -I$SV_ROOT/test/lib $SV_ROOT/test/tools/litmus.c"
	# The tool replaces wait.c.
	find "$tree/src/lib" -name '*.c' ! -name wait.c
	echo -pthread
}

@test "no wake-up is lost in one-byte steps with full fences" {
	litmus_logged steps --mode full --rounds "$ROUNDS"
	assert_output_has ' 0 wake-ups lost'
}

@test "no wake-up is lost in one-byte steps with light publishers and membarrier(2)" {
	litmus_logged steps --mode light --rounds "$ROUNDS"
	assert_output_has ' 0 wake-ups lost'
}

@test "no wake-up is lost in one-byte steps with publishers that become light and heavy again" {
	litmus_logged steps --mode switching --rounds "$ROUNDS"
	assert_output_has ' 0 wake-ups lost'
}

@test "store buffering never happens with full fences" {
	litmus_logged stores --mode full --rounds "$ROUNDS"
	assert_output_has 'both saw the old value 0 times'
}

@test "store buffering never happens with membarrier(2) on one side and a compiler fence on the other" {
	# Each round interrupts another CPU, which is much slower than the other modes.
	litmus_logged stores --mode light --rounds $((ROUNDS / 25))
	assert_output_has 'both saw the old value 0 times'
}

# The count is only reported, because it depends on the machine.
@test "store buffering without any fence: how often it happens" {
	litmus_logged stores --mode none --rounds "$ROUNDS"
}

@test "ThreadSanitizer finds nothing in one-byte steps of two threads, with and without semaphores" {
	skip_if_sanitized
	echo 'int main(void) { return 0; }' | gcc -fsanitize=thread -x c -o probe - 2>/dev/null && ./probe ||
		skip 'needs ThreadSanitizer'
	# shellcheck disable=SC2046 # words
	SV_LIMIT=300 run_logged gcc -fsanitize=thread $(sources) -o litmus-tsan
	assert_status 0
	run_logged ./litmus-tsan steps --memory threads --rounds "$ROUNDS"
	assert_status 0
	assert_output_lacks WARNING
	run_logged ./litmus-tsan steps --memory threads --spin --rounds "$ROUNDS"
	assert_status 0
	assert_output_lacks WARNING
}

@test "ThreadSanitizer sees a publication that is not a release" {
	skip_if_sanitized
	echo 'int main(void) { return 0; }' | gcc -fsanitize=thread -x c -o probe - 2>/dev/null && ./probe ||
		skip 'needs ThreadSanitizer'
	mkdir -p twin/src
	cp -r "$SV_ROOT/src/lib" twin/src
	sed -i 's/, position, memory_order_release)/, position, memory_order_relaxed)/
		s/atomic_exchange_explicit(&word, 0, memory_order_seq_cst)/(void)word/' twin/src/lib/ring/ring.h
	run_logged cmp twin/src/lib/ring/ring.h "$SV_ROOT/src/lib/ring/ring.h"
	assert_status 1
	# shellcheck disable=SC2046 # words
	SV_LIMIT=300 run_logged gcc -fsanitize=thread $(sources twin) -o litmus-twin
	assert_status 0
	# The twin has no fences either, because a fence would also order the two stores.  ThreadSanitizer reports only a race
	# that happens, and on a busy machine one run may have none.
	local seed
	for seed in 1 2 3 4 5 6 7 8 9 10; do
		run_logged ./litmus-twin steps --memory threads --spin --rounds 20000 --seed $seed
		[ "$status" = 0 ] || break
	done
	assert_status 66
	assert_output_has 'data race'
}

@test "the same steps and stores, and the unit tests of the ring, pass on arm64 under qemu" {
	local cc
	skip_if_sanitized
	cc=$(compiler_for arm64) || skip 'needs gcc-aarch64-linux-gnu'
	skip_unless qemu-aarch64
	# shellcheck disable=SC2046,SC2086 # words
	run_logged $cc -static $(sources) -o litmus-arm64
	assert_status 0
	run_logged qemu-aarch64 ./litmus-arm64 steps --spin --rounds "$ROUNDS"
	assert_status 0
	run_logged qemu-aarch64 ./litmus-arm64 steps --spin --memory threads --rounds "$ROUNDS"
	assert_status 0
	run_logged qemu-aarch64 ./litmus-arm64 stores --rounds 5000
	assert_status 0 77
	if [ -e "$SV_ROOT/test/unit/ring_test.c" ]; then
		# shellcheck disable=SC2086 # words
		run_logged $cc -static -std=gnu11 -O2 -I"$SV_ROOT/include" -I"$SV_ROOT/src/lib" -I"$SV_ROOT/test/lib" -o ring-arm64 \
			"$SV_ROOT/test/unit/ring_test.c" "$SV_ROOT/src/lib/ring/ring.c" -pthread
		assert_status 0
		run_logged qemu-aarch64 ./ring-arm64
		assert_status 0
		assert_output_lacks 'not ok'
	fi
}

# bats test_tags=long
@test "all of these pass with millions of rounds" {
	SV_LIMIT=3500 run_logged env SV_ROUNDS="${SV_ROUNDS:-3000000}" bats --tap --filter-tags '!long' "$BATS_TEST_FILENAME"
	grep '^# ' <<<"$output" >&3 || :
	assert_status 0
}
