#include "checker/kernel.h"

extern const struct kernel kernel_plain;
#ifdef DC_KERNELS /* the Makefile compiles more of them on x86-64 */
extern const struct kernel kernel_avx2, kernel_avx512;
#endif

uint32_t kernel_all(const struct kernel *all[KERNELS]) {
    uint32_t n = 0;
#ifdef DC_KERNELS
    __builtin_cpu_init();
    bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
    bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                  __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
    if (avx2 && avx512) all[n++] = &kernel_avx512;
    if (avx2) all[n++] = &kernel_avx2;
#endif
    all[n++] = &kernel_plain;
    return n;
}

const struct kernel *kernel_best(void) {
    const struct kernel *all[KERNELS];
    kernel_all(all);
    return all[0];
}
