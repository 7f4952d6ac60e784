/* Records what a process does to its outbox, to its sandbox's journal and to its standard output, in one order, so that a power
 * cut can be played at every point of it. Loaded before the C library (LD_PRELOAD); the record is ALIMI_TORTURE_RECORD.
 *
 * A record: kind ('w' write, 't' truncate, 's' sync, 'u' unlink), file ('d' database, 'l' its log, 'r' its rollback journal,
 * 'j' the sandbox's journal, 'o' standard output, 'f' the folder), both one byte; offset and length as 64 bits of this machine; the bytes of a write.
 * One lock is held over the call and its record, so the order of the record is the order on the file. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int record = -1;

#define REAL(name) __typeof__(&name) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

static int ends(const char *path, const char *end)
{
    size_t length = strlen(path), tail = strlen(end);
    return length >= tail && strcmp(path + length - tail, end) == 0;
}

static char file_at(const char *path)
{
    if (ends(path, "/outbox.db")) return 'd';
    if (ends(path, "/outbox.db-wal")) return 'l';
    if (ends(path, "/outbox.db-journal")) return 'r';
    return ends(path, "/journal") ? 'j' : 0;
}

static char file_of(int fd)
{
    char path[PATH_MAX], link[64];
    const char *folder = getenv("ALIMI_TORTURE_FOLDER");
    ssize_t length;
    int before = errno;
    if (!folder) return 0;
    if (fd == 1) return 'o';
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    length = readlink(link, path, sizeof path - 1);
    errno = before;
    if (length <= 0) return 0;
    path[length] = 0;
    return strcmp(path, folder) == 0 ? 'f' : file_at(path);
}

static void put(const void *data, size_t count)
{
    REAL(write);
    const char *at = data;
    while (count > 0) {
        ssize_t done = real(record, at, count);
        if (done <= 0) abort();
        at += done;
        count -= (size_t)done;
    }
}

static void note(char kind, char file, uint64_t at, const void *data, uint64_t count)
{
    int before = errno;
    if (record < 0) record = open(getenv("ALIMI_TORTURE_RECORD"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    put(&kind, 1);
    put(&file, 1);
    put(&at, sizeof at);
    put(&count, sizeof count);
    if (data) put(data, count);
    /* Killed from outside, a call could be made and not recorded. */
    if (access(getenv("ALIMI_TORTURE_DIE"), F_OK) == 0) kill(getpid(), SIGKILL);
    errno = before;
}

#define RECORDED(kind, call, done, at, data, count) RECORDED_OF(file_of(fd), kind, call, done, at, data, count)
#define RECORDED_OF(which, kind, call, done, at, data, count)        \
    do {                                                             \
        char file = which;                                           \
        if (!file) return call;                                      \
        pthread_mutex_lock(&lock);                                   \
        __typeof__(call) result = call;                              \
        if (done) note(kind, file, (uint64_t)(at), data, (uint64_t)(count)); \
        pthread_mutex_unlock(&lock);                                 \
        return result;                                               \
    } while (0)

/* The place is asked for after the call; the standard output has none, and of it only the order matters. */
ssize_t write(int fd, const void *data, size_t count)
{
    REAL(write);
    RECORDED('w', real(fd, data, count), result > 0, lseek(fd, 0, SEEK_CUR) - result, data, result);
}

ssize_t pwrite(int fd, const void *data, size_t count, off_t at)
{
    REAL(pwrite);
    RECORDED('w', real(fd, data, count, at), result > 0, at, data, result);
}

ssize_t pwrite64(int fd, const void *data, size_t count, off64_t at)
{
    REAL(pwrite64);
    RECORDED('w', real(fd, data, count, at), result > 0, at, data, result);
}

int ftruncate(int fd, off_t size)
{
    REAL(ftruncate);
    RECORDED('t', real(fd, size), result == 0, size, NULL, 0);
}

int ftruncate64(int fd, off64_t size)
{
    REAL(ftruncate64);
    RECORDED('t', real(fd, size), result == 0, size, NULL, 0);
}

int unlink(const char *path)
{
    REAL(unlink);
    RECORDED_OF(file_at(path), 'u', real(path), result == 0, 0, NULL, 0);
}

int fsync(int fd)
{
    REAL(fsync);
    RECORDED('s', real(fd), result == 0, 0, NULL, 0);
}

int fdatasync(int fd)
{
    REAL(fdatasync);
    RECORDED('s', real(fd), result == 0, 0, NULL, 0);
}
