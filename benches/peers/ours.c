/*
 * alimi as a hospital's program has it: the shipped library through its C functions.
 *
 *     ours accept CONFIG MESSAGES BATCH        one caller, until the gateway has taken the last message
 *     ours life CONFIG MESSAGES BATCH          until the last result is acknowledged
 *     ours single CONFIG MESSAGES FOLDER       one message a call, in turns with a raw write and fdatasync in FOLDER
 *     ours keep CONFIG MESSAGES FOLDER         the same with messages for tomorrow: nothing but keeping them is measured
 *     ours grow CONFIG MESSAGES LEVEL...       MESSAGES sent and taken by the gateway while LEVEL others wait for tomorrow
 */
#define _GNU_SOURCE
#include "common.h"
#include <alimi.h>
#include <pthread.h>

#define MINUTE 60000
#define TURN 20
#define BLOCKS 1000

static int32_t client;
/* An option of each message, or nothing. */
static char later[64];

static void check(const char *what, int32_t code)
{
    char why[ALIMI_ERROR_SIZE] = "";
    if (code == ALIMI_OK) return;
    if (code < 0) alimi_last_error(why, sizeof why);
    else sprintf(why, "code %d", (int)code);
    fail(what, why);
}

static void send_batch(int first, int count, const char *more)
{
    static char *text, *verdicts;
    static int size;
    char to[16], *end;
    int number;
    if (size < count) {
        free(text);
        free(verdicts);
        text = room(count * 512 + 3);
        verdicts = room((count + 1) * ALIMI_BATCH_ENTRY_SIZE);
        size = count;
    }
    end = text;
    *end++ = '[';
    for (number = first; number < first + count; number++) {
        recipient(number, to);
        end += sprintf(end,
                       "%s{\"key\":\"R-%09d\",\"to\":\"%s\",\"template\":\"reminder\",\"fallback\":\"none\",%s"
                       "\"variables\":{" VALUES("", "") "}}",
                       number > first ? "," : "", number, to, more, number);
    }
    strcpy(end, "]");
    check("alimi_send_batch", alimi_send_batch(client, text, verdicts, (count + 1) * ALIMI_BATCH_ENTRY_SIZE));
}

static void send_all(int first, int count, int batch, const char *more)
{
    int done;
    for (done = 0; done < count; done += batch) {
        send_batch(first + done, count - done < batch ? count - done : batch, more);
    }
}

static void send_one(int number, const char *more)
{
    char key[16], to[16], variables[256], options[96];
    sprintf(key, "R-%09d", number);
    recipient(number, to);
    sprintf(variables, "{" VALUES("", "") "}", number);
    sprintf(options, "{%s\"fallback\":\"none\"}", more);
    check("alimi_send_alimtalk", alimi_send_alimtalk(client, key, to, "reminder", variables, options, NULL, 0));
}

/* The first message of a fresh process. */
static double first_message(int number)
{
    alimi_result_t result;
    double began = now();
    char key[16];
    sprintf(key, "R-%09d", number);
    send_one(number, "");
    do {
        result.size = sizeof result;
        check("alimi_get_status", alimi_get_status(client, key, &result));
    } while (result.state < ALIMI_STATE_ACCEPTED);
    return (now() - began) / 1e3;
}

static void accept_all(int messages, int batch)
{
    double first = first_message(0), began = now(), used = cpu();
    send_all(1, messages, batch, "");
    check("alimi_flush", alimi_flush(client, 2 * MINUTE));
    printf("{");
    print_figures(messages, (now() - began) / 1e6, cpu() - used, first);
}

static void *take_results(void *count)
{
    alimi_result_t result;
    int left;
    for (left = *(int *)count; left > 0; left--) {
        result.size = sizeof result;
        check("alimi_poll_result", alimi_poll_result(client, MINUTE, &result));
        if (result.state != ALIMI_STATE_DELIVERED) fail(result.key, result.text);
        check("alimi_ack_result", alimi_ack_result(client, result.key));
    }
    return NULL;
}

static void whole_life(int messages, int batch)
{
    double began = now(), used = cpu();
    pthread_t taker;
    if (pthread_create(&taker, NULL, take_results, &messages) != 0) fail("thread", "none");
    send_all(1, messages, batch, "");
    pthread_join(taker, NULL);
    check("alimi_flush", alimi_flush(client, MINUTE));
    printf("{");
    print_figures(messages, (now() - began) / 1e6, cpu() - used, 0);
}

/* A file of its final size, overwritten and synced, as the log of a database is. */
static int raw_file(const char *folder)
{
    char path[4096], block[4096];
    int file, at;
    snprintf(path, sizeof path, "%s/raw", folder);
    file = open(path, O_CREAT | O_TRUNC | O_RDWR, 0600);
    memset(block, 7, sizeof block);
    for (at = 0; at < BLOCKS; at++) {
        if (file < 0 || write(file, block, sizeof block) != (ssize_t)sizeof block) fail(path, "cannot be written");
    }
    fsync(file);
    return file;
}

static double raw_write(int file, int at)
{
    char block[4096];
    double began = now();
    memset(block, at, sizeof block);
    if (pwrite(file, block, sizeof block, (off_t)(at % BLOCKS) * sizeof block) < 0 || fdatasync(file) != 0) {
        fail("fdatasync", "failed");
    }
    return now() - began;
}

/* In turns, so that both see the same disk at the same time. */
static void one_a_call(int messages, const char *folder, const char *more)
{
    double *took = room(messages * sizeof *took), *raw = room(messages * sizeof *raw);
    double began, spent = 0, used = 0, start;
    int file = raw_file(folder), turn, at;
    for (turn = 0; turn < messages; turn += TURN) {
        for (at = turn; at < turn + TURN && at < messages; at++) raw[at] = raw_write(file, at);
        start = now();
        used -= cpu();
        for (at = turn; at < turn + TURN && at < messages; at++) {
            began = now();
            send_one(at + 1, more);
            took[at] = now() - began;
        }
        spent += now() - start;
        used += cpu();
    }
    check("alimi_flush", alimi_flush(client, MINUTE));
    printf("{");
    print_latency("call", took, messages);
    print_latency("raw", raw, messages);
    print_figures(messages, spent / 1e6, used, 0);
}

static void grow(int messages, char **levels, int count)
{
    int number = 1, waiting = 0, at, round;
    printf("{\"levels\":[");
    for (at = 0; at < count; at++) {
        int level = atoi(levels[at]);
        send_all(number, level - waiting, 10000, later);
        number += level - waiting;
        waiting = level;
        printf("%s{\"waiting\":%d,\"rounds\":[", at > 0 ? "," : "", level);
        for (round = 0; round < 5; round++) {
            double began = now(), used = cpu();
            send_all(number, messages, 1000, "");
            check("alimi_flush", alimi_flush(client, 2 * MINUTE));
            printf("%s{\"us\":%.3f,\"cpu_us\":%.3f}", round > 0 ? "," : "", (now() - began) / messages,
                   (cpu() - used) / messages);
            number += messages;
        }
        printf("],\"peak_kib\":%ld}", peak_kib());
    }
    printf("],");
    print_figures(number - 1 - waiting, 0, 0, 0);
}

int main(int count, char **arguments)
{
    time_t tomorrow = time(NULL) + 86400;
    int messages;
    if (count < 5) fail(arguments[0], "too few arguments; the source says which");
    strftime(later, sizeof later, "\"send_at\":\"%Y-%m-%dT%H:%M:%SZ\",", gmtime(&tomorrow));
    messages = atoi(arguments[3]);
    check("alimi_init", alimi_init(arguments[2], &client));
    if (strcmp(arguments[1], "accept") == 0) accept_all(messages, atoi(arguments[4]));
    else if (strcmp(arguments[1], "life") == 0) whole_life(messages, atoi(arguments[4]));
    else if (strcmp(arguments[1], "single") == 0) one_a_call(messages, arguments[4], "");
    else if (strcmp(arguments[1], "keep") == 0) one_a_call(messages, arguments[4], later);
    else if (strcmp(arguments[1], "grow") == 0) grow(messages, arguments + 4, count - 4);
    else fail(arguments[1], "no such mode");
    fflush(stdout);
    alimi_shutdown(client, 5000);
    return 0;
}
