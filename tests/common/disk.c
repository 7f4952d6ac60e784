/* A disk that fails when it is told to, for tests: loaded before the C library (LD_PRELOAD), it makes calls on the outbox fail
 * while a file of a certain name is in the folder ALIMI_TEST_FAULTS: "full" - no file grows; "readonly" - nothing is written;
 * "sync" - no sync succeeds. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static int fails(int fd, const char *fault)
{
    char path[PATH_MAX], link[64];
    const char *folder = getenv("ALIMI_TEST_FAULTS");
    ssize_t length;
    int before = errno, there;
    if (!folder) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    length = readlink(link, path, sizeof path - 1);
    if (length < 0) length = 0;
    path[length] = 0;
    if (!strstr(path, "/outbox.db")) { errno = before; return 0; }
    snprintf(path, sizeof path, "%s/%s", folder, fault);
    there = access(path, F_OK) == 0;
    errno = before;
    return there;
}

/* Whether the file cannot be written, or would grow beyond `end` on a disk that is full. */
static int full(int fd, off_t end)
{
    struct stat file;
    if (fails(fd, "readonly")) { errno = EROFS; return 1; }
    if (!fails(fd, "full") || fstat(fd, &file) != 0 || end <= file.st_size) return 0;
    errno = ENOSPC;
    return 1;
}

#define REAL(name) __typeof__(&name) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

ssize_t write(int fd, const void *data, size_t count)
{
    REAL(write);
    if (full(fd, lseek(fd, 0, SEEK_CUR) + (off_t)count)) return -1;
    return real(fd, data, count);
}

ssize_t pwrite(int fd, const void *data, size_t count, off_t at)
{
    REAL(pwrite);
    if (full(fd, at + (off_t)count)) return -1;
    return real(fd, data, count, at);
}

ssize_t pwrite64(int fd, const void *data, size_t count, off64_t at)
{
    REAL(pwrite64);
    if (full(fd, at + (off_t)count)) return -1;
    return real(fd, data, count, at);
}

int ftruncate(int fd, off_t size)
{
    REAL(ftruncate);
    if (full(fd, size)) return -1;
    return real(fd, size);
}

int ftruncate64(int fd, off64_t size)
{
    REAL(ftruncate64);
    if (full(fd, size)) return -1;
    return real(fd, size);
}

int fsync(int fd)
{
    REAL(fsync);
    if (fails(fd, "sync")) { errno = EIO; return -1; }
    return real(fd);
}

int fdatasync(int fd)
{
    REAL(fdatasync);
    if (fails(fd, "sync")) { errno = EIO; return -1; }
    return real(fd);
}
