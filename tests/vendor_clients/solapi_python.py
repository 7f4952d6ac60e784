"""PyPI solapi 5.0.3"""

from common import SIMULATOR, VALUES, control, raises, reports

from solapi import SolapiMessageService
from solapi.error.MessageNotReceiveError import MessageNotReceivedError
from solapi.model import KakaoOption, RequestMessage, SendRequestConfig
from solapi.model.request.messages.get_messages import GetMessagesRequest

client = SolapiMessageService("NCSSIMULATOR0001", "sim-solapi-secret-0123456789abcd")
client.base_url = SIMULATOR


def alimtalk(to, template="KA01TP-REMIND01"):
    option = KakaoOption(pf_id="KA01PF-naru", template_id=template, variables=VALUES, disable_sms=True)
    return RequestMessage(to=to, custom_fields={"alimi": "p-" + to}, kakao_options=option)


sent = client.send(alimtalk("01000000000"), SendRequestConfig(show_message_list=True))
assert sent.group_info.count.registered_success == 1
group = sent.group_info.group_id
found = client.get_messages(GetMessagesRequest(group_id=group))
assert [message.status_code for message in found.message_list.values()] == ["2000"]
assert [message.custom_fields for message in found.message_list.values()] == [{"alimi": "p-01000000000"}]
reports()
found = client.get_messages(GetMessagesRequest(group_id=group))
assert [message.status_code for message in found.message_list.values()] == ["4000"]

texts = [
    RequestMessage(to="01000000001", from_="07000000001", text="내일 14:30 예약입니다."),
    RequestMessage(to="01000000002", from_="07000000001", text="가" * 60, subject="안내"),
]
assert client.send(texts).group_info.count.registered_success == 2
batch = client.send([alimtalk("010000001%02d" % (n % 10)) for n in range(50)], SendRequestConfig(allow_duplicates=True))
assert batch.group_info.count.total == 50

half = client.send([alimtalk("01000000004"), alimtalk("01000000003", "KA01TP-NOTHING")])
assert [message.status_code for message in half.failed_message_list] == ["1042"]
raises(MessageNotReceivedError, lambda: client.send(alimtalk("01000000003", "KA01TP-NOTHING")))
stranger = SolapiMessageService("NCSSIMULATOR0001", "wrong")
stranger.base_url = SIMULATOR
assert raises(Exception, stranger.get_balance).args[0] == "SignatureDoesNotMatch"

assert client.get_group(group).count.sent_success == 1
assert len(client.get_group_messages(group).message_list) == 1
assert len(client.get_groups().group_list) >= 4
assert client.get_balance().balance == 100000
totals = control("journal")["by_channel"]
assert (totals["solapi/alimtalk"]["accepted"], totals["solapi/lms"]["accepted"]) == (52, 1), totals
