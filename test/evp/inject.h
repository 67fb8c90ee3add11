/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Faults in the system calls of AF_ALG sockets. A program that links this (and exports its symbols)
 * puts itself between the provider's module and the C library's socket, bind, setsockopt, accept4,
 * sendmsg, recvmsg and recv.
 */
#ifndef TEST_EVP_INJECT_H
#define TEST_EVP_INJECT_H

#include <stdbool.h>

enum call { CALL_SOCKET, CALL_BIND, CALL_SETSOCKOPT, CALL_ACCEPT, CALL_SEND, CALL_RECEIVE, CALLS };

extern const char *const call_name[CALLS];

struct fault {
    enum call call;
    unsigned int after; /* so many calls succeed first */
    unsigned int more;  /* so many fail behind the first that does */
    bool for_ever;      /* ... or all */
    bool late;          /* a receive that fails has written what it received */
    int error;          /* errno value, or 0: half of the data is sent or received */
};

/* The fault is in effect until inject_stop(). NULL counts the calls and lets all through. */
void inject_start(const struct fault *fault);
void inject_stop(void);

/* Calls of one sort since inject_start(). */
unsigned int inject_seen(enum call call);

/* Calls that have failed, or done half, since inject_start(). */
unsigned int inject_fired(void);

#endif
