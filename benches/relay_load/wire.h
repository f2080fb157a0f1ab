/* The four wires that the relay load speaks: what a session says when it comes, how one publishes, and what a member then reads.
 *
 *   plain   u32 length, payload                                  Oread's plain mode; the connection is the membership
 *   oread   u32 length, type, body                               Oread's protocol 1 (docs/protocol.md)
 *   nats    PUB room.000 128\r\n payload \r\n  →  MSG room.000 1 128\r\n payload \r\n
 *   resp    *3 PUBLISH room.000 payload        →  *3 message room.000 payload
 *
 * A payload has always the same length within a run, so what a member reads is always: `head`, payload, `tail` bytes. Anything else is
 * control and rare.
 */
#ifndef WIRE_H
#define WIRE_H
#include <stddef.h>
#include <stdint.h>

enum wire { PLAIN, OREAD, NATS, RESP, WIRES };
enum { HEAD = 96, GREETING = 512 };

extern const char *const wire_names[WIRES];

/* One room's messages, as bytes. */
struct form {
    unsigned char published[HEAD];  /* what a publisher writes before the payload */
    size_t published_len;
    unsigned char head[HEAD];       /* what a member reads before the payload; only the first `same` bytes are the same each time */
    size_t head_len, same;
    size_t tail;                    /* bytes after the payload, both ways */
    size_t payload, frame;          /* frame: head, payload and tail as a member reads them */
};

void wire_form(enum wire wire, unsigned room, uint32_t number, size_t payload, struct form *form);
/* What a session writes as soon as it is connected. */
size_t wire_greeting(enum wire wire, unsigned room, int publishes, unsigned char *into);

/* MISSED: the server announces messages that this session will not get. */
enum heard { INCOMPLETE, NOTHING, PINGED, ENTERED, LEFT_ROOM, MISSED, REFUSED };
struct control {
    size_t used;                       /* bytes of it */
    uint32_t room;                     /* ENTERED: the node's number for the room, where it gives one */
    uint64_t missing;                  /* MISSED: how many */
    unsigned char answer[16];          /* PINGED: what must be written */
    size_t answer_len;
};
/* What a session writes to leave its room and stay connected; 0 bytes where the wire has no word for it. */
size_t wire_leave(enum wire wire, uint32_t number, unsigned char *into);
size_t wire_join(enum wire wire, unsigned room, unsigned char *into);
/* Reads one frame that is no message of this room. */
enum heard wire_control(enum wire wire, const unsigned char *at, size_t left, struct control *control);
/* Whether the server says, by ENTERED, that a session is in its room. Plain mode has no word for it. */
int wire_confirms(enum wire wire, int publishes);
#endif
