/* Quantizes a matrix on threads of one's own: here some that are started for each call. An engine hands the tasks to the
 * pool that it has. */
#include <absmax.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 4 };

typedef struct work {
    absmax_task task;
    void *context;
    size_t first, count;
} work;

static void *run(void *argument) {
    const work *part = argument;
    size_t i;
    for (i = part->first; i < part->count; i += THREADS) part->task(part->context, i);
    return NULL;
}

/* Runs each task once, and returns when all have returned. What no thread can be started for runs here. */
static void parallel_for(void *pool, size_t tasks, absmax_task task, void *context) {
    pthread_t threads[THREADS];
    int started[THREADS];
    work parts[THREADS];
    int i;
    (void)pool;
    for (i = 0; i < THREADS; i++) {
        work part = {NULL, NULL, 0, 0};
        part.task = task;
        part.context = context;
        part.first = (size_t)i;
        part.count = tasks;
        parts[i] = part;
        started[i] = pthread_create(&threads[i], NULL, run, &parts[i]) == 0;
        if (!started[i]) run(&parts[i]);
    }
    for (i = 0; i < THREADS; i++) {
        if (started[i]) pthread_join(threads[i], NULL);
    }
}

int main(void) {
    enum { ROWS = 1000, LEN = 513 };
    float *x = malloc(sizeof *x * ROWS * LEN);
    float *scales[2] = {malloc(sizeof(float) * ROWS), malloc(sizeof(float) * ROWS)};
    int8_t *q[2] = {malloc(ROWS * LEN), malloc(ROWS * LEN)};
    const absmax_scheme scheme = ABSMAX_SCHEME(8, ABSMAX_SYMMETRIC_NARROW, ABSMAX_PER_ROW);
    const absmax_rows rows = ABSMAX_ROWS(ABSMAX_F32, x, ROWS, LEN);
    const absmax_outputs serial = ABSMAX_OUTPUTS(q[0], LEN, scales[0], ROWS);
    const absmax_outputs parallel = ABSMAX_OUTPUTS(q[1], LEN, scales[1], ROWS);
    absmax_backend backend = absmax_detect();
    size_t i;
    int same;
    if (!x || !scales[0] || !scales[1] || !q[0] || !q[1]) return 2;
    for (i = 0; i < ROWS * LEN; i++) x[i] = (float)(i * 7919 % 2003) / 1000 - 1;
    if (absmax_quantize_rows(backend, &scheme, &rows, &serial, NULL) != ABSMAX_OK) return 1;
    if (absmax_quantize_rows_parallel(backend, &scheme, &rows, NULL, &parallel, NULL, parallel_for, NULL) != ABSMAX_OK) {
        return 1;
    }
    same = memcmp(q[0], q[1], ROWS * LEN) == 0 && memcmp(scales[0], scales[1], sizeof(float) * ROWS) == 0;
    printf("%d threads and one give %s\n", THREADS, same ? "the same bits" : "DIFFERENT bits");
    return !same;
}
