from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple, Type, Union
from types import TracebackType
from os import PathLike

# bindings/python/tests compares these with the module.

State = str  # queued, scheduled, sending, accepted, delivered, failed, expired, cancelled, unknown
Values = Union[str, Mapping[str, Any]]

class Result(NamedTuple):
    key: str
    state: State
    channel: str
    certainty: str
    attempts: int
    reason: str
    account: str
    gateway: str
    gateway_id: str
    gateway_code: str
    template: str
    tag: str
    created: str
    sent: str
    finished: str
    text: str

class Accepted(NamedTuple):
    key: str
    duplicate: bool

class Verdict(NamedTuple):
    key: str
    code: int
    error: str

class Verdicts(List[Verdict]):
    code: int

class Error(Exception):
    code: int
    name: str

class LibraryError(ImportError): ...

class Client:
    def __init__(self, config: Union[Values, "PathLike[str]"]) -> None: ...
    def __enter__(self) -> Client: ...
    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], traceback: Optional[TracebackType]
    ) -> None: ...
    def send_alimtalk(
        self,
        to: str,
        template: str,
        variables: Optional[Values] = ...,
        key: Optional[str] = ...,
        options: Optional[Values] = ...,
    ) -> Accepted: ...
    def send_text(self, to: str, text: str, key: Optional[str] = ..., options: Optional[Values] = ...) -> Accepted: ...
    def send_batch(self, messages: Union[str, Sequence[Mapping[str, Any]]]) -> Verdicts: ...
    def cancel(self, key: str) -> bool: ...
    def poll(self, timeout: float = ...) -> Optional[Result]: ...
    def acknowledge(self, key: str) -> None: ...
    def status(self, key: str) -> Result: ...
    def reload(self, config: Union[Values, "PathLike[str]"]) -> None: ...
    def sync_templates(self, timeout: float) -> Tuple[Dict[str, Any], bool]: ...
    def wake(self) -> None: ...
    def flush(self, timeout: float) -> bool: ...
    def statistics(self, query: Optional[Values] = ...) -> str: ...
    def health(self) -> Dict[str, Any]: ...
    def set_result_callback(self, function: Optional[Callable[[Client, Result], Any]]) -> int: ...
    def shutdown(self, timeout: float = ...) -> int: ...
    def close(self, timeout: float = ...) -> None: ...

def version() -> str: ...
def error_text(code: int) -> str: ...
def last_error() -> str: ...
def set_log_callback(level: int, function: Optional[Callable[[int, str], Any]]) -> int: ...

__version__: str
library_path: str
functions: Dict[str, Any]

# generated from include/alimi.h
OK: int
DUPLICATE: int
EMPTY: int
PENDING: int
PARTIAL: int
CALLBACK_RUNNING: int
ERR_INVALID_ARGUMENT: int
ERR_INVALID_HANDLE: int
ERR_CLOSED: int
ERR_FORKED: int
ERR_BUFFER_TOO_SMALL: int
ERR_ENCODING: int
ERR_NOT_FOUND: int
ERR_TOO_LATE: int
ERR_KEY_CONFLICT: int
ERR_UNKNOWN_OPTION: int
ERR_TOO_MANY_CLIENTS: int
ERR_UNFINISHED: int
ERR_INVALID_JSON: int
ERR_INSIDE_CALLBACK: int
ERR_CONFIG_SYNTAX: int
ERR_CONFIG_UNKNOWN_KEY: int
ERR_CONFIG_VALUE: int
ERR_CONFIG_FILE: int
ERR_CONFIG_SECRET: int
ERR_CONFIG_CONTRADICTION: int
ERR_OUTBOX_LOCKED: int
ERR_OUTBOX_FULL: int
ERR_DISK_FULL: int
ERR_OUTBOX_READ_ONLY: int
ERR_OUTBOX_CORRUPT: int
ERR_OUTBOX_IO: int
ERR_OUTBOX_VERSION: int
ERR_OUTBOX_PATH: int
ERR_OUTBOX_KEY: int
ERR_RECIPIENT: int
ERR_SENDER_NUMBER: int
ERR_UNKNOWN_ACCOUNT: int
ERR_UNKNOWN_TEMPLATE: int
ERR_VARIABLE_MISSING: int
ERR_VARIABLE_UNKNOWN: int
ERR_TEMPLATE_MISMATCH: int
ERR_TOO_LONG: int
ERR_NOT_CP949: int
ERR_CONTENT: int
ERR_TIME: int
ERR_RECIPIENT_NOT_ALLOWED: int
ERR_RATE_LIMITED: int
ERR_IMAGE: int
ERR_UNKNOWN_GATEWAY: int
ERR_OPTION: int
ERR_INTERNAL: int
ERR_THREAD: int
STATE_QUEUED: int
STATE_SCHEDULED: int
STATE_SENDING: int
STATE_ACCEPTED: int
STATE_DELIVERED: int
STATE_FAILED: int
STATE_EXPIRED: int
STATE_CANCELLED: int
STATE_UNKNOWN: int
CHANNEL_ALIMTALK: int
CHANNEL_SMS: int
CHANNEL_LMS: int
CHANNEL_MMS: int
CERTAINTY_NOT_SENT: int
CERTAINTY_POSSIBLY_SENT: int
CERTAINTY_SENT: int
REASON_NONE: int
REASON_NOT_KAKAO_USER: int
REASON_BLOCKED_BY_RECIPIENT: int
REASON_KAKAO_UNREACHABLE: int
REASON_INVALID_RECIPIENT: int
REASON_HANDSET_UNREACHABLE: int
REASON_RECIPIENT_REFUSES: int
REASON_TEMPLATE_MISMATCH: int
REASON_TEMPLATE_UNAVAILABLE: int
REASON_CONTENT_REFUSED: int
REASON_SPAM: int
REASON_DUPLICATE_REFUSED: int
REASON_RECIPIENT_NOT_ALLOWED: int
REASON_SENDER_KEY_INVALID: int
REASON_SENDER_NUMBER_INVALID: int
REASON_CREDENTIALS_REFUSED: int
REASON_BALANCE_EXHAUSTED: int
REASON_GATEWAY_CONFIGURATION: int
REASON_THROTTLED: int
REASON_GATEWAY_ERROR: int
REASON_CONNECTION_FAILED: int
REASON_OUTSIDE_HOURS: int
REASON_ANSWER_LOST: int
REASON_DELIVERY_UNCONFIRMED: int
REASON_REPORT_OVERDUE: int
REASON_INTERRUPTED: int
REASON_OUTBOX_DAMAGED: int
REASON_EXPIRED: int
REASON_CANCELLED_BY_CALLER: int
REASON_OTHER: int
LOG_OFF: int
LOG_ERROR: int
LOG_WARN: int
LOG_INFO: int
LOG_DEBUG: int
LOG_TRACE: int
KEY_SIZE: int
ERROR_SIZE: int
BATCH_ENTRY_SIZE: int
RESULT_SIZE_MIN: int
TIMEOUT_MAX: int
CLIENTS_MAX: int
# end of what is generated
