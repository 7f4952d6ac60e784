"""The client: each method is one call of the C interface in UTF-16.

Invariants: no logic of its own; a function that Python gave to the library is kept until the library has let go of it; no
callback of Python is known to the library any more when the interpreter ends; after a fork nothing of the parent is touched.
"""
import atexit
import collections
import ctypes
import json
import os
import sys
import weakref

from . import _header as h
from ._library import functions

_CODEC = "utf-16-le" if sys.byteorder == "little" else "utf-16-be"
_TEXT = type(u"")
_MEMBERS = (
    "key state channel certainty attempts reason account gateway gateway_id gateway_code template tag created sent "
    "finished text"
)

# Where a message stands, or how it ended. Texts, but attempts is a number.
Result = collections.namedtuple("Result", _MEMBERS)
# A message that is kept; duplicate: it was accepted before.
Accepted = collections.namedtuple("Accepted", "key duplicate")
# What became of a message of a batch: a code, and why it was refused where that is below 0.
Verdict = collections.namedtuple("Verdict", "key code error")


class Verdicts(list):
    """The verdicts of a batch in the order of its messages; code is OK, DUPLICATE or PARTIAL."""

    code = h.OK


class Error(Exception):
    """A code below 0. `code` is its number, `name` its name in the header, str() says what was wrong and what is allowed."""

    def __init__(self, code):
        # A forked child gets no text from the library; the sentence begins as the library's do.
        forked = "ALIMI_ERR_FORKED (-4): the process was forked after the first alimi.Client; fork first"
        text = forked if code == h.ERR_FORKED else last_error()
        Exception.__init__(self, text)
        self.code = code
        self.name = text.split(" ", 1)[0]

    def __reduce__(self):
        return (_error_again, (self.code, self.args[0]))


def _error_again(code, text):
    error = Error.__new__(Error, text)
    Exception.__init__(error, text)
    error.code, error.name = code, text.split(" ", 1)[0]
    return error


def _wide(text):
    """A text as the library takes it; None stays NULL."""
    if text is None:
        return None
    if not isinstance(text, _TEXT):
        if not isinstance(text, str):
            raise TypeError("expected text, got %s" % type(text).__name__)
        text = text.decode("ascii")  # Python 2
    if u"\0" in text:
        raise ValueError("a text holds a NUL character at position %d; the library would end it there" % text.index(u"\0"))
    # Half a surrogate pair goes on to the library, which says where it is.
    return text.encode(_CODEC, "strict" if sys.version_info[0] == 2 else "surrogatepass") + b"\0\0"


def _wide_map(values):
    """Variables, options, queries: a mapping becomes JSON, text stays as it is."""
    return _wide(values if values is None or isinstance(values, (_TEXT, str)) else json.dumps(values))


def _read(buffer):
    return buffer.raw.decode(_CODEC, "replace").split(u"\0", 1)[0]


def _milliseconds(seconds):
    return max(-1, min(int(seconds * 1000), h.TIMEOUT_MAX))


def _check(code):
    if code < 0:
        raise Error(code)
    return code


def _ask(call, units=4096):
    """Calls with a buffer, and once more with a larger one where that was too small."""
    while True:
        buffer = ctypes.create_string_buffer(2 * units)
        code = call(buffer, units)
        if code != h.ERR_BUFFER_TOO_SMALL:
            return _check(code), _read(buffer)
        units = int(_read(buffer)) + 256


def _result(text):
    values = json.loads(text)
    return Result(*[values[name] for name in Result._fields])


def version():
    """The version of the library."""
    return _ask(functions["alimi_version_w"])[1]


def error_text(code):
    """Name and meaning of a code."""
    return _ask(lambda buffer, units: functions["alimi_error_text_w"](code, buffer, units))[1]


def last_error():
    """The details of the last error of this thread; empty where there was none."""
    buffer = ctypes.create_string_buffer(2 * h.ERROR_SIZE)
    functions["alimi_last_error_w"](buffer, h.ERROR_SIZE)
    return _read(buffer)


# ctypes frees a function that nobody keeps, also while the library calls it.
_log_callbacks = []


def _keep(callbacks, wrapped, code):
    """Those before are let go when none of them runs any more."""
    if code == h.OK:
        del callbacks[:]
    callbacks.append(wrapped)
    return code


def set_log_callback(level, function):
    """Hands the lines of the library's log to function(level, text), which must return soon; None removes it.

    Answers OK, or CALLBACK_RUNNING when a call of the function given before goes on.
    """
    if function is None:
        wrapped = h._LOG()
    else:
        wrapped = h._LOG(lambda level, text, context: function(level, text.decode("utf-8", "replace")))
    return _keep(_log_callbacks, wrapped, _check(functions["alimi_set_log_callback"](level, wrapped, None)))


def _wide_config(config):
    if hasattr(config, "keys"):
        config = json.dumps(config)
    elif hasattr(config, "__fspath__"):
        config = config.__fspath__()
    return _wide(config)


class Client(object):
    """One open outbox. `config` is a mapping, JSON text, or the path of a JSON file."""

    _number = 0
    _open = False

    def __init__(self, config):
        number = ctypes.c_int32()
        _check(functions["alimi_init_w"](_wide_config(config), ctypes.byref(number)))
        self._number = number.value
        self._callbacks = []
        self._open = True
        _clients.add(self)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        self.close()

    def __del__(self):
        self.close(0)

    def __reduce__(self):
        raise TypeError("an alimi.Client belongs to its process; open another one in the other process")

    def send_alimtalk(self, to, template, variables=None, key=None, options=None):
        """Keeps one AlimTalk. When it returns, the message is on disk and will end in exactly one result."""
        return self._send("alimi_send_alimtalk_w", key, _wide(to), _wide(template), _wide_map(variables), _wide_map(options))

    def send_text(self, to, text, key=None, options=None):
        """Keeps one SMS, LMS or MMS."""
        return self._send("alimi_send_text_w", key, _wide(to), _wide(text), _wide_map(options))

    def _send(self, name, key, *texts):
        buffer = ctypes.create_string_buffer(2 * h.KEY_SIZE)
        code = _check(functions[name](self._number, _wide(key), *(texts + (buffer, h.KEY_SIZE))))
        return Accepted(_read(buffer), code == h.DUPLICATE)

    def send_batch(self, messages):
        """Keeps many messages with one write; answers with a verdict for each. JSON text, or a list of mappings."""
        messages = messages if isinstance(messages, (_TEXT, str)) else json.dumps(messages)
        code, text = _ask(
            lambda buffer, units: functions["alimi_send_batch_w"](self._number, _wide(messages), buffer, units),
            h.BATCH_ENTRY_SIZE * 128,
        )
        verdicts = Verdicts(Verdict(v["key"], v["code"], v.get("error", "")) for v in json.loads(text))
        verdicts.code = code
        return verdicts

    def cancel(self, key):
        """Cancels a message that has not left; its result is polled like every other.

        False where it is reserved at its gateway, which is asked to take it back: the result says whether it did.
        """
        return _check(functions["alimi_cancel_w"](self._number, _wide(key))) == h.OK

    def poll(self, timeout=0):
        """Takes the next final result, waiting up to `timeout` seconds; None when there is none."""
        wait = _milliseconds(timeout)
        call = functions["alimi_poll_result_json_w"]
        code, text = _ask(lambda buffer, units: call(self._number, wait, buffer, units))
        return _result(text) if code == h.OK else None

    def acknowledge(self, key):
        """Lets a result go, once you have stored what you need of it."""
        _check(functions["alimi_ack_result_w"](self._number, _wide(key)))

    def status(self, key):
        """Where a message stands, or how it ended."""
        key, call = _wide(key), functions["alimi_get_status_json_w"]
        return _result(_ask(lambda buffer, units: call(self._number, key, buffer, units))[1])

    def reload(self, config):
        """Gives the running client another configuration, as for Client(); on an error nothing has changed."""
        _check(functions["alimi_reload_w"](self._number, _wide_config(config)))

    def sync_templates(self, timeout):
        """Asks every gateway for its approved templates and compares them with the configuration.

        Answers the report, and False where the time (seconds) ran out and asking goes on.
        """
        call, wait = functions["alimi_sync_templates_w"], _milliseconds(timeout)
        code, report = _ask(lambda buffer, units: call(self._number, wait, buffer, units))
        return json.loads(report), code == h.OK

    def wake(self):
        """Ends the waiting polls of this client, or the next one where none waits."""
        _check(functions["alimi_wake"](self._number))

    def flush(self, timeout):
        """Waits until nothing is due or under way; False when the time ran out."""
        return _check(functions["alimi_flush"](self._number, _milliseconds(timeout))) == h.OK

    def statistics(self, query=None):
        """Statistics as text: JSON, or CSV where the query says "format": "csv"."""
        query, call = _wide_map(query), functions["alimi_get_stats_w"]
        return _ask(lambda buffer, units: call(self._number, query, buffer, units))[1]

    def health(self):
        """How the client is."""
        call = functions["alimi_get_health_w"]
        return json.loads(_ask(lambda buffer, units: call(self._number, buffer, units))[1])

    def set_result_callback(self, function):
        """Hands results to function(client, result) on a thread of the library; None removes it.

        Answers OK, or CALLBACK_RUNNING when a call of the function given before goes on.
        """
        this = weakref.ref(self)

        def call(number, structure, context):
            client = this()
            try:
                # The structure is in the encoding of the configuration, and has no template and no tag.
                result = client.status(structure.contents.key.decode("ascii")) if client else None
            except Error:
                result = None  # It is being shut down. The result comes again after the next start.
            if result:
                function(client, result)

        wrapped = h._RESULT() if function is None else h._RESULT(call)
        code = _check(functions["alimi_set_result_callback"](self._number, wrapped, None))
        return _keep(self._callbacks, wrapped, code)

    def shutdown(self, timeout=5):
        """Stops the client; answers OK, PENDING when messages stay in the outbox, or CALLBACK_RUNNING."""
        code = functions["alimi_shutdown"](self._number, _milliseconds(timeout))
        if code >= 0:
            self._open = False
        if code == h.CALLBACK_RUNNING:
            _running.append(self._callbacks)
        return _check(code)

    def close(self, timeout=5):
        """shutdown() that may be called again, and in a forked child, where it does nothing."""
        if self._open:
            self._open = False
            try:
                self.shutdown(timeout)
            except Error:
                pass  # Another thread did it, or this is a forked child.


# Those of this process; a child after a fork has none.
_clients = weakref.WeakSet()
# Callbacks that were still running when their client was shut down.
_running = []


def _after_fork_in_child():
    for client in list(_clients):
        client._open = False
    _clients.clear()


@atexit.register
def _at_exit():
    """Takes the callbacks back: the library's threads must not enter an interpreter that is ending."""
    functions["alimi_set_log_callback"](h.LOG_OFF, h._LOG(), None)
    for client in list(_clients):
        if client._open:
            functions["alimi_set_result_callback"](client._number, h._RESULT(), None)
            client.close(0)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
