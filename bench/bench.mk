# SPDX-License-Identifier: BSD-2-Clause
# The bench: clients, images with the bench's site, and the runs.

bench.bin := build/bench/bin
bench.flags := -O2 -g $(warnings) -Ibench/clients
bench.clients := $(addprefix $(bench.bin)/,icount.so requests first tsc relay)

bench: bench-peers ## Thimble beside Linux + nginx, as a VM and on the host: 15 minutes
	@bench/images sample-tls thimble-tls thimble sample
	@bench/run

bench-quick: bench-peers ## the same in less than 3 minutes
	@bench/images sample-tls thimble-tls thimble sample
	@bench/run --quick

bench-insn: bench-ready ## guest instructions per request (ONLY=http|tls PEERS=1: the Linux VM, too)
	@bench/images $(filter-out $(if $(ONLY),$(if $(filter tls,$(ONLY)),thimble,thimble-tls)),thimble-tls thimble)
	@bench/insn $(if $(PEERS),--peers) $(ONLY:%=--only %)

bench-peers: bench-ready ## the Linux VM that the bench sets beside ours (long, once)
	@bench/peers/build

# What every run needs.
bench-ready: $(bench.clients) build/bench/tls/server.key
	@bench/site build/bench/site

bench-packages:
	@tools/packages.sh bench

$(bench.bin)/icount.so: bench/clients/icount.c | build/src/qemu.stamp
	@mkdir -p $(@D)
	$(Q)$(CC) $(bench.flags) -fPIC -shared -isystem build/src/qemu/include/qemu $< -o $@

$(bench.bin)/requests $(bench.bin)/first: $(bench.bin)/%: bench/clients/%.c bench/clients/client.c bench/clients/client.h | bench-packages
	@mkdir -p $(@D)
	$(Q)$(CC) $(bench.flags) -pthread $(filter %.c,$^) -lssl -lcrypto -o $@

$(bench.bin)/tsc $(bench.bin)/relay: $(bench.bin)/%: bench/clients/%.c | bench-packages
	@mkdir -p $(@D)
	$(Q)$(CC) $(bench.flags) $< -o $@

build/src/qemu.stamp: | bench-packages
	@tools/fetch.sh qemu

# The same certificate for all contestants.
build/bench/tls/server.key:
	@mkdir -p $(@D)
	$(Q)openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 365 \
	  -subj /CN=localhost -addext subjectAltName=DNS:localhost -out $(@D)/server.crt -keyout $@ 2>/dev/null

.PHONY: bench bench-quick bench-insn bench-peers bench-ready bench-packages
