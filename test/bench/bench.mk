# SPDX-License-Identifier: MIT
#
# The benchmark's own settings and targets; GNUmakefile has the rules that compile and link it.

# Is ConcurrencyKit there?  Asked once, and only when the benchmark is to be built.
BENCH_CK = $(eval BENCH_CK := $$(shell printf '\043include <ck_ring.h>\nint main(void) { return 0; }\n' | \
	$(CC) $(SV_CPPFLAGS) $(SV_CFLAGS) $(SV_LDFLAGS) -w -x c -o /dev/null - 2>/dev/null && echo yes))$(BENCH_CK)

BENCH_CPPFLAGS = -D_GNU_SOURCE $(if $(BENCH_CK),-DHAVE_CK)
BENCH_OUT ?= $(BUILD)/bench
BENCH_COMMAND = test/bench/run '$(BENCH_OUT)' '$(BUILD)/svbench'

## bench-aims: are the aims met by what `make bench` has measured?
bench-aims:
	@[ -e '$(BENCH_OUT)/results.tsv' ] || $(MAKE) bench
	@test/bench/aims '$(BENCH_OUT)/results.tsv'

## bench-store: put what `make bench` has measured into test/bench and README.md
bench-store:
	@test/bench/store '$(BENCH_OUT)/results.tsv' test/bench
	@test/bench/readme test/bench/results.tsv README.md

.PHONY: bench-aims bench-store
