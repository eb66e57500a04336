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
#include <absmax.h>
#include <math.h>

#include "guard.h"

static absmax_backend backend;
static unsigned long checks, failures;

#define CHECK(condition)                                                         \
    do {                                                                         \
        checks++;                                                                \
        if (!(condition)) {                                                      \
            failures++;                                                          \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);      \
        }                                                                        \
    } while (0)

/* How often memory was allocated. The linker leads the calls of the library here: -Wl,--wrap=malloc and so on. */
static volatile unsigned long allocations;

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

/* A number from -1 to 1, many digits of which are 0 in bf16. */
static uint32_t state = 1;
static float random_value(void) {
    state = state * 1664525u + 1013904223u;
    return (float)(int32_t)(state & 0xffff0000u) / 2147483648.0f;
}

static size_t size_of(uint32_t type) {
    return type == ABSMAX_F32 || type == ABSMAX_I32 ? 4 : type == ABSMAX_F16 || type == ABSMAX_BF16 ? 2 : 1;
}

/* Writes a value that f16 and bf16 hold. */
static void put(void *to, uint32_t type, size_t index, float value) {
    uint32_t bits;
    uint16_t narrow;
    memcpy(&bits, &value, 4);
    bits &= 0xffff0000u;
    if (type == ABSMAX_F32) {
        memcpy((char *)to + 4 * index, &bits, 4);
        return;
    }
    narrow = (uint16_t)(bits >> 16);
    if (type == ABSMAX_F16) {
        /* Eight bits of a significand fit; magnitudes are 0 or normal in f16. */
        uint32_t exponent = (bits >> 23) & 255, sign = bits >> 16 & 0x8000u;
        if (exponent == 255) narrow = (uint16_t)(sign | 0x7c00u | (bits >> 13 & 0x3ffu));
        else narrow = (uint16_t)(exponent < 113 ? sign : sign | (exponent - 112) << 10 | (bits >> 13 & 0x3ffu));
    }
    memcpy((char *)to + 2 * index, &narrow, 2);
}

/* Values in guarded memory, in rows `stride` apart. What lies between them is NaN, which must not be read. */
static void *matrix(uint32_t type, size_t rows, size_t row_len, size_t stride, int at_end) {
    size_t count = rows == 0 || row_len == 0 ? 0 : (rows - 1) * stride + row_len, i;
    void *to = guarded(count * size_of(type), at_end);
    for (i = 0; i < count; i++) {
        put(to, type, i, i % stride < row_len ? random_value() * (float)(1 + i / stride % 7) : NAN);
    }
    return to;
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

static const uint32_t TYPES[] = {ABSMAX_F32, ABSMAX_F16, ABSMAX_BF16};
static const size_t LENGTHS[] = {0, 1, 15, 16, 17, 63, 64, 65, 127, 128, 129, 1000, 4097};

/* int8 with one scale, by the formula, and back. */
static void slices(void) {
    size_t t, l, i;
    int at_end;
    for (t = 0; t < 3; t++) for (l = 0; l < sizeof LENGTHS / sizeof *LENGTHS; l++) for (at_end = 0; at_end < 2; at_end++) {
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

/* All that quantizing a matrix writes. */
typedef struct result {
    unsigned char *q;
    float *scales;
    int32_t *zero_points;
    int32_t *sums;
    float *scaled;
    size_t sets;
} result;

static int is_affine(const absmax_scheme *scheme) {
    return scheme->mapping == ABSMAX_AFFINE_SIGNED || scheme->mapping == ABSMAX_AFFINE_UNSIGNED;
}

static result places(const absmax_scheme *scheme, const absmax_rows *x, size_t q_bytes) {
    result to;
    to.sets = 99999;
    CHECK(absmax_scale_count(scheme, x->rows, x->row_len, &to.sets, NULL) == ABSMAX_OK);
    to.q = guarded(q_bytes, 1);
    to.scales = guarded(4 * to.sets, 1);
    to.zero_points = guarded(4 * to.sets, 1);
    to.sums = guarded(4 * to.sets, 1);
    to.scaled = guarded(4 * to.sets, 1);
    return to;
}

static absmax_outputs outputs(const absmax_scheme *scheme, const absmax_rows *x, const result *to, size_t q_row_len,
                              size_t q_row_stride) {
    absmax_outputs out = ABSMAX_OUTPUTS(NULL, 0, NULL, 0);
    (void)x;
    out.q = to->q;
    out.q_row_len = q_row_len;
    out.q_row_stride = q_row_stride;
    out.scales = to->scales;
    out.zero_points = is_affine(scheme) ? to->zero_points : NULL;
    out.sums = to->sums;
    out.scaled_sums = to->scaled;
    out.sets = to->sets;
    return out;
}

/* Gives the outputs exactly as much scratch memory as is asked for, between guards. */
static void give_scratch(const absmax_scheme *scheme, const absmax_rows *x, const absmax_params *params,
                         absmax_outputs *out) {
    size_t size = 99999;
    CHECK(absmax_scratch_size(scheme, x, params, out, &size, NULL) == ABSMAX_OK);
    out->scratch = guarded(size, 1);
    out->scratch_size = size;
}

static int same(const absmax_scheme *scheme, const result *a, const result *b) {
    return a->sets == b->sets && memcmp(a->scales, b->scales, 4 * a->sets) == 0 &&
           memcmp(a->sums, b->sums, 4 * a->sets) == 0 && memcmp(a->scaled, b->scaled, 4 * a->sets) == 0 &&
           (!is_affine(scheme) || memcmp(a->zero_points, b->zero_points, 4 * a->sets) == 0);
}

/* The set of a value. */
static size_t set_of(const absmax_scheme *scheme, const absmax_rows *x, size_t row, size_t column) {
    size_t groups = scheme->group_size == 0 ? 0 : (x->row_len + scheme->group_size - 1) / scheme->group_size;
    switch (scheme->granularity) {
    case ABSMAX_PER_ROW: return row;
    case ABSMAX_PER_COLUMN: return column;
    case ABSMAX_PER_GROUP: return row * groups + column / scheme->group_size;
    default: return 0;
    }
}

static int zero_point_of(const absmax_scheme *scheme, const result *of, size_t set) {
    if (is_affine(scheme)) return of->zero_points[set];
    return scheme->mapping >= ABSMAX_OFFSET_NARROW ? 1 << (scheme->bits - 1) : 0;
}

/* Runs the tasks from the last to the first, or leaves out one, or runs one that is not there. */
static void run_tasks(void *pool, size_t tasks, absmax_task task, void *context) {
    int how = pool == NULL ? 0 : *(int *)pool;
    size_t i;
    for (i = tasks; i > (how == 1 ? 1u : 0u); i--) task(context, i - 1);
    if (how == 2) task(context, tasks);
}

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
    out = outputs(scheme, &plain, &first, row_len, row_len);
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
    out = outputs(scheme, &x, &other, longer, longer + 2);
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
        out = outputs(scheme, &x, &given, row_len, row_len);
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
        out = outputs(scheme, &x, &other, band_len + more, band_len + more);
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
    out = outputs(scheme, &x, &other, row_len, row_len);
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

static void matrices(void) {
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
                for (t = 0; t < 3; t++) {
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
    for (t = 0; t < 3; t++) {
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
        out = outputs(&scheme, &x, &to, 77, 77);
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

/* A NaN at each index of a matrix is named; the first is, where there are two. */
static void not_finite(void) {
    uint32_t granularity, tiled;
    size_t at, t;
    for (granularity = ABSMAX_PER_TENSOR; granularity <= ABSMAX_PER_GROUP; granularity++)
        for (t = 0; t < 3; t++) for (tiled = 0; tiled < 2; tiled++) for (at = 0; at < 9 * 70; at += 13) {
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
            out = outputs(&scheme, &x, &to, tiled ? 4 * 72 : 70, tiled ? 4 * 72 : 70);
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
    out = outputs(&scheme, &x, &serial, LEN, LEN);
    CHECK(absmax_quantize_rows(backend, &scheme, &x, &out, &error) == ABSMAX_OK);
    out = outputs(&scheme, &x, &parallel, LEN, LEN);
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

/* Everything that a call must refuse, one thing wrong at a time. Nothing is written. */
static void hostile(void) {
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
    out = outputs(&scheme, &x, &to, LEN, LEN);

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
        CHECK(absmax_quantize_rows_with(backend, &scheme, &x, NULL, &out, &error) != ABSMAX_OK);
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
    versions();
    backends();
    named_arithmetics();
    slices();
    matrices();
    short_call();
    not_finite();
    tasks();
    packs();
    tiles();
    blocks();
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
