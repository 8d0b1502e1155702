#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# A twin is a copy of the sources in which one rule is broken; the test that is named for it must notice that.  The twins
# are in test/model/twins.  Those about the protocol have the names of the twins of the Spin models.

load ../lib/common

setup() {
	skip_unless perl make
	sv_setup
}

@test "a twin whose edit does not apply, or which no test notices, is a failure" {
	mkdir -p tree/test/model/twins tree/test/lib tree/src
	cp "$SV_ROOT/test/lib/ipc.bash" tree/test/lib
	cp "$SV_ROOT/test/model/twins/check-twins" tree/test/model/twins
	printf 'build/test/tools/%%: src/%%\n\tmkdir -p $(@D) && cp $< $@ && chmod +x $@\n' >tree/GNUmakefile
	printf '#!/bin/sh\nexit 0 # good\n' >tree/src/tool
	printf '#!/bin/sh\nexit 1 # bad\n' >tree/src/broken
	# The here-document would lose tabs, so it has | instead.
	tr '|' '\t' >tree/test/model/twins/some.twins <<-'END'
		twin KILLED
		|what is noticed
		|src/tool|s/exit 0/exit 1/
		|killed by tool
		twin SAME
		|only other words
		|src/tool|s/good/better/
		|killed by tool
		twin GONE
		|what is not there
		|src/tool|s/no such thing//
		|killed by tool
		twin NO_SUCH_TEST
		|what nothing can notice
		|src/tool|s/exit 0/exit 1/
		|killed by other
		twin ALWAYS
		|a test that fails on the right sources too
		|src/tool|s/exit 0/exit 1/
		|killed by broken
	END
	run_logged tree/test/model/twins/check-twins
	assert_status 1
	assert_output_has 'not ok 1 - fails on the sources as they are: broken'
	assert_output_has 'not ok 2 - does not build: other'
	assert_output_has 'ok 3 - passes on the sources as they are: tool'
	assert_output_has 'ok 4 - KILLED: killed by tool'
	assert_output_has 'not ok 5 - SAME: PASSES tool'
	assert_output_has 'not ok 6 - GONE: an edit does not apply to src/tool'
	assert_output_has 'not ok 7 - NO_SUCH_TEST: does not build'
	run_logged tree/test/model/twins/check-twins KILLED
	assert_status 0
}

@test "the edits of all twins apply" {
	run_logged env "BUILD=$WORK" "$SV_ROOT/test/model/twins/check-twins" --apply
	assert_status 0
}

# bats test_tags=long
@test "all twins are noticed" {
	skip_if_sanitized
	SV_LIMIT=3400 run_logged env "BUILD=$BATS_TEST_TMPDIR" "$SV_ROOT/test/model/twins/check-twins"
	grep '^ok' <<<"$output" | sed 's/^ok [0-9]*/#/' >&3 || :
	assert_status 0
}
