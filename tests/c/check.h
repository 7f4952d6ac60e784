/* What the C tests share. They are compiled as gnu90, C99, C11 and C++98. */
#ifndef CHECK_H
#define CHECK_H

#define _POSIX_C_SOURCE 200809L
#include <alimi.h>
#include <alimi.h> /* twice, as large programs do */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef _WIN32
#include <fcntl.h>
#include <io.h>
/* The names of POSIX; who runs the program sees to its end. */
#define pipe(ends) _pipe(ends, 256, _O_BINARY)
#define read _read
#define write _write
#define alarm(seconds) ((void)(seconds))
#else
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

#define HUGE_BYTES (100 * 1024 * 1024)

/* Counts, from whatever thread, so that a program fails that has checked nothing. */
static int checks = 0;

static void failed(int line, const char *what, long got)
{
    char text[ALIMI_ERROR_SIZE] = "";
    alimi_last_error(text, (int32_t)sizeof text);
    fprintf(stderr, "line %d: %s (got %ld; last error: %s)\n", line, what, got, text);
    exit(1);
}

static void check_at(int line, const char *what, int true_)
{
    __sync_fetch_and_add(&checks, 1);
    if (!true_) failed(line, what, 0);
}

static void equal_at(int line, const char *what, long got, long expected)
{
    __sync_fetch_and_add(&checks, 1);
    if (got != expected) failed(line, what, got);
}

#define CHECK(condition) check_at(__LINE__, #condition, (condition) ? 1 : 0)
#define EQUAL(expression, expected) equal_at(__LINE__, #expression " == " #expected, (long)(expression), (long)(expected))

/* The error of the last call names what was wrong. */
static int says(const char *part)
{
    char text[ALIMI_ERROR_SIZE];
    return alimi_last_error(text, (int32_t)sizeof text) == ALIMI_OK && strstr(text, part) != NULL;
}

static alimi_result_t empty_result(void)
{
    alimi_result_t result;
    memset(&result, 0, sizeof result);
    result.size = (int32_t)sizeof result;
    return result;
}

static void ALIMI_CALL ignore_result(int32_t client, const alimi_result_t *result, void *context)
{
    (void)client, (void)result, (void)context;
}

static void ALIMI_CALL ignore_line(int32_t level, const char *text, void *context)
{
    (void)level, (void)text, (void)context;
}

/* Every function that takes a client, otherwise called well. */
static void every_function_of_a_client_answers(int32_t client, int32_t expected)
{
    static char buffer[4096];
    int32_t cap = (int32_t)sizeof buffer;
    alimi_result_t result = empty_result();
    EQUAL(alimi_flush(client, 0), expected);
    EQUAL(alimi_send_alimtalk(client, "K", "010-0000-0001", "visit", "", "", buffer, cap), expected);
    EQUAL(alimi_send_text(client, "K", "010-0000-0001", "text", "", buffer, cap), expected);
    EQUAL(alimi_send_batch(client, "[]", buffer, cap), expected);
    EQUAL(alimi_reload(client, "{}"), expected);
    EQUAL(alimi_sync_templates(client, 0, buffer, cap), expected);
    EQUAL(alimi_cancel(client, "K"), expected);
    EQUAL(alimi_poll_result(client, 0, &result), expected);
    EQUAL(alimi_poll_result_json(client, 0, buffer, cap), expected);
    EQUAL(alimi_ack_result(client, "K"), expected);
    EQUAL(alimi_get_status(client, "K", &result), expected);
    EQUAL(alimi_wake(client), expected);
    EQUAL(alimi_get_status_json(client, "K", buffer, cap), expected);
    EQUAL(alimi_get_stats(client, "", buffer, cap), expected);
    EQUAL(alimi_get_health(client, buffer, cap), expected);
    EQUAL(alimi_set_result_callback(client, ignore_result, NULL), expected);
    EQUAL(alimi_set_result_callback(client, NULL, NULL), expected);
    EQUAL(alimi_shutdown(client, 0), expected);
}

/* The same for those of UTF-16. */
static void every_wide_function_of_a_client_answers(int32_t client, int32_t expected)
{
    static alimi_utf16_t buffer[4096];
    static const alimi_utf16_t text[] = {'K', 0}, batch[] = {'[', ']', 0};
    EQUAL(alimi_send_alimtalk_w(client, text, text, text, text, text, buffer, 4096), expected);
    EQUAL(alimi_send_text_w(client, text, text, text, text, buffer, 4096), expected);
    EQUAL(alimi_send_batch_w(client, batch, buffer, 4096), expected);
    EQUAL(alimi_reload_w(client, text), expected);
    EQUAL(alimi_cancel_w(client, text), expected);
    EQUAL(alimi_poll_result_json_w(client, 0, buffer, 4096), expected);
    EQUAL(alimi_ack_result_w(client, text), expected);
    EQUAL(alimi_get_status_json_w(client, text, buffer, 4096), expected);
    EQUAL(alimi_get_stats_w(client, NULL, buffer, 4096), expected);
    EQUAL(alimi_sync_templates_w(client, 0, buffer, 4096), expected);
    EQUAL(alimi_get_health_w(client, buffer, 4096), expected);
}

/* Every function of the header in a forked child, with `client` of the parent. Windows does not fork. */
#ifdef _WIN32
static void every_function_answers_forked_in_a_child(int32_t client, const char *config)
{
    (void)client, (void)config;
}
#else
static void every_function_answers_forked_in_a_child(int32_t client, const char *config)
{
    int status = 0;
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        char buffer[64];
        alimi_utf16_t wide[64] = {0};
        int32_t other;
        every_function_of_a_client_answers(client, ALIMI_ERR_FORKED);
        every_wide_function_of_a_client_answers(client, ALIMI_ERR_FORKED);
        EQUAL(alimi_init_w(wide, &other), ALIMI_ERR_FORKED);
        EQUAL(alimi_version_w(wide, 64), ALIMI_ERR_FORKED);
        EQUAL(alimi_error_text_w(0, wide, 64), ALIMI_ERR_FORKED);
        EQUAL(alimi_last_error_w(wide, 64), ALIMI_ERR_FORKED);
        EQUAL(alimi_init(config, &other), ALIMI_ERR_FORKED);
        EQUAL(alimi_version(buffer, 64), ALIMI_ERR_FORKED);
        EQUAL(alimi_error_text(0, buffer, 64), ALIMI_ERR_FORKED);
        EQUAL(alimi_last_error(buffer, 64), ALIMI_ERR_FORKED);
        EQUAL(alimi_set_log_callback(ALIMI_LOG_INFO, ignore_line, NULL), ALIMI_ERR_FORKED);
        _exit(0);
    }
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    EQUAL(WEXITSTATUS(status), 0);
}
#endif

/* A text that is longer than any argument may be. */
static char *huge_text(void)
{
    char *text = (char *)malloc((size_t)HUGE_BYTES + 1);
    CHECK(text != NULL);
    memset(text, 'a', HUGE_BYTES);
    text[HUGE_BYTES] = '\0';
    return text;
}

static int finish(void)
{
    /* A callback's thread may have counted last, and need not have ended. */
    int count = __sync_fetch_and_add(&checks, 0);
    if (count == 0) return 1;
    printf("%d checks\n", count);
    return 0;
}

#endif
