/* SPDX-License-Identifier: Apache-2.0 */
#include "tls_pair.h"

static void write_server(FILE *out, const struct tls_server *server)
{
    fprintf(out, "\t%.1f\t%.9f", server->time, server->gigabytes);
    for (int i = 0; i < CPU_STATES; i++)
        fprintf(out, "\t%.3f", server->seconds[i]);
}

void tls_pair_write(FILE *out, const char *suite, const char *file, const struct tls_pair *pair)
{
    fprintf(out, "%s\t%s\t%.5f", suite, file, pair->ratio);
    for (int i = 0; i < SERVERS; i++)
        write_server(out, &pair->servers[i]);
    fprintf(out, "\n");
}

static bool read_server(FILE *in, struct tls_server *server)
{
    bool done = fscanf(in, "%lf %lf", &server->time, &server->gigabytes) == 2;

    for (int i = 0; done && i < CPU_STATES; i++)
        done = fscanf(in, "%lf", &server->seconds[i]) == 1;
    return done;
}

bool tls_pair_read(FILE *in, char suite[TLS_NAME_MAX], char file[TLS_NAME_MAX],
                   struct tls_pair *pair)
{
    bool done = fscanf(in, "%31s %31s %lf", suite, file, &pair->ratio) == 3;

    for (int i = 0; done && i < SERVERS; i++)
        done = read_server(in, &pair->servers[i]);
    return done;
}
