/* See crowd.h: messages on their way out. */
#define _GNU_SOURCE
#include "crowd.h"
#include "watch.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

enum { FLOOD_BYTES = 64 * 1024 };

void crowd_write_owed(struct crowd *crowd, struct room *room) {
    if (!room->owed) room->owed = room->flood;
    ssize_t put = send(room->publisher->fd, room->batch + room->owed_at, room->owed, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (put < 0 && errno != EAGAIN) fail("the server closed a publisher's connection: %s", strerror(errno));
    if (put > 0) {
        room->owed -= (size_t)put;
        room->owed_at += (size_t)put;
    }
    if (!room->owed) room->owed_at = 0;
    bool waits = room->owed || room->flood;
    if (waits != room->watches_space) crowd_wish(crowd, room->publisher, EPOLL_CTL_MOD, waits ? EPOLLIN | EPOLLOUT : EPOLLIN);
    room->watches_space = waits;
}

static size_t each_published(const struct form *f) {
    return f->published_len + f->payload + f->tail;
}

static void stamp(struct room *room, unsigned at, uint64_t number, uint64_t due) {
    const struct form *f = &room->form;
    unsigned char *payload = room->batch + at * each_published(f) + f->published_len;
    memcpy(payload, &number, 8);
    memcpy(payload + 8, &due, 8);
    memcpy(payload + f->payload - 8, &number, 8);
}

/* The first `count` messages of the batch, as one write. */
static void write_batch(struct crowd *crowd, struct room *room, unsigned count) {
    room->owed = count * each_published(&room->form);
    crowd_write_owed(crowd, room);
}

bool crowd_publish(struct crowd *crowd, struct room *room, uint64_t due) {
    unsigned batch = crowd->plan.batch;
    if (room->owed || room->sent + batch > room->slowest + crowd->plan.depth) return false;
    for (unsigned i = 0; i < batch; i++) stamp(room, i, room->sent++, due);
    crowd->published += batch;
    if (crowd->plan.timed) latency_add(&crowd->late, watch_now() - due);
    write_batch(crowd, room, batch);
    return true;
}

void crowd_probe(struct crowd *crowd, struct room *room) {
    if (room->owed) return;
    stamp(room, 0, PROBE, 0);
    write_batch(crowd, room, 1);
}

void crowd_fill(struct crowd *crowd, struct room *room) {
    while (crowd_publish(crowd, room, crowd->now)) {}
}

static void lay_out(struct room *room, unsigned count) {
    const struct form *f = &room->form;
    free(room->batch);
    room->batch = zeroed(count, each_published(f));
    for (unsigned i = 0; i < count; i++) {
        unsigned char *at = room->batch + i * each_published(f);
        memcpy(at, f->published, f->published_len);
        memset(at + f->published_len, 'm', f->payload);
        memcpy(at + f->published_len + f->payload, "\r\n", f->tail);
    }
}

void crowd_prepare(struct crowd *crowd, struct room *room, uint32_t number) {
    wire_form(crowd->plan.wire, room->index, number, crowd->plan.size, &room->form);
    lay_out(room, crowd->plan.batch);
}

void crowd_flood(struct crowd *crowd, struct room *room) {
    unsigned count = (unsigned)(FLOOD_BYTES / each_published(&room->form)) + 1;
    lay_out(room, count);
    room->flood = count * each_published(&room->form);
    room->flooded = true;
    crowd_write_owed(crowd, room);
}

/* The message of which a part is written already is finished. */
void crowd_end_flood(struct crowd *crowd, struct room *room) {
    size_t each = each_published(&room->form), part = room->owed_at % each;
    room->flood = 0;
    room->owed = part ? each - part : 0;
    while (room->owed) {
        crowd_write_owed(crowd, room);
        crowd_turn(crowd, TURN_MS, false);
    }
    if (room->watches_space) crowd_wish(crowd, room->publisher, EPOLL_CTL_MOD, EPOLLIN);
    room->watches_space = false;
    room->owed_at = 0;
}
