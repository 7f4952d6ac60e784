"""What include/alimi.h declares, for ctypes."""
import os
from ctypes import CFUNCTYPE, POINTER, Structure, c_char, c_char_p, c_int32, c_void_p

if os.name == "nt":
    from ctypes import WINFUNCTYPE as CALLBACK
else:
    CALLBACK = CFUNCTYPE

# generated from include/alimi.h
# Codes, states, limits: the numbers of the header without ALIMI_.
OK = 0
DUPLICATE = 1
EMPTY = 2
PENDING = 3
PARTIAL = 4
CALLBACK_RUNNING = 5
ERR_INVALID_ARGUMENT = -1
ERR_INVALID_HANDLE = -2
ERR_CLOSED = -3
ERR_FORKED = -4
ERR_BUFFER_TOO_SMALL = -5
ERR_ENCODING = -6
ERR_NOT_FOUND = -7
ERR_TOO_LATE = -8
ERR_KEY_CONFLICT = -9
ERR_UNKNOWN_OPTION = -10
ERR_TOO_MANY_CLIENTS = -11
ERR_UNFINISHED = -12
ERR_INVALID_JSON = -13
ERR_INSIDE_CALLBACK = -14
ERR_CONFIG_SYNTAX = -100
ERR_CONFIG_UNKNOWN_KEY = -101
ERR_CONFIG_VALUE = -102
ERR_CONFIG_FILE = -103
ERR_CONFIG_SECRET = -104
ERR_CONFIG_CONTRADICTION = -105
ERR_OUTBOX_LOCKED = -200
ERR_OUTBOX_FULL = -201
ERR_DISK_FULL = -202
ERR_OUTBOX_READ_ONLY = -203
ERR_OUTBOX_CORRUPT = -204
ERR_OUTBOX_IO = -205
ERR_OUTBOX_VERSION = -206
ERR_OUTBOX_PATH = -207
ERR_OUTBOX_KEY = -208
ERR_RECIPIENT = -300
ERR_SENDER_NUMBER = -301
ERR_UNKNOWN_ACCOUNT = -302
ERR_UNKNOWN_TEMPLATE = -303
ERR_VARIABLE_MISSING = -304
ERR_VARIABLE_UNKNOWN = -305
ERR_TEMPLATE_MISMATCH = -306
ERR_TOO_LONG = -307
ERR_NOT_CP949 = -308
ERR_CONTENT = -309
ERR_TIME = -310
ERR_RECIPIENT_NOT_ALLOWED = -311
ERR_RATE_LIMITED = -312
ERR_IMAGE = -313
ERR_UNKNOWN_GATEWAY = -314
ERR_OPTION = -315
ERR_INTERNAL = -900
ERR_THREAD = -901
STATE_QUEUED = 1
STATE_SCHEDULED = 2
STATE_SENDING = 3
STATE_ACCEPTED = 4
STATE_DELIVERED = 5
STATE_FAILED = 6
STATE_EXPIRED = 7
STATE_CANCELLED = 8
STATE_UNKNOWN = 9
CHANNEL_ALIMTALK = 1
CHANNEL_SMS = 2
CHANNEL_LMS = 3
CHANNEL_MMS = 4
CERTAINTY_NOT_SENT = 1
CERTAINTY_POSSIBLY_SENT = 2
CERTAINTY_SENT = 3
REASON_NONE = 0
REASON_NOT_KAKAO_USER = 100
REASON_BLOCKED_BY_RECIPIENT = 101
REASON_KAKAO_UNREACHABLE = 102
REASON_INVALID_RECIPIENT = 103
REASON_HANDSET_UNREACHABLE = 104
REASON_RECIPIENT_REFUSES = 105
REASON_TEMPLATE_MISMATCH = 200
REASON_TEMPLATE_UNAVAILABLE = 201
REASON_CONTENT_REFUSED = 202
REASON_SPAM = 203
REASON_DUPLICATE_REFUSED = 204
REASON_RECIPIENT_NOT_ALLOWED = 205
REASON_SENDER_KEY_INVALID = 300
REASON_SENDER_NUMBER_INVALID = 301
REASON_CREDENTIALS_REFUSED = 302
REASON_BALANCE_EXHAUSTED = 303
REASON_GATEWAY_CONFIGURATION = 304
REASON_THROTTLED = 400
REASON_GATEWAY_ERROR = 401
REASON_CONNECTION_FAILED = 402
REASON_OUTSIDE_HOURS = 403
REASON_ANSWER_LOST = 500
REASON_DELIVERY_UNCONFIRMED = 501
REASON_REPORT_OVERDUE = 502
REASON_INTERRUPTED = 503
REASON_OUTBOX_DAMAGED = 504
REASON_EXPIRED = 600
REASON_CANCELLED_BY_CALLER = 601
REASON_OTHER = 900
LOG_OFF = 0
LOG_ERROR = 1
LOG_WARN = 2
LOG_INFO = 3
LOG_DEBUG = 4
LOG_TRACE = 5
KEY_SIZE = 65
ERROR_SIZE = 1024
BATCH_ENTRY_SIZE = 512
RESULT_SIZE_MIN = 92
TIMEOUT_MAX = 3600000
CLIENTS_MAX = 256


class ResultStructure(Structure):
    """alimi_result_t."""

    _fields_ = [
        ("size", c_int32),
        ("state", c_int32),
        ("channel", c_int32),
        ("certainty", c_int32),
        ("attempts", c_int32),
        ("reason", c_int32),
        ("key", c_char * 68),
        ("account", c_char * 128),
        ("gateway", c_char * 64),
        ("gateway_id", c_char * 128),
        ("gateway_code", c_char * 32),
        ("created", c_char * 32),
        ("sent", c_char * 32),
        ("finished", c_char * 32),
        ("text", c_char * 256),
    ]


_LOG = CALLBACK(None, c_int32, c_char_p, c_void_p)
_RESULT = CALLBACK(None, c_int32, POINTER(ResultStructure), c_void_p)

# Every function with the types of its parameters; each returns a code. UTF-16 goes as bytes that end in two zeros.
IMPORTS = {
    "alimi_version": [c_void_p, c_int32],
    "alimi_error_text": [c_int32, c_void_p, c_int32],
    "alimi_last_error": [c_void_p, c_int32],
    "alimi_init": [c_char_p, POINTER(c_int32)],
    "alimi_shutdown": [c_int32, c_int32],
    "alimi_flush": [c_int32, c_int32],
    "alimi_send_alimtalk": [c_int32, c_char_p, c_char_p, c_char_p, c_char_p, c_char_p, c_void_p, c_int32],
    "alimi_send_text": [c_int32, c_char_p, c_char_p, c_char_p, c_char_p, c_void_p, c_int32],
    "alimi_send_batch": [c_int32, c_char_p, c_void_p, c_int32],
    "alimi_cancel": [c_int32, c_char_p],
    "alimi_poll_result": [c_int32, c_int32, POINTER(ResultStructure)],
    "alimi_poll_result_json": [c_int32, c_int32, c_void_p, c_int32],
    "alimi_ack_result": [c_int32, c_char_p],
    "alimi_get_status": [c_int32, c_char_p, POINTER(ResultStructure)],
    "alimi_get_status_json": [c_int32, c_char_p, c_void_p, c_int32],
    "alimi_wake": [c_int32],
    "alimi_reload": [c_int32, c_char_p],
    "alimi_sync_templates": [c_int32, c_int32, c_void_p, c_int32],
    "alimi_get_stats": [c_int32, c_char_p, c_void_p, c_int32],
    "alimi_get_health": [c_int32, c_void_p, c_int32],
    "alimi_set_log_callback": [c_int32, _LOG, c_void_p],
    "alimi_set_result_callback": [c_int32, _RESULT, c_void_p],
    "alimi_version_w": [c_void_p, c_int32],
    "alimi_error_text_w": [c_int32, c_void_p, c_int32],
    "alimi_last_error_w": [c_void_p, c_int32],
    "alimi_init_w": [c_char_p, POINTER(c_int32)],
    "alimi_reload_w": [c_int32, c_char_p],
    "alimi_send_alimtalk_w": [c_int32, c_char_p, c_char_p, c_char_p, c_char_p, c_char_p, c_void_p, c_int32],
    "alimi_send_text_w": [c_int32, c_char_p, c_char_p, c_char_p, c_char_p, c_void_p, c_int32],
    "alimi_send_batch_w": [c_int32, c_char_p, c_void_p, c_int32],
    "alimi_cancel_w": [c_int32, c_char_p],
    "alimi_poll_result_json_w": [c_int32, c_int32, c_void_p, c_int32],
    "alimi_ack_result_w": [c_int32, c_char_p],
    "alimi_get_status_json_w": [c_int32, c_char_p, c_void_p, c_int32],
    "alimi_sync_templates_w": [c_int32, c_int32, c_void_p, c_int32],
    "alimi_get_stats_w": [c_int32, c_char_p, c_void_p, c_int32],
    "alimi_get_health_w": [c_int32, c_void_p, c_int32],
}
# end of what is generated
