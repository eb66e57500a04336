/* What a call must refuse. */
#define _GNU_SOURCE
#include "suite.h"

/* Everything that a call must refuse, one thing wrong at a time. Nothing is written. */
static void one_wrong_at_a_time(void) {
    enum { ROWS = 3, LEN = 8 };
    absmax_scheme scheme = ABSMAX_SCHEME(8, ABSMAX_AFFINE_SIGNED, ABSMAX_PER_ROW), s;
    absmax_rows x = ABSMAX_ROWS(ABSMAX_F32, NULL, ROWS, LEN), r;
    absmax_error error = ABSMAX_ERROR_INIT;
    absmax_outputs out, o;
    result to;
    static const size_t SIZES[] = {0, 1, 8, 4096, SIZE_MAX};
    size_t i;
    x.data = matrix(ABSMAX_F32, ROWS, LEN, LEN, 1);
    to = places(&scheme, &x, ROWS * LEN);
    out = outputs(&scheme, &to, LEN, LEN);

#define REFUSED(status_, argument_)                                                                   \
    do {                                                                                              \
        CHECK(absmax_quantize_rows(backend, &s, &r, &o, &error) == (status_));                        \
        CHECK(error.status == (status_) && error.argument == (argument_));                            \
        CHECK(absmax_quantize_rows(backend, &s, &r, &o, NULL) == (status_));                          \
        CHECK(to.q[0] == 0xa5 && *(unsigned char *)to.scales == 0xa5);                                \
    } while (0)
#define WITH(field, value, status_, argument_)                                                        \
    do {                                                                                              \
        s = scheme; r = x; o = out;                                                                   \
        field = value;                                                                                \
        REFUSED(status_, argument_);                                                                  \
    } while (0)

    for (i = 0; i < 5; i++) {
        WITH(s.struct_size, SIZES[i], ABSMAX_ERROR_STRUCT_SIZE, ABSMAX_ARG_SCHEME);
        WITH(r.struct_size, SIZES[i], ABSMAX_ERROR_STRUCT_SIZE, ABSMAX_ARG_X);
        WITH(o.struct_size, SIZES[i], ABSMAX_ERROR_STRUCT_SIZE, ABSMAX_ARG_OUTPUTS);
        error.struct_size = SIZES[i];
        CHECK(absmax_quantize_rows(backend, &scheme, &x, &out, &error) == ABSMAX_ERROR_STRUCT_SIZE);
        CHECK(to.q[0] == 0xa5);
        error.struct_size = sizeof error;
    }
    WITH(s.bits, 1, ABSMAX_ERROR_BITS, ABSMAX_ARG_SCHEME);
    WITH(s.bits, 9, ABSMAX_ERROR_BITS, ABSMAX_ARG_SCHEME);
    WITH(s.bits, 264, ABSMAX_ERROR_BITS, ABSMAX_ARG_SCHEME);
    WITH(s.mapping, 0, ABSMAX_ERROR_CODE, ABSMAX_ARG_SCHEME);
    WITH(s.mapping, 7, ABSMAX_ERROR_CODE, ABSMAX_ARG_SCHEME);
    WITH(s.granularity, 0, ABSMAX_ERROR_CODE, ABSMAX_ARG_SCHEME);
    WITH(s.granularity, ABSMAX_PER_GROUP, ABSMAX_ERROR_GROUP_SIZE, ABSMAX_ARG_SCHEME);
    WITH(s.group_size, 4, ABSMAX_ERROR_GROUP_SIZE, ABSMAX_ARG_SCHEME);
    WITH(s.scale_type, ABSMAX_I8, ABSMAX_ERROR_TYPE, ABSMAX_ARG_SCHEME);
    WITH(s.scale_type, 0, ABSMAX_ERROR_CODE, ABSMAX_ARG_SCHEME);
    WITH(s.arithmetic, 0, ABSMAX_ERROR_CODE, ABSMAX_ARG_SCHEME);
    WITH(s.arithmetic, 12, ABSMAX_ERROR_CODE, ABSMAX_ARG_SCHEME);
    WITH(s.arithmetic, ABSMAX_BITSANDBYTES, ABSMAX_ERROR_ARITHMETIC, ABSMAX_ARG_SCHEME);
    WITH(s.reserved, 1, ABSMAX_ERROR_RESERVED, ABSMAX_ARG_SCHEME);
    WITH(s.granularity, ABSMAX_PER_TENSOR, ABSMAX_ERROR_LENGTH, ABSMAX_ARG_OUTPUTS);
    WITH(s.mapping, ABSMAX_SYMMETRIC_NARROW, ABSMAX_ERROR_LENGTH, ABSMAX_ARG_ZERO_POINTS);
    WITH(r.data, NULL, ABSMAX_ERROR_NULL, ABSMAX_ARG_X);
    WITH(r.data, (const char *)x.data + 1, ABSMAX_ERROR_ALIGNMENT, ABSMAX_ARG_X);
    WITH(r.type, ABSMAX_I8, ABSMAX_ERROR_TYPE, ABSMAX_ARG_X);
    WITH(r.type, 99, ABSMAX_ERROR_CODE, ABSMAX_ARG_X);
    WITH(r.reserved, 1, ABSMAX_ERROR_RESERVED, ABSMAX_ARG_X);
    WITH(r.row_stride, LEN - 1, ABSMAX_ERROR_ROW_STRIDE, ABSMAX_ARG_X);
    WITH(r.row_stride, 0, ABSMAX_ERROR_ROW_STRIDE, ABSMAX_ARG_X);
    WITH(r.row_stride, SIZE_MAX, ABSMAX_ERROR_SIZE_OVERFLOW, ABSMAX_ARG_X);
    WITH(r.row_stride, SIZE_MAX / 8, ABSMAX_ERROR_SIZE_OVERFLOW, ABSMAX_ARG_X);
    WITH(r.row_stride, SIZE_MAX / 2 / ROWS, ABSMAX_ERROR_SIZE_OVERFLOW, ABSMAX_ARG_X);
    WITH(r.rows, SIZE_MAX, ABSMAX_ERROR_SIZE_OVERFLOW, ABSMAX_ARG_X);
    WITH(r.rows, ROWS - 1, ABSMAX_ERROR_LENGTH, ABSMAX_ARG_OUTPUTS);
    WITH(o.q, NULL, ABSMAX_ERROR_NULL, ABSMAX_ARG_Q);
    WITH(o.q, (void *)(uintptr_t)(UINTPTR_MAX - 4), ABSMAX_ERROR_SIZE_OVERFLOW, ABSMAX_ARG_Q);
    WITH(o.q, (void *)(uintptr_t)x.data, ABSMAX_ERROR_OVERLAP, ABSMAX_ARG_Q);
    WITH(o.q, (char *)(uintptr_t)x.data + ROWS * LEN * 4 - 1, ABSMAX_ERROR_OVERLAP, ABSMAX_ARG_Q);
    WITH(o.q, to.sums, ABSMAX_ERROR_OVERLAP, ABSMAX_ARG_SUMS);
    WITH(o.q_row_len, LEN - 1, ABSMAX_ERROR_LENGTH, ABSMAX_ARG_Q);
    WITH(o.q_row_stride, LEN - 1, ABSMAX_ERROR_ROW_STRIDE, ABSMAX_ARG_Q);
    WITH(o.q_row_stride, SIZE_MAX / 2, ABSMAX_ERROR_SIZE_OVERFLOW, ABSMAX_ARG_Q);
    WITH(o.scales, NULL, ABSMAX_ERROR_NULL, ABSMAX_ARG_SCALES);
    WITH(o.scales, (char *)to.scales + 2, ABSMAX_ERROR_ALIGNMENT, ABSMAX_ARG_SCALES);
    WITH(o.scale_type, ABSMAX_F16, ABSMAX_ERROR_TYPE, ABSMAX_ARG_SCALES);
    WITH(o.scale_type, 0, ABSMAX_ERROR_CODE, ABSMAX_ARG_SCALES);
    WITH(o.zero_points, NULL, ABSMAX_ERROR_NULL, ABSMAX_ARG_ZERO_POINTS);
    WITH(o.zero_point_type, ABSMAX_U8, ABSMAX_ERROR_TYPE, ABSMAX_ARG_ZERO_POINTS);
    WITH(o.zero_points, to.scales, ABSMAX_ERROR_OVERLAP, ABSMAX_ARG_ZERO_POINTS);
    WITH(o.sums, (int32_t *)(void *)((char *)to.sums + 1), ABSMAX_ERROR_ALIGNMENT, ABSMAX_ARG_SUMS);
    WITH(o.scaled_sums, (float *)(void *)to.sums, ABSMAX_ERROR_OVERLAP, ABSMAX_ARG_SCALED_SUMS);
    WITH(o.sets, ROWS + 1, ABSMAX_ERROR_LENGTH, ABSMAX_ARG_OUTPUTS);
    WITH(o.tile_rows, 4, ABSMAX_ERROR_TILES, ABSMAX_ARG_TILES);
    WITH(o.tile_columns, 4, ABSMAX_ERROR_TILES, ABSMAX_ARG_TILES);
    WITH(o.scratch_size, 1, ABSMAX_ERROR_NULL, ABSMAX_ARG_SCRATCH);
    WITH(o.scratch_size, SIZE_MAX, ABSMAX_ERROR_SIZE_OVERFLOW, ABSMAX_ARG_SCRATCH);
    s = scheme; r = x; o = out;
    s.granularity = ABSMAX_PER_COLUMN;
    o.sets = LEN;
    o.scales = guarded(4 * LEN, 1); o.zero_points = guarded(4 * LEN, 1); o.sums = NULL; o.scaled_sums = NULL;
    REFUSED(ABSMAX_ERROR_SCRATCH, ABSMAX_ARG_SCRATCH);
    s.arithmetic = ABSMAX_TORCHAO;
    REFUSED(ABSMAX_ERROR_ARITHMETIC, ABSMAX_ARG_SCHEME);
    /* Sums that may overflow: only the lengths are looked at, and nothing is read, so the row need not be there. */
    s = scheme; r = x; o = out;
    r.rows = 1;
    r.row_len = r.row_stride = o.q_row_len = o.q_row_stride = (size_t)1 << 40;
    r.data = (const void *)(uintptr_t)((size_t)1 << 44);
    o.q = (void *)(uintptr_t)((size_t)1 << 45);
    o.sets = 1;
    CHECK(absmax_quantize_rows(backend, &s, &r, &o, &error) == ABSMAX_ERROR_SUM_OVERFLOW);
    CHECK(error.found == (int64_t)1 << 40 && error.expected == INT32_MAX / 128);

    /* The pointers of all other functions. */
    {
        float y[8] = {1, 2, 3, 4, 5, 6, 7, 8}, scale = 7;
        int8_t q[8] = {9, 9, 9, 9, 9, 9, 9, 9};
        size_t count = 5;
        int32_t zero_point = 5;
        absmax_params params = ABSMAX_PARAMS(&scale, 1), p;
        absmax_rows integers = ABSMAX_ROWS(ABSMAX_I8, q, 1, 8);
        absmax_rows_mut back = ABSMAX_ROWS_MUT(ABSMAX_F32, y, 1, 8);
        absmax_scheme one = ABSMAX_SCHEME(8, ABSMAX_SYMMETRIC_NARROW, ABSMAX_PER_TENSOR);
        CHECK(absmax_quantize_rows(backend, NULL, &x, &out, &error) == ABSMAX_ERROR_NULL && error.argument == ABSMAX_ARG_SCHEME);
        CHECK(absmax_quantize_rows(backend, &scheme, NULL, &out, &error) == ABSMAX_ERROR_NULL && error.argument == ABSMAX_ARG_X);
        CHECK(absmax_quantize_rows(backend, &scheme, &x, NULL, &error) == ABSMAX_ERROR_NULL &&
              error.argument == ABSMAX_ARG_OUTPUTS);
        CHECK(absmax_quantize_rows(backend, (const absmax_scheme *)(const void *)((const char *)&scheme + 4), &x, &out, &error) ==
              ABSMAX_ERROR_ALIGNMENT);
        CHECK(absmax_quantize_rows(backend, &scheme, &x, &out, (absmax_error *)(void *)((char *)&error + 4)) ==
              ABSMAX_ERROR_ALIGNMENT);
        CHECK(absmax_quantize_rows_with(backend, &scheme, &x, NULL, &out, &error) == ABSMAX_ERROR_LENGTH &&
              error.argument == ABSMAX_ARG_SCALES && error.expected == 0 && error.found == ROWS);
        o = out;
        o.scales = o.zero_points = NULL;
        CHECK(absmax_quantize_rows_with(backend, &scheme, &x, NULL, &o, &error) == ABSMAX_ERROR_NULL &&
              error.argument == ABSMAX_ARG_PARAMS);
        CHECK(absmax_scale_count(&scheme, 1, 1, NULL, &error) == ABSMAX_ERROR_NULL);
        CHECK(absmax_scale_count(NULL, 1, 1, &count, &error) == ABSMAX_ERROR_NULL && count == 5);
        s = scheme; s.granularity = ABSMAX_PER_GROUP; s.group_size = 1;
        CHECK(absmax_scale_count(&s, SIZE_MAX, 2, &count, &error) == ABSMAX_ERROR_SIZE_OVERFLOW && count == 5);
        CHECK(absmax_scheme_params(&scheme, 2, 1, &scale, &zero_point, &error) == ABSMAX_ERROR_LIMITS && scale == 7);
        CHECK(absmax_scheme_params(&scheme, 0, NAN, &scale, &zero_point, &error) == ABSMAX_ERROR_LIMITS);
        CHECK(absmax_scheme_params(&scheme, 0, 1, NULL, &zero_point, &error) == ABSMAX_ERROR_NULL);
        CHECK(absmax_scheme_params(&scheme, 0, 1, &scale, NULL, &error) == ABSMAX_ERROR_NULL);
        s = scheme; s.arithmetic = ABSMAX_TORCH;
        CHECK(absmax_scheme_params(&s, 0, 1, &scale, &zero_point, &error) == ABSMAX_ERROR_ARITHMETIC);
        CHECK(absmax_scratch_size(&scheme, &x, NULL, &out, NULL, &error) == ABSMAX_ERROR_NULL);
        CHECK(absmax_scratch_size(&scheme, &x, NULL, NULL, &count, &error) == ABSMAX_ERROR_NULL && count == 5);
        s = scheme; s.granularity = ABSMAX_PER_COLUMN; r = x; r.rows = SIZE_MAX / 4;
        CHECK(absmax_scratch_size(&s, &r, NULL, &out, &count, &error) == ABSMAX_ERROR_SIZE_OVERFLOW && count == 5);
        CHECK(absmax_quantize_int8(backend, ABSMAX_F32, y, 8, NULL, &scale, &error) == ABSMAX_ERROR_NULL);
        CHECK(absmax_quantize_int8(backend, ABSMAX_F32, y, 8, q, NULL, &error) == ABSMAX_ERROR_NULL);
        CHECK(absmax_quantize_int8(backend, ABSMAX_F32, NULL, 8, q, &scale, &error) == ABSMAX_ERROR_NULL);
        CHECK(absmax_quantize_int8(backend, ABSMAX_F32, y, 8, (int8_t *)y, &scale, &error) == ABSMAX_ERROR_OVERLAP);
        CHECK(absmax_quantize_int8(backend, ABSMAX_F32, y, 8, q, y + 7, &error) == ABSMAX_ERROR_OVERLAP);
        CHECK(absmax_quantize_int8(backend, ABSMAX_F32, y, SIZE_MAX / 2, q, &scale, &error) == ABSMAX_ERROR_SIZE_OVERFLOW);
        CHECK(absmax_quantize_int8_rows(backend, ABSMAX_F32, y, 2, 4, q, NULL, &error) == ABSMAX_ERROR_NULL);
        CHECK(absmax_quantize_int8_rows(backend, ABSMAX_F32, y, SIZE_MAX, SIZE_MAX, q, &scale, &error) ==
              ABSMAX_ERROR_SIZE_OVERFLOW);
        CHECK(absmax_quantize_with(backend, ABSMAX_F32, y, 8, 0, 0, -127, 127, ABSMAX_I8, q, &error) == ABSMAX_ERROR_SCALE);
        CHECK(absmax_quantize_with(backend, ABSMAX_F32, y, 8, 1, 0, -127, 128, ABSMAX_I8, q, &error) == ABSMAX_ERROR_RANGE);
        CHECK(absmax_quantize_with(backend, ABSMAX_F32, y, 8, 1, 0, -127, 127, ABSMAX_U8, q, &error) == ABSMAX_ERROR_TYPE);
        CHECK(absmax_quantize_with(backend, ABSMAX_F32, y, 8, 1, 0, -127, 127, ABSMAX_I32, q, &error) == ABSMAX_ERROR_TYPE);
        CHECK(absmax_quantize_with(backend, ABSMAX_F32, y, 8, 1, 300, 0, 255, ABSMAX_U8, q, &error) ==
              ABSMAX_ERROR_ZERO_POINT && error.found == 300);
        CHECK(absmax_quantize_with(backend, ABSMAX_F32, y, 8, 1, INT32_MIN, INT32_MIN, INT32_MAX, ABSMAX_U8, q, &error) ==
              ABSMAX_ERROR_RANGE);
        CHECK(absmax_dequantize(backend, ABSMAX_I8, q, 8, NAN, 0, ABSMAX_F32, y, &error) == ABSMAX_ERROR_SCALE);
        CHECK(absmax_dequantize(backend, ABSMAX_I8, q, 8, 1, 128, ABSMAX_F32, y, &error) == ABSMAX_ERROR_ZERO_POINT);
        CHECK(absmax_dequantize(backend, ABSMAX_I8, q, 8, 1, 0, ABSMAX_F32, NULL, &error) == ABSMAX_ERROR_NULL);
        CHECK(absmax_fake_quantize(backend, ABSMAX_F32, y, 7, 1, 0, -8, 7, y + 1, &error) == ABSMAX_ERROR_OVERLAP);
        CHECK(absmax_fake_quantize(backend, ABSMAX_F32, y, 8, 1, 0, -8, 7, NULL, &error) == ABSMAX_ERROR_NULL);
        CHECK(absmax_abs_max(backend, ABSMAX_F32, y, 8, NULL, &error) == ABSMAX_ERROR_NULL);
        CHECK(absmax_min_max(backend, ABSMAX_F32, y, 8, &scale, NULL, &error) == ABSMAX_ERROR_NULL && scale == 7);
        CHECK(q[0] == 9 && y[0] == 1 && y[7] == 8);
#define BACK(field, value, status_, argument_)                                                                      \
        do {                                                                                                        \
            absmax_rows i_ = integers; absmax_rows_mut b_ = back;                                                   \
            p = params; s = one;                                                                                    \
            field = value;                                                                                          \
            CHECK(absmax_dequantize_rows(backend, &s, &i_, &p, &b_, &error) == (status_));                          \
            CHECK(error.argument == (argument_) && y[0] == 1);                                                      \
        } while (0)
        BACK(p.sets, 2, ABSMAX_ERROR_LENGTH, ABSMAX_ARG_PARAMS);
        BACK(p.scales, NULL, ABSMAX_ERROR_NULL, ABSMAX_ARG_SCALES);
        BACK(p.scales, y, ABSMAX_ERROR_OVERLAP, ABSMAX_ARG_Y);
        BACK(p.scale_type, ABSMAX_I32, ABSMAX_ERROR_TYPE, ABSMAX_ARG_SCALES);
        BACK(p.zero_points, &zero_point, ABSMAX_ERROR_ZERO_POINT, ABSMAX_ARG_ZERO_POINTS);
        BACK(p.struct_size, 3, ABSMAX_ERROR_STRUCT_SIZE, ABSMAX_ARG_PARAMS);
        BACK(i_.type, ABSMAX_U8, ABSMAX_ERROR_TYPE, ABSMAX_ARG_Q);
        BACK(i_.type, ABSMAX_F32, ABSMAX_ERROR_TYPE, ABSMAX_ARG_Q);
        BACK(i_.rows, 0, ABSMAX_ERROR_LENGTH, ABSMAX_ARG_Y);
        BACK(i_.struct_size, 0, ABSMAX_ERROR_STRUCT_SIZE, ABSMAX_ARG_Q);
        BACK(b_.row_len, 7, ABSMAX_ERROR_LENGTH, ABSMAX_ARG_Y);
        BACK(b_.data, q, ABSMAX_ERROR_OVERLAP, ABSMAX_ARG_Y);
        BACK(b_.struct_size, 1, ABSMAX_ERROR_STRUCT_SIZE, ABSMAX_ARG_Y);
        BACK(b_.reserved, 1, ABSMAX_ERROR_RESERVED, ABSMAX_ARG_Y);
        CHECK(absmax_dequantize_rows(backend, &one, &integers, NULL, &back, &error) == ABSMAX_ERROR_NULL);
        CHECK(absmax_dequantize_rows(backend, &one, NULL, &params, &back, &error) == ABSMAX_ERROR_NULL);
        CHECK(absmax_dequantize_rows(backend, &one, &integers, &params, NULL, &error) == ABSMAX_ERROR_NULL);
        CHECK(absmax_dequantize_rows(1, &one, &integers, &params, &back, &error) == ABSMAX_ERROR_BACKEND);
        CHECK(absmax_pack(backend, ABSMAX_I8, NULL, 1, 8, 8, ABSMAX_BYTES, (uint8_t *)y, 8, &error) == ABSMAX_ERROR_NULL);
        CHECK(absmax_pack(backend, ABSMAX_I8, q, 1, 8, 8, ABSMAX_BYTES, (uint8_t *)q, 8, &error) == ABSMAX_ERROR_OVERLAP);
        CHECK(absmax_pack(backend, ABSMAX_I8, q, 1, 8, 8, ABSMAX_BYTES, NULL, 8, &error) == ABSMAX_ERROR_NULL);
        CHECK(absmax_unpack(backend, 8, ABSMAX_BYTES, NULL, 8, ABSMAX_I8, q, 1, 8, &error) == ABSMAX_ERROR_NULL);
        CHECK(absmax_unpack(backend, 8, ABSMAX_BYTES, (uint8_t *)y, 8, ABSMAX_F32, q, 1, 8, &error) == ABSMAX_ERROR_TYPE);
        CHECK(q[0] == 9 && y[0] == 1);
    }
    guard_release();
}

/* Any number of empty rows are no values, and take no time. */
static void empty_rows(void) {
    static const uint32_t GRANULARITIES[] = {ABSMAX_PER_TENSOR, ABSMAX_PER_COLUMN, ABSMAX_PER_GROUP};
    const size_t many = (size_t)1 << 58;
    absmax_error error = ABSMAX_ERROR_INIT;
    absmax_rows x = ABSMAX_ROWS(ABSMAX_F32, NULL, 0, 0), q = ABSMAX_ROWS(ABSMAX_I8, NULL, 0, 0);
    absmax_rows_mut y = ABSMAX_ROWS_MUT(ABSMAX_F32, NULL, 0, 0);
    float scale = 5;
    size_t i, size = 9, bands, band_len;
    x.rows = q.rows = y.rows = many;
    for (i = 0; i < 3; i++) {
        absmax_scheme scheme = ABSMAX_SCHEME(8, ABSMAX_SYMMETRIC_NARROW, 0);
        size_t sets = GRANULARITIES[i] == ABSMAX_PER_TENSOR;
        absmax_params params = ABSMAX_PARAMS(NULL, 0);
        absmax_outputs out = ABSMAX_OUTPUTS(NULL, 0, NULL, 0);
        scheme.granularity = GRANULARITIES[i];
        scheme.group_size = GRANULARITIES[i] == ABSMAX_PER_GROUP ? 32 : 0;
        out.sets = params.sets = sets;
        out.scales = &scale;
        CHECK(absmax_quantize_rows(backend, &scheme, &x, &out, &error) == ABSMAX_OK);
        CHECK(scale == (sets ? 1 : 5) || i > 0);
        out.scales = NULL;
        params.scales = &scale;
        CHECK(absmax_quantize_rows_with(backend, &scheme, &x, &params, &out, &error) == ABSMAX_OK);
        if (GRANULARITIES[i] != ABSMAX_PER_COLUMN) {
            CHECK(absmax_quantize_rows_parallel(backend, &scheme, &x, &params, &out, NULL, run_tasks, &error) == ABSMAX_OK ||
                  GRANULARITIES[i] == ABSMAX_PER_GROUP);
        }
        CHECK(absmax_dequantize_rows(backend, &scheme, &q, &params, &y, &error) == ABSMAX_OK);
        out.tile_rows = out.tile_columns = 4;
        give_scratch(&scheme, &x, &params, &out);
        CHECK(absmax_quantize_rows_with(backend, &scheme, &x, &params, &out, &error) == ABSMAX_OK);
    }
    CHECK(absmax_tiles_size(4, 4, many, 0, &bands, &band_len, &error) == ABSMAX_OK && bands == many / 4 && band_len == 0);
    CHECK(absmax_interleave(backend, 4, 4, NULL, many, 0, 0, 0, NULL, 0, &error) == ABSMAX_OK);
    CHECK(absmax_deinterleave(backend, 4, 4, NULL, 0, NULL, many, 0, 0, &error) == ABSMAX_OK);
    CHECK(absmax_packed_size(4, ABSMAX_WORDS, many, 0, &size, &error) == ABSMAX_OK && size == 0);
    CHECK(absmax_pack(backend, ABSMAX_I8, NULL, many, 0, 4, ABSMAX_BYTES, NULL, 0, &error) == ABSMAX_OK);
    CHECK(absmax_unpack(backend, 4, ABSMAX_WORDS, NULL, 0, ABSMAX_I8, NULL, many, 0, &error) == ABSMAX_OK);
    CHECK(absmax_quantize_blocks(backend, ABSMAX_GGML, ABSMAX_Q8_0, &x, NULL, 0, &error) == ABSMAX_OK);
    guard_release();
}

void hostile(void) {
    one_wrong_at_a_time();
    empty_rows();
}
