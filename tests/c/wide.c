/*
 * Every function of UTF-16, with a client of CP949 whose other functions take and give bytes. The only argument is an
 * empty directory for the outbox.
 */
#include "check.h"

#define PATIENT "\xb1\xe8\xb0\xa1\x8c\x63"  /* three syllables in CP949, the last one not in EUC-KR proper */
#define PATIENT_16 u"김가똠"
#define WAIT_MS 10000

typedef alimi_utf16_t unit_t;

static unit_t buffer[64 * 1024];
static const int32_t cap = (int32_t)(sizeof buffer / sizeof *buffer);

static int32_t length(const unit_t *text)
{
    int32_t units = 0;
    while (text[units] != 0) units++;
    return units;
}

/* Whether the text begins with, or holds, another. */
static int begins(const unit_t *text, const unit_t *with)
{
    while (*with != 0 && *text == *with) text++, with++;
    return *with == 0;
}

static int holds(const unit_t *text, const unit_t *part)
{
    for (; *text != 0; text++)
        if (begins(text, part)) return 1;
    return 0;
}

static int says_wide(const unit_t *part)
{
    unit_t text[ALIMI_ERROR_SIZE];
    return alimi_last_error_w(text, ALIMI_ERROR_SIZE) == ALIMI_OK && holds(text, part);
}

static int32_t start(const char *directory)
{
    static const char rest[] = "/outbox.db\"},\"encoding\":\"cp949\",\"logging\":{\"file\":null},\"accounts\":{\"";
    static const unit_t end[] = u"본원\":{\"sender_key\":\"any\",\"sender_number\":\"070-0000-0001\"}},"
                                u"\"templates\":{\"visit\":{\"text\":\"#{name} - #{time}\"}}}";
    static unit_t config[8192];
    unit_t *to = config;
    const char *from;
    int32_t client = 0;
    for (from = "{\"outbox\":{\"encryption\":\"none\",\"path\":\""; *from != '\0'; from++) *to++ = (unit_t)*from;
    for (from = directory; *from != '\0'; from++) *to++ = (unit_t)*from;
    for (from = rest; *from != '\0'; from++) *to++ = (unit_t)*from;
    memcpy(to, end, sizeof end);
    EQUAL(alimi_init_w(config, &client), ALIMI_OK);
    CHECK(client > 0);
    return client;
}

static void texts_without_a_client(void)
{
    EQUAL(alimi_version_w(buffer, cap), ALIMI_OK);
    CHECK(length(buffer) == (int32_t)strlen(ALIMI_VERSION));
    EQUAL(alimi_error_text_w(ALIMI_ERR_CLOSED, buffer, cap), ALIMI_OK);
    CHECK(begins(buffer, u"ALIMI_ERR_CLOSED: "));
    EQUAL(alimi_error_text_w(12345, buffer, cap), ALIMI_ERR_INVALID_ARGUMENT);
    CHECK(says("12345 is not a code") && says_wide(u"12345 is not a code"));
}

/* Sent by bytes and by UTF-16 it is the same message. */
static void both_forms_are_one_client(int32_t client)
{
    unit_t key[ALIMI_KEY_SIZE];
    EQUAL(alimi_send_alimtalk_w(client, u"A-1", u"010-0000-0001", u"visit", u"name=" PATIENT_16 u"\ntime=10:00", NULL,
                                key, ALIMI_KEY_SIZE), ALIMI_OK);
    CHECK(begins(key, u"A-1") && length(key) == 3);
    EQUAL(alimi_send_alimtalk(client, "A-1", "010-0000-0001", "visit", "name=" PATIENT "\ntime=10:00", NULL, NULL, 0),
          ALIMI_DUPLICATE);
    EQUAL(alimi_poll_result_json_w(client, WAIT_MS, buffer, 10), ALIMI_ERR_BUFFER_TOO_SMALL);
    CHECK(says("UTF-16 units are needed, the buffer has 10"));
    CHECK(buffer[0] >= '1' && buffer[0] <= '9' && buffer[3] == 0);
    EQUAL(alimi_poll_result_json_w(client, WAIT_MS, buffer, cap), ALIMI_OK);
    CHECK(begins(buffer, u"{\"key\":\"A-1\",\"state\":\"delivered\"") && holds(buffer, u"\"account\":\"본원\""));
    EQUAL(alimi_ack_result_w(client, u"A-1"), ALIMI_OK);
    EQUAL(alimi_get_status_json_w(client, u"A-1", buffer, cap), ALIMI_OK);
    CHECK(begins(buffer, u"{\"key\":\"A-1\",\"state\":\"delivered\""));
    EQUAL(alimi_get_status_json_w(client, u"nobody", buffer, cap), ALIMI_ERR_NOT_FOUND);
    CHECK(says_wide(u"no message with this key"));
}

/* What CP949 lacks passes all the same, and comes back as it was; the functions of bytes write it as JSON does. */
static void nothing_is_lost_that_cp949_lacks(int32_t client)
{
    static char bytes[8192];
    EQUAL(alimi_send_alimtalk_w(client, u"A-2", u"010-0000-0001", u"visit", u"name=😀\ntime=©",
                                u"tag=😀\nfallback=none", NULL, 0), ALIMI_OK);
    EQUAL(alimi_poll_result_json_w(client, WAIT_MS, buffer, cap), ALIMI_OK);
    CHECK(holds(buffer, u"\"tag\":\"😀\""));
    EQUAL(alimi_get_status_json(client, "A-2", bytes, (int32_t)sizeof bytes), ALIMI_OK);
    CHECK(strstr(bytes, "\"tag\":\"\\ud83d\\ude00\"") != NULL && strstr(bytes, "\"account\":\"\xba\xbb\xbf\xf8\"") != NULL);
    EQUAL(alimi_get_status_json(client, "A-2", bytes, 10), ALIMI_ERR_BUFFER_TOO_SMALL);
    CHECK(atoi(bytes) > 100);
    EQUAL(alimi_ack_result(client, "A-2"), ALIMI_OK);
    EQUAL(alimi_get_stats_w(client, u"format=csv", buffer, cap), ALIMI_OK);
    CHECK(begins(buffer, u"day,account,") && holds(buffer, u"본원,visit,😀,alimtalk,delivered"));
    EQUAL(alimi_get_stats(client, "format=csv", bytes, (int32_t)sizeof bytes), ALIMI_ERR_ENCODING);
}

static void the_rest_does_its_work(int32_t client)
{
    static const unit_t batch[] = u"[{\"key\":\"B-1\",\"to\":\"010-0000-0001\",\"text\":\"안녕\"},{\"key\":\"B-2\",\"to\":\"나\",\"text\":\"x\"}]";
    EQUAL(alimi_send_batch_w(client, batch, buffer, 3 * ALIMI_BATCH_ENTRY_SIZE - 1), ALIMI_ERR_BUFFER_TOO_SMALL);
    EQUAL(alimi_send_batch_w(client, batch, buffer, 3 * ALIMI_BATCH_ENTRY_SIZE), ALIMI_PARTIAL);
    CHECK(begins(buffer, u"[{\"key\":\"B-1\",\"code\":0},{\"key\":\"B-2\",\"code\":-300,"));
    EQUAL(alimi_send_text_w(client, NULL, u"010-0000-0001", u"안녕", u"", buffer, ALIMI_KEY_SIZE - 1), ALIMI_ERR_BUFFER_TOO_SMALL);
    EQUAL(alimi_send_text_w(client, NULL, u"010-0000-0001", u"안녕", u"", buffer, ALIMI_KEY_SIZE), ALIMI_OK);
    CHECK(length(buffer) > 0 && length(buffer) < ALIMI_KEY_SIZE);
    EQUAL(alimi_cancel_w(client, u"A-1"), ALIMI_ERR_TOO_LATE);
    EQUAL(alimi_reload_w(client, u"{"), ALIMI_ERR_CONFIG_SYNTAX);
    EQUAL(alimi_sync_templates_w(client, 60000, buffer, cap), ALIMI_OK);
    CHECK(holds(buffer, u"\"complete\":true"));
    EQUAL(alimi_get_health_w(client, buffer, cap), ALIMI_OK);
    CHECK(holds(buffer, u"\"delivers\":true"));
}

static void wrong_texts_are_named(int32_t client)
{
    static const unit_t half[] = {'a', 0xd83d, 0};
    static unit_t unterminated[2000];
    int32_t other = 7;
    int i;
    for (i = 0; i < 2000; i++) unterminated[i] = 'k';
    EQUAL(alimi_cancel_w(client, half), ALIMI_ERR_ENCODING);
    CHECK(says("key: UTF-16 unit 1 (counted from 0) is one half of a surrogate pair"));
    EQUAL(alimi_send_text_w(client, u"K", u"010-0000-0001", half, NULL, NULL, 0), ALIMI_ERR_ENCODING);
    CHECK(says("text: UTF-16 unit 1"));
    EQUAL(alimi_init_w(half, &other), ALIMI_ERR_ENCODING);
    CHECK(says("config: UTF-16 unit 1") && !says("UTF-8"));
    EQUAL(other, 0);
    EQUAL(alimi_cancel_w(client, unterminated), ALIMI_ERR_INVALID_ARGUMENT);
    CHECK(says("no NUL within 1024 UTF-16 units"));
    EQUAL(alimi_cancel_w(client, NULL), ALIMI_ERR_INVALID_ARGUMENT);
    EQUAL(alimi_version_w(NULL, 10), ALIMI_ERR_INVALID_ARGUMENT);
    EQUAL(alimi_version_w(buffer, -1), ALIMI_ERR_INVALID_ARGUMENT);
    EQUAL(alimi_version_w(buffer, 2), ALIMI_ERR_BUFFER_TOO_SMALL);
    CHECK(buffer[0] == '6' && buffer[1] == 0);
    EQUAL(alimi_cancel_w(0, u"A-1"), ALIMI_ERR_INVALID_HANDLE);
}

int main(int argc, char **argv)
{
    int32_t client;
    CHECK(argc == 2);
    texts_without_a_client();
    client = start(argv[1]);
    both_forms_are_one_client(client);
    nothing_is_lost_that_cp949_lacks(client);
    the_rest_does_its_work(client);
    wrong_texts_are_named(client);
    CHECK(alimi_shutdown(client, 5000) >= 0);
    return finish();
}
