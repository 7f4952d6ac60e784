/* What a C program sees of its own process, and how the programs here open a client. */
#ifndef PROCESS_H
#define PROCESS_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "check.h"
#include <dirent.h>
#include <pthread.h>
#include <time.h>

#define WAIT_MS 20000

static long milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000L + now.tv_nsec / 1000000L;
}

/* Whether the next start shares its outbox with others. */
static int start_shared = 0;

/* Opens an outbox of this name in the directory; `more` is further configuration that begins with a comma, or "". */
static int32_t start(const char *directory, const char *name, const char *more)
{
    static char config[4096];
    int32_t client = 0;
    snprintf(config, sizeof config,
             "{\"outbox\":{\"encryption\":\"none\",\"path\":\"%s/%s.db\",\"shared\":%s},\"logging\":{\"file\":null},"
             "\"accounts\":{\"clinic\":{\"sender_key\":\"any\",\"sender_number\":\"070-0000-0001\"}},"
             "\"templates\":{\"visit\":{\"text\":\"#{name} - #{time}\"}}%s}",
             directory, name, start_shared ? "true" : "false", more);
    EQUAL(alimi_init(config, &client), ALIMI_OK);
    CHECK(client > 0);
    return client;
}

static void send_to(int32_t client, const char *key, const char *to)
{
    EQUAL(alimi_send_alimtalk(client, key, to, "visit", "name=A\ntime=9", NULL, NULL, 0), ALIMI_OK);
}

/* Takes and acknowledges one result. A poll may end early. */
static alimi_result_t take(int32_t client)
{
    alimi_result_t result = empty_result();
    int32_t code;
    long end = milliseconds() + WAIT_MS;
    while ((code = alimi_poll_result(client, WAIT_MS, &result)) == ALIMI_EMPTY && milliseconds() < end) continue;
    EQUAL(code, ALIMI_OK);
    EQUAL(alimi_ack_result(client, result.key), ALIMI_OK);
    return result;
}

static int entries(const char *path)
{
    int count = 0;
    DIR *directory = opendir(path);
    CHECK(directory != NULL);
    while (readdir(directory) != NULL) count++;
    closedir(directory);
    return count - 2;
}

#ifndef OTHER_THREADS
#define OTHER_THREADS 0 /* those of a sanitizer */
#endif

/* One that was joined may still be listed for a moment, with the mark that it is ending. */
static int threads_listed(void)
{
    int count = 0;
    struct dirent *entry;
    DIR *directory = opendir("/proc/self/task");
    CHECK(directory != NULL);
    while ((entry = readdir(directory)) != NULL) {
        char path[300], line[512];
        char *rest = NULL;
        unsigned int flags = 0;
        FILE *file;
        if (entry->d_name[0] == '.') continue;
        snprintf(path, sizeof path, "/proc/self/task/%s/stat", entry->d_name);
        file = fopen(path, "r");
        if (file == NULL) continue; /* gone meanwhile */
        if (fgets(line, sizeof line, file) != NULL) rest = strrchr(line, ')');
        if (rest != NULL && sscanf(rest, ") %*c %*d %*d %*d %*d %*d %u", &flags) == 1 && !(flags & 4)) count++;
        fclose(file);
    }
    closedir(directory);
    return count - OTHER_THREADS;
}

/* Threads that are alive. The list ends early where a thread ends while it is read, so it is read until it stays the same. */
static int threads(void)
{
    int count = threads_listed(), before;
    do {
        before = count;
        count = threads_listed();
    } while (count != before);
    return count;
}

/* One less than the directory shows: reading it takes one. */
static int descriptors(void)
{
    return entries("/proc/self/fd") - 1;
}

static long resident_kib(void)
{
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    CHECK(file != NULL && fscanf(file, "%*s %ld", &pages) == 1);
    fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

/* The value after `name` in the status of a thread; empty where the thread is gone or is none of alimi. */
static void field_of_ours(const char *thread, const char *name, char *value, size_t size)
{
    char path[300], line[256];
    int ours = 0;
    FILE *file;
    *value = '\0';
    snprintf(path, sizeof path, "/proc/self/task/%s/status", thread);
    file = fopen(path, "r");
    if (file == NULL) return;
    while (fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, "Name:\talimi-", 12) == 0) ours = 1;
        if (ours && strncmp(line, name, strlen(name)) == 0) snprintf(value, size, "%s", line + strlen(name));
    }
    fclose(file);
}

/* Calls `look` with a field of the status of each thread of alimi; the answer is how many there are. */
static int of_our_threads(const char *name, void (*look)(const char *value, void *context), void *context)
{
    int count = 0;
    struct dirent *entry;
    DIR *directory = opendir("/proc/self/task");
    CHECK(directory != NULL);
    while ((entry = readdir(directory)) != NULL) {
        char value[128];
        field_of_ours(entry->d_name, name, value, sizeof value);
        if (*value == '\0') continue;
        look(value, context);
        count++;
    }
    closedir(directory);
    return count;
}

#endif
