# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# fuzz HARNESS OPTION...: build the harnesses if need be and run one; its executions go to the test's output.
# SV_SEED changes the seed.

fuzz() {
	local harness=$1 seed=${SV_SEED:-1}
	shift
	skip_unless clang
	echo 'int LLVMFuzzerTestOneInput(void) { return 0; }' |
		clang -fsanitize=fuzzer,address,undefined -x c -o probe - 2>/dev/null ||
		skip "needs clang's libFuzzer (libclang-rt-dev)"
	export SV_LIMIT=3600
	run_logged "$SV_ROOT/test/fuzz/build.sh" "$SVIPC_BUILD/fuzz"
	assert_status 0
	run_logged "$SVIPC_BUILD/fuzz/$harness" -seed="$seed" -timeout=60 -print_final_stats=1 -verbosity=0 "$@"
	assert_status 0
	executed=$(sed -n 's/^stat::number_of_executed_units: *//p' <<<"$output")
	echo "# $harness: $executed executions, seed $seed, nothing found" >&3
}
