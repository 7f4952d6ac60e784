/*
 * Every function of the header with a client of the sandbox. The only argument is an empty directory for the outbox.
 * The configuration says CP949, so Korean stands here as its bytes.
 */
#include "check.h"
#include <time.h>

#define PATIENT "\xb1\xe8\xb0\xa1\x8c\x63" /* three syllables, the last one only in CP949 */
#define WAIT_MS 10000

static char config[4096];
static char buffer[1024 * 1024];
static const int32_t cap = (int32_t)sizeof buffer;

static int32_t start(const char *directory, const char *name)
{
    int32_t client = 0;
    sprintf(config,
            "{\"outbox\":{\"encryption\":\"none\",\"path\":\"%.1000s/%.100s.db\"},\"encoding\":\"cp949\",\"logging\":{\"file\":null},"
            "\"accounts\":{\"clinic\":{\"sender_key\":\"any\",\"sender_number\":\"070-0000-0001\"}},"
            "\"templates\":{\"visit\":{\"code\":\"V1\",\"text\":\"#{name} - #{time}\"}}}",
            directory, name);
    EQUAL(alimi_init(config, &client), ALIMI_OK);
    CHECK(client > 0);
    return client;
}

/* An hour from now in Korean time, as the option send_at. */
static const char *later(void)
{
    static char option[64];
    time_t when = time(NULL) + 10 * 3600;
    strftime(option, sizeof option, "send_at=%Y%m%d%H%M%S", gmtime(&when));
    return option;
}

static void a_message_goes_from_send_to_an_acknowledged_result(int32_t client)
{
    static const char variables[] = "name=" PATIENT "\ntime=10:00";
    alimi_result_t result = empty_result();
    EQUAL(alimi_send_alimtalk(client, "A-1", "010-0000-0001", "visit", variables, NULL, NULL, 0), ALIMI_OK);
    EQUAL(alimi_send_alimtalk(client, "A-1", "010-0000-0001", "visit", variables, "", buffer, 4), ALIMI_DUPLICATE);
    EQUAL(strcmp(buffer, "A-1"), 0);
    EQUAL(alimi_send_alimtalk(client, "A-1", "010-0000-0001", "visit", "name=B\ntime=10:00", NULL, NULL, 0),
          ALIMI_ERR_KEY_CONFLICT);
    EQUAL(alimi_poll_result(client, WAIT_MS, &result), ALIMI_OK);
    EQUAL(result.size, sizeof result);
    EQUAL(strcmp(result.key, "A-1"), 0);
    EQUAL(result.state, ALIMI_STATE_DELIVERED);
    EQUAL(result.channel, ALIMI_CHANNEL_ALIMTALK);
    EQUAL(result.certainty, ALIMI_CERTAINTY_SENT);
    EQUAL(strcmp(result.account, "clinic"), 0);
    CHECK(strlen(result.finished) == 29);
    memset(&result, 0, sizeof result);
    result.size = ALIMI_RESULT_SIZE_MIN;
    EQUAL(alimi_get_status(client, "A-1", &result), ALIMI_OK);
    EQUAL(result.state, ALIMI_STATE_DELIVERED);
    EQUAL(result.account[0], 0);
    EQUAL(alimi_ack_result(client, "A-1"), ALIMI_OK);
    EQUAL(alimi_ack_result(client, "A-1"), ALIMI_OK);
    EQUAL(alimi_get_status(client, "A-0", &result), ALIMI_ERR_NOT_FOUND);
    EQUAL(alimi_ack_result(client, "A-0"), ALIMI_ERR_NOT_FOUND);
    EQUAL(alimi_poll_result(client, 0, &result), ALIMI_EMPTY);
}

static void a_result_as_json_is_not_lost_when_the_buffer_is_short(int32_t client)
{
    char key[ALIMI_KEY_SIZE];
    EQUAL(alimi_send_text(client, "", "010-0000-0001", PATIENT, "tag=recall", key, 64), ALIMI_ERR_BUFFER_TOO_SMALL);
    EQUAL(atoi(key), ALIMI_KEY_SIZE);
    EQUAL(alimi_send_text(client, NULL, "010-0000-0001", PATIENT, "tag=recall", NULL, 0), ALIMI_ERR_INVALID_ARGUMENT);
    EQUAL(alimi_send_text(client, NULL, "010-0000-0001", PATIENT, "tag=recall", key, ALIMI_KEY_SIZE), ALIMI_OK);
    EQUAL(alimi_poll_result_json(client, WAIT_MS, buffer, 0), ALIMI_ERR_BUFFER_TOO_SMALL);
    EQUAL(alimi_poll_result_json(client, 0, buffer, 10), ALIMI_ERR_BUFFER_TOO_SMALL);
    EQUAL(alimi_poll_result_json(client, 0, buffer, (int32_t)atoi(buffer)), ALIMI_OK);
    CHECK(strstr(buffer, key) != NULL);
    CHECK(strstr(buffer, "\"state\":\"delivered\",\"channel\":\"sms\"") != NULL);
    CHECK(strstr(buffer, "\"tag\":\"recall\"") != NULL);
    EQUAL(alimi_ack_result(client, key), ALIMI_OK);
    EQUAL(alimi_poll_result_json(client, 0, buffer, cap), ALIMI_EMPTY);
}

static void a_batch_has_a_verdict_for_each_message(int32_t client)
{
    static const char batch[] =
        "[{\"key\":\"B-1\",\"to\":\"010-0000-0001\",\"text\":\"one\"},"
        "{\"key\":\"B-2\",\"to\":\"nobody\",\"text\":\"two\"}]";
    alimi_result_t result = empty_result();
    EQUAL(alimi_send_batch(client, batch, buffer, 3 * ALIMI_BATCH_ENTRY_SIZE - 1), ALIMI_ERR_BUFFER_TOO_SMALL);
    EQUAL(atoi(buffer), 3 * ALIMI_BATCH_ENTRY_SIZE);
    EQUAL(alimi_get_status(client, "B-1", &result), ALIMI_ERR_NOT_FOUND);
    EQUAL(alimi_send_batch(client, batch, buffer, 3 * ALIMI_BATCH_ENTRY_SIZE), ALIMI_PARTIAL);
    CHECK(strstr(buffer, "[{\"key\":\"B-1\",\"code\":0},{\"key\":\"B-2\",\"code\":-300,\"error\":\"") == buffer);
    EQUAL(alimi_poll_result(client, WAIT_MS, &result), ALIMI_OK);
    EQUAL(strcmp(result.key, "B-1"), 0);
    EQUAL(alimi_ack_result(client, "B-1"), ALIMI_OK);
    EQUAL(alimi_send_batch(client, "[]", buffer, ALIMI_BATCH_ENTRY_SIZE), ALIMI_OK);
    EQUAL(strcmp(buffer, "[]"), 0);
    EQUAL(alimi_send_batch(client, "{", buffer, cap), ALIMI_ERR_INVALID_JSON);
    CHECK(says("messages_json"));
}

static void a_reserved_message_can_be_cancelled_once(int32_t client)
{
    alimi_result_t result = empty_result();
    EQUAL(alimi_send_text(client, "C-1", "010-0000-0001", "text", later(), NULL, 0), ALIMI_OK);
    EQUAL(alimi_get_status(client, "C-1", &result), ALIMI_OK);
    EQUAL(result.state, ALIMI_STATE_SCHEDULED);
    EQUAL(alimi_ack_result(client, "C-1"), ALIMI_ERR_UNFINISHED);
    EQUAL(alimi_flush(client, WAIT_MS), ALIMI_OK);
    EQUAL(alimi_cancel(client, "C-1"), ALIMI_OK);
    EQUAL(alimi_cancel(client, "C-1"), ALIMI_ERR_TOO_LATE);
    EQUAL(alimi_cancel(client, "C-0"), ALIMI_ERR_NOT_FOUND);
    EQUAL(alimi_poll_result(client, WAIT_MS, &result), ALIMI_OK);
    EQUAL(result.state, ALIMI_STATE_CANCELLED);
    EQUAL(result.reason, ALIMI_REASON_CANCELLED_BY_CALLER);
    EQUAL(alimi_ack_result(client, "C-1"), ALIMI_OK);
}

static void statistics_and_health_are_told(int32_t client)
{
    EQUAL(alimi_get_stats(client, NULL, buffer, cap), ALIMI_OK);
    CHECK(buffer[0] == '{' || buffer[0] == '[');
    EQUAL(alimi_get_stats(client, "", buffer, 3), ALIMI_ERR_BUFFER_TOO_SMALL);
    EQUAL(alimi_get_stats(client, "no_such_name=1", buffer, cap), ALIMI_ERR_UNKNOWN_OPTION);
    EQUAL(alimi_sync_templates(client, WAIT_MS, buffer, cap), ALIMI_OK);
    CHECK(strstr(buffer, "\"complete\":true") != NULL);
    CHECK(strstr(buffer, "\"findings\":[]") != NULL);
    EQUAL(alimi_sync_templates(client, WAIT_MS, buffer, 5), ALIMI_ERR_BUFFER_TOO_SMALL);
    EQUAL(alimi_sync_templates(client, -1, buffer, cap), ALIMI_ERR_INVALID_ARGUMENT);
    EQUAL(alimi_get_health(client, buffer, cap), ALIMI_OK);
    EQUAL(buffer[0], '{');
    EQUAL(alimi_get_health(client, buffer, 5), ALIMI_ERR_BUFFER_TOO_SMALL);
}

/* One text argument after the other is NULL, not CP949, or endless; all others are good. */
static void wrong_texts_are_refused_by_name(int32_t client, const char *huge)
{
    static const char *wrong[] = {NULL, "ab\xff", NULL};
    const int32_t codes[] = {ALIMI_ERR_INVALID_ARGUMENT, ALIMI_ERR_ENCODING, ALIMI_ERR_INVALID_ARGUMENT};
    alimi_result_t result = empty_result();
    int i;
    wrong[2] = huge;
    for (i = 0; i < 3; i++) {
        const char *w = wrong[i];
        int32_t code = codes[i];
        EQUAL(alimi_send_alimtalk(client, "W", w, "visit", "", "", NULL, 0), code);
        CHECK(says("to: "));
        EQUAL(alimi_send_alimtalk(client, "W", "010-0000-0001", w, "", "", NULL, 0), code);
        CHECK(says("template_name: "));
        EQUAL(alimi_send_text(client, "W", w, "text", "", NULL, 0), code);
        CHECK(says("to: "));
        EQUAL(alimi_send_text(client, "W", "010-0000-0001", w, "", NULL, 0), code);
        CHECK(says("text: "));
        EQUAL(alimi_send_batch(client, w, buffer, cap), code);
        CHECK(says("messages_json: "));
        EQUAL(alimi_cancel(client, w), code);
        EQUAL(alimi_ack_result(client, w), code);
        EQUAL(alimi_get_status(client, w, &result), code);
        CHECK(says("key: "));
        if (w == NULL) continue; /* these may be NULL */
        EQUAL(alimi_send_alimtalk(client, w, "010-0000-0001", "visit", "", "", NULL, 0), code);
        CHECK(says("key: "));
        EQUAL(alimi_send_alimtalk(client, "W", "010-0000-0001", "visit", w, "", NULL, 0), code);
        CHECK(says("variables: "));
        EQUAL(alimi_send_alimtalk(client, "W", "010-0000-0001", "visit", "", w, NULL, 0), code);
        CHECK(says("options: "));
        EQUAL(alimi_send_text(client, w, "010-0000-0001", "text", "", NULL, 0), code);
        CHECK(says("key: "));
        EQUAL(alimi_send_text(client, "W", "010-0000-0001", "text", w, NULL, 0), code);
        CHECK(says("options: "));
        EQUAL(alimi_get_stats(client, w, buffer, cap), code);
        CHECK(says("query: "));
    }
    EQUAL(alimi_get_status(client, "W", &result), ALIMI_ERR_NOT_FOUND);
}

static void wrong_buffers_and_times_are_refused(int32_t client)
{
    static const int32_t sizes[] = {0, -1, 1, ALIMI_RESULT_SIZE_MIN - 1, 1 << 20};
    alimi_result_t result = empty_result();
    size_t i;
    EQUAL(alimi_send_text(client, "W", "010-0000-0001", "text", "", buffer, -1), ALIMI_ERR_INVALID_ARGUMENT);
    EQUAL(alimi_send_text(client, "W", "010-0000-0001", "text", "", buffer, 0), ALIMI_ERR_BUFFER_TOO_SMALL);
    EQUAL(alimi_send_batch(client, "[]", NULL, 100), ALIMI_ERR_INVALID_ARGUMENT);
    EQUAL(alimi_send_batch(client, "[]", buffer, -1), ALIMI_ERR_INVALID_ARGUMENT);
    EQUAL(alimi_send_batch(client, "[]", buffer, 0), ALIMI_ERR_BUFFER_TOO_SMALL);
    EQUAL(alimi_poll_result_json(client, 0, NULL, 100), ALIMI_ERR_INVALID_ARGUMENT);
    EQUAL(alimi_poll_result_json(client, 0, buffer, -1), ALIMI_ERR_INVALID_ARGUMENT);
    EQUAL(alimi_get_stats(client, "", NULL, 100), ALIMI_ERR_INVALID_ARGUMENT);
    EQUAL(alimi_get_stats(client, "", buffer, -1), ALIMI_ERR_INVALID_ARGUMENT);
    EQUAL(alimi_get_stats(client, "", buffer, 0), ALIMI_ERR_BUFFER_TOO_SMALL);
    EQUAL(alimi_get_health(client, NULL, 100), ALIMI_ERR_INVALID_ARGUMENT);
    EQUAL(alimi_get_health(client, buffer, -1), ALIMI_ERR_INVALID_ARGUMENT);
    EQUAL(alimi_poll_result(client, 0, NULL), ALIMI_ERR_INVALID_ARGUMENT);
    EQUAL(alimi_get_status(client, "W", NULL), ALIMI_ERR_INVALID_ARGUMENT);
    for (i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        result.size = sizes[i];
        EQUAL(alimi_poll_result(client, 0, &result), ALIMI_ERR_INVALID_ARGUMENT);
        EQUAL(alimi_get_status(client, "A-1", &result), ALIMI_ERR_INVALID_ARGUMENT);
        CHECK(says("inout_result: size is "));
    }
    result = empty_result();
    EQUAL(alimi_poll_result(client, -1, &result), ALIMI_ERR_INVALID_ARGUMENT);
    EQUAL(alimi_flush(client, -1), ALIMI_ERR_INVALID_ARGUMENT);
    EQUAL(alimi_shutdown(client, -1), ALIMI_ERR_INVALID_ARGUMENT);
    CHECK(says("timeout_ms: is -1"));
    EQUAL(alimi_get_status(client, "W", &result), ALIMI_ERR_NOT_FOUND);
}

/* What the callbacks report to the main thread, one byte each. */
static int pipe_ends[2];
static char forbidden[2] = "";
static int32_t answers_inside[2];

static void report(char what)
{
    CHECK(write(pipe_ends[1], &what, 1) == 1);
}

static char reported(void)
{
    char what = '?';
    CHECK(read(pipe_ends[0], &what, 1) == 1);
    return what;
}

static void ALIMI_CALL acknowledge(int32_t client, const alimi_result_t *result, void *context)
{
    CHECK(context == (void *)forbidden);
    EQUAL(result->size, sizeof *result);
    EQUAL(alimi_ack_result(client, result->key), ALIMI_OK);
    report('r');
}

static void ALIMI_CALL remove_itself(int32_t client, const alimi_result_t *result, void *context)
{
    (void)context;
    EQUAL(alimi_ack_result(client, result->key), ALIMI_OK);
    answers_inside[0] = alimi_set_result_callback(client, NULL, NULL);
    report('x');
}

static void ALIMI_CALL shut_down(int32_t client, const alimi_result_t *result, void *context)
{
    (void)context;
    EQUAL(alimi_ack_result(client, result->key), ALIMI_OK);
    answers_inside[1] = alimi_shutdown(client, WAIT_MS);
    report('s');
}

static void ALIMI_CALL count_line(int32_t level, const char *text, void *context)
{
    CHECK(level >= ALIMI_LOG_ERROR && level <= ALIMI_LOG_TRACE);
    CHECK(strstr(text, "00000001") == NULL && strstr(text, "0000-0001") == NULL);
    CHECK(context == (void *)forbidden);
}

static void callbacks_get_results_and_may_call_everything(int32_t client)
{
    EQUAL(alimi_set_log_callback(ALIMI_LOG_TRACE, count_line, (void *)forbidden), ALIMI_OK);
    EQUAL(alimi_set_result_callback(client, acknowledge, (void *)forbidden), ALIMI_OK);
    EQUAL(alimi_send_text(client, "D-1", "010-0000-0001", "text", "", NULL, 0), ALIMI_OK);
    EQUAL(reported(), 'r');
    EQUAL(alimi_set_result_callback(client, remove_itself, NULL), ALIMI_OK);
    EQUAL(alimi_send_text(client, "D-2", "010-0000-0001", "text", "", NULL, 0), ALIMI_OK);
    EQUAL(reported(), 'x');
    EQUAL(answers_inside[0], ALIMI_CALLBACK_RUNNING);
    EQUAL(alimi_set_result_callback(client, acknowledge, (void *)forbidden), ALIMI_OK);
    EQUAL(alimi_set_result_callback(client, NULL, NULL), ALIMI_OK);
    EQUAL(alimi_set_result_callback(client, NULL, NULL), ALIMI_OK);
    EQUAL(alimi_set_log_callback(ALIMI_LOG_OFF, NULL, NULL), ALIMI_OK);
}

static void a_callback_may_shut_its_client_down(const char *directory)
{
    int32_t client = start(directory, "inside");
    EQUAL(alimi_set_result_callback(client, shut_down, NULL), ALIMI_OK);
    EQUAL(alimi_send_text(client, "E-1", "010-0000-0001", "text", "", NULL, 0), ALIMI_OK);
    EQUAL(reported(), 's');
    EQUAL(answers_inside[1], ALIMI_OK);
    every_function_of_a_client_answers(client, ALIMI_ERR_INVALID_HANDLE);
}

int main(int argc, char **argv)
{
    char *huge = huge_text();
    int32_t client, again;
    if (argc != 2 || pipe(pipe_ends) != 0) return 2;
    alarm(120); /* a test that hangs ends */

    client = start(argv[1], "flow");
    EQUAL(alimi_init(config, &again), ALIMI_ERR_OUTBOX_LOCKED);
    a_message_goes_from_send_to_an_acknowledged_result(client);
    a_result_as_json_is_not_lost_when_the_buffer_is_short(client);
    a_batch_has_a_verdict_for_each_message(client);
    a_reserved_message_can_be_cancelled_once(client);
    statistics_and_health_are_told(client);
    wrong_texts_are_refused_by_name(client, huge);
    wrong_buffers_and_times_are_refused(client);
    callbacks_get_results_and_may_call_everything(client);
    every_function_answers_forked_in_a_child(client, config);
    EQUAL(alimi_wake(client), ALIMI_OK);
    EQUAL(alimi_shutdown(client, WAIT_MS), ALIMI_OK);
    every_function_of_a_client_answers(client, ALIMI_ERR_INVALID_HANDLE);

    again = start(argv[1], "flow"); /* the same outbox */
    CHECK(again != client);
    every_function_of_a_client_answers(client, ALIMI_ERR_INVALID_HANDLE);
    EQUAL(alimi_send_alimtalk(again, "A-1", "010-0000-0001", "visit", "name=" PATIENT "\ntime=10:00", NULL, NULL, 0),
          ALIMI_DUPLICATE);
    EQUAL(alimi_shutdown(again, WAIT_MS), ALIMI_OK);
    a_callback_may_shut_its_client_down(argv[1]);
    free(huge);
    return finish();
}
