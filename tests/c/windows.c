/*
 * What only Windows has: paths outside ASCII, small stacks, DLLs that are unloaded, processes that are ended from outside.
 * The arguments are an empty directory and the name of a scenario.
 */
#define WIN32_LEAN_AND_MEAN
#include "check.h"
#include <float.h>
#include <windows.h>

#define WAIT_MS 20000
#define CP949 949
/* Two syllables for a folder, three for a file; the last one is only in CP949 and has a letter as its second byte. */
#define FOLDER "\xba\xb4\xbf\xf8"
#define FILE_NAME "\xb1\xe8\xb0\xa1\x8c\x63"

static char place[MAX_PATH];

static void configure(char *config, const char *outbox, const char *more)
{
    sprintf(config,
            "{\"outbox\":{\"encryption\":\"none\",\"path\":\"%s\"},\"encoding\":\"cp949\","
            "\"gateways\":{\"g\":{\"type\":\"sandbox\",\"delay_ms\":0,\"journal\":\"journal.txt\"}},"
            "\"accounts\":{\"clinic\":{\"sender_key\":\"any\",\"sender_number\":\"070-0000-0001\"}}%s}",
            outbox, more);
}

/* Starts with an outbox in the current directory. */
static int32_t start(void)
{
    char config[2048];
    int32_t client = 0;
    configure(config, "outbox.db", ",\"logging\":{\"file\":null}");
    EQUAL(alimi_init(config, &client), ALIMI_OK);
    return client;
}

static int32_t send_number(int32_t client, int number)
{
    char key[32];
    sprintf(key, "K-%d", number);
    return alimi_send_text(client, key, "010-0000-0000", FILE_NAME, "", NULL, 0);
}

static void take_delivered(int32_t client)
{
    alimi_result_t result = empty_result();
    EQUAL(alimi_poll_result(client, WAIT_MS, &result), ALIMI_OK);
    EQUAL(result.state, ALIMI_STATE_DELIVERED);
    EQUAL(alimi_ack_result(client, result.key), ALIMI_OK);
}

/* ---- paths outside ASCII ---- */

static void wide(const char *text, WCHAR *out)
{
    CHECK(MultiByteToWideChar(CP949, MB_ERR_INVALID_CHARS, text, -1, out, MAX_PATH) > 0);
}

static int exists(const char *path)
{
    WCHAR name[MAX_PATH];
    wide(path, name);
    return GetFileAttributesW(name) != INVALID_FILE_ATTRIBUTES;
}

/* The current directory and every path are Korean, as on a PC whose user is called so. */
static void paths_in_hangul_are_used_as_they_are(void)
{
    char config[2048], path[MAX_PATH];
    WCHAR name[MAX_PATH];
    int32_t client = 0;
    FILE *file;
    sprintf(path, "%s\\" FOLDER, place);
    wide(path, name);
    CHECK(CreateDirectoryW(name, NULL) && SetCurrentDirectoryW(name));

    /* A relative path in a configuration text; the log file goes beside it. */
    configure(config, FILE_NAME ".db", "");
    EQUAL(alimi_init(config, &client), ALIMI_OK);
    EQUAL(send_number(client, 1), ALIMI_OK);
    take_delivered(client);
    /* The program may go elsewhere meanwhile. */
    CHECK(SetCurrentDirectoryA(place));
    EQUAL(send_number(client, 2), ALIMI_OK);
    take_delivered(client);
    EQUAL(alimi_shutdown(client, WAIT_MS), ALIMI_OK);
    CHECK(exists(FOLDER "\\" FILE_NAME ".db") && exists(FOLDER "\\" FILE_NAME ".log"));

    /* The path of a configuration file, itself in CP949, with a path that begins in its folder; with either slash. */
    wide(FOLDER "\\" FILE_NAME ".json", name);
    file = _wfopen(name, L"wb");
    CHECK(file != NULL && fputs(config, file) >= 0 && fclose(file) == 0);
    EQUAL(alimi_init(FOLDER "/" FILE_NAME ".json", &client), ALIMI_OK);
    EQUAL(send_number(client, 1), ALIMI_DUPLICATE);
    EQUAL(alimi_shutdown(client, WAIT_MS), ALIMI_OK);

    /* An error names the path in the program's own encoding. */
    EQUAL(alimi_init(FOLDER "\\" FOLDER ".json", &client), ALIMI_ERR_CONFIG_FILE);
}

/* ---- a small stack ---- */

static DWORD WINAPI all_of_it(void *context)
{
    int32_t client = start();
    static char buffer[65536];
    EQUAL(send_number(client, 1), ALIMI_OK);
    take_delivered(client);
    EQUAL(alimi_send_batch(client, "[{\"key\":\"B\",\"to\":\"010-0000-0000\",\"text\":\"x\"}]", buffer, 65536), ALIMI_OK);
    EQUAL(alimi_get_stats(client, "", buffer, 65536), ALIMI_OK);
    EQUAL(alimi_get_health(client, buffer, 65536), ALIMI_OK);
    EQUAL(alimi_poll_result_json(client, WAIT_MS, buffer, 65536), ALIMI_OK);
    CHECK(alimi_shutdown(client, WAIT_MS) >= 0);
    *(int *)context = 1;
    return 0;
}

static void a_thread_with_a_stack_of_256_kib_is_enough(void)
{
    int done = 0;
    HANDLE thread = CreateThread(NULL, 256 * 1024, all_of_it, &done, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
    CHECK(thread != NULL);
    EQUAL(WaitForSingleObject(thread, 3 * WAIT_MS), WAIT_OBJECT_0);
    EQUAL(done, 1);
}

/* ---- unloading ---- */

/* A second copy of the library, found by name at run time as VB6, Delphi and PowerBuilder do: this program itself holds
   the first one. */
static HMODULE library;

static FARPROC find(const char *name)
{
    FARPROC found = GetProcAddress(library, name);
    if (found == NULL) failed(__LINE__, name, (long)GetLastError());
    return found;
}

static void load(void)
{
    library = LoadLibraryA("copy.dll");
    if (library == NULL) failed(__LINE__, "LoadLibrary", (long)GetLastError());
}

typedef int32_t (ALIMI_CALL *init_t)(const char *, int32_t *);
typedef int32_t (ALIMI_CALL *send_t)(int32_t, const char *, const char *, const char *, const char *, char *, int32_t);
typedef int32_t (ALIMI_CALL *poll_t)(int32_t, int32_t, alimi_result_t *);
typedef int32_t (ALIMI_CALL *ack_t)(int32_t, const char *);

static void a_library_that_is_unloaded_before_a_start_goes(void)
{
    int round;
    int32_t client;
    for (round = 0; round < 20; round++) {
        load();
        EQUAL(((init_t)(void *)find("alimi_init"))(NULL, &client), ALIMI_ERR_INVALID_ARGUMENT);
        CHECK(FreeLibrary(library));
        CHECK(GetModuleHandleA("copy.dll") == NULL);
    }
}

static void a_library_that_is_unloaded_with_a_live_client_goes_on(void)
{
    char file[MAX_PATH], config[2048], key[32];
    int round, number;
    int32_t client = 0;
    alimi_result_t result = empty_result();
    CHECK(GetModuleFileNameA(GetModuleHandleA("alimi.dll"), file, sizeof file) > 0 && CopyFileA(file, "copy.dll", TRUE));
    a_library_that_is_unloaded_before_a_start_goes();
    load();
    configure(config, "outbox.db", "");
    EQUAL(((init_t)(void *)find("alimi_init"))(config, &client), ALIMI_OK);
    for (number = 0; number < 50; number++) {
        sprintf(key, "K-%d", number);
        EQUAL(((send_t)(void *)find("alimi_send_text"))(client, key, "010-0000-0000", "text", "", NULL, 0), ALIMI_OK);
    }
    for (round = 0; round < 5; round++) FreeLibrary(library);
    CHECK(GetModuleHandleA("copy.dll") != NULL);
    load();
    /* The worker went on meanwhile, and the client is the same. */
    for (number = 0; number < 50; number++) {
        EQUAL(((poll_t)(void *)find("alimi_poll_result"))(client, WAIT_MS, &result), ALIMI_OK);
        EQUAL(result.state, ALIMI_STATE_DELIVERED);
        EQUAL(((ack_t)(void *)find("alimi_ack_result"))(client, result.key), ALIMI_OK);
    }
    for (round = 0; round < 5; round++) FreeLibrary(library);
}

/* ---- traps of the host's floating point, as Delphi sets them ---- */

static void floating_point_traps_of_the_host_stay_its_own(void)
{
    const unsigned traps = _EM_ZERODIVIDE | _EM_INVALID | _EM_OVERFLOW;
    unsigned before = _controlfp(0, 0) & ~traps;
    int32_t client = 0;
    _controlfp(before, _MCW_EM);
    EQUAL(alimi_init("{\"retry\":{\"max_attempts\":1e400}}", &client), ALIMI_ERR_CONFIG_SYNTAX);
    client = start();
    EQUAL(send_number(client, 1), ALIMI_OK);
    take_delivered(client);
    EQUAL(alimi_shutdown(client, WAIT_MS), ALIMI_OK);
    EQUAL(_controlfp(0, 0) & _MCW_EM, before & _MCW_EM);
}

/* ---- other processes ---- */

static PROCESS_INFORMATION again(const char *scenario)
{
    char program[MAX_PATH], command[3 * MAX_PATH];
    STARTUPINFOA how;
    PROCESS_INFORMATION process;
    memset(&how, 0, sizeof how);
    how.cb = sizeof how;
    CHECK(GetModuleFileNameA(NULL, program, sizeof program) > 0);
    sprintf(command, "\"%s\" \"%s\" %s", program, place, scenario);
    CHECK(CreateProcessA(NULL, command, NULL, NULL, FALSE, 0, NULL, NULL, &how, &process));
    return process;
}

static DWORD end_of(PROCESS_INFORMATION process)
{
    DWORD code = 4711;
    EQUAL(WaitForSingleObject(process.hProcess, 3 * WAIT_MS), WAIT_OBJECT_0);
    CHECK(GetExitCodeProcess(process.hProcess, &code));
    CloseHandle(process.hProcess);
    CloseHandle(process.hThread);
    return code;
}

static void a_second_process_is_told_that_the_outbox_is_taken(void)
{
    int32_t client = start();
    EQUAL(end_of(again("refused")), 0);
    EQUAL(send_number(client, 1), ALIMI_OK);
    take_delivered(client);
    EQUAL(alimi_shutdown(client, WAIT_MS), ALIMI_OK);
}

static void refused(void)
{
    char config[2048];
    int32_t client = 5;
    configure(config, "outbox.db", ",\"logging\":{\"file\":null}");
    EQUAL(alimi_init(config, &client), ALIMI_ERR_OUTBOX_LOCKED);
    EQUAL(client, 0);
    CHECK(says("process "));
}

/* How many messages there are: what was told in the file, one byte for each. */
static int told(void)
{
    WIN32_FILE_ATTRIBUTE_DATA data;
    return GetFileAttributesExA("accepted", GetFileExInfoStandard, &data) ? (int)data.nFileSizeLow : 0;
}

/* Sends for ever; a message that was accepted is told in a file. A repeat of the last one is no new message. */
static void send_for_ever(void)
{
    int32_t client = start(), code;
    HANDLE file = CreateFileA("accepted", FILE_APPEND_DATA, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_ALWAYS, 0, NULL);
    int number = told();
    for (;;) {
        DWORD written = 0;
        code = send_number(client, number++);
        CHECK(code == ALIMI_OK || code == ALIMI_DUPLICATE);
        CHECK(WriteFile(file, "x", 1, &written, NULL) && written == 1);
    }
}

static int lines_of_the_journal(int *twice)
{
    static unsigned char seen[1000000];
    char line[256];
    int lines = 0, number;
    FILE *file = fopen("journal.txt", "r");
    CHECK(file != NULL);
    *twice = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        CHECK(sscanf(line, "K-%d", &number) == 1 && number >= 0 && number < (int)sizeof seen);
        *twice += seen[number]++ > 0;
        lines++;
    }
    fclose(file);
    return lines;
}

/* Everything comes to its end: each message that was accepted has one result, and no message was taken twice. */
static void everything_is_there_once(int accepted)
{
    int32_t client = start();
    alimi_result_t result = empty_result();
    int number, twice, results = 0;
    char key[32];
    for (number = 0; number < accepted; number++) {
        sprintf(key, "K-%d", number);
        EQUAL(alimi_get_status(client, key, &result), ALIMI_OK);
    }
    /* The last one may have been accepted and not told. */
    sprintf(key, "K-%d", accepted);
    accepted += alimi_get_status(client, key, &result) == ALIMI_OK;
    EQUAL(alimi_flush(client, WAIT_MS), ALIMI_OK);
    for (; results < accepted; results++) {
        EQUAL(alimi_poll_result(client, WAIT_MS, &result), ALIMI_OK);
        EQUAL(result.state, ALIMI_STATE_DELIVERED);
        EQUAL(alimi_ack_result(client, result.key), ALIMI_OK);
    }
    /* Nothing is left. */
    EQUAL(alimi_shutdown(client, WAIT_MS), ALIMI_OK);
    EQUAL(lines_of_the_journal(&twice), accepted);
    EQUAL(twice, 0);
}

/* The moment of the end is what is random here; nothing waits for it. */
static void a_process_ended_from_outside_loses_nothing_and_sends_nothing_twice(void)
{
    int round;
    for (round = 0; round < 12; round++) {
        int before = told();
        PROCESS_INFORMATION process = again("send");
        while (told() < before + 20) {
            DWORD code;
            CHECK(GetExitCodeProcess(process.hProcess, &code) && code == STILL_ACTIVE);
            SwitchToThread();
        }
        Sleep((DWORD)(GetTickCount() % 60));
        CHECK(TerminateProcess(process.hProcess, 9));
        EQUAL(end_of(process), 9);
    }
    everything_is_there_once(told());
}

/* The next process repeats the messages, so none is missed; it ends with messages of every kind under way. */
static void a_program_may_end_without_a_word(void)
{
    static const char *const ways[] = {"end:main", "end:exit", "end:process", "end:thread", "end:callback"};
    size_t way;
    for (way = 0; way < sizeof ways / sizeof *ways; way++) {
        EQUAL(end_of(again(ways[way])), 7);
        EQUAL(GetFileAttributesA("accepted") == INVALID_FILE_ATTRIBUTES, 1);
    }
    everything_is_there_once((int)(50 * (sizeof ways / sizeof *ways)));
}

static DWORD WINAPI end_from_a_thread(void *context)
{
    (void)context;
    ExitProcess(7);
}

static void ALIMI_CALL end_the_program(int32_t client, const alimi_result_t *result, void *context)
{
    (void)client, (void)result, (void)context;
    exit(7);
}

static int end_without_shutdown(const char *how)
{
    static const char *const ways[] = {"main", "exit", "process", "thread", "callback"};
    int32_t client = start();
    int number, first = 0;
    while (strcmp(ways[first], how) != 0) first++;
    for (number = 50 * first; number < 50 * (first + 1); number++) EQUAL(send_number(client, number), ALIMI_OK);
    if (first == 1) exit(7);
    if (first == 2) ExitProcess(7);
    if (first == 3) CreateThread(NULL, 0, end_from_a_thread, NULL, 0, NULL);
    if (first == 4) EQUAL(alimi_set_result_callback(client, end_the_program, NULL), ALIMI_OK);
    if (first > 2) Sleep(INFINITE);
    return 7;
}

int main(int argc, char **argv)
{
    if (argc != 3 || GetFullPathNameA(argv[1], sizeof place, place, NULL) == 0 || !SetCurrentDirectoryA(place)) return 2;
    if (strcmp(argv[2], "hangul") == 0) paths_in_hangul_are_used_as_they_are();
    else if (strcmp(argv[2], "stack") == 0) a_thread_with_a_stack_of_256_kib_is_enough();
    else if (strcmp(argv[2], "unload") == 0) a_library_that_is_unloaded_with_a_live_client_goes_on();
    else if (strcmp(argv[2], "traps") == 0) floating_point_traps_of_the_host_stay_its_own();
    else if (strcmp(argv[2], "locked") == 0) a_second_process_is_told_that_the_outbox_is_taken();
    else if (strcmp(argv[2], "refused") == 0) refused();
    else if (strcmp(argv[2], "kill") == 0) a_process_ended_from_outside_loses_nothing_and_sends_nothing_twice();
    else if (strcmp(argv[2], "send") == 0) send_for_ever();
    else if (strcmp(argv[2], "ends") == 0) a_program_may_end_without_a_word();
    else if (strncmp(argv[2], "end:", 4) == 0) return end_without_shutdown(argv[2] + 4);
    else return 2;
    if (strcmp(argv[2], "refused") == 0) return checks == 0;
    return finish();
}
