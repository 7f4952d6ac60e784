/*
 * What the two C programs of the benchmark share: the message that every contender sends, clocks, and the line of figures.
 *
 * Every program prints one JSON object: messages, seconds, cpu_us (of the process, user and system, over these seconds),
 * first_ms (from the first call of a fresh process to "the gateway has it"), peak_kib, and what else it measured.
 */
#ifndef COMMON_H
#define COMMON_H

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static void fail(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s\n", what, why);
    exit(1);
}

static void *room(size_t bytes)
{
    void *memory = malloc(bytes);
    if (memory == NULL) fail("memory", "there is none");
    return memory;
}

/* Microseconds. */
static double now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec * 1e6 + at.tv_nsec / 1e3;
}

/* Microseconds of the whole process, user and system. */
static double cpu(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e6 + used.ru_utime.tv_usec + used.ru_stime.tv_usec;
}

/* ru_maxrss would count the process that started this one. */
static long peak_kib(void)
{
    char line[256];
    long kib = 0;
    FILE *status = fopen("/proc/self/status", "r");
    while (status != NULL && fgets(line, sizeof line, status) != NULL) sscanf(line, "VmHWM: %ld", &kib);
    if (status != NULL) fclose(status);
    return kib;
}

/* A recipient of the simulator whose message is delivered: the last two digits choose what happens. */
static void recipient(int number, char *to)
{
    int ending = number / 100 % 60;
    sprintf(to, "0100000%02d%02d", number % 100, ending < 10 ? ending : ending + 40);
}

/* The values of a message; only one differs. `mark` is how the gateway wants names written. */
#define VALUES(open, close)                                                                                            \
    "\"" open "기관명" close "\":\"나루의원\",\"" open "환자명" close "\":\"김하늘%d\",\"" open "예약일" close                \
    "\":\"12월 1일\",\"" open "예약시간" close "\":\"14:30\",\"" open "진료과" close "\":\"내과\",\"" open "의사" close           \
    "\":\"이바다\""

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Prints "name":{"p50":..,"p99":..,"p999":..,"mean":..} of microseconds; sorts them. */
static void print_latency(const char *name, double *took, int count)
{
    double sum = 0;
    int at;
    for (at = 0; at < count; at++) sum += took[at];
    qsort(took, count, sizeof *took, ascending);
    printf("\"%s\":{\"p50\":%.1f,\"p99\":%.1f,\"p999\":%.1f,\"mean\":%.1f},", name, took[(count - 1) / 2],
           took[(int)((count - 1) * 0.99)], took[(int)((count - 1) * 0.999)], sum / count);
}

static void print_figures(int messages, double seconds, double cpu_us, double first_ms)
{
    printf("\"messages\":%d,\"seconds\":%.6f,\"cpu_us\":%.0f,\"first_ms\":%.3f,\"peak_kib\":%ld}\n", messages, seconds,
           cpu_us, first_ms, peak_kib());
}

#endif
