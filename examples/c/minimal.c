#include <alimi.h>
#include <stdio.h>

/* Without "gateways" everything goes to the built-in sandbox. */
static const char config[] =
    "{\"outbox\": {\"encryption\": \"none\", \"path\": \"alimi-minimal.db\"},"
    " \"accounts\": {\"clinic\": {\"sender_key\": \"any\", \"sender_number\": \"070-0000-0001\"}},"
    " \"templates\": {\"reminder\": {\"text\": \"#{name}님, 내일 #{time} 예약입니다.\"}}}";

int main(void)
{
    alimi_result_t result = {sizeof result};
    int32_t client, code;
    if (alimi_init(config, &client) < 0) return 1;
    code = alimi_send_alimtalk(client, "R-1001", "010-0000-0001", "reminder", "name=김하늘\ntime=14:30", "", NULL, 0);
    while (code >= 0 && alimi_poll_result(client, 2000, &result) == ALIMI_OK) {
        printf("%s: state %d by channel %d\n", result.key, (int)result.state, (int)result.channel);
        code = alimi_ack_result(client, result.key);
    }
    return alimi_shutdown(client, 5000) == ALIMI_OK ? 0 : 1;
}
