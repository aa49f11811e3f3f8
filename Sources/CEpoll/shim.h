// `epoll_*` and `eventfd` are not in the Glibc module of the Swift toolchain; this makes them visible. epoll(7), eventfd(2).
#pragma once
#include <sys/epoll.h>
#include <sys/eventfd.h>
