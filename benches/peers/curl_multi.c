/*
 * What a careful programmer writes by hand in C where speed is all: libcurl's multi interface, connections kept alive,
 * bodies made with sprintf, many requests under way at once. It keeps nothing: what was not answered when the process
 * ends is gone, nobody retries, and no report is ever asked for.
 *
 *     curl_multi MESSAGES BATCH CONNECTIONS [prebuilt]      URL of the simulator in SIMULATOR
 *
 * prebuilt: the bodies are made before the clock begins. That is the generator that shows what the simulator takes.
 */
#define _GNU_SOURCE
#include "common.h"
#include <curl/curl.h>
#include <openssl/hmac.h>

#define CONNECTIONS_MAX 64

typedef struct {
    CURL *curl;
    struct curl_slist *headers;
    char *body, *answer;
    size_t length, held;
    double began;
    int count;
} Slot;

static const char *simulator;
static Slot slots[CONNECTIONS_MAX];
static CURLM *multi;

/* The header that signs a request. */
static struct curl_slist *signature(void)
{
    static int salts;
    static const char secret[] = "sim-solapi-secret-0123456789abcd";
    char date[32], salt[40], text[80], header[256], *end;
    unsigned char mac[32];
    time_t at = time(NULL);
    size_t part;
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", gmtime(&at));
    sprintf(salt, "%010d%022d", (int)getpid(), ++salts);
    sprintf(text, "%s%s", date, salt);
    HMAC(EVP_sha256(), secret, sizeof secret - 1, (unsigned char *)text, strlen(text), mac, NULL);
    end = header + sprintf(header, "Authorization: HMAC-SHA256 apiKey=NCSSIMULATOR0001, date=%s, salt=%s, signature=",
                           date, salt);
    for (part = 0; part < sizeof mac; part++) end += sprintf(end, "%02x", mac[part]);
    return curl_slist_append(curl_slist_append(curl_slist_append(NULL, header), "Content-Type: application/json"),
                             "Expect:");
}

static size_t body(char *text, int first, int count)
{
    char to[16], *end = text + sprintf(text, "{\"messages\":[");
    int number;
    for (number = first; number < first + count; number++) {
        recipient(number, to);
        end += sprintf(end,
                       "%s{\"to\":\"%s\",\"type\":\"ATA\",\"kakaoOptions\":{\"pfId\":\"KA01PF-naru\",\"templateId\":"
                       "\"KA01TP-REMIND01\",\"variables\":{" VALUES("#{", "}") "},\"disableSms\":true},"
                       "\"customFields\":{\"alimi\":\"R-%09d/alimtalk/1\"}}",
                       number > first ? "," : "", to, number, number);
    }
    end += sprintf(end, "],\"allowDuplicates\":true,\"showMessageList\":true}");
    return end - text;
}

static size_t hear(char *data, size_t one, size_t length, void *context)
{
    Slot *slot = context;
    (void)one;
    slot->answer = realloc(slot->answer, slot->held + length + 1);
    if (slot->answer == NULL) return 0;
    memcpy(slot->answer + slot->held, data, length);
    slot->held += length;
    slot->answer[slot->held] = 0;
    return length;
}

static void begin(Slot *slot, char *text, size_t length, int count)
{
    curl_slist_free_all(slot->headers);
    slot->headers = signature();
    slot->held = 0;
    slot->count = count;
    slot->began = now();
    curl_easy_setopt(slot->curl, CURLOPT_HTTPHEADER, slot->headers);
    curl_easy_setopt(slot->curl, CURLOPT_POSTFIELDS, text);
    curl_easy_setopt(slot->curl, CURLOPT_POSTFIELDSIZE, (long)length);
    curl_multi_add_handle(multi, slot->curl);
}

/* All of the request must have been taken. */
static void judge(const Slot *slot, CURLcode how)
{
    char wanted[48];
    long status = 0;
    curl_easy_getinfo(slot->curl, CURLINFO_RESPONSE_CODE, &status);
    sprintf(wanted, "\"registeredSuccess\":%d", slot->count);
    if (how != CURLE_OK) fail("request", curl_easy_strerror(how));
    if (status != 200 || strstr(slot->answer, wanted) == NULL) fail("answer", slot->answer);
}

static void open_slots(int connections, size_t bytes)
{
    static char url[256];
    int at;
    snprintf(url, sizeof url, "%s/messages/v4/send-many/detail", simulator);
    multi = curl_multi_init();
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)connections);
    for (at = 0; at < connections; at++) {
        Slot *slot = &slots[at];
        slot->curl = curl_easy_init();
        slot->body = room(bytes);
        curl_easy_setopt(slot->curl, CURLOPT_URL, url);
        curl_easy_setopt(slot->curl, CURLOPT_PROXY, "");
        curl_easy_setopt(slot->curl, CURLOPT_TCP_NODELAY, 1L);
        curl_easy_setopt(slot->curl, CURLOPT_WRITEFUNCTION, hear);
        curl_easy_setopt(slot->curl, CURLOPT_WRITEDATA, slot);
        curl_easy_setopt(slot->curl, CURLOPT_PRIVATE, slot);
    }
}

/* Waits for the next answer and judges it. */
static Slot *next_answer(void)
{
    for (;;) {
        int running, left;
        CURLMsg *message;
        Slot *slot;
        curl_multi_perform(multi, &running);
        message = curl_multi_info_read(multi, &left);
        if (message == NULL) {
            curl_multi_poll(multi, NULL, 0, 1000, NULL);
        } else if (message->msg == CURLMSG_DONE) {
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&slot);
            judge(slot, message->data.result);
            curl_multi_remove_handle(multi, slot->curl);
            return slot;
        }
    }
}

/* What is to be sent: messages `next` to `last` - 1, in requests of `batch`. */
typedef struct {
    int next, last, batch, requests;
    char **made;
    size_t *lengths;
} Work;

static void begin_next(Slot *slot, Work *work)
{
    int count = work->last - work->next < work->batch ? work->last - work->next : work->batch;
    if (work->made != NULL) begin(slot, work->made[work->requests], work->lengths[work->requests], count);
    else begin(slot, slot->body, body(slot->body, work->next, count), count);
    work->next += count;
    work->requests++;
}

/* Sends it and waits for every answer; `took`, if any, gets how long each request took. */
static void send_all(Work work, int connections, double *took)
{
    int under_way = 0, done = 0;
    while (under_way < connections && work.next < work.last) begin_next(&slots[under_way++], &work);
    while (under_way > 0) {
        Slot *slot = next_answer();
        if (took != NULL) took[done++] = now() - slot->began;
        if (work.next < work.last) begin_next(slot, &work);
        else under_way--;
    }
}

/* The bodies before the clock begins. */
static Work prebuilt(Work work)
{
    int requests = (work.last - work.next + work.batch - 1) / work.batch, at;
    work.made = room(requests * sizeof *work.made);
    work.lengths = room(requests * sizeof *work.lengths);
    for (at = 0; at < requests; at++) {
        int from = work.next + at * work.batch, left = work.last - from;
        int size = left < work.batch ? left : work.batch;
        work.made[at] = room(size * 512 + 128);
        work.lengths[at] = body(work.made[at], from, size);
    }
    return work;
}

int main(int count, char **arguments)
{
    Work one = {0, 1, 1, 0, NULL, NULL}, all = {1, 0, 0, 0, NULL, NULL};
    int connections;
    double first, began, used, *took;
    simulator = getenv("SIMULATOR");
    if (count < 4 || simulator == NULL) fail(arguments[0], "arguments and SIMULATOR; the source says which");
    all.last = atoi(arguments[1]) + 1;
    all.batch = atoi(arguments[2]);
    connections = atoi(arguments[3]);
    if (connections < 1 || connections > CONNECTIONS_MAX || all.batch < 1 || all.last < 2) fail("arguments", "range");
    took = room(all.last * sizeof *took);
    if (count > 4) all = prebuilt(all);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    began = now();
    open_slots(connections, all.batch * 512 + 128);
    send_all(one, 1, NULL);
    first = (now() - began) / 1e3;
    began = now();
    used = cpu();
    send_all(all, connections, took);
    began = (now() - began) / 1e6;
    used = cpu() - used;
    printf("{");
    print_latency("call", took, (all.last - 1 + all.batch - 1) / all.batch);
    print_figures(all.last - 1, began, used, first);
    return 0;
}
