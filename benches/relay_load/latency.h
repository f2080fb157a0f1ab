/* Latencies in buckets of 1/32 of a power of two: within 3 % at any size, 32 KiB for all. */
#ifndef LATENCY_H
#define LATENCY_H
#include <stdint.h>

enum { FINE = 64, BUCKETS = 64 * FINE };
struct latency { uint64_t count, longest; uint64_t bucket[BUCKETS]; };

static inline void latency_add(struct latency *l, uint64_t ns) {
    unsigned shift = ns < FINE ? 0 : 58u - (unsigned)__builtin_clzll(ns);  /* so that ns >> shift is 32 to 63 from there on */
    l->bucket[shift * FINE + (ns >> shift)]++;
    l->count++;
    if (ns > l->longest) l->longest = ns;
}

static inline uint64_t latency_at(const struct latency *l, double part) {
    uint64_t seen = 0, wanted = (uint64_t)(part * (double)l->count);
    for (unsigned i = 0; i < BUCKETS; i++)
        if ((seen += l->bucket[i]) > wanted) return (uint64_t)(i % FINE + 1) << (i / FINE);
    return l->longest;
}
#endif
