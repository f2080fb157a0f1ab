/* See run.h: all members of all rooms leave at once, by closing or by their wire's word for it; again and again where they are few. What it costs is
 * the CPU of the server's workers; the thread that answers for the metrics is another.
 */
#define _GNU_SOURCE
#include "admin.h"
#include "run.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

static void pause_ms(long ms) {
    struct timespec t = {.tv_nsec = ms * 1000000};
    nanosleep(&t, NULL);
}

/* CPU of the workers once they rest, so that nothing is still to come and all of it is counted. */
static uint64_t resting(pid_t pid) {
    for (uint64_t begun = watch_now(), last = watch_workers(pid), now; watch_now() - begun < PATIENCE_NS; last = now) {
        pause_ms(10);
        if ((now = watch_workers(pid)) == last) return now;
    }
    fail("the server's workers do not come to rest");
}

/* The publishers stay. */
static void close_all(const struct run *run, struct crowd *crowd) {
    for (unsigned r = 0; r < crowd->plan.rooms; r++)
        for (unsigned i = 0; i < crowd->plan.members; i++) crowd_go(crowd, &crowd->rooms[r].members[i]);
    uint64_t begun = watch_now();
    while (admin_sum(run->admin, "oread_room_members") > (long)crowd->plan.rooms) {
        if (watch_now() - begun > PATIENCE_NS) fail("members that closed are still in the room");
        pause_ms(1);
    }
}

static void say(struct session *s, const unsigned char *words, size_t len) {
    if (send(s->fd, words, len, MSG_NOSIGNAL) != (ssize_t)len) fail("a member's word: %s", strerror(errno));
}

static unsigned entered(const struct crowd *crowd) {
    unsigned all = 0;
    for (unsigned r = 0; r < crowd->plan.rooms; r++) all += crowd->rooms[r].entered;
    return all;
}

static void leave_all(struct crowd *crowd) {
    unsigned char words[GREETING];
    for (unsigned r = 0; r < crowd->plan.rooms; r++) {
        struct room *room = &crowd->rooms[r];
        size_t len = wire_leave(crowd->plan.wire, room->number, words);
        for (unsigned i = 0; i < crowd->plan.members; i++) say(&room->members[i], words, len);
    }
    uint64_t begun = watch_now();
    while (entered(crowd) > crowd->plan.rooms) {
        if (!crowd_turn(crowd, 0, false)) pause_ms(1);  /* who waits for the socket would have to be woken by the server for each answer */
        if (watch_now() - begun > PATIENCE_NS) fail("%u members that left were not told so", entered(crowd) - crowd->plan.rooms);
    }
}

static void join_again(struct crowd *crowd, struct room *room) {
    unsigned char words[GREETING];
    size_t len = wire_join(crowd->plan.wire, room->index, words);
    for (unsigned i = 0; i < crowd->plan.members; i++) {
        say(&room->members[i], words, len);
        if ((i + 1) % AT_ONCE == 0 || i + 1 == crowd->plan.members) crowd_await_entry(crowd, room, i + 2);
    }
}

void run_leave(const struct run *run, struct crowd *crowd, uint64_t before) {
    unsigned rooms = crowd->plan.rooms;
    uint64_t cpu = 0, wall = 0;
    (void)before;
    for (unsigned i = 0; i < run->repeats; i++) {
        for (unsigned r = 0; i && r < rooms; r++) {
            if (run->by_word) join_again(crowd, &crowd->rooms[r]);
            else crowd_come(crowd, &crowd->rooms[r], 0, crowd->plan.members);
        }
        uint64_t spent = resting(run->pid), begun = watch_now();
        if (run->by_word) leave_all(crowd);
        else close_all(run, crowd);
        wall += watch_now() - begun;
        cpu += resting(run->pid) - spent;
        long left = admin_sum(run->admin, "oread_room_members");
        if (left != (long)rooms) fail("%ld members are in %u rooms after all but the publishers left", left, rooms);
    }
    printf("{\"left\": %u, \"worker_ns\": %llu, \"wall_ns\": %llu}", rooms * crowd->plan.members * run->repeats, (unsigned long long)cpu,
           (unsigned long long)wall);
}
