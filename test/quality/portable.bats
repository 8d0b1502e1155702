#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Other compilers, another C library, 32 bits, another architecture: each builds without a warning, its unit tests pass,
# and its programs exchange data with each other and with those of the build under test, because the layout of the segment
# is the same everywhere.

load ../lib/common
load ../lib/compilers

setup() {
	skip_if_sanitized
	sv_setup
}

# build_for KIND: build with that compiler into $build; skip the test if there is none.
build_for() {
	local unit program targets=()
	cc=$(compiler_for "$1") || skip "needs a compiler for $1"
	build=$BATS_TEST_TMPDIR/build
	# scripts/check makes this one.
	[ "$1" != clang ] || build=build/with-clang
	for unit in "$SV_ROOT"/test/unit/*.c "$SV_ROOT"/test/examples/*.c; do
		[ ! -e "$unit" ] || targets+=("$build/${unit#"$SV_ROOT/"}")
	done
	targets=("${targets[@]/\/test\/unit//test}")
	for program in "$SV_ROOT"/src/programs/*.c; do
		targets+=("$build/$(basename "$program")")
	done
	SV_LIMIT=300 run_logged nice make -s -j2 -C "$SV_ROOT" DEV=1 "CC=$cc" "BUILD=$build" "${targets[@]%.c}"
	[ "$1" != clang ] || build=$SV_ROOT/$build
	assert_status 0 || return 1
	# gcc may print a note, but no warning, about the layout of 64-bit atomics in 32-bit structs, which changed in version 11.
	assert_output_lacks warning:
}

# run_by [EMULATOR...]: put commands that run the programs of $build into $WORK/bin.
run_by() {
	local program
	mkdir -p "$WORK/bin"
	for program in "$build"/sv* "$build"/test/*; do
		[ -f "$program" ] && [ -x "$program" ] || continue
		printf '#!/bin/sh\nexec %s "%s" "$@"\n' "$*" "$program" >"$WORK/bin/${program##*/}"
	done
	for program in "$build"/test/examples/*; do
		[ -x "$program" ] || continue
		printf '#!/bin/sh\nexec %s "%s" "$@"\n' "$*" "$program" >"$WORK/bin/example-${program##*/}"
	done
	chmod +x "$WORK"/bin/*
}

unit_tests() {
	local unit name
	for unit in "$SV_ROOT"/test/unit/*.c; do
		[ -e "$unit" ] || continue
		name=$(basename "$unit" .c)
		# qemu-user does not emulate a new image after exec, a fork beside another thread, or waiting for locks in children
		# well enough; for i386 it also confuses threads.
		case ${EMULATED-}:$name in
		?*:embed_test | ?*:fork_test | ?*:queue_test | i386:deadline_test) continue ;;
		esac
		run_logged "$WORK/bin/$name"
		assert_status 0 || return 1
		assert_output_lacks 'not ok' || return 1
	done
}

# hand_over WRITER READER: send 1 MB through a small ring.
hand_over() {
	[ -e sent ] || random_file sent 1000000
	spawn reader "$2" -t 60 -s 64K -o copy
	run_logged "$1" -t 60 -s 64K sent
	assert_status 0 || return 1
	ends_well reader || return 1
	assert_same_file sent copy || return 1
	rm copy
	assert_nothing_left
}

messages() {
	spawn reader "$2" r samples
	run_logged "$1" w samples 1000
	assert_status 0 || return 1
	reap reader
	assert_output '1000 samples, sum 250250.0' || return 1
	assert_nothing_left
}

all_of_it() {
	local native=$SVIPC_BUILD
	unit_tests
	hand_over "$WORK/bin/svwrite" "$WORK/bin/svread"
	hand_over "$WORK/bin/svwrite" "$native/svread"
	hand_over "$native/svwrite" "$WORK/bin/svread"
	messages "$WORK/bin/example-messages" "$WORK/bin/example-messages"
	[ ! -x "$native/test/examples/messages" ] || messages "$WORK/bin/example-messages" "$native/test/examples/messages"
	run_logged "$WORK/bin/svstat"
	assert_status 0
}

@test "clang builds programs that work" {
	build_for clang
	run_by
	all_of_it
}

@test "musl builds programs that work" {
	build_for musl
	run_by
	all_of_it
}

@test "programs of 32 bits work" {
	build_for m32
	run_by
	if ! "$WORK/bin/svread" --version >/dev/null 2>&1; then
		[ -n "$(type -P qemu-i386)" ] || skip 'built; but this kernel runs no 32-bit programs, and there is no qemu-i386'
		EMULATED=i386
		run_by qemu-i386
	fi
	all_of_it
}

@test "programs for 64-bit ARM work" {
	local native
	native=$(uname -m)
	[ "$native" != aarch64 ] || skip 'this machine is 64-bit ARM'
	build_for arm64
	[ -n "$(type -P qemu-aarch64)" ] || skip 'built; but there is no qemu-aarch64 to run it'
	EMULATED=arm64
	run_by qemu-aarch64 -L /usr/aarch64-linux-gnu
	all_of_it
}
