/* What a run is asked for, what is counted at both ends of a window, and how it is printed. */
#ifndef RUN_H
#define RUN_H
#include "crowd.h"
#include "watch.h"

struct run {
    struct plan plan;
    pid_t pid;
    unsigned short admin;     /* the server's metrics, where a mode asks for them */
    unsigned rate, stalled, repeats;
    bool by_word;             /* members leave by the wire's word and stay connected */
    uint64_t warmup, window;  /* nanoseconds */
};

struct mark {
    struct cpu cpu;
    uint64_t at, own, delivered, published, flooded;
};

void run_mark(const struct run *run, const struct crowd *crowd, struct mark *mark);
/* Prints, without a new line, what was between two marks, and the memory of before and now. */
void run_report(const struct run *run, const struct crowd *crowd, const struct mark *from, const struct mark *to, uint64_t before, uint64_t rss);

/* modes.c */
void run_closed(const struct run *run, struct crowd *crowd, uint64_t before);
void run_open(const struct run *run, struct crowd *crowd, uint64_t before);
void run_idle(const struct run *run, struct crowd *crowd, uint64_t before);
void run_stall(const struct run *run, struct crowd *crowd, uint64_t before);
/* trials.c */
void run_stand(const struct run *run, struct crowd *crowd, uint64_t before);
void run_flood(const struct run *run, struct crowd *crowd, uint64_t before);
/* leave.c */
void run_leave(const struct run *run, struct crowd *crowd, uint64_t before);

/* Messages that are due at fixed instants, `rate` a second in each of the rooms from `first` on, by turns. */
struct pace { unsigned first; uint64_t every, due, turn; };
struct pace pace_of(const struct run *run, unsigned first);
/* Publishes what is due from now to `span` later. */
void pace_keep(struct crowd *crowd, struct pace *pace, uint64_t span);
/* A window at that pace: latencies are of this window alone. */
void pace_window(const struct run *run, struct crowd *crowd, struct pace *pace, struct mark *from, struct mark *to);
#endif
