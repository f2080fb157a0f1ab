/* When the kernel had bytes for a socket, by its own stamp (SO_TIMESTAMPNS). What is read at once has the stamp of its last part, so a reader that
 * looks at its sockets every 100 µs may count that much too much, never too little. Linux stamps TCP too.
 */
#ifndef ARRIVAL_H
#define ARRIVAL_H
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

void arrival_stamped(int fd);
/* As recv without waiting; `at` becomes the time on the clock of `watch_now`, or 0 when there is no stamp. */
ssize_t arrival_read(int fd, unsigned char *into, size_t room, uint64_t *at);
#endif
