# SPDX-License-Identifier: MIT
# make demo sets up and loads sample data; make check sets up and tests; make help names all targets.

ifeq ($(origin CC),default)
CC := gcc
endif
CFLAGS     ?= -O2 -g
PREFIX     ?= /usr/local
PKG_CONFIG ?= pkg-config
PROTOC     ?= protoc

# One object folder a variant: make VARIANT=san ... keeps the others.
VARIANT ?= release
B       := build/$(VARIANT)

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion \
	-Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Wwrite-strings \
	-Wcast-qual -Wundef -Wvla -Wnull-dereference $(WERROR)
# Each flag that this compiler takes for this kind of CPU: arm64 has no -fcf-protection.
takes = $(shell $(CC) -Werror -O2 $(1) -include stdio.h -x c -c -o /dev/null /dev/null 2>/dev/null && echo '$(1)')
ifeq ($(origin HARDEN),undefined)
HARDEN := $(call takes,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3) $(call takes,-fstack-protector-strong) \
	$(call takes,-fstack-clash-protection) $(call takes,-fcf-protection) -fPIE
endif
HARDEN_LD ?= -pie -Wl,-z,relro,-z,now -Wl,--as-needed

# gcc optimises each program as a whole (LTO= turns that off); the unit tests are linked without it.
ifeq ($(VARIANT)$(CC),releasegcc)
LTO ?= -flto=auto -ffat-lto-objects
NO_LTO := -fno-lto
endif

# Without pkg-config: where the linker finds it by itself.
PROTOBUF  := $(or $(shell $(PKG_CONFIG) --libs libprotobuf-c 2>/dev/null),-lprotobuf-c)
MEMCACHED := -lmemcached

ALL_CFLAGS = -std=c11 -D_XOPEN_SOURCE=700 $(WARNINGS) $(HARDEN) $(CFLAGS) -Ilib -isystem $(B)
ALL_LDFLAGS = $(HARDEN_LD) $(LDFLAGS)

# The programs of the released variant stand at the top, those of others beside their objects.
ifeq ($(VARIANT),release)
BIN := .
else
BIN := $(B)
endif

LIB_OBJECTS := $(patsubst %.c,$(B)/%.o,$(sort $(wildcard lib/*/*.c))) $(B)/appsinstalled.pb-c.o

# make V=1 shows the commands themselves.
ifeq ($(V),)
Q = @echo "  $(1) $@"; 
endif

all: $(BIN)/memc_route $(BIN)/memc_sink

$(BIN)/memc_route: $(B)/memc_route.o $(B)/libmemc.a
	$(call Q,LINK)$(CC) $(ALL_CFLAGS) $(LTO) $(ALL_LDFLAGS) -o $@ $^

$(BIN)/memc_sink: $(B)/memc_sink.o $(B)/libmemc.a
	$(call Q,LINK)$(CC) $(ALL_CFLAGS) $(LTO) $(ALL_LDFLAGS) -o $@ $^ $(MEMCACHED) $(PROTOBUF)

$(B)/libmemc.a: $(LIB_OBJECTS)
	@rm -f $@
	$(call Q,AR  )$(AR) rcs $@ $^

$(B)/%.o: %.c | $(B)/appsinstalled.pb-c.h
	@mkdir -p $(@D)
	$(call Q,CC  )$(CC) $(ALL_CFLAGS) $(LTO) -MMD -MP -c -o $@ $<

# Generated code is compiled without our warnings.
$(B)/appsinstalled.pb-c.o: $(B)/appsinstalled.pb-c.c
	$(call Q,CC  )$(CC) -std=c11 $(HARDEN) $(CFLAGS) -I$(B) -c -o $@ $<

$(B)/appsinstalled.pb-c.c $(B)/appsinstalled.pb-c.h &: proto/appsinstalled.proto | $(B)/needs
	$(call Q,GEN )$(PROTOC) --proto_path=proto --c_out=$(B) $<

# What building needs is checked once, so that a message names what is missing.
MISSING = { echo "make: $(1) is missing; tools/setup installs what is needed, README.md has the list" >&2; exit 1; }
$(B)/needs:
	@mkdir -p $(B)
	@command -v $(firstword $(CC)) >/dev/null || $(call MISSING,the compiler $(firstword $(CC)))
	@command -v $(PROTOC) >/dev/null || $(call MISSING,$(PROTOC) (protobuf's compiler))
	@command -v protoc-gen-c >/dev/null || $(call MISSING,protoc-gen-c (protobuf-c's compiler))
	@echo 'int main(void) { return 0; }' >$@.c
	@$(CC) $(CFLAGS) -include protobuf-c/protobuf-c.h $(LDFLAGS) -o $@.out $@.c $(PROTOBUF) || $(call MISSING,libprotobuf-c)
	@$(CC) $(CFLAGS) -include libmemcached/memcached.h $(LDFLAGS) -o $@.out $@.c $(MEMCACHED) || $(call MISSING,libmemcached)
	@rm -f $@.c $@.out
	@touch $@

# Unit tests: one program for each module, in the folder of its room.
UNIT_TESTS := $(patsubst tests/unit/%.c,$(B)/unit/%.t,$(sort $(wildcard tests/unit/*/*.c)))

$(B)/unit/%.t: tests/unit/%.c $(B)/libmemc.a
	@mkdir -p $(@D)
	$(call Q,LINK)$(CC) $(ALL_CFLAGS) $(NO_LTO) -Itests/lib -MMD -MP $(ALL_LDFLAGS) -o $@ $< $(B)/libmemc.a \
		$(MEMCACHED) $(PROTOBUF)

# Fuzz targets: with replay.c each is a test that runs over its corpus; with libFuzzer it makes its own inputs.
FUZZ_NAMES := $(filter-out replay,$(patsubst tests/fuzz/%.c,%,$(sort $(wildcard tests/fuzz/*.c))))
FUZZ_TESTS := $(FUZZ_NAMES:%=$(B)/fuzz/%.t)
FUZZERS    := $(FUZZ_NAMES:%=$(B)/fuzz/%)

$(FUZZ_TESTS): $(B)/fuzz/%.t: tests/fuzz/%.c tests/fuzz/replay.c $(wildcard tests/fuzz/*.h) $(B)/libmemc.a
	@mkdir -p $(B)/fuzz
	$(call Q,LINK)$(CC) $(ALL_CFLAGS) $(NO_LTO) -DCORPUS='"tests/fuzz/corpus/$*"' \
		$(ALL_LDFLAGS) -o $@ $< tests/fuzz/replay.c $(B)/libmemc.a $(MEMCACHED) $(PROTOBUF)

$(FUZZERS): %: %.o $(B)/libmemc.a
	$(call Q,LINK)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(MEMCACHED) $(PROTOBUF)

$(FUZZERS:%=%.o): $(B)/fuzz/%.o: tests/fuzz/%.c | $(B)/appsinstalled.pb-c.h
	@mkdir -p $(B)/fuzz
	$(call Q,CC  )$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/mksample: tools/mksample.c $(wildcard tools/mksample_*.h)
	@mkdir -p $(B)
	$(call Q,CC  )$(CC) -std=c11 -D_XOPEN_SOURCE=700 $(WARNINGS) $(CFLAGS) -o $@ $<

# The scripts, and their parts. A variant has its own, which find the programs beside them.
PARTS   := $(sort $(wildcard load/*.bash load/*.jq))
SCRIPTS := $(BIN)/memc_load $(BIN)/memc_load_file
ifneq ($(BIN),.)
$(BIN)/memc_load: memc_load memc_load_file $(PARTS)
	@mkdir -p $(B)/load
	@rm -rf $@ $(B)/load/*
	cp $(PARTS) $(B)/load
	cp memc_load $@

$(BIN)/memc_load_file: memc_load_file $(BIN)/memc_load
	@rm -f $@
	cp memc_load_file $@
endif

# The packages are installed first; then a second make starts, because it looks for the libraries when it starts.
demo:
	tools/setup run
	@$(MAKE) --no-print-directory all $(B)/mksample
	MKSAMPLE=$(B)/mksample tools/demo

check:
	tools/setup check
	@$(MAKE) --no-print-directory check-installed

# The longest tests start first, so that all jobs end at about the same time.
ALL_TESTS := $(sort $(wildcard tests/*/*.t)) $(UNIT_TESTS) $(FUZZ_TESTS)
LONGEST := $(foreach each,$(shell cat tests/run/longest),$(filter $(each) $(B)/$(each),$(ALL_TESTS)))
TESTS ?= $(LONGEST) $(filter-out $(LONGEST),$(ALL_TESTS))
# One more than there are cores: a test waits for part of its time.
JOBS  ?= $(shell echo $$(($$(nproc) + 1)))

# In a background job INT is ignored; the tests need the signals as they are on a terminal.
# Only the tests, for those who have everything: make check-installed TESTS=tests/filter/sink.t
check-installed: tests-built
	BIN=$(abspath $(BIN)) MKSAMPLE=$(abspath $(B)/mksample) \
		env --default-signal=INT,HUP,TERM prove -j $(JOBS) --state=save --timer $(TESTS)

# What failed in the last check-installed, one after the other: on a machine that is busy with other work, a test can run
# out of time.
check-failed: tests-built
	@test -s .prove
	BIN=$(abspath $(BIN)) MKSAMPLE=$(abspath $(B)/mksample) \
		env --default-signal=INT,HUP,TERM prove --state=failed --timer

tests-built: all $(SCRIPTS) $(UNIT_TESTS) $(FUZZ_TESTS) $(B)/mksample

# The catalogue of faults: every case in tests/faults/cases, slow sweeps in full, and a table of what came out.
faults:
	tools/setup check
	@$(MAKE) --no-print-directory faults-installed

faults-installed: all $(SCRIPTS) $(B)/mksample
	BIN=$(abspath $(BIN)) MKSAMPLE=$(abspath $(B)/mksample) JOBS=$(JOBS) tests/faults/table

# The unit tests only; installs nothing.
check-unit: $(UNIT_TESTS)
	env --default-signal=INT,HUP,TERM prove -j $(JOBS) --timer $(UNIT_TESTS)

# For the minute after an edit: the modules, and one pass of each program against real servers.
check-quick:
	tools/setup check
	@$(MAKE) --no-print-directory check-installed TESTS='$(UNIT_TESTS) tests/load/pass.t'

# What depends most on the version of memcached: its counters, what it loses, its text protocol.
check-memcached:
	tools/setup check
	@$(MAKE) --no-print-directory check-installed TESTS='$(sort $(wildcard tests/filter/server*.t tests/filter/sink*.t \
		tests/filter/text*.t tests/filter/counters*.t tests/filter/kept*.t tests/filter/sample*.t tests/faults/server*.t \
		tests/load/forecast*.t tests/load/doubt*.t) $(filter $(B)/unit/server/% $(B)/unit/store/%,$(UNIT_TESTS)))'

# Another release of Debian, in a chroot of its own: make check-debian SUITE=trixie. As root.
SUITE ?= trixie
check-debian:
	tests/run/check_debian $(SUITE)

# Another kind of CPU: a cross compiler, and qemu.
check-arm64: all $(B)/mksample
	BIN=$(abspath $(BIN)) MKSAMPLE=$(abspath $(B)/mksample) tests/run/check_arm64

SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer

# The whole suite with the sanitizers watching; what they find ends the program.
check-san:
	tools/setup check
	@$(MAKE) --no-print-directory check-installed VARIANT=san HARDEN=-fPIE HARDEN_LD=-pie \
		CFLAGS='-O1 -g $(SANITIZE)'

# Every corpus once through its target; part of make check.
fuzz-smoke: $(FUZZ_TESTS)
	prove -j $(JOBS) $(FUZZ_TESTS)

# Each target for SECONDS, one behind the other; make -j2 fuzz runs two at a time. make fuzz-record: one of them.
SECONDS ?= 60
FUZZ_RUNS := $(FUZZ_NAMES:%=fuzz-%)
FUZZ_VARIANT := VARIANT=fuzz CC=clang HARDEN=-fPIE HARDEN_LD=-pie \
	CFLAGS='-O1 -g -fsanitize=fuzzer-no-link $(SANITIZE)'

fuzz: $(FUZZ_RUNS)

$(FUZZ_RUNS): fuzz-%: fuzzers
	tests/fuzz/run $* $(SECONDS)

fuzzers:
	tools/setup check
	@$(MAKE) --no-print-directory $(FUZZ_VARIANT) $(FUZZ_NAMES:%=build/fuzz/fuzz/%)

# The same under valgrind, which takes long: memory errors and leaks fail the test.
check-valgrind:
	tools/setup check
	@$(MAKE) --no-print-directory tests-built
	MKSAMPLE=$(abspath $(B)/mksample) tests/run/valgrind

# Kills a process of a load, runs it again, compares: make crash ROUNDS=200 PROTOCOL=binary, and what a failed round says
# to play it again.
ROUNDS ?= 20
SEED   ?= 1
crash: all $(SCRIPTS) $(B)/mksample
	env --default-signal=INT,HUP,TERM tests/lib/crash.py --bin $(abspath $(BIN)) --mksample $(abspath $(B)/mksample) \
		--rounds $(ROUNDS) --seed $(SEED) --protocol $(or $(PROTOCOL),auto)

# Memory and descriptors while 0.1, 1 and 10 million records go through one pipeline.
soak: all $(B)/mksample
	tests/run/soak --mksample $(B)/mksample

lint:
	tools/setup check
	tests/run/lint

# Measures only; no result is a failure. make bench BENCH_ARGS='--row pipeline.zcat --rounds 3'
bench: all $(B)/mksample
	bench/run --mksample $(abspath $(B)/mksample) $(BENCH_ARGS)

MANUALS    := $(wildcard man/*.1)
PROGRAMS   := memc_route memc_sink memc_load memc_load_file
MAN_DIR    := share/man/man1
COMPLETION := share/bash-completion/completions
EXAMPLES   := share/doc/memc-load/examples
UNITS      := $(wildcard extra/systemd/*.service extra/systemd/*.timer)
SHARED     := share/memc-load
SHARED_FILES := proto/appsinstalled.proto extra/prometheus/memc_load.jq $(PARTS)

# Completions, made of the table of options. bash looks for one by the name of each program, and so does fish.
ZSH_COMPLETION  ?= share/zsh/site-functions
FISH_COMPLETION := share/fish/vendor_completions.d
COMPLETIONS     := $(B)/completion/memc_load $(B)/completion/_memc_load $(PROGRAMS:%=$(B)/completion/%.fish)

completions: $(COMPLETIONS)

$(COMPLETIONS): $(wildcard extra/completion/*)
	@mkdir -p $(@D)
	$(call Q,GEN )extra/completion/generate $(completion_shell) >$@.new && mv $@.new $@

$(B)/completion/memc_load: completion_shell = bash
$(B)/completion/_memc_load: completion_shell = zsh
$(B)/completion/%.fish: completion_shell = fish $(basename $(@F))

install: all $(COMPLETIONS)
	install -d "$(DESTDIR)$(PREFIX)/bin" "$(DESTDIR)$(PREFIX)/$(MAN_DIR)" "$(DESTDIR)$(PREFIX)/$(COMPLETION)"
	install $(BIN)/memc_route $(BIN)/memc_sink memc_load memc_load_file "$(DESTDIR)$(PREFIX)/bin"
	install -m 644 $(MANUALS) "$(DESTDIR)$(PREFIX)/$(MAN_DIR)"
	install -m 644 $(B)/completion/memc_load "$(DESTDIR)$(PREFIX)/$(COMPLETION)"
	ln -sf memc_load "$(DESTDIR)$(PREFIX)/$(COMPLETION)/memc_load_file"
	ln -sf memc_load "$(DESTDIR)$(PREFIX)/$(COMPLETION)/memc_route"
	ln -sf memc_load "$(DESTDIR)$(PREFIX)/$(COMPLETION)/memc_sink"
	install -d "$(DESTDIR)$(PREFIX)/$(ZSH_COMPLETION)" "$(DESTDIR)$(PREFIX)/$(FISH_COMPLETION)"
	install -m 644 $(B)/completion/_memc_load "$(DESTDIR)$(PREFIX)/$(ZSH_COMPLETION)"
	install -m 644 $(PROGRAMS:%=$(B)/completion/%.fish) "$(DESTDIR)$(PREFIX)/$(FISH_COMPLETION)"
	install -d "$(DESTDIR)$(PREFIX)/$(SHARED)" "$(DESTDIR)$(PREFIX)/$(EXAMPLES)"
	install -m 644 $(SHARED_FILES) "$(DESTDIR)$(PREFIX)/$(SHARED)"
	install -m 644 $(UNITS) "$(DESTDIR)$(PREFIX)/$(EXAMPLES)"
	install -m 644 extra/logrotate/memc_load "$(DESTDIR)$(PREFIX)/$(EXAMPLES)/memc_load.logrotate"

# Folders of the system stay, even if they are empty. Folders below a DESTDIR were made by make install and go.
uninstall:
	for name in $(PROGRAMS); do rm -f "$(DESTDIR)$(PREFIX)/bin/$$name" "$(DESTDIR)$(PREFIX)/$(COMPLETION)/$$name"; done
	for name in $(notdir $(MANUALS)); do rm -f "$(DESTDIR)$(PREFIX)/$(MAN_DIR)/$$name"; done
	for name in $(notdir $(UNITS)) memc_load.logrotate; do rm -f "$(DESTDIR)$(PREFIX)/$(EXAMPLES)/$$name"; done
	for name in $(notdir $(SHARED_FILES)); do rm -f "$(DESTDIR)$(PREFIX)/$(SHARED)/$$name"; done
	for name in $(PROGRAMS); do rm -f "$(DESTDIR)$(PREFIX)/$(FISH_COMPLETION)/$$name.fish"; done
	rm -f "$(DESTDIR)$(PREFIX)/$(ZSH_COMPLETION)/_memc_load"
ifneq ($(DESTDIR),)
	for dir in bin $(MAN_DIR) $(COMPLETION) $(ZSH_COMPLETION) $(FISH_COMPLETION) $(SHARED) $(EXAMPLES); do \
		(cd "$(DESTDIR)" && rmdir -p ".$(PREFIX)/$$dir") 2>/dev/null || true; \
	done
endif

# A tarball of the commit, the same bytes each time: git gives every file the time of the commit, gzip -n adds none.
VERSION  := $(shell sed -n 's/^.define MEMC_VERSION "\(.*\)"/\1/p' lib/process/version.h)
DIST_DIR ?= build
DIST     := $(DIST_DIR)/memc-load-$(VERSION).tar

dist:
	@mkdir -p "$(DIST_DIR)"
	git -c tar.umask=0022 archive --format=tar --prefix=memc-load-$(VERSION)/ -o "$(DIST)" HEAD
	gzip -9nf "$(DIST)"

distcheck: dist
	tests/run/distcheck "$(DIST).gz"

# Needs debhelper, lintian and what debian/control names.
deb: dist
	prove -v tests/run/deb :: "$(abspath $(DIST)).gz" "$(abspath $(DIST_DIR))/deb"

clean:
	rm -rf build memc_route memc_sink

help:
	@echo 'make               memc_route and memc_sink'
	@echo 'make demo          set up, and load sample data into four local servers'
	@echo 'make check         set up, and run the tests'
	@echo 'make check-quick   the modules and one pass of each program, in a minute'
	@echo 'make check-debian  the demo and the tests on a bare Debian, SUITE=trixie; make check-arm64: cross-built, under qemu'
	@echo 'make check-san     the same with the address and undefined sanitizers'
	@echo 'make check-valgrind  the same under valgrind'
	@echo 'make crash         kill a process of a load and run it again, ROUNDS=20 times, from SEED=1'
	@echo 'make soak          memory and descriptors with 0.1, 1 and 10 million records'
	@echo 'make faults        the tests of the catalogue of faults, slow ones too, and a table (some ten minutes)'
	@echo 'make fuzz          every fuzz target for SECONDS=60; HACKING.md explains'
	@echo 'make lint          manuals, shell scripts and C looked over by their linters'
	@echo 'make bench         measure: bench/run --help explains, BENCH_ARGS goes to it'
	@echo 'make install       into PREFIX (default /usr/local), below DESTDIR; make uninstall'
	@echo 'make dist          build/memc-load-VERSION.tar.gz, of what is committed; make distcheck tries it'
	@echo 'make deb           build/deb/memc-load_VERSION_ARCH.deb, likewise'
	@echo 'make clean         remove what was built'

-include $(wildcard $(B)/*.d) $(wildcard $(B)/lib/*/*.d) $(wildcard $(B)/unit/*/*.d) $(wildcard $(B)/fuzz/*.d)

.PHONY: all check-failed demo check check-installed check-san fuzz fuzzers fuzz-smoke $(FUZZ_RUNS) check-valgrind crash soak lint \
	bench completions install uninstall clean help faults faults-installed tests-built check-unit dist distcheck deb \
	check-quick check-memcached check-debian check-arm64
