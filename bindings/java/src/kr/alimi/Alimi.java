package kr.alimi;

/** The numbers of alimi. Generated from include/alimi.h by bindings/constants.py. */
public final class Alimi {
    private Alimi() {}

    /** Done. */
    public static final int OK = 0;

    /** Notice: this key with the same content was accepted before; it stays one message. */
    public static final int DUPLICATE = 1;

    /** Notice: no result is waiting. */
    public static final int EMPTY = 2;

    /** Notice: not finished yet; it goes on by itself. After a shutdown: messages remain in the outbox for the next start. */
    public static final int PENDING = 3;

    /** Notice: messages of the batch were refused; the verdicts say which and why. */
    public static final int PARTIAL = 4;

    /** Notice: a callback is still running; keep what it uses until it returns. */
    public static final int CALLBACK_RUNNING = 5;

    /** An argument is missing, too long or outside its range. */
    public static final int ERR_INVALID_ARGUMENT = -1;

    /** The client number was never given out, or its client was shut down. */
    public static final int ERR_INVALID_HANDLE = -2;

    /** The client is shutting down and takes nothing more. */
    public static final int ERR_CLOSED = -3;

    /** The process was forked after alimi_init; the child cannot use alimi. Fork first, then call alimi_init. */
    public static final int ERR_FORKED = -4;

    /** The buffer is too small; the size needed is in it, where it fits, and in the details. */
    public static final int ERR_BUFFER_TOO_SMALL = -5;

    /** Text is not valid in the encoding of the client, or cannot be written in it. */
    public static final int ERR_ENCODING = -6;

    /** No message with this key is in the outbox. */
    public static final int ERR_NOT_FOUND = -7;

    /** The message has left or has ended; it cannot be cancelled. */
    public static final int ERR_TOO_LATE = -8;

    /** The key belongs to an earlier message with other content. */
    public static final int ERR_KEY_CONFLICT = -9;

    /** An option name is not known. */
    public static final int ERR_UNKNOWN_OPTION = -10;

    /** This process has too many open clients. */
    public static final int ERR_TOO_MANY_CLIENTS = -11;

    /** The message has no final result yet, so there is nothing to acknowledge. */
    public static final int ERR_UNFINISHED = -12;

    /** The text is not the JSON that this argument takes. */
    public static final int ERR_INVALID_JSON = -13;

    /** The log callback holds up the thread that would have to do this; call it from elsewhere. */
    public static final int ERR_INSIDE_CALLBACK = -14;

    /** The configuration is not valid JSON. */
    public static final int ERR_CONFIG_SYNTAX = -100;

    /** The configuration has a key that is not known. */
    public static final int ERR_CONFIG_UNKNOWN_KEY = -101;

    /** A value of the configuration has the wrong type or is outside its range. */
    public static final int ERR_CONFIG_VALUE = -102;

    /** A file of the configuration cannot be read. */
    public static final int ERR_CONFIG_FILE = -103;

    /** A secret cannot be read from its variable or file. */
    public static final int ERR_CONFIG_SECRET = -104;

    /** Two parts of the configuration contradict each other. */
    public static final int ERR_CONFIG_CONTRADICTION = -105;

    /** Another process or client holds the outbox. */
    public static final int ERR_OUTBOX_LOCKED = -200;

    /** The outbox holds as many messages or bytes as its configuration allows. */
    public static final int ERR_OUTBOX_FULL = -201;

    /** The disk of the outbox is full; what was accepted is kept. */
    public static final int ERR_DISK_FULL = -202;

    /** The outbox cannot be written. */
    public static final int ERR_OUTBOX_READ_ONLY = -203;

    /** The outbox file is damaged or is not an outbox. */
    public static final int ERR_OUTBOX_CORRUPT = -204;

    /** Reading, writing or syncing the outbox failed. */
    public static final int ERR_OUTBOX_IO = -205;

    /** The outbox was written by a newer version of alimi. */
    public static final int ERR_OUTBOX_VERSION = -206;

    /** The outbox cannot be opened or created at its path. */
    public static final int ERR_OUTBOX_PATH = -207;

    /** The outbox is sealed with another key than the configuration gives. */
    public static final int ERR_OUTBOX_KEY = -208;

    /** The recipient is not a Korean number that can take messages. */
    public static final int ERR_RECIPIENT = -300;

    /** The sender number is missing or has no form that carriers allow. */
    public static final int ERR_SENDER_NUMBER = -301;

    /** The account is not in the configuration. */
    public static final int ERR_UNKNOWN_ACCOUNT = -302;

    /** The template is not in the configuration. */
    public static final int ERR_UNKNOWN_TEMPLATE = -303;

    /** A variable of the template has no value. */
    public static final int ERR_VARIABLE_MISSING = -304;

    /** The template has no variable of this name. */
    public static final int ERR_VARIABLE_UNKNOWN = -305;

    /** The text differs from the approved template, or the gateway is known not to have that template so. */
    public static final int ERR_TEMPLATE_MISMATCH = -306;

    /** A part of the message is longer than the channel allows. */
    public static final int ERR_TOO_LONG = -307;

    /** SMS, LMS and MMS cannot carry a character of the text. */
    public static final int ERR_NOT_CP949 = -308;

    /** A part of the message breaks a rule of the channel. */
    public static final int ERR_CONTENT = -309;

    /** A time of the message is malformed or outside its range. */
    public static final int ERR_TIME = -310;

    /** The configuration or the gateway does not allow this recipient. */
    public static final int ERR_RECIPIENT_NOT_ALLOWED = -311;

    /** More messages per minute than max_per_minute allows. */
    public static final int ERR_RATE_LIMITED = -312;

    /** An image cannot be read or breaks the rules of MMS. */
    public static final int ERR_IMAGE = -313;

    /** The gateway is not in the configuration. */
    public static final int ERR_UNKNOWN_GATEWAY = -314;

    /** An option has a value that is not allowed. */
    public static final int ERR_OPTION = -315;

    /** A fault inside alimi; the outbox is kept. */
    public static final int ERR_INTERNAL = -900;

    /** The system did not give a thread. */
    public static final int ERR_THREAD = -901;

    /** Waits for its turn. */
    public static final int STATE_QUEUED = 1;

    /** Waits for its {@code send_at}. */
    public static final int STATE_SCHEDULED = 2;

    /** A request that carries it is under way, or its fate is being settled with the gateway. */
    public static final int STATE_SENDING = 3;

    /** The gateway took it; the report of delivery is awaited. */
    public static final int STATE_ACCEPTED = 4;

    /** Final: the gateway reported delivery. */
    public static final int STATE_DELIVERED = 5;

    /** Final: it was certainly not delivered. */
    public static final int STATE_FAILED = 6;

    /** Final: its time ran out before it left. */
    public static final int STATE_EXPIRED = 7;

    /** Final: the caller cancelled it before it left. */
    public static final int STATE_CANCELLED = 8;

    /** Final: it may have been delivered; nobody can tell. */
    public static final int STATE_UNKNOWN = 9;

    /** KakaoTalk AlimTalk. */
    public static final int CHANNEL_ALIMTALK = 1;

    /** Short message, at most 90 bytes in CP949. */
    public static final int CHANNEL_SMS = 2;

    /** Long message, at most 2,000 bytes in CP949. */
    public static final int CHANNEL_LMS = 3;

    /** Long message with images. */
    public static final int CHANNEL_MMS = 4;

    /** It certainly did not go out by the channel named. */
    public static final int CERTAINTY_NOT_SENT = 1;

    /** It may have gone out. */
    public static final int CERTAINTY_POSSIBLY_SENT = 2;

    /** The gateway confirmed it. */
    public static final int CERTAINTY_SENT = 3;

    /** Nothing to say: delivered, or still under way. */
    public static final int REASON_NONE = 0;

    /** The number belongs to no KakaoTalk user. */
    public static final int REASON_NOT_KAKAO_USER = 100;

    /** The recipient blocks the channel or AlimTalk. */
    public static final int REASON_BLOCKED_BY_RECIPIENT = 101;

    /** KakaoTalk cannot deliver there: not used lately, too old, or another SIM. */
    public static final int REASON_KAKAO_UNREACHABLE = 102;

    /** The number does not exist or cannot take messages. */
    public static final int REASON_INVALID_RECIPIENT = 103;

    /** The handset is off, out of reach, busy or full. */
    public static final int REASON_HANDSET_UNREACHABLE = 104;

    /** The recipient or the carrier refuses messages of this sender. */
    public static final int REASON_RECIPIENT_REFUSES = 105;

    /** Text, buttons, title or items differ from the approved template. */
    public static final int REASON_TEMPLATE_MISMATCH = 200;

    /** The template is missing, not approved, dormant or stopped. */
    public static final int REASON_TEMPLATE_UNAVAILABLE = 201;

    /** The gateway refuses the content: length, characters, fields. */
    public static final int REASON_CONTENT_REFUSED = 202;

    /** A spam filter refused it. */
    public static final int REASON_SPAM = 203;

    /** The gateway took it for a repeat of an earlier message. */
    public static final int REASON_DUPLICATE_REFUSED = 204;

    /** The recipient is outside what the gateway allows, e.g. the range of the sandbox. */
    public static final int REASON_RECIPIENT_NOT_ALLOWED = 205;

    /** The sender key or channel is wrong, blocked or closed. */
    public static final int REASON_SENDER_KEY_INVALID = 300;

    /** The sender number is not registered or is barred. */
    public static final int REASON_SENDER_NUMBER_INVALID = 301;

    /** The gateway refuses the login, the contract or the address of this host. */
    public static final int REASON_CREDENTIALS_REFUSED = 302;

    /** The balance or quota with the vendor is used up. */
    public static final int REASON_BALANCE_EXHAUSTED = 303;

    /** The gateway refuses the request for another matter of set-up. */
    public static final int REASON_GATEWAY_CONFIGURATION = 304;

    /** The gateway asks to slow down. */
    public static final int REASON_THROTTLED = 400;

    /** The gateway or the network behind it has a fault. */
    public static final int REASON_GATEWAY_ERROR = 401;

    /** The gateway cannot be reached. */
    public static final int REASON_CONNECTION_FAILED = 402;

    /** Not allowed at this hour. */
    public static final int REASON_OUTSIDE_HOURS = 403;

    /** The request left and no answer came. */
    public static final int REASON_ANSWER_LOST = 500;

    /** The gateway itself cannot tell whether it arrived. */
    public static final int REASON_DELIVERY_UNCONFIRMED = 501;

    /** No report came within the time set for it. */
    public static final int REASON_REPORT_OVERDUE = 502;

    /** The program ended while the request was under way. */
    public static final int REASON_INTERRUPTED = 503;

    /** The outbox was damaged: it may have been sent already. */
    public static final int REASON_OUTBOX_DAMAGED = 504;

    /** Its time ran out before it could leave. */
    public static final int REASON_EXPIRED = 600;

    /** The caller cancelled it. */
    public static final int REASON_CANCELLED_BY_CALLER = 601;

    /** The gateway gave a code that is not in its documents. */
    public static final int REASON_OTHER = 900;

    /** Nothing. */
    public static final int LOG_OFF = 0;

    /** What the operator must look at. */
    public static final int LOG_ERROR = 1;

    /** What may need a look. */
    public static final int LOG_WARN = 2;

    /** What alimi does, in few lines. */
    public static final int LOG_INFO = 3;

    /** The way of every message. */
    public static final int LOG_DEBUG = 4;

    /** Everything. */
    public static final int LOG_TRACE = 5;

    /** Bytes that hold every key and its NUL. */
    public static final int KEY_SIZE = 65;

    /** Bytes that hold every text of alimi_last_error and alimi_error_text and its NUL. */
    public static final int ERROR_SIZE = 1024;

    /** Bytes of out_json that alimi_send_batch needs for each message, and as many once more. */
    public static final int BATCH_ENTRY_SIZE = 512;

    /** Smallest size of an alimi_result_t: its members up to and with {@code key}. */
    public static final int RESULT_SIZE_MIN = 92;

    /** Longest wait of any function in milliseconds (one hour); a longer timeout means this one. */
    public static final int TIMEOUT_MAX = 3600000;

    /** Most clients open in one process. */
    public static final int CLIENTS_MAX = 256;
}
