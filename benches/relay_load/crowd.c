/* See crowd.h. One thread; level-triggered epoll; each read takes as much as there is, up to 256 KiB. */
#define _GNU_SOURCE
#include "crowd.h"
#include "arrival.h"
#include "watch.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

/* TIMED_EVENTS: few, so that what is due meanwhile does not wait long. */
enum { READ = 256 * 1024, EVENTS = 1024, TIMED_EVENTS = 32, LONGEST_CONTROL = 8192 };
static unsigned char scratch[READ + 2 * 1024 * 1024];

void fail(const char *format, ...) {
    va_list more;
    va_start(more, format);
    vfprintf(stderr, format, more);
    va_end(more);
    fputc('\n', stderr);
    exit(1);
}

void *zeroed(size_t count, size_t size) {
    void *made = calloc(count, size);
    if (!made) fail("out of memory");
    return made;
}

void crowd_wish(struct crowd *crowd, struct session *s, int op, unsigned events) {
    struct epoll_event e = {.events = events, .data.ptr = s};
    if (epoll_ctl(crowd->poller, op, s->fd, &e)) fail("epoll_ctl: %s", strerror(errno));
}

static void hear(struct crowd *crowd, struct session *s, const unsigned char *payload) {
    uint64_t number, due, again;
    memcpy(&number, payload, 8);
    memcpy(&due, payload + 8, 8);
    memcpy(&again, payload + crowd->plan.size - 8, 8);
    if (number == PROBE) {
        if (!s->hears) s->room->hearing++;
        s->hears = true;
        return;
    }
    if (number != s->next || again != number)
        fail("a member of room %u waited for message %llu and got %llu%s", s->room->index, (unsigned long long)s->next,
             (unsigned long long)number, again == number ? "" : ", torn");
    s->next++;
    if (!crowd->plan.timed || s->apart) return;
    if (crowd->now) latency_add(&crowd->latency, crowd->now > due ? crowd->now - due : 0);
    else crowd->unstamped++;
}

static void heed(struct crowd *crowd, struct session *s, enum heard heard, const struct control *c, const unsigned char *at) {
    if (heard == REFUSED)
        fail("room %u: the server said %.*s", s->room->index, (int)(c->used > 200 ? 200 : c->used), (const char *)at);
    if (heard == PINGED && send(s->fd, c->answer, c->answer_len, MSG_NOSIGNAL) < 0) fail("pong: %s", strerror(errno));
    if (heard == MISSED && !s->stands) fail("room %u: a member that reads missed %llu messages", s->room->index, (unsigned long long)c->missing);
    s->next += c->missing;
    s->missing += c->missing;
    if (heard == LEFT_ROOM) s->entered = false, s->room->entered--;
    if (heard != ENTERED || s->entered) return;
    s->entered = true;
    s->room->entered++;
    s->room->number = c->room;
    if (s->publishes) crowd_prepare(crowd, s->room, c->room);
}

/* Takes all whole frames; returns the bytes that they were. */
static size_t take(struct crowd *crowd, struct session *s, const unsigned char *at, size_t len) {
    const struct form *f = &s->room->form;
    size_t done = 0;
    while (done < len) {
        size_t left = len - done;
        if (f->frame && left >= f->frame && !memcmp(at + done, f->head, f->same)) {
            hear(crowd, s, at + done + f->head_len);
            done += f->frame;
            continue;
        }
        struct control control;
        enum heard heard = wire_control(crowd->plan.wire, at + done, left, &control);
        if (heard == INCOMPLETE) {
            if (left > f->frame + LONGEST_CONTROL) fail("room %u: what the server says is no message and no control", s->room->index);
            break;
        }
        heed(crowd, s, heard, &control, at + done);
        done += control.used;
    }
    return done;
}

static void keep(struct session *s, const unsigned char *rest, size_t len) {
    if (len > s->kept_room) {
        free(s->kept);
        s->kept = zeroed(1, s->kept_room = len < s->room->form.frame ? s->room->form.frame : len);
    }
    memmove(s->kept, rest, len);
    s->kept_len = len;
}

/* Counts a member onward, and with it perhaps the slowest. */
static void advance(struct crowd *crowd, struct session *s, uint64_t from) {
    struct room *room = s->room;
    if (s->stands) return;
    crowd->delivered += s->next - from;
    room->waiting[from % crowd->slots]--;
    room->waiting[s->next % crowd->slots]++;
    while (room->slowest < room->sent && !room->waiting[room->slowest % crowd->slots]) room->slowest++;
}

/* Of a flood nothing is looked at: the kernel throws it away, and who reads for the others has time for them. */
static ssize_t read_some(struct crowd *crowd, struct session *s) {
    if (crowd->plan.timed && !s->room->flooded) return arrival_read(s->fd, scratch + s->kept_len, READ, &crowd->now);
    return recv(s->fd, scratch + s->kept_len, READ, MSG_DONTWAIT | (s->room->flooded ? MSG_TRUNC : 0));
}

static void read_session(struct crowd *crowd, struct session *s) {
    memcpy(scratch, s->kept, s->kept_len);
    ssize_t got = read_some(crowd, s);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) fail("the server closed a %s's connection: %s", s->publishes ? "publisher" : "member", got ? strerror(errno) : "end");
    if (s->room->flooded) {
        if (!s->publishes) crowd->flooded += (uint64_t)got;
        return;
    }
    size_t len = s->kept_len + (size_t)got;
    uint64_t from = s->next;
    size_t done = take(crowd, s, scratch, len);
    s->kept_len = 0;
    if (done < len) keep(s, scratch + done, len - done);
    if (s->next != from) advance(crowd, s, from);
}

int crowd_turn(struct crowd *crowd, int wait_ms, bool goes_on) {
    static struct epoll_event events[EVENTS];
    int n = epoll_wait(crowd->poller, events, crowd->plan.timed ? TIMED_EVENTS : EVENTS, wait_ms);
    if (n < 0 && errno != EINTR) fail("epoll_wait: %s", strerror(errno));
    crowd->now = watch_now();
    for (int i = 0; i < n; i++) {
        struct session *s = events[i].data.ptr;
        if (events[i].events & EPOLLOUT && (s->room->owed || s->room->flood)) crowd_write_owed(crowd, s->room);
        if (events[i].events & ~(unsigned)EPOLLOUT) read_session(crowd, s);
        if (goes_on) crowd_fill(crowd, s->room);
    }
    return n;
}

void crowd_settle(struct crowd *crowd) {
    uint64_t begun = watch_now();
    for (unsigned i = 0; i < crowd->plan.rooms; i++) {
        struct room *room = &crowd->rooms[i];
        while (!room->flood && (room->owed || room->slowest < room->sent)) {
            crowd_turn(crowd, TURN_MS, false);
            if (watch_now() - begun > PATIENCE_NS)
                fail("room %u: message %llu of %llu did not reach everyone", i, (unsigned long long)room->slowest, (unsigned long long)room->sent);
        }
    }
}
