/* Memory between two pages that must not be touched. */
#define _GNU_SOURCE
#include "guard.h"

#include <sys/mman.h>
#include <unistd.h>

enum { GUARD_PIECES = 256 };
static struct { void *base; size_t size; } guard_pieces[GUARD_PIECES];
static size_t guard_count;

/* `bytes` bytes of 0xa5 that end right before a page that must not be touched, or begin right after one. */
void *guarded(size_t bytes, int at_end) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE), inside = (bytes + page - 1) / page * page, size = inside + 2 * page;
    char *base = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base == MAP_FAILED || guard_count == GUARD_PIECES ||
        (inside > 0 && mprotect(base + page, inside, PROT_READ | PROT_WRITE) != 0)) {
        perror("guarded");
        exit(2);
    }
    memset(base + page, 0xa5, inside);
    guard_pieces[guard_count].base = base;
    guard_pieces[guard_count++].size = size;
    return at_end ? base + page + inside - bytes : base + page;
}

/* Gives all of it back. */
void guard_release(void) {
    while (guard_count > 0) {
        guard_count--;
        munmap(guard_pieces[guard_count].base, guard_pieces[guard_count].size);
    }
}
