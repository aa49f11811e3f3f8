// `epoll_*`, `eventfd` and `accept4` are not in the Glibc module of the Swift toolchain; this makes them visible.
// epoll(7), eventfd(2), accept4(2).
#pragma once
#include <sys/epoll.h>
#include <sys/eventfd.h>

// glibc declares it under _GNU_SOURCE only. <sys/socket.h> is not included: its constants would then be this module's and
// no longer Glibc's.
struct sockaddr;
extern int accept4(int socket, struct sockaddr *address, unsigned int *length, int flags);
