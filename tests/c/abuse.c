/* Wrong use without a client: every time an error, never a crash. */
#include "check.h"

static void numbers_that_are_no_client(void)
{
    static const int32_t numbers[] = {0, 1, -1, 255, 256, 257, 65536, 2147483647, -2147483647 - 1};
    size_t i;
    for (i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        every_function_of_a_client_answers(numbers[i], ALIMI_ERR_INVALID_HANDLE);
        CHECK(says("ALIMI_ERR_INVALID_HANDLE (-2): client: "));
    }
}

static void buffers(void)
{
    char buffer[ALIMI_ERROR_SIZE];
    EQUAL(alimi_version(buffer, (int32_t)sizeof buffer), ALIMI_OK);
    EQUAL(strcmp(buffer, ALIMI_VERSION), 0);

    EQUAL(alimi_version(NULL, 64), ALIMI_ERR_INVALID_ARGUMENT);
    CHECK(says("buf: is NULL"));
    EQUAL(alimi_version(buffer, -1), ALIMI_ERR_INVALID_ARGUMENT);
    CHECK(says("capacity of buf: is -1"));
    EQUAL(alimi_version(buffer, 0), ALIMI_ERR_BUFFER_TOO_SMALL);

    /* The buffer tells the size it needs; with that size the same call succeeds. */
    EQUAL(alimi_error_text(ALIMI_ERR_CLOSED, buffer, 4), ALIMI_ERR_BUFFER_TOO_SMALL);
    CHECK(says("bytes are needed, the buffer has 4"));
    EQUAL(alimi_error_text(ALIMI_ERR_CLOSED, buffer, (int32_t)atoi(buffer) - 1), ALIMI_ERR_BUFFER_TOO_SMALL);
    EQUAL(alimi_error_text(ALIMI_ERR_CLOSED, buffer, (int32_t)atoi(buffer)), ALIMI_OK);
    EQUAL(strncmp(buffer, "ALIMI_ERR_CLOSED: ", 18), 0);

    EQUAL(alimi_error_text(12345, buffer, (int32_t)sizeof buffer), ALIMI_ERR_INVALID_ARGUMENT);
    CHECK(says("code: 12345"));
    EQUAL(alimi_error_text(0, NULL, 0), ALIMI_ERR_INVALID_ARGUMENT);
}

static void the_last_error_stays(void)
{
    char buffer[ALIMI_ERROR_SIZE];
    EQUAL(alimi_wake(77), ALIMI_ERR_INVALID_HANDLE);
    EQUAL(alimi_last_error(NULL, 10), ALIMI_ERR_INVALID_ARGUMENT);
    EQUAL(alimi_last_error(buffer, -1), ALIMI_ERR_INVALID_ARGUMENT);
    EQUAL(alimi_last_error(buffer, 0), ALIMI_ERR_BUFFER_TOO_SMALL);
    EQUAL(alimi_last_error(buffer, 5), ALIMI_ERR_BUFFER_TOO_SMALL);
    EQUAL(alimi_last_error(buffer, (int32_t)atoi(buffer)), ALIMI_OK);
    CHECK(strstr(buffer, "client: 77 ") != NULL);
    EQUAL(alimi_version(buffer, (int32_t)sizeof buffer), ALIMI_OK);
    CHECK(says("client: 77 "));
}

static void configurations(char *huge)
{
    int32_t client = 5;
    EQUAL(alimi_init("{}", NULL), ALIMI_ERR_INVALID_ARGUMENT);
    CHECK(says("out_client: is NULL"));
    EQUAL(alimi_init(NULL, &client), ALIMI_ERR_INVALID_ARGUMENT);
    EQUAL(client, 0);
    CHECK(says("config: is NULL"));
    client = 5;
    EQUAL(alimi_init(huge, &client), ALIMI_ERR_INVALID_ARGUMENT);
    EQUAL(client, 0);
    CHECK(says("config: no NUL within 4194304 bytes"));
    EQUAL(alimi_init("{\"a\xff\"}", &client), ALIMI_ERR_ENCODING);
    CHECK(says("config: byte 3 "));
    CHECK(alimi_init("", &client) <= ALIMI_ERR_CONFIG_SYNTAX);
    CHECK(alimi_init("{\"outbox\":", &client) <= ALIMI_ERR_CONFIG_SYNTAX);
    CHECK(alimi_init("no/such/file.json", &client) <= ALIMI_ERR_CONFIG_SYNTAX);
    EQUAL(client, 0);
}

int main(void)
{
    char *huge = huge_text();
    numbers_that_are_no_client();
    buffers();
    the_last_error_stays();
    configurations(huge);
    EQUAL(alimi_set_log_callback(-1, ignore_line, NULL), ALIMI_ERR_INVALID_ARGUMENT);
    EQUAL(alimi_set_log_callback(6, ignore_line, NULL), ALIMI_ERR_INVALID_ARGUMENT);
    EQUAL(alimi_set_log_callback(ALIMI_LOG_TRACE, ignore_line, NULL), ALIMI_OK);
    EQUAL(alimi_set_log_callback(ALIMI_LOG_OFF, NULL, NULL), ALIMI_OK);
    every_function_answers_forked_in_a_child(1, "{}");
    free(huge);
    return finish();
}
