/*
 * A program of 0.1 that calls every function. Its arguments: the configuration, and an empty directory to be in.
 * Never changed: who has such a program gets a newer library without compiling it again.
 */
#include "alimi-0.1.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EQUAL(call, expected) is_equal(__LINE__, (call), (expected))
#define BYTES 65536

static char text[BYTES];
static alimi_utf16_t wide[BYTES];
static int calls = 0;
static int lines = 0;

static void is_equal(int line, int got, int expected)
{
    char details[ALIMI_ERROR_SIZE] = "";
    calls++;
    if (got == expected) return;
    alimi_last_error(details, (int32_t)sizeof details);
    fprintf(stderr, "line %d: %d, not %d: %s\n", line, got, expected, details);
    exit(1);
}

static const alimi_utf16_t *widened(const char *ascii)
{
    static alimi_utf16_t texts[16][4096];
    static int turn = 0;
    alimi_utf16_t *to = texts[turn = (turn + 1) % 16];
    do *to++ = (alimi_utf16_t)(unsigned char)*ascii;
    while (*ascii++);
    return texts[turn];
}

static void ALIMI_CALL on_line(int32_t level, const char *line, void *context)
{
    (void)line;
    if (level > 0) ++*(int *)context;
}

static void ALIMI_CALL on_result(int32_t client, const alimi_result_t *result, void *context)
{
    (void)client, (void)result, (void)context;
}

static void a_result(int32_t client, const char *key)
{
    alimi_result_t result;
    memset(&result, 0, sizeof result);
    result.size = (int32_t)sizeof result;
    EQUAL(alimi_poll_result(client, 60000, &result), ALIMI_OK);
    EQUAL(result.size, (int)sizeof result);
    EQUAL(strcmp(result.key, key), 0);
    EQUAL(result.state, ALIMI_STATE_DELIVERED);
    EQUAL(result.certainty, ALIMI_CERTAINTY_SENT);
    EQUAL(result.reason, ALIMI_REASON_NONE);
    EQUAL(strcmp(result.account, "clinic"), 0);
    EQUAL(strcmp(result.gateway, "sandbox"), 0);
    EQUAL(strlen(result.finished) == 29 && strlen(result.text) > 0, 1);
    result.size = ALIMI_RESULT_SIZE_MIN;
    EQUAL(alimi_get_status(client, key, &result), ALIMI_OK);
    EQUAL(result.size, ALIMI_RESULT_SIZE_MIN);
    EQUAL(alimi_ack_result(client, key), ALIMI_OK);
}

static void bytes(int32_t client, const char *config)
{
    static const char batch[] = "[{\"key\":\"B-1\",\"to\":\"010-0000-0002\",\"text\":\"x\"}]";
    EQUAL(alimi_version(text, BYTES), ALIMI_OK);
    EQUAL(alimi_error_text(ALIMI_ERR_CLOSED, text, BYTES), ALIMI_OK);
    EQUAL(strncmp(text, "ALIMI_ERR_CLOSED: ", 18), 0);
    EQUAL(alimi_cancel(client, "none"), ALIMI_ERR_NOT_FOUND);
    EQUAL(alimi_last_error(text, BYTES), ALIMI_OK);
    EQUAL(strncmp(text, "ALIMI_ERR_NOT_FOUND", 19), 0);
    EQUAL(alimi_reload(client, config), ALIMI_OK);
    EQUAL(alimi_send_alimtalk(client, "A-1", "010-0000-0001", "visit", "name=Kim\ntime=9\nid=1",
                              "account=clinic\npriority=urgent\nexpires_in=60\nfallback=sms\ntag=t", text, BYTES),
          ALIMI_OK);
    a_result(client, "A-1");
    EQUAL(alimi_send_text(client, "T-1", "010-0000-0002", "text", "{\"subject\":\"s\"}", NULL, 0), ALIMI_OK);
    EQUAL(alimi_send_text(client, "T-1", "010-0000-0002", "text", "{\"subject\":\"s\"}", NULL, 0), ALIMI_DUPLICATE);
    EQUAL(alimi_send_text(client, "T-1", "010-0000-0002", "other", "", NULL, 0), ALIMI_ERR_KEY_CONFLICT);
    a_result(client, "T-1");
    EQUAL(alimi_send_batch(client, batch, text, 2 * ALIMI_BATCH_ENTRY_SIZE), ALIMI_OK);
    EQUAL(strcmp(text, "[{\"key\":\"B-1\",\"code\":0}]"), 0);
    EQUAL(alimi_flush(client, 60000), ALIMI_OK);
    EQUAL(alimi_poll_result_json(client, 60000, text, BYTES), ALIMI_OK);
    EQUAL(strncmp(text, "{\"key\":\"B-1\",\"state\":\"delivered\"", 32), 0);
    EQUAL(alimi_get_status_json(client, "B-1", text, BYTES), ALIMI_OK);
    EQUAL(alimi_ack_result(client, "B-1"), ALIMI_OK);
    EQUAL(alimi_get_stats(client, "by=request\nformat=csv", text, BYTES), ALIMI_OK);
    EQUAL(alimi_get_health(client, text, BYTES), ALIMI_OK);
    EQUAL(alimi_wake(client), ALIMI_OK);
    EQUAL(alimi_poll_result_json(client, 60000, text, BYTES), ALIMI_EMPTY);
    EQUAL(alimi_set_result_callback(client, on_result, NULL), ALIMI_OK);
    EQUAL(alimi_set_result_callback(client, NULL, NULL), ALIMI_OK);
    EQUAL(alimi_sync_templates(client, 0, text, BYTES) >= 0, 1);
}

static void units(int32_t client, const char *config)
{
    int32_t none = 7;
    EQUAL(alimi_version_w(wide, BYTES), ALIMI_OK);
    EQUAL(alimi_error_text_w(ALIMI_OK, wide, BYTES), ALIMI_OK);
    EQUAL(alimi_init_w(widened("{"), &none), ALIMI_ERR_CONFIG_SYNTAX);
    EQUAL(none, 0);
    EQUAL(alimi_last_error_w(wide, BYTES), ALIMI_OK);
    EQUAL(alimi_reload_w(client, widened(config)), ALIMI_OK);
    EQUAL(alimi_send_alimtalk_w(client, widened("A-2"), widened("010-0000-0001"), widened("visit"),
                                widened("name=Kim\ntime=9\nid=1"), widened(""), wide, BYTES),
          ALIMI_OK);
    EQUAL(alimi_poll_result_json_w(client, 60000, wide, BYTES), ALIMI_OK);
    EQUAL(alimi_get_status_json_w(client, widened("A-2"), wide, BYTES), ALIMI_OK);
    EQUAL(alimi_ack_result_w(client, widened("A-2")), ALIMI_OK);
    EQUAL(alimi_send_text_w(client, widened("T-2"), widened("010-0000-0002"), widened("text"), NULL, NULL, 0), ALIMI_OK);
    a_result(client, "T-2");
    EQUAL(alimi_send_batch_w(client, widened("[]"), wide, BYTES), ALIMI_OK);
    EQUAL(alimi_cancel_w(client, widened("none")), ALIMI_ERR_NOT_FOUND);
    EQUAL(alimi_sync_templates_w(client, 0, wide, BYTES) >= 0, 1);
    EQUAL(alimi_get_stats_w(client, NULL, wide, BYTES), ALIMI_OK);
    EQUAL(alimi_get_health_w(client, wide, BYTES), ALIMI_OK);
}

int main(int count, char **arguments)
{
    int32_t client = 0;
    if (count != 3 || chdir(arguments[2]) != 0) return 2;
    EQUAL(alimi_set_log_callback(ALIMI_LOG_INFO, on_line, &lines), ALIMI_OK);
    EQUAL(alimi_init(arguments[1], &client), ALIMI_OK);
    bytes(client, arguments[1]);
    units(client, arguments[1]);
    EQUAL(alimi_shutdown(client, 60000), ALIMI_OK);
    EQUAL(alimi_flush(client, 0), ALIMI_ERR_INVALID_HANDLE);
    EQUAL(alimi_set_log_callback(ALIMI_LOG_OFF, NULL, NULL), ALIMI_OK);
    printf("%d calls\n", calls);
    return 0;
}
