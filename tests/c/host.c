/*
 * What alimi does to the process it lives in. The arguments are an empty directory and the name of a scenario.
 */
#include "process.h"
#include <dlfcn.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static const char *place;

/* ---- nothing grows ---- */

static void cycle(int number)
{
    char key[32];
    int32_t client;
    start_shared = number % 4 != 0;
    client = start(place, "cycle", ",\"gateways\":{\"g\":{\"type\":\"sandbox\",\"delay_ms\":0}}");
    snprintf(key, sizeof key, "C-%d", number % 10);
    if (number < 10) {
        send_to(client, key, "010-0000-0000");
        take(client);
    }
    if (number % 3 == 0) EQUAL(alimi_set_result_callback(client, ignore_result, NULL), ALIMI_OK);
    EQUAL(alimi_shutdown(client, WAIT_MS), ALIMI_OK);
    /* Its threads have ended, not only been told to. */
    EQUAL(threads(), 1);
}

static void a_thousand_starts_leave_nothing_behind(void)
{
    int number, files;
    long memory;
    for (number = 0; number < 100; number++) cycle(number);
    files = descriptors();
    memory = resident_kib();
    for (; number < 1000; number++) cycle(number);
    EQUAL(descriptors(), files);
    /* 900 starts; 2 MiB are 2 KiB for each, less than the smallest thing that could be forgotten. */
    CHECK(resident_kib() - memory < 2048);
}

/* A client that could not be started leaves nothing behind either. */
static void a_start_that_fails_leaves_nothing_behind(void)
{
    int32_t other, client = start(place, "held", "");
    char config[4096];
    int number, files, count;
    long memory = 0;
    snprintf(config, sizeof config,
             "{\"outbox\":{\"encryption\":\"none\",\"path\":\"%s/held.db\"},\"logging\":{\"file\":null},\"accounts\":{\"a\":{\"sender_key\":\"k\"}}}",
             place);
    files = descriptors();
    count = threads();
    for (number = 0; number < 600; number++) {
        if (number == 300) memory = resident_kib();
        EQUAL(alimi_init(config, &other), ALIMI_ERR_OUTBOX_LOCKED);
        EQUAL(other, 0);
    }
    EQUAL(threads(), count);
    EQUAL(descriptors(), files);
    CHECK(resident_kib() - memory < 1024);
    EQUAL(alimi_shutdown(client, WAIT_MS), ALIMI_OK);
}

/* ---- shutdown is bounded ---- */

static const char patient[] = ",\"retry\":{\"request_timeout_ms\":300000}";

/* The promise is a time: `timeout` and a quarter of a second. A busy machine gets two seconds more. */
static void shutdown_ends_in_time(int32_t client, int32_t timeout, int32_t expected)
{
    long began = milliseconds();
    EQUAL(alimi_shutdown(client, timeout), expected);
    CHECK(milliseconds() - began < timeout + 250 + 2000);
}

static void shutdown_is_bounded_while_a_request_hangs(void)
{
    alimi_result_t result = empty_result();
    static const int32_t timeouts[] = {0, 300};
    size_t i;
    for (i = 0; i < 2; i++) {
        char name[16];
        int32_t client;
        snprintf(name, sizeof name, "hang%d", (int)i);
        client = start(place, name, patient);
        send_to(client, "H-1", "010-0000-0033");
        EQUAL(alimi_get_status(client, "H-1", &result), ALIMI_OK);
        EQUAL(result.state, ALIMI_STATE_SENDING);
        shutdown_ends_in_time(client, timeouts[i], ALIMI_PENDING);
        EQUAL(threads(), 1);
        /* What hung is settled by the next start, not sent again: the sandbox cannot tell, so nobody can. */
        client = start(place, name, "");
        result = take(client);
        EQUAL(result.state, ALIMI_STATE_UNKNOWN);
        EQUAL(result.attempts, 1);
        EQUAL(alimi_shutdown(client, WAIT_MS), ALIMI_OK);
    }
}

static void a_flush_of_a_hanging_request_and_a_reservation_ends_as_told(void)
{
    int32_t client = start(place, "flush", patient);
    EQUAL(alimi_flush(client, WAIT_MS), ALIMI_OK);
    send_to(client, "F-1", "010-0000-0033");
    EQUAL(alimi_flush(client, 50), ALIMI_PENDING);
    shutdown_ends_in_time(client, 0, ALIMI_PENDING);
}

/* ---- the program ends without a word ---- */

static void ALIMI_CALL end_the_program(int32_t client, const alimi_result_t *result, void *context)
{
    (void)client, (void)result, (void)context;
    exit(0);
}

static void *end_from_a_thread(void *context)
{
    (void)context;
    exit(0);
}

/* Messages of every kind are open when the program ends; the test opens the outbox again and finds them. */
static void end_without_shutdown(const char *how)
{
    int i;
    int32_t client = start(place, "left", patient);
    for (i = 0; i < 100; i++) {
        char key[16], to[32];
        snprintf(key, sizeof key, "L-%d", i);
        snprintf(to, sizeof to, "010-0000-00%02d", i % 3 == 0 ? 33 : i % 3 == 1 ? 0 : 10);
        send_to(client, key, to);
    }
    if (strcmp(how, "exit") == 0) exit(0);
    if (strcmp(how, "_exit") == 0) _exit(0);
    if (strcmp(how, "kill") == 0) kill(getpid(), SIGKILL);
    if (strcmp(how, "thread") == 0) {
        pthread_t thread;
        pthread_create(&thread, NULL, end_from_a_thread, NULL);
        pthread_join(thread, NULL);
    }
    if (strcmp(how, "callback") == 0) {
        EQUAL(alimi_set_result_callback(client, end_the_program, NULL), ALIMI_OK);
        for (;;) pause();
    }
    /* "main": the caller returns from main. */
}

/* ---- an idle client sleeps ---- */

static void add(const char *value, void *sum)
{
    *(long *)sum += atol(value);
}

static long wakes(int *count)
{
    long sum = 0;
    *count = of_our_threads("voluntary_ctxt_switches:", add, &sum);
    return sum;
}

static void rest(long ms)
{
    struct timespec span;
    span.tv_sec = ms / 1000;
    span.tv_nsec = ms % 1000 * 1000000L;
    nanosleep(&span, NULL);
}

static void an_idle_client_has_two_threads_that_never_wake(void)
{
    int count, tries;
    long before;
    char option[64];
    time_t later = time(NULL) + 10 * 3600; /* in an hour, in Korean time */
    int32_t client = start(place, "idle", "");
    strftime(option, sizeof option, "send_at=%Y%m%d%H%M%S", gmtime(&later));
    send_to(client, "I-1", "010-0000-0010");
    take(client);
    /* A reservation is no reason to wake before its time. */
    EQUAL(alimi_send_text(client, "I-2", "010-0000-0000", "later", option, NULL, 0), ALIMI_OK);
    for (tries = 0; tries < 100; tries++) { /* until what was under way has been done */
        before = wakes(&count);
        rest(20);
        if (wakes(&count) == before) break;
    }
    before = wakes(&count);
    EQUAL(count, 2);
    EQUAL(threads(), 3);
    rest(1500); /* wake-ups are counted over a span, so a span must pass */
    EQUAL(wakes(&count), before);
    EQUAL(alimi_shutdown(client, WAIT_MS), ALIMI_PENDING);
}

/* ---- signals ---- */

static volatile sig_atomic_t taken, taken_elsewhere;

static void note_signal(int signal)
{
    (void)signal;
    taken++;
    if (syscall(SYS_gettid) != getpid()) taken_elsewhere++;
}

static void blocks(const char *value, void *context)
{
    static const int signals[] = {SIGHUP, SIGINT, SIGTERM, SIGALRM, SIGCHLD, SIGUSR1, SIGUSR2, SIGPIPE, SIGIO, SIGWINCH};
    unsigned long long mask = strtoull(value, NULL, 16);
    size_t i;
    (void)context;
    for (i = 0; i < sizeof signals / sizeof *signals; i++) CHECK(mask >> (signals[i] - 1) & 1);
    /* By these and those of real time, virtual machines stop threads to collect garbage. */
    CHECK(!(mask >> (SIGPWR - 1) & 1) && !(mask >> (SIGXCPU - 1) & 1));
    CHECK(!(mask >> (SIGSEGV - 1) & 1)); /* the host's crash reporter must see a fault */
}

static void ignore_value(const char *value, void *context)
{
    (void)value, (void)context;
}

static void our_threads_take_no_signal(void)
{
    struct sigaction action;
    int i;
    int32_t client = start(place, "signals", "");
    EQUAL(alimi_set_result_callback(client, ignore_result, NULL), ALIMI_OK);
    memset(&action, 0, sizeof action);
    action.sa_handler = note_signal;
    sigaction(SIGUSR1, &action, NULL);
    while (of_our_threads("SigBlk:", ignore_value, NULL) < 3) sched_yield(); /* a thread names itself when it runs */
    EQUAL(of_our_threads("SigBlk:", blocks, NULL), 3);
    for (i = 0; i < 200; i++) kill(getpid(), SIGUSR1);
    EQUAL(taken, 200);
    EQUAL(taken_elsewhere, 0);
    EQUAL(alimi_shutdown(client, WAIT_MS), ALIMI_OK);
}

/* ---- the current directory belongs to the program ---- */

static void write_file(const char *path, const char *text, size_t size)
{
    FILE *file = fopen(path, "wb");
    CHECK(file != NULL && fwrite(text, 1, size, file) == size && fclose(file) == 0);
}

static int is_there(const char *path)
{
    char whole[2048];
    struct stat status;
    snprintf(whole, sizeof whole, "%s/%s", place, path);
    return stat(whole, &status) == 0;
}

static void the_program_may_change_its_directory(void)
{
    static const char config[] =
        "{\"outbox\":{\"encryption\":\"none\",\"path\":\"here.db\"},\"logging\":{\"file\":\"here.log\",\"level\":\"trace\"},"
        "\"gateways\":{\"g\":{\"type\":\"sandbox\",\"journal\":\"here.journal\"}},"
        "\"accounts\":{\"clinic\":{\"sender_key\":\"any\",\"sender_number\":\"070-0000-0001\"}},"
        "\"templates\":{\"visit\":{\"text\":\"#{name} - #{time}\",\"fallback\":{\"image\":\"here.jpg\"}}}}";
    int32_t client = 0;
    char cwd[1024], health[4096];
    CHECK(chdir(place) == 0);
    write_file("here.jpg", "\xff\xd8\xff\xc0\0\x0b\x08\0\x08\0\x08\x01\x01\x11\0", 15);
    write_file("here.json", config, sizeof config - 1);
    EQUAL(alimi_init("here.json", &client), ALIMI_OK);
    CHECK(chdir("/") == 0);
    send_to(client, "D-1", "010-0000-0010");
    EQUAL(take(client).channel, ALIMI_CHANNEL_MMS);
    EQUAL(alimi_get_health(client, health, (int32_t)sizeof health), ALIMI_OK);
    CHECK(strstr(health, "\"disk_free_bytes\":0,") == NULL);
    EQUAL(alimi_shutdown(client, WAIT_MS), ALIMI_OK);
    CHECK(getcwd(cwd, sizeof cwd) != NULL && strcmp(cwd, "/") == 0);
    CHECK(is_there("here.db") && is_there("here.log") && is_there("here.journal"));
}

/* ---- unloading ---- */

/* A second copy of the library, found by name at run time: this program itself holds the first one. */
static void *library;

/* As POSIX says it is to be done: a pointer to a function is no void pointer in C. */
#define FIND(function, name) (*(void **)&(function) = dlsym(library, name), CHECK((function) != NULL))

static void copy_the_library(const char *to)
{
    char line[1200], *path = NULL, *bytes = NULL;
    struct stat status;
    FILE *file = fopen("/proc/self/maps", "r");
    CHECK(file != NULL);
    while (path == NULL && fgets(line, sizeof line, file) != NULL)
        if (strstr(line, "libalimi.so") != NULL) path = strchr(line, '/');
    CHECK(fclose(file) == 0 && path != NULL);
    path[strcspn(path, "\n")] = '\0';
    CHECK(stat(path, &status) == 0 && (bytes = malloc((size_t)status.st_size)) != NULL);
    CHECK((file = fopen(path, "rb")) != NULL);
    CHECK(fread(bytes, 1, (size_t)status.st_size, file) == (size_t)status.st_size && fclose(file) == 0);
    write_file(to, bytes, (size_t)status.st_size);
    free(bytes);
}

static void a_library_that_is_unloaded_with_a_live_client_goes_on(void)
{
    int32_t (ALIMI_CALL *init)(const char *, int32_t *);
    int32_t (ALIMI_CALL *send)(int32_t, const char *, const char *, const char *, const char *, char *, int32_t);
    int32_t (ALIMI_CALL *poll)(int32_t, int32_t, alimi_result_t *);
    int32_t (ALIMI_CALL *ack)(int32_t, const char *);
    alimi_result_t result = empty_result();
    char file[1024], config[2048], key[32];
    int32_t client = 0;
    int number;
    snprintf(file, sizeof file, "%s/copy.so", place);
    snprintf(config, sizeof config, "{\"outbox\":{\"encryption\":\"none\",\"path\":\"%s/unload.db\"},"
        "\"gateways\":{\"sandbox\":{\"type\":\"sandbox\",\"delay_ms\":50}},\"logging\":{\"file\":null},"
        "\"accounts\":{\"clinic\":{\"sender_key\":\"any\",\"sender_number\":\"070-0000-0001\"}}}", place);
    copy_the_library(file);
    CHECK((library = dlopen(file, RTLD_NOW | RTLD_LOCAL)) != NULL);
    FIND(init, "alimi_init");
    CHECK(init != alimi_init);
    FIND(send, "alimi_send_text");
    EQUAL(init(config, &client), ALIMI_OK);
    for (number = 0; number < 50; number++) {
        snprintf(key, sizeof key, "K-%d", number);
        EQUAL(send(client, key, "010-0000-0000", "text", "", NULL, 0), ALIMI_OK);
    }
    for (number = 0; number < 5; number++) dlclose(library);
    /* The worker goes on meanwhile, and the client is the same. */
    CHECK((library = dlopen(file, RTLD_NOW | RTLD_NOLOAD)) != NULL);
    FIND(poll, "alimi_poll_result");
    FIND(ack, "alimi_ack_result");
    for (number = 0; number < 50; number++) {
        EQUAL(poll(client, WAIT_MS, &result), ALIMI_OK);
        EQUAL(result.state, ALIMI_STATE_DELIVERED);
        EQUAL(ack(client, result.key), ALIMI_OK);
    }
    /* The program ends without a shutdown as well. */
    dlclose(library);
}

int main(int argc, char **argv)
{
    if (argc != 3) return 2;
    alarm(120); /* a test that hangs ends */
    place = argv[1];
    if (strcmp(argv[2], "cycles") == 0) a_thousand_starts_leave_nothing_behind();
    else if (strcmp(argv[2], "failed_starts") == 0) a_start_that_fails_leaves_nothing_behind();
    else if (strcmp(argv[2], "bounded") == 0) {
        shutdown_is_bounded_while_a_request_hangs();
        a_flush_of_a_hanging_request_and_a_reservation_ends_as_told();
    } else if (strcmp(argv[2], "idle") == 0) an_idle_client_has_two_threads_that_never_wake();
    else if (strcmp(argv[2], "signals") == 0) our_threads_take_no_signal();
    else if (strcmp(argv[2], "directory") == 0) the_program_may_change_its_directory();
    else if (strcmp(argv[2], "unload") == 0) a_library_that_is_unloaded_with_a_live_client_goes_on();
    else if (strncmp(argv[2], "end:", 4) == 0) end_without_shutdown(argv[2] + 4);
    else return 2;
    return finish();
}
