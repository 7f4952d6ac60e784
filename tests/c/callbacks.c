/*
 * Functions of the program that alimi calls may do what they like: call everything, end the client, hang. The arguments are
 * an empty directory and the name of a scenario.
 */
#include "process.h"
#include <sched.h>
#include <semaphore.h>

static const char *place;
static int32_t client;
static sem_t inside, open_gate;

static void wait_for(sem_t *semaphore)
{
    struct timespec deadline;
    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += 60;
    EQUAL(sem_timedwait(semaphore, &deadline), 0);
}

/* The promise is a time: `timeout` and a quarter of a second. A busy machine gets two seconds more. */
static void shutdown_ends_in_time(int32_t timeout, int32_t expected)
{
    long began = milliseconds();
    EQUAL(alimi_shutdown(client, timeout), expected);
    CHECK(milliseconds() - began < timeout + 250 + 2000);
}

/* A message that fails writes a line, from the thread that owns the outbox. */
static void make_a_line(const char *key)
{
    send_to(client, key, "010-0000-0015");
}

static int is_about_a_message(const char *text)
{
    return strncmp(text, "message ", 8) == 0;
}

/* ---- the log callback calls everything ---- */

static void *everything(void *context)
{
    static char buffer[65536];
    const int32_t cap = (int32_t)sizeof buffer;
    alimi_result_t result = empty_result();
    long began = milliseconds();
    (void)context;
    EQUAL(alimi_send_text(client, "in-1", "010-0000-0001", "text", "", NULL, 0), ALIMI_ERR_INSIDE_CALLBACK);
    CHECK(says("log callback"));
    EQUAL(alimi_send_alimtalk(client, "in-2", "010-0000-0001", "visit", "name=A\ntime=9", "", NULL, 0),
          ALIMI_ERR_INSIDE_CALLBACK);
    EQUAL(alimi_send_batch(client, "[{\"key\":\"in-3\",\"to\":\"010-0000-0001\",\"text\":\"x\"}]", buffer, cap),
          ALIMI_ERR_INSIDE_CALLBACK);
    EQUAL(alimi_cancel(client, "L-1"), ALIMI_ERR_INSIDE_CALLBACK);
    EQUAL(alimi_ack_result(client, "L-1"), ALIMI_ERR_INSIDE_CALLBACK);
    EQUAL(alimi_flush(client, 60000), ALIMI_ERR_INSIDE_CALLBACK);
    EQUAL(alimi_wake(client), ALIMI_OK);
    EQUAL(alimi_poll_result(client, 60000, &result), ALIMI_EMPTY);
    EQUAL(alimi_poll_result_json(client, 60000, buffer, cap), ALIMI_EMPTY);
    EQUAL(alimi_get_status(client, "L-1", &result), ALIMI_OK);
    EQUAL(alimi_get_status(client, "in-1", &result), ALIMI_ERR_NOT_FOUND);
    EQUAL(alimi_get_stats(client, "", buffer, cap), ALIMI_OK);
    EQUAL(alimi_get_health(client, buffer, cap), ALIMI_OK);
    EQUAL(alimi_set_result_callback(client, ignore_result, NULL), ALIMI_OK);
    EQUAL(alimi_set_result_callback(client, NULL, NULL), ALIMI_OK);
    EQUAL(alimi_version(buffer, cap), ALIMI_OK);
    CHECK(milliseconds() - began < 20000);
    return NULL;
}

static void ALIMI_CALL call_everything(int32_t level, const char *text, void *context)
{
    (void)level;
    if (!is_about_a_message(text)) return;
    everything(context);
    EQUAL(alimi_set_log_callback(ALIMI_LOG_OFF, NULL, NULL), ALIMI_CALLBACK_RUNNING);
    sem_post(&inside);
}

static void the_log_callback_may_call_everything(void)
{
    client = start(place, "everything", "");
    EQUAL(alimi_set_log_callback(ALIMI_LOG_TRACE, call_everything, NULL), ALIMI_OK);
    make_a_line("L-1");
    wait_for(&inside);
    EQUAL(take(client).state, ALIMI_STATE_FAILED);
    /* Afterwards everything works. */
    send_to(client, "L-2", "010-0000-0000");
    EQUAL(take(client).state, ALIMI_STATE_DELIVERED);
    EQUAL(alimi_shutdown(client, WAIT_MS), ALIMI_OK);
    EQUAL(threads(), 1);
}

static void ALIMI_CALL shut_down(int32_t level, const char *text, void *context)
{
    static int done;
    (void)level, (void)context;
    if (!is_about_a_message(text) || done++) return;
    shutdown_ends_in_time(3000, ALIMI_PENDING);
    EQUAL(alimi_wake(client), ALIMI_ERR_INVALID_HANDLE);
    sem_post(&inside);
}

static void the_log_callback_may_end_its_client(void)
{
    alimi_result_t result;
    client = start(place, "ended", "");
    EQUAL(alimi_set_log_callback(ALIMI_LOG_INFO, shut_down, NULL), ALIMI_OK);
    make_a_line("L-1");
    wait_for(&inside);
    while (threads() > 1) sched_yield();
    EQUAL(alimi_set_log_callback(ALIMI_LOG_OFF, NULL, NULL), ALIMI_OK);
    client = start(place, "ended", "");
    result = take(client);
    EQUAL(strcmp(result.key, "L-1"), 0);
    EQUAL(result.state, ALIMI_STATE_FAILED);
    EQUAL(alimi_shutdown(client, WAIT_MS), ALIMI_OK);
}

/* ---- callbacks that hang ---- */

static void ALIMI_CALL hang_in_line(int32_t level, const char *text, void *context)
{
    (void)level, (void)context;
    if (!is_about_a_message(text)) return;
    sem_post(&inside);
    wait_for(&open_gate);
}

static void shutdown_is_bounded_while_the_log_callback_hangs(void)
{
    client = start(place, "line", "");
    EQUAL(alimi_set_log_callback(ALIMI_LOG_TRACE, hang_in_line, NULL), ALIMI_OK);
    make_a_line("H-1");
    wait_for(&inside);
    shutdown_ends_in_time(200, ALIMI_PENDING);
    CHECK(threads() > 1);
    sem_post(&open_gate);
    while (threads() > 1) sched_yield();
    EQUAL(alimi_set_log_callback(ALIMI_LOG_OFF, NULL, NULL), ALIMI_OK);
}

static void ALIMI_CALL hang_in_result(int32_t number, const alimi_result_t *result, void *context)
{
    (void)context;
    EQUAL(alimi_ack_result(number, result->key), ALIMI_OK);
    sem_post(&inside);
    wait_for(&open_gate);
}

static void shutdown_is_bounded_while_the_result_callback_hangs(void)
{
    client = start(place, "result", "");
    EQUAL(alimi_set_result_callback(client, hang_in_result, NULL), ALIMI_OK);
    send_to(client, "H-1", "010-0000-0000");
    wait_for(&inside);
    shutdown_ends_in_time(200, ALIMI_CALLBACK_RUNNING);
    EQUAL(alimi_wake(client), ALIMI_ERR_INVALID_HANDLE);
    sem_post(&open_gate);
    while (threads() > 1) sched_yield();
}

/* ---- OK means that nothing runs any more ---- */

static volatile int returned;

static void *open_later(void *context)
{
    struct timespec moment = {0, 100000000};
    nanosleep(&moment, NULL); /* so that a removal that does not wait comes first */
    sem_post(&open_gate);
    return context;
}

static void stay_inside(void)
{
    sem_post(&inside);
    wait_for(&open_gate);
    returned = 1;
}

static void ALIMI_CALL remove_the_line(int32_t level, const char *text, void *context)
{
    (void)level, (void)context;
    if (!is_about_a_message(text)) return;
    EQUAL(alimi_set_log_callback(ALIMI_LOG_OFF, NULL, NULL), ALIMI_CALLBACK_RUNNING);
    stay_inside();
}

static void ALIMI_CALL remove_the_result(int32_t number, const alimi_result_t *result, void *context)
{
    (void)context;
    EQUAL(alimi_ack_result(number, result->key), ALIMI_OK);
    EQUAL(alimi_set_result_callback(number, NULL, NULL), ALIMI_CALLBACK_RUNNING);
    stay_inside();
}

/* A function that removed itself goes on for a while; a removal from outside waits for it. */
static void a_removal_that_is_done_leaves_nothing_running(void)
{
    pthread_t opener;
    int round;
    for (round = 0; round < 3; round++) {
        char name[16];
        snprintf(name, sizeof name, "removal%d", round);
        client = start(place, name, "");
        returned = 0;
        if (round == 0) EQUAL(alimi_set_log_callback(ALIMI_LOG_INFO, remove_the_line, NULL), ALIMI_OK);
        else EQUAL(alimi_set_result_callback(client, remove_the_result, NULL), ALIMI_OK);
        make_a_line("R-1");
        wait_for(&inside);
        EQUAL(pthread_create(&opener, NULL, open_later, NULL), 0);
        if (round == 0) EQUAL(alimi_set_log_callback(ALIMI_LOG_OFF, NULL, NULL), ALIMI_OK);
        else if (round == 1) EQUAL(alimi_set_result_callback(client, NULL, NULL), ALIMI_OK);
        else EQUAL(alimi_shutdown(client, WAIT_MS), ALIMI_OK);
        EQUAL(returned, 1);
        EQUAL(pthread_join(opener, NULL), 0);
        if (round < 2) CHECK(alimi_shutdown(client, WAIT_MS) >= 0);
    }
}

/* ---- the result callback ---- */

static int32_t answers[2];

static void ALIMI_CALL acknowledge_and_end(int32_t number, const alimi_result_t *result, void *context)
{
    (void)context;
    EQUAL(number, client);
    EQUAL(alimi_ack_result(number, result->key), ALIMI_OK);
    if (strcmp(result->key, "R-9") != 0) return;
    answers[0] = alimi_shutdown(number, WAIT_MS);
    answers[1] = alimi_shutdown(number, WAIT_MS);
    sem_post(&inside);
}

static void the_result_callback_may_end_its_client_while_results_wait(void)
{
    int round, i;
    for (round = 0; round < 10; round++) {
        char name[16], key[16];
        snprintf(name, sizeof name, "callback%d", round);
        client = start(place, name, ",\"gateways\":{\"g\":{\"type\":\"sandbox\",\"delay_ms\":0}}");
        EQUAL(alimi_set_result_callback(client, acknowledge_and_end, NULL), ALIMI_OK);
        for (i = 0; i < 20; i++) {
            snprintf(key, sizeof key, "R-%d", i);
            /* The last ones may come too late. */
            if (alimi_send_text(client, key, "010-0000-0000", "text", "", NULL, 0) != ALIMI_OK) CHECK(i > 9);
        }
        wait_for(&inside);
        CHECK(answers[0] == ALIMI_OK || answers[0] == ALIMI_PENDING);
        EQUAL(answers[1], ALIMI_ERR_INVALID_HANDLE);
        while (threads() > 1) sched_yield();
    }
}

int main(int argc, char **argv)
{
    if (argc != 3) return 2;
    alarm(120); /* a test that hangs ends */
    place = argv[1];
    sem_init(&inside, 0, 0);
    sem_init(&open_gate, 0, 0);
    if (strcmp(argv[2], "everything") == 0) the_log_callback_may_call_everything();
    else if (strcmp(argv[2], "end") == 0) {
        the_log_callback_may_end_its_client();
        the_result_callback_may_end_its_client_while_results_wait();
    } else if (strcmp(argv[2], "hang") == 0) {
        shutdown_is_bounded_while_the_log_callback_hangs();
        shutdown_is_bounded_while_the_result_callback_hangs();
    } else if (strcmp(argv[2], "removal") == 0) a_removal_that_is_done_leaves_nothing_running();
    else return 2;
    return finish();
}
