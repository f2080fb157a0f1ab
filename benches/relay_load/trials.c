/* See run.h: the same members measured before, during and after something that others do. One server, one life, one crowd: only that differs. */
#include "run.h"
#include <stdio.h>

static void window(const struct run *run, struct crowd *crowd, struct pace *pace, const char *name, uint64_t before) {
    struct mark from, to;
    pace_window(run, crowd, pace, &from, &to);
    printf("\"%s\": ", name);
    run_report(run, crowd, &from, &to, before, watch_rss(run->pid));
    printf(", ");
}

/* ---- stand: members of a room stop reading, read on, and go ---- */

/* A log of 4 MiB, and what the kernel holds for one who does not read; before that, enough that buffers that grow once have grown. */
enum { STAND_BYTES = 5 << 20, WARM_BYTES = 1 << 20, STAND_DEPTH = 64 };

/* As fast as those who read can follow. */
static void publish_much(struct crowd *crowd, struct room *room, size_t bytes) {
    uint64_t until = room->sent + bytes / crowd->plan.size;
    while (room->sent < until) {
        while (room->sent < until && room->sent < room->slowest + STAND_DEPTH && crowd_publish(crowd, room, watch_now())) {}
        crowd_turn(crowd, TURN_MS, false);
    }
    crowd_settle(crowd);
}

/* Each has heard or been announced every message: it is where the room is, and each number came when it was expected. */
static void report_gaps(const struct crowd *crowd, const struct room *room, uint64_t published) {
    uint64_t missing = 0;
    unsigned behind = 0;
    for (unsigned i = 0; i < crowd->plan.members; i++) {
        const struct session *s = &room->members[i];
        if (s->missing > published)
            fail("a member was told that %llu of %llu messages are missing", (unsigned long long)s->missing, (unsigned long long)published);
        missing += s->missing;
        behind += s->missing > 0;
    }
    printf("\"stood\": %u, \"behind\": %u, \"published\": %llu, \"missing\": %llu}", crowd->plan.apart, behind, (unsigned long long)published,
           (unsigned long long)missing);
}

void run_stand(const struct run *run, struct crowd *crowd, uint64_t before) {
    struct room *room = &crowd->rooms[0];
    struct pace pace = pace_of(run, 0);
    printf("{");
    publish_much(crowd, room, WARM_BYTES);
    window(run, crowd, &pace, "reading", before);
    before = watch_rss(run->pid);
    crowd_stand(crowd, room);
    uint64_t from = room->sent;
    publish_much(crowd, room, STAND_BYTES);
    window(run, crowd, &pace, "standing", before);
    uint64_t published = room->sent - from;
    crowd_read_on(crowd, room);
    printf("\"gaps\": {");
    report_gaps(crowd, room, published);
    for (unsigned i = 0; i < crowd->plan.members; i++)
        if (room->members[i].apart) crowd_go(crowd, &room->members[i]);
    printf(", ");
    window(run, crowd, &pace, "alone", before);
    printf("\"size\": %zu}", crowd->plan.size);
}

/* ---- flood: one room's publisher writes all that its socket takes ---- */

void run_flood(const struct run *run, struct crowd *crowd, uint64_t before) {
    struct room *room = &crowd->rooms[0];
    struct pace pace = pace_of(run, 1);
    printf("{");
    window(run, crowd, &pace, "before", before);
    crowd_flood(crowd, room);
    window(run, crowd, &pace, "flooded", before);
    crowd_end_flood(crowd, room);
    window(run, crowd, &pace, "after", before);
    printf("\"rooms\": %u}", crowd->plan.rooms);
}
