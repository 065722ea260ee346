# The fuzz targets, for tests/suites/fuzz.sh: make B=fuzz fuzz. Included by the Makefile; also works as
# make -f Makefile -f tests/fuzz/module.mk B=fuzz fuzz
ifndef FUZZ_MODULE
FUZZ_MODULE := 1
FUZZ := $(BUILD)/tests/fuzz
FUZZ_TARGETS := scan parse front irtext
FUZZ_SHARED := tests/fuzz/common.c tests/fuzz/mutate.c tests/fuzz/fuzz.h tests/fuzz/mutate.h

.PHONY: fuzz
fuzz: $(FUZZ_TARGETS:%=$(FUZZ)/%) $(FUZZ)/planted

$(FUZZ)/planted: tests/fuzz/scan.c $(FUZZ_SHARED) $(LIB)
	@mkdir -p $(@D)
	$(call said,CC,$@)
	$(Q)$(CC) $(CPPFLAGS) -DFUZZ_PLANTED $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.c %.o,$^) $(LDLIBS)

$(FUZZ)/%: tests/fuzz/%.c $(FUZZ_SHARED) $(LIB)
	@mkdir -p $(@D)
	$(call said,CC,$@)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.c %.o,$^) $(LDLIBS)
endif
