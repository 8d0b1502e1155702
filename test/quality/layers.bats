#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Folders are layers without circles, and no two members of an archive share a name.

load ../lib/common

@test "src: each folder uses only what the table in src/README.md allows, and nothing forms a circle" {
	skip_unless nm tsort
	run_logged "$SV_ROOT/test/lib/layers" "$SV_ROOT" "$SVIPC_BUILD"
	assert_status 0
	# It has looked at many files.
	assert_output_matches '^[5-9][0-9]+ files, [0-9]{3,} uses, 0 violations$|^[0-9]{3,} files, [0-9]{3,} uses, 0 violations$'
}

# Make a small source tree of two layers, low and high, in $WORK/house.
small_house() {
	skip_unless nm tsort
	mkdir -p house/src/lib/{low,high} house/src/programs house/include
	touch house/include/svipc.h house/src/lib/svipc.map
	printf '| `lib/low` | ground | |\n| `lib/high` | roof | `lib/low` |\n' >house/src/README.md
	echo 'int low(void);' >house/src/lib/low/low.h
	printf '#include "low/low.h"\nint low(void) { return 1; }\n' >house/src/lib/low/low.c
	printf '#include "low/low.h"\nint high(void) { return low(); }\n' >house/src/lib/high/high.c
	printf 'int other(void) { return 2; }\n' >house/src/lib/high/other.c
}

# violations STATUS TEXT...: build that tree; the check ends with the status and prints the texts.
violations() {
	local source text
	for source in house/src/lib/*/*.c; do
		source=${source#house/src/}
		mkdir -p "house/build/obj/${source%/*}"
		"${CC:-cc}" -w -Ihouse/src/lib -c -o "house/build/obj/${source%.c}.o" "house/src/$source"
	done
	run_logged "$SV_ROOT/test/lib/layers" "$WORK/house" "$WORK/house/build"
	assert_status "$1" || return 1
	for text in "${@:2}"; do
		assert_output_has "$text" || return 1
	done
}

@test "the layer check accepts a tree without violations" {
	small_house
	violations 0 '4 files, 2 uses, 0 violations'
}

@test "the layer check finds an include against the layers" {
	small_house
	touch house/src/lib/high/high.h
	echo '#include "high/high.h"' >>house/src/lib/low/low.h
	violations 1 'src/lib/low/low: uses lib/high/high (include), but lib/low may not use lib/high' \
		'a circle of files:' \
		'a circle of folders:'
}

@test "the layer check finds a call against the layers that is in no include" {
	small_house
	printf 'int other(void);\nint up(void) { return other(); }\n' >>house/src/lib/low/low.c
	violations 1 'src/lib/low/low: uses lib/high/other (other), but lib/low may not use lib/high'
}

@test "the layer check finds a circle of two files in one folder" {
	small_house
	printf 'int other(void);\nint up(void) { return other(); }\n' >>house/src/lib/high/high.c
	printf 'int high(void);\nint down(void) { return high(); }\n' >>house/src/lib/high/other.c
	violations 1 'a circle of files: lib/high/' \
		'1 violations'
}

@test "the layer check finds a folder that the table does not have" {
	small_house
	mkdir house/src/lib/attic
	printf '#include "low/low.h"\nint attic(void) { return low(); }\n' >house/src/lib/attic/attic.c
	violations 1 'src/lib/attic: not in the table of layers in src/README.md'
}

@test "src has at most six entries" {
	local entries=("$SV_ROOT"/src/*)
	[ ${#entries[@]} -le 6 ] || fail "src has ${#entries[@]} entries: ${entries[*]##*/}"
}

@test "no two members of a static archive share a name" {
	skip_unless ar
	local archive
	for archive in "$SVIPC_BUILD/libsvipc.a" "$SVIPC_BUILD/obj/programs.a"; do
		ar t "$archive" >members
		[ "$(wc -l <members)" -gt 5 ]
		assert_equal "members twice in ${archive##*/}" "$(sort members | uniq -d)" ''
	done
}
