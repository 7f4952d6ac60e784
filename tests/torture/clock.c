/* A clock that jumps, for tests: loaded before the C library (LD_PRELOAD), it adds to the time of day the milliseconds that the file
 * ALIMI_TORTURE_CLOCK holds as text. The clock that only runs forward stays as it is. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *time)
{
    __typeof__(&clock_gettime) real = (__typeof__(&clock_gettime))dlsym(RTLD_NEXT, "clock_gettime");
    const char *path = getenv("ALIMI_TORTURE_CLOCK");
    char text[32];
    ssize_t length;
    int before = errno, file, result = real(clock, time);
    if (result != 0 || clock != CLOCK_REALTIME || !path) return result;
    file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) { errno = before; return result; }
    length = read(file, text, sizeof text - 1);
    close(file);
    errno = before;
    if (length <= 0) return result;
    text[length] = 0;
    long long moved = atoll(text);
    time->tv_sec += moved / 1000;
    time->tv_nsec += moved % 1000 * 1000000;
    if (time->tv_nsec < 0) { time->tv_nsec += 1000000000; time->tv_sec -= 1; }
    if (time->tv_nsec >= 1000000000) { time->tv_nsec -= 1000000000; time->tv_sec += 1; }
    return result;
}
