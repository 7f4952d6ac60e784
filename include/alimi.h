/*
 * alimi.h - sends KakaoTalk AlimTalk messages, and SMS, LMS or MMS where one cannot be delivered.
 *
 * Generated from src/ffi by build.rs. Do not edit.
 *
 * Four functions are enough for a program:
 *
 *     int32_t client;
 *     alimi_result_t result;
 *
 *     alimi_init("alimi.json", &client);
 *     alimi_send_alimtalk(client, "APPT-1", "010-1234-5678", "reminder", "name=...", NULL, NULL, 0);
 *     result.size = sizeof result;
 *     if (alimi_poll_result(client, 1000, &result) == ALIMI_OK) {
 *         ... store result.key and result.state ...
 *         alimi_ack_result(client, result.key);
 *     }
 *     alimi_shutdown(client, 5000);
 *
 * THE LAW OF THIS HEADER
 *
 *  1. A function, a number, a member and a configuration key are never changed or used again. New ones are added.
 *  2. Every function returns a code: 0 done, above 0 done with a notice, below 0 refused and nothing changed.
 *     alimi_last_error() then tells the details.
 *  3. Texts in end with a NUL and are read during the call only. Where the comment does not allow NULL, NULL is an error.
 *     At most 1,024 bytes are taken for keys, numbers and names, 256 KiB for other texts, 4 MiB for the configuration,
 *     16 MiB for a batch.
 *  4. Texts out go to a buffer of yours; its capacity is in bytes and counts the NUL. They are whole and end with a NUL,
 *     or the function returns ALIMI_ERR_BUFFER_TOO_SMALL. Then the buffer holds the number of bytes that are needed, as
 *     decimal digits ("1234"; empty where even these do not fit), to be read with atoi() in C, Long() in PowerBuilder, Val()
 *     in VB6. After any other error the buffer is empty or unchanged. Nothing is ever yours to free.
 *  5. Every text in and out is in the encoding that the configuration names: "utf-8" or "cp949" (what the field calls
 *     EUC-KR, with all 11,172 syllables). A byte that is not valid in it is ALIMI_ERR_ENCODING with its position; nothing is
 *     replaced silently. Exceptions are said where they hold. The functions whose names end in _w have UTF-16 in its place.
 *  6. Any function may be called from any thread at any time. Timeouts are in milliseconds, not negative; one above
 *     ALIMI_TIMEOUT_MAX means ALIMI_TIMEOUT_MAX. No function waits for the network.
 *  7. After alimi_init every function returns ALIMI_ERR_FORKED in a forked child and does nothing. Fork first.
 *  8. alimi starts nothing when it is loaded, prints nothing, and touches no signal handler, locale, directory, environment
 *     variable or floating-point flag of the program. Once started it stays loaded until the process ends.
 *  9. The calling convention is the system's: stdcall on 32-bit Windows, with plain export names.
 * 10. A fault inside alimi is ALIMI_ERR_INTERNAL and never the end of the program; what was accepted is kept.
 */

#ifndef ALIMI_H
#define ALIMI_H

/* Compilers from before C99 have no stdint.h. Define ALIMI_NO_STDINT where int32_t is defined already. */
#if defined(ALIMI_NO_STDINT)
#elif defined(_MSC_VER) && _MSC_VER < 1600
typedef __int32 int32_t;
#elif defined(__BORLANDC__) && __BORLANDC__ < 0x560
typedef int int32_t;
#else
#include <stdint.h>
#endif

/* The calling convention, also of callbacks. */
#ifndef ALIMI_CALL
#if defined(_WIN32) && !defined(_WIN64)
#define ALIMI_CALL __stdcall
#else
#define ALIMI_CALL
#endif
#endif

/* Where the functions come from. Define ALIMI_STATIC to link the static library. */
#ifndef ALIMI_API
#if defined(_WIN32) && !defined(ALIMI_STATIC)
#define ALIMI_API __declspec(dllimport)
#else
#define ALIMI_API
#endif
#endif

/* A unit of UTF-16, for the functions whose names end in _w: the compiler's own type, so that L"" on Windows, and u""
   elsewhere, are such texts. */
#if defined(_WIN32)
#include <stddef.h>
typedef wchar_t alimi_utf16_t;
#elif defined(__cplusplus) && __cplusplus >= 201103L
typedef char16_t alimi_utf16_t;
#else
typedef unsigned short alimi_utf16_t;
#endif

/* The version of this header; alimi_version() tells that of the library. */
#define ALIMI_VERSION "0.1.0"
#define ALIMI_VERSION_MAJOR 0
#define ALIMI_VERSION_MINOR 1
#define ALIMI_VERSION_PATCH 0

/* ---- Codes: 0 done, above 0 done with a notice, below 0 refused and nothing changed ---- */

/** Done. */
#define ALIMI_OK 0
/** Notice: this key with the same content was accepted before; it stays one message. */
#define ALIMI_DUPLICATE 1
/** Notice: no result is waiting. */
#define ALIMI_EMPTY 2
/** Notice: not finished yet; it goes on by itself. After a shutdown: messages remain in the outbox for the next start. */
#define ALIMI_PENDING 3
/** Notice: messages of the batch were refused; the verdicts say which and why. */
#define ALIMI_PARTIAL 4
/** Notice: a callback is still running; keep what it uses until it returns. */
#define ALIMI_CALLBACK_RUNNING 5

/* ---- Errors: use of the functions ---- */

/** An argument is missing, too long or outside its range. */
#define ALIMI_ERR_INVALID_ARGUMENT (-1)
/** The client number was never given out, or its client was shut down. */
#define ALIMI_ERR_INVALID_HANDLE (-2)
/** The client is shutting down and takes nothing more. */
#define ALIMI_ERR_CLOSED (-3)
/** The process was forked after alimi_init; the child cannot use alimi. Fork first, then call alimi_init. */
#define ALIMI_ERR_FORKED (-4)
/** The buffer is too small; the size needed is in it, where it fits, and in the details. */
#define ALIMI_ERR_BUFFER_TOO_SMALL (-5)
/** Text is not valid in the encoding of the client, or cannot be written in it. */
#define ALIMI_ERR_ENCODING (-6)
/** No message with this key is in the outbox. */
#define ALIMI_ERR_NOT_FOUND (-7)
/** The message has left or has ended; it cannot be cancelled. */
#define ALIMI_ERR_TOO_LATE (-8)
/** The key belongs to an earlier message with other content. */
#define ALIMI_ERR_KEY_CONFLICT (-9)
/** An option name is not known. */
#define ALIMI_ERR_UNKNOWN_OPTION (-10)
/** This process has too many open clients. */
#define ALIMI_ERR_TOO_MANY_CLIENTS (-11)
/** The message has no final result yet, so there is nothing to acknowledge. */
#define ALIMI_ERR_UNFINISHED (-12)
/** The text is not the JSON that this argument takes. */
#define ALIMI_ERR_INVALID_JSON (-13)
/** The log callback holds up the thread that would have to do this; call it from elsewhere. */
#define ALIMI_ERR_INSIDE_CALLBACK (-14)

/* ---- Errors: configuration (alimi_init) ---- */

/** The configuration is not valid JSON. */
#define ALIMI_ERR_CONFIG_SYNTAX (-100)
/** The configuration has a key that is not known. */
#define ALIMI_ERR_CONFIG_UNKNOWN_KEY (-101)
/** A value of the configuration has the wrong type or is outside its range. */
#define ALIMI_ERR_CONFIG_VALUE (-102)
/** A file of the configuration cannot be read. */
#define ALIMI_ERR_CONFIG_FILE (-103)
/** A secret cannot be read from its variable or file. */
#define ALIMI_ERR_CONFIG_SECRET (-104)
/** Two parts of the configuration contradict each other. */
#define ALIMI_ERR_CONFIG_CONTRADICTION (-105)

/* ---- Errors: outbox, the file in which messages are kept ---- */

/** Another process or client holds the outbox. */
#define ALIMI_ERR_OUTBOX_LOCKED (-200)
/** The outbox holds as many messages or bytes as its configuration allows. */
#define ALIMI_ERR_OUTBOX_FULL (-201)
/** The disk of the outbox is full; what was accepted is kept. */
#define ALIMI_ERR_DISK_FULL (-202)
/** The outbox cannot be written. */
#define ALIMI_ERR_OUTBOX_READ_ONLY (-203)
/** The outbox file is damaged or is not an outbox. */
#define ALIMI_ERR_OUTBOX_CORRUPT (-204)
/** Reading, writing or syncing the outbox failed. */
#define ALIMI_ERR_OUTBOX_IO (-205)
/** The outbox was written by a newer version of alimi. */
#define ALIMI_ERR_OUTBOX_VERSION (-206)
/** The outbox cannot be opened or created at its path. */
#define ALIMI_ERR_OUTBOX_PATH (-207)
/** The outbox is sealed with another key than the configuration gives. */
#define ALIMI_ERR_OUTBOX_KEY (-208)

/* ---- Errors: content of a message ---- */

/** The recipient is not a Korean number that can take messages. */
#define ALIMI_ERR_RECIPIENT (-300)
/** The sender number is missing or has no form that carriers allow. */
#define ALIMI_ERR_SENDER_NUMBER (-301)
/** The account is not in the configuration. */
#define ALIMI_ERR_UNKNOWN_ACCOUNT (-302)
/** The template is not in the configuration. */
#define ALIMI_ERR_UNKNOWN_TEMPLATE (-303)
/** A variable of the template has no value. */
#define ALIMI_ERR_VARIABLE_MISSING (-304)
/** The template has no variable of this name. */
#define ALIMI_ERR_VARIABLE_UNKNOWN (-305)
/** The text differs from the approved template, or the gateway is known not to have that template so. */
#define ALIMI_ERR_TEMPLATE_MISMATCH (-306)
/** A part of the message is longer than the channel allows. */
#define ALIMI_ERR_TOO_LONG (-307)
/** SMS, LMS and MMS cannot carry a character of the text. */
#define ALIMI_ERR_NOT_CP949 (-308)
/** A part of the message breaks a rule of the channel. */
#define ALIMI_ERR_CONTENT (-309)
/** A time of the message is malformed or outside its range. */
#define ALIMI_ERR_TIME (-310)
/** The configuration or the gateway does not allow this recipient. */
#define ALIMI_ERR_RECIPIENT_NOT_ALLOWED (-311)
/** More messages per minute than max_per_minute allows. */
#define ALIMI_ERR_RATE_LIMITED (-312)
/** An image cannot be read or breaks the rules of MMS. */
#define ALIMI_ERR_IMAGE (-313)
/** The gateway is not in the configuration. */
#define ALIMI_ERR_UNKNOWN_GATEWAY (-314)
/** An option has a value that is not allowed. */
#define ALIMI_ERR_OPTION (-315)

/* ---- Errors: inside alimi ---- */

/** A fault inside alimi; the outbox is kept. */
#define ALIMI_ERR_INTERNAL (-900)
/** The system did not give a thread. */
#define ALIMI_ERR_THREAD (-901)

/* ---- States of a message (5 and above are final) ---- */

/** Waits for its turn. */
#define ALIMI_STATE_QUEUED 1
/** Waits for its `send_at`. */
#define ALIMI_STATE_SCHEDULED 2
/** A request that carries it is under way, or its fate is being settled with the gateway. */
#define ALIMI_STATE_SENDING 3
/** The gateway took it; the report of delivery is awaited. */
#define ALIMI_STATE_ACCEPTED 4
/** Final: the gateway reported delivery. */
#define ALIMI_STATE_DELIVERED 5
/** Final: it was certainly not delivered. */
#define ALIMI_STATE_FAILED 6
/** Final: its time ran out before it left. */
#define ALIMI_STATE_EXPIRED 7
/** Final: the caller cancelled it before it left. */
#define ALIMI_STATE_CANCELLED 8
/** Final: it may have been delivered; nobody can tell. */
#define ALIMI_STATE_UNKNOWN 9

/* ---- Channels ---- */

/** KakaoTalk AlimTalk. */
#define ALIMI_CHANNEL_ALIMTALK 1
/** Short message, at most 90 bytes in CP949. */
#define ALIMI_CHANNEL_SMS 2
/** Long message, at most 2,000 bytes in CP949. */
#define ALIMI_CHANNEL_LMS 3
/** Long message with images. */
#define ALIMI_CHANNEL_MMS 4

/* ---- Certainties: whether a message left by its channel ---- */

/** It certainly did not go out by the channel named. */
#define ALIMI_CERTAINTY_NOT_SENT 1
/** It may have gone out. */
#define ALIMI_CERTAINTY_POSSIBLY_SENT 2
/** The gateway confirmed it. */
#define ALIMI_CERTAINTY_SENT 3

/* ---- Reasons: why a message ended, or last failed, as it did ---- */

/** Nothing to say: delivered, or still under way. */
#define ALIMI_REASON_NONE 0
/** The number belongs to no KakaoTalk user. */
#define ALIMI_REASON_NOT_KAKAO_USER 100
/** The recipient blocks the channel or AlimTalk. */
#define ALIMI_REASON_BLOCKED_BY_RECIPIENT 101
/** KakaoTalk cannot deliver there: not used lately, too old, or another SIM. */
#define ALIMI_REASON_KAKAO_UNREACHABLE 102
/** The number does not exist or cannot take messages. */
#define ALIMI_REASON_INVALID_RECIPIENT 103
/** The handset is off, out of reach, busy or full. */
#define ALIMI_REASON_HANDSET_UNREACHABLE 104
/** The recipient or the carrier refuses messages of this sender. */
#define ALIMI_REASON_RECIPIENT_REFUSES 105
/** Text, buttons, title or items differ from the approved template. */
#define ALIMI_REASON_TEMPLATE_MISMATCH 200
/** The template is missing, not approved, dormant or stopped. */
#define ALIMI_REASON_TEMPLATE_UNAVAILABLE 201
/** The gateway refuses the content: length, characters, fields. */
#define ALIMI_REASON_CONTENT_REFUSED 202
/** A spam filter refused it. */
#define ALIMI_REASON_SPAM 203
/** The gateway took it for a repeat of an earlier message. */
#define ALIMI_REASON_DUPLICATE_REFUSED 204
/** The recipient is outside what the gateway allows, e.g. the range of the sandbox. */
#define ALIMI_REASON_RECIPIENT_NOT_ALLOWED 205
/** The sender key or channel is wrong, blocked or closed. */
#define ALIMI_REASON_SENDER_KEY_INVALID 300
/** The sender number is not registered or is barred. */
#define ALIMI_REASON_SENDER_NUMBER_INVALID 301
/** The gateway refuses the login, the contract or the address of this host. */
#define ALIMI_REASON_CREDENTIALS_REFUSED 302
/** The balance or quota with the vendor is used up. */
#define ALIMI_REASON_BALANCE_EXHAUSTED 303
/** The gateway refuses the request for another matter of set-up. */
#define ALIMI_REASON_GATEWAY_CONFIGURATION 304
/** The gateway asks to slow down. */
#define ALIMI_REASON_THROTTLED 400
/** The gateway or the network behind it has a fault. */
#define ALIMI_REASON_GATEWAY_ERROR 401
/** The gateway cannot be reached. */
#define ALIMI_REASON_CONNECTION_FAILED 402
/** Not allowed at this hour. */
#define ALIMI_REASON_OUTSIDE_HOURS 403
/** The request left and no answer came. */
#define ALIMI_REASON_ANSWER_LOST 500
/** The gateway itself cannot tell whether it arrived. */
#define ALIMI_REASON_DELIVERY_UNCONFIRMED 501
/** No report came within the time set for it. */
#define ALIMI_REASON_REPORT_OVERDUE 502
/** The program ended while the request was under way. */
#define ALIMI_REASON_INTERRUPTED 503
/** The outbox was damaged: it may have been sent already. */
#define ALIMI_REASON_OUTBOX_DAMAGED 504
/** Its time ran out before it could leave. */
#define ALIMI_REASON_EXPIRED 600
/** The caller cancelled it. */
#define ALIMI_REASON_CANCELLED_BY_CALLER 601
/** The gateway gave a code that is not in its documents. */
#define ALIMI_REASON_OTHER 900

/* ---- Levels of the log ---- */

/** Nothing. */
#define ALIMI_LOG_OFF 0
/** What the operator must look at. */
#define ALIMI_LOG_ERROR 1
/** What may need a look. */
#define ALIMI_LOG_WARN 2
/** What alimi does, in few lines. */
#define ALIMI_LOG_INFO 3
/** The way of every message. */
#define ALIMI_LOG_DEBUG 4
/** Everything. */
#define ALIMI_LOG_TRACE 5

/* ---- Sizes and limits ---- */

/** Bytes that hold every key and its NUL. */
#define ALIMI_KEY_SIZE 65
/** Bytes that hold every text of alimi_last_error and alimi_error_text and its NUL. */
#define ALIMI_ERROR_SIZE 1024
/** Bytes of out_json that alimi_send_batch needs for each message, and as many once more. */
#define ALIMI_BATCH_ENTRY_SIZE 512
/** Smallest size of an alimi_result_t: its members up to and with `key`. */
#define ALIMI_RESULT_SIZE_MIN 92
/** Longest wait of any function in milliseconds (one hour); a longer timeout means this one. */
#define ALIMI_TIMEOUT_MAX 3600000
/** Most clients open in one process. */
#define ALIMI_CLIENTS_MAX 256

/* ---- The result ---- */

/**
 * Where a message stands, or how it ended.
 *
 * Set `size` to sizeof(alimi_result_t) before each call; alimi writes at most that many bytes, and leaves in `size`
 * how many it has written, so a program built with an older or a newer header than the library works. Texts are
 * NUL-terminated in the encoding of the client; a text that is longer than its member is cut at a character, and a
 * character that the encoding lacks is written as '?' (alimi_poll_result_json gives everything whole).
 * Times are ISO 8601 in Korean time, e.g. 2026-12-01T09:00:00.000+09:00; empty where it has not happened.
 */
typedef struct alimi_result_t {
    /** In: bytes that alimi may write, at least ALIMI_RESULT_SIZE_MIN. Out: bytes written. */
    int32_t size;
    /** ALIMI_STATE_... */
    int32_t state;
    /** ALIMI_CHANNEL_...: the channel it stands at, or ended by. */
    int32_t channel;
    /** ALIMI_CERTAINTY_...: whether it left by that channel. */
    int32_t certainty;
    /** Requests that carried it, over all channels. */
    int32_t attempts;
    /** ALIMI_REASON_...: why it ended, or last failed. */
    int32_t reason;
    /** The key of the message. */
    char key[68];
    /** The sending institution, by its name in the configuration. */
    char account[128];
    /** The gateway, by its name in the configuration. */
    char gateway[64];
    /** The gateway's name for the message; empty where it gave none. */
    char gateway_id[128];
    /** The gateway's own code; empty where it gave none. */
    char gateway_code[32];
    /** When alimi accepted it. */
    char created[32];
    /** When the gateway last accepted it. */
    char sent[32];
    /** When it ended. */
    char finished[32];
    /** A sentence in English for logs and screens, without personal data. */
    char text[256];
} alimi_result_t;

/* ---- Types of callbacks ---- */

/**
 * The host's function for lines of the log; see alimi_set_log_callback().
 *
 * `level` is ALIMI_LOG_ERROR to ALIMI_LOG_TRACE; `text` is UTF-8, one line, valid during the call; `context` is the
 * value given to alimi_set_log_callback(). Called on threads of alimi and on threads that call alimi, several at once.
 * It must return soon and must not throw. It may call alimi; lines that this would write are dropped. Called on the
 * thread that owns the outbox, it holds that up: functions that wait for it answer ALIMI_ERR_INSIDE_CALLBACK there,
 * polls do not wait, and alimi_shutdown() returns ALIMI_PENDING at once.
 */
typedef void (ALIMI_CALL *alimi_log_callback_t)(int32_t level, const char *text, void *context);

/**
 * The host's function for results; see alimi_set_result_callback().
 *
 * `result` is whole and valid during the call; `context` is the value given to alimi_set_result_callback(). Called on
 * one thread of alimi per client, one result after the other. It must not throw. It may call every function of alimi,
 * alimi_ack_result() above all: what is not acknowledged comes again after the next alimi_init().
 */
typedef void (ALIMI_CALL *alimi_result_callback_t)(int32_t client, const struct alimi_result_t *result, void *context);

#ifdef __cplusplus
extern "C" {
#endif

/* ---- About the library ---- */

/**
 * Writes the version of the library, e.g. "1.0.0", which may differ from ALIMI_VERSION of this header.
 *
 * Needs no client. Does not block.
 * Returns ALIMI_OK, or ALIMI_ERR_BUFFER_TOO_SMALL (16 bytes suffice), ALIMI_ERR_INVALID_ARGUMENT.
 */
ALIMI_API int32_t ALIMI_CALL alimi_version(char *buf, int32_t cap);

/**
 * Writes the name and the meaning of a code, e.g. "ALIMI_ERR_CLOSED: The client is shutting down and takes nothing
 * more."
 *
 * Needs no client. Does not block. ASCII.
 * Returns ALIMI_OK, or ALIMI_ERR_BUFFER_TOO_SMALL (ALIMI_ERROR_SIZE bytes suffice), ALIMI_ERR_INVALID_ARGUMENT where
 * no code has this number.
 */
ALIMI_API int32_t ALIMI_CALL alimi_error_text(int32_t code, char *buf, int32_t cap);

/**
 * Writes the details of the last error of the calling thread: the code, which argument, file or key, what was wrong
 * and what is allowed. Empty where there was no error. Never holds personal data unmasked.
 *
 * Reading does not consume it; a later error of the same thread replaces it, a success does not. An error of this
 * function itself is not remembered. Encoding: that of the client the error concerned, UTF-8 where there was none.
 * Does not block.
 * Returns ALIMI_OK, or ALIMI_ERR_BUFFER_TOO_SMALL (ALIMI_ERROR_SIZE bytes suffice), ALIMI_ERR_INVALID_ARGUMENT.
 */
ALIMI_API int32_t ALIMI_CALL alimi_last_error(char *buf, int32_t cap);

/* ---- Start and stop ---- */

/**
 * Opens the outbox and starts a client.
 *
 * `config` is JSON text, or the path of a JSON file; the first character of JSON is '{'. Its bytes are UTF-8, or
 * else CP949; the member "encoding" in it says how all other texts of this client are encoded.
 * `*out_client` becomes the number of the client, above 0; 0 after an error. There may be ALIMI_CLIENTS_MAX of
 * them, each with an outbox of its own.
 * Blocks on the disk: opens or creates the outbox and recovers what an earlier process left; never on the network.
 * Sending of what is in the outbox begins at once.
 * Returns ALIMI_OK, or any error of the groups configuration and outbox, ALIMI_ERR_TOO_MANY_CLIENTS,
 * ALIMI_ERR_THREAD, ALIMI_ERR_ENCODING, ALIMI_ERR_INVALID_ARGUMENT.
 */
ALIMI_API int32_t ALIMI_CALL alimi_init(const char *config, int32_t *out_client);

/**
 * Stops a client and ends its threads. Its number is invalid from then on.
 *
 * Requests that are under way get `timeout_ms` (0 or more) to end; what has not left stays in the outbox and goes
 * out after the next alimi_init. Waiting polls of other threads end. A program may also end without this call:
 * nothing that was accepted is lost.
 * Blocks up to `timeout_ms` and a quarter of a second.
 * Returns ALIMI_OK when the outbox is empty; ALIMI_PENDING when messages remain in it; ALIMI_CALLBACK_RUNNING when
 * the result callback did not return in time. Errors: ALIMI_ERR_INVALID_HANDLE (also at the second call),
 * ALIMI_ERR_CLOSED while another thread shuts the client down, ALIMI_ERR_INVALID_ARGUMENT.
 */
ALIMI_API int32_t ALIMI_CALL alimi_shutdown(int32_t client, int32_t timeout_ms);

/**
 * Waits until no message is due or under way. Reserved messages, and those that wait for their next attempt or for
 * the report of the gateway, do not count.
 *
 * Blocks up to `timeout_ms` (0 or more).
 * Returns ALIMI_OK; ALIMI_PENDING when the time ran out. Errors: ALIMI_ERR_INVALID_HANDLE, ALIMI_ERR_CLOSED,
 * ALIMI_ERR_INVALID_ARGUMENT.
 */
ALIMI_API int32_t ALIMI_CALL alimi_flush(int32_t client, int32_t timeout_ms);

/* ---- Sending ---- */

/**
 * Accepts one AlimTalk. When it returns ALIMI_OK the message is on disk and will end in exactly one result.
 *
 * `key`: your own id of the message, 1 to 64 printable ASCII characters; NULL or "" makes alimi create one. Sending
 * again with the same key and content is safe: it stays one message.
 * `to`: the recipient in any usual form, e.g. "010-1234-5678".
 * `template_name`: the name of a template in the configuration.
 * `variables`: values for its #{name} as "name=value" lines (\n between lines; \\n and \\\\ inside a value stand
 * for a new line and a backslash), or a JSON object; NULL or "" where it has none.
 * `options`: the same form; NULL or "" for none: account, send_at, expires_in, expires_at, priority (urgent,
 * normal, bulk), fallback (auto, none, sms, lms, mms), fallback_text, fallback_subject, fallback_image,
 * sender_number, gateway, text, buttons, tag.
 * `out_key`, `cap`: a buffer of ALIMI_KEY_SIZE bytes for the key; may be NULL, 0 where you gave a key.
 * Blocks on the disk until the message is synced; never on the network.
 * Returns ALIMI_OK; ALIMI_DUPLICATE when it had been accepted before. Errors, nothing was kept then: any of the
 * groups content and outbox, ALIMI_ERR_KEY_CONFLICT, ALIMI_ERR_UNKNOWN_OPTION, ALIMI_ERR_INVALID_JSON,
 * ALIMI_ERR_ENCODING, ALIMI_ERR_BUFFER_TOO_SMALL, ALIMI_ERR_INVALID_HANDLE, ALIMI_ERR_CLOSED,
 * ALIMI_ERR_INVALID_ARGUMENT.
 */
ALIMI_API int32_t ALIMI_CALL alimi_send_alimtalk(
    int32_t client,
    const char *key,
    const char *to,
    const char *template_name,
    const char *variables,
    const char *options,
    char *out_key,
    int32_t cap);

/**
 * Accepts one text message: SMS up to 90 bytes in CP949, else LMS; MMS where the option `image` names a JPEG.
 *
 * `text`: the whole text. `options`: account, send_at, expires_in, expires_at, priority, subject, image,
 * sender_number, gateway, tag. All else as alimi_send_alimtalk.
 */
ALIMI_API int32_t ALIMI_CALL alimi_send_text(
    int32_t client,
    const char *key,
    const char *to,
    const char *text,
    const char *options,
    char *out_key,
    int32_t cap);

/**
 * Accepts many messages with one write to the disk; much faster than one call for each.
 *
 * `messages_json`: a JSON array of objects, each with "key", "to", "template" and "variables", or "text" in place
 * of these two, and any options; at most 16 MiB.
 * `out_json`, `cap`: receives a JSON array with one verdict per message, in the same order: {"key":"A-1","code":0},
 * or {"key":"A-2","code":-300,"error":"to: ..."}. The buffer must have ALIMI_BATCH_ENTRY_SIZE bytes for each
 * message and as many once more, e.g. 101 * 512 for 100 messages. A smaller one is refused before any message is
 * kept, so no verdict is ever lost.
 * Blocks on the disk until all are synced; never on the network.
 * Returns ALIMI_OK when all were accepted; ALIMI_DUPLICATE when some had been accepted before; ALIMI_PARTIAL when
 * some, or all, were refused: their verdicts have a code below 0. Errors, nothing was kept then:
 * ALIMI_ERR_INVALID_JSON, ALIMI_ERR_BUFFER_TOO_SMALL, ALIMI_ERR_ENCODING, any of the group outbox,
 * ALIMI_ERR_INVALID_HANDLE, ALIMI_ERR_CLOSED, ALIMI_ERR_INVALID_ARGUMENT.
 */
ALIMI_API int32_t ALIMI_CALL alimi_send_batch(int32_t client, const char *messages_json, char *out_json, int32_t cap);

/**
 * Cancels a message that has not left. Its result, ALIMI_STATE_CANCELLED, is polled and acknowledged like every other.
 *
 * Of one that is reserved at its gateway the gateway is asked: its result is ALIMI_STATE_CANCELLED once the gateway has
 * taken it back, or says what became of it where it was too late.
 * Blocks on the disk; never on the network.
 * Returns ALIMI_OK; ALIMI_PENDING while the gateway is asked. Errors: ALIMI_ERR_TOO_LATE, ALIMI_ERR_NOT_FOUND, any of
 * the group outbox, ALIMI_ERR_ENCODING, ALIMI_ERR_INVALID_HANDLE, ALIMI_ERR_CLOSED, ALIMI_ERR_INVALID_ARGUMENT.
 */
ALIMI_API int32_t ALIMI_CALL alimi_cancel(int32_t client, const char *key);

/* ---- Results ---- */

/**
 * Takes the next final result. It stays in the outbox until alimi_ack_result; one that was taken and not
 * acknowledged comes again after the next alimi_init.
 *
 * `inout_result`: set its `size` before. Each result goes to one caller, also when several threads poll.
 * Blocks up to `timeout_ms` (0: not at all) while there is none; may end early (alimi_wake, alimi_shutdown). A
 * program with windows polls with 0 from a timer.
 * Returns ALIMI_OK; ALIMI_EMPTY, the structure is unchanged then. Errors: ALIMI_ERR_INVALID_HANDLE,
 * ALIMI_ERR_CLOSED, any of the group outbox, ALIMI_ERR_INVALID_ARGUMENT.
 */
ALIMI_API int32_t ALIMI_CALL alimi_poll_result(
    int32_t client,
    int32_t timeout_ms,
    struct alimi_result_t *inout_result);

/**
 * The same for callers without structures: writes the result as one flat JSON object with the members key, state,
 * channel, certainty, attempts, reason, account, gateway, gateway_id, gateway_code, template, tag, created, sent,
 * finished, text, in this order. state, channel, certainty and reason are the words of their constants in lower
 * case, e.g. "state":"delivered"; attempts is a number, all else is text.
 *
 * A character that the encoding lacks is written as \uXXXX. 4096 bytes nearly always suffice.
 * Blocks and returns as alimi_poll_result; ALIMI_ERR_BUFFER_TOO_SMALL loses nothing: the next call gives the same
 * result.
 */
ALIMI_API int32_t ALIMI_CALL alimi_poll_result_json(int32_t client, int32_t timeout_ms, char *buf, int32_t cap);

/**
 * Lets a result go, once your program has stored what it needs of it. Doing so again is ALIMI_OK.
 *
 * Blocks on the disk; never on the network.
 * Returns ALIMI_OK. Errors: ALIMI_ERR_NOT_FOUND, ALIMI_ERR_UNFINISHED, any of the group outbox, ALIMI_ERR_ENCODING,
 * ALIMI_ERR_INVALID_HANDLE, ALIMI_ERR_CLOSED, ALIMI_ERR_INVALID_ARGUMENT.
 */
ALIMI_API int32_t ALIMI_CALL alimi_ack_result(int32_t client, const char *key);

/**
 * Tells where a message stands, or how it ended. Takes nothing from the results.
 *
 * `inout_result`: set its `size` before.
 * Blocks on the disk, not behind messages that are being written.
 * Returns ALIMI_OK. Errors: ALIMI_ERR_NOT_FOUND, any of the group outbox, ALIMI_ERR_ENCODING,
 * ALIMI_ERR_INVALID_HANDLE, ALIMI_ERR_CLOSED, ALIMI_ERR_INVALID_ARGUMENT.
 */
ALIMI_API int32_t ALIMI_CALL alimi_get_status(int32_t client, const char *key, struct alimi_result_t *inout_result);

/**
 * The same for callers without structures: writes what alimi_get_status tells as JSON, as alimi_poll_result_json does.
 *
 * Blocks and returns as alimi_get_status, or ALIMI_ERR_BUFFER_TOO_SMALL.
 */
ALIMI_API int32_t ALIMI_CALL alimi_get_status_json(int32_t client, const char *key, char *buf, int32_t cap);

/**
 * Ends the waiting polls of this client, or the next one where none waits; they return ALIMI_EMPTY.
 *
 * Does not block.
 * Returns ALIMI_OK. Errors: ALIMI_ERR_INVALID_HANDLE.
 */
ALIMI_API int32_t ALIMI_CALL alimi_wake(int32_t client);

/* ---- Changing the configuration ---- */

/**
 * Gives a running client another configuration: gateways, accounts, templates, routes and everything else except
 * outbox.path, outbox.shared, outbox.key, encoding, logging and access_record, which must stay as they are.
 *
 * `config`: as for alimi_init, UTF-8 or the path of a file. On an error nothing has changed. What waits and was
 * certainly not sent goes by the new configuration; what is under way ends with the gateway it went to, so leave that
 * one in the configuration until alimi_get_health shows nothing in_flight, and nothing accepted by it any more.
 * Blocks for the disk.
 * Returns ALIMI_OK. Errors: ALIMI_ERR_INVALID_HANDLE, ALIMI_ERR_CLOSED, any of the groups configuration and outbox,
 * ALIMI_ERR_INVALID_ARGUMENT, ALIMI_ERR_ENCODING, ALIMI_ERR_INSIDE_CALLBACK.
 */
ALIMI_API int32_t ALIMI_CALL alimi_reload(int32_t client, const char *config);

/**
 * Asks every gateway for its approved templates, keeps the answers in the outbox, and compares them with the
 * configuration.
 *
 * `report_buf`, `cap`: receives a JSON object: "complete"; "lists", whom it asked; "findings", each template that a gateway
 * lacks, has not approved, or has otherwise, with the first difference; "differences", what is not the same at two gateways.
 * From then on a message is refused (ALIMI_ERR_TEMPLATE_MISMATCH) whose template its gateway is known not to have as
 * configured; a gateway that cannot be asked changes nothing.
 * Blocks up to `timeout_ms` (0 or more).
 * Returns ALIMI_OK; ALIMI_PENDING when the time ran out: the report has what is known so far, and asking goes on. Errors:
 * ALIMI_ERR_BUFFER_TOO_SMALL, ALIMI_ERR_ENCODING, ALIMI_ERR_INSIDE_CALLBACK, any of the group outbox,
 * ALIMI_ERR_INVALID_HANDLE, ALIMI_ERR_CLOSED, ALIMI_ERR_INVALID_ARGUMENT.
 */
ALIMI_API int32_t ALIMI_CALL alimi_sync_templates(int32_t client, int32_t timeout_ms, char *report_buf, int32_t cap);

/* ---- Looking inside ---- */

/**
 * Writes statistics per account, day, channel and outcome.
 *
 * `query`: "name=value" lines or a JSON object; NULL or "" for everything as JSON. The README lists its names.
 * A character that the encoding lacks is written as \uXXXX in JSON, and is ALIMI_ERR_ENCODING in CSV.
 * Blocks on the disk.
 * Returns ALIMI_OK. Errors: ALIMI_ERR_BUFFER_TOO_SMALL, ALIMI_ERR_UNKNOWN_OPTION, ALIMI_ERR_OPTION, ALIMI_ERR_TIME,
 * any of the group outbox, ALIMI_ERR_ENCODING, ALIMI_ERR_INVALID_HANDLE, ALIMI_ERR_CLOSED,
 * ALIMI_ERR_INVALID_ARGUMENT.
 */
ALIMI_API int32_t ALIMI_CALL alimi_get_stats(int32_t client, const char *query, char *buf, int32_t cap);

/**
 * Writes how the client is, as a JSON object: messages waiting, the oldest of them, gateways, clock, disk.
 *
 * "gateways" has an object for each configured gateway by its name; "accepted" in it is how many messages it has
 * accepted whose report is awaited.
 * Blocks on the disk; never on the network.
 * Returns ALIMI_OK. Errors: ALIMI_ERR_BUFFER_TOO_SMALL (4096 bytes nearly always suffice), any of the group outbox,
 * ALIMI_ERR_INVALID_HANDLE, ALIMI_ERR_CLOSED, ALIMI_ERR_INVALID_ARGUMENT.
 */
ALIMI_API int32_t ALIMI_CALL alimi_get_health(int32_t client, char *buf, int32_t cap);

/* ---- Callbacks, optional and never needed ---- */

/**
 * Hands the lines of alimi's log to a function of yours, for all clients of the process; NULL removes it.
 *
 * May be called before alimi_init, which is then logged too. When it has returned ALIMI_OK no function given before
 * is running or called again. Blocks up to 5 seconds while such a call has not returned.
 * Returns ALIMI_OK; ALIMI_CALLBACK_RUNNING when a call of a function given before goes on, always so when called
 * from inside that function: it is the last one, and a later call from outside waits for it. Errors: ALIMI_ERR_INVALID_ARGUMENT.
 */
ALIMI_API int32_t ALIMI_CALL alimi_set_log_callback(int32_t level, alimi_log_callback_t function, void *context);

/**
 * Hands results to a function of yours, on a thread of alimi that is started for it; NULL removes it and ends the
 * thread.
 *
 * Every result still needs alimi_ack_result. When this call has returned ALIMI_OK no function given before is running
 * or called again. Blocks up to 5 seconds while such a call has not returned.
 * Returns ALIMI_OK; ALIMI_CALLBACK_RUNNING when a call of a function given before goes on, always so when called
 * from inside that function: it is the last one, and a later call from outside waits for it. Errors: ALIMI_ERR_INVALID_HANDLE, ALIMI_ERR_CLOSED,
 * ALIMI_ERR_THREAD.
 */
ALIMI_API int32_t ALIMI_CALL alimi_set_result_callback(
    int32_t client,
    alimi_result_callback_t function,
    void *context);

/* ---- The same in UTF-16, for callers whose texts are UTF-16 ---- */

/**
 * Each does what its namesake without _w does, and both may be used with one client: texts in and out are UTF-16 in the
 * byte order of the machine, whatever the encoding of the client; sizes, limits and positions count UTF-16 units where
 * the namesake counts bytes. One half of a surrogate pair without the other is ALIMI_ERR_ENCODING with its position.
 * alimi_result_t has no such form: use the functions whose names end in json_w.
 *
 * As alimi_version.
 */
ALIMI_API int32_t ALIMI_CALL alimi_version_w(alimi_utf16_t *buf, int32_t cap);

/** As alimi_error_text. */
ALIMI_API int32_t ALIMI_CALL alimi_error_text_w(int32_t code, alimi_utf16_t *buf, int32_t cap);

/** As alimi_last_error. Tells the last error of every function, with or without _w. */
ALIMI_API int32_t ALIMI_CALL alimi_last_error_w(alimi_utf16_t *buf, int32_t cap);

/** As alimi_init. The member "encoding" is then that of the functions without _w alone. */
ALIMI_API int32_t ALIMI_CALL alimi_init_w(const alimi_utf16_t *config, int32_t *out_client);

/** As alimi_reload. */
ALIMI_API int32_t ALIMI_CALL alimi_reload_w(int32_t client, const alimi_utf16_t *config);

/** As alimi_send_alimtalk. */
ALIMI_API int32_t ALIMI_CALL alimi_send_alimtalk_w(
    int32_t client,
    const alimi_utf16_t *key,
    const alimi_utf16_t *to,
    const alimi_utf16_t *template_name,
    const alimi_utf16_t *variables,
    const alimi_utf16_t *options,
    alimi_utf16_t *out_key,
    int32_t cap);

/** As alimi_send_text. */
ALIMI_API int32_t ALIMI_CALL alimi_send_text_w(
    int32_t client,
    const alimi_utf16_t *key,
    const alimi_utf16_t *to,
    const alimi_utf16_t *text,
    const alimi_utf16_t *options,
    alimi_utf16_t *out_key,
    int32_t cap);

/** As alimi_send_batch, with ALIMI_BATCH_ENTRY_SIZE units for each message and as many once more. */
ALIMI_API int32_t ALIMI_CALL alimi_send_batch_w(
    int32_t client,
    const alimi_utf16_t *messages_json,
    alimi_utf16_t *out_json,
    int32_t cap);

/** As alimi_cancel. */
ALIMI_API int32_t ALIMI_CALL alimi_cancel_w(int32_t client, const alimi_utf16_t *key);

/** As alimi_poll_result_json; every character is written as it is. */
ALIMI_API int32_t ALIMI_CALL alimi_poll_result_json_w(
    int32_t client,
    int32_t timeout_ms,
    alimi_utf16_t *buf,
    int32_t cap);

/** As alimi_ack_result. */
ALIMI_API int32_t ALIMI_CALL alimi_ack_result_w(int32_t client, const alimi_utf16_t *key);

/** As alimi_get_status_json; every character is written as it is. */
ALIMI_API int32_t ALIMI_CALL alimi_get_status_json_w(
    int32_t client,
    const alimi_utf16_t *key,
    alimi_utf16_t *buf,
    int32_t cap);

/** As alimi_sync_templates. */
ALIMI_API int32_t ALIMI_CALL alimi_sync_templates_w(
    int32_t client,
    int32_t timeout_ms,
    alimi_utf16_t *report_buf,
    int32_t cap);

/** As alimi_get_stats; every character is written as it is. */
ALIMI_API int32_t ALIMI_CALL alimi_get_stats_w(
    int32_t client,
    const alimi_utf16_t *query,
    alimi_utf16_t *buf,
    int32_t cap);

/** As alimi_get_health. */
ALIMI_API int32_t ALIMI_CALL alimi_get_health_w(int32_t client, alimi_utf16_t *buf, int32_t cap);

#ifdef __cplusplus
}
#endif

#endif  /* ALIMI_H */
