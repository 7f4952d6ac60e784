/*
 * Runs the conformance list in C: conformance CASES DIRECTORY. ../README.md explains the list.
 *
 * The texts that the list names stand in it in both encodings, so a client of CP949 gets the bytes that a program of the
 * field has, and nothing is converted here.
 */
#include <alimi.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#ifdef _WIN32
#include <fcntl.h>
#include <io.h>
#endif

enum { TEXT_MAX = 64 * 1024, NAMED_MAX = 64, FIELDS_MAX = 8, CLIENTS = 26, HEARD_MAX = 64, WAIT_MS = 20000 };

typedef struct { char name[32]; char *text[2]; } named_t;       /* in UTF-8 and in CP949 */
static named_t named[NAMED_MAX];
static int named_count;
static struct { int32_t number; int cp949; } clients[CLIENTS];
static char fields[FIELDS_MAX][TEXT_MAX];
static int field_count;
static char answer[4 * 1024 * 1024];
static const int32_t cap = (int32_t)sizeof answer;

static void stop(const char *what)
{
    fflush(stdout);
    fprintf(stderr, "conformance: %s\n", what);
    exit(1);
}

static char *keep(const char *text)
{
    char *copy = (char *)malloc(strlen(text) + 1);
    if (copy == NULL) stop("no memory");
    return strcpy(copy, text);
}

/* ---- What the list names ---- */

static void name(const char *what, const char *utf8, const char *cp949)
{
    int i;
    for (i = 0; i < named_count && strcmp(named[i].name, what) != 0; i++) continue;
    if (i == NAMED_MAX || strlen(what) >= sizeof named[i].name) stop("too many names, or a long one");
    if (i == named_count) named_count++;
    strcpy(named[i].name, what);
    named[i].text[0] = keep(utf8);
    named[i].text[1] = keep(cp949);
}

static const char *from_hex(const char *hex)
{
    static char bytes[TEXT_MAX];
    size_t i, length = strlen(hex) / 2;
    for (i = 0; i < length; i++) {
        unsigned value;
        if (sscanf(hex + 2 * i, "%2x", &value) != 1) stop("wrong hex digits");
        bytes[i] = (char)value;
    }
    bytes[length] = '\0';
    return bytes;
}

static const char *repeated(int times, const char *text)
{
    static char all[2][TEXT_MAX];
    static int turn;
    char *to = all[turn ^= 1];
    for (*to = '\0'; times > 0; times--) strcat(to, text);
    return to;
}

/* Puts the text in the place of its name everywhere in the field. */
static void replace(char *field, const char *what, const char *text)
{
    char *at = field;
    while ((at = strstr(at, what)) != NULL) {
        if (strlen(field) + strlen(text) >= TEXT_MAX) stop("a field is too long");
        memmove(at + strlen(text), at + strlen(what), strlen(at + strlen(what)) + 1);
        memcpy(at, text, strlen(text));
        at += strlen(text);
    }
}

/* From the last name to the first, because configurations hold names themselves. */
static void expand(char *field, int cp949)
{
    int i;
    for (i = named_count - 1; i >= 0; i--) replace(field, named[i].name, named[i].text[cp949]);
    replace(field, "\\n", "\n");
}

/* The name of a text, where it is a named one. */
static const char *named_or_itself(const char *text, int cp949)
{
    int i;
    for (i = 0; i < named_count; i++)
        if (*text != '\0' && strcmp(named[i].text[cp949], text) == 0) return named[i].name;
    return text;
}

/* ---- What is printed ---- */

static const char *code_name(int32_t code)
{
    static char text[ALIMI_ERROR_SIZE];
    if (alimi_error_text(code, text, (int32_t)sizeof text) != ALIMI_OK) stop("a code without a name");
    *strchr(text, ':') = '\0';
    return text;
}

static void describe(int32_t code, const alimi_result_t *result, int cp949)
{
    printf("%s", code_name(code));
    if (code == ALIMI_OK) {
        printf(" %s state=%d channel=%d certainty=%d reason=%d attempts=%d account=%s gateway=%s id=%s code=%s",
               result->key, (int)result->state, (int)result->channel, (int)result->certainty, (int)result->reason,
               (int)result->attempts, named_or_itself(result->account, cp949), result->gateway,
               *result->gateway_id != '\0' ? "yes" : "no", result->gateway_code);
        printf(" times=%d/%d/%d text=%s", (int)strlen(result->created), (int)strlen(result->sent),
               (int)strlen(result->finished), result->text);
    }
    printf("\n");
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp((const char *)a, (const char *)b);
}

/* Results that may come in any order, in order. */
static char ended[HEARD_MAX][256];
static int ended_count;

static void note(const alimi_result_t *result)
{
    if (ended_count == HEARD_MAX) stop("too many results");
    sprintf(ended[ended_count++], "%s state=%d channel=%d certainty=%d reason=%d", result->key, (int)result->state,
            (int)result->channel, (int)result->certainty, (int)result->reason);
}

static void print_ended(const char *what, const char *client)
{
    int i;
    printf("%s %s: %d\n", what, client, ended_count);
    qsort(ended, (size_t)ended_count, sizeof ended[0], by_bytes);
    for (i = 0; i < ended_count; i++) printf("  %s\n", ended[i]);
    ended_count = 0;
}

/* ---- Other threads ---- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int log_lines;

static void ALIMI_CALL on_result(int32_t client, const alimi_result_t *result, void *once)
{
    int32_t acknowledged = alimi_ack_result(client, result->key);
    int32_t removed = once != NULL ? alimi_set_result_callback(client, NULL, NULL) : ALIMI_CALLBACK_RUNNING;
    pthread_mutex_lock(&lock);
    if (acknowledged == ALIMI_OK && removed == ALIMI_CALLBACK_RUNNING) note(result);
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static void ALIMI_CALL on_line(int32_t level, const char *text, void *context)
{
    (void)context;
    pthread_mutex_lock(&lock);
    if (level > ALIMI_LOG_OFF && *text != '\0') log_lines++;
    pthread_mutex_unlock(&lock);
}

static void wait_for_results(int count)
{
    struct timespec end;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += WAIT_MS / 1000;
    pthread_mutex_lock(&lock);
    while (ended_count < count && pthread_cond_timedwait(&changed, &lock, &end) == 0) continue;
    pthread_mutex_unlock(&lock);
}

static struct { pthread_t thread; int client; int32_t timeout_ms, code; alimi_result_t result; } other;

static void *poll_there(void *unused)
{
    other.result.size = (int32_t)sizeof other.result;
    other.code = alimi_poll_result(clients[other.client].number, other.timeout_ms, &other.result);
    return unused;
}

/* ---- The words of the list ---- */

static const char *f(int i)
{
    return i < field_count ? fields[i] : "";
}

static int is(const char *word)
{
    return strcmp(fields[0], word) == 0;
}

static void open_client(int at, const char *directory, const char *number)
{
    static char path[TEXT_MAX];
    const char *config = f(2);
    if (is("openfile")) {
        FILE *file;
        sprintf(path, "%.4000s/case-%.10s.json", directory, number);
        file = fopen(path, "wb");
        if (file == NULL || fputs(config, file) < 0 || fclose(file) != 0) stop("the directory cannot be written");
        config = path;
    }
    clients[at].cp949 = strstr(f(2), "\"cp949\"") != NULL;
    printf("%s %s: %s\n", f(0), f(1), code_name(alimi_init(config, &clients[at].number)));
}

static void drain(int32_t client, int count)
{
    while (ended_count < count) {
        alimi_result_t result = {sizeof result};
        if (alimi_poll_result(client, WAIT_MS, &result) != ALIMI_OK) break;
        if (alimi_ack_result(client, result.key) != ALIMI_OK) stop("a result that cannot be acknowledged");
        note(&result);
    }
    print_ended("drain", f(1));
}

static void until(int32_t client, const char *key, int state)
{
    alimi_result_t result = {sizeof result};
    time_t end = time(NULL) + WAIT_MS / 1000;
    while (alimi_get_status(client, key, &result) == ALIMI_OK && result.state != state && time(NULL) < end) sched_yield();
    printf("until %s: %s state=%d\n", f(1), key, (int)result.state);
}

/* The beginning of a result as JSON: what follows differs from run to run. */
static void print_json(int32_t code)
{
    char *times = strstr(answer, ",\"account\"");
    if (times != NULL) *times = '\0';
    printf("%s %s: %s%s%s\n", f(0), f(1), code_name(code), code == ALIMI_OK ? " " : "", code == ALIMI_OK ? answer : "");
}

/* Lines without their first column or member, the day. */
static void print_statistics(int32_t code)
{
    char *line;
    printf("stats %s: %s\n", f(1), code_name(code));
    for (line = code == ALIMI_OK ? strtok(answer, "\r\n") : NULL; line != NULL; line = strtok(NULL, "\r\n"))
        printf("  %s\n", strchr(line, ',') + 1);
}

/* The members that are asked for in a field, found by their names. */
static void print_members(int32_t code, int names)
{
    char *name_;
    printf("%s %s: %s", f(0), f(1), code_name(code));
    for (name_ = code >= 0 ? strtok(fields[names], ",") : NULL; name_ != NULL; name_ = strtok(NULL, ",")) {
        char quoted[64];
        const char *value;
        sprintf(quoted, "\"%.50s\":", name_);
        value = strstr(answer, quoted);
        if (value == NULL) stop("a member is lacking");
        value += strlen(quoted);
        printf(" %s=%.*s", name_, (int)strcspn(value, ",}"), value);
    }
    printf("\n");
}

static void send_one(int32_t client)
{
    char made[ALIMI_KEY_SIZE] = "";
    int32_t code = is("send") ? alimi_send_alimtalk(client, f(2), f(3), f(4), f(5), f(6), made, ALIMI_KEY_SIZE)
                              : alimi_send_text(client, f(2), f(3), f(4), f(5), made, ALIMI_KEY_SIZE);
    printf("%s %s: %s", f(0), f(1), code_name(code));
    if (code >= 0) printf(" %s", *f(2) != '\0' ? made : *made != '\0' ? "made" : "none");
    printf("\n");
}

/* Answers whether the word is one of a client's functions that answer with a code alone. */
static int simple(int32_t client)
{
    int32_t code;
    if (is("cancel")) code = alimi_cancel(client, f(2));
    else if (is("ack")) code = alimi_ack_result(client, f(2));
    else if (is("reload")) code = alimi_reload(client, f(2));
    else if (is("wake")) code = alimi_wake(client);
    else if (is("flush")) code = alimi_flush(client, atoi(f(2)));
    else if (is("close")) code = alimi_shutdown(client, atoi(f(2)));
    else if (is("listen")) code = alimi_set_result_callback(client, on_result, NULL);
    else if (is("listenonce")) code = alimi_set_result_callback(client, on_result, &lock);
    else if (is("unlisten")) code = alimi_set_result_callback(client, NULL, NULL);
    else return 0;
    printf("%s %s: %s\n", f(0), f(1), code_name(code));
    return 1;
}

static void of_client(int at, const char *directory, const char *number)
{
    int32_t client = clients[at].number, code;
    alimi_result_t result = {sizeof result};
    if (simple(client)) return;
    *answer = '\0';
    if (is("open") || is("openfile")) open_client(at, directory, number);
    else if (is("send") || is("sendtext")) send_one(client);
    else if (is("batch")) {
        code = alimi_send_batch(client, f(2), answer, cap);
        printf("batch %s: %s%s%s\n", f(1), code_name(code), code >= 0 ? " " : "", code >= 0 ? answer : "");
    } else if (is("poll") || is("status")) {
        code = is("poll") ? alimi_poll_result(client, atoi(f(2)), &result) : alimi_get_status(client, f(2), &result);
        printf("%s %s: ", f(0), f(1));
        describe(code, &result, clients[at].cp949);
    } else if (is("drain")) drain(client, atoi(f(2)));
    else if (is("until")) until(client, f(2), atoi(f(3)));
    else if (is("polljson")) print_json(alimi_poll_result_json(client, atoi(f(2)), answer, atoi(f(3))));
    else if (is("statusjson")) print_json(alimi_get_status_json(client, f(2), answer, atoi(f(3))));
    else if (is("stats")) print_statistics(alimi_get_stats(client, f(2), answer, cap));
    else if (is("health")) print_members(alimi_get_health(client, answer, cap), 2);
    else if (is("sync")) print_members(alimi_sync_templates(client, atoi(f(2)), answer, cap), 3);
    else if (is("heard")) wait_for_results(atoi(f(2))), print_ended("heard", f(1));
    else if (is("thread")) {
        other.client = at;
        other.timeout_ms = atoi(f(2));
        if (pthread_create(&other.thread, NULL, poll_there, NULL) != 0) stop("no thread");
    } else stop("a word that is not known");
}

/* Answers whether the word is one that needs no client. */
static int without_client(void)
{
    char text[ALIMI_ERROR_SIZE] = "", *at;
    int32_t code;
    if (is("version")) {
        code = alimi_version(text, (int32_t)sizeof text);
        for (at = text; *at != '\0'; at++)
            if (*at >= '0' && *at <= '9') *at = '9';
        printf("version: %s %s\n", code_name(code), text);
    } else if (is("errortext")) {
        code = alimi_error_text(atoi(f(1)), text, (int32_t)sizeof text);
        printf("errortext %s: %s\n", f(1), code == ALIMI_OK ? text : code_name(code));
    } else if (is("error")) {
        code = alimi_last_error(text, (int32_t)sizeof text);
        printf("error: %s\n", code == ALIMI_OK ? text : code_name(code));
    } else if (is("join")) {
        pthread_join(other.thread, NULL);
        printf("join: ");
        describe(other.code, &other.result, clients[other.client].cp949);
    } else if (is("log")) {
        printf("log: %s\n", code_name(alimi_set_log_callback(atoi(f(1)), on_line, NULL)));
    } else if (is("unlog")) {
        code = alimi_set_log_callback(ALIMI_LOG_OFF, NULL, NULL);
        printf("unlog: %s lines=%s\n", code_name(code), log_lines > 0 ? "yes" : "no");
    } else return 0;
    return 1;
}

/* ---- The list ---- */

static void split(char *line)
{
    char *end;
    line[strcspn(line, "\r\n")] = '\0';
    for (field_count = 0; line != NULL; line = end) {
        end = strchr(line, '|');
        if (end != NULL) *end++ = '\0';
        if (field_count == FIELDS_MAX || strlen(line) >= TEXT_MAX) stop("a line with too many fields");
        strcpy(fields[field_count++], line);
    }
}

static void tomorrow(void)
{
    char text[16];
    time_t when = time(NULL) + (24 + 9) * 3600; /* Korea is nine hours ahead */
    strftime(text, sizeof text, "%Y%m%d%H%M%S", gmtime(&when));
    name("$tomorrow", text, text);
}

int main(int argc, char **argv)
{
    static char line[TEXT_MAX], outbox[TEXT_MAX], number[16];
    int cases = 0, i;
    FILE *list;
    if (argc != 3) stop("usage: conformance CASES DIRECTORY");
#ifdef _WIN32
    _setmode(_fileno(stdout), _O_BINARY);
#endif
    list = fopen(argv[1], "rb");
    if (list == NULL) stop("the list cannot be read");
    tomorrow();
    name("$outbox", "", "");
    while (fgets(line, sizeof line, list) != NULL) {
        split(line);
        if (*f(0) == '\0' || *f(0) == '#') continue;
        if (is("let")) name(f(1), f(2), from_hex(f(3)));
        else if (is("repeat")) name(f(1), repeated(atoi(f(2)), f(3)), repeated(atoi(f(2)), from_hex(f(4))));
        else if (is("config")) name(f(1), f(2), f(2));
        else if (is("case")) {
            sprintf(number, "%02d", ++cases);
            sprintf(outbox, "%.4000s/case-%s.db", argv[2], number);
            name("$outbox", outbox, outbox);
            printf("\n%s %s\n", number, f(1));
        } else {
            int at = *f(1) >= 'A' && *f(1) <= 'Z' ? *f(1) - 'A' : 0;
            int configures = is("open") || is("openfile") || is("reload");
            for (i = 1; i < field_count; i++) expand(fields[i], !configures && clients[at].cp949);
            if (!without_client()) of_client(at, argv[2], number);
        }
        fflush(stdout);
    }
    fclose(list);
    return 0;
}
