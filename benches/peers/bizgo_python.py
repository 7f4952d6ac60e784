"""PyPI bizgo-sdk-comm: bizgo_python.py MESSAGES BATCH. A batch of 1 goes with send.omni(), a larger one with send.bulk(),
which makes requests of 200, four at a time. Its limit of 200 messages a second is switched off, as its manual shows."""

import os
import sys

import bizgo
from bizgo.models import AlimtalkMessage, Destination
from measure import measure, recipient, values

client = bizgo.Bizgo(api_key="sim-bizgo-key", base_url=os.environ["SIMULATOR"], max_retries=0, rate_limit=None)
template = AlimtalkMessage(sender_key="sandbox-naru", template_code="REMIND01", send_type="template")


def destination(number):
    return Destination(to=recipient(number), replace_words=values(number), ref=f"R-{number:09}")


def call(first, count):
    if count == 1:
        sent = client.send.omni(to=destination(first), messages=[template])
    else:
        sent = client.send.bulk(to=[destination(number) for number in range(first, first + count)], messages=[template])
    assert len(sent.succeeded) == count, "not all were taken"


measure(call, int(sys.argv[1]), int(sys.argv[2]))
