"""PyPI solapi: solapi_python.py MESSAGES BATCH. Its send() takes a message or a list of up to 10,000."""

import os
import sys

from measure import measure, recipient, values
from solapi import SolapiMessageService
from solapi.model import KakaoOption, RequestMessage, SendRequestConfig

client = SolapiMessageService("NCSSIMULATOR0001", "sim-solapi-secret-0123456789abcd")
client.base_url = os.environ["SIMULATOR"]
# Two patients may share a number.
config = SendRequestConfig(allow_duplicates=True)


def message(number):
    kakao = KakaoOption(pf_id="KA01PF-naru", template_id="KA01TP-REMIND01", variables=values(number), disable_sms=True)
    return RequestMessage(to=recipient(number), custom_fields={"alimi": f"R-{number:09}"}, kakao_options=kakao)


def call(first, count):
    sent = client.send([message(number) for number in range(first, first + count)], config)
    assert sent.group_info.count.registered_success == count, sent.group_info.count


measure(call, int(sys.argv[1]), int(sys.argv[2]))
