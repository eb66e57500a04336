/* Versions, backends, names, and values that share one scale. */
#define _GNU_SOURCE
#include "suite.h"

#include <fenv.h>
#if defined(__SSE__)
#include <xmmintrin.h>
#endif

/* Takes subnormal numbers for 0, where that can be asked for. */
static void flush_subnormals(void) {
#if defined(__SSE__)
    _mm_setcsr(_mm_getcsr() | 0x8040u);
#endif
}

static void versions(void) {
    int32_t status;
    CHECK(strcmp(absmax_version(), ABSMAX_VERSION) == 0);
    CHECK(absmax_abi() == ABSMAX_ABI && absmax_numerics() == ABSMAX_NUMERICS);
    for (status = -3; status < 200; status++) CHECK(absmax_status_text(status)[0] != 0);
    CHECK(strcmp(absmax_status_text(ABSMAX_OK), "done") == 0);
    CHECK(strstr(absmax_status_text(ABSMAX_ERROR_NOT_FINITE), "NaN") != NULL);
    CHECK(absmax_status_text(INT32_MIN) != NULL && absmax_status_text(INT32_MAX) != NULL);
}

static void backends(void) {
    static const char *const names[] = {"portable", "avx2", "avx512", "neon"};
    absmax_backend found, best = absmax_detect();
    size_t i, there = 0;
    uint32_t forged;
    CHECK(absmax_isa(best) != NULL && best != 0);
    for (i = 0; i < 4; i++) {
        absmax_status status = absmax_backend_named(names[i], &found);
        if (status == ABSMAX_OK) {
            there++;
            CHECK(strcmp(absmax_isa(found), names[i]) == 0);
        } else {
            CHECK(status == ABSMAX_ERROR_ISA && found == 0);
        }
    }
    CHECK(there > 0);
    CHECK(absmax_backend_named("portable", &found) == ABSMAX_OK);
    CHECK(absmax_backend_named("abacus", &found) == ABSMAX_ERROR_CODE && found == 0);
    CHECK(absmax_backend_named("", &found) == ABSMAX_ERROR_CODE);
    CHECK(absmax_backend_named("\xff\xfe", &found) == ABSMAX_ERROR_CODE);
    CHECK(absmax_backend_named(NULL, &found) == ABSMAX_ERROR_NULL && found == 0);
    CHECK(absmax_backend_named("portable", NULL) == ABSMAX_ERROR_NULL);
    for (i = 0; i < 32; i++) {
        float x = 1, peak = -5;
        absmax_error error = ABSMAX_ERROR_INIT;
        forged = i < 16 ? (uint32_t)i : best ^ (1u << i);
        CHECK(absmax_isa(forged) == NULL);
        CHECK(absmax_abs_max(forged, ABSMAX_F32, &x, 1, &peak, &error) == ABSMAX_ERROR_BACKEND && peak == -5);
        CHECK(error.found == forged && error.argument == ABSMAX_ARG_BACKEND);
    }
}

static void named_arithmetics(void) {
    static const char *const names[] = {"exact", "onnx", "torch", "torchao", "compressed-tensors", "bitsandbytes",
                                        "ggml", "ggml-x86", "candle", "xnnpack", "kleidiai"};
    uint32_t code, i;
    for (i = 0; i < 11; i++) CHECK(absmax_arithmetic_named(names[i], &code) == ABSMAX_OK && code == i + 1);
    CHECK(absmax_arithmetic_named("abacus", &code) == ABSMAX_ERROR_CODE && code == 0);
    CHECK(absmax_arithmetic_named(NULL, &code) == ABSMAX_ERROR_NULL);
    CHECK(absmax_arithmetic_named("exact", NULL) == ABSMAX_ERROR_NULL);
}

/* int8 with one scale, by the formula, and back. */
static void slices(void) {
    size_t t, l, i;
    int at_end;
    for (t = 0; t < TYPE_COUNT; t++) for (l = 0; l < LENGTH_COUNT; l++) for (at_end = 0; at_end < 2; at_end++) {
        uint32_t type = TYPES[t];
        size_t n = LENGTHS[l], bytes = n * size_of(type);
        void *x = matrix(type, 1, n, n + 1, at_end), *y = guarded(bytes, at_end), *z = guarded(bytes, at_end);
        int8_t *q = guarded(n, at_end), *again = guarded(n, at_end);
        float scale = -1, peak = -1, min = 1, max = -1;
        absmax_error error = ABSMAX_ERROR_INIT;
        CHECK(absmax_quantize_int8(backend, type, x, n, q, &scale, &error) == ABSMAX_OK && error.status == ABSMAX_OK);
        CHECK(absmax_abs_max(backend, type, x, n, &peak, &error) == ABSMAX_OK);
        CHECK(scale == (n == 0 ? 1.0f : peak / 127.0f));
        if (type == ABSMAX_F32) {
            for (i = 0; i < n; i++) {
                float value = ((float *)x)[i];
                CHECK(q[i] == (int)nearbyintf(value / scale) && fabsf(value) <= peak);
            }
        }
        if (n == 0) {
            CHECK(absmax_min_max(backend, type, x, n, &min, &max, &error) == ABSMAX_ERROR_EMPTY && min == 1);
        } else {
            CHECK(absmax_min_max(backend, type, x, n, &min, &max, &error) == ABSMAX_OK);
            CHECK(min <= max && fmaxf(-min, max) == peak);
        }
        CHECK(absmax_quantize_with(backend, type, x, n, scale, 0, -127, 127, ABSMAX_I8, again, &error) == ABSMAX_OK);
        CHECK(memcmp(q, again, n) == 0);
        CHECK(absmax_dequantize(backend, ABSMAX_I8, q, n, scale, 0, type, y, &error) == ABSMAX_OK);
        CHECK(absmax_fake_quantize(backend, type, x, n, scale, 0, -127, 127, z, &error) == ABSMAX_OK);
        CHECK(memcmp(y, z, bytes) == 0);
        CHECK(absmax_fake_quantize(backend, type, x, n, scale, 0, -127, 127, x, &error) == ABSMAX_OK);
        CHECK(memcmp(x, z, bytes) == 0);
        guard_release();
    }
}

/* In every environment the bits are those of the default one, and the environment is afterwards what it was. */
static void environment(void) {
    enum { LEN = 300 };
    static const int MODES[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
    float *x = matrix(ABSMAX_F32, 1, LEN, LEN, 1), scales[2], *y[2];
    int8_t *q[2];
    size_t i, mode;
    int flush;
    for (i = 0; i < 2; i++) {
        q[i] = guarded(LEN, 1);
        y[i] = guarded(4 * LEN, 1);
    }
    for (i = 0; i < LEN; i++) x[i] *= 1e-37f;
    CHECK(absmax_quantize_int8(backend, ABSMAX_F32, x, LEN, q[0], &scales[0], NULL) == ABSMAX_OK);
    CHECK(absmax_dequantize(backend, ABSMAX_I8, q[0], LEN, 3e-39f, 0, ABSMAX_F32, y[0], NULL) == ABSMAX_OK);
    for (mode = 0; mode < 4; mode++) for (flush = 0; flush < 2; flush++) {
        fenv_t kept;
        int after;
        fegetenv(&kept);
        fesetround(MODES[mode]);
        if (flush) flush_subnormals();
        absmax_quantize_int8(backend, ABSMAX_F32, x, LEN, q[1], &scales[1], NULL);
        absmax_dequantize(backend, ABSMAX_I8, q[1], LEN, 3e-39f, 0, ABSMAX_F32, y[1], NULL);
        after = fegetround();
        fesetenv(&kept);
        CHECK(after == MODES[mode]);
        CHECK(memcmp(q[0], q[1], LEN) == 0 && memcmp(&scales[0], &scales[1], 4) == 0 && memcmp(y[0], y[1], 4 * LEN) == 0);
    }
    guard_release();
}

void basics(void) {
    versions();
    backends();
    named_arithmetics();
    slices();
    environment();
}
