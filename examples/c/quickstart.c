/*
 * Reads the appointments of a CP949 file, reminds every patient by AlimTalk with an LMS as fallback, and prints what
 * became of the messages. The same as examples/quickstart.rs, in C99 and nothing but the standard library.
 *
 *     quickstart CONFIGURATION APPOINTMENTS
 *
 * Run it twice, or stop it in the middle and run it again: nothing is sent twice. The outbox is where the configuration
 * says; a path that is not absolute begins in the directory of the configuration.
 *
 * The bytes of the file go to the library as they are, because the configuration says "encoding": "cp949". The columns'
 * headings are the names of the template's variables, so this source needs no Korean text in any encoding.
 */
#include <alimi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 9, LINE_MAX_BYTES = 1024, APPOINTMENTS_MAX = 10000, INSTITUTIONS_MAX = 32 };
enum { NUMBER = 0, INSTITUTION = 1, PHONE = 4 };                /* columns of the file */
static const int variable_columns[] = {2, 3, 5, 6, 7, 8};       /* those that the template names */

enum { BY_ALIMTALK, BY_TEXT, FAILED, UNKNOWN, EXPIRED, OUTCOMES, OPEN = -1 };
static const char *const outcome_names[OUTCOMES] = {"AlimTalk", "LMS/SMS", "failed", "unknown", "expired"};

typedef struct { char key[ALIMI_KEY_SIZE]; int institution; int outcome; } appointment_t;
static appointment_t appointments[APPOINTMENTS_MAX];
static int appointment_count;
static char institutions[INSTITUTIONS_MAX][65];
static int institution_count;

static void fail(const char *what)
{
    char text[ALIMI_ERROR_SIZE] = "";
    alimi_last_error(text, (int32_t)sizeof text);
    fprintf(stderr, "quickstart: %s: %s\n", what, text);
    exit(1);
}

static void stop(const char *what)
{
    fprintf(stderr, "quickstart: %s\n", what);
    exit(1);
}

/* Cuts a line at its commas. No second byte of a CP949 character is a comma, so this is safe. */
static void split(char *line, char *fields[COLUMNS])
{
    int i;
    line[strcspn(line, "\r\n")] = '\0';
    for (i = 0; i < COLUMNS; i++) {
        fields[i] = line;
        line = strchr(line, ',');
        if (line == NULL && i < COLUMNS - 1) stop("the file has a line with too few columns");
        if (line != NULL) *line++ = '\0';
    }
}

static int institution_index(const char *code)
{
    int i;
    for (i = 0; i < institution_count; i++)
        if (strcmp(institutions[i], code) == 0) return i;
    if (institution_count == INSTITUTIONS_MAX || strlen(code) >= sizeof institutions[0]) stop("too many institutions");
    strcpy(institutions[institution_count], code);
    return institution_count++;
}

static int outcome_of(const alimi_result_t *result)
{
    switch (result->state) {
    case ALIMI_STATE_DELIVERED: return result->channel == ALIMI_CHANNEL_ALIMTALK ? BY_ALIMTALK : BY_TEXT;
    case ALIMI_STATE_FAILED: return FAILED;
    case ALIMI_STATE_UNKNOWN: return UNKNOWN;
    case ALIMI_STATE_EXPIRED:
    case ALIMI_STATE_CANCELLED: return EXPIRED;
    default: return OPEN;
    }
}

/* Hands one reminder over. It is on disk when alimi_send_alimtalk returns. Answers whether an earlier run had done so. */
static int send_reminder(int32_t client, char *const names[COLUMNS], char *const fields[COLUMNS])
{
    char variables[2 * LINE_MAX_BYTES] = "", options[128];
    appointment_t *appointment = &appointments[appointment_count];
    size_t i;
    int32_t code;
    for (i = 0; i < sizeof variable_columns / sizeof *variable_columns; i++) {
        int column = variable_columns[i];
        sprintf(variables + strlen(variables), "%s=%s\n", names[column], fields[column]);
    }
    if (appointment_count == APPOINTMENTS_MAX || strlen(fields[NUMBER]) >= sizeof appointment->key)
        stop("too many appointments, or a number of more than 64 characters");
    strcpy(appointment->key, fields[NUMBER]);
    appointment->institution = institution_index(fields[INSTITUTION]);
    appointment->outcome = OPEN;
    appointment_count++;

    sprintf(options, "account=%s", fields[INSTITUTION]);
    code = alimi_send_alimtalk(client, fields[NUMBER], fields[PHONE], "reminder", variables, options, NULL, 0);
    if (code < 0) fail(fields[NUMBER]);
    if (code == ALIMI_DUPLICATE) {
        /* What an earlier run has acknowledged does not come again; its result can be looked up. */
        alimi_result_t result = {sizeof result};
        if (alimi_get_status(client, fields[NUMBER], &result) < 0) fail(fields[NUMBER]);
        appointment->outcome = outcome_of(&result);
    }
    return code == ALIMI_DUPLICATE;
}

/* Takes a result to its appointment; answers 1 when that one was still open. */
static int settle(const alimi_result_t *result)
{
    int i;
    for (i = 0; i < appointment_count; i++) {
        if (strcmp(appointments[i].key, result->key) != 0) continue;
        if (appointments[i].outcome != OPEN) return 0;
        appointments[i].outcome = outcome_of(result);
        return 1;
    }
    return 0;
}

/* Takes results until every message has one. What is not acknowledged comes again, after a crash as well. */
static void collect_results(int32_t client)
{
    int i, open = 0, taken = 0;
    for (i = 0; i < appointment_count; i++) open += appointments[i].outcome == OPEN;
    for (;;) {
        alimi_result_t result = {sizeof result};
        int32_t code = alimi_poll_result(client, open > 0 ? 1000 : 0, &result);
        if (code < 0) fail("alimi_poll_result");
        if (code == ALIMI_OK) {
            /* Here a real program writes the result to its own database; then it lets it go. */
            if (alimi_ack_result(client, result.key) < 0) fail("alimi_ack_result");
            open -= settle(&result);
            if (++taken % 250 == 0) printf("%d results taken\n", taken);
        } else if (open == 0) {
            return;
        }
    }
}

static void print_table(void)
{
    int counts[INSTITUTIONS_MAX + 1][OUTCOMES + 1] = {{0}};
    int i, j;
    for (i = 0; i < appointment_count; i++) {
        int rows[2], r;
        rows[0] = appointments[i].institution;
        rows[1] = institution_count;
        for (r = 0; r < 2; r++) {
            counts[rows[r]][appointments[i].outcome]++;
            counts[rows[r]][OUTCOMES]++;
        }
    }
    printf("\n%-12s", "institution");
    for (j = 0; j < OUTCOMES; j++) printf("%10s", outcome_names[j]);
    printf("%10s\n", "total");
    for (i = 0; i <= institution_count; i++) {
        printf("%-12s", i < institution_count ? institutions[i] : "all");
        for (j = 0; j <= OUTCOMES; j++) printf("%10d", counts[i][j]);
        printf("\n");
    }
}

int main(int argc, char **argv)
{
    char heading[LINE_MAX_BYTES], line[LINE_MAX_BYTES];
    char *names[COLUMNS], *fields[COLUMNS];
    int earlier = 0;
    int32_t client;
    FILE *file;

    if (argc != 3) stop("usage: quickstart CONFIGURATION APPOINTMENTS");
    file = fopen(argv[2], "rb");
    if (file == NULL || fgets(heading, sizeof heading, file) == NULL) stop("the file of appointments cannot be read");
    split(heading, names);
    if (alimi_init(argv[1], &client) < 0) fail("alimi_init");

    while (fgets(line, sizeof line, file) != NULL) {
        split(line, fields);
        earlier += send_reminder(client, names, fields);
    }
    fclose(file);
    printf("%d messages handed over\n", appointment_count);
    if (earlier > 0) printf("%d were accepted by an earlier run and are not sent again\n", earlier);
    fflush(stdout);

    collect_results(client);
    if (alimi_shutdown(client, 5000) < 0) fail("alimi_shutdown");
    print_table();
    return 0;
}
