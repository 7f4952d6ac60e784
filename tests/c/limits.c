/*
 * What the system does not give: room on the disk, room in a file, the right to write. The arguments are an empty directory and the name of
 * a scenario.
 */
#include "process.h"
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static const char *place;

/* ---- a full disk: these take the place of the system's own in every library of the program ---- */

static int full;

static int is_full(void)
{
    return __atomic_load_n(&full, __ATOMIC_SEQ_CST);
}

static void set_full(int value)
{
    __atomic_store_n(&full, value, __ATOMIC_SEQ_CST);
}

static ssize_t refuse(void)
{
    errno = ENOSPC;
    return -1;
}

ssize_t write(int fd, const void *bytes, size_t count)
{
    return is_full() && fd > 2 ? refuse() : (ssize_t)syscall(SYS_write, fd, bytes, count);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset)
{
    return is_full() && fd > 2 ? refuse() : (ssize_t)syscall(SYS_pwrite64, fd, bytes, count, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t offset)
{
    return pwrite(fd, bytes, count, offset);
}

static void limit_files(rlim_t bytes)
{
    struct rlimit limit;
    EQUAL(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes == 0 ? limit.rlim_max : bytes;
    EQUAL(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static int32_t send_number(int32_t client, int number)
{
    char key[16];
    snprintf(key, sizeof key, "F-%d", number);
    return alimi_send_text(client, key, "010-0000-0000", "text", "", NULL, 0);
}

static void a_full_disk_is_told_and_the_client_goes_on_afterwards(void)
{
    int32_t client = start(place, "full", "");
    alimi_result_t result = empty_result();
    EQUAL(send_number(client, 1), ALIMI_OK);
    EQUAL(take(client).state, ALIMI_STATE_DELIVERED);
    set_full(1);
    EQUAL(send_number(client, 2), ALIMI_ERR_DISK_FULL);
    EQUAL(alimi_get_status(client, "F-2", &result), ALIMI_ERR_NOT_FOUND);
    set_full(0);
    EQUAL(send_number(client, 2), ALIMI_OK);
    EQUAL(take(client).state, ALIMI_STATE_DELIVERED);
    EQUAL(alimi_shutdown(client, WAIT_MS), ALIMI_OK);
}

/* Writing fails as on a broken disk. The program has not asked for the signal that comes with it, and gets none. */
static void a_file_that_cannot_grow_is_told_and_the_client_goes_on_afterwards(void)
{
    int32_t client = start(place, "grow", ""), code = ALIMI_OK;
    alimi_result_t result = empty_result();
    int number, kept;
    limit_files(400 * 1024);
    for (number = 0; number < 20000 && code == ALIMI_OK; number++) code = send_number(client, number);
    EQUAL(code, ALIMI_ERR_OUTBOX_IO);
    kept = number - 1;
    EQUAL(send_number(client, kept), code);
    limit_files(0);
    code = send_number(client, kept);
    EQUAL(code, ALIMI_OK);
    for (number = 0; number <= kept; number++) {
        EQUAL(take(client).state, ALIMI_STATE_DELIVERED);
    }
    EQUAL(alimi_poll_result(client, 0, &result), ALIMI_EMPTY);
    EQUAL(alimi_shutdown(client, WAIT_MS), ALIMI_OK);
}

static void an_outbox_without_the_right_to_write_is_told(void)
{
    char path[2048], config[4096];
    int32_t client = 0;
    FILE *file;
    snprintf(path, sizeof path, "%s/closed.db", place);
    file = fopen(path, "w");
    CHECK(file != NULL && fclose(file) == 0);
    CHECK(chmod(path, 0444) == 0 && chmod(place, 0777) == 0);
    /* Root may write everything. */
    if (getuid() == 0) CHECK(setgid(65534) == 0 && setuid(65534) == 0);
    snprintf(config, sizeof config,
             "{\"outbox\":{\"encryption\":\"none\",\"path\":\"%s\"},\"logging\":{\"file\":null},\"accounts\":{\"a\":{\"sender_key\":\"k\"}}}", path);
    EQUAL(alimi_init(config, &client), ALIMI_ERR_OUTBOX_READ_ONLY);
    CHECK(says("closed.db"));
}

int main(int argc, char **argv)
{
    if (argc != 3) return 2;
    alarm(120); /* a test that hangs ends */
    place = argv[1];
    if (strcmp(argv[2], "disk") == 0) a_full_disk_is_told_and_the_client_goes_on_afterwards();
    else if (strcmp(argv[2], "file") == 0) a_file_that_cannot_grow_is_told_and_the_client_goes_on_afterwards();
    else if (strcmp(argv[2], "right") == 0) an_outbox_without_the_right_to_write_is_told();
    else return 2;
    return finish();
}
