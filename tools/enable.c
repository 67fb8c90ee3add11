/* SPDX-License-Identifier: Apache-2.0 */
/* afalgctl enable and disable: the provider in an openssl.cnf. */
#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "activation.h"
#include "afalg/params.h"
#include "afalgctl.h"
#include "change.h"
#include "cnf.h"
#include "fresh.h"
#include "services.h"

static int refuse(const char *file, const char *what, int error)
{
    fprintf(stderr, "afalgctl: %s: %s: %s%s\n", file, what,
            error == EINVAL ? "not a regular file" : strerror(error),
            error == EACCES || error == EPERM ? "; do it as root" : "");
    return STATUS_USAGE;
}

static int refuse_marks(const char *file)
{
    fprintf(stderr,
            "afalgctl: %s: not changed: one of the marks BEGIN afalg and END afalg is missing; "
            "remove what is left of the lines between them by hand\n",
            file);
    return STATUS_USAGE;
}

/* --- what is to be there --- */

/* Sets *path to the module's, or to "" if OpenSSL finds it by itself. False if there is none. */
static bool module_find(char path[PATH_MAX])
{
    const char *directory = getenv("OPENSSL_MODULES");
    char name[PATH_MAX], self[PATH_MAX];
    ssize_t len;

    snprintf(name, sizeof(name), "%s/afalg.so",
             directory == NULL ? OPENSSL_info(OPENSSL_INFO_MODULES_DIR) : directory);
    if (access(name, R_OK) == 0) {
        *path = '\0';
        return directory == NULL || realpath(name, path) != NULL;
    }
    len = readlink("/proc/self/exe", self, sizeof(self));
    if (len < 0 || (size_t)len >= sizeof(self))
        return false;
    while (len > 0 && self[len - 1] != '/')
        len--;
    snprintf(name, sizeof(name), "%.*s" AFALG_MODULE_FROM_BIN, (int)len, self);
    return realpath(name, path) != NULL && access(path, R_OK) == 0;
}

/* Appends the lines that the file lacks. */
static bool turn_on(struct change *change, const char *mode, const CONF *conf)
{
    char module[PATH_MAX];
    char *lines;
    bool ok;

    if (!module_find(module)) {
        fprintf(stderr,
                "afalgctl: no afalg.so in %s: install it there, or name its directory by "
                "OPENSSL_MODULES\n",
                OPENSSL_info(OPENSSL_INFO_MODULES_DIR));
        return false;
    }
    lines = activation_lines(conf, change->path, mode == NULL ? "auto" : mode,
                             *module == '\0' ? NULL : module);
    ok = lines != NULL && marked_append(&change->before, lines, &change->after);
    free(lines);
    return ok;
}

/* With the marks there already, the mode is all that there is to change. */
static bool set_mode(struct change *change, const char *mode)
{
    if (marked_set(&change->before, AFALG_CONF_MODE, mode, &change->after))
        return true;
    fprintf(stderr, "afalgctl: %s: not changed: no " AFALG_CONF_MODE " between the marks\n",
            change->path);
    return false;
}

/* --- changing it --- */

/* How OpenSSL takes the file, before and after. */
struct effect {
    const char *file;
    CONF *before; /* whose values have to stay; NULL: afalg was enabled, and has others now */
    struct fresh was;
};

/* False, with the reason printed, if a program that reads the file as it is gets nothing that
 * works. */
static bool effect_was_right(struct effect *effect)
{
    /* This user's word where modules are is not the services'. */
    unsetenv("OPENSSL_MODULES");
    if (fresh_try(effect->file, &effect->was) && effect->was.loads && effect->was.serves)
        return true;
    fprintf(stderr, "afalgctl: %s: not changed: OpenSSL does not work with it as it is: %s\n",
            effect->file, effect->was.error);
    return false;
}

/* Whether a provider that was active is no longer; prints which. */
static bool misses_provider(const struct effect *effect, const struct fresh *is)
{
    char names[sizeof(effect->was.providers) + sizeof(" afalg default")];
    char *rest = NULL;

    snprintf(names, sizeof(names), "%s afalg default", effect->was.providers);
    for (char *name = strtok_r(names, " ", &rest); name != NULL;
         name = strtok_r(NULL, " ", &rest)) {
        if (!fresh_has(is, name)) {
            fprintf(stderr, "afalgctl: the provider %s is not loaded\n", name);
            return true;
        }
    }
    return false;
}

/* Whether the file is as it has to be now; prints what is not. */
static bool effect_is_right(const struct effect *effect)
{
    CONF *after = cnf_read(effect->file);
    const char *lost =
        after == NULL || effect->before == NULL ? NULL : cnf_lost(effect->before, after);
    struct fresh is;
    bool ok = after != NULL && lost == NULL;

    if (lost != NULL)
        fprintf(stderr, "afalgctl: the key %s is no longer what it was\n", lost);
    if (ok && (!fresh_try(effect->file, &is) || !is.loads || !is.serves)) {
        fprintf(stderr, "afalgctl: OpenSSL does not work with it: %s\n", is.error);
        ok = false;
    }
    ok = ok && !misses_provider(effect, &is);
    NCONF_free(after);
    return ok;
}

static int undo(const struct change *change)
{
    int error = change_undo(change);

    if (error != 0)
        return refuse(change->path, "can't be restored; its backup is beside it", error);
    unlink(change->backup);
    fprintf(stderr, "afalgctl: %s: restored as it was\n", change->path);
    return STATUS_FINDINGS;
}

static int report(const struct change *change, const struct settings *settings, const char *what)
{
    printf("%s: afalg is %s", change->path, what);
    printf(access(change->backup, F_OK) == 0 ? "; as it was: %s\n" : "\n", change->backup);
    if (settings->file == NULL)
        services_print();
    return STATUS_OK;
}

static int enable_make(const struct change *change, const struct settings *settings,
                       const struct effect *effect)
{
    int error = change_back_up(change);

    if (error == 0)
        error = change_write(change);
    if (error != 0)
        return refuse(change->path, "can't be written", error);
    return effect_is_right(effect) ? report(change, settings, "enabled") : undo(change);
}

static int enabled_already(const struct change *change)
{
    printf("%s: afalg is enabled already\n", change->path);
    return STATUS_OK;
}

static int enable_with(struct change *change, const struct settings *settings,
                       struct effect *effect)
{
    if (!change_is_any(change))
        return enabled_already(change);
    if (!effect_was_right(effect))
        return STATUS_USAGE;
    return settings->dry_run ? change_print(change) : enable_make(change, settings, effect);
}

static int enable_anew(struct change *change, const struct settings *settings,
                       struct effect *effect)
{
    int status = STATUS_USAGE;

    /* An empty one for a file that is still missing. */
    effect->before = access(effect->file, F_OK) == 0 ? cnf_read(effect->file) : NCONF_new(NULL);
    if (effect->before != NULL && turn_on(change, settings->mode, effect->before))
        status = enable_with(change, settings, effect);
    NCONF_free(effect->before);
    return status;
}

static int enable_in(struct change *change, const struct settings *settings, const char *file)
{
    struct effect effect = { .file = file };

    if (marks_of(&change->before) == MARKS_NONE)
        return enable_anew(change, settings, &effect);
    if (settings->mode == NULL)
        return enabled_already(change);
    return set_mode(change, settings->mode) ? enable_with(change, settings, &effect) : STATUS_USAGE;
}

static int disable_in(struct change *change, const struct settings *settings, const char *file)
{
    int error;

    (void)file;
    if (marks_of(&change->before) == MARKS_NONE) {
        printf("%s: afalg is not enabled\n", change->path);
        return STATUS_OK;
    }
    if (!marked_remove(&change->before, &change->after))
        return refuse(change->path, "can't be changed", ENOMEM);
    if (settings->dry_run)
        return change_print(change);
    error = change_write(change);
    if (error != 0)
        return refuse(change->path, "can't be written", error);
    change_drop_backup(change);
    return report(change, settings, "disabled");
}

/* --- which file --- */

static bool has_marks(const char *file)
{
    struct text text;
    bool has = file_read(file, &text) == 0 && marks_of(&text) != MARKS_NONE;

    free(text.data);
    return has;
}

/* The file that has the marks, or is to have them: the drop-in, if others have theirs. */
static const char *target(const char *file, const char *drop_in)
{
    if (drop_in == NULL || (has_marks(file) && !has_marks(drop_in)))
        return file;
    return drop_in;
}

typedef int edit_fn(struct change *change, const struct settings *settings, const char *file);

static int edit_file(const char *path, const struct settings *settings, const char *file,
                     edit_fn *edit)
{
    struct change change;
    int error = change_open(&change, path);
    int status;

    if (error != 0)
        return refuse(path, "can't be read", error);
    status = marks_of(&change.before) == MARKS_BROKEN ? refuse_marks(change.path)
                                                      : edit(&change, settings, file);
    change_close(&change);
    return status;
}

/* A file that is named has to be there; one that OpenSSL would read can be made. */
static int edit_configuration(const struct settings *settings, edit_fn *edit)
{
    char *usual = settings->file == NULL ? CONF_get1_default_config_file() : NULL;
    const char *file = usual == NULL ? settings->file : usual;
    char *drop_in = file == NULL ? NULL : cnf_drop_in(file);
    int status;

    if (file == NULL)
        status = refuse("openssl.cnf", "its name is not known", ENOMEM);
    else if (settings->file != NULL && access(file, F_OK) != 0)
        status = refuse(file, "can't be read", errno);
    else
        status = edit_file(target(file, drop_in), settings, file, edit);
    free(drop_in);
    OPENSSL_free(usual);
    return status;
}

int enable_command(const struct settings *settings)
{
    return edit_configuration(settings, enable_in);
}

int disable_command(const struct settings *settings)
{
    return edit_configuration(settings, disable_in);
}
