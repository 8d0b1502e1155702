# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# For suites that run other suites: `load ../lib/suites` after common.

# suite NAME <<'END' ... END: make a suite for a test to run.  It has "case" for "@test" and "tags" for
# "# bats test_tags=", because bats would take those for parts of the file.
suite() {
	{
		printf 'load %q\n' "$SV_ROOT/test/lib/common"
		sed 's/^case /@test /; s/^tags /# bats test_tags=/'
	} >"$WORK/$1.bats"
}

run_tests() {
	run_logged env -u SVIPC_TEST_SUMMARY "$SV_ROOT/scripts/run-tests" "$@"
}
