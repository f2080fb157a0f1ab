/* Rooms full of sessions: connects them, publishes, and checks that each member gets each message once, in order and whole.
 *
 * A payload begins with its number in the room and the time when it was due, and ends in its number again. Numbers run from 0; `PROBE` is what
 * is published while members come, until each has heard one: only then is a room complete, whatever the wire confirms.
 */
#ifndef CROWD_H
#define CROWD_H
#include "latency.h"
#include "wire.h"
#include <stdbool.h>

struct plan {
    enum wire wire;
    unsigned short ports[256];  /* room i is at ports[i % port_count] */
    unsigned port_count;
    unsigned rooms, members;    /* members: of each room, its publisher not counted */
    size_t size;
    unsigned batch, depth;      /* messages a write; in flight by what the slowest member received */
    bool timed;                 /* whether latencies are wanted */
};

struct session {
    struct room *room;
    int fd;
    bool publishes, entered, hears;  /* entered: the server said so; hears: it got a probe */
    uint64_t next;              /* the number of the message that it waits for */
    unsigned char *kept;        /* the beginning of a frame of which the rest has not come */
    size_t kept_len, kept_room;
};

struct room {
    unsigned index, entered, hearing;
    struct session *publisher, *members;
    struct form form;
    uint64_t sent, slowest;     /* numbers: the next to publish; the next that the slowest member waits for */
    unsigned *waiting;          /* members that wait for message n, at n % slots */
    unsigned char *batch;       /* messages as they are written; `owed` bytes from `owed_at` did not fit into the socket */
    size_t owed, owed_at;
    bool watches_space;
};

struct crowd {
    struct plan plan;
    struct room *rooms;
    unsigned slots;
    int poller;
    uint64_t delivered, published, now;
    struct latency latency;
};

void crowd_gather(struct crowd *crowd, const struct plan *plan);
/* Reads what there is, waiting up to `wait_ms`; returns the number of sockets that had something. */
int crowd_turn(struct crowd *crowd, int wait_ms, bool goes_on);
/* Publishes one write's worth to a room that has space; `due` is when it should have been. */
bool crowd_publish(struct crowd *crowd, struct room *room, uint64_t due);
/* As much as the messages in flight allow. */
void crowd_fill(struct crowd *crowd, struct room *room);
/* Waits until everyone has everything. */
void crowd_settle(struct crowd *crowd);
/* A connection that says its greeting and will never read: small buffers, so that it is soon full. Returns its socket. */
int crowd_stalled(struct crowd *crowd, struct room *room);
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
#endif
