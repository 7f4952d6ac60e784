/* Kills its process at one certain call (kill -9), loaded before the C library (LD_PRELOAD). ALIMI_TORTURE_KILL is KIND:NEEDLE:N, and
 * the N-th call of the kind is the last one:
 *
 *     disk   a write to, or a sync of, a file whose path contains NEEDLE
 *     ask    a write to a connection, of a request whose first line contains NEEDLE
 *     hear   a read from a connection, of the answer to such a request
 *
 * A write is made to its end, made in part, or not made: by chance. An answer has been read, and nothing has been done with it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS 1024

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char kind[8], needle[64];
static int left = -1;
/* Whether the last request of a connection is one that is looked for. */
static char wanted[CONNECTIONS];

#define REAL(name) __typeof__(&name) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

__attribute__((constructor)) static void begin(void)
{
    const char *order = getenv("ALIMI_TORTURE_KILL");
    if (!order || sscanf(order, "%7[^:]:%63[^:]:%d", kind, needle, &left) != 3) left = -1;
}

static int is_file(int fd)
{
    char path[PATH_MAX], link[64];
    ssize_t length;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    length = readlink(link, path, sizeof path - 1);
    path[length < 0 ? 0 : length] = 0;
    return strstr(path, needle) != NULL;
}

static int is_connection(int fd)
{
    struct stat file;
    return fd >= 0 && fd < CONNECTIONS && fstat(fd, &file) == 0 && S_ISSOCK(file.st_mode);
}

static int counts_down(void)
{
    int last;
    pthread_mutex_lock(&lock);
    last = left > 0 && --left == 0;
    pthread_mutex_unlock(&lock);
    return last;
}

/* Whether this call is the last one. */
static int now(const char *what, int fd, const char *data, size_t count)
{
    int before = errno, last = 0;
    if (left <= 0) return 0;
    if (strcmp(what, "disk") == 0) {
        last = strcmp(kind, "disk") == 0 && is_file(fd) && counts_down();
    } else if (is_connection(fd)) {
        if (data && count > 12 && (strncmp(data, "GET ", 4) == 0 || strncmp(data, "POST ", 5) == 0)) {
            size_t line = 0;
            while (line < count && data[line] != '\n') line++;
            wanted[fd] = memmem(data, line, needle, strlen(needle)) != NULL;
        }
        last = strcmp(kind, what) == 0 && wanted[fd] && counts_down();
    }
    errno = before;
    return last;
}

static void die(void)
{
    kill(getpid(), SIGKILL);
    pause();
}

/* How much of the last write is made. */
static size_t part(size_t count)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    switch (time.tv_nsec / 64 % 3) {
    case 0: return 0;
    case 1: return count;
    default: return count * (size_t)(time.tv_nsec % 1000) / 1000;
    }
}

ssize_t write(int fd, const void *data, size_t count)
{
    REAL(write);
    if (now("disk", fd, NULL, 0) || now("ask", fd, data, count)) {
        size_t some = part(count);
        if (some) real(fd, data, some);
        die();
    }
    return real(fd, data, count);
}

ssize_t pwrite(int fd, const void *data, size_t count, off_t at)
{
    REAL(pwrite);
    if (now("disk", fd, NULL, 0)) { size_t some = part(count); if (some) real(fd, data, some, at); die(); }
    return real(fd, data, count, at);
}

ssize_t pwrite64(int fd, const void *data, size_t count, off64_t at)
{
    REAL(pwrite64);
    if (now("disk", fd, NULL, 0)) { size_t some = part(count); if (some) real(fd, data, some, at); die(); }
    return real(fd, data, count, at);
}

int fsync(int fd)
{
    REAL(fsync);
    if (now("disk", fd, NULL, 0)) { if (part(1)) real(fd); die(); }
    return real(fd);
}

int fdatasync(int fd)
{
    REAL(fdatasync);
    if (now("disk", fd, NULL, 0)) { if (part(1)) real(fd); die(); }
    return real(fd);
}

ssize_t send(int fd, const void *data, size_t count, int flags)
{
    REAL(send);
    if (now("ask", fd, data, count)) { size_t some = part(count); if (some) real(fd, data, some, flags); die(); }
    return real(fd, data, count, flags);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    REAL(writev);
    if (count > 0 && now("ask", fd, parts[0].iov_base, parts[0].iov_len)) {
        int some = (int)part((size_t)count);
        if (some) real(fd, parts, some);
        die();
    }
    return real(fd, parts, count);
}

ssize_t recv(int fd, void *data, size_t count, int flags)
{
    REAL(recv);
    ssize_t got = real(fd, data, count, flags);
    if (got > 0 && now("hear", fd, NULL, 0)) die();
    return got;
}

ssize_t read(int fd, void *data, size_t count)
{
    REAL(read);
    ssize_t got = real(fd, data, count);
    if (got > 0 && now("hear", fd, NULL, 0)) die();
    return got;
}
