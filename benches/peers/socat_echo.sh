#!/bin/sh
# socat as people use it for an echo: a process for each connection, bytes through a pipe.
exec socat -b 65536 "TCP-LISTEN:$1,bind=127.0.0.1,fork,reuseaddr,nodelay,backlog=4096" PIPE
