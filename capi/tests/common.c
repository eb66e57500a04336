/* What the parts of the suite share. */
#define _GNU_SOURCE
#include "suite.h"

const uint32_t TYPES[TYPE_COUNT] = {ABSMAX_F32, ABSMAX_F16, ABSMAX_BF16};
const size_t LENGTHS[LENGTH_COUNT] = {0, 1, 15, 16, 17, 63, 64, 65, 127, 128, 129, 1000, 4097};

/* A number from -1 to 1, many digits of which are 0 in bf16. */
static uint32_t state = 1;
static float random_value(void) {
    state = state * 1664525u + 1013904223u;
    return (float)(int32_t)(state & 0xffff0000u) / 2147483648.0f;
}

size_t size_of(uint32_t type) {
    return type == ABSMAX_F32 || type == ABSMAX_I32 ? 4 : type == ABSMAX_F16 || type == ABSMAX_BF16 ? 2 : 1;
}

/* Writes a value that f16 and bf16 hold. */
void put(void *to, uint32_t type, size_t index, float value) {
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
void *matrix(uint32_t type, size_t rows, size_t row_len, size_t stride, int at_end) {
    size_t count = rows == 0 || row_len == 0 ? 0 : (rows - 1) * stride + row_len, i;
    void *to = guarded(count * size_of(type), at_end);
    for (i = 0; i < count; i++) {
        put(to, type, i, i % stride < row_len ? random_value() * (float)(1 + i / stride % 7) : NAN);
    }
    return to;
}

int is_affine(const absmax_scheme *scheme) {
    return scheme->mapping == ABSMAX_AFFINE_SIGNED || scheme->mapping == ABSMAX_AFFINE_UNSIGNED;
}

result places(const absmax_scheme *scheme, const absmax_rows *x, size_t q_bytes) {
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

absmax_outputs outputs(const absmax_scheme *scheme, const result *to, size_t q_row_len, size_t q_row_stride) {
    absmax_outputs out = ABSMAX_OUTPUTS(NULL, 0, NULL, 0);
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

void give_scratch(const absmax_scheme *scheme, const absmax_rows *x, const absmax_params *params,
                         absmax_outputs *out) {
    size_t size = 99999;
    CHECK(absmax_scratch_size(scheme, x, params, out, &size, NULL) == ABSMAX_OK);
    out->scratch = guarded(size, 1);
    out->scratch_size = size;
}

int same(const absmax_scheme *scheme, const result *a, const result *b) {
    return a->sets == b->sets && memcmp(a->scales, b->scales, 4 * a->sets) == 0 &&
           memcmp(a->sums, b->sums, 4 * a->sets) == 0 && memcmp(a->scaled, b->scaled, 4 * a->sets) == 0 &&
           (!is_affine(scheme) || memcmp(a->zero_points, b->zero_points, 4 * a->sets) == 0);
}

size_t set_of(const absmax_scheme *scheme, const absmax_rows *x, size_t row, size_t column) {
    size_t groups = scheme->group_size == 0 ? 0 : (x->row_len + scheme->group_size - 1) / scheme->group_size;
    switch (scheme->granularity) {
    case ABSMAX_PER_ROW: return row;
    case ABSMAX_PER_COLUMN: return column;
    case ABSMAX_PER_GROUP: return row * groups + column / scheme->group_size;
    default: return 0;
    }
}

int zero_point_of(const absmax_scheme *scheme, const result *of, size_t set) {
    if (is_affine(scheme)) return of->zero_points[set];
    return scheme->mapping >= ABSMAX_OFFSET_NARROW ? 1 << (scheme->bits - 1) : 0;
}

void run_tasks(void *pool, size_t tasks, absmax_task task, void *context) {
    int how = pool == NULL ? 0 : *(int *)pool;
    size_t i;
    for (i = tasks; i > (how == 1 ? 1u : 0u); i--) task(context, i - 1);
    if (how == 2) task(context, tasks);
}
