/* Quantizes the activations of a layer while a model runs: int8, one scale for each token. */
#include <absmax.h>
#include <stdio.h>

/* A float as bf16: its upper half, rounded to nearest even. */
static uint16_t bf16(float value) {
    union { float f; uint32_t bits; } x = {value};
    return (uint16_t)((x.bits + 0x7fff + (x.bits >> 16 & 1)) >> 16);
}

int main(void) {
    enum { TOKENS = 3, FEATURES = 8 };
    uint16_t x[TOKENS * FEATURES];
    int8_t q[TOKENS * FEATURES];
    float scales[TOKENS];
    absmax_backend backend = absmax_detect(); /* once, then passed along */
    absmax_error error = ABSMAX_ERROR_INIT;
    absmax_status status;
    int token, i;

    for (i = 0; i < TOKENS * FEATURES; i++) x[i] = bf16((float)(i * 37 % 101 - 50) / 16);

    status = absmax_quantize_int8_rows(backend, ABSMAX_BF16, x, TOKENS, FEATURES, q, scales, &error);
    if (status != ABSMAX_OK) {
        fprintf(stderr, "%s: index %zu, value %g\n", absmax_status_text(status), error.index, error.value);
        return 1;
    }
    for (token = 0; token < TOKENS; token++) {
        printf("token %d: scale %.6f, q", token, scales[token]);
        for (i = 0; i < FEATURES; i++) printf(" %d", q[token * FEATURES + i]);
        printf("\n");
    }

    /* What is not finite is refused, and named. */
    x[13] = 0x7fc0;
    status = absmax_quantize_int8_rows(backend, ABSMAX_BF16, x, TOKENS, FEATURES, q, scales, &error);
    printf("refused: %s, at index %zu\n", absmax_status_text(status), error.index);
    return status == ABSMAX_ERROR_NOT_FINITE && error.index == 13 ? 0 : 1;
}
