/*
 * absmax: quantization kernels that are exact to the bit on every CPU.
 *
 *     scale = max|x| / 127      q = clamp(round_half_even(x / scale), -127, 127)      x' = q * scale
 *
 * Every function gives the bits of one scalar definition, whichever instruction set it runs on, at every length and
 * alignment, in every floating-point environment of the caller (which is as before when a function returns).
 *
 * THE RULES THAT HOLD FOR ALL FUNCTIONS
 *
 * Allocation  Nothing is allocated, no thread is started, nothing is kept between calls. All functions may be called
 *             from any thread at any time. What needs memory to work in takes it from the caller:
 *             absmax_scratch_size() says how much.
 * Status      A function returns ABSMAX_OK (0), or a status that says why it was refused. If `error` is not null, the
 *             numbers that explain it are written there, and ABSMAX_OK if all is well. Set error->struct_size first.
 * Outputs     After a status below 64 nothing has been written, unless a function says otherwise. From 64 on, the
 *             status is about the values: the outputs are initialised, and mean nothing.
 * Null        A pointer may be null if nothing is read or written there (zero values), or where this header says so.
 *             Any other null pointer is refused.
 * Overlap     No byte of an output may belong to another output or to an input, from the first value of a matrix to its
 *             last, gaps included. This is checked: ABSMAX_ERROR_OVERLAP. Gaps between rows are neither read nor
 *             written, but while a call runs no other thread may write to the gaps of its input, or touch those of its
 *             outputs.
 * Alignment   A pointer is aligned to its type (4 bytes of f32 and int32_t, 2 of f16 and bf16, 8 of structs). This is
 *             checked. More alignment is not needed.
 * Zero length An operation on no values succeeds. A scale that is computed from no values is 1, and the zero point that
 *             of zeros.
 * Structs     A struct begins with its size, which the caller sets to sizeof: the macros do. A size that the library
 *             does not know is refused, and so is a reserved field that is not 0.
 * Panics      No Rust panic can cross: the process would be aborted. None is known to happen.
 *
 * Pointers that point to less memory than the arguments say, or to none, cannot be noticed.
 *
 * THE POLICY OF THE INTERFACE
 *
 * ABSMAX_ABI is the number in the soname (libabsmax.so.0). Within one number, functions, structs, codes and statuses
 * are only added; what there is keeps its meaning. A struct grows at its end, and the library goes on to accept the
 * older, smaller size. Whatever else changes raises the number. ABSMAX_NUMERICS is the version of the numerical
 * contract: with the same number, the same input gives the same bits. ABSMAX_VERSION is that of the library.
 *
 * C99 or newer, C++11 or newer.
 */
#ifndef ABSMAX_H
#define ABSMAX_H

#include <stddef.h>
#include <stdint.h>

#define ABSMAX_VERSION_MAJOR 0
#define ABSMAX_VERSION_MINOR 1
#define ABSMAX_VERSION_PATCH 0
#define ABSMAX_VERSION "0.1.0"
#define ABSMAX_ABI 0
#define ABSMAX_NUMERICS 1

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------------------------------------ which library */

/* The version of the library that runs, such as "0.1.0". Never null; the string is static. */
const char *absmax_version(void);

/* ABSMAX_ABI of the library that runs. It should be that of this header. */
uint32_t absmax_abi(void);

/* ABSMAX_NUMERICS of the library that runs: the version of the numerical contract. */
uint32_t absmax_numerics(void);

/* ------------------------------------------------------------------------------------------------ status and error */

/* What a function returns. The numbers are fixed. Beside each stand the fields of absmax_error that are set; `argument`
 * is set with all. */
typedef int32_t absmax_status;
enum {
    ABSMAX_OK = 0,
    /* About the arguments. */
    ABSMAX_ERROR_NULL = 1,              /* a pointer is null */
    ABSMAX_ERROR_ALIGNMENT = 2,         /* expected: alignment, found: bytes past it */
    ABSMAX_ERROR_STRUCT_SIZE = 3,       /* expected, found: sizes */
    ABSMAX_ERROR_OVERLAP = 4,           /* argument: the output */
    ABSMAX_ERROR_CODE = 5,              /* found: a number that stands for no choice; or the name does */
    ABSMAX_ERROR_BACKEND = 6,           /* found: a handle that is forged, or not of this CPU */
    ABSMAX_ERROR_ISA = 7,               /* this CPU or this build does not have the instruction set */
    ABSMAX_ERROR_LENGTH = 8,            /* expected, found: numbers of elements */
    ABSMAX_ERROR_ROW_STRIDE = 9,        /* expected: the row length, found: a smaller stride */
    ABSMAX_ERROR_SIZE_OVERFLOW = 10,    /* a size exceeds PTRDIFF_MAX bytes */
    ABSMAX_ERROR_TYPE = 11,             /* found: a type that does not fit; expected: one that does, or 0 */
    ABSMAX_ERROR_BITS = 12,             /* found: a number of bits that is not possible here */
    ABSMAX_ERROR_GROUP_SIZE = 13,       /* groups of 0 values; or a group size, and no groups */
    ABSMAX_ERROR_TILES = 14,            /* expected: tile_rows, found: tile_columns; or no tiles here */
    ABSMAX_ERROR_RANGE = 15,            /* expected: qmin, found: qmax; not two or more integers of one type */
    ABSMAX_ERROR_ZERO_POINT = 16,       /* index: set, found: a zero point that is not allowed, value: scale */
    ABSMAX_ERROR_SCALE = 17,            /* index: set, value: a scale that is not finite and above 0 */
    ABSMAX_ERROR_LIMITS = 18,           /* least, value: limits that are not finite and in order */
    ABSMAX_ERROR_SUM_OVERFLOW = 19,     /* expected: how many integers may be added up, found: how many are */
    ABSMAX_ERROR_ARITHMETIC = 20,       /* the arithmetic does not have the scheme or the blocks */
    ABSMAX_ERROR_PARTIAL_BLOCK = 21,    /* expected: values of a block, found: the row length */
    ABSMAX_ERROR_SCRATCH = 22,          /* expected, found: bytes of scratch memory */
    ABSMAX_ERROR_EMPTY = 23,            /* there are no values, and so no result */
    ABSMAX_ERROR_TASKS = 24,            /* expected: tasks, found: tasks that were run; outputs mean nothing */
    ABSMAX_ERROR_GRANULARITY = 25,      /* scales are shared between rows, so rows cannot be divided */
    ABSMAX_ERROR_RESERVED = 26,         /* found: a reserved field that is not 0 */
    /* About the values. */
    ABSMAX_ERROR_NOT_FINITE = 64,       /* index: element, value: the first NaN or infinity, as binary32 */
    ABSMAX_ERROR_SCALE_OVERFLOW = 65,   /* index: set; least, value: its least and largest value; found: the type */
    ABSMAX_ERROR_SCALE_UNDERFLOW = 66,  /* index: set, value: a scale that the arithmetic cannot divide by */
    ABSMAX_ERROR_BLOCK_SUM_OVERFLOW = 67, /* value: the number s of a q8_1, which overflows f16 */
    /* Refused for a reason that this interface has no status for. */
    ABSMAX_ERROR_OTHER = 127
};

/* Which argument an error is about. */
enum {
    ABSMAX_ARG_NONE = 0,
    ABSMAX_ARG_BACKEND = 1,
    ABSMAX_ARG_SCHEME = 2,
    ABSMAX_ARG_X = 3,
    ABSMAX_ARG_Q = 4,
    ABSMAX_ARG_SCALES = 5,
    ABSMAX_ARG_ZERO_POINTS = 6,
    ABSMAX_ARG_SUMS = 7,
    ABSMAX_ARG_SCALED_SUMS = 8,
    ABSMAX_ARG_PARAMS = 9,
    ABSMAX_ARG_OUTPUTS = 10,
    ABSMAX_ARG_PACKED = 11,
    ABSMAX_ARG_TILES = 12,
    ABSMAX_ARG_SCRATCH = 13,
    ABSMAX_ARG_ERROR = 14,
    ABSMAX_ARG_RESULT = 15,
    ABSMAX_ARG_PARALLEL_FOR = 16,
    ABSMAX_ARG_NAME = 17,
    ABSMAX_ARG_BLOCKS = 18,
    ABSMAX_ARG_Y = 19
};

/* Why a call was refused, in numbers. Fields that a status does not name are 0. An index of an element counts from the
 * first value of the matrix, gaps between rows included; an index of a set counts scales. */
typedef struct absmax_error {
    size_t struct_size;
    absmax_status status;
    uint32_t argument;
    size_t index;
    int64_t expected;
    int64_t found;
    float value;
    float least;
} absmax_error;

#define ABSMAX_ERROR_INIT { sizeof(absmax_error), 0, 0, 0, 0, 0, 0, 0 }

/* What a status means, in English. Never null, whatever the number; the string is static. */
const char *absmax_status_text(absmax_status status);

/* ------------------------------------------------------------------------------------------------ backend */

/* An instruction set that this CPU has: a plain number to copy and to keep. It is looked at in every call, which costs
 * some loads; ABSMAX_ERROR_BACKEND if it is no handle, or one of another CPU. 0 is never a handle. */
typedef uint32_t absmax_backend;

/* The fastest backend of this CPU, which is asked by cpuid on x86-64. NEON is part of every aarch64. Other CPUs have the
 * portable backend, and every CPU does. Which one it is changes no result. */
absmax_backend absmax_detect(void);

/* The backend of a name: "portable", "avx2", "avx512" or "neon". Writes it to *backend, or 0 with every error.
 * ABSMAX_ERROR_CODE: no such name. ABSMAX_ERROR_ISA: not on this CPU. ABSMAX_ERROR_NULL. */
absmax_status absmax_backend_named(const char *name, absmax_backend *backend);

/* The name of a backend's instruction set, or null if it is no backend of this CPU. The string is static. */
const char *absmax_isa(absmax_backend backend);

/* ------------------------------------------------------------------------------------------------ choices */

/* Types. f16 is binary16; bf16 is the upper half of a binary32. C needs no type of its own for them: uint16_t holds the
 * bits. */
enum { ABSMAX_F32 = 1, ABSMAX_F16 = 2, ABSMAX_BF16 = 3, ABSMAX_I8 = 4, ABSMAX_U8 = 5, ABSMAX_I32 = 6 };

/* Which integers are used, for b bits, and so which type they have: one byte each, whatever b is. */
enum {
    ABSMAX_SYMMETRIC_NARROW = 1, /* int8_t,  -(2^(b-1) - 1) to 2^(b-1) - 1, scale = max|x| / (2^(b-1) - 1) */
    ABSMAX_SYMMETRIC_FULL = 2,   /* int8_t,  -2^(b-1) to 2^(b-1) - 1, scale = max|x| / ((2^b - 1) / 2) */
    ABSMAX_AFFINE_SIGNED = 3,    /* int8_t,  -2^(b-1) to 2^(b-1) - 1, with a zero point */
    ABSMAX_AFFINE_UNSIGNED = 4,  /* uint8_t, 0 to 2^b - 1, with a zero point */
    ABSMAX_OFFSET_NARROW = 5,    /* uint8_t, SYMMETRIC_NARROW with 2^(b-1) added to each: 128 of 8 bits */
    ABSMAX_OFFSET_FULL = 6       /* uint8_t, SYMMETRIC_FULL with 2^(b-1) added to each */
};

/* Which values share a scale. They are a set. Sets are in the order of their first values in memory. */
enum {
    ABSMAX_PER_TENSOR = 1, /* all values of the matrix */
    ABSMAX_PER_ROW = 2,    /* those of a row: activations [tokens, features], weights [out, in] */
    ABSMAX_PER_COLUMN = 3, /* those of a column: weights [in, out]; takes scratch memory */
    ABSMAX_PER_GROUP = 4   /* every group_size values of a row; the last group of a row may be shorter */
};

/* How scales and integers are computed: exactly, or with the bits of another program. docs/numerics.md has the table. */
enum {
    ABSMAX_EXACT = 1,
    ABSMAX_ONNX = 2,
    ABSMAX_TORCH = 3,
    ABSMAX_TORCHAO = 4,
    ABSMAX_COMPRESSED_TENSORS = 5,
    ABSMAX_BITSANDBYTES = 6,
    ABSMAX_GGML = 7,
    ABSMAX_GGML_X86 = 8,
    ABSMAX_CANDLE = 9,
    ABSMAX_XNNPACK = 10,
    ABSMAX_KLEIDIAI = 11
};

/* The arithmetic of a name, as absmax calls it: "exact", "onnx", "torch", "torchao", "compressed-tensors",
 * "bitsandbytes", "ggml", "ggml-x86", "candle", "xnnpack" or "kleidiai". Writes it to *arithmetic, or 0 with every
 * error. ABSMAX_ERROR_CODE: no such name. ABSMAX_ERROR_NULL. */
absmax_status absmax_arithmetic_named(const char *name, uint32_t *arithmetic);

/* What to quantize to. */
typedef struct absmax_scheme {
    size_t struct_size;
    uint32_t bits;        /* 2 to 8 */
    uint32_t mapping;     /* ABSMAX_SYMMETRIC_NARROW ... */
    uint32_t granularity; /* ABSMAX_PER_TENSOR ... */
    uint32_t scale_type;  /* the type that scales are rounded to before they are used: ABSMAX_F32, F16 or BF16 */
    uint32_t arithmetic;  /* ABSMAX_EXACT ... ; with ABSMAX_PER_COLUMN it has to be ABSMAX_EXACT */
    uint32_t reserved;    /* 0 */
    size_t group_size;    /* values of a group, above 0 if ABSMAX_PER_GROUP; else 0 */
} absmax_scheme;

/* A scheme with binary32 scales and exact arithmetic. */
#define ABSMAX_SCHEME(bits, mapping, granularity) \
    { sizeof(absmax_scheme), bits, mapping, granularity, ABSMAX_F32, ABSMAX_EXACT, 0, 0 }

/* The same with groups. */
#define ABSMAX_SCHEME_GROUPS(bits, mapping, group_size) \
    { sizeof(absmax_scheme), bits, mapping, ABSMAX_PER_GROUP, ABSMAX_F32, ABSMAX_EXACT, 0, group_size }

/* Writes to *count how many sets, and so scales, a matrix of `rows` rows of `row_len` values has.
 * ABSMAX_ERROR_SIZE_OVERFLOW, and the errors of the scheme: ABSMAX_ERROR_NULL, _STRUCT_SIZE, _RESERVED, _BITS, _CODE,
 * _GROUP_SIZE, _TYPE, _ARITHMETIC. `error` may be null. */
absmax_status absmax_scale_count(const absmax_scheme *scheme, size_t rows, size_t row_len, size_t *count,
                                 absmax_error *error);

/* The scale and the zero point that the scheme gives to values from `min` to `max`, as a calibration has found them.
 * Symmetric: the formula beside the mapping, with max|x| the larger magnitude, and the zero point 0, or the offset.
 * Affine: min and max are widened to include 0, scale = (max - min) / (2^b - 1), zero point = clamp(round_half_even(qmin -
 * min / scale), qmin, qmax). The scale of zeros is 1, no scale is below 2^-126, and it is rounded to the scheme's type.
 * ABSMAX_ERROR_LIMITS, ABSMAX_ERROR_SCALE_OVERFLOW (also here nothing is written), ABSMAX_ERROR_ARITHMETIC unless it is
 * ABSMAX_EXACT, and those of the scheme. `error` may be null. */
absmax_status absmax_scheme_params(const absmax_scheme *scheme, float min, float max, float *scale,
                                   int32_t *zero_point, absmax_error *error);

/* ------------------------------------------------------------------------------------------------ slices: one scale
 *
 * `x` and `y` are `len` values of `type` (ABSMAX_F32, ABSMAX_F16 or ABSMAX_BF16), `q` as many integers. Null if len is 0.
 * All fail with ABSMAX_ERROR_BACKEND, _TYPE, _CODE, _NULL, _ALIGNMENT, _SIZE_OVERFLOW and _OVERLAP. `error` may be null. */

/* The largest |x|: NaN if a value is NaN, else infinity if one is infinite, 0 if there are no values. */
absmax_status absmax_abs_max(absmax_backend backend, uint32_t type, const void *x, size_t len, float *abs_max,
                             absmax_error *error);

/* The least and the largest value: both NaN if a value is NaN; a zero is +0. ABSMAX_ERROR_EMPTY if there are none. */
absmax_status absmax_min_max(absmax_backend backend, uint32_t type, const void *x, size_t len, float *min, float *max,
                             absmax_error *error);

/* Symmetric int8 with one scale: scale = max|x| / 127, q = round_half_even(x / scale) from -127 to 127.
 * ABSMAX_ERROR_NOT_FINITE. */
absmax_status absmax_quantize_int8(absmax_backend backend, uint32_t type, const void *x, size_t len, int8_t *q,
                                   float *scale, absmax_error *error);

/* Quantizes by given parameters: q = clamp(round_half_even(x / scale) + zero_point, qmin, qmax). Infinities saturate, NaN
 * becomes the zero point. `q_type` is ABSMAX_I8 or ABSMAX_U8 and holds qmin to qmax.
 * ABSMAX_ERROR_SCALE, _ZERO_POINT (outside of qmin to qmax), _RANGE, _TYPE. */
absmax_status absmax_quantize_with(absmax_backend backend, uint32_t type, const void *x, size_t len, float scale,
                                   int32_t zero_point, int32_t qmin, int32_t qmax, uint32_t q_type, void *q,
                                   absmax_error *error);

/* Dequantizes: y = (q - zero_point) * scale, a binary32 product that is rounded once more if `type` is narrower. The zero
 * point is any value of `q_type`. ABSMAX_ERROR_SCALE, _ZERO_POINT. */
absmax_status absmax_dequantize(absmax_backend backend, uint32_t q_type, const void *q, size_t len, float scale,
                                int32_t zero_point, uint32_t type, void *y, absmax_error *error);

/* What absmax_quantize_with() and absmax_dequantize() do, in one pass: y is what the integers of x stand for. NaN becomes
 * 0. y may be x itself, but not overlap it otherwise. ABSMAX_ERROR_SCALE, _ZERO_POINT, _RANGE. */
absmax_status absmax_fake_quantize(absmax_backend backend, uint32_t type, const void *x, size_t len, float scale,
                                   int32_t zero_point, int32_t qmin, int32_t qmax, void *y, absmax_error *error);

/* ------------------------------------------------------------------------------------------------ matrices */

/* A matrix that is read: `rows` rows of `row_len` elements, whose first elements are `row_stride` elements (not bytes)
 * apart. row_stride >= row_len, also of a single row. */
typedef struct absmax_rows {
    size_t struct_size;
    const void *data; /* may be null if rows or row_len is 0 */
    size_t rows;
    size_t row_len;
    size_t row_stride;
    uint32_t type;     /* ABSMAX_F32, F16, BF16 of values; ABSMAX_I8, U8 of integers */
    uint32_t reserved; /* 0 */
} absmax_rows;

/* A matrix that is written. What lies between the rows stays as it is. */
typedef struct absmax_rows_mut {
    size_t struct_size;
    void *data;
    size_t rows;
    size_t row_len;
    size_t row_stride;
    uint32_t type;
    uint32_t reserved;
} absmax_rows_mut;

/* Rows without gaps. */
#define ABSMAX_ROWS(type, data, rows, row_len) { sizeof(absmax_rows), data, rows, row_len, row_len, type, 0 }
#define ABSMAX_ROWS_MUT(type, data, rows, row_len) { sizeof(absmax_rows_mut), data, rows, row_len, row_len, type, 0 }

/* Given parameters: one scale, and one zero point, for each set. */
typedef struct absmax_params {
    size_t struct_size;
    const void *scales;       /* used as they are, whatever the scheme would round to */
    const void *zero_points;  /* null: 0 for all, or 2^(bits - 1) with ABSMAX_OFFSET_... */
    size_t sets;              /* absmax_scale_count() */
    uint32_t scale_type;      /* ABSMAX_F32, F16 or BF16 */
    uint32_t zero_point_type; /* ABSMAX_I32, or the type of the integers; not looked at if zero_points is null */
} absmax_params;

#define ABSMAX_PARAMS(scales, sets) { sizeof(absmax_params), scales, NULL, sets, ABSMAX_F32, ABSMAX_I32 }

/* What quantizing writes. ABSMAX_OUTPUTS sets what most need, and the rest to null and 0. */
typedef struct absmax_outputs {
    size_t struct_size;
    void *q;                  /* the integers, int8_t or uint8_t as the mapping says; row r begins at r * q_row_stride */
    size_t q_row_len;         /* row_len of the values. What is longer is padded with the zero point of the row's last
                                 set, so that it stands for 0, and belongs to no sum. With tiles: the length of a band */
    size_t q_row_stride;      /* at least q_row_len */
    void *scales;             /* where they come from the data: one for each set. Else null */
    void *zero_points;        /* where they come from the data and the mapping is affine. Else null */
    int32_t *sums;            /* the sum of each set's integers; may be null */
    float *scaled_sums;       /* the sum times the scale, rounded once; may be null */
    size_t sets;              /* the number of places in each of these four: absmax_scale_count() */
    uint32_t scale_type;      /* ABSMAX_F32, or that of the scheme; not looked at if scales is null */
    uint32_t zero_point_type; /* ABSMAX_I32, or the type of the integers; not looked at if zero_points is null */
    size_t tile_rows;         /* 0, or tiles: `q` has bands of so many rows, see absmax_tiles_size() */
    size_t tile_columns;      /* 0, or tiles of so many columns */
    void *scratch;            /* memory to work in, of any alignment; null if absmax_scratch_size() is 0 */
    size_t scratch_size;      /* its bytes, absmax_scratch_size() or more */
} absmax_outputs;

#define ABSMAX_OUTPUTS(q, row_len, scales, sets) \
    { sizeof(absmax_outputs), q, row_len, row_len, scales, NULL, NULL, NULL, sets, ABSMAX_F32, ABSMAX_I32, 0, 0, NULL, 0 }

/* The common case in one call: symmetric int8 with a binary32 scale for each row, rows without gaps. `x` has rows * row_len
 * values of `type`, `q` as many integers, `scales` has `rows` places. For each row, scale = max|x| / 127 and q =
 * round_half_even(x / scale), from -127 to 127. All pointers null if there is nothing; `error` may be null.
 * ABSMAX_ERROR_NOT_FINITE, _BACKEND, _TYPE, _CODE, _NULL, _ALIGNMENT, _SIZE_OVERFLOW, _OVERLAP. */
absmax_status absmax_quantize_int8_rows(absmax_backend backend, uint32_t type, const void *x, size_t rows,
                                        size_t row_len, int8_t *q, float *scales, absmax_error *error);

/* Quantizes a matrix with parameters that are computed from its values, by any scheme. For each set:
 *     symmetric   scale = max|x| / n, n beside the mapping;  q = clamp(round_half_even(x / scale) [+ offset], qmin, qmax)
 *     affine      scale, zero point as absmax_scheme_params();  q = clamp(round_half_even(x / scale) + zero_point, ...)
 * and other arithmetics as docs/numerics.md says. The pointers to structs are not null; `error` may be.
 * ABSMAX_ERROR_NOT_FINITE and ABSMAX_ERROR_SCALE_OVERFLOW, of the first set that has one; ABSMAX_ERROR_SCALE_UNDERFLOW of
 * other arithmetics. Refused before anything is written: ABSMAX_ERROR_LENGTH (sets, q_row_len), _SUM_OVERFLOW, _SCRATCH,
 * _TILES, _TYPE, _OVERLAP, _ROW_STRIDE and the errors of all arguments. */
absmax_status absmax_quantize_rows(absmax_backend backend, const absmax_scheme *scheme, const absmax_rows *x,
                                   const absmax_outputs *out, absmax_error *error);

/* Quantizes a matrix with given parameters. Infinities saturate, and NaN becomes the zero point. `out` has integers, and
 * sums if they are wanted; its scales and zero_points are null.
 * ABSMAX_ERROR_SCALE and _ZERO_POINT with the set, before anything is written: a zero point is one of the integers in use,
 * and of symmetric mappings 0 or the offset. Another arithmetic takes any scheme here, but no tiles of an affine scheme that it
 * does not have (ABSMAX_ERROR_ARITHMETIC). Otherwise as absmax_quantize_rows(), without statuses from 64 on but
 * ABSMAX_ERROR_SCALE_UNDERFLOW of other arithmetics, which is found before anything is written, too. */
absmax_status absmax_quantize_rows_with(absmax_backend backend, const absmax_scheme *scheme, const absmax_rows *x,
                                        const absmax_params *params, const absmax_outputs *out, absmax_error *error);

/* Writes to *size the bytes of scratch memory that absmax_quantize_rows() takes for these arguments (params null), or
 * absmax_quantize_rows_with(). It is 0 unless the scheme is per column or there are tiles. The pointers inside the structs
 * are not followed; whether sums are null matters. `params` is only compared with null. `error` may be null.
 *     tiles       tile_rows * (band length / tile_rows + 64) bytes; all rows in place of tile_rows where bands share
 *                 parameters from the data, or sums
 *     per column  rows * min(row_len, 64) * (bytes of a value + 1) + 3 bytes, or less
 * ABSMAX_ERROR_SIZE_OVERFLOW, and the errors of the structs. */
absmax_status absmax_scratch_size(const absmax_scheme *scheme, const absmax_rows *x, const absmax_params *params,
                                  const absmax_outputs *out, size_t *size, absmax_error *error);

/* Dequantizes a matrix: y = (q - zero_point) * scale, a binary32 product that is rounded once more if y is narrower.
 * `q` is ABSMAX_I8 or ABSMAX_U8, as the mapping says, `y` of the same rows and row length. Of the scheme, the mapping, the
 * bits, and which values share a scale matter. Integers that the scheme does not use are multiplied like others. The
 * pointers to structs are not null; `error` may be. ABSMAX_ERROR_SCALE, _ZERO_POINT, _LENGTH, _TYPE, _OVERLAP and the
 * errors of all arguments. */
absmax_status absmax_dequantize_rows(absmax_backend backend, const absmax_scheme *scheme, const absmax_rows *q,
                                     const absmax_params *params, const absmax_rows_mut *y, absmax_error *error);

/* ------------------------------------------------------------------------------------------------ threads */

/* The task of a number. It is handed to the caller's absmax_parallel_for together with a context. */
typedef void (*absmax_task)(void *context, size_t task);

/* A function of the caller. It calls task(context, i) once for each i below `tasks`, on any threads and in any order, and
 * returns when all have returned. `pool` is what the caller handed over. No task allocates, waits or starts a thread. */
typedef void (*absmax_parallel_for)(void *pool, size_t tasks, absmax_task task, void *context);

/* absmax_quantize_rows(), or absmax_quantize_rows_with() if `params` is not null, divided into tasks that the caller's
 * function runs. A task has whole rows, some 32,768 values together whatever the number of threads, and no bit of the
 * outputs, nor the error, depends on how tasks are run. Scales are per row or per group; given ones may also be per tensor,
 * without sums: ABSMAX_ERROR_GRANULARITY. No tiles: ABSMAX_ERROR_TILES. ABSMAX_ERROR_TASKS if the number of tasks that were
 * run is not the number that there are; the outputs then mean nothing. `pool` may be null, `parallel_for` may not. */
absmax_status absmax_quantize_rows_parallel(absmax_backend backend, const absmax_scheme *scheme, const absmax_rows *x,
                                            const absmax_params *params, const absmax_outputs *out, void *pool,
                                            absmax_parallel_for parallel_for, absmax_error *error);

/* ------------------------------------------------------------------------------------------------ packing */

/* How integers of 2, 4 or 8 bits lie in bytes, the first in the lowest bits. */
enum {
    ABSMAX_BYTES = 1, /* two's complement, one row right after another: ONNX's int4 */
    ABSMAX_WORDS = 2  /* 2^(bits - 1) added to signed ones, each row starts a little-endian word of 32 bits */
};

/* Writes to *size the bytes that `rows` rows of `row_len` integers take. ABSMAX_ERROR_BITS, _CODE, _SIZE_OVERFLOW,
 * _NULL. `error` may be null. */
absmax_status absmax_packed_size(uint32_t bits, uint32_t layout, size_t rows, size_t row_len, size_t *size,
                                 absmax_error *error);

/* Packs the lowest `bits` bits of each integer. `q` has rows * row_len integers of `q_type` without gaps, `packed` has
 * absmax_packed_size() bytes, which `packed_size` repeats; bits left over are 0. Null if there is nothing.
 * ABSMAX_ERROR_LENGTH, _BITS, _CODE, _TYPE, _OVERLAP and others of arguments. `error` may be null. */
absmax_status absmax_pack(absmax_backend backend, uint32_t q_type, const void *q, size_t rows, size_t row_len,
                          uint32_t bits, uint32_t layout, uint8_t *packed, size_t packed_size, absmax_error *error);

/* Unpacks what absmax_pack() packed; signed integers get their sign back. Fails as absmax_pack() does. */
absmax_status absmax_unpack(absmax_backend backend, uint32_t bits, uint32_t layout, const uint8_t *packed,
                            size_t packed_size, uint32_t q_type, void *q, size_t rows, size_t row_len,
                            absmax_error *error);

/* ------------------------------------------------------------------------------------------------ tiles
 *
 * An int8 product reads its operands in tiles of tile_rows rows by tile_columns consecutive columns. A band of tile_rows
 * rows is stored tile by tile, each tile row by row:
 *
 *     rows r and s,                        r0 r1 r2 r3 r4 r5 r6 r7
 *     tile_rows = 2, tile_columns = 4      s0 s1 s2 s3 s4 s5 s6 s7
 *
 *     one band                             r0 r1 r2 r3 s0 s1 s2 s3   r4 r5 r6 r7 s4 s5 s6 s7
 *
 * VNNI and the dot product of Arm take four columns, i8mm takes eight. A tile has 1 to 65,536 integers. */

/* Writes the number of bands of a matrix, and the integers of a band, which is filled up to whole tiles. For
 * absmax_outputs: q has `bands` rows of q_row_len = `band_len`, or more by whole tiles. ABSMAX_ERROR_TILES,
 * _SIZE_OVERFLOW, _NULL. `error` may be null. */
absmax_status absmax_tiles_size(size_t tile_rows, size_t tile_columns, size_t rows, size_t row_len, size_t *bands,
                                size_t *band_len, absmax_error *error);

/* Interleaves rows of integers, signed or not. Tiles are filled up with `fill`. `interleaved_size` is bands * band_len.
 * ABSMAX_ERROR_TILES, _LENGTH, _ROW_STRIDE, _OVERLAP and others of arguments. Null if there is nothing; `error` may be
 * null. */
absmax_status absmax_interleave(absmax_backend backend, size_t tile_rows, size_t tile_columns, const void *q,
                                size_t rows, size_t row_len, size_t row_stride, uint8_t fill, void *interleaved,
                                size_t interleaved_size, absmax_error *error);

/* The way back from absmax_interleave(). What lies between the rows of `q` is not written. Fails as it does. */
absmax_status absmax_deinterleave(absmax_backend backend, size_t tile_rows, size_t tile_columns,
                                  const void *interleaved, size_t interleaved_size, void *q, size_t rows,
                                  size_t row_len, size_t row_stride, absmax_error *error);

/* ------------------------------------------------------------------------------------------------ ggml's blocks
 *
 *     q8_0   34 bytes of 32 values    scale d (f16), 32 int8
 *     q8_1   36 bytes of 32 values    scale d (f16), s = d * sum of q (f16), 32 int8
 *     q8_K   292 bytes of 256 values  scale d (f32), 256 int8, 16 sums by sixteen (int16)
 *
 * Numbers are in the order of little-endian machines. */
enum { ABSMAX_Q8_0 = 1, ABSMAX_Q8_1 = 2, ABSMAX_Q8_K = 3 };

/* Quantizes each row to blocks of a kind, by ABSMAX_GGML, ABSMAX_GGML_X86, ABSMAX_CANDLE or another arithmetic that has
 * blocks. `blocks` has rows * row_len / 32 blocks (/ 256 of q8_K) without gaps and needs no alignment; `blocks_size` is
 * their bytes. ABSMAX_ERROR_NOT_FINITE; _SCALE_OVERFLOW and _SCALE_UNDERFLOW, in which a set is a block;
 * _BLOCK_SUM_OVERFLOW of q8_1. Before anything is written: ABSMAX_ERROR_PARTIAL_BLOCK, _LENGTH, _ARITHMETIC and others of
 * arguments. `error` may be null. */
absmax_status absmax_quantize_blocks(absmax_backend backend, uint32_t arithmetic, uint32_t kind, const absmax_rows *x,
                                     void *blocks, size_t blocks_size, absmax_error *error);

/* The same with the signature of ggml_from_float_t, for ggml's tables of functions: `k` values, the arithmetic
 * ABSMAX_GGML (ggml's reference in C), the backend of absmax_detect(). They cannot refuse, so all has one answer:
 *     a block with NaN or an infinity, or whose d or s overflows   d (and s) is NaN (0x7e00; 0x7fc00000 of q8_K), and all
 *                                                                  integers and sums are 0: it dequantizes to NaN
 *     a block of magnitudes so small that 1 / d overflows          all bytes are 0: d is 0 in f16 anyway
 *     values behind the last whole block, if k is not whole blocks nothing is written for them
 *     k below 1, a null or misaligned x, a null y, overlap         nothing is written
 * Use absmax_quantize_blocks() to be told instead. */
void absmax_ggml_q8_0(const float *x, void *y, int64_t k);
void absmax_ggml_q8_1(const float *x, void *y, int64_t k);
void absmax_ggml_q8_k(const float *x, void *y, int64_t k);

#ifdef __cplusplus
}
#endif

#endif
