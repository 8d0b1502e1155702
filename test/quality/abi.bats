#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Programs that were built against an older or a newer header than the library: their structs are shorter or longer.

load ../lib/common

setup() {
	skip_if_sanitized
	sv_setup
	cc=${CC:-cc}
}

# build_against HEADER-DIRECTORY PROGRAM: build abi.c with the header in that directory.
build_against() {
	# shellcheck disable=SC2086 # CC may be words
	run_logged $cc -std=gnu11 -Wall -Wextra -Werror "-I$1" "-I$SV_ROOT/test/unit" \
		-c -o "$2.o" "$SV_ROOT/test/quality/abi.c"
	assert_status 0 || return 1
	# shellcheck disable=SC2086
	run_logged $cc -o "$2" "$2.o" "-L$SVIPC_BUILD" "-Wl,-rpath,$SVIPC_BUILD" -lsvipc
	assert_status 0
}

# Print the header and its parts as one file, with each initialiser on one line.
header() {
	awk -v "parts=$SV_ROOT/include/" '
		/^#include "svipc\// { while ((getline line <(parts $2)) > 0) print line; next }
		{ print }' FS='"' "$SV_ROOT/include/svipc.h" |
		awk '/^#include "svipc.h"$/ { next }
			/^#define SV_[A-Z]*_INIT/ { while (sub(/\\$/, "")) { getline more; $0 = $0 more } } { print }'
}

# Print the header without the last members of each struct that the caller allocates.
shorten() {
	header | awk '/^struct sv_error \{/ { last = "int advice;" }
		/^struct sv_options \{/ { last = "uint64_t total;" }
		/^struct sv_info \{/ { last = "uint64_t ipc_namespace;" }
		/^struct sv_clean_options \{/ { last = "int64_t older_than_s;" }
		last != "" && index($0, last) { skip = 1 }
		/^\};/ { last = ""; skip = 0 }
		skip { next }
		/^#define SV_ERROR_INIT/ { sub(/, SV_ADVICE_NONE/, "") }
		/^#define SV_OPTIONS_INIT/ { sub(/SV_WAIT_AUTO, 0,.*/, "SV_WAIT_AUTO, 0 }") }
		/^#define SV_INFO_INIT/ { sub(/SV_SIDE_INIT *\}.*/, "SV_SIDE_INIT } }") }
		/^#define SV_CLEAN_INIT/ { sub(/, 0[ \t]*\}$/, " }") }
		{ print }'
}

# Print the header with one more member at the end of each struct that the caller allocates.
lengthen() {
	header | sed -E -e '/^struct sv_(options|error|info|clean_options) \{/,/^\}/s/^\};/\tunsigned long later, reserved[40];\n};/' \
		-e '/^#define SV_(OPTIONS|ERROR|INFO|CLEAN)_INIT/s/[ \t]*\}$/, 0, { 0 } }/' -e 's/^#define SVIPC_H/&\n#define SV_LATER/'
}

@test "a program that was built with this header works" {
	build_against "$SV_ROOT/include" same
	run_logged ./same
	assert_status 0
	assert_nothing_left
}

@test "a program whose structs are shorter, as in an older header, works" {
	mkdir older
	shorten >older/svipc.h
	assert_equal 'members left' "$(grep -cE '^\s.*\<(advice|total|source|cancel|ipc_namespace|older_than_s);' older/svipc.h)" 1 # total of sv_info
	build_against older shorter
	run_logged ./shorter
	assert_status 0
	assert_nothing_left
}

@test "a program whose structs are longer, as in a newer header, works" {
	mkdir newer
	lengthen >newer/svipc.h
	assert_equal 'members added' "$(grep -c 'later, reserved' newer/svipc.h)" 4
	build_against newer longer
	run_logged ./longer
	assert_status 0
	assert_nothing_left
}
