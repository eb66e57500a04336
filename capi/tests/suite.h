/* What the parts of the suite share. */
#ifndef SUITE_H
#define SUITE_H

#include <absmax.h>
#include <math.h>

#include "guard.h"

/* The backend that is tried. */
extern absmax_backend backend;

/* How often memory was allocated, where the program was linked so that this is counted. */
extern volatile unsigned long allocations;

/* Counts a check, and tells of one that fails. */
void check(int holds, const char *file, int line, const char *condition);
#define CHECK(condition) check((condition) != 0, __FILE__, __LINE__, #condition)

/* The types of values, and lengths around those of vectors, blocks and panels. */
enum { TYPE_COUNT = 3, LENGTH_COUNT = 13 };
extern const uint32_t TYPES[TYPE_COUNT];
extern const size_t LENGTHS[LENGTH_COUNT];

/* The bytes of a value of a type. */
size_t size_of(uint32_t type);

/* Writes a value that f16 and bf16 hold, or what is left of it. */
void put(void *to, uint32_t type, size_t index, float value);

/* Random values in guarded memory, in rows `stride` apart. What lies between them is NaN, which must not be read. */
void *matrix(uint32_t type, size_t rows, size_t row_len, size_t stride, int at_end);

/* All that quantizing a matrix writes. */
typedef struct result {
    unsigned char *q;
    float *scales;
    int32_t *zero_points;
    int32_t *sums;
    float *scaled;
    size_t sets;
} result;

/* Places for it, in guarded memory. */
result places(const absmax_scheme *scheme, const absmax_rows *x, size_t q_bytes);

/* The places as outputs. */
absmax_outputs outputs(const absmax_scheme *scheme, const result *to, size_t q_row_len, size_t q_row_stride);

/* Gives the outputs exactly as much scratch memory as is asked for, between guards. */
void give_scratch(const absmax_scheme *scheme, const absmax_rows *x, const absmax_params *params, absmax_outputs *out);

/* Whether two results are the same, but for the integers, which may be laid out in another way. */
int same(const absmax_scheme *scheme, const result *a, const result *b);

int is_affine(const absmax_scheme *scheme);

/* The set of a value, and the zero point of a set. */
size_t set_of(const absmax_scheme *scheme, const absmax_rows *x, size_t row, size_t column);
int zero_point_of(const absmax_scheme *scheme, const result *of, size_t set);

/* Runs the tasks from the last to the first. If `pool` points to 1, one is left out; if to 2, there is one too many. */
void run_tasks(void *pool, size_t tasks, absmax_task task, void *context);

/* The parts. */
void basics(void);
void matrices(void);
void values(void);
void integers(void);
void hostile(void);

#endif
