"""Finds, loads and checks the native library. It starts nothing when it is loaded.

It is looked for in this order, and the first place that is there decides:

1. the file that the environment variable ALIMI_LIBRARY names;
2. the folder of this package, where a wheel puts it;
3. where the system looks for libraries.
"""
import ctypes
import os
import struct
import sys

from . import _header

# The oldest library that has every function this package calls.
NEEDED = (0, 1, 0)
NAME = "alimi.dll" if os.name == "nt" else "libalimi.dylib" if sys.platform == "darwin" else "libalimi.so"

_WHAT_TO_DO = (
    "Install the wheel of this package that is made for this system, or put %s of a release of alimi for %d-bit %s into %s, "
    "or name it in the environment variable ALIMI_LIBRARY."
)


class LibraryError(ImportError):
    """The native library is missing, of the wrong kind, or too old."""


def _here():
    return os.path.dirname(os.path.abspath(__file__))


def _bits():
    return 8 * struct.calcsize("P")


def _refuse(what):
    system = "Windows" if os.name == "nt" else sys.platform
    raise LibraryError("%s %s" % (what, _WHAT_TO_DO % (NAME, _bits(), system, _here())))


def _bits_of(path):
    """Whether a file is a library of 32 or 64 bits; None where that cannot be said."""
    try:
        with open(path, "rb") as file:
            head = file.read(4096)
    except (IOError, OSError):
        return None
    if head[:4] == b"\x7fELF":
        return {b"\x01": 32, b"\x02": 64}.get(head[4:5])
    if head[:2] == b"MZ" and len(head) >= 64:
        at = struct.unpack_from("<I", head, 60)[0]
        if head[at : at + 4] == b"PE\0\0":
            return {0x14C: 32, 0x8664: 64, 0xAA64: 64}.get(struct.unpack_from("<H", head, at + 4)[0])
    return None


def _open(path):
    # The convention of 32-bit Windows is stdcall.
    return ctypes.WinDLL(path) if os.name == "nt" else ctypes.CDLL(path)


def _load():
    named = os.environ.get("ALIMI_LIBRARY")
    beside = os.path.join(_here(), NAME)
    path = named or (beside if os.path.exists(beside) else None)
    if named and not os.path.exists(named):
        _refuse("alimi: the environment variable ALIMI_LIBRARY names %s, which is not there." % named)
    try:
        # The system knows the library by the name that says its major version.
        return path or NAME, _open(path or (NAME + ".0" if NAME.endswith(".so") else NAME))
    except OSError as error:
        if not path:
            _refuse("alimi: %s is neither in %s nor where the system looks for libraries (%s)." % (NAME, _here(), error))
        bits = _bits_of(path)
        if bits and bits != _bits():
            _refuse("alimi: %s is a %d-bit library, and this Python is a %d-bit program." % (path, bits, _bits()))
        _refuse("alimi: %s is there but cannot be loaded: %s." % (path, error))


def _bind(path, library):
    """Gives every function its types."""
    functions = {}
    for name, types in _header.IMPORTS.items():
        try:
            function = getattr(library, name)
        except AttributeError:
            _refuse(
                "alimi: %s lacks the function %s. It is %s, and this package needs %s or newer."
                % (path, name, _version_of(library), ".".join(map(str, NEEDED)))
            )
        function.argtypes = types
        function.restype = ctypes.c_int32
        functions[name] = function
    return functions


def _version_of(library):
    buffer = ctypes.create_string_buffer(32)
    try:
        library.alimi_version(buffer, 32)
    except AttributeError:
        return "no library of alimi"
    return "version " + buffer.value.decode("ascii")


def _check_version(path, library):
    version = _version_of(library)
    if tuple(int(part) for part in version.split(" ")[1].split("-")[0].split(".")) < NEEDED:
        _refuse("alimi: %s is %s, and this package needs %s or newer." % (path, version, ".".join(map(str, NEEDED))))


path, _loaded = _load()
#: Every function of the C interface by its name, as ctypes calls it.
functions = _bind(path, _loaded)
_check_version(path, _loaded)
