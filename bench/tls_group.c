/* SPDX-License-Identifier: Apache-2.0 */
#include "tls_group.h"

static void write_server(FILE *out, const struct tls_server *server)
{
    fprintf(out, "\t%.5f\t%.1f\t%.9f", server->ratio, server->time, server->gigabytes);
    for (int i = 0; i < CPU_STATES; i++)
        fprintf(out, "\t%.3f", server->seconds[i]);
}

void tls_group_write(FILE *out, const char *suite, const char *file, const struct tls_group *group)
{
    fprintf(out, "%s\t%s\t%u", suite, file, group->count);
    for (unsigned i = 0; i < group->count; i++)
        write_server(out, &group->servers[i]);
    fprintf(out, "\n");
}

static bool read_server(FILE *in, struct tls_server *server)
{
    bool done = fscanf(in, "%lf %lf %lf", &server->ratio, &server->time, &server->gigabytes) == 3;

    for (int i = 0; done && i < CPU_STATES; i++)
        done = fscanf(in, "%lf", &server->seconds[i]) == 1;
    return done;
}

bool tls_group_read(FILE *in, char suite[TLS_NAME_MAX], char file[TLS_NAME_MAX],
                    struct tls_group *group)
{
    bool done =
        fscanf(in, "%31s %31s %u", suite, file, &group->count) == 3 && group->count <= SERVERS_MAX;

    for (unsigned i = 0; done && i < group->count; i++)
        done = read_server(in, &group->servers[i]);
    return done;
}
