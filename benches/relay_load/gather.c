/* See crowd.h: sessions that come and go. */
#define _GNU_SOURCE
#include "crowd.h"
#include "arrival.h"
#include "watch.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { UNCONFIRMED = 2048 };

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
    if (crowd->plan.timed && !publishes) arrival_stamped(s->fd);
    crowd_wish(crowd, s, EPOLL_CTL_ADD, EPOLLIN);
}

void crowd_go(struct crowd *crowd, struct session *s) {
    struct room *room = s->room;
    if (!s->stands) room->waiting[s->next % crowd->slots]--;
    room->entered -= s->entered;
    room->hearing -= s->hears;
    close(s->fd);
    free(s->kept);
    memset(s, 0, sizeof *s);
}

int crowd_stalled(struct crowd *crowd, struct room *room) {
    int fd = open_socket(&crowd->plan, room->index, true);
    greet(&crowd->plan, room->index, false, fd);
    return fd;
}

/* Until so many sessions of the room are in it, by the server's word. */
void crowd_await_entry(struct crowd *crowd, struct room *room, unsigned count) {
    for (uint64_t begun = watch_now(); room->entered < count; crowd_turn(crowd, TURN_MS, false))
        if (watch_now() - begun > PATIENCE_NS)
            fail("room %u: %u of %u sessions are not in it yet", room->index, count - room->entered, count);
}

/* Until so many members have heard a probe. What did not reach everyone is said again, ever more rarely. */
static void await_hearing(struct crowd *crowd, struct room *room, unsigned count) {
    uint64_t begun = watch_now(), probed = 0, pause = 50000000;
    while (room->hearing < count) {
        uint64_t now = watch_now();
        if (now - begun > PATIENCE_NS)
            fail("room %u: %u of %u members hear nothing", room->index, count - room->hearing, count);
        if (now - probed > pause) {
            crowd_probe(crowd, room);
            probed = now;
            pause *= 2;
        }
        crowd_turn(crowd, TURN_MS, false);
    }
}

/* The kernel's buffer for it does not grow with how fast it read before. */
static void set_apart(struct session *s) {
    int bytes = 64 * 1024;
    setsockopt(s->fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    s->apart = true;
}

void crowd_come(struct crowd *crowd, struct room *room, unsigned from, unsigned to) {
    const struct plan *plan = &crowd->plan;
    bool confirmed = wire_confirms(plan->wire, false);
    unsigned at_once = confirmed ? AT_ONCE : UNCONFIRMED, entered = room->entered, hearing = room->hearing;
    for (unsigned i = from; i < to; i++) {
        unsigned came = i + 1 - from;
        come(crowd, room, &room->members[i], false);
        if (i >= plan->members - plan->apart) set_apart(&room->members[i]);
        room->members[i].next = room->sent;
        room->waiting[room->sent % crowd->slots]++;
        if (came % at_once && i + 1 != to) continue;
        if (confirmed) crowd_await_entry(crowd, room, entered + came);
        if (!confirmed || i + 1 == to) await_hearing(crowd, room, hearing + came);
    }
}

static void fill_room(struct crowd *crowd, struct room *room) {
    unsigned publisher = wire_confirms(crowd->plan.wire, true);
    room->publisher = zeroed(1, sizeof *room->publisher);
    room->members = zeroed(crowd->plan.members, sizeof *room->members);
    room->waiting = zeroed(crowd->slots, sizeof *room->waiting);
    come(crowd, room, room->publisher, true);
    crowd_await_entry(crowd, room, publisher);
    if (!publisher) crowd_prepare(crowd, room, 0);
    crowd_come(crowd, room, 0, crowd->plan.members);
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
