# make demo sets up and loads sample data; make check sets up and tests; make help names all targets.

ifeq ($(origin CC),default)
CC := gcc
endif
CFLAGS     ?= -O2 -g
PREFIX     ?= /usr/local
PKG_CONFIG ?= pkg-config
PROTOC_C   ?= protoc-c

# One object folder a variant: make VARIANT=san ... keeps the others.
VARIANT ?= release
B       := build/$(VARIANT)

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion \
	-Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Wwrite-strings \
	-Wcast-qual -Wundef -Wvla -Wnull-dereference $(WERROR)
HARDEN   ?= -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection \
	-fcf-protection -fPIE
HARDEN_LD ?= -pie -Wl,-z,relro,-z,now -Wl,--as-needed

PROTOBUF  := $(shell $(PKG_CONFIG) --libs libprotobuf-c 2>/dev/null)
MEMCACHED := -lmemcached

ALL_CFLAGS = -std=c11 -D_XOPEN_SOURCE=700 $(WARNINGS) $(HARDEN) $(CFLAGS) -Ilib -isystem $(B)
ALL_LDFLAGS = $(HARDEN_LD) $(LDFLAGS)

# The programs of the released variant stand at the top, those of others beside their objects.
ifeq ($(VARIANT),release)
BIN := .
else
BIN := $(B)
endif

LIB_OBJECTS := $(patsubst lib/%.c,$(B)/%.o,$(sort $(wildcard lib/*.c))) $(B)/appsinstalled.pb-c.o

# make V=1 shows the commands themselves.
ifeq ($(V),)
Q = @echo "  $(1) $@"; 
endif

all: $(BIN)/memc_route $(BIN)/memc_sink

$(BIN)/memc_route: $(B)/memc_route.o $(B)/libmemc.a
	$(call Q,LINK)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^

$(BIN)/memc_sink: $(B)/memc_sink.o $(B)/libmemc.a
	$(call Q,LINK)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(MEMCACHED) $(PROTOBUF)

$(B)/libmemc.a: $(LIB_OBJECTS)
	@rm -f $@
	$(call Q,AR  )$(AR) rcs $@ $^

$(B)/%.o: %.c | $(B)/appsinstalled.pb-c.h
	$(call Q,CC  )$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/%.o: lib/%.c | $(B)/appsinstalled.pb-c.h
	$(call Q,CC  )$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# Generated code is not held to our warnings.
$(B)/appsinstalled.pb-c.o: $(B)/appsinstalled.pb-c.c
	$(call Q,CC  )$(CC) -std=c11 $(HARDEN) $(CFLAGS) -I$(B) -c -o $@ $<

$(B)/appsinstalled.pb-c.c $(B)/appsinstalled.pb-c.h &: proto/appsinstalled.proto
	@mkdir -p $(B)
	$(call Q,GEN )$(PROTOC_C) --proto_path=proto --c_out=$(B) $<

# Unit tests: one program a module.
UNIT_TESTS := $(patsubst tests/unit/%.c,$(B)/unit/%.t,$(sort $(wildcard tests/unit/*.c)))

$(B)/unit/%.t: tests/unit/%.c $(B)/libmemc.a
	@mkdir -p $(B)/unit
	$(call Q,LINK)$(CC) $(ALL_CFLAGS) -Itests -MMD -MP $(ALL_LDFLAGS) -o $@ $< $(B)/libmemc.a \
		$(MEMCACHED) $(PROTOBUF)

$(B)/mksample: tests/mksample.c
	@mkdir -p $(B)
	$(call Q,CC  )$(CC) -std=c11 -D_XOPEN_SOURCE=700 $(WARNINGS) $(CFLAGS) -o $@ $<

# A variant finds memc_load beside its own programs.
ifneq ($(BIN),.)
$(BIN)/memc_load: memc_load
	@mkdir -p $(B)
	ln -sf ../../memc_load $@
endif

# What is missing is installed first, so these make the rest in a second run of make.
demo:
	tests/setup run
	@$(MAKE) --no-print-directory all $(B)/mksample
	MKSAMPLE=$(B)/mksample tests/demo

check:
	tests/setup check
	@$(MAKE) --no-print-directory check-installed

TESTS ?= $(sort $(wildcard tests/*.t)) $(UNIT_TESTS)
JOBS  ?= 2

# A background job starts with INT ignored; the tests need it as a terminal has it.
# Only the tests, for those who have everything: make check-installed TESTS=tests/sink.t
check-installed: tests-built
	BIN=$(abspath $(BIN)) MKSAMPLE=$(abspath $(B)/mksample) \
		env --default-signal=INT,HUP,TERM prove -j $(JOBS) --timer $(TESTS)

tests-built: all $(BIN)/memc_load $(UNIT_TESTS) $(B)/mksample

SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer

# The whole suite with the sanitizers watching; what they find ends the program.
check-san:
	tests/setup check
	@$(MAKE) --no-print-directory check-installed VARIANT=san HARDEN=-fPIE HARDEN_LD=-pie \
		CFLAGS='-O1 -g $(SANITIZE)'

# The same under valgrind, which needs much time: memory errors and leaks fail the test.
check-valgrind:
	tests/setup check
	@$(MAKE) --no-print-directory tests-built
	MKSAMPLE=$(abspath $(B)/mksample) tests/valgrind

lint:
	tests/setup check
	tests/lint

# Measures; nothing is judged by it. make bench BENCH_ARGS='--row pipeline.zcat --rounds 3'
bench: all $(B)/mksample
	bench/run --mksample $(abspath $(B)/mksample) $(BENCH_ARGS)

MANUALS := $(wildcard man/*.1)

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1
	install memc_route memc_sink memc_load $(DESTDIR)$(PREFIX)/bin
	install -m 644 $(MANUALS) $(DESTDIR)$(PREFIX)/share/man/man1

uninstall:
	cd $(DESTDIR)$(PREFIX)/bin && rm -f memc_route memc_sink memc_load
	cd $(DESTDIR)$(PREFIX)/share/man/man1 && rm -f $(notdir $(MANUALS))

clean:
	rm -rf build memc_route memc_sink

help:
	@echo 'make               memc_route and memc_sink'
	@echo 'make demo          set up, and load sample data into four local servers'
	@echo 'make check         set up, and run the tests'
	@echo 'make check-san     the same with the address and undefined sanitizers'
	@echo 'make check-valgrind  the same under valgrind'
	@echo 'make lint          manuals, shell scripts and C looked over by their linters'
	@echo 'make bench         measure: bench/run --help explains, BENCH_ARGS goes to it'
	@echo 'make install       into PREFIX (default /usr/local), below DESTDIR; make uninstall'
	@echo 'make clean         remove what was built'

-include $(wildcard $(B)/*.d) $(wildcard $(B)/unit/*.d)

.PHONY: all demo check check-installed tests-built check-san check-valgrind lint bench install uninstall clean help
