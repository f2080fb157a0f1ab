/* Load for a relay: rooms with a publisher each, every delivery checked, the server's CPU time and memory counted. Prints one line of JSON.
 *
 *   cc -O2 -o relay_load *.c
 *   relay_load --wire nats --ports 4222 --pid $(pidof nats-server) --members 100 --size 128
 *
 * --mode closed   each publisher keeps --depth messages in flight, by what its slowest member received
 *        open     --rate messages a second are due at fixed instants; latency counts from when a message was due
 *        idle     everyone joins, hears one message, and is then silent
 *        stall    --stalled sessions join one after another and never read, each full in the middle of another message
 *        stand    open, while --stalled of the members read, stand still, and are gone; before they go they read on and account for their gaps
 *        flood    open in all rooms but the first, before, while and after that one's publisher writes all that its socket takes
 *        leave    all members close at once, --repeats times; what of the server's CPU that took
 *        leave-by-word    the same by LEAVE, with protocol 1
 * Exit code 1, with the reason on stderr, when anything was lost, doubled, out of order or torn.
 */
#include "run.h"
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

struct mode {
    const char *name;
    void (*run)(const struct run *run, struct crowd *crowd, uint64_t before);
    bool timed;
};
static const struct mode modes[] = {
    {"closed", run_closed, false}, {"open", run_open, true},   {"idle", run_idle, false},   {"stall", run_stall, false},
    {"stand", run_stand, true},    {"flood", run_flood, true}, {"leave", run_leave, false}, {"leave-by-word", run_leave, false},
};

static const struct mode *mode_called(const char *name) {
    for (unsigned i = 0; i < sizeof modes / sizeof *modes; i++)
        if (!strcmp(name, modes[i].name)) return &modes[i];
    fail("%s: not known", name);
}

static enum wire wire_called(const char *name) {
    for (unsigned i = 0; i < WIRES; i++)
        if (!strcmp(name, wire_names[i])) return (enum wire)i;
    fail("%s: not known", name);
}

static void parse_ports(char *text, struct plan *plan) {
    for (char *port = strtok(text, ","); port && plan->port_count < 256; port = strtok(NULL, ","))
        plan->ports[plan->port_count++] = (unsigned short)atoi(port);
}

static const struct mode *parse(int argc, char **argv, struct run *run) {
    const struct mode *mode = &modes[0];
    static const struct option options[] = {
        {"wire", 1, 0, 'w'}, {"ports", 1, 0, 'p'}, {"pid", 1, 0, 'P'}, {"mode", 1, 0, 'm'}, {"rooms", 1, 0, 'r'}, {"members", 1, 0, 'n'},
        {"size", 1, 0, 's'}, {"batch", 1, 0, 'b'}, {"depth", 1, 0, 'd'}, {"rate", 1, 0, 'R'}, {"stalled", 1, 0, 'S'},
        {"repeats", 1, 0, 't'}, {"admin", 1, 0, 'a'},
        {"warmup", 1, 0, 'u'}, {"window", 1, 0, 'W'}, {0}};
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        unsigned number = optarg ? (unsigned)atoi(optarg) : 0;
        switch (c) {
        case 'w': run->plan.wire = wire_called(optarg); break;
        case 'p': parse_ports(optarg, &run->plan); break;
        case 'P': run->pid = (pid_t)number; break;
        case 'm': mode = mode_called(optarg); break;
        case 'r': run->plan.rooms = number; break;
        case 'n': run->plan.members = number; break;
        case 's': run->plan.size = number; break;
        case 'b': run->plan.batch = number; break;
        case 'd': run->plan.depth = number; break;
        case 'R': run->rate = number; break;
        case 'S': run->stalled = number; break;
        case 't': run->repeats = number; break;
        case 'a': run->admin = (unsigned short)number; break;
        case 'u': run->warmup = number * 1000000ull; break;
        case 'W': run->window = number * 1000000ull; break;
        default: exit(64);
        }
    }
    return mode;
}

/* What the mode asks of the plan. */
static void settle_plan(struct run *run, const struct mode *mode) {
    struct plan *plan = &run->plan;
    plan->timed = mode->timed;
    run->by_word = !strcmp(mode->name, "leave-by-word");
    if (mode->run == run_stand) plan->apart = run->stalled;
    if (plan->timed) plan->depth = 65536;  /* whatever is due is sent; a server that cannot keep up shows in the latency */
}

static bool makes_sense(const struct run *run, const struct mode *mode) {
    const struct plan *plan = &run->plan;
    return plan->port_count && run->pid && plan->size >= 24 && plan->size <= 1024 * 1024 && plan->rooms && plan->rooms <= 1000 && plan->members
        && plan->batch && plan->depth >= plan->batch && run->rate && plan->apart < plan->members && (mode->run != run_flood || plan->rooms > 1)
        && (mode->run != run_leave || (run->admin && run->repeats)) && (plan->wire == OREAD || !(plan->apart || run->by_word));
}

int main(int argc, char **argv) {
    static struct crowd crowd;
    struct run run = {.plan = {.rooms = 1, .members = 100, .size = 128, .batch = 1, .depth = 64},
                      .rate = 1000, .stalled = 100, .repeats = 1, .warmup = 1000000000, .window = 3000000000};
    const struct mode *mode = parse(argc, argv, &run);
    settle_plan(&run, mode);
    if (!makes_sense(&run, mode))
        return fprintf(stderr, "relay_load: --ports and --pid are needed; 1 to 1,000 rooms of 24 B to 1 MiB; see main.c\n"), 64;
    struct rlimit files;
    if (!getrlimit(RLIMIT_NOFILE, &files)) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    prctl(PR_SET_TIMERSLACK, 1);
    uint64_t before = watch_rss(run.pid);
    crowd_gather(&crowd, &run.plan);
    mode->run(&run, &crowd, before);
    putchar('\n');
    return 0;
}
