# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# For the suites that run test/tools/sweep.
#
#   link_static             in setup_file: links the programs statically, so that they start sooner
#   sweep ARGUMENTS...      one sweep over them; its counts are shown with the test's result

link_static() {
	local program
	STATIC=$BATS_FILE_TMPDIR/static
	export STATIC
	mkdir -p "$STATIC"
	# A sanitizer cannot be linked statically, and not every system has a static C library.
	[ -z "${SVIPC_SANITIZE-}" ] || return 0
	for program in svwrite svread svclean svstat; do
		# shellcheck disable=SC2086 # words
		${CC:-cc} -static -o "$STATIC/$program" "$SVIPC_BUILD/obj/programs/$program.o" "$SVIPC_BUILD/obj/programs.a" \
			"$SVIPC_BUILD/libsvipc.a" 2>/dev/null || rm -f "$STATIC/$program"
	done
}

sweep() {
	skip_if_sanitized
	[ -x "$STATIC/svstat" ] || skip 'needs a C library to link statically'
	run_logged "$SVIPC_BUILD/test/tools/sweep" --programs "$STATIC" "$@"
	[ "$status" -ne 77 ] || skip "${output##*: }"
	# Show the counts in the report.
	echo "# $(tail -n 1 <<<"$output")" >&3
	assert_status 0
}
