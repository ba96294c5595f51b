# make            memc_route and memc_sink
# make demo       sets up, and loads sample data into four local servers
# make check      sets up, and runs the tests
# make help       all targets

CC         ?= gcc
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

clean:
	rm -rf build memc_route memc_sink

-include $(wildcard $(B)/*.d)

.PHONY: all clean
