/* See arrival.h. */
#define _GNU_SOURCE
#include "arrival.h"
#include "watch.h"
#include <string.h>
#include <sys/socket.h>
#include <time.h>

void arrival_stamped(int fd) {
    int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
}

/* How far the clock of the stamps is ahead of ours. Both are slewed alike; somebody may set one. */
static uint64_t ahead(void) {
    static uint64_t known, asked;
    uint64_t now = watch_now();
    if (now - asked > 1000000000) {
        struct timespec t;
        clock_gettime(CLOCK_REALTIME, &t);
        known = (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec - now;
        asked = now;
    }
    return known;
}

ssize_t arrival_read(int fd, unsigned char *into, size_t room, uint64_t *at) {
    union { char bytes[CMSG_SPACE(sizeof(struct timespec))]; struct cmsghdr aligned; } control;
    struct iovec part = {.iov_base = into, .iov_len = room};
    struct msghdr head = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    ssize_t got = recvmsg(fd, &head, MSG_DONTWAIT);
    *at = 0;
    for (struct cmsghdr *c = got > 0 ? CMSG_FIRSTHDR(&head) : NULL; c; c = CMSG_NXTHDR(&head, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS) continue;
        struct timespec t;
        memcpy(&t, CMSG_DATA(c), sizeof t);
        *at = (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec - ahead();
    }
    return got;
}
