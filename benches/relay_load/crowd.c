/* See crowd.h. One thread; level-triggered epoll; each read takes as much as there is, up to 256 KiB. */
#define _GNU_SOURCE
#include "crowd.h"
#include "watch.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READ = 256 * 1024, EVENTS = 1024, LONGEST_CONTROL = 8192, AT_ONCE = 128, UNCONFIRMED = 2048, PATIENCE_MS = 10000, TURN_MS = 10 };
static const uint64_t PROBE = UINT64_MAX;
static unsigned char scratch[READ + 2 * 1024 * 1024];

void fail(const char *format, ...) {
    va_list more;
    va_start(more, format);
    vfprintf(stderr, format, more);
    va_end(more);
    fputc('\n', stderr);
    exit(1);
}

static void *zeroed(size_t count, size_t size) {
    void *made = calloc(count, size);
    if (!made) fail("out of memory");
    return made;
}

static void wish(struct crowd *crowd, struct session *s, int op, unsigned events) {
    struct epoll_event e = {.events = events, .data.ptr = s};
    if (epoll_ctl(crowd->poller, op, s->fd, &e)) fail("epoll_ctl: %s", strerror(errno));
}

/* ---- connecting ---- */

static int open_socket(const struct plan *plan, unsigned room, bool stalls) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1, segment = 1000, little = 4096;
    if (fd < 0) fail("socket: %s", strerror(errno));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (stalls) {
        /* The server's send buffer follows the segment size that the client offers: megabytes by default on loopback. */
        setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof segment);
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &little, sizeof little);
    }
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(plan->ports[room % plan->port_count]),
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (connect(fd, (struct sockaddr *)&a, sizeof a)) fail("connect: %s", strerror(errno));
    return fd;
}

static void greet(const struct plan *plan, unsigned room, bool publishes, int fd) {
    unsigned char words[GREETING];
    size_t len = wire_greeting(plan->wire, room, publishes, words);
    if (len && send(fd, words, len, MSG_NOSIGNAL) != (ssize_t)len) fail("greeting: %s", strerror(errno));
}

static void come(struct crowd *crowd, struct room *room, struct session *s, bool publishes) {
    s->room = room;
    s->publishes = publishes;
    s->fd = open_socket(&crowd->plan, room->index, false);
    greet(&crowd->plan, room->index, publishes, s->fd);
    wish(crowd, s, EPOLL_CTL_ADD, EPOLLIN);
}

int crowd_stalled(struct crowd *crowd, struct room *room) {
    int fd = open_socket(&crowd->plan, room->index, true);
    greet(&crowd->plan, room->index, false, fd);
    return fd;
}

/* ---- publishing ---- */

static void write_owed(struct crowd *crowd, struct room *room) {
    ssize_t put = send(room->publisher->fd, room->batch + room->owed_at, room->owed, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (put < 0 && errno != EAGAIN) fail("the server closed a publisher's connection: %s", strerror(errno));
    if (put > 0) {
        room->owed -= (size_t)put;
        room->owed_at += (size_t)put;
    }
    if (!room->owed) room->owed_at = 0;
    bool waits = room->owed != 0;
    if (waits != room->watches_space) wish(crowd, room->publisher, EPOLL_CTL_MOD, waits ? EPOLLIN | EPOLLOUT : EPOLLIN);
    room->watches_space = waits;
}

static void stamp(struct room *room, unsigned at, uint64_t number, uint64_t due) {
    const struct form *f = &room->form;
    unsigned char *payload = room->batch + at * (f->published_len + f->payload + f->tail) + f->published_len;
    memcpy(payload, &number, 8);
    memcpy(payload + 8, &due, 8);
    memcpy(payload + f->payload - 8, &number, 8);
}

/* The first `count` messages of the batch, as one write. */
static void write_batch(struct crowd *crowd, struct room *room, unsigned count) {
    const struct form *f = &room->form;
    room->owed = count * (f->published_len + f->payload + f->tail);
    write_owed(crowd, room);
}

bool crowd_publish(struct crowd *crowd, struct room *room, uint64_t due) {
    unsigned batch = crowd->plan.batch;
    if (room->owed || room->sent + batch > room->slowest + crowd->plan.depth) return false;
    for (unsigned i = 0; i < batch; i++) stamp(room, i, room->sent++, due);
    crowd->published += batch;
    write_batch(crowd, room, batch);
    return true;
}

void crowd_fill(struct crowd *crowd, struct room *room) {
    while (crowd_publish(crowd, room, crowd->now)) {}
}

/* What the messages of a room look like, and a batch of them to be stamped. */
static void prepare(struct crowd *crowd, struct room *room, uint32_t number) {
    const struct plan *plan = &crowd->plan;
    wire_form(plan->wire, room->index, number, plan->size, &room->form);
    const struct form *f = &room->form;
    size_t each = f->published_len + f->payload + f->tail;
    room->batch = zeroed(plan->batch, each);
    for (unsigned i = 0; i < plan->batch; i++) {
        unsigned char *at = room->batch + i * each;
        memcpy(at, f->published, f->published_len);
        memset(at + f->published_len, 'm', f->payload);
        memcpy(at + f->published_len + f->payload, "\r\n", f->tail);
    }
}

/* ---- reading ---- */

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
    if (crowd->plan.timed) latency_add(&crowd->latency, crowd->now - due);
}

static void heed(struct crowd *crowd, struct session *s, enum heard heard, const struct control *c, const unsigned char *at) {
    if (heard == REFUSED)
        fail("room %u: the server said %.*s", s->room->index, (int)(c->used > 200 ? 200 : c->used), (const char *)at);
    if (heard == PINGED && send(s->fd, c->answer, c->answer_len, MSG_NOSIGNAL) < 0) fail("pong: %s", strerror(errno));
    if (heard != ENTERED || s->entered) return;
    s->entered = true;
    s->room->entered++;
    if (s->publishes) prepare(crowd, s->room, c->room);
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
    crowd->delivered += s->next - from;
    room->waiting[from % crowd->slots]--;
    room->waiting[s->next % crowd->slots]++;
    while (room->slowest < room->sent && !room->waiting[room->slowest % crowd->slots]) room->slowest++;
}

static void read_session(struct crowd *crowd, struct session *s) {
    memcpy(scratch, s->kept, s->kept_len);
    ssize_t got = recv(s->fd, scratch + s->kept_len, READ, MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) fail("the server closed a %s's connection: %s", s->publishes ? "publisher" : "member", got ? strerror(errno) : "end");
    size_t len = s->kept_len + (size_t)got;
    uint64_t from = s->next;
    if (crowd->plan.timed) crowd->now = watch_now();
    size_t done = take(crowd, s, scratch, len);
    s->kept_len = 0;
    if (done < len) keep(s, scratch + done, len - done);
    if (s->next != from) advance(crowd, s, from);
}

int crowd_turn(struct crowd *crowd, int wait_ms, bool goes_on) {
    static struct epoll_event events[EVENTS];
    int n = epoll_wait(crowd->poller, events, EVENTS, wait_ms);
    if (n < 0 && errno != EINTR) fail("epoll_wait: %s", strerror(errno));
    crowd->now = watch_now();
    for (int i = 0; i < n; i++) {
        struct session *s = events[i].data.ptr;
        if (events[i].events & EPOLLOUT && s->room->owed) write_owed(crowd, s->room);
        if (events[i].events & ~(unsigned)EPOLLOUT) read_session(crowd, s);
        if (goes_on) crowd_fill(crowd, s->room);
    }
    return n;
}

/* ---- gathering ---- */

static void probe(struct crowd *crowd, struct room *room) {
    if (room->owed) return;
    stamp(room, 0, PROBE, 0);
    write_batch(crowd, room, 1);
}

/* Until so many sessions of the room are in it, by the server's word. */
static void await_entry(struct crowd *crowd, struct room *room, unsigned count) {
    for (uint64_t begun = watch_now(); room->entered < count; crowd_turn(crowd, TURN_MS, false))
        if (watch_now() - begun > PATIENCE_MS * 1000000ull)
            fail("room %u: %u of %u sessions are not in it yet", room->index, count - room->entered, count);
}

/* Until so many members have heard a probe. What did not reach everyone is said again, ever more rarely. */
static void await_hearing(struct crowd *crowd, struct room *room, unsigned count) {
    uint64_t begun = watch_now(), probed = 0, pause = 50000000;
    while (room->hearing < count) {
        uint64_t now = watch_now();
        if (now - begun > PATIENCE_MS * 1000000ull)
            fail("room %u: %u of %u members hear nothing", room->index, count - room->hearing, count);
        if (now - probed > pause) {
            probe(crowd, room);
            probed = now;
            pause *= 2;
        }
        crowd_turn(crowd, TURN_MS, false);
    }
}

static void fill_room(struct crowd *crowd, struct room *room) {
    const struct plan *plan = &crowd->plan;
    unsigned publisher = wire_confirms(plan->wire, true), at_once = wire_confirms(plan->wire, false) ? AT_ONCE : UNCONFIRMED;
    room->publisher = zeroed(1, sizeof *room->publisher);
    room->members = zeroed(plan->members, sizeof *room->members);
    room->waiting = zeroed(crowd->slots, sizeof *room->waiting);
    come(crowd, room, room->publisher, true);
    await_entry(crowd, room, publisher);
    if (!publisher) prepare(crowd, room, 0);
    for (unsigned came = 1; came <= plan->members; came++) {
        come(crowd, room, &room->members[came - 1], false);
        if (came % at_once && came != plan->members) continue;
        if (at_once == AT_ONCE) await_entry(crowd, room, publisher + came);
        if (at_once == UNCONFIRMED || came == plan->members) await_hearing(crowd, room, came);
    }
    room->waiting[0] = plan->members;
}

void crowd_gather(struct crowd *crowd, const struct plan *plan) {
    crowd->plan = *plan;
    crowd->slots = plan->depth + plan->batch + 1;
    crowd->rooms = zeroed(plan->rooms, sizeof *crowd->rooms);
    if ((crowd->poller = epoll_create1(EPOLL_CLOEXEC)) < 0) fail("epoll_create1: %s", strerror(errno));
    for (unsigned i = 0; i < plan->rooms; i++) {
        crowd->rooms[i].index = i;
        fill_room(crowd, &crowd->rooms[i]);
    }
}

void crowd_settle(struct crowd *crowd) {
    uint64_t begun = watch_now();
    for (unsigned i = 0; i < crowd->plan.rooms; i++) {
        struct room *room = &crowd->rooms[i];
        while (room->owed || room->slowest < room->sent) {
            crowd_turn(crowd, TURN_MS, false);
            if (watch_now() - begun > PATIENCE_MS * 1000000ull)
                fail("room %u: message %llu of %llu did not reach everyone", i, (unsigned long long)room->slowest, (unsigned long long)room->sent);
        }
    }
}
