/* SPDX-License-Identifier: Apache-2.0 */
/* The drivers that the kernel could load. */
#ifndef AFALG_SOCKET_MODULES_H
#define AFALG_SOCKET_MODULES_H

#include <stdbool.h>
#include <stddef.h>

/** The names that modules of the running kernel answer to. */
struct module_index;
/** NETLINK_CRYPTO's module, as modprobe is asked for it. */
#define NETLINK_CRYPTO_ALIAS "net-pf-16-proto-21"
/** Makes @index; without its files it is empty. 0, or -errno and @index is as it was. */
int afalg_module_index_read(struct module_index **index);
void afalg_module_index_free(struct module_index *index);
/** Whether a module, built in or not, has the alias crypto-@name (@len bytes). */
bool afalg_module_index_has(const struct module_index *index, const char *name, size_t len);
/** Whether one can open NETLINK_CRYPTO. */
bool afalg_module_index_netlink(const struct module_index *index);
/** Whether @module is built into the kernel. */
bool afalg_module_index_builtin(const struct module_index *index, const char *module);
/** Whether the running kernel has no index here (a container, a kernel without modules). */
bool afalg_module_index_missing(const struct module_index *index);

#endif
