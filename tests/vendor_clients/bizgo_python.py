"""PyPI bizgo-sdk-comm 1.2.0"""

import datetime

import bizgo
from bizgo.models import AlimtalkMessage, Destination, MmsMessage, SmsMessage
from common import SIMULATOR, VALUES, control, raises, reports

client = bizgo.Bizgo(api_key="sim-bizgo-key", base_url=SIMULATOR, max_retries=0)


def destination(to):
    return Destination(to=to, replace_words=VALUES, ref="b-" + to)


def alimtalk(template="REMIND01"):
    return AlimtalkMessage(sender_key="sandbox-naru", template_code=template, send_type="template")


text = (
    "[#{기관명}] 진료 예약 안내\n\n#{환자명} 님의 예약을 알려 드립니다.\n\n▶ 일시: #{예약일} #{예약시간}\n"
    "▶ 진료과: #{진료과}\n▶ 의료진: #{의사}\n\n변경하거나 취소하시려면 병원으로 연락해 주세요."
)
full = AlimtalkMessage(sender_key="sandbox-naru", template_code="REMIND01", msg_type="AT", text=text)

sent = client.send.omni(to=destination("01000000000"), messages=[alimtalk()])
assert len(sent.succeeded) == 1
sent = client.send.omni(to=[destination("01000000001"), destination("01000000010")], messages=[full])
assert len(sent.msg_keys) == 2 and not sent.failed
assert client.reports.poll().empty
reports()
codes = {}
client.reports.consume(lambda batch: codes.update({report.ref: report.report_code for report in batch}))
assert codes == {"b-01000000000": "10000", "b-01000000001": "10000", "b-01000000010": "64016"}, codes
assert client.reports.poll().empty
assert client.reports.inquiry(sent.msg_keys[0])[0].report_code == "10000"
assert client.messages.status(sent.msg_keys[1])[0].report_code == "64016"

flow = [alimtalk(), MmsMessage(from_="07000000001", text="내일 예약입니다", title="예약")]
sent = client.send.omni(to=destination("01000000010"), messages=flow)
reports()
reports()
assert [entry.fallback for entry in client.messages.status(sent.msg_keys[0])] == ["N", "Y"]

assert len(client.send.sms(to="01000000002", from_="07000000001", text="내일 예약입니다", idempotency_key="k-1").succeeded) == 1
assert len(client.send.sms(to="01000000002", from_="07000000001", text="내일 예약입니다", idempotency_key="k-1").duplicates) == 1
assert len(client.send.lms(to="01000000003", from_="07000000001", text="가" * 60, title="안내").succeeded) == 1
people = [destination("010000001%02d" % (n % 10)) for n in range(250)]
bulk = client.send.bulk(to=people, messages=[SmsMessage(from_="07000000001", text="#{환자명} 님")], concurrency=1)
assert bulk.ok and len(bulk.succeeded) == 250
key = client.files.upload_mms(b"\xff\xd8\xff\xe0\x00\x10JFIF\x00", filename="a.jpg").file_key
assert len(client.send.mms(to="01000000004", from_="07000000001", text="사진", file_keys=[key]).succeeded) == 1

date = (datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=9))) + datetime.timedelta(hours=2)).strftime("%Y-%m-%d %H:%M:%S")
body = {"destinations": [{"to": "01000000006"}], "messageFlow": [{"sms": {"from": "07000000001", "text": "예약"}}], "resvSendTime": date}
reservation = client.reservations.create(body).resv_key
assert client.reservations.get(reservation).status == "PENDING"
client.reservations.cancel(reservation)
assert client.reservations.get(reservation).status == "CANCELLED"
assert "REMIND01" in [template.template_code for template in client.alimtalk.templates.list(sender_key="sandbox-naru")]
history = client.messages.history(request_time=datetime.datetime.now() - datetime.timedelta(hours=1), limit=100)
assert history.has_next and len(history.messages) == 100

assert raises(bizgo.APIError, lambda: client.send.omni(to=destination("01000000005"), messages=[alimtalk("NOTHING")])).code == "A505"
stranger = bizgo.Bizgo(api_key="wrong", base_url=SIMULATOR, max_retries=0)
raises(bizgo.AuthenticationError, stranger.reports.poll)
totals = control("journal")["by_channel"]
assert totals["bizgo/alimtalk"]["accepted"] == 4 and totals["bizgo/sms"]["accepted"] == 252, totals
