/* A behaviour that goes round for ever, checked by definition: nothing of how it was found is used.
 *
 * Complexity: the length of the cycle, squared, times the obligations. No failure, no memory kept. Thread-safe if the
 * model is. */
#ifndef DC_CHECKER_LASSO_H
#define DC_CHECKER_LASSO_H

#include "checker/search.h"

/* Checks a lasso by another provider, from the definition: each step is one of the model, the formula is false of the
 * behaviour, and every obligation is honoured. On success, says for entry i how: taken at position at[i] of the trace,
 * not enabled at position at[i], or never enabled in the cycle. */
enum lasso_fairness { LASSO_TAKEN, LASSO_DISABLED, LASSO_NEVER };
bool lasso_account(const struct dc_model *, const struct finding *, enum lasso_fairness *how, uint32_t *at);

#endif
