/* The server's own metrics, over HTTP. */
#ifndef ADMIN_H
#define ADMIN_H

/* The sum of a metric over all its labels. */
long admin_sum(unsigned short port, const char *metric);
#endif
