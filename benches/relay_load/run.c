/* See run.h. */
#include "run.h"
#include <stdio.h>

void run_mark(const struct run *run, const struct crowd *crowd, struct mark *mark) {
    watch_cpu(run->pid, &mark->cpu);
    mark->at = watch_now();
    mark->own = watch_own();
    mark->delivered = crowd->delivered;
    mark->published = crowd->published;
    mark->flooded = crowd->flooded;
}

static void latency_report(const char *name, const struct latency *l) {
    printf(", \"%sp50_ns\": %llu, \"%sp99_ns\": %llu, \"%slongest_ns\": %llu", name, (unsigned long long)latency_at(l, 0.50), name,
           (unsigned long long)latency_at(l, 0.99), name, (unsigned long long)l->longest);
}

void run_report(const struct run *run, const struct crowd *crowd, const struct mark *from, const struct mark *to, uint64_t before, uint64_t rss) {
    char threads[THREADS * 24];
    uint64_t cpu = watch_spent(&from->cpu, &to->cpu, threads, sizeof threads);
    size_t frame = crowd->rooms[0].form.frame;
    printf("{\"seconds\": %.6f, \"deliveries\": %llu, \"published\": %llu, \"flooded\": %llu, \"cpu_ns\": %llu, \"threads_ns\": %s, "
           "\"client_ns\": %llu, \"rss_before\": %llu, \"rss\": %llu",
           (double)(to->at - from->at) / 1e9, (unsigned long long)(to->delivered - from->delivered),
           (unsigned long long)(to->published - from->published), (unsigned long long)((to->flooded - from->flooded) / frame),
           (unsigned long long)cpu, threads, (unsigned long long)(to->own - from->own), (unsigned long long)before, (unsigned long long)rss);
    if (run->plan.timed) latency_report("", &crowd->latency);
    if (run->plan.timed) latency_report("late_", &crowd->late);
    printf("}");
}
