/* SPDX-License-Identifier: Apache-2.0 */
/* Speeds, as a table or as JSON. */
#include <stdio.h>

#include "bench.h"
#include "json.h"

static const char *const side_names[] = {
    [BENCH_SOFTWARE] = "software", [BENCH_KERNEL] = "kernel"
};

static double bytes_of(const struct bench_size *size, enum bench_side side)
{
    return (double)size->len * (double)size->of[side].requests;
}

/* 10^6 bytes per second. */
static double speed(const struct bench_size *size, enum bench_side side)
{
    return bytes_of(size, side) / size->of[side].took.seconds / 1e6;
}

/* Seconds of this process per 10^9 bytes. */
static double cost(const struct bench_size *size, enum bench_side side)
{
    return size->of[side].took.cpu / bytes_of(size, side) * 1e9;
}

/* --- the table --- */

void bench_print_head(void)
{
    printf("%-10s%9s%9s%9s%9s%9s%9s%10s\n", "MB/s", "16 B", "256 B", "1 KiB", "4 KiB", "16 KiB",
           "64 KiB", "CPU s/GB");
}

static void print_side(const struct bench_result *result, enum bench_side side)
{
    printf("  %-8s", side_names[side]);
    for (size_t i = 0; i < BENCH_SIZES; i++) {
        if (i < result->sizes)
            printf("%9.2f", speed(&result->size[i], side));
        else
            printf("%9s", "-");
    }
    printf("%10.2f\n", cost(&result->size[result->sizes - 1], side));
}

void bench_print(const struct bench_subject *subject, const struct afalg_driver *driver,
                 const struct bench_result *result)
{
    printf("%s by %s%s\n", subject->name, driver->driver, driver->hardware ? ", hardware" : "");
    for (int side = 0; side < BENCH_SIDES; side++)
        print_side(result, side);
    fflush(stdout);
}

/* --- JSON --- */

static struct json_object *size_json(const struct bench_size *size)
{
    struct json_object *object = json_object_new_object();

    json_object_object_add(object, "bytes", json_object_new_int64((int64_t)size->len));
    for (int side = 0; side < BENCH_SIDES; side++) {
        struct json_object *of = json_object_new_object();

        json_object_object_add(of, "requests",
                               json_object_new_int64((int64_t)size->of[side].requests));
        json_object_object_add(of, "MB/s", json_object_new_double(speed(size, side)));
        json_object_object_add(of, "CPU s/GB", json_object_new_double(cost(size, side)));
        json_object_object_add(object, side_names[side], of);
    }
    return object;
}

void bench_add_json(const struct bench_subject *subject, const struct afalg_driver *driver,
                    const struct bench_result *result, struct json_object *array)
{
    struct json_object *object = json_object_new_object(), *sizes = json_object_new_array();

    json_add_text(object, "algorithm", subject->name);
    json_add_text(object, "driver", driver->driver);
    json_object_object_add(object, "hardware", json_object_new_boolean(driver->hardware));
    json_object_object_add(object, "kernel_requests",
                           json_object_new_int64((int64_t)result->kernel_requests));
    for (size_t i = 0; i < result->sizes; i++)
        json_object_array_add(sizes, size_json(&result->size[i]));
    json_object_object_add(object, "sizes", sizes);
    json_object_array_add(array, object);
}
