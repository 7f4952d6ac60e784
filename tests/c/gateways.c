/*
 * The network: messages go over TLS to a simulator of each vendor, and their reports come back. The only argument is a
 * directory with gateways.json, the configuration, and messages.json, a batch with one AlimTalk for each vendor.
 */
#include "check.h"

#ifdef _WIN32
#include <direct.h>
#define chdir _chdir
#endif

#define WAIT_MS 20000

/* A whole file; it ends with a NUL. */
static const char *content_of(const char *name)
{
    static char text[64 * 1024];
    size_t length;
    FILE *file = fopen(name, "rb");
    CHECK(file != NULL);
    length = fread(text, 1, sizeof text - 1, file);
    CHECK(length > 0 && length < sizeof text - 1);
    fclose(file);
    text[length] = '\0';
    return text;
}

int main(int argc, char **argv)
{
    static char verdicts[16 * 1024];
    int32_t client, left;
    const char *messages, *at;
    if (argc != 2 || chdir(argv[1]) != 0) return 2;
    EQUAL(alimi_init("gateways.json", &client), ALIMI_OK);
    messages = content_of("messages.json");
    for (left = 0, at = messages; (at = strstr(at, "\"key\"")) != NULL; at++) left++;
    CHECK(left > 0);
    EQUAL(alimi_send_batch(client, messages, verdicts, (int32_t)sizeof verdicts), ALIMI_OK);
    for (; left > 0; left--) {
        alimi_result_t result = empty_result();
        EQUAL(alimi_poll_result(client, WAIT_MS, &result), ALIMI_OK);
        printf("%s: state %d, reason %d, code %s\n", result.gateway, (int)result.state, (int)result.reason, result.gateway_code);
        EQUAL(result.state, ALIMI_STATE_DELIVERED);
        EQUAL(result.channel, ALIMI_CHANNEL_ALIMTALK);
        EQUAL(alimi_ack_result(client, result.key), ALIMI_OK);
    }
    EQUAL(alimi_shutdown(client, 5000), ALIMI_OK);
    return finish();
}
