# The mutation run over the collection; docs/mutation.md. It takes some minutes. `make mutation MUTATION="-n 40 specs/raft.dspec"`
# passes options. Included by the Makefile.
ifndef MUTATION_MODULE
MUTATION_MODULE := 1

.PHONY: mutation
mutation: all
	tests/mutation/mutate $(MUTATION)
endif
