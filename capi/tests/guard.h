/* Memory between two pages that must not be touched. */
#ifndef GUARD_H
#define GUARD_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* `bytes` bytes of 0xa5 that end right before a page that must not be touched, or begin right after one. */
void *guarded(size_t bytes, int at_end);

/* Gives all of it back. */
void guard_release(void);

#endif
