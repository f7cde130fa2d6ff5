# SPDX-License-Identifier: BSD-2-Clause
# Thimble: a website in one tiny virtual machine. `make help` lists the targets.
#
# The layers. A folder is compiled with the include directories of itself and of
# the folders behind the colon, and with no others: an include that goes another
# way does not compile.
#
#   lib     :                                  spans, errors, output, limits
#   memstat : lib                              who owns the memory
#   kernel  : lib memstat                      the guest's platform
#   hosted  : lib memstat kernel               the same platform as a process
#   net     : lib memstat kernel   (lwIP)      streams over TCP/IP
#   tls     : lib memstat kernel   (mbedTLS)   sessions; tls_none in an image without
#   http    : lib                              the HTTP engine
#   site    : lib memstat http                 the pages made by code
#   app     : all of them                      the loop
lib.uses     :=
memstat.uses := lib
kernel.uses  := lib memstat
hosted.uses  := lib memstat kernel
net.uses     := lib memstat kernel
tls.uses     := lib memstat kernel
tls_none.uses := lib memstat tls
http.uses    := lib
site.uses    := lib memstat http
app.uses     := lib memstat kernel net tls http site

# What a user sets.
SITE     ?= site/content
PORT     ?= 8080
TLS_PORT ?= 8443
MEM      ?= 32
ACCEL    ?=
NET      ?= user
TLS      ?= 0
SAN      ?= 0
TLS_CERT ?=
TLS_KEY  ?=
OUT      ?= build
DISK_CMDLINE ?=
export PORT TLS_PORT MEM ACCEL NET TLS DISK_CMDLINE

LWIP_DIR ?= build/src/lwip
MUSL_DIR ?= build/src/musl
MBEDTLS_DIR ?= build/src/mbedtls
OPENSSL_DIR ?= build/src/openssl
LWIP     := $(LWIP_DIR)/src
CC       := gcc
PYTHON   := /usr/bin/python3

ifneq ($(TLS_CERT),)
TLS := 1
endif
ifneq ($(TLS),$(filter 0 1,$(TLS)))
$(error TLS=$(TLS): want 0 or 1)
endif
tls := $(if $(filter 1,$(TLS)),tls,tls_none)

.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules -j2
Q := $(if $(V),,@)
say = @echo "  $(1)"

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 24
	@echo "Variables: SITE=folder OUT=folder PORT= MEM=MB ACCEL=kvm|tcg NET=user|tap V=1"

run: image ## build what is missing, boot the VM and serve SITE
	@tools/packages.sh run
	@$(PYTHON) tools/run

image: $(OUT)/thimble.elf ## build/thimble.elf, the bootable image with SITE in it

disk: image ## build/thimble.img, a disk that boots it under BIOS and UEFI
	@tools/packages.sh disk
	@$(PYTHON) tools/disk --image $(OUT)/thimble.elf $(OUT)/thimble.img

pack: $(OUT)/site.pack ## build/site.pack, the compiled SITE

hosted: build/hosted$(if $(filter 1,$(SAN)),-san)/thimble ## the server as a process (SAN=1: with sanitizers)

test: ## install what the tests need, build, run all tests
	@tools/packages.sh build run test
	@$(MAKE) --no-print-directory check unit e2e

unit: build/unit.done ## unit tests, on the host, with sanitizers

check: build/check.done ## layering, headers, format, names in the docs

e2e: image hosted ## end-to-end tests on the real image, in VMs and in Xen's domains
	@$(MAKE) --no-print-directory hosted SAN=1
	@$(PYTHON) -m pytest -q -rs tests

test-xen: image ## those in domains of the real Xen, under QEMU's emulation, alone
	@tools/packages.sh test
	@$(PYTHON) -m pytest -q --durations=0 tests/xen

compare-nginx: image ## nginx's answers beside ours, as docs/NGINX.md has them
	@tools/packages.sh test
	@$(PYTHON) tests/compare_nginx.py

screenshots: image ## docs/memory.png, by a headless browser
	@tools/packages.sh test
	@tools/screenshots

size: image ## what each folder and library adds to the image: a table, build/size.svg
	@$(PYTHON) tools/size $(OUT)/thimble.sym.elf

renew: ## send TLS_CERT and TLS_KEY to the running server TO=https://host/ as RENEW_USER
	@$(PYTHON) tools/renew --to '$(TO)' --user '$(RENEW_USER)' $(TLS_CERT:%=--cert '%') $(TLS_KEY:%=--key '%')

debug: image ## boot the VM stopped, with gdb on it
	@$(PYTHON) tools/debug

profile: image ## where the time goes under load: build/profile.svg, build/profile.folded
	@$(PYTHON) tools/profile

symbolize: ## names for the addresses of a panic report on standard input
	@$(PYTHON) tools/symbolize $(OUT)/thimble.sym.elf

clean: ## remove what was built; fetched sources stay
	rm -rf $(filter-out build/src build/apt,$(wildcard build/*))

.PHONY: help test-xen run image disk pack hosted test unit check e2e compare-nginx screenshots size debug profile renew symbolize clean FORCE

# --- What comes from elsewhere -------------------------------------------------

build/fetched: tools/packages.sh
	@tools/packages.sh build
	@LWIP_DIR="$(filter-out build/src/lwip,$(LWIP_DIR))" \
	 MUSL_DIR="$(filter-out build/src/musl,$(MUSL_DIR))" tools/fetch.sh lwip musl
	@touch $@

build/fetched-tls: build/fetched
	@MBEDTLS_DIR="$(filter-out build/src/mbedtls,$(MBEDTLS_DIR))" \
	 OPENSSL_DIR="$(filter-out build/src/openssl,$(OPENSSL_DIR))" tools/fetch.sh mbedtls openssl
	@touch $@

# Headers of the guest's C library, and the public ones of virtio and of Xen, each in a folder that holds nothing else.
build/headers: build/fetched
	$(call say,headers)
	$(Q)rm -rf $@.part && mkdir -p $@.part/uapi $@.part/obj
	$(Q)cd $@.part/obj && $(abspath $(MUSL_DIR))/configure --prefix=/ >configure.log 2>&1 && \
	  $(MAKE) -s DESTDIR=.. install-headers
	$(Q)ln -s /usr/include/linux /usr/include/asm-generic /usr/include/xen $@.part/uapi
	$(Q)ln -s /usr/include/$$($(CC) -print-multiarch)/asm $@.part/uapi
	$(Q)rm -rf $@ && mv $@.part $@

# --- Sources -------------------------------------------------------------------

sources = $(wildcard $(1)/*.c $(1)/*.S $(1)/*/*.c $(1)/*/*.S)
portable := lib memstat net $(tls) http site app
# Of the platform, what the process has from the guest's.
hosted.also := kernel/dev/console.c
lwip.c := $(addprefix core/,def inet_chksum init ip mem netif pbuf tcp tcp_in tcp_out timeouts udp) \
  $(addprefix core/ipv4/,dhcp etharp icmp ip4 ip4_addr) \
  $(addprefix core/ipv6/,ethip6 icmp6 inet6 ip6 ip6_addr mld6 nd6) netif/ethernet
musl.c := $(addprefix src/string/,memcmp memchr memrchr strlen strnlen strcmp strncmp strchr \
  strchrnul x86_64/memcpy x86_64/memmove x86_64/memset)
mbedtls.all := aes aesni asn1parse asn1write bignum bignum_core bignum_mod \
  bignum_mod_raw block_cipher chacha20 chachapoly cipher cipher_wrap constant_time ecdh ecdsa ecp \
  ecp_curves gcm md oid pk pk_ecc pk_wrap pkparse platform platform_util poly1305 psa_crypto \
  psa_crypto_aead psa_crypto_cipher psa_crypto_client psa_crypto_driver_wrappers_no_static \
  psa_crypto_ecp psa_crypto_hash psa_crypto_mac psa_crypto_rsa psa_crypto_slot_management \
  psa_util rsa rsa_alt_helpers sha256 sha512 ssl_ciphersuites ssl_msg ssl_ticket ssl_tls \
  ssl_tls12_server ssl_tls13_generic ssl_tls13_keys ssl_tls13_server x509 x509_crt
openssl.all := modes/asm/ghash-x86_64 aes/asm/aesni-x86_64 \
  chacha/asm/chacha-x86_64 poly1305/asm/poly1305-x86_64 sha/asm/sha512-x86_64 \
  ec/asm/ecp_nistz256-x86_64 ec/asm/x25519-x86_64 ec/curve25519
mbedtls.c := $(if $(filter 1,$(TLS)),$(mbedtls.all))
openssl.c := $(if $(filter 1,$(TLS)),$(openssl.all))

guest.o := $(patsubst %,build/guest/%.o,$(foreach l,kernel $(portable),$(call sources,$(l)))) \
  $(mbedtls.c:%=build/guest/mbedtls/%.o) $(openssl.c:%=build/guest/openssl/%.o) $(lwip.c:%=build/guest/lwip/%.o) $(musl.c:%=build/guest/musl/%.o) build/guest/crypt.o

# --- Flags ---------------------------------------------------------------------

warnings := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Werror
common := -std=gnu11 -g -MMD -MP -ffunction-sections -fdata-sections
guest.flags = $(common) $(optimize) -flto -nostdinc -isystem build/headers/include -fno-pic -fno-pie \
  -fcf-protection=none -fno-asynchronous-unwind-tables -fomit-frame-pointer \
  -fstack-protector-strong -mstack-protector-guard=global -DNDEBUG \
  -malign-data=abi -falign-functions=1 -falign-jumps=1 -falign-loops=1 -fno-ipa-sra -fipa-pta
optimize := -Oz -fno-tree-dominator-opts -fno-tree-switch-conversion -fno-if-conversion \
  -fno-jump-tables -fno-caller-saves
hosted.flags := $(common) -O2 -fno-omit-frame-pointer
hosted-san.flags := $(common) -O1 -fno-omit-frame-pointer -fsanitize=address,undefined \
  -fno-sanitize-recover=undefined
# As a fuzzer wants it (tests/fuzz/fuzz.mk).
hosted-fuzz.flags := $(common) -O1 -w -fsanitize=fuzzer-no-link,address,undefined \
  -fno-sanitize-recover=undefined
build/hosted-fuzz/%: CC := clang
builds := guest hosted hosted-san hosted-fuzz

includes = $(patsubst %,-I%/include,$(1) $($(1).uses)) $($(1).extra)
net.extra = -Inet/lwip -isystem $(LWIP)/include
tls.extra = $(mbedtls.flags)
mbedtls.flags = -Itls -isystem $(MBEDTLS_DIR)/include -isystem $(MBEDTLS_DIR)/library \
  '-DMBEDTLS_CONFIG_FILE=<mbedtls_config.h>'
kernel.extra = -isystem build/headers/uapi
hosted.extra = -D_GNU_SOURCE
app.extra = -Iapp

# mbedTLS is smaller without most of what makes the rest smaller, and starts sooner.
$(mbedtls.all:%=build/guest/mbedtls/%.o): optimize := -Oz -fno-tree-dominator-opts
# Where bytes of every packet pass, -O2; elsewhere what is smallest.
fast := net/checksum.c lib/siphash.c http/request.c lib/span.c kernel/dev/virtq.c \
  $(addprefix tls/,fast_aead.c fast_p256.c) $(addprefix mbedtls/,bignum_core constant_time)
$(fast:%=build/guest/%.o): optimize := -O2
# And where requests do not pass, with code not copied to save a jump.
slow := $(foreach l,site kernel/boot kernel/platform,$(wildcard $(l)/*.c)) http/form.c \
  $(addprefix lwip/core/,ipv4/dhcp ipv6/icmp6 ipv6/mld6 ipv6/nd6 netif udp) $(mbedtls.all:%=mbedtls/%)
$(patsubst %,build/guest/%.o,$(filter-out $(fast) mbedtls/ssl_msg,$(slow))): optimize += -fno-thread-jumps -fno-shrink-wrap
# What clears much calls the function for it, which does eight bytes at a time.
$(patsubst %,build/guest/%.o,kernel/mem/page.c net/pcbs.c tls/platform.c): guest.flags += -fno-builtin-memset
build/guest/kernel/cpu/canary.c.o: guest.flags += -fno-lto
# With these it has intrinsics in place of assembly; it asks the CPU before it uses them.
$(foreach b,$(builds),build/$(b)/mbedtls/aesni.o): mbedtls.flags += -maes -mpclmul \
  -idirafter $(shell $(CC) -print-file-name=include)

# $(1) = build, $(2) = layer. Objects are made anew when flags may have changed.
define layer_rule
build/$(1)/$(2)/%.c.o: $(2)/%.c Makefile | build/headers
	$$(call say,cc $(1)/$(2)/$$*)
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$($(1).flags) $$(warnings) $$(call includes,$(2)) -c $$< -o $$@
build/$(1)/$(2)/%.S.o: $(2)/%.S Makefile | build/headers
	$$(call say,as $(1)/$(2)/$$*)
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$($(1).flags) -c $$< -o $$@
endef
$(foreach b,$(builds),$(foreach l,$(sort kernel hosted tls tls_none $(portable)),$(eval $(call layer_rule,$(b),$(l)))))
$(foreach b,$(builds),$(patsubst %,build/$(b)/%.o,$(call sources,tls))): | build/fetched-tls

# A file of lwIP's that stands in net/lwip is taken from there.
define lwip_rule
build/$(1)/lwip/%.o: Makefile | build/headers
	$$(call say,cc $(1)/lwip/$$*)
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$($(1).flags) -w $$(lwip.hooks) -Ilib/include -Inet/lwip -I$$(LWIP)/include \
	  -c $$(firstword $$(wildcard net/lwip/$$*.c $$(LWIP)/$$*.c)) -o $$@
endef
$(foreach b,$(builds),$(eval $(call lwip_rule,$(b))))

# lwIP's headers, and what they include, count as the system's: not in the .d files.
$(foreach b,$(builds),$(patsubst %,build/$(b)/%.o,$(call sources,net))): $(wildcard net/lwip/*.h net/lwip/*/*.h)

define mbedtls_rule
build/$(1)/mbedtls/%.o: tls/mbedtls_config.h Makefile | build/headers build/fetched-tls
	$$(call say,cc $(1)/mbedtls/$$*)
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$($(1).flags) -w $$(mbedtls.flags) -c $$(MBEDTLS_DIR)/library/$$*.c -o $$@
endef
$(foreach b,$(builds),$(eval $(call mbedtls_rule,$(b))))

# Calls of lwIP that get functions of net/segment.c and net/way.c instead.
$(foreach b,$(builds),$(foreach f,tcp tcp_in,build/$(b)/lwip/core/$(f).o)): lwip.hooks := $(foreach f,\
  output rexmit_rto_prepare rexmit_rto_commit rexmit_fast split_unsent_seg,-Dtcp_$(f)=net_tcp_$(f))
$(builds:%=build/%/lwip/core/tcp_out.o): lwip.hooks := -Dip4_output_if=net_way_ip4

# Calls of mbedTLS that get the fast code of tls/hooks.c instead.
hook = $(foreach f,$(1),-Dmbedtls_$(f)=tls_$(f))
define hook_rule
build/$(1)/mbedtls/cipher.o: mbedtls.flags += $$(call hook,gcm_crypt_and_tag gcm_auth_decrypt \
  chachapoly_encrypt_and_tag chachapoly_auth_decrypt)
build/$(1)/mbedtls/ecdh.o build/$(1)/mbedtls/psa_crypto_ecp.o: \
  mbedtls.flags += $$(call hook,ecp_mul ecp_mul_restartable)
build/$(1)/mbedtls/pk_wrap.o: mbedtls.flags += $$(call hook,ecdsa_write_signature ecp_check_pub_priv)
build/$(1)/mbedtls/pk_ecc.o: mbedtls.flags += $$(call hook,ecp_check_pubkey)
build/$(1)/mbedtls/ssl_tls13_server.o: mbedtls.flags += $$(call hook,ssl_validate_ciphersuite)
endef
$(foreach b,$(builds),$(eval $(call hook_rule,$(b))))

# What is never called and left out (tls/absent.c).
define absent_rule
build/$(1)/mbedtls/pk_wrap.o: mbedtls.flags += $$(call hook,rsa_pkcs1_verify rsa_pkcs1_encrypt \
  rsa_pkcs1_decrypt ecdsa_read_signature)
build/$(1)/mbedtls/rsa.o: mbedtls.flags += $$(call hook,rsa_deduce_primes rsa_deduce_private_exponent)
build/$(1)/mbedtls/ssl_tls12_server.o: mbedtls.flags += $$(call hook,ssl_parse_certificate pk_verify)
build/$(1)/mbedtls/ssl_tls13_server.o: mbedtls.flags += $$(call hook,ssl_tls13_process_certificate \
  ssl_tls13_process_certificate_verify)
endef
$(foreach b,$(builds),$(eval $(call absent_rule,$(b))))

# OpenSSL's assembly, without what is not used: its scripts leave out AVX for
# an assembler of that age (the guest does not enable it), and awk leaves out
# functions, the large table of P-256 and the jumps to what is gone.
openssl.gas = $(if $(findstring /ec/,$<),$(CC),echo GNU assembler version 2.18)
openssl.drop := ^(aesni_(ccm64|xts|ocb|cbc|ecb|decrypt|set_.*_key)|_aesni_decrypt|__aesni_set|__ocb \
  |gcm_(gmult|ghash)_4bit|gcm_.*_avx|xor128|sha256_block_data_order_ssse3 \
  |ecp_nistz256_(precomputed|avx2|mul_by|div_by|add,|sub,|neg))
openssl.jump := jnz.*[.]L(ssse3_shortcut|avx2_gather)
build/openssl/%.s: $(OPENSSL_DIR)/crypto/%.pl Makefile
	@mkdir -p $@.d
	$(Q)cd $@.d && CC="$(openssl.gas)" perl $(abspath $<) elf sha256.s && mv sha256.s ../$(@F).all
	$(Q)awk -v drop='$(subst $() ,,$(openssl.drop))' -v jump='$(openssl.jump)' \
	  '/^\.size/ && $$2 ~ drop { off = 0; next } /^\.type/ && $$2 ~ drop { off = 1 } \
	  !off && $$0 !~ jump { print }' $@.all >$@
$(openssl.all:%=$(OPENSSL_DIR)/crypto/%.pl): | build/fetched-tls ;

# curve25519.c alone, for which empty headers and tls/curve25519.h are enough.
build/openssl/none: | build/fetched-tls
	$(Q)mkdir -p $@/internal $@/crypto $@/openssl
	$(Q)cp $(OPENSSL_DIR)/crypto/ec/curve25519.c $@
	$(Q)touch $(addprefix $@/,internal/deprecated.h internal/numbers.h crypto/ecx.h ec_local.h \
	  openssl/evp.h openssl/sha.h)
define openssl_rule
build/$(1)/openssl/ec/curve25519.o: tls/curve25519.h Makefile | build/headers build/fetched-tls build/openssl/none
	$$(call say,cc $(1)/openssl/curve25519)
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$($(1).flags) -O2 -w $$(mbedtls.flags) -Ibuild/openssl/none -include tls/curve25519.h \
	  -c build/openssl/none/curve25519.c -o $$@
build/$(1)/openssl/%.o: build/openssl/%.s
	@mkdir -p $$(@D)
	$$(Q)$$(CC) -g -Wa,--noexecstack -c $$< -o $$@
endef
$(foreach b,$(builds),$(eval $(call openssl_rule,$(b))))
.PRECIOUS: build/openssl/%.s

build/guest/musl/%.o: Makefile | build/headers
	$(call say,cc guest/musl/$*)
	@mkdir -p $(@D)
	$(Q)$(CC) $(guest.flags) -w -Wa,--noexecstack -fno-builtin -fno-stack-protector -fno-lto \
	  -c $(firstword $(wildcard $(MUSL_DIR)/$*.s $(MUSL_DIR)/$*.c)) -o $@

# --- The image -----------------------------------------------------------------

pack.c := $(wildcard tools/pack/*.c) http/pack.c lib/siphash.c lib/span.c lib/out.c lib/date.c
build/thimble-pack: $(pack.c) $(wildcard tools/pack/*.h http/include/http/pack.h lib/include/lib/*.h) | build/fetched
	$(call say,cc tools/pack)
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE -O2 -g $(warnings) -Ilib/include -Ihttp/include $(pack.c) -o $@ \
	  -lzopfli -lz -lbrotlienc -lyaml

# Pages made by code need the files of site/assets, whatever the SITE.
pack := build/thimble-pack --cache build/cache --shared build/assets:/-
build/assets: $(wildcard site/assets/*) tools/minify | build/fetched
	$(Q)$(PYTHON) tools/minify site/assets $@

# Runs each time, since SITE is any folder; the pack is new only if it changed.
$(OUT)/site.pack: build/thimble-pack build/assets FORCE
	@mkdir -p build/cache $(OUT)
ifeq ($(TLS),1)
	$(Q)$(PYTHON) tools/certs build/tls $(TLS_CERT:%=--cert '%') $(TLS_KEY:%=--key '%')
endif
	$(Q)$(pack) $(if $(filter 1,$(TLS)),--tls build/tls) -o $@.new "$(SITE)"
	$(Q)if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

$(OUT)/site.o: $(OUT)/site.pack
	$(Q)printf '.section .site,"a"\n.balign 64\n.incbin "$<"\n.section .note.GNU-stack,"",@progbits\n' | \
	  $(CC) -x assembler -c - -o $@

# All code, with TLS or without, optimized as one whole; -r is the linker's alone, so that the
# compiler takes this for the program. Another SITE costs only the last link.
code := build/guest/code-$(tls)
$(code).o: $(guest.o)
	$(call say,ld code)
	$(Q)$(CC) $(guest.flags) -fno-use-linker-plugin -fwhole-program -flto-partition=one -nostdlib \
	  -static -Wl,-r,-z,noexecstack,--no-warn-execstack -o $@ $(guest.o)

link := ld -n -z noexecstack --gc-sections --no-warn-rwx-segments -T kernel/link.ld

# What each part of the code contributes, linked in: measured on a link without.
$(code)-parts.o: $(code).o kernel/link.ld tools/size
	$(call say,size)
	$(Q)$(link) -o $(code)-parts.elf $(code).o
	$(Q)$(PYTHON) tools/size --parts $(code)-parts.elf >$(code)-parts.s
	$(Q)$(CC) -c $(code)-parts.s -o $@

$(OUT)/thimble.sym.elf: kernel/link.ld $(code).o $(code)-parts.o $(OUT)/site.o
	$(call say,ld thimble)
	$(Q)$(link) -Map $(OUT)/thimble.map -o $@ $(filter %.o,$^)

$(OUT)/thimble.elf: $(OUT)/thimble.sym.elf tools/strip
	$(Q)$(PYTHON) tools/strip $< $@
	@echo "  $@: $$(stat -c %s $@) bytes, site pack $$(stat -c %s $(OUT)/site.pack) of them"

# --- The same server as a process ----------------------------------------------

# What was linked last time, so that another choice links anew.
build/tls.choice: FORCE
	@mkdir -p $(@D)
	@echo '$(TLS)' | cmp -s - $@ || echo '$(TLS)' >$@

define hosted_rule
build/$(1)/thimble: $$(patsubst %,build/$(1)/%.o,$$(foreach l,hosted $$(portable),$$(call sources,$$(l))) $$(hosted.also)) \
  $$(mbedtls.c:%=build/$(1)/mbedtls/%.o) $$(openssl.c:%=build/$(1)/openssl/%.o) $$(lwip.c:%=build/$(1)/lwip/%.o) build/$(1)/crypt.o \
  $(OUT)/site.pack build/tls.choice
	$$(call say,ld $(1)/thimble)
	$$(Q)printf '.section .rodata\n.globl site_start,site_end\n.balign 64\nsite_start: .incbin "$(OUT)/site.pack"\nsite_end:\n.section .note.GNU-stack,"",@progbits\n' | \
	  $$(CC) -x assembler -c - -o build/$(1)/site.o
	$$(Q)$$(CC) $$($(1).flags) $$(filter %.o,$$^) build/$(1)/site.o -o $$@
endef
$(foreach b,hosted hosted-san,$(eval $(call hosted_rule,$(b))))

# Only one function of musl's crypt: SHA-256 password hashes.
define crypt_rule
build/$(1)/crypt.o: Makefile | build/headers
	$$(call say,cc $(1)/musl/crypt_sha256)
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$($(1).flags) -w -Dsprintf=http_crypt_sprintf \
	  -Dstrtoul=http_crypt_strtoul -c $$(MUSL_DIR)/src/crypt/crypt_sha256.c -o $$@
endef
$(foreach b,$(builds),$(eval $(call crypt_rule,$(b))))

# --- Checks and unit tests ------------------------------------------------------

# Each tests/unit/test_*.c is a program of its own, linked with everything that
# runs on the host, under the sanitizers. What it shares stands beside it.
unit.tests := $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/test_*.c))
unit.shared := $(filter-out $(wildcard tests/unit/test_*.c),$(wildcard tests/unit/*.c))
unit.o := $(patsubst %,build/hosted-san/%.o,$(foreach l,lib memstat http site,$(call sources,$(l)))) \
  $(addprefix build/hosted-san/,app/options.c.o app/log_format.c.o app/crowd.c.o app/wheel.c.o net/config.c.o \
  net/checksum.c.o net/offload.c.o net/sack.c.o net/text.c.o kernel/boot/info.c.o kernel/boot/memmap.c.o kernel/dev/chacha.c.o crypt.o) $(unit.shared:tests/unit/%.c=build/unit/%.o)
tls.o := $(patsubst %,build/hosted-san/%.o,$(call sources,tls) hosted/memory.c hosted/platform.c $(hosted.also)) \
  $(mbedtls.all:%=build/hosted-san/mbedtls/%.o) $(openssl.all:%=build/hosted-san/openssl/%.o)
unit.flags := $(hosted-san.flags) -I. -Itests/unit \
  $(foreach l,$(portable) kernel,-I$(l)/include)

build/unit/%.o: tests/unit/%.c | build/headers
	$(call say,cc unit/$*)
	@mkdir -p $(@D)
	$(Q)$(CC) $(unit.flags) $(filter-out -Wmissing-prototypes,$(warnings)) -c $< -o $@

# Those of tls/ have the process's own platform in place of the shared part.
unit.tls := $(filter build/unit/test_tls_%,$(unit.tests:%=build/unit/%))
$(unit.tls:%=%.o): unit.flags += -Itls/include $(mbedtls.flags)
$(unit.tls:%=%.o): | build/fetched-tls
$(unit.tls): build/unit/%: build/unit/%.o $(tls.o) $(filter build/hosted-san/lib/% \
  build/hosted-san/memstat/%,$(unit.o))
	$(Q)$(CC) $(hosted-san.flags) $^ -Wl,--gc-sections -lcmocka -o $@

.PRECIOUS: build/unit/%.o
build/unit/%: build/unit/%.o $(unit.o)
	$(Q)$(CC) $(hosted-san.flags) $(unit.link) $^ -lcmocka -o $@

# With a page allocator: the kernel's own over made-up RAM, or one of the test.
build/unit/test_kernel_mem: $(addprefix build/hosted-san/kernel/mem/,page.c.o pool.c.o heap.c.o)
build/unit/test_kernel_mem: private unit.link := -no-pie
build/unit/test_virtq: build/hosted-san/kernel/dev/virtq.c.o
build/unit/test_virtio: $(addprefix build/hosted-san/kernel/,dev/virtq.c.o platform/virtio.c.o)
build/unit/test_pci: $(addprefix build/hosted-san/kernel/,dev/virtq.c.o \
  $(addprefix platform/,virtio.c.o pci.c.o virtio_pci.c.o))
build/unit/test_virtio_net: $(addprefix build/hosted-san/kernel/dev/,virtq.c.o virtio_net.c.o)
build/unit/test_netfront: build/hosted-san/kernel/dev/netfront.c.o
build/unit/test_xenstore: build/hosted-san/kernel/platform/xenstore.c.o
build/unit/test_netfront.o build/unit/test_virtio_net.o build/unit/test_xenstore.o: unit.flags += -isystem build/headers/uapi
build/unit/test_virtio_mmio: build/hosted-san/kernel/platform/virtio_mmio.c.o

# The site that the wire cases of tests/data/http speak of.
build/unit/www.pack: build/thimble-pack build/assets \
  $(wildcard tests/data/www/* tests/data/www/*/*.html)
	@mkdir -p $(@D)
	$(Q)$(pack) -o $@ tests/data/www

# Test vectors of others.
build/unit/vectors.txt: tests/unit/vectors.py
	$(call say,vectors)
	@mkdir -p $(@D)
	$(Q)$(PYTHON) $< $@

build/unit.done: build/unit/www.pack build/unit/vectors.txt $(wildcard tests/data/http/*.req) $(unit.tests:%=build/unit/%)
	@for t in $(unit.tests); do build/unit/$$t >build/unit/$$t.log 2>&1 || \
	  { cat build/unit/$$t.log; echo "unit: $$t failed"; exit 1; }; \
	  echo "  unit $$t: $$(sed -n 's/.*PASSED *\] *//p' build/unit/$$t.log)"; done
	@touch $@

# The cryptography as the hosted build has it, beside OpenSSL's.
bench-crypto: build/bench/crypto ## rates of the cryptography beside `openssl speed`
	@bench/crypto/run

build/bench/crypto: bench/crypto/crypto.c $(subst /hosted-san/,/hosted/,$(tls.o) \
  $(filter build/hosted-san/lib/% build/hosted-san/memstat/%,$(unit.o)))
	@mkdir -p $(@D)
	$(Q)$(CC) $(hosted.flags) -MF $@.d -I. $(foreach l,$(portable) kernel tls,-I$(l)/include) \
	  $(mbedtls.flags) $(filter %.c %.o,$^) -Wl,--gc-sections -o $@

include tests/fuzz/fuzz.mk
include bench/bench.mk

# Quick, so it runs each time.
build/check.done: build/hosted/thimble $(filter build/guest/kernel/%,$(guest.o)) FORCE
	@$(PYTHON) tests/check/check.py
	@touch $@

-include $(shell find build/guest build/hosted build/hosted-san build/hosted-fuzz build/unit -name '*.d' 2>/dev/null)
