/* A level of the search: blocks of packed states.
 *
 * In a block every state is packed as its difference to the one before: a word differs in some adjacent bytes, so for
 * each word one byte says where they begin and how many they are, and then come those of all words. Neighbours in a
 * level have much in common: the speed models take 0.3 to 0.7 of the room.
 *
 * Ownership: blocks are handed from worker to worker, each by one at a time. Threads: none here. */
#ifndef DC_CHECKER_FRONTIER_H
#define DC_CHECKER_FRONTIER_H

#include <stddef.h>
#include <stdint.h>

struct block {
    uint32_t n, bytes;
    struct block *next; /* in a list of free ones */
    uint32_t *ids;      /* of the recorder; NULL without one */
    uint8_t data[];
};

/* How large blocks are. */
struct block_shape {
    uint32_t words;  /* of a state */
    uint32_t states; /* at most */
    uint64_t data_bytes, bytes;
    int with_ids;
};
struct block_shape block_shape(uint32_t words, int with_ids);
uint64_t block_memory(const struct block_shape *);

struct block *block_new(const struct block_shape *);
void block_free(struct block *);

/* Room for one more state for sure? */
int block_has_room(const struct block_shape *, const struct block *);
/* `last`: the state that was added before, zeroes for the first; it is updated. */
void block_add(const struct block_shape *, struct block *, const uint64_t *state, uint64_t *last, uint32_t id);
/* All of them, one after the other. */
void block_unpack(const struct block_shape *, const struct block *, uint64_t *states);

#endif
