/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "afalg/socket.h"

bool afalg_error_is_transient(int error)
{
    return error == -EMFILE || error == -ENFILE || error == -ENOMEM || error == -ENOBUFS ||
           error == -EINTR;
}
