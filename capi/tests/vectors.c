/*
 * Checks the test vectors of vectors/ by the C interface alone.
 *
 *     vectors DIRECTORY [BACKEND]
 *
 * Every file but conversions.json, whose operations C does not have. Cases that C cannot say are counted: tensors whose
 * channels are on an axis in the middle, and an array whose length is not that of its shape. Each file is read twice; the
 * second time one expected bit is wrong, which has to be found exactly once.
 */
#define _GNU_SOURCE
#include <absmax.h>

#include "guard.h"
#include "json.h"

static absmax_backend backend;
static unsigned long compared, wrong, left_out;
static int spoil;
static const char *topic;
static unsigned long at_case;

/* Compares bytes. Where one is to be spoiled, it is the first that is expected. */
static void same(const char *what, const void *expected, const void *found, size_t bytes) {
    const unsigned char *a = expected, *b = found;
    size_t i;
    compared += bytes;
    for (i = 0; i < bytes; i++) {
        unsigned char want = a[i];
        if (spoil == 1) {
            want ^= 1;
            spoil = 2;
        }
        if (want != b[i]) {
            if (spoil == 0) {
                fprintf(stderr, "%s, case %lu, %s: byte %zu is %02x, not %02x\n", topic, at_case, what, i, b[i], want);
            }
            wrong++;
            return;
        }
    }
}

static void same_number(const char *what, int64_t expected, int64_t found) {
    same(what, &expected, &found, sizeof expected);
}

static void done(const char *what, absmax_status status) {
    same_number(what, ABSMAX_OK, status);
}

static uint32_t code(const char *name) {
    static const struct { const char *name; uint32_t code; } codes[] = {
        {"f32", ABSMAX_F32}, {"f16", ABSMAX_F16}, {"bf16", ABSMAX_BF16}, {"i8", ABSMAX_I8}, {"u8", ABSMAX_U8},
        {"symmetric_narrow", ABSMAX_SYMMETRIC_NARROW}, {"symmetric_full", ABSMAX_SYMMETRIC_FULL},
        {"affine_signed", ABSMAX_AFFINE_SIGNED}, {"affine_unsigned", ABSMAX_AFFINE_UNSIGNED},
        {"symmetric_offset_narrow", ABSMAX_OFFSET_NARROW}, {"symmetric_offset_full", ABSMAX_OFFSET_FULL},
        {"bytes", ABSMAX_BYTES}, {"words", ABSMAX_WORDS},
        {"q8_0", ABSMAX_Q8_0}, {"q8_1", ABSMAX_Q8_1}, {"q8_K", ABSMAX_Q8_K},
        {"not_finite", ABSMAX_ERROR_NOT_FINITE}, {"scale_overflow", ABSMAX_ERROR_SCALE_OVERFLOW},
        {"scale_underflow", ABSMAX_ERROR_SCALE_UNDERFLOW}, {"block_sum_overflow", ABSMAX_ERROR_BLOCK_SUM_OVERFLOW},
        {"arithmetic_mismatch", ABSMAX_ERROR_ARITHMETIC}, {"no_blocks", ABSMAX_ERROR_ARITHMETIC},
        {"invalid_limits", ABSMAX_ERROR_LIMITS}, {"invalid_scale", ABSMAX_ERROR_SCALE},
        {"invalid_range", ABSMAX_ERROR_RANGE}, {"zero_point_out_of_range", ABSMAX_ERROR_ZERO_POINT},
        {"invalid_bits", ABSMAX_ERROR_BITS}, {"invalid_packing", ABSMAX_ERROR_BITS},
        {"invalid_group_size", ABSMAX_ERROR_GROUP_SIZE},
    };
    size_t i;
    for (i = 0; i < sizeof codes / sizeof *codes; i++) {
        if (strcmp(codes[i].name, name) == 0) return codes[i].code;
    }
    fprintf(stderr, "%s: %s is not known\n", topic, name);
    exit(2);
}

static uint32_t code_of(const json *one, const char *key) {
    return code(json_text(one, key));
}

/* The bits of a binary32 number. */
static float number(const char *hex) {
    uint32_t bits = (uint32_t)strtoul(hex, NULL, 16);
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static size_t size_of(uint32_t type) {
    return type == ABSMAX_F32 ? 4 : 2;
}

/* Numbers of a type from their bits, in guarded memory. */
static void *numbers(const char *hex, uint32_t type, size_t *count) {
    size_t size = size_of(type), n = *hex == 0 ? 0 : (strlen(hex) + 1) / (2 * size + 1), i;
    unsigned char *to = guarded(n * size, 1);
    for (i = 0; i < n; i++, hex += 2 * size + 1) {
        uint32_t wide = (uint32_t)strtoul(hex, NULL, 16);
        uint16_t narrow = (uint16_t)wide;
        memcpy(to + i * size, size == 4 ? (void *)&wide : (void *)&narrow, size);
    }
    *count = n;
    return to;
}

/* Integers of one byte, signed or not. */
static unsigned char *bytes_of(const json *array, size_t *count) {
    unsigned char *to = guarded(array->count, 1), *at = to;
    const json *item;
    for (item = array->first; item != NULL; item = item->next) *at++ = (unsigned char)strtol(item->text, NULL, 10);
    *count = array->count;
    return to;
}

static int32_t *words_of(const json *array) {
    int32_t *to = guarded(4 * array->count, 1), *at = to;
    const json *item;
    for (item = array->first; item != NULL; item = item->next) *at++ = (int32_t)strtol(item->text, NULL, 10);
    return to;
}

static unsigned char *hex_bytes(const char *hex, size_t *count) {
    size_t n = strlen(hex) / 2, i;
    unsigned char *to = guarded(n, 1);
    for (i = 0; i < n; i++) {
        char pair[3] = {hex[2 * i], hex[2 * i + 1], 0};
        to[i] = (unsigned char)strtoul(pair, NULL, 16);
    }
    *count = n;
    return to;
}

/* Compares an error with the one that a case expects. Returns whether it does. */
static int refused(const json *one, absmax_status status, const absmax_error *error) {
    const json *expected = json_get(one, "error"), *numbers_of;
    const char *name;
    float value;
    if (expected == NULL) return 0;
    name = expected->kind == '"' ? expected->text : expected->first->key;
    numbers_of = expected->kind == '"' ? expected : expected->first;
    same_number("status", (int64_t)code(name), status);
    same_number("status of the error", status, error->status);
    if (status == ABSMAX_ERROR_NOT_FINITE) {
        same_number("index", json_int(numbers_of, "index"), (int64_t)error->index);
        value = number(json_text(numbers_of, "value"));
        same("value", &value, &error->value, 4);
    } else if (status == ABSMAX_ERROR_SCALE_OVERFLOW) {
        same_number("set", json_int(numbers_of, "set"), (int64_t)error->index);
        same_number("scale type", code_of(numbers_of, "scale_type"), error->found);
        value = number(json_text(numbers_of, "max"));
        same("max", &value, &error->value, 4);
        value = number(json_text(numbers_of, "min"));
        same("min", &value, &error->least, 4);
    } else if (status == ABSMAX_ERROR_SCALE_UNDERFLOW) {
        same_number("set", json_int(numbers_of, "set"), (int64_t)error->index);
        value = number(json_text(numbers_of, "scale"));
        same("scale", &value, &error->value, 4);
    } else if (status == ABSMAX_ERROR_BLOCK_SUM_OVERFLOW) {
        value = number(json_text(numbers_of, "sum"));
        same("sum", &value, &error->value, 4);
    } else if (status == ABSMAX_ERROR_BITS) {
        same_number("bits", json_int(numbers_of, "bits"), error->found);
    }
    return 1;
}

static void limits(const json *one) {
    uint32_t type = code_of(one, "element");
    size_t n;
    void *x = numbers(json_text(one, "x"), type, &n);
    const json *both = json_need(one, "min_max");
    float expected = number(json_text(one, "abs_max")), min, max;
    done("abs_max", absmax_abs_max(backend, type, x, n, &max, NULL));
    same("abs_max", &expected, &max, 4);
    if (both->kind == 'n') {
        same_number("min_max", ABSMAX_ERROR_EMPTY, absmax_min_max(backend, type, x, n, &min, &max, NULL));
        return;
    }
    done("min_max", absmax_min_max(backend, type, x, n, &min, &max, NULL));
    expected = number(both->first->text);
    same("min", &expected, &min, 4);
    expected = number(both->first->next->text);
    same("max", &expected, &max, 4);
}

static absmax_scheme scheme_of(const json *one) {
    absmax_scheme scheme = ABSMAX_SCHEME(0, 0, ABSMAX_PER_TENSOR);
    scheme.bits = (uint32_t)json_int(one, "bits");
    scheme.mapping = code_of(one, "mapping");
    scheme.scale_type = code_of(one, "scale_type");
    return scheme;
}

static void parameters(const json *one) {
    absmax_scheme scheme = scheme_of(one);
    absmax_error error = ABSMAX_ERROR_INIT;
    float expected, scale = 0, min = number(json_text(one, "min")), max = number(json_text(one, "max"));
    int32_t zero_point = 0;
    absmax_status status = absmax_scheme_params(&scheme, min, max, &scale, &zero_point, &error);
    if (refused(one, status, &error)) return;
    done("status", status);
    expected = number(json_text(one, "scale"));
    same("scale", &expected, &scale, 4);
    same_number("zero point", json_int(one, "zero_point"), zero_point);
}

static void values(const json *one) {
    uint32_t type = code_of(one, "element");
    float scale = number(json_text(one, "scale"));
    int32_t zero_point = (int32_t)json_int(one, "zero_point");
    int32_t qmin = (int32_t)json_int(one, "qmin"), qmax = (int32_t)json_int(one, "qmax");
    uint32_t q_type = qmin < 0 ? ABSMAX_I8 : ABSMAX_U8;
    absmax_error error = ABSMAX_ERROR_INIT;
    size_t n, m;
    void *x = numbers(json_text(one, "x"), type, &n), *q = guarded(n, 1), *y = guarded(n * size_of(type), 0);
    absmax_status status =
        absmax_quantize_with(backend, type, x, n, scale, zero_point, qmin, qmax, q_type, q, &error);
    if (refused(one, status, &error)) return;
    done("status", status);
    same("q", bytes_of(json_need(one, "q"), &m), q, n);
    done("fake", absmax_fake_quantize(backend, type, x, n, scale, zero_point, qmin, qmax, y, NULL));
    same("fake", numbers(json_text(one, "fake_quantized"), type, &m), y, n * size_of(type));
    done("in place", absmax_fake_quantize(backend, type, x, n, scale, zero_point, qmin, qmax, x, NULL));
    same("in place", y, x, n * size_of(type));
}

static void dequantize(const json *one) {
    uint32_t type = code_of(one, "element"), q_type = ABSMAX_U8;
    float scale = number(json_text(one, "scale"));
    const json *item;
    size_t n, m;
    void *q = bytes_of(json_need(one, "q"), &n), *y = guarded(n * size_of(type), 1);
    int32_t zero_point = (int32_t)json_int(one, "zero_point");
    for (item = json_need(one, "q")->first; item != NULL; item = item->next) {
        if (*item->text == '-') q_type = ABSMAX_I8;
    }
    done("status", absmax_dequantize(backend, q_type, q, n, scale, zero_point, type, y, NULL));
    same("x", numbers(json_text(one, "x"), type, &m), y, n * size_of(type));
}

/* A matrix for a tensor's shape, if there is one. */
static int as_matrix(const json *one, absmax_scheme *scheme, absmax_rows *x) {
    const json *shape = json_need(one, "shape"), *shared = json_need(one, "shared"), *dimension;
    size_t dimensions[8], rank = 0, i, all = 1;
    for (dimension = shape->first; dimension != NULL && rank < 8; dimension = dimension->next) {
        dimensions[rank++] = strtoul(dimension->text, NULL, 10);
    }
    for (i = 0; i < rank; i++) all *= dimensions[i];
    x->row_len = dimensions[rank - 1];
    if (shared->kind == '"') {
        scheme->granularity = ABSMAX_PER_TENSOR;
    } else if (json_get(shared, "group") != NULL) {
        scheme->granularity = ABSMAX_PER_GROUP;
        scheme->group_size = (size_t)json_int(shared, "group");
    } else {
        long axis = json_int(shared, "channel");
        axis = axis < 0 ? axis + (long)rank : axis;
        if (axis == 0) {
            scheme->granularity = ABSMAX_PER_ROW;
            x->row_len = all / dimensions[0];
        } else if (axis == (long)rank - 1) {
            scheme->granularity = ABSMAX_PER_COLUMN;
        } else {
            return 0;
        }
    }
    x->rows = x->row_len == 0 ? 0 : all / x->row_len;
    x->row_stride = x->row_len;
    return 1;
}

static void tensors(const json *one) {
    uint32_t type = code_of(one, "element");
    absmax_scheme scheme = scheme_of(one);
    absmax_rows x = ABSMAX_ROWS(0, NULL, 0, 0), integers;
    absmax_rows_mut y = ABSMAX_ROWS_MUT(0, NULL, 0, 0);
    absmax_params params = ABSMAX_PARAMS(NULL, 0);
    absmax_outputs out = ABSMAX_OUTPUTS(NULL, 0, NULL, 0);
    absmax_error error = ABSMAX_ERROR_INIT;
    absmax_status status;
    size_t n, m, sets = 0, bytes = 0;
    int exact = json_get(one, "arithmetic") == NULL, affine;
    void *again;
    x.data = numbers(json_text(one, "x"), type, &n);
    x.type = type;
    if (!exact) done("name", absmax_arithmetic_named(json_text(one, "arithmetic"), &scheme.arithmetic));
    if (!as_matrix(one, &scheme, &x) || x.rows * x.row_len != n) {
        left_out++;
        return;
    }
    affine = scheme.mapping == ABSMAX_AFFINE_SIGNED || scheme.mapping == ABSMAX_AFFINE_UNSIGNED;
    status = absmax_scale_count(&scheme, x.rows, x.row_len, &sets, &error);
    if (status != ABSMAX_OK) {
        if (!refused(one, status, &error)) done("scale count", status);
        return;
    }
    out.q = guarded(n, 1);
    out.q_row_len = out.q_row_stride = x.row_len;
    out.scales = guarded(4 * sets, 1);
    out.zero_points = affine ? guarded(4 * sets, 1) : NULL;
    out.sums = exact ? guarded(4 * sets, 1) : NULL;
    out.scaled_sums = exact ? guarded(4 * sets, 1) : NULL;
    out.sets = sets;
    done("scratch size", absmax_scratch_size(&scheme, &x, NULL, &out, &out.scratch_size, &error));
    out.scratch = guarded(out.scratch_size, 1);
    status = absmax_quantize_rows(backend, &scheme, &x, &out, &error);
    if (refused(one, status, &error)) return;
    done("status", status);
    same("q", bytes_of(json_need(one, "q"), &m), out.q, n);
    same("scales", numbers(json_text(one, "scales"), ABSMAX_F32, &m), out.scales, 4 * sets);
    if (affine) same("zero points", words_of(json_need(one, "zero_points")), out.zero_points, 4 * sets);
    if (!exact) return;
    same("sums", words_of(json_need(one, "sums")), out.sums, 4 * sets);
    same("scaled sums", numbers(json_text(one, "scaled_sums"), ABSMAX_F32, &m), out.scaled_sums, 4 * sets);
    /* By the same parameters, given: the same integers, and the way back. */
    params.scales = out.scales;
    params.zero_points = out.zero_points;
    params.sets = sets;
    again = out.q;
    out.q = guarded(n, 0);
    out.scales = out.zero_points = NULL;
    out.sums = NULL;
    out.scaled_sums = NULL;
    done("with", absmax_quantize_rows_with(backend, &scheme, &x, &params, &out, &error));
    same("q again", again, out.q, n);
    integers = x;
    integers.data = out.q;
    integers.type = scheme.mapping >= ABSMAX_AFFINE_UNSIGNED ? ABSMAX_U8 : ABSMAX_I8;
    bytes = n * size_of(type);
    y.data = guarded(bytes, 1);
    y.rows = x.rows;
    y.row_len = y.row_stride = x.row_len;
    y.type = type;
    done("dequantize", absmax_dequantize_rows(backend, &scheme, &integers, &params, &y, &error));
    same("dequantized", numbers(json_text(one, "dequantized"), type, &m), y.data, bytes);
}

static void packing(const json *one) {
    uint32_t q_type = code_of(one, "integer"), layout = code_of(one, "layout");
    uint32_t bits = (uint32_t)json_int(one, "bits");
    size_t row_len = (size_t)json_int(one, "row_len"), n, m, size = 0, rows;
    absmax_error error = ABSMAX_ERROR_INIT;
    unsigned char *q = bytes_of(json_need(one, "q"), &n), *packed, *unpacked = guarded(n, 1);
    absmax_status status;
    rows = row_len == 0 ? 0 : n / row_len;
    status = absmax_packed_size(bits, layout, rows, row_len, &size, &error);
    if (refused(one, status, &error)) return;
    packed = guarded(size, 1);
    done("pack", absmax_pack(backend, q_type, q, rows, row_len, bits, layout, packed, size, NULL));
    same("packed", hex_bytes(json_text(one, "packed"), &m), packed, size);
    same_number("size", (int64_t)m, (int64_t)size);
    done("unpack", absmax_unpack(backend, bits, layout, packed, size, q_type, unpacked, rows, row_len, NULL));
    same("unpacked", bytes_of(json_need(one, "unpacked"), &m), unpacked, n);
}

static void blocks(const json *one) {
    uint32_t type = code_of(one, "element"), kind = code_of(one, "block"), arithmetic = 0;
    absmax_error error = ABSMAX_ERROR_INIT;
    absmax_rows x = ABSMAX_ROWS(0, NULL, 1, 0);
    size_t n, m, size = kind == ABSMAX_Q8_0 ? 34 : kind == ABSMAX_Q8_1 ? 36 : 292;
    unsigned char *to = guarded(size, 1), *table;
    const char *name = json_text(one, "arithmetic");
    absmax_status status;
    x.data = numbers(json_text(one, "x"), type, &n);
    x.row_len = x.row_stride = n;
    x.type = type;
    done("name", absmax_arithmetic_named(name, &arithmetic));
    status = absmax_quantize_blocks(backend, arithmetic, kind, &x, to, size, &error);
    if (refused(one, status, &error)) return;
    done("status", status);
    same("bytes", hex_bytes(json_text(one, "bytes"), &m), to, size);
    if (strcmp(name, "ggml") != 0 || type != ABSMAX_F32) return;
    table = guarded(size, 1);
    if (kind == ABSMAX_Q8_0) absmax_ggml_q8_0(x.data, table, (int64_t)n);
    if (kind == ABSMAX_Q8_1) absmax_ggml_q8_1(x.data, table, (int64_t)n);
    if (kind == ABSMAX_Q8_K) absmax_ggml_q8_k(x.data, table, (int64_t)n);
    same("bytes of the function for tables", to, table, size);
}

static void each(const json *file, void (*check)(const json *)) {
    const json *one;
    compared = wrong = left_out = at_case = 0;
    for (one = json_need(file, "cases")->first; one != NULL; one = one->next) {
        check(one);
        guard_release();
        at_case++;
    }
}

int main(int argc, char **argv) {
    static const struct { const char *topic; void (*check)(const json *); } topics[] = {
        {"limits", limits}, {"parameters", parameters}, {"values", values}, {"dequantize", dequantize},
        {"tensors", tensors}, {"packing", packing}, {"arithmetic", tensors}, {"blocks", blocks},
    };
    size_t i;
    unsigned long cases = 0, all = 0, out = 0;
    int failed = 0;
    if (argc < 2) {
        fprintf(stderr, "vectors DIRECTORY [BACKEND]\n");
        return 2;
    }
    backend = absmax_detect();
    if (argc > 2 && absmax_backend_named(argv[2], &backend) != ABSMAX_OK) {
        fprintf(stderr, "vectors: no backend %s\n", argv[2]);
        return 2;
    }
    for (i = 0; i < sizeof topics / sizeof *topics; i++) {
        char path[4096];
        json file;
        unsigned long mistakes;
        topic = topics[i].topic;
        snprintf(path, sizeof path, "%s/%s.json", argv[1], topic);
        file = json_file(path);
        if (json_int(&file, "schema") != 1 || json_int(&file, "numerics") != (long)absmax_numerics()) {
            fprintf(stderr, "vectors: %s has another schema or numerics\n", path);
            return 1;
        }
        each(&file, topics[i].check);
        mistakes = wrong;
        cases += at_case;
        all += compared;
        out += left_out;
        spoil = 1;
        each(&file, topics[i].check);
        spoil = 0;
        if (wrong != mistakes + 1) {
            fprintf(stderr, "vectors: a wrong bit in %s was found %lu times\n", topic, wrong - mistakes);
            failed = 1;
        }
        if (mistakes != 0) failed = 1;
    }
    printf("%s: %lu cases of 8 files, %lu bytes compared, %lu cases that C cannot say; 8 spoiled bits found\n",
           absmax_isa(backend), cases - out, all, out);
    return failed;
}
