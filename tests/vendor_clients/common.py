"""What the Python scripts share: the simulator's control API."""

import json
import os
import urllib.request

SIMULATOR = os.environ["SIMULATOR"]
VALUES = {"기관명": "나루의원", "환자명": "김하늘", "예약일": "12월 1일", "예약시간": "14:30", "진료과": "내과", "의사": "이바다"}


def control(path, body=None):
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(SIMULATOR + "/control/" + path, data) as answer:
        return json.loads(answer.read() or b"null")


def reports():
    """Makes all reports due."""
    control("clock", {"advance_ms": 61_000})


def raises(kind, call):
    """The error that the call raises."""
    try:
        call()
    except kind as error:
        return error
    raise AssertionError("no error was raised")
