"""alimi: KakaoTalk AlimTalk for hospital programs, with SMS, LMS or MMS where one cannot be delivered.

    import alimi

    with alimi.Client("alimi.json") as client:
        client.send_alimtalk("010-0000-0001", "reminder", {"name": u"..."}, key="APPT-1")
        result = client.poll(timeout=5)
        if result:
            store(result.key, result.state)
            client.acknowledge(result.key)

Texts are Unicode, timeouts are seconds. Codes below 0 are raised as alimi.Error. Any thread may call any method. A forked
child cannot use alimi once its parent has: fork first, or let multiprocessing "spawn".
"""
from ._client import (
    Accepted,
    Client,
    Error,
    Result,
    Verdict,
    Verdicts,
    error_text,
    last_error,
    set_log_callback,
    version,
)
from . import _header
from ._library import LibraryError, functions, path as library_path

# Every constant of the header without ALIMI_: alimi.ERR_KEY_CONFLICT, alimi.STATE_DELIVERED and so on.
globals().update((name, value) for name, value in vars(_header).items() if name.isupper() and isinstance(value, int))

__version__ = "0.1.0"
__all__ = [
    "Accepted", "Client", "Error", "LibraryError", "Result", "Verdict", "Verdicts", "error_text", "functions",
    "last_error", "library_path", "set_log_callback", "version",
] + [name for name, value in vars(_header).items() if name.isupper() and isinstance(value, int)]
