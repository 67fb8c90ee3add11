/* SPDX-License-Identifier: Apache-2.0 */
/* What the configuration has set. */
#ifndef AFALG_SETTINGS_H
#define AFALG_SETTINGS_H

#include <stdbool.h>

enum log_level {
    LOG_NONE,
    LOG_SUMMARY,  /* the report, at teardown */
    LOG_PROGRESS, /* and lines as it goes: not every process ends with a teardown */
    LOG_OFFERS,   /* and, when the kernel is asked, what is offered or why not */
    LOG_REQUESTS, /* and each request: by the kernel or by software, and why */
};

enum verify_mode {
    VERIFY_NO,
    VERIFY_FIRST, /* a few answers of each sort, see backend/verify.h */
    VERIFY_ALWAYS,
};

/** The provider's section; strings are borrowed from the core, or constant. */
struct config {
    bool automatic; /* mode = auto */
    bool fallback;
    bool binds;         /* mode = kernel: bind all names when asked what there is: afalgctl's */
    bool excluded;      /* the key "programs" keeps the running program out */
    bool keys;          /* mode = auto: offer what the kernel has for keys that only it has */
    char **key_sockets; /* see key/key_socket.h; owned */
    const char *software, *software_config; /* a query; a file, or NULL */
    const char *algorithms;                 /* NULL: all */
    const char *hardware;                   /* NULL: as the flags say */
    enum verify_mode verify;
    enum log_level log;
    char *log_file; /* NULL: standard error; owned */
};

#endif
