/* See watch.h. */
#include "watch.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint64_t clock_ns(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t watch_now(void) { return clock_ns(CLOCK_MONOTONIC); }
uint64_t watch_own(void) { return clock_ns(CLOCK_PROCESS_CPUTIME_ID); }

static int is_worker(pid_t pid, long thread) {
    char path[320], name[32] = "";
    snprintf(path, sizeof path, "/proc/%d/task/%ld/comm", (int)pid, thread);
    FILE *file = fopen(path, "r");
    if (file && !fgets(name, sizeof name, file)) name[0] = 0;
    if (file) fclose(file);
    return !strncmp(name, "worker", 6);
}

void watch_cpu(pid_t pid, struct cpu *cpu) {
    char path[320];
    cpu->count = 0;
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *tasks = opendir(path);
    for (struct dirent *task; tasks && cpu->count < THREADS && (task = readdir(tasks));) {
        if (task->d_name[0] == '.') continue;
        snprintf(path, sizeof path, "/proc/%d/task/%s/schedstat", (int)pid, task->d_name);
        FILE *file = fopen(path, "r");
        unsigned long long ns;
        if (file && fscanf(file, "%llu", &ns) == 1) {
            cpu->each[cpu->count].thread = atol(task->d_name);
            cpu->each[cpu->count++].ns = ns;
        }
        if (file) fclose(file);
    }
    if (tasks) closedir(tasks);
}

uint64_t watch_workers(pid_t pid) {
    struct cpu cpu;
    uint64_t sum = 0;
    watch_cpu(pid, &cpu);
    for (int i = 0; i < cpu.count; i++)
        if (is_worker(pid, cpu.each[i].thread)) sum += cpu.each[i].ns;
    return sum;
}

uint64_t watch_spent(const struct cpu *before, const struct cpu *after, char *text, size_t room) {
    uint64_t sum = 0;
    size_t at = (size_t)snprintf(text, room, "[");
    for (int i = 0; i < after->count; i++) {
        uint64_t spent = after->each[i].ns;
        for (int j = 0; j < before->count; j++)
            if (before->each[j].thread == after->each[i].thread) spent -= before->each[j].ns;
        sum += spent;
        if (at + 24 < room) at += (size_t)snprintf(text + at, room - at, "%s%llu", i ? "," : "", (unsigned long long)spent);
    }
    snprintf(text + at, room - at, "]");
    return sum;
}

static uint64_t kib_after(const char *path, const char *word) {
    char text[256];
    unsigned long long kib = 0;
    FILE *file = fopen(path, "r");
    while (file && fgets(text, sizeof text, file))
        if (!strncmp(text, word, strlen(word)) && sscanf(text + strlen(word), "%llu", &kib) == 1) break;
    if (file) fclose(file);
    return kib * 1024;
}

uint64_t watch_rss(pid_t pid) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)pid);
    uint64_t rss = kib_after(path, "Rss:");
    if (rss) return rss;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    return kib_after(path, "VmRSS:");
}
