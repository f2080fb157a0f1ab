/* See run.h: an open loop. Between two messages it looks at its sockets every 100 µs and sleeps in between, since the kernel notes when each
 * delivery arrived; from 100 µs before a message is due it polls, so that no message waits for a timer.
 */
#define _GNU_SOURCE
#include "run.h"
#include <string.h>
#include <time.h>

static const uint64_t LOOK_EVERY = 100000;

struct pace pace_of(const struct run *run, unsigned first) {
    return (struct pace){.first = first, .every = 1000000000ull / run->rate / (run->plan.rooms - first)};
}

static void look_later(uint64_t due) {
    uint64_t now = watch_now();
    struct timespec pause = {.tv_nsec = (long)LOOK_EVERY};
    if (due > now + 2 * LOOK_EVERY) nanosleep(&pause, NULL);
}

void pace_keep(struct crowd *crowd, struct pace *pace, uint64_t span) {
    uint64_t until = watch_now() + span;
    unsigned count = crowd->plan.rooms - pace->first;
    pace->due = until - span;
    while (pace->due < until) {
        while (pace->due < until && pace->due <= watch_now()) {
            if (!crowd_publish(crowd, &crowd->rooms[pace->first + pace->turn % count], pace->due)) break;
            pace->due += pace->every;
            pace->turn++;
        }
        if (!crowd_turn(crowd, 0, false)) look_later(pace->due);
    }
}

void pace_window(const struct run *run, struct crowd *crowd, struct pace *pace, struct mark *from, struct mark *to) {
    pace_keep(crowd, pace, run->warmup);
    crowd_settle(crowd);
    memset(&crowd->latency, 0, sizeof crowd->latency);
    memset(&crowd->late, 0, sizeof crowd->late);
    crowd->unstamped = 0;
    run_mark(run, crowd, from);
    pace_keep(crowd, pace, run->window);
    run_mark(run, crowd, to);
    crowd_settle(crowd);
    if (crowd->unstamped) fail("the kernel did not stamp %llu deliveries", (unsigned long long)crowd->unstamped);
}
