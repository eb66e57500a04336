/*
 * A call on memory of the heap, for programs that watch it.
 *
 *     heap [short [read]]
 *
 * `short` is their control: the integers are one byte too short, so the library writes a byte beyond. With `read` this
 * program reads it.
 */
#include <absmax.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
    enum { LEN = 100 };
    float *x = malloc(LEN * sizeof *x), scale = 0;
    int8_t *q = malloc(LEN - (argc > 1));
    absmax_backend backend = absmax_detect();
    absmax_status status = ABSMAX_OK;
    int i, sum = 0;
    (void)argv;
    if (x == NULL || q == NULL) return 2;
    for (i = 0; i < LEN; i++) x[i] = (float)(i - 50);
    status = absmax_quantize_int8(backend, ABSMAX_F32, x, LEN, q, &scale, NULL);
    for (i = 0; i < LEN - (argc == 2); i++) sum += q[i];
    printf("%d\n", sum);
    free(q);
    free(x);
    return status != ABSMAX_OK;
}
