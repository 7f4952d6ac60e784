/* What sending and polling cost in C: bench DIRECTORY COUNT ROUND. ../README.md says what it does. */
#include <alimi.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static int32_t check(int32_t code)
{
    char text[ALIMI_ERROR_SIZE];
    if (code >= 0) return code;
    alimi_last_error(text, (int32_t)sizeof text);
    fprintf(stderr, "bench: %s\n", text);
    exit(1);
}

static double run(int32_t client, int first, int count)
{
    double began = now();
    int i;
    for (i = first; i < first + count; i++) {
        char key[ALIMI_KEY_SIZE];
        sprintf(key, "K-%d", i);
        check(alimi_send_alimtalk(client, key, "010-0000-0001", "visit", "name=A\ntime=10:00", NULL, NULL, 0));
    }
    for (i = 0; i < count; i++) {
        alimi_result_t result = {sizeof result};
        if (check(alimi_poll_result(client, 20000, &result)) != ALIMI_OK) exit(1);
        check(alimi_ack_result(client, result.key));
    }
    return now() - began;
}

int main(int argc, char **argv)
{
    static char config[8192];
    int32_t client;
    int count, warm;
    if (argc != 4) return 2;
    sprintf(config,
            "{\"outbox\":{\"encryption\":\"none\",\"path\":\"%.4000s/%.10s.db\"},\"gateways\":{\"sandbox\":{\"type\":\"sandbox\",\"delay_ms\":0}},"
            "\"accounts\":{\"clinic\":{\"sender_key\":\"any\",\"sender_number\":\"070-0000-0001\"}},"
            "\"templates\":{\"visit\":{\"text\":\"#{name} - #{time}\"}},\"logging\":{\"file\":null}}",
            argv[1], argv[3]);
    count = atoi(argv[2]);
    warm = count / 10;
    check(alimi_init(config, &client));
    run(client, 0, warm);
    printf("%.2f\n", run(client, warm, count) / count);
    check(alimi_shutdown(client, 5000));
    return 0;
}
