/* SPDX-License-Identifier: Apache-2.0 */
#include "privilege.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool complain(const char *what, const char *problem)
{
    fprintf(stderr, "afalgctl: %s: %s\n", what, problem);
    return false;
}

static const struct passwd *find_user(const char *user)
{
    const struct passwd *entry = getpwnam(user);
    char *end;
    unsigned long id;

    if (entry != NULL)
        return entry;
    id = strtoul(user, &end, 10);
    return *user == '\0' || *end != '\0' ? NULL : getpwuid((uid_t)id);
}

static bool become(const char *user)
{
    const struct passwd *entry = find_user(user);

    if (entry == NULL)
        return complain(user, "no such user");
    if (initgroups(entry->pw_name, entry->pw_gid) != 0 ||
        setresgid(entry->pw_gid, entry->pw_gid, entry->pw_gid) != 0 ||
        setresuid(entry->pw_uid, entry->pw_uid, entry->pw_uid) != 0)
        return complain(user, strerror(errno));
    return true;
}

/* Takes CAP_SETPCAP. Without it the set stays, and no_new_privs makes it void. */
static void clear_bounding_set(void)
{
    for (int capability = 0; prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0; capability++)
        ;
}

static bool drop_capabilities(void)
{
    struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };

    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 ||
        syscall(SYS_capset, &header, none) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return complain("capabilities", strerror(errno));
    return true;
}

bool privilege_drop(const char *user, bool all)
{
    if (all)
        clear_bounding_set();
    if (user != NULL && !become(user))
        return false;
    return !all || drop_capabilities();
}
