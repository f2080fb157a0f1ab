/* See crowd.h: members that stop reading, and read on. */
#include "crowd.h"
#include "watch.h"
#include <sys/epoll.h>

void crowd_stand(struct crowd *crowd, struct room *room) {
    crowd_settle(crowd);
    for (unsigned i = 0; i < crowd->plan.members; i++) {
        struct session *s = &room->members[i];
        if (!s->apart) continue;
        crowd_wish(crowd, s, EPOLL_CTL_DEL, 0);
        room->waiting[s->next % crowd->slots]--;
        s->stands = true;
    }
}

/* Those that have come to where the room is are as the others again. */
static unsigned still_behind(struct crowd *crowd, struct room *room) {
    unsigned behind = 0;
    for (unsigned i = 0; i < crowd->plan.members; i++) {
        struct session *s = &room->members[i];
        if (!s->stands) continue;
        if (s->next < room->sent) {
            behind++;
            continue;
        }
        s->stands = false;
        room->waiting[s->next % crowd->slots]++;
    }
    return behind;
}

void crowd_read_on(struct crowd *crowd, struct room *room) {
    crowd_settle(crowd);
    for (unsigned i = 0; i < crowd->plan.members; i++)
        if (room->members[i].stands) crowd_wish(crowd, &room->members[i], EPOLL_CTL_ADD, EPOLLIN);
    uint64_t begun = watch_now();
    for (unsigned behind; (behind = still_behind(crowd, room));) {
        for (uint64_t look = watch_now() + 50000000; watch_now() < look;) crowd_turn(crowd, TURN_MS, false);
        if (watch_now() - begun > 3 * PATIENCE_NS) fail("%u members that read on have not caught up", behind);
    }
}
