/* Packing, tiles, and ggml's blocks. */
#define _GNU_SOURCE
#include "suite.h"

static void packs(void) {
    static const uint32_t BITS[] = {2, 4, 8};
    size_t b, l, i, size;
    uint32_t layout;
    absmax_error error = ABSMAX_ERROR_INIT;
    for (b = 0; b < 3; b++) for (layout = ABSMAX_BYTES; layout <= ABSMAX_WORDS; layout++) for (l = 0; l < 12; l++) {
        size_t row_len = LENGTHS[l], n = 3 * row_len;
        int8_t *q = guarded(n, 1), *back = guarded(n, 1);
        uint8_t *packed;
        for (i = 0; i < n; i++) q[i] = (int8_t)((int)(i * 7 % 256u) - 128) >> (8 - BITS[b]);
        CHECK(absmax_packed_size(BITS[b], layout, 3, row_len, &size, &error) == ABSMAX_OK);
        packed = guarded(size, 1);
        CHECK(absmax_pack(backend, ABSMAX_I8, q, 3, row_len, BITS[b], layout, packed, size, &error) == ABSMAX_OK);
        CHECK(absmax_unpack(backend, BITS[b], layout, packed, size, ABSMAX_I8, back, 3, row_len, &error) == ABSMAX_OK);
        CHECK(memcmp(q, back, n) == 0);
        CHECK(absmax_pack(backend, ABSMAX_I8, q, 3, row_len, BITS[b], layout, packed, size + 1, &error) ==
              ABSMAX_ERROR_LENGTH && error.expected == (int64_t)size && error.found == (int64_t)size + 1);
        guard_release();
    }
    CHECK(absmax_packed_size(3, ABSMAX_BYTES, 1, 1, &size, &error) == ABSMAX_ERROR_BITS && error.found == 3);
    CHECK(absmax_packed_size(260, ABSMAX_BYTES, 1, 1, &size, &error) == ABSMAX_ERROR_BITS && error.found == 260);
    CHECK(absmax_packed_size(4, 9, 1, 1, &size, &error) == ABSMAX_ERROR_CODE && error.found == 9);
    CHECK(absmax_packed_size(4, ABSMAX_WORDS, SIZE_MAX, SIZE_MAX, &size, &error) == ABSMAX_ERROR_SIZE_OVERFLOW);
    CHECK(absmax_packed_size(4, ABSMAX_BYTES, 1, 1, NULL, &error) == ABSMAX_ERROR_NULL);
}

static void tiles(void) {
    static const unsigned char Q[6] = {1, 2, 3, 4, 5, 6}, EXPECTED[8] = {1, 2, 4, 5, 3, 9, 6, 9};
    unsigned char to[8], back[6];
    size_t bands, len;
    absmax_error error = ABSMAX_ERROR_INIT;
    CHECK(absmax_interleave(backend, 2, 2, Q, 2, 3, 3, 9, to, 8, &error) == ABSMAX_OK && memcmp(to, EXPECTED, 8) == 0);
    CHECK(absmax_deinterleave(backend, 2, 2, to, 8, back, 2, 3, 3, &error) == ABSMAX_OK && memcmp(back, Q, 6) == 0);
    CHECK(absmax_interleave(backend, 2, 2, Q, 2, 3, 3, 9, to, 7, &error) == ABSMAX_ERROR_LENGTH && error.expected == 8);
    CHECK(absmax_interleave(backend, 0, 2, Q, 2, 3, 3, 9, to, 8, &error) == ABSMAX_ERROR_TILES);
    CHECK(absmax_interleave(backend, 2, 2, Q, 2, 3, 2, 9, to, 8, &error) == ABSMAX_ERROR_ROW_STRIDE);
    CHECK(absmax_interleave(backend, 2, 2, to, 2, 3, 3, 9, to, 8, &error) == ABSMAX_ERROR_OVERLAP);
    CHECK(absmax_interleave(backend, 2, 2, NULL, 2, 3, 3, 9, to, 8, &error) == ABSMAX_ERROR_NULL);
    CHECK(absmax_interleave(backend, 2, 2, Q, 2, 3, 3, 9, NULL, 8, &error) == ABSMAX_ERROR_NULL);
    CHECK(absmax_deinterleave(backend, 2, 2, to, 9, back, 2, 3, 3, &error) == ABSMAX_ERROR_LENGTH);
    CHECK(absmax_deinterleave(0, 2, 2, to, 8, back, 2, 3, 3, &error) == ABSMAX_ERROR_BACKEND);
    CHECK(absmax_tiles_size(SIZE_MAX, 2, 1, 1, &bands, &len, &error) == ABSMAX_ERROR_TILES);
    CHECK(absmax_tiles_size(2, 2, 1, SIZE_MAX, &bands, &len, &error) == ABSMAX_ERROR_SIZE_OVERFLOW);
    CHECK(absmax_tiles_size(2, 2, 1, 1, NULL, &len, &error) == ABSMAX_ERROR_NULL);
}

/* ggml's functions: the same bytes as those of the function with a status; one answer where that refuses. */
static void blocks(void) {
    static const struct { uint32_t kind; size_t values, bytes, head; void (*table)(const float *, void *, int64_t); } K[] = {
        {ABSMAX_Q8_0, 32, 34, 2, absmax_ggml_q8_0},
        {ABSMAX_Q8_1, 32, 36, 4, absmax_ggml_q8_1},
        {ABSMAX_Q8_K, 256, 292, 4, absmax_ggml_q8_k},
    };
    static const unsigned char NAN16[4] = {0, 0x7e, 0, 0x7e}, NAN32[4] = {0, 0, 0xc0, 0x7f};
    size_t k, b, i, n;
    absmax_error error = ABSMAX_ERROR_INIT;
    for (k = 0; k < 3; k++) for (n = 0; n < 40; n = n * 2 + 1) {
        size_t bytes = n * K[k].bytes, values = n * K[k].values;
        absmax_rows x = ABSMAX_ROWS(ABSMAX_F32, NULL, 1, 0);
        unsigned char *one = guarded(bytes, 1), *two = guarded(bytes, 1);
        float *v = matrix(ABSMAX_F32, 1, values, values + 1, 1);
        unsigned long before = allocations;
        x.data = v;
        x.row_len = x.row_stride = values;
        CHECK(absmax_quantize_blocks(backend, ABSMAX_GGML, K[k].kind, &x, one, bytes, &error) == ABSMAX_OK);
        K[k].table(v, two, (int64_t)values);
        CHECK(memcmp(one, two, bytes) == 0 && allocations == before);
        CHECK(absmax_quantize_blocks(backend, ABSMAX_GGML, K[k].kind, &x, one, bytes + 1, &error) == ABSMAX_ERROR_LENGTH);
        /* What has no answer: NaN, an infinity, a tiny magnitude. The other blocks are as before. */
        for (b = 0; b < n; b += 3) {
            float kept = v[b * K[k].values + 7];
            int tiny;
            for (tiny = 0; tiny < 3; tiny++) {
                float spoiled = tiny == 0 ? NAN : tiny == 1 ? -INFINITY : 0;
                absmax_status status;
                if (tiny == 2) {
                    for (i = 0; i < K[k].values; i++) v[b * K[k].values + i] = 1e-42f;
                } else {
                    v[b * K[k].values + 7] = spoiled;
                }
                status = absmax_quantize_blocks(backend, ABSMAX_GGML, K[k].kind, &x, one, bytes, &error);
                CHECK(status == (tiny == 2 ? ABSMAX_ERROR_SCALE_UNDERFLOW : ABSMAX_ERROR_NOT_FINITE));
                CHECK(error.index == (tiny == 2 ? b : b * K[k].values + 7));
                memset(one, 0xa5, bytes);
                K[k].table(v, one, (int64_t)values);
                for (i = 0; i < n; i++) {
                    if (i != b && i % 3 != 0) {
                        CHECK(memcmp(one + i * K[k].bytes, two + i * K[k].bytes, K[k].bytes) == 0);
                    }
                }
                for (i = 0; i < K[k].bytes; i++) {
                    unsigned char head = (K[k].kind == ABSMAX_Q8_K ? NAN32 : NAN16)[i & 3];
                    CHECK(one[b * K[k].bytes + i] == (tiny == 2 || i >= K[k].head ? 0 : head));
                }
            }
            for (i = 0; i < K[k].values; i++) v[b * K[k].values + i] = i == 7 ? kept : 1;
        }
        guard_release();
    }
    {
        unsigned char y[34];
        float x[32] = {1};
        absmax_rows rows = ABSMAX_ROWS(ABSMAX_F32, NULL, 1, 31);
        memset(y, 0xa5, sizeof y);
        absmax_ggml_q8_0(x, y, 31);
        absmax_ggml_q8_0(x, y, 0);
        absmax_ggml_q8_0(x, y, -32);
        absmax_ggml_q8_0(x, y, INT64_MIN);
        absmax_ggml_q8_0(NULL, y, 32);
        absmax_ggml_q8_0(x, NULL, 32);
        absmax_ggml_q8_0(x, x, 32);
        absmax_ggml_q8_0((const float *)(const void *)((const char *)x + 1), y, 32);
        CHECK(y[0] == 0xa5 && y[33] == 0xa5);
        rows.data = x;
        CHECK(absmax_quantize_blocks(backend, ABSMAX_GGML, ABSMAX_Q8_0, &rows, y, 34, &error) ==
              ABSMAX_ERROR_PARTIAL_BLOCK && error.expected == 32 && error.found == 31);
        rows.row_len = rows.row_stride = 32;
        CHECK(absmax_quantize_blocks(backend, ABSMAX_GGML, 7, &rows, y, 34, &error) == ABSMAX_ERROR_CODE);
        CHECK(absmax_quantize_blocks(backend, 77, ABSMAX_Q8_0, &rows, y, 34, &error) == ABSMAX_ERROR_CODE);
        CHECK(absmax_quantize_blocks(backend, ABSMAX_BITSANDBYTES, ABSMAX_Q8_0, &rows, y, 34, &error) ==
              ABSMAX_ERROR_ARITHMETIC);
        CHECK(y[0] == 0xa5);
    }
}

void integers(void) {
    packs();
    tiles();
    blocks();
}
