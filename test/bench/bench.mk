# SPDX-License-Identifier: MIT
#
# The benchmark's own settings; GNUmakefile has the rules that compile and link it.

# $(call bench_has,HEADER,LIBRARY): does a program with both build?  Asked once, and only when the benchmark
# is to be built.
bench_has = $(shell printf '\043include <%s>\nint main(void) { return 0; }\n' '$1' | \
	$(CC) $(SV_CPPFLAGS) $(SV_CFLAGS) $(SV_LDFLAGS) -w -x c -o /dev/null - $2 2>/dev/null && echo yes)
BENCH_CK = $(eval BENCH_CK := $$(call bench_has,ck_ring.h,))$(BENCH_CK)
BENCH_ZMQ = $(eval BENCH_ZMQ := $$(call bench_has,zmq.h,-lzmq))$(BENCH_ZMQ)

BENCH_CPPFLAGS = -D_GNU_SOURCE $(if $(BENCH_CK),-DHAVE_CK) $(if $(BENCH_ZMQ),-DHAVE_ZMQ)
BENCH_LDLIBS = -lm -lrt $(if $(BENCH_ZMQ),-lzmq)

# Where `make bench` leaves table, TSV, JSON and plots.
BENCH_OUT ?= $(BUILD)/bench
BENCH_COMMAND = test/bench/report '$(BENCH_OUT)' '$(BUILD)/svbench'

## bench-quick: the same in about two minutes, with numbers to match
bench-quick: all $(BENCH)
	@$(RUN_ENV) $(BENCH_COMMAND) --quick $(BENCH_ARGS)

## bench-readme: measure into test/bench/results and show that in README.md
bench-readme:
	@$(MAKE) bench BENCH_OUT=test/bench/results
	@test/bench/readme test/bench/results README.md

.PHONY: bench-quick bench-readme
