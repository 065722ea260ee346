# The generator of random specs and the reference search, for tests/suites/random.sh. Included by the Makefile; also works as
# make -f Makefile -f tests/random/module.mk build/release/tests/random/generate
ifndef RANDOM_MODULE
RANDOM_MODULE := 1
RANDOM := $(BUILD)/tests/random

.PHONY: random
random: $(RANDOM)/generate $(RANDOM)/reference

$(RANDOM)/generate: tests/random/generate.c
	@mkdir -p $(@D)
	$(CC) -D_GNU_SOURCE $(CFLAGS) $(LDFLAGS) -o $@ $<

$(RANDOM)/reference: tests/random/reference.c $(LIB)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)
endif
