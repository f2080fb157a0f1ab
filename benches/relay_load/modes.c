/* See run.h: one kind of load from the first to the last. */
#include "run.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>

/* ---- closed ---- */

static void pump(struct crowd *crowd, uint64_t until) {
    uint64_t delivered = crowd->delivered, last = crowd->now = watch_now();
    while (crowd->now < until) {
        crowd_turn(crowd, 100, true);
        if (crowd->delivered != delivered) {
            delivered = crowd->delivered;
            last = crowd->now;
        } else if (crowd->now - last > 5000000000ull) {
            fail("nothing was delivered for five seconds");
        }
    }
}

void run_closed(const struct run *run, struct crowd *crowd, uint64_t before) {
    struct mark from, to;
    crowd->now = watch_now();
    for (unsigned i = 0; i < run->plan.rooms; i++) crowd_fill(crowd, &crowd->rooms[i]);
    pump(crowd, crowd->now + run->warmup);
    run_mark(run, crowd, &from);
    pump(crowd, from.at + run->window);
    run_mark(run, crowd, &to);
    uint64_t rss = watch_rss(run->pid);  /* while all are still busy */
    crowd_settle(crowd);
    run_report(run, crowd, &from, &to, before, rss);
}

/* ---- open ---- */

void run_open(const struct run *run, struct crowd *crowd, uint64_t before) {
    struct mark from, to;
    struct pace pace = pace_of(run, 0);
    pace_window(run, crowd, &pace, &from, &to);
    run_report(run, crowd, &from, &to, before, watch_rss(run->pid));
}

/* ---- idle ---- */

static void rest(struct crowd *crowd, uint64_t span) {
    for (uint64_t until = watch_now() + span; watch_now() < until;) crowd_turn(crowd, 100, false);
}

void run_idle(const struct run *run, struct crowd *crowd, uint64_t before) {
    struct mark from, to;
    for (unsigned i = 0; i < run->plan.rooms; i++) crowd_publish(crowd, &crowd->rooms[i], watch_now());
    crowd_settle(crowd);
    rest(crowd, run->warmup);
    run_mark(run, crowd, &from);
    rest(crowd, run->window);
    run_mark(run, crowd, &to);
    run_report(run, crowd, &from, &to, before, watch_rss(run->pid));
}

/* ---- stall ---- */

static int unread(int fd) {
    int bytes = 0;
    return ioctl(fd, FIONREAD, &bytes) ? 0 : bytes;
}

/* One round of messages, received by all who read. */
static void burst(struct crowd *crowd) {
    struct room *room = &crowd->rooms[0];
    for (unsigned sent = 0; sent < crowd->plan.depth; sent += crowd->plan.batch) {
        while (!crowd_publish(crowd, room, watch_now())) crowd_turn(crowd, 10, false);
    }
    crowd_settle(crowd);
}

/* A session that joins and is sent more than fits between it and the server, so that it stands in the middle of a message. */
static int stall_one(struct crowd *crowd) {
    int fd = crowd_stalled(crowd, &crowd->rooms[0]), held = -1;
    for (int bursts = 0; bursts < 100; bursts++) {
        burst(crowd);
        if (unread(fd) == held && held > 2000) return fd;
        held = unread(fd);
    }
    fail("a session that does not read was never full");
}

void run_stall(const struct run *run, struct crowd *crowd, uint64_t before) {
    struct mark from, to;
    int *fds = calloc(run->stalled, sizeof *fds);
    if (!fds) fail("out of memory");
    for (unsigned i = 0; i < 64; i++) burst(crowd);  /* so that buffers that grow once have grown */
    before = watch_rss(run->pid);
    run_mark(run, crowd, &from);
    for (unsigned i = 0; i < run->stalled; i++) fds[i] = stall_one(crowd);
    /* Each was sent several bursts. Whose socket holds a part of one has most of them still to come. */
    int part = (int)(run->plan.depth * run->plan.size / 4);
    unsigned stuck = 0;
    for (unsigned i = 0; i < run->stalled; i++) stuck += unread(fds[i]) > 0 && unread(fds[i]) < part;
    run_mark(run, crowd, &to);
    printf("{\"stuck\": %u, \"stall\": ", stuck);
    run_report(run, crowd, &from, &to, before, watch_rss(run->pid));
    printf("}");
    free(fds);
}
