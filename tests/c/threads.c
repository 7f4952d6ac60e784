/*
 * Many threads call everything at once, while the client is shut down under them and while the process forks. The
 * arguments are an empty directory and the name of a scenario.
 */
#include "process.h"
#include <sched.h>
#include <stdatomic.h>

#define CALLERS 6

static const char *place;
static int32_t client;
static atomic_int stop, round_number, calls;
/* How many messages of each thread were accepted: their keys are ROUND-THREAD-NUMBER. */
static int accepted[CALLERS];

/* What a function may answer while another thread shuts the client down; others end the program. */
static int goes_on(int32_t code)
{
    atomic_fetch_add(&calls, 1);
    if (code == ALIMI_ERR_CLOSED || code == ALIMI_ERR_INVALID_HANDLE) return 0;
    if (code < 0) {
        CHECK(code == ALIMI_ERR_NOT_FOUND || code == ALIMI_ERR_TOO_LATE || code == ALIMI_ERR_UNFINISHED);
    }
    return 1;
}

static void *call_everything(void *context)
{
    int me = *(int *)context, number = 0;
    char *buffer = (char *)malloc(65536);
    const int32_t cap = 65536;
    accepted[me] = 0;
    while (!atomic_load(&stop)) {
        alimi_result_t result = empty_result();
        char key[32];
        int32_t code;
        snprintf(key, sizeof key, "%d-%d-%d", atomic_load(&round_number), me, number);
        code = alimi_send_alimtalk(client, key, number % 3 ? "010-0000-0000" : "010-0000-0010", "visit",
                                   "name=A\ntime=9", NULL, NULL, 0);
        if (code == ALIMI_OK) accepted[me] = ++number;
        if (!goes_on(code)) break;
        if (!goes_on(alimi_get_status(client, key, &result))) break;
        if (!goes_on(alimi_cancel(client, key))) break;
        if (!goes_on(alimi_poll_result(client, me == 0 ? 50 : 0, &result))) break;
        if (!goes_on(alimi_poll_result_json(client, 0, buffer, cap))) break;
        if (!goes_on(alimi_ack_result(client, key))) break;
        if (!goes_on(alimi_wake(client))) break;
        if (!goes_on(alimi_get_health(client, buffer, cap))) break;
        if (number % 4 == 0 && !goes_on(alimi_get_stats(client, "", buffer, cap))) break;
        if (number % 8 == 0 && !goes_on(alimi_flush(client, 1))) break;
        if (me == 1 && !goes_on(alimi_set_result_callback(client, number % 2 ? ignore_result : NULL, NULL))) break;
        if (me == 2) goes_on(alimi_set_log_callback(ALIMI_LOG_TRACE, number % 2 ? ignore_line : NULL, NULL));
    }
    free(buffer);
    return NULL;
}

static void start_callers(pthread_t *callers, int *names)
{
    int i;
    atomic_store(&stop, 0);
    atomic_store(&calls, 0);
    for (i = 0; i < CALLERS; i++) {
        names[i] = i;
        EQUAL(pthread_create(&callers[i], NULL, call_everything, &names[i]), 0);
    }
}

static void join(pthread_t *callers)
{
    int i;
    for (i = 0; i < CALLERS; i++) EQUAL(pthread_join(callers[i], NULL), 0);
}

static void everything_accepted_is_there(int round)
{
    int i, number;
    for (i = 0; i < CALLERS; i++) {
        for (number = 0; number < accepted[i]; number++) {
            alimi_result_t result = empty_result();
            char key[32];
            snprintf(key, sizeof key, "%d-%d-%d", round, i, number);
            EQUAL(alimi_get_status(client, key, &result), ALIMI_OK);
        }
    }
}

static void a_shutdown_under_many_threads_harms_nobody(int rounds)
{
    pthread_t callers[CALLERS];
    int names[CALLERS], round;
    for (round = 0; round < rounds; round++) {
        long began;
        int32_t code;
        client = start(place, "threads", "");
        if (round > 0) everything_accepted_is_there(round - 1);
        atomic_store(&round_number, round);
        start_callers(callers, names);
        while (atomic_load(&calls) < 100 + round * 17) sched_yield();
        code = alimi_shutdown(client, 2000);
        CHECK(code == ALIMI_OK || code == ALIMI_PENDING);
        began = milliseconds();
        join(callers);
        /* Nobody is left waiting: an answer takes moments, and a minute where one was forgotten. */
        CHECK(milliseconds() - began < 10000);
        while (threads() > 1) sched_yield();
    }
    EQUAL(alimi_set_log_callback(ALIMI_LOG_OFF, NULL, NULL), ALIMI_OK);
}

/* Children are born at moments when other threads hold whatever locks there are. */
static void a_fork_at_any_moment_harms_neither_parent_nor_child(void)
{
    pthread_t callers[CALLERS];
    int names[CALLERS], i;
    client = start(place, "fork", "");
    start_callers(callers, names);
    for (i = 0; i < 100; i++) {
        int seen = atomic_load(&calls);
        every_function_answers_forked_in_a_child(client, "{}");
        while (atomic_load(&calls) == seen) sched_yield(); /* the parent goes on */
    }
    atomic_store(&stop, 1);
    join(callers);
    everything_accepted_is_there(0);
    EQUAL(alimi_set_log_callback(ALIMI_LOG_OFF, NULL, NULL), ALIMI_OK);
    EQUAL(alimi_set_result_callback(client, NULL, NULL), ALIMI_OK);
    /* A child that ends by exit runs what the program and its libraries left for the end. */
    for (i = 0; i < 5; i++) {
        int status = 0;
        pid_t child = fork();
        if (child == 0) exit(0);
        CHECK(waitpid(child, &status, 0) == child);
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    send_to(client, "after", "010-0000-0000");
    EQUAL(alimi_flush(client, WAIT_MS), ALIMI_OK);
    EQUAL(alimi_shutdown(client, WAIT_MS) < 0, 0);
}

static void *open_and_close(void *context)
{
    int i;
    for (i = 0; i < 20; i++) {
        char name[16], config[4096];
        int32_t own = 0;
        snprintf(name, sizeof name, "own%d", *(int *)context);
        snprintf(config, sizeof config,
                 "{\"outbox\":{\"encryption\":\"none\",\"path\":\"%s/%s.db\"},\"logging\":{\"file\":null},\"accounts\":{\"a\":{\"sender_key\":\"k\"}}}",
                 place, name);
        if (alimi_init(config, &own) != ALIMI_OK || alimi_shutdown(own, WAIT_MS) != ALIMI_OK) return context;
    }
    return NULL;
}

static void clients_open_and_close_beside_each_other(void)
{
    pthread_t callers[CALLERS];
    int names[CALLERS], i;
    for (i = 0; i < CALLERS; i++) {
        names[i] = i;
        EQUAL(pthread_create(&callers[i], NULL, open_and_close, &names[i]), 0);
    }
    for (i = 0; i < CALLERS; i++) {
        void *wrong = NULL;
        EQUAL(pthread_join(callers[i], &wrong), 0);
        CHECK(wrong == NULL);
    }
    EQUAL(threads(), 1);
}

int main(int argc, char **argv)
{
    if (argc != 3) return 2;
    alarm(120); /* a test that hangs ends */
    place = argv[1];
    if (strcmp(argv[2], "shutdown") == 0) a_shutdown_under_many_threads_harms_nobody(40);
    else if (strcmp(argv[2], "short shutdown") == 0) a_shutdown_under_many_threads_harms_nobody(1);
    else if (strcmp(argv[2], "fork") == 0) a_fork_at_any_moment_harms_neither_parent_nor_child();
    else if (strcmp(argv[2], "clients") == 0) clients_open_and_close_beside_each_other();
    else return 2;
    return finish();
}
