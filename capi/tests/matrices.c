/* Matrices by every scheme, in every layout: strides, padding, given parameters, tiles, tasks, and back. */
#define _GNU_SOURCE
#include "suite.h"

/* One matrix in every layout, by one scheme. */
static void layouts(const absmax_scheme *scheme, uint32_t type, size_t rows, size_t row_len) {
    size_t stride = row_len + 5, tight = rows * row_len, i, row, column, bands = 0, band_len = 0, longer = row_len + 3;
    size_t x_reach = tight == 0 ? 0 : (rows - 1) * stride + row_len;
    absmax_rows x = ABSMAX_ROWS(0, NULL, rows, row_len), plain;
    absmax_outputs out;
    absmax_params params = ABSMAX_PARAMS(NULL, 0);
    absmax_error error = ABSMAX_ERROR_INIT;
    result first, other;
    unsigned long before;
    int unsigned_ = scheme->mapping >= ABSMAX_AFFINE_UNSIGNED, tiled;
    x.type = type;
    x.row_stride = stride;
    x.data = matrix(type, rows, row_len, stride, 1);
    plain = x;
    plain.row_stride = row_len;
    plain.data = guarded(tight * size_of(type), 0);
    for (row = 0; row < rows && x_reach > 0; row++) {
        memcpy((char *)plain.data + row * row_len * size_of(type), (const char *)x.data + row * stride * size_of(type),
               row_len * size_of(type));
    }

    /* Without gaps. */
    first = places(scheme, &plain, tight);
    out = outputs(scheme, &first, row_len, row_len);
    give_scratch(scheme, &plain, NULL, &out);
    before = allocations;
    CHECK(absmax_quantize_rows(backend, scheme, &plain, &out, &error) == ABSMAX_OK);
    CHECK(allocations == before);

    /* The sums are those of the integers. */
    if (scheme->arithmetic == ABSMAX_EXACT) {
        int64_t *sums = guarded(8 * first.sets, 1);
        memset(sums, 0, 8 * first.sets);
        for (i = 0; i < tight; i++) {
            sums[set_of(scheme, &x, i / row_len, i % row_len)] += unsigned_ ? first.q[i] : (int8_t)first.q[i];
        }
        for (i = 0; i < first.sets; i++) {
            CHECK(sums[i] == first.sums[i]);
            CHECK((float)((double)sums[i] * (double)first.scales[i]) == first.scaled[i]);
        }
    }

    /* With gaps, and padded. What lies between the rows stays. */
    other = places(scheme, &x, rows * (longer + 2));
    out = outputs(scheme, &other, longer, longer + 2);
    give_scratch(scheme, &x, NULL, &out);
    before = allocations;
    CHECK(absmax_quantize_rows(backend, scheme, &x, &out, &error) == ABSMAX_OK);
    CHECK(allocations == before);
    CHECK(same(scheme, &first, &other));
    for (row = 0; row < rows; row++) {
        unsigned char *q = other.q + row * (longer + 2);
        CHECK(memcmp(q, first.q + row * row_len, row_len) == 0);
        for (column = row_len; column < longer && row_len > 0; column++) {
            int zero = zero_point_of(scheme, &first, set_of(scheme, &x, row, row_len - 1));
            CHECK(q[column] == (unsigned char)zero);
        }
        CHECK(q[longer] == 0xa5 && q[longer + 1] == 0xa5);
    }

    /* By the same parameters, given. */
    params.scales = first.scales;
    params.zero_points = is_affine(scheme) ? first.zero_points : NULL;
    params.sets = first.sets;
    if (scheme->arithmetic == ABSMAX_EXACT) {
        result given = places(scheme, &x, tight);
        out = outputs(scheme, &given, row_len, row_len);
        out.scales = out.zero_points = NULL;
        give_scratch(scheme, &x, &params, &out);
        before = allocations;
        CHECK(absmax_quantize_rows_with(backend, scheme, &x, &params, &out, &error) == ABSMAX_OK);
        CHECK(allocations == before);
        CHECK(memcmp(given.q, first.q, tight) == 0);
        CHECK(memcmp(given.sums, first.sums, 4 * first.sets) == 0);
        CHECK(memcmp(given.scaled, first.scaled, 4 * first.sets) == 0);
    }

    /* Tiles, in the order of the formula, and back. */
    for (tiled = 0; tiled < 3; tiled++) {
        size_t mr = tiled == 2 ? 2 : 4, kr = tiled == 2 ? 8 : 4, more = tiled == 1 ? mr * kr : 0;
        unsigned char *back = guarded(tight, 1);
        CHECK(absmax_tiles_size(mr, kr, rows, row_len, &bands, &band_len, &error) == ABSMAX_OK);
        CHECK(bands == (rows + mr - 1) / mr && band_len == (row_len + kr - 1) / kr * kr * mr);
        other = places(scheme, &x, bands * (band_len + more));
        out = outputs(scheme, &other, band_len + more, band_len + more);
        out.tile_rows = mr;
        out.tile_columns = kr;
        give_scratch(scheme, &x, NULL, &out);
        before = allocations;
        CHECK(absmax_quantize_rows(backend, scheme, &x, &out, &error) == ABSMAX_OK);
        CHECK(allocations == before);
        CHECK(same(scheme, &first, &other));
        for (i = 0; i < tight; i++) {
            row = i / row_len;
            column = i % row_len;
            CHECK(first.q[i] == other.q[row / mr * (band_len + more) + column / kr * mr * kr + row % mr * kr + column % kr]);
        }
        if (out.scratch_size > 0) {
            out.scratch_size--;
            CHECK(absmax_quantize_rows(backend, scheme, &x, &out, &error) == ABSMAX_ERROR_SCRATCH);
            CHECK(error.found + 1 == error.expected);
        }
        if (more == 0) {
            CHECK(absmax_deinterleave(backend, mr, kr, other.q, bands * band_len, back, rows, row_len, row_len, &error) ==
                  ABSMAX_OK);
            CHECK(memcmp(back, first.q, tight) == 0);
        }
        if (scheme->arithmetic == ABSMAX_EXACT) {
            result given = places(scheme, &x, bands * (band_len + more));
            out.q = given.q;
            out.scales = out.zero_points = NULL;
            if (tiled == 1) {
                out.sums = NULL;
                out.scaled_sums = NULL;
            }
            give_scratch(scheme, &x, &params, &out);
            CHECK(absmax_quantize_rows_with(backend, scheme, &x, &params, &out, &error) == ABSMAX_OK);
            CHECK(memcmp(given.q, other.q, bands * (band_len + more)) == 0);
        }
    }

    /* In tasks. */
    other = places(scheme, &x, tight);
    out = outputs(scheme, &other, row_len, row_len);
    before = allocations;
    if (scheme->granularity == ABSMAX_PER_ROW || scheme->granularity == ABSMAX_PER_GROUP) {
        CHECK(absmax_quantize_rows_parallel(backend, scheme, &x, NULL, &out, NULL, run_tasks, &error) == ABSMAX_OK);
        CHECK(same(scheme, &first, &other) && memcmp(first.q, other.q, tight) == 0);
    } else {
        CHECK(absmax_quantize_rows_parallel(backend, scheme, &x, NULL, &out, NULL, run_tasks, &error) ==
              ABSMAX_ERROR_GRANULARITY);
        CHECK(tight == 0 || other.q[0] == 0xa5);
    }
    CHECK(allocations == before);

    /* Back: rows with gaps give what rows without give. */
    {
        absmax_rows q = ABSMAX_ROWS(0, NULL, rows, row_len);
        absmax_rows_mut y = ABSMAX_ROWS_MUT(0, NULL, rows, row_len), z;
        q.type = unsigned_ ? ABSMAX_U8 : ABSMAX_I8;
        q.data = first.q;
        y.type = type;
        z = y;
        y.data = guarded(tight * size_of(type), 1);
        z.data = guarded(x_reach * size_of(type), 1);
        z.row_stride = stride;
        before = allocations;
        CHECK(absmax_dequantize_rows(backend, scheme, &q, &params, &y, &error) == ABSMAX_OK);
        CHECK(absmax_dequantize_rows(backend, scheme, &q, &params, &z, &error) == ABSMAX_OK);
        CHECK(allocations == before);
        for (i = 0; i < tight; i++) {
            row = i / row_len;
            column = i % row_len;
            CHECK(memcmp((char *)y.data + i * size_of(type), (char *)z.data + (row * stride + column) * size_of(type),
                         size_of(type)) == 0);
            if (type == ABSMAX_F32) {
                size_t set = set_of(scheme, &x, row, column);
                int value = unsigned_ ? first.q[i] : (int8_t)first.q[i];
                CHECK(((float *)y.data)[i] == (float)(value - zero_point_of(scheme, &first, set)) * first.scales[set]);
            }
        }
    }
    guard_release();
}

static void schemes(void) {
    static const size_t SHAPES[][2] = {{0, 0}, {0, 3}, {1, 1}, {3, 0}, {1, 70}, {5, 7}, {4, 16}, {7, 33}, {6, 130}, {70, 67}};
    uint32_t mapping, granularity;
    size_t shape, t;
    for (mapping = ABSMAX_SYMMETRIC_NARROW; mapping <= ABSMAX_OFFSET_FULL; mapping++) {
        for (granularity = ABSMAX_PER_TENSOR; granularity <= ABSMAX_PER_GROUP; granularity++) {
            for (shape = 0; shape < sizeof SHAPES / sizeof *SHAPES; shape++) {
                absmax_scheme scheme = ABSMAX_SCHEME(8, 0, 0);
                scheme.mapping = mapping;
                scheme.granularity = granularity;
                scheme.group_size = granularity == ABSMAX_PER_GROUP ? 16 : 0;
                for (t = 0; t < TYPE_COUNT; t++) {
                    scheme.bits = 8 - (uint32_t)(shape + t) % 7;
                    layouts(&scheme, TYPES[t], SHAPES[shape][0], SHAPES[shape][1]);
                }
            }
        }
    }
    for (shape = 0; shape < sizeof SHAPES / sizeof *SHAPES; shape++) {
        absmax_scheme scheme = ABSMAX_SCHEME(8, ABSMAX_AFFINE_SIGNED, ABSMAX_PER_ROW);
        scheme.arithmetic = ABSMAX_XNNPACK;
        layouts(&scheme, ABSMAX_F32, SHAPES[shape][0], SHAPES[shape][1]);
    }
}

/* The short function, and scales in bf16. */
static void short_call(void) {
    absmax_scheme scheme = ABSMAX_SCHEME(8, ABSMAX_SYMMETRIC_NARROW, ABSMAX_PER_ROW);
    absmax_error error = ABSMAX_ERROR_INIT;
    size_t t;
    for (t = 0; t < TYPE_COUNT; t++) {
        uint32_t type = TYPES[t];
        absmax_rows x = ABSMAX_ROWS(0, NULL, 9, 77);
        result to;
        absmax_outputs out;
        int8_t *q = guarded(9 * 77, 1);
        float *scales = guarded(36, 1);
        uint16_t *narrow = guarded(18, 1);
        size_t i;
        x.type = type;
        x.data = matrix(type, 9, 77, 77, 1);
        to = places(&scheme, &x, 9 * 77);
        out = outputs(&scheme, &to, 77, 77);
        CHECK(absmax_quantize_rows(backend, &scheme, &x, &out, &error) == ABSMAX_OK);
        CHECK(absmax_quantize_int8_rows(backend, type, x.data, 9, 77, q, scales, &error) == ABSMAX_OK);
        CHECK(memcmp(q, to.q, 9 * 77) == 0 && memcmp(scales, to.scales, 36) == 0);
        out.scales = narrow;
        out.scale_type = ABSMAX_BF16;
        CHECK(absmax_quantize_rows(backend, &scheme, &x, &out, &error) == ABSMAX_ERROR_TYPE);
        CHECK(error.argument == ABSMAX_ARG_SCALES);
        scheme.scale_type = ABSMAX_BF16;
        CHECK(absmax_quantize_rows(backend, &scheme, &x, &out, &error) == ABSMAX_OK);
        out.scales = scales;
        out.scale_type = ABSMAX_F32;
        CHECK(absmax_quantize_rows(backend, &scheme, &x, &out, &error) == ABSMAX_OK);
        for (i = 0; i < 9; i++) {
            uint32_t bits = (uint32_t)narrow[i] << 16;
            CHECK(memcmp(&bits, &scales[i], 4) == 0);
        }
        scheme.scale_type = ABSMAX_F32;
        guard_release();
    }
}

void matrices(void) {
    schemes();
    short_call();
}
