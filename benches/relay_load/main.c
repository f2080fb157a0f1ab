/* Load for a relay: rooms with a publisher each, every delivery checked, the server's CPU time and memory counted. Prints one line of JSON.
 *
 *   cc -O2 -o relay_load *.c
 *   relay_load --wire nats --ports 4222 --pid $(pidof nats-server) --members 100 --size 128
 *
 * --mode closed   each publisher keeps --depth messages in flight, by what its slowest member received
 *        open     --rate messages a second are due at fixed instants; latency counts from when a message was due
 *        idle     everyone joins, hears one message, and is then silent
 *        stall    --stalled sessions join one after another and never read, each full in the middle of another message
 * Exit code 1, with the reason on stderr, when anything was lost, doubled, out of order or torn.
 */
#include "crowd.h"
#include "watch.h"
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

enum mode { CLOSED, OPEN, IDLE, STALL, MODES };
static const char *const mode_names[MODES] = {"closed", "open", "idle", "stall"};

struct run {
    struct plan plan;
    enum mode mode;
    pid_t pid;
    unsigned rate, stalled;
    uint64_t warmup, window;  /* nanoseconds */
};

/* What is counted at both ends of the window. */
struct mark {
    struct cpu cpu;
    uint64_t at, own, delivered, published;
};

static void set_mark(const struct run *run, const struct crowd *crowd, struct mark *mark) {
    watch_cpu(run->pid, &mark->cpu);
    mark->at = watch_now();
    mark->own = watch_own();
    mark->delivered = crowd->delivered;
    mark->published = crowd->published;
}

static void report(const struct crowd *crowd, const struct mark *from, const struct mark *to, uint64_t before, uint64_t rss, unsigned stuck) {
    char threads[THREADS * 24];
    uint64_t cpu = watch_spent(&from->cpu, &to->cpu, threads, sizeof threads);
    const struct latency *l = &crowd->latency;
    printf("{\"seconds\": %.6f, \"deliveries\": %llu, \"published\": %llu, \"cpu_ns\": %llu, \"threads_ns\": %s, \"client_ns\": %llu, "
           "\"rss_before\": %llu, \"rss\": %llu, \"stuck\": %u, \"p50_ns\": %llu, \"p99_ns\": %llu, \"longest_ns\": %llu}\n",
           (double)(to->at - from->at) / 1e9, (unsigned long long)(to->delivered - from->delivered),
           (unsigned long long)(to->published - from->published), (unsigned long long)cpu, threads,
           (unsigned long long)(to->own - from->own), (unsigned long long)before, (unsigned long long)rss, stuck,
           (unsigned long long)latency_at(l, 0.50), (unsigned long long)latency_at(l, 0.99), (unsigned long long)l->longest);
}

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

static void run_closed(const struct run *run, struct crowd *crowd, uint64_t before) {
    struct mark from, to;
    crowd->now = watch_now();
    for (unsigned i = 0; i < run->plan.rooms; i++) crowd_fill(crowd, &crowd->rooms[i]);
    pump(crowd, crowd->now + run->warmup);
    set_mark(run, crowd, &from);
    pump(crowd, from.at + run->window);
    set_mark(run, crowd, &to);
    uint64_t rss = watch_rss(run->pid);  /* while all are still busy */
    crowd_settle(crowd);
    report(crowd, &from, &to, before, rss, 0);
}

/* ---- open ---- */

/* Publishes what is due until then; polls without sleeping, so that neither sending nor reading waits for a timer. */
static uint64_t keep_pace(const struct run *run, struct crowd *crowd, uint64_t due, uint64_t until) {
    uint64_t every = 1000000000ull / run->rate;
    while (due < until) {
        while (due < until && due <= watch_now() && crowd_publish(crowd, &crowd->rooms[0], due)) due += every;
        crowd_turn(crowd, 0, false);
    }
    return due;
}

static void run_open(const struct run *run, struct crowd *crowd, uint64_t before) {
    struct mark from, to;
    uint64_t begun = watch_now(), due = keep_pace(run, crowd, begun, begun + run->warmup);
    crowd_settle(crowd);
    memset(&crowd->latency, 0, sizeof crowd->latency);
    set_mark(run, crowd, &from);
    due = from.at;
    keep_pace(run, crowd, due, due + run->window);
    set_mark(run, crowd, &to);
    uint64_t rss = watch_rss(run->pid);
    crowd_settle(crowd);
    report(crowd, &from, &to, before, rss, 0);
}

/* ---- idle ---- */

static void rest(struct crowd *crowd, uint64_t span) {
    for (uint64_t until = watch_now() + span; watch_now() < until;) crowd_turn(crowd, 100, false);
}

static void run_idle(const struct run *run, struct crowd *crowd, uint64_t before) {
    struct mark from, to;
    for (unsigned i = 0; i < run->plan.rooms; i++) crowd_publish(crowd, &crowd->rooms[i], watch_now());
    crowd_settle(crowd);
    rest(crowd, run->warmup);
    set_mark(run, crowd, &from);
    rest(crowd, run->window);
    set_mark(run, crowd, &to);
    report(crowd, &from, &to, before, watch_rss(run->pid), 0);
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

static void run_stall(const struct run *run, struct crowd *crowd) {
    struct mark from, to;
    int *fds = calloc(run->stalled, sizeof *fds);
    if (!fds) fail("out of memory");
    for (unsigned i = 0; i < 64; i++) burst(crowd);  /* so that buffers that grow once have grown */
    uint64_t before = watch_rss(run->pid);
    set_mark(run, crowd, &from);
    for (unsigned i = 0; i < run->stalled; i++) fds[i] = stall_one(crowd);
    /* Each was sent several bursts. Whose socket holds a part of one has most of them still to come. */
    int part = (int)(run->plan.depth * run->plan.size / 4);
    unsigned stuck = 0;
    for (unsigned i = 0; i < run->stalled; i++) stuck += unread(fds[i]) > 0 && unread(fds[i]) < part;
    set_mark(run, crowd, &to);
    report(crowd, &from, &to, before, watch_rss(run->pid), stuck);
    free(fds);
}

/* ---- command line ---- */

static unsigned word_at(const char *word, const char *const *words, unsigned count) {
    for (unsigned i = 0; i < count; i++)
        if (!strcmp(word, words[i])) return i;
    fail("%s: not known", word);
}

static void parse_ports(char *text, struct plan *plan) {
    for (char *port = strtok(text, ","); port && plan->port_count < 256; port = strtok(NULL, ","))
        plan->ports[plan->port_count++] = (unsigned short)atoi(port);
}

static void parse(int argc, char **argv, struct run *run) {
    static const struct option options[] = {
        {"wire", 1, 0, 'w'}, {"ports", 1, 0, 'p'}, {"pid", 1, 0, 'P'}, {"mode", 1, 0, 'm'}, {"rooms", 1, 0, 'r'}, {"members", 1, 0, 'n'},
        {"size", 1, 0, 's'}, {"batch", 1, 0, 'b'}, {"depth", 1, 0, 'd'}, {"rate", 1, 0, 'R'}, {"stalled", 1, 0, 'S'},
        {"warmup", 1, 0, 'u'}, {"window", 1, 0, 'W'}, {0}};
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        unsigned number = optarg ? (unsigned)atoi(optarg) : 0;
        switch (c) {
        case 'w': run->plan.wire = (enum wire)word_at(optarg, wire_names, WIRES); break;
        case 'p': parse_ports(optarg, &run->plan); break;
        case 'P': run->pid = (pid_t)number; break;
        case 'm': run->mode = (enum mode)word_at(optarg, mode_names, MODES); break;
        case 'r': run->plan.rooms = number; break;
        case 'n': run->plan.members = number; break;
        case 's': run->plan.size = number; break;
        case 'b': run->plan.batch = number; break;
        case 'd': run->plan.depth = number; break;
        case 'R': run->rate = number; break;
        case 'S': run->stalled = number; break;
        case 'u': run->warmup = number * 1000000ull; break;
        case 'W': run->window = number * 1000000ull; break;
        default: exit(64);
        }
    }
}

int main(int argc, char **argv) {
    static struct crowd crowd;
    struct run run = {.plan = {.rooms = 1, .members = 100, .size = 128, .batch = 1, .depth = 64},
                      .rate = 1000, .stalled = 100, .warmup = 1000000000, .window = 3000000000};
    parse(argc, argv, &run);
    struct plan *plan = &run.plan;
    if (!plan->port_count || !run.pid || plan->size < 24 || !plan->rooms || plan->rooms > 1000 || !plan->members || !plan->batch
        || plan->depth < plan->batch || plan->size > 1024 * 1024 || !run.rate)
        return fprintf(stderr, "relay_load: --ports and --pid are needed; 1 to 1,000 rooms of 24 B to 1 MiB; see main.c\n"), 64;
    plan->timed = run.mode == OPEN;
    if (run.mode == OPEN) plan->depth = 65536;  /* whatever is due is sent; a server that cannot keep up shows in the latency */
    struct rlimit files;
    if (!getrlimit(RLIMIT_NOFILE, &files)) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    uint64_t before = watch_rss(run.pid);
    crowd_gather(&crowd, plan);
    switch (run.mode) {
    case CLOSED: run_closed(&run, &crowd, before); break;
    case OPEN: run_open(&run, &crowd, before); break;
    case IDLE: run_idle(&run, &crowd, before); break;
    default: run_stall(&run, &crowd); break;
    }
    return 0;
}
