/* Rooms full of sessions: connects them, publishes, and checks that each member gets each message once, in order and whole.
 *
 * A payload begins with its number in the room and the time when it was due, and ends in its number again. Numbers run from 0; `PROBE` is what
 * is published while members come, until each has heard one: only then is a room complete, whatever the wire confirms.
 *
 * Latency counts from when a message was due to when the kernel had it for the member (`arrival.h`), so how soon this program reads is not in it.
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
    unsigned apart;             /* of these members, the last so many: they may stand still, and their latencies do not count */
    size_t size;
    unsigned batch, depth;      /* messages a write; in flight by what the slowest member received */
    bool timed;                 /* whether latencies are wanted */
};

struct session {
    struct room *room;
    int fd;
    bool publishes, entered, hears;  /* entered: the server said so; hears: it got a probe */
    bool apart, stands;         /* stands: has stopped reading, or has not caught up since */
    uint64_t next;              /* the number of the message that it waits for */
    uint64_t missing;           /* messages that gaps announced */
    unsigned char *kept;        /* the beginning of a frame of which the rest has not come */
    size_t kept_len, kept_room;
};

struct room {
    unsigned index, entered, hearing;
    uint32_t number;            /* the server's, where the wire has one */
    struct session *publisher, *members;
    struct form form;
    uint64_t sent, slowest;     /* numbers: the next to publish; the next that the slowest member waits for */
    unsigned *waiting;          /* members that wait for message n, at n % slots; those that stand still are not among them */
    unsigned char *batch;       /* messages as they are written; `owed` bytes from `owed_at` did not fit into the socket */
    size_t owed, owed_at;
    size_t flood;               /* bytes that its publisher writes again and again; 0 is none */
    bool flooded;               /* has been: what its members get is thrown away unread */
    bool watches_space;
};

struct crowd {
    struct plan plan;
    struct room *rooms;
    unsigned slots;
    int poller;
    uint64_t delivered, published, flooded, now;
    uint64_t unstamped;         /* deliveries without a latency: the kernel begins to stamp a moment after it was asked to */
    struct latency latency, late;  /* late: how long after it was due a message was written, which is this program's doing or a full socket's */
};

enum { AT_ONCE = 128, TURN_MS = 10 };
#define PATIENCE_NS 10000000000ull
#define PROBE UINT64_MAX

/* crowd.c: reading. */

/* Reads what there is, waiting up to `wait_ms`; returns the number of sockets that had something. */
int crowd_turn(struct crowd *crowd, int wait_ms, bool goes_on);
/* Waits until everyone has everything, except who stands still. */
void crowd_settle(struct crowd *crowd);
void crowd_wish(struct crowd *crowd, struct session *session, int op, unsigned events);
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
void *zeroed(size_t count, size_t size);

/* publish.c */

/* What the messages of a room look like, and a batch of them to be stamped. */
void crowd_prepare(struct crowd *crowd, struct room *room, uint32_t number);
/* Publishes one write's worth to a room that has space; `due` is when it should have been. */
bool crowd_publish(struct crowd *crowd, struct room *room, uint64_t due);
void crowd_probe(struct crowd *crowd, struct room *room);
/* As much as the messages in flight allow. */
void crowd_fill(struct crowd *crowd, struct room *room);
/* What did not fit into the socket before. */
void crowd_write_owed(struct crowd *crowd, struct room *room);
/* From now on the room's publisher writes all that its socket takes; and from then on again nothing. */
void crowd_flood(struct crowd *crowd, struct room *room);
void crowd_end_flood(struct crowd *crowd, struct room *room);

/* gather.c */

void crowd_gather(struct crowd *crowd, const struct plan *plan);
/* Connects the room's members `from` to `to`, and sees to it that all are in the room. */
void crowd_come(struct crowd *crowd, struct room *room, unsigned from, unsigned to);
void crowd_await_entry(struct crowd *crowd, struct room *room, unsigned count);
/* A connection that says its greeting and will never read: small buffers, so that it is soon full. Returns its socket. */
int crowd_stalled(struct crowd *crowd, struct room *room);
/* Ends a member's connection. */
void crowd_go(struct crowd *crowd, struct session *session);

/* stand.c */

/* Members apart stop reading, once all are settled. */
void crowd_stand(struct crowd *crowd, struct room *room);
/* They read on until they have come to where the room is. */
void crowd_read_on(struct crowd *crowd, struct room *room);
#endif
