/* See wire.h. */
#include "wire.h"
#include <stdio.h>
#include <string.h>

const char *const wire_names[WIRES] = {"plain", "oread", "nats", "resp"};

enum { HELLO = 0x01, JOIN = 0x02, LEAVE = 0x03, PUBLISH = 0x04, PING = 0x06, PONG = 0x07 };
enum { JOINED = 0x82, LEFT = 0x83, MESSAGE = 0x84, GAP = 0x88, ERROR = 0x89 };

static void put32(unsigned char *at, uint32_t value) {
    for (int i = 0; i < 4; i++) at[i] = (unsigned char)(value >> (24 - 8 * i));
}

static uint32_t get32(const unsigned char *at) {
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static uint64_t get64(const unsigned char *at) {
    return (uint64_t)get32(at) << 32 | get32(at + 4);
}

int wire_confirms(enum wire wire, int publishes) {
    return wire == OREAD || wire == NATS || (wire == RESP && !publishes);
}

static void form_oread(uint32_t number, struct form *f) {
    f->published_len = 14;
    put32(f->published, (uint32_t)(10 + f->payload));
    f->published[4] = PUBLISH;
    put32(f->published + 6, number);  /* flags 0 before it, request 0 (no receipt) behind */
    f->head_len = 26;
    f->same = 10;  /* then position and sender */
    put32(f->head, (uint32_t)(22 + f->payload));
    f->head[4] = MESSAGE;
    put32(f->head + 6, number);
}

static void form_text(enum wire wire, unsigned room, struct form *f) {
    char *published = (char *)f->published, *head = (char *)f->head;
    if (wire == NATS) {
        f->published_len = (size_t)snprintf(published, HEAD, "PUB room.%03u %zu\r\n", room, f->payload);
        f->head_len = (size_t)snprintf(head, HEAD, "MSG room.%03u 1 %zu\r\n", room, f->payload);
    } else {
        f->published_len = (size_t)snprintf(published, HEAD, "*3\r\n$7\r\nPUBLISH\r\n$8\r\nroom.%03u\r\n$%zu\r\n", room, f->payload);
        f->head_len = (size_t)snprintf(head, HEAD, "*3\r\n$7\r\nmessage\r\n$8\r\nroom.%03u\r\n$%zu\r\n", room, f->payload);
    }
    f->same = f->head_len;
    f->tail = 2;
}

void wire_form(enum wire wire, unsigned room, uint32_t number, size_t payload, struct form *f) {
    memset(f, 0, sizeof *f);
    f->payload = payload;
    if (wire == PLAIN) {
        f->published_len = f->head_len = f->same = 4;
        put32(f->published, (uint32_t)payload);
        put32(f->head, (uint32_t)payload);
    } else if (wire == OREAD) {
        form_oread(number, f);
    } else {
        form_text(wire, room, f);
    }
    f->frame = f->head_len + payload + f->tail;
}

static size_t join_oread(unsigned room, unsigned char *into) {
    /* The publisher joins as everyone does, not *publish only*: the dearer of the two, and what plain mode has. */
    static const unsigned char head[] = {0, 0, 0, 15, JOIN, 0, 0, 0, 1, 0, 8};
    char name[12];
    snprintf(name, sizeof name, "room.%03u", room % 1000);
    memcpy(into, head, sizeof head);
    memcpy(into + sizeof head, name, 8);
    return sizeof head + 8;
}

static size_t greet_oread(unsigned room, unsigned char *into) {
    static const unsigned char hello[] = {0, 0, 0, 14, HELLO, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    memcpy(into, hello, sizeof hello);
    return sizeof hello + join_oread(room, into + sizeof hello);
}

size_t wire_leave(enum wire wire, uint32_t number, unsigned char *into) {
    if (wire != OREAD) return 0;
    static const unsigned char head[] = {0, 0, 0, 9, LEAVE, 0, 0, 0, 2};
    memcpy(into, head, sizeof head);
    put32(into + sizeof head, number);
    return sizeof head + 4;
}

size_t wire_join(enum wire wire, unsigned room, unsigned char *into) {
    return wire == OREAD ? join_oread(room, into) : 0;
}

size_t wire_greeting(enum wire wire, unsigned room, int publishes, unsigned char *into) {
    char *text = (char *)into;
    switch (wire) {
    case OREAD:
        return greet_oread(room, into);
    case NATS:
        return (size_t)(publishes ? snprintf(text, GREETING, "CONNECT {\"verbose\":false}\r\nPING\r\n")
                                  : snprintf(text, GREETING, "CONNECT {\"verbose\":false}\r\nSUB room.%03u 1\r\nPING\r\n", room));
    case RESP:
        return publishes ? 0 : (size_t)snprintf(text, GREETING, "*2\r\n$9\r\nSUBSCRIBE\r\n$8\r\nroom.%03u\r\n", room);
    default:
        return 0;
    }
}

static enum heard control_oread(const unsigned char *at, size_t left, struct control *c) {
    if (left < 5) return INCOMPLETE;
    uint32_t length = get32(at);
    if (left < 4 + (size_t)length) return INCOMPLETE;
    c->used = 4 + (size_t)length;
    switch (at[4]) {
    case JOINED:
        c->room = get32(at + 9);
        return ENTERED;
    case PING:
        memcpy(c->answer, at, c->answer_len = 13);
        c->answer[4] = PONG;
        return PINGED;
    case LEFT:
        return LEFT_ROOM;
    case GAP:
        c->missing = get64(at + 17) - get64(at + 9) + 1;  /* first and last; both 0 when they cannot be counted: then numbers will not fit */
        return MISSED;
    case MESSAGE: case ERROR:
        return REFUSED;
    default:
        return NOTHING;
    }
}

/* The end of the line that begins here, behind its CRLF; 0 when it is not there yet. */
static size_t line(const unsigned char *at, size_t left) {
    const unsigned char *end = memchr(at, '\n', left);
    return end ? (size_t)(end - at) + 1 : 0;
}

static enum heard control_nats(const unsigned char *at, size_t left, struct control *c) {
    /* A message of the room that has not come whole begins like one; its head may even be complete. */
    if (left < 4 || !memcmp(at, "MSG ", 4)) return INCOMPLETE;
    if (!(c->used = line(at, left))) return INCOMPLETE;
    if (!memcmp(at, "PING", 4)) {
        memcpy(c->answer, "PONG\r\n", c->answer_len = 6);
        return PINGED;
    }
    if (!memcmp(at, "PONG", 4)) return ENTERED;  /* what was said before our PING is done */
    return memcmp(at, "-ERR", 4) ? NOTHING : REFUSED;
}

static enum heard control_resp(const unsigned char *at, size_t left, struct control *c) {
    if (at[0] == ':' || at[0] == '+' || at[0] == '-') {
        if (!(c->used = line(at, left))) return INCOMPLETE;
        return at[0] == '-' ? REFUSED : NOTHING;
    }
    static const char subscribed[] = "*3\r\n$9\r\nsubscribe\r\n";
    size_t known = sizeof subscribed - 1;
    if (left < known || memcmp(at, subscribed, known)) return INCOMPLETE;
    for (int lines = 0; lines < 3; lines++) {  /* $8, room.000, :1 */
        size_t more = line(at + known, left - known);
        if (!more) return INCOMPLETE;
        known += more;
    }
    c->used = known;
    return ENTERED;
}

enum heard wire_control(enum wire wire, const unsigned char *at, size_t left, struct control *c) {
    memset(c, 0, sizeof *c);
    switch (wire) {
    case OREAD: return control_oread(at, left, c);
    case NATS: return control_nats(at, left, c);
    case RESP: return control_resp(at, left, c);
    default: return INCOMPLETE;  /* plain has messages only; one that is not ours never becomes complete and is found by its length */
    }
}
