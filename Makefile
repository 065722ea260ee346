# dcheck: `make demo` checks Paxos, `make check` passes the tests; both install what is missing on Debian 12.
VERSION := 0.1.0
B       ?= release
CC      ?= cc
PREFIX  ?= /usr/local
BUILD   := build/$(B)
V       ?= 0
Q       := $(if $(filter 0,$(V)),@) # V=1 shows the commands
said     = $(if $(filter 0,$(V)),@echo '  $(1) $(2)')
GEN     := build/gen

WARN    := -Wall -Wextra -Werror -Wno-clobbered
ifneq (,$(findstring clang,$(CC)))
WARN    := -Wall -Wextra -Werror
endif
CPPFLAGS := -I. -I$(GEN) -D_GNU_SOURCE -DDC_VERSION='"$(VERSION)"' -DDC_SHARE='"$(PREFIX)/share/dcheck"'
CFLAGS  := -std=c11 -g $(WARN)
LDLIBS  := -ljansson -lpthread -ldl -lm
JEMALLOC := -ljemalloc

ifeq ($(B),release)
CFLAGS  += -O2
LDLIBS  += $(JEMALLOC)
else ifeq ($(B),debug)
CFLAGS  += -O0 -DDC_SMALL
else ifeq ($(B),asan)
CFLAGS  += -O1 -fsanitize=address -fno-omit-frame-pointer
LDFLAGS += -fsanitize=address
else ifeq ($(B),ubsan)
CFLAGS  += -O1 -fsanitize=undefined -fno-sanitize-recover=all
LDFLAGS += -fsanitize=undefined
else ifeq ($(B),tsan)
CFLAGS  += -O1 -fsanitize=thread
LDFLAGS += -fsanitize=thread
else ifeq ($(B),fuzz)
CC      := clang
WARN    := -Wall -Wextra -Werror
CFLAGS  := -std=c11 -g -O1 $(WARN) -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
LDFLAGS += -fsanitize=fuzzer,address,undefined
endif

SRC  := $(wildcard base/*.c lexer/*.c parser/*.c model/*.c compiler/*.c checker/*.c report/*.c cli/*.c)
OBJ  := $(SRC:%.c=$(BUILD)/%.o) $(BUILD)/gen/lexer.o $(BUILD)/gen/grammar.o $(BUILD)/gen/rt_text.o $(BUILD)/gen/assets.o
ifeq ($(shell uname -m),x86_64)
KERNELS := $(BUILD)/checker/kernel_avx2.o $(BUILD)/checker/kernel_avx512.o
CPPFLAGS += -DDC_KERNELS
endif
OBJ  += $(KERNELS)
LIB  := $(filter-out $(BUILD)/cli/main.o,$(OBJ))

.PHONY: all demo check bench clean install deps
all: dcheck

ifeq ($(B),release)
dcheck: $(BUILD)/dcheck
	$(Q)cp $< $@
else
dcheck: $(BUILD)/dcheck
endif

$(BUILD)/dcheck: $(OBJ)
	$(call said,LINK,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/%.o: %.c | $(GEN)/parser/grammar.h
	@mkdir -p $(@D)
	$(call said,CC,$@)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# the loops that every generated state passes, for processors that have more (checker/kernel.h)
AVX2   := -mavx2 -mbmi -mbmi2
AVX512 := $(AVX2) -mavx512f -mavx512vl -mavx512dq -mavx512bw
$(BUILD)/checker/kernel_avx2.o: MACHINE := $(AVX2)
$(BUILD)/checker/kernel_avx512.o: MACHINE := $(AVX512)
$(KERNELS): $(BUILD)/checker/kernel_%.o: checker/kernel.c
	@mkdir -p $(@D)
	$(call said,CC,$@)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(MACHINE) -DKERNEL=kernel_$* -MMD -MP -c -o $@ $<

# generated text: our warnings do not apply to it
$(BUILD)/gen/lexer.o: $(GEN)/lexer/lexer.c
	@mkdir -p $(@D)
	$(call said,CC,$@)
	$(Q)$(CC) $(CPPFLAGS) $(filter-out -W%,$(CFLAGS)) -c -o $@ $<
$(BUILD)/gen/grammar.o: $(GEN)/parser/grammar.c
	@mkdir -p $(@D)
	$(call said,CC,$@)
	$(Q)$(CC) $(CPPFLAGS) $(filter-out -W%,$(CFLAGS)) -c -o $@ $<
$(BUILD)/gen/rt_text.o: $(GEN)/rt_text.c
	@mkdir -p $(@D)
	$(call said,CC,$@)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(BUILD)/gen/assets.o: $(GEN)/assets.c
	@mkdir -p $(@D)
	$(call said,CC,$@)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(GEN)/lexer/lexer.c: lexer/lexer.l
	@mkdir -p $(@D)
	$(Q)flex -o $@ $<
$(GEN)/parser/grammar.c $(GEN)/parser/grammar.h &: parser/grammar.y
	@mkdir -p $(GEN)/parser
	$(Q)bison -Wall -Wno-precedence -Werror --header=$(GEN)/parser/grammar.h -o $(GEN)/parser/grammar.c $<
# the runtime headers that generated code includes travel inside the binary
$(GEN)/rt_text.c: model/rt.h model/model.h tools/embed
	@mkdir -p $(@D)
	$(Q)sh tools/embed > $@
# so do the style and script of the page that -report writes
$(GEN)/assets.c: $(wildcard report/assets/*) report/assets.h tools/assets
	@mkdir -p $(@D)
	$(Q)sh tools/assets > $@

-include $(OBJ:.o=.d)

deps:
	sh tools/deps

demo:
	sh tools/deps build
	$(MAKE) all
	./dcheck specs/paxos.dspec -workers 2

check:
	sh tools/deps test
	$(MAKE) all
	sh tests/run

# the table of bench/README.md: the peers found here beside us
bench:
	sh tools/deps bench
	$(MAKE) all
	bench/run

install: dcheck
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/dcheck/stdlib $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 644 docs/dcheck.1 $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 755 dcheck $(DESTDIR)$(PREFIX)/bin/dcheck
	install -m 644 stdlib/*.dspec $(DESTDIR)$(PREFIX)/share/dcheck/stdlib
	install -d $(DESTDIR)$(PREFIX)/share/bash-completion/completions $(DESTDIR)$(PREFIX)/share/zsh/site-functions
	install -d $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
	./dcheck -completion bash > $(DESTDIR)$(PREFIX)/share/bash-completion/completions/dcheck
	./dcheck -completion zsh > $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_dcheck
	./dcheck -completion fish > $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/dcheck.fish

clean:
	rm -rf build dcheck

# --- tests ---
# One suite: make check-NAME. Everything, also what takes hours: make check-long.
SUITES := $(basename $(notdir $(wildcard tests/suites/*.sh)))
.PHONY: $(SUITES:%=check-%) check-long unit lint

$(SUITES:%=check-%): check-%: all
	sh tests/run $*

check-long:
	sh tools/deps test
	$(MAKE) all
	CHECK_LONG=1 sh tests/run

# cmocka programs, each linked against all of the program but its main
UNIT := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/*.c))
unit: $(UNIT)

$(BUILD)/unit/%: tests/unit/%.c $(wildcard tests/unit/*.h) $(LIB)
	@mkdir -p $(@D)
	$(call said,CC,$@)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $< $(LIB) $(LDLIBS) -lcmocka

lint:
	sh tests/tools/lint

-include tests/random/module.mk tests/fuzz/module.mk tests/mutation/module.mk

# the table of the collection
.PHONY: specs-table specs-seconds tla-table
tla-table: dcheck
	python3 tests/tools/tla_table.py
specs-seconds: dcheck
	tests/tools/specs_seconds > build/seconds.tsv && cp build/seconds.tsv specs/seconds.tsv
	python3 tests/tools/specs_table.py tests/golden/golden.tsv > specs/README.md
specs-table:
	python3 tests/tools/specs_table.py tests/golden/golden.tsv > specs/README.md
