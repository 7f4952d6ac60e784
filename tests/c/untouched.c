/*
 * What belongs to the program stays as it is through every call, done or refused: floating-point environment, errno,
 * signal mask and handlers, locale, directory, file mode mask, environment. The argument is an empty directory.
 */
#include "process.h"
#include <errno.h>
#include <fenv.h>
#include <locale.h>
#include <signal.h>
#include <sys/stat.h>

extern char **environ;

/* As odd as a program can make it, so that a default would be noticed. */
static sigset_t mask;
static char locale_name[64], directory[1024];
static char **environment;
static int variables;
static const int traps = FE_DIVBYZERO | FE_INVALID | FE_OVERFLOW;

static void on_signal(int signal)
{
    (void)signal;
}

static int count_variables(void)
{
    int count = 0;
    while (environ[count] != NULL) count++;
    return count;
}

static void prepare(const char *place)
{
    struct sigaction action;
    int signal;
    CHECK(chdir(place) == 0 && getcwd(directory, sizeof directory) != NULL);
    if (setlocale(LC_ALL, "C.UTF-8") == NULL) setlocale(LC_ALL, "POSIX");
    snprintf(locale_name, sizeof locale_name, "%s", setlocale(LC_ALL, NULL));
    umask(0137);
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR2);
    sigaddset(&mask, SIGALRM);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    for (signal = 1; signal < 32; signal++) sigaction(signal, &action, NULL);
    environment = environ;
    variables = count_variables();
    fesetround(FE_UPWARD);
    feenableexcept(traps);
}

/* Before a call: flags that alimi would have to clear, and an errno that nobody sets. */
static void before(void)
{
    feclearexcept(FE_ALL_EXCEPT);
    feraiseexcept(FE_UNDERFLOW);
    errno = 4711;
}

static void same_after(const char *what)
{
    int number = errno, flags = fetestexcept(FE_ALL_EXCEPT), signal;
    char now[1024];
    sigset_t mask_now;
    mode_t mode;
    if (number != 4711) failed(__LINE__, what, number);
    if (flags != FE_UNDERFLOW) failed(__LINE__, what, flags);
    if (fegetround() != FE_UPWARD || fegetexcept() != traps) failed(__LINE__, what, fegetround());
    sigprocmask(SIG_SETMASK, NULL, &mask_now);
    for (signal = 1; signal < 65; signal++) {
        struct sigaction action;
        if (sigismember(&mask, signal) != sigismember(&mask_now, signal)) failed(__LINE__, what, signal);
        if (signal < 32 && signal != SIGKILL && signal != SIGSTOP) {
            sigaction(signal, NULL, &action);
            if (action.sa_handler != on_signal) failed(__LINE__, what, signal);
        }
    }
    if (strcmp(setlocale(LC_ALL, NULL), locale_name) != 0) failed(__LINE__, what, 0);
    if (getcwd(now, sizeof now) == NULL || strcmp(now, directory) != 0) failed(__LINE__, what, 0);
    mode = umask(0137);
    if (mode != 0137) failed(__LINE__, what, mode);
    if (environ != environment || count_variables() != variables) failed(__LINE__, what, 0);
}

/* A call that must answer so and change nothing of ours. */
#define SAME(call, expected)                           \
    do {                                               \
        int32_t answer_;                               \
        before();                                      \
        answer_ = (call);                              \
        same_after(#call);                             \
        equal_at(__LINE__, #call, answer_, (expected)); \
    } while (0)

static char buffer[65536];
static const int32_t cap = (int32_t)sizeof buffer;

static void ALIMI_CALL line_inside(int32_t level, const char *text, void *context)
{
    (void)level, (void)text, (void)context;
    errno = 99; /* what the program's own function does stays inside the call too */
}

static void with_a_client(int32_t client)
{
    alimi_result_t result = empty_result();
    char key[ALIMI_KEY_SIZE];
    SAME(alimi_send_alimtalk(client, NULL, "010-0000-0010", "visit", "name=A\ntime=9", "", key, ALIMI_KEY_SIZE), 0);
    SAME(alimi_send_alimtalk(client, "K", "010-0000-0001", "visit", "{\"name\":1.5}", NULL, NULL, 0),
         ALIMI_ERR_INVALID_ARGUMENT);
    SAME(alimi_send_alimtalk(client, "K", "010-0000-0001", "visit", "{\"name\":1e308000}", NULL, NULL, 0),
         ALIMI_ERR_INVALID_JSON);
    SAME(alimi_send_text(client, "T", "010-0000-0001", "text", "{\"expires_in\":1e-320}", NULL, 0), ALIMI_ERR_OPTION);
    SAME(alimi_send_text(client, "T", "010-0000-0023", "text", "", NULL, 0), ALIMI_OK);
    SAME(alimi_send_text(client, "T", "010-0000-0001", "", "", NULL, 0), ALIMI_ERR_CONTENT);
    SAME(alimi_send_text(client, "M", "010-0000-0001", "text", "image=no such file", NULL, 0), ALIMI_ERR_IMAGE);
    SAME(alimi_send_batch(client, "[{\"key\":\"B\",\"to\":\"010-0000-0001\",\"text\":\"x\"},17.25,1e300]", buffer, cap),
         ALIMI_PARTIAL);
    SAME(alimi_poll_result(client, 5000, &result), ALIMI_OK);
    SAME(alimi_poll_result_json(client, 5000, buffer, cap), ALIMI_OK);
    SAME(alimi_poll_result_json(client, 5000, buffer, 3), ALIMI_ERR_BUFFER_TOO_SMALL);
    SAME(alimi_get_status(client, key, &result), ALIMI_OK);
    SAME(alimi_get_status(client, "no such key", &result), ALIMI_ERR_NOT_FOUND);
    SAME(alimi_ack_result(client, key), ALIMI_OK);
    SAME(alimi_cancel(client, key), ALIMI_ERR_TOO_LATE);
    SAME(alimi_wake(client), ALIMI_OK);
    SAME(alimi_get_stats(client, "{\"by\":0.1}", buffer, cap), ALIMI_ERR_INVALID_ARGUMENT);
    SAME(alimi_get_stats(client, "", buffer, cap), ALIMI_OK);
    SAME(alimi_get_health(client, buffer, cap), ALIMI_OK);
    SAME(alimi_flush(client, 5000), ALIMI_OK);
    SAME(alimi_set_result_callback(client, ignore_result, NULL), ALIMI_OK);
    SAME(alimi_set_result_callback(client, NULL, NULL), ALIMI_OK);
}

int main(int argc, char **argv)
{
    static const char config[] =
        "{\"outbox\":{\"encryption\":\"none\",\"path\":\"outbox.db\",\"max_messages\":100000},\"logging\":{\"level\":\"trace\"},"
        "\"accounts\":{\"clinic\":{\"sender_key\":\"any\",\"sender_number\":\"070-0000-0001\"}},"
        "\"retry\":{\"max_attempts\":5,\"initial_ms\":1,\"max_ms\":3},"
        "\"templates\":{\"visit\":{\"text\":\"#{name} - #{time}\"}}}";
    int32_t client = 0;
    if (argc != 2) return 2;
    prepare(argv[1]);
    SAME(alimi_version(buffer, cap), ALIMI_OK);
    SAME(alimi_error_text(-1, buffer, cap), ALIMI_OK);
    SAME(alimi_error_text(4711, buffer, cap), ALIMI_ERR_INVALID_ARGUMENT);
    SAME(alimi_last_error(buffer, cap), ALIMI_OK);
    SAME(alimi_set_log_callback(ALIMI_LOG_TRACE, line_inside, NULL), ALIMI_OK);
    SAME(alimi_init("no/such/file", &client), ALIMI_ERR_CONFIG_FILE);
    SAME(alimi_init("{\"retry\":{\"max_attempts\":1e400}}", &client), ALIMI_ERR_CONFIG_SYNTAX);
    SAME(alimi_init("{\"retry\":{\"max_attempts\":0.3}}", &client), ALIMI_ERR_CONFIG_VALUE);
    SAME(alimi_init(config, &client), ALIMI_OK);
    with_a_client(client);
    SAME(alimi_shutdown(client, 5000), ALIMI_OK);
    SAME(alimi_shutdown(client, 5000), ALIMI_ERR_INVALID_HANDLE);
    SAME(alimi_set_log_callback(ALIMI_LOG_OFF, NULL, NULL), ALIMI_OK);
    return finish();
}
