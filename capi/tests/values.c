/* Values that have no answer, and tasks. */
#define _GNU_SOURCE
#include "suite.h"

/* A NaN at each index of a matrix is named; the first is, where there are two. */
static void not_finite(void) {
    uint32_t granularity, tiled;
    size_t at, t;
    for (granularity = ABSMAX_PER_TENSOR; granularity <= ABSMAX_PER_GROUP; granularity++)
        for (t = 0; t < TYPE_COUNT; t++) for (tiled = 0; tiled < 2; tiled++) for (at = 0; at < 9 * 70; at += 13) {
            absmax_scheme scheme = ABSMAX_SCHEME(8, ABSMAX_SYMMETRIC_NARROW, 0);
            absmax_rows x = ABSMAX_ROWS(0, NULL, 9, 70);
            absmax_error error = ABSMAX_ERROR_INIT;
            absmax_outputs out;
            result to;
            size_t index = at / 70 * 75 + at % 70;
            scheme.granularity = granularity;
            scheme.group_size = granularity == ABSMAX_PER_GROUP ? 32 : 0;
            x.type = TYPES[t];
            x.row_stride = 75;
            x.data = matrix(TYPES[t], 9, 70, 75, 1);
            put((void *)x.data, TYPES[t], index, INFINITY);
            to = places(&scheme, &x, tiled ? 3 * 4 * 72 : 9 * 70);
            out = outputs(&scheme, &to, tiled ? 4 * 72 : 70, tiled ? 4 * 72 : 70);
            out.tile_rows = out.tile_columns = tiled ? 4 : 0;
            give_scratch(&scheme, &x, NULL, &out);
            CHECK(absmax_quantize_rows(backend, &scheme, &x, &out, &error) == ABSMAX_ERROR_NOT_FINITE);
            CHECK(error.index == index && error.value == INFINITY && error.argument == ABSMAX_ARG_X);
            if (!tiled && granularity != ABSMAX_PER_TENSOR && granularity != ABSMAX_PER_COLUMN) {
                error.index = 0;
                CHECK(absmax_quantize_rows_parallel(backend, &scheme, &x, NULL, &out, NULL, run_tasks, &error) ==
                      ABSMAX_ERROR_NOT_FINITE && error.index == index);
            }
            guard_release();
        }
}

/* A scale that overflows f16 names its set, in every layout. */
static void overflow(void) {
    enum { ROWS = 9, LEN = 70 };
    static const size_t AT[][2] = {{0, 0}, {4, 66}, {8, 69}};
    uint32_t granularity, tiled;
    size_t i;
    for (granularity = ABSMAX_PER_TENSOR; granularity <= ABSMAX_PER_GROUP; granularity++)
        for (tiled = 0; tiled < 2; tiled++) for (i = 0; i < 3; i++) {
            absmax_scheme scheme = ABSMAX_SCHEME(8, ABSMAX_AFFINE_SIGNED, 0);
            absmax_rows x = ABSMAX_ROWS(ABSMAX_F32, NULL, ROWS, LEN);
            absmax_error error = ABSMAX_ERROR_INIT;
            size_t q_row_len = tiled ? 4 * 72 : LEN, set;
            float *values = matrix(ABSMAX_F32, ROWS, LEN, LEN, 1);
            absmax_outputs out;
            result to;
            scheme.granularity = granularity;
            scheme.group_size = granularity == ABSMAX_PER_GROUP ? 32 : 0;
            scheme.scale_type = ABSMAX_F16;
            values[AT[i][0] * LEN + AT[i][1]] = 1e30f;
            x.data = values;
            set = set_of(&scheme, &x, AT[i][0], AT[i][1]);
            to = places(&scheme, &x, tiled ? 3 * q_row_len : ROWS * LEN);
            out = outputs(&scheme, &to, q_row_len, q_row_len);
            out.tile_rows = out.tile_columns = tiled ? 4 : 0;
            give_scratch(&scheme, &x, NULL, &out);
            CHECK(absmax_quantize_rows(backend, &scheme, &x, &out, &error) == ABSMAX_ERROR_SCALE_OVERFLOW);
            CHECK(error.index == set && error.value == 1e30f && error.least <= 1e30f && error.found == ABSMAX_F16);
            if (!tiled && (granularity == ABSMAX_PER_ROW || granularity == ABSMAX_PER_GROUP)) {
                error.index = 999;
                CHECK(absmax_quantize_rows_parallel(backend, &scheme, &x, NULL, &out, NULL, run_tasks, &error) ==
                      ABSMAX_ERROR_SCALE_OVERFLOW);
                CHECK(error.index == set);
            }
            guard_release();
        }
}

/* Tasks: many of them, some that go wrong, and functions that do not run all. */
static void tasks(void) {
    enum { ROWS = 300, LEN = 700 };
    absmax_scheme scheme = ABSMAX_SCHEME(8, ABSMAX_AFFINE_UNSIGNED, ABSMAX_PER_ROW);
    absmax_rows x = ABSMAX_ROWS(ABSMAX_F32, NULL, ROWS, LEN);
    absmax_params params = ABSMAX_PARAMS(NULL, 0);
    absmax_error error = ABSMAX_ERROR_INIT;
    absmax_outputs out;
    result serial, parallel;
    int how = 1;
    x.data = matrix(ABSMAX_F32, ROWS, LEN, LEN, 1);
    serial = places(&scheme, &x, ROWS * LEN);
    parallel = places(&scheme, &x, ROWS * LEN);
    out = outputs(&scheme, &serial, LEN, LEN);
    CHECK(absmax_quantize_rows(backend, &scheme, &x, &out, &error) == ABSMAX_OK);
    out = outputs(&scheme, &parallel, LEN, LEN);
    CHECK(absmax_quantize_rows_parallel(backend, &scheme, &x, NULL, &out, NULL, run_tasks, &error) == ABSMAX_OK);
    CHECK(same(&scheme, &serial, &parallel) && memcmp(serial.q, parallel.q, ROWS * LEN) == 0);
    CHECK(absmax_quantize_rows_parallel(backend, &scheme, &x, NULL, &out, &how, run_tasks, &error) == ABSMAX_ERROR_TASKS);
    CHECK(error.found + 1 == error.expected && error.expected == (ROWS + 45) / 46);
    how = 2;
    CHECK(absmax_quantize_rows_parallel(backend, &scheme, &x, NULL, &out, &how, run_tasks, &error) == ABSMAX_OK);
    CHECK(absmax_quantize_rows_parallel(backend, &scheme, &x, NULL, &out, NULL, NULL, &error) == ABSMAX_ERROR_NULL);
    out.tile_rows = out.tile_columns = 4;
    out.q_row_len = out.q_row_stride = 4 * LEN;
    CHECK(absmax_quantize_rows_parallel(backend, &scheme, &x, NULL, &out, NULL, run_tasks, &error) == ABSMAX_ERROR_TILES);
    out.tile_rows = out.tile_columns = 0;
    out.q_row_len = out.q_row_stride = LEN;
    ((float *)x.data)[250 * LEN + 3] = -INFINITY;
    ((float *)x.data)[260 * LEN] = NAN;
    CHECK(absmax_quantize_rows_parallel(backend, &scheme, &x, NULL, &out, NULL, run_tasks, &error) ==
          ABSMAX_ERROR_NOT_FINITE);
    CHECK(error.index == 250 * LEN + 3 && error.value == -INFINITY);
    /* With given parameters, one of which is wrong; nothing is written. */
    params.scales = serial.scales;
    params.zero_points = serial.zero_points;
    params.sets = ROWS;
    serial.scales[299] = -1;
    memset(parallel.q, 0xa5, ROWS * LEN);
    out.scales = out.zero_points = NULL;
    CHECK(absmax_quantize_rows_parallel(backend, &scheme, &x, &params, &out, NULL, run_tasks, &error) ==
          ABSMAX_ERROR_SCALE);
    CHECK(error.index == 299 && error.value == -1 && parallel.q[0] == 0xa5);
    guard_release();
}

void values(void) {
    not_finite();
    overflow();
    tasks();
}
