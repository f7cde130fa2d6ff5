# SPDX-License-Identifier: BSD-2-Clause
# The fuzz targets of tests/fuzz: with libFuzzer (make fuzz), and over their
# corpora alone as part of the unit tests.

fuzz.targets := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
fuzz.flags := -std=gnu11 -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined \
  -Wall -Wextra -Werror -I. -Itests/unit $(foreach l,$(portable),-I$(l)/include)
fuzz.c := $(wildcard lib/*.c http/*.c) kernel/boot/info.c kernel/boot/memmap.c net/sack.c \
  tests/unit/support.c
fuzz.h := $(wildcard lib/include/lib/*.h http/include/http/*.h http/*.h kernel/boot/*.h tests/unit/*.h)
fuzz.seconds ?= 60

fuzz: $(fuzz.targets:%=build/fuzz/fuzz_%) build/unit/www.pack ## run each fuzz target for a minute (clang)
	@for t in $(fuzz.targets); do echo "  fuzz $$t"; mkdir -p build/fuzz/found_$$t; \
	  build/fuzz/fuzz_$$t -max_total_time=$(fuzz.seconds) -max_len=12000 -verbosity=0 \
	    -artifact_prefix=build/fuzz/ build/fuzz/found_$$t tests/fuzz/corpus/$$t || exit 1; done

build/fuzz/fuzz_%: tests/fuzz/fuzz_%.c $(fuzz.c) $(fuzz.h) build/hosted/crypt.o
	$(call say,clang fuzz_$*)
	@mkdir -p $(@D)
	$(Q)clang $(fuzz.flags) -fsanitize=fuzzer $< $(fuzz.c) build/hosted/crypt.o -o $@

build/fuzz/replay_%: tests/fuzz/fuzz_%.c tests/fuzz/replay.c $(unit.o) $(fuzz.h)
	@mkdir -p $(@D)
	$(Q)$(CC) $(fuzz.flags) $(filter-out %.h,$^) -o $@

build/fuzz.done: $(fuzz.targets:%=build/fuzz/replay_%) build/unit/www.pack $(wildcard tests/fuzz/corpus/*/*)
	@for t in $(fuzz.targets); do build/fuzz/replay_$$t tests/fuzz/corpus/$$t >build/fuzz/$$t.log 2>&1 || \
	  { tail -40 build/fuzz/$$t.log; echo "fuzz corpus $$t failed"; exit 1; }; \
	  echo "  corpus $$t: $$(cat build/fuzz/$$t.log)"; done
	@touch $@

unit: build/fuzz.done

.PHONY: fuzz

# The TLS session is linked with the process's platform and mbedTLS.
fuzz.tls := tests/fuzz/fuzz_tls.c $(filter %.o,$(tls.o)) \
  $(filter build/hosted-san/lib/% build/hosted-san/memstat/%,$(unit.o))
fuzz.tls.flags := $(fuzz.flags) $(foreach l,tls kernel,-I$(l)/include) $(mbedtls.flags)
build/unit/tls/0.chain: tools/certs
	$(Q)$(PYTHON) tools/certs build/unit/tls

build/fuzz/replay_tls: $(fuzz.tls) tests/fuzz/replay.c build/unit/tls/0.chain
	@mkdir -p $(@D)
	$(Q)$(CC) $(fuzz.tls.flags) $(filter %.c %.o,$^) -Wl,--gc-sections -o $@

build/fuzz/fuzz_tls: tests/fuzz/fuzz_tls.c build/unit/tls/0.chain \
  $(patsubst build/hosted-san/%,build/hosted-fuzz/%,$(filter-out build/hosted-san/hosted/%,$(filter %.o,$(fuzz.tls)))) \
  build/hosted/hosted/memory.c.o build/hosted/hosted/platform.c.o
	$(call say,clang fuzz_tls)
	@mkdir -p $(@D)
	$(Q)clang $(fuzz.tls.flags) -w -fsanitize=fuzzer $(filter %.c %.o,$^) -Wl,--gc-sections -o $@
