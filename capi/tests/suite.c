/*
 * Calls every function of the C interface, between pages that must not be touched, with right and with hostile arguments.
 *
 *     suite [BACKEND [short]]
 *
 * The integers and scales of many cases are in vectors/, which vectors.c compares. Here one way to a result is compared
 * with another: strides, padding, tiles, columns, tasks with plain rows, and plain rows with the formula. `short` is the
 * control of the guards: a call that is told of one byte more than there is, which ends the program.
 */
#define _GNU_SOURCE
#include "suite.h"

absmax_backend backend;
static unsigned long checks, failures;

void check(int holds, const char *file, int line, const char *condition) {
    checks++;
    if (!holds) {
        failures++;
        fprintf(stderr, "%s:%d: %s\n", file, line, condition);
    }
}

volatile unsigned long allocations;

/* The linker leads the calls of the library here: -Wl,--wrap=malloc and so on. */
#ifdef COUNT_ALLOCATIONS
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
int __real_posix_memalign(void **place, size_t alignment, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
int __wrap_posix_memalign(void **place, size_t alignment, size_t size);
void *__wrap_malloc(size_t size) { allocations++; return __real_malloc(size); }
void *__wrap_calloc(size_t count, size_t size) { allocations++; return __real_calloc(count, size); }
void *__wrap_realloc(void *old, size_t size) { allocations++; return __real_realloc(old, size); }
int __wrap_posix_memalign(void **place, size_t alignment, size_t size) {
    allocations++;
    return __real_posix_memalign(place, alignment, size);
}
#endif

int main(int argc, char **argv) {
    void *volatile control;
    backend = absmax_detect();
    if (argc > 1 && absmax_backend_named(argv[1], &backend) != ABSMAX_OK) {
        fprintf(stderr, "suite: no backend %s\n", argv[1]);
        return 2;
    }
    if (argc > 2) {
        float scale;
        return absmax_quantize_int8(backend, ABSMAX_F32, matrix(ABSMAX_F32, 1, 70, 70, 1), 70, guarded(69, 1), &scale, NULL);
    }
    basics();
    matrices();
    values();
    integers();
    hostile();
#ifdef COUNT_ALLOCATIONS
    {
        unsigned long before = allocations;
        control = malloc(1);
        free(control);
        /* The count is of no use if it does not see one that is there. */
        CHECK(allocations == before + 1);
    }
#else
    (void)control;
#endif
    printf("%s: %lu checks, %lu failures\n", absmax_isa(backend), checks, failures);
    return failures != 0;
}
