/* What the server costs, as the kernel counts it: CPU time of each thread in nanoseconds, and memory. Linux. */
#ifndef WATCH_H
#define WATCH_H
#include <stdint.h>
#include <sys/types.h>

enum { THREADS = 128 };

struct cpu {
    int count;
    struct { long thread; uint64_t ns; } each[THREADS];
};

void watch_cpu(pid_t pid, struct cpu *cpu);
/* Prints what each thread took between the two as `[1,2,…]` to `text`; returns the sum. */
uint64_t watch_spent(const struct cpu *before, const struct cpu *after, char *text, size_t room);
/* Resident bytes, from the page tables where permitted: the cheaper counters lag behind by thread. */
uint64_t watch_rss(pid_t pid);
/* CPU of its worker threads. */
uint64_t watch_workers(pid_t pid);
/* CPU that this process took. */
uint64_t watch_own(void);
uint64_t watch_now(void);
#endif
