/* The floor that Oread is measured against: one thread, level-triggered epoll, read up to 64 KiB, write it back.
 *
 * It looks for no frames, has no limits, metrics or drain. The one thing beyond the bare loop is what correctness
 * needs: bytes that the socket did not take are kept, and that connection is not read until they are gone.
 *
 *   cc -O2 -o epoll_echo epoll_echo.c && ./epoll_echo 7100        (or a path, for a Unix socket)
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { CHUNK = 64 * 1024, EVENTS = 1024, BACKLOG = 4096 };

struct peer {
    int fd;
    size_t len, at;  /* what is owed: kept[at..len] */
    char *kept;      /* NULL while nothing is */
};

static char chunk[CHUNK];
static int poller, is_tcp;

static void fail(const char *what) {
    fprintf(stderr, "epoll_echo: %s: %s\n", what, strerror(errno));
    exit(71);
}

static int listen_on(const char *where) {
    is_tcp = !strchr(where, '/');
    int fd = socket(is_tcp ? AF_INET : AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
    if (fd < 0) fail("socket");
    if (is_tcp) {
        struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(where)),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        if (bind(fd, (struct sockaddr *)&a, sizeof a)) fail(where);
    } else {
        struct sockaddr_un a = {.sun_family = AF_UNIX};
        strncpy(a.sun_path, where, sizeof a.sun_path - 1);
        unlink(where);
        if (bind(fd, (struct sockaddr *)&a, sizeof a)) fail(where);
    }
    if (listen(fd, BACKLOG)) fail("listen");
    return fd;
}

static void watch(struct peer *p, int op, unsigned events) {
    struct epoll_event e = {.events = events, .data.ptr = p};
    if (epoll_ctl(poller, op, p->fd, &e)) fail("epoll_ctl");
}

static void drop_peer(struct peer *p) {
    close(p->fd);
    free(p->kept);
    free(p);
}

static void accept_all(int listener) {
    int fd, on = 1;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct peer *p = calloc(1, sizeof *p);
        if (!p) fail("calloc");
        p->fd = fd;
        if (is_tcp) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        watch(p, EPOLL_CTL_ADD, EPOLLIN);
    }
    if (errno != EAGAIN && errno != ECONNABORTED && errno != EINTR) fail("accept");
}

/* Returns 0 when the peer is gone. */
static int echo(struct peer *p) {
    ssize_t got = read(p->fd, chunk, CHUNK);
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    if (got == 0) return 0;
    ssize_t put = write(p->fd, chunk, (size_t)got);
    if (put < 0 && errno != EAGAIN && errno != EINTR) return 0;
    if (put < 0) put = 0;
    if (put == got) return 1;
    p->at = 0;
    p->len = (size_t)(got - put);
    if (!(p->kept = malloc(p->len))) fail("malloc");
    memcpy(p->kept, chunk + put, p->len);
    watch(p, EPOLL_CTL_MOD, EPOLLOUT);
    return 1;
}

static int flush(struct peer *p) {
    ssize_t put = write(p->fd, p->kept + p->at, p->len - p->at);
    if (put < 0) return errno == EAGAIN || errno == EINTR;
    if ((p->at += (size_t)put) < p->len) return 1;
    free(p->kept);
    p->kept = NULL;
    watch(p, EPOLL_CTL_MOD, EPOLLIN);
    return 1;
}

int main(int argc, char **argv) {
    if (argc != 2) return fprintf(stderr, "usage: epoll_echo PORT|PATH\n"), 64;
    signal(SIGPIPE, SIG_IGN);
    struct rlimit files;
    if (!getrlimit(RLIMIT_NOFILE, &files)) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    struct peer door = {.fd = listen_on(argv[1])};
    if ((poller = epoll_create1(EPOLL_CLOEXEC)) < 0) fail("epoll_create1");
    watch(&door, EPOLL_CTL_ADD, EPOLLIN);
    static struct epoll_event events[EVENTS];
    for (;;) {
        int n = epoll_wait(poller, events, EVENTS, -1);
        if (n < 0 && errno != EINTR) fail("epoll_wait");
        for (int i = 0; i < n; i++) {
            struct peer *p = events[i].data.ptr;
            if (p == &door) accept_all(door.fd);
            else if (!(p->kept ? flush(p) : echo(p))) drop_peer(p);
        }
    }
}
