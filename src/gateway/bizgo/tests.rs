//! Bizgo's documented requests and answers, field by field.

use super::*;
use crate::gateway::testing::{
    NOW, answer, any_errand, anything, asked, assert_one_word_each, body, errand, line, message, moment, played,
    survives,
};
use crate::gateway::{Errand, Failure, Heard, Mark, News, Reference, Task};
use crate::message::{Class, Payload, Reason};
use crate::time::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::Arc;

fn bizgo() -> Bizgo {
    Bizgo::new(&Secret::from("api-key"))
}

fn envelope(code: &str, data: Value) -> Value {
    json!({
        "common": {"authCode": "A000", "authResult": "Success", "infobankTrId": "T"},
        "data": {"code": code, "result": "x", "data": data, "ref": null},
    })
}

fn recipient(code: &str) -> Value {
    envelope("A000", json!({"destinations": [{"to": "01000000000", "msgKey": "MK1", "code": code, "result": "x"}]}))
}

/// What is said about the one parcel of an errand whose only request is answered so.
fn outcome(errand: &Errand, heard: Heard) -> Option<Outcome> {
    let (_, news) = played(&bizgo(), Order::Errand(errand.clone()), |_| heard.clone());
    assert_one_word_each(errand, &news);
    match news {
        Some(News::Answered { words, .. } | News::LookedUp { words, .. } | News::Cancelled(words)) => {
            words.into_iter().next().map(|word| word.outcome)
        }
        other => panic!("{other:?}"),
    }
}

fn first(errand: Errand) -> Request {
    asked(bizgo().begin(Order::Errand(errand)).next(None, &moment()))
}

fn alimtalk() -> Value {
    json!({
        "senderKey": "0123456789012345678901234567890123456789",
        "templateCode": "TPL-1",
        "msgType": "AT",
        "text": "김하늘0님\n10:30 예약입니다.",
        "title": "10:30",
        "header": "예약 안내",
        "attachment": {
            "button": [
                {"type": "WL", "name": "예약 보기", "urlMobile": "https://m.example.kr/r?a=1&b=2",
                 "urlPc": "https://example.kr/r", "target": "out"},
                {"type": "AL", "name": "앱 열기", "schemeAndroid": "app://r", "schemeIos": "iapp://r"},
            ],
            "item": {
                "list": [{"title": "날짜", "description": "12월 1일"}, {"title": "시각", "description": "10:30"}],
                "summary": {"title": "금액", "description": "12,000원"},
            },
            "itemHighlight": {"title": "내과", "description": "박의사"},
        },
        "supplement": {"quickReply": [{"type": "BK", "name": "확인"}]},
    })
}

#[test]
fn an_alimtalk_leaves_whole_under_a_key_that_a_repeat_has_too() {
    let request = first(errand(Task::Send, Channel::Alimtalk, 1));
    assert_eq!((line(&request).as_str(), request.messages), ("POST main /api/comm/v1/send/omni", 1));
    assert_eq!(request.headers, [("Authorization", "api-key".to_owned())]);
    let mut sent = body(&request);
    let key = sent.as_object_mut().unwrap().remove("idempotencyKey").unwrap();
    assert!(key.as_str().unwrap().starts_with("K0/1/1/"), "{key}");
    let expected = json!({
        "destinations": [{"to": "01000000000"}],
        "messageFlow": [{"alimtalk": alimtalk()}],
        "idempotencyTtl": 86_400,
        "ref": "K0/1/1",
    });
    assert_eq!(sent, expected);

    assert!(first(errand(Task::LookUp, Channel::Alimtalk, 1)) == request, "a lost one is settled by the same request");
    let mut other = errand(Task::Send, Channel::Alimtalk, 1);
    other.parcels[0].payload = Arc::new(crate::gateway::testing::payload(7));
    assert_ne!(body(&first(other))["idempotencyKey"], key, "another message under the same key is another");
}

#[test]
fn the_gateways_own_fallback_is_the_second_of_the_flow() {
    let mut errand = errand(Task::Send, Channel::Alimtalk, 1);
    errand.parcels[0].falls_back = true;
    let sent = body(&first(errand));
    let text = json!({"mms": {"from": "0212345678", "text": "[가람의원] 10:30 예약", "title": "예약 안내"}});
    assert_eq!(sent["messageFlow"], json!([{"alimtalk": alimtalk()}, text]));
    assert_eq!(sent["ref"], "K0/1/1+");
}

#[test]
fn text_messages_have_what_their_kind_has() {
    let sms = body(&first(errand(Task::Send, Channel::Sms, 1)));
    assert_eq!(sms["messageFlow"], json!([{"sms": {"from": "0212345678", "text": "[가람의원] 10:30 예약"}}]));
    let lms = body(&first(errand(Task::Send, Channel::Lms, 1)));
    assert_eq!(lms["messageFlow"][0]["mms"]["title"], "예약 안내");
}

#[test]
fn an_image_goes_up_as_a_file_and_its_key_stands_in_the_message() {
    let mut errand = errand(Task::Send, Channel::Mms, 1);
    let mut text = message(Channel::Mms);
    text.images.push(crate::message::Image::new(Arc::from(*b"JPEG")));
    errand.parcels[0].payload = Arc::new(Payload { text: Some(text), ..(*errand.parcels[0].payload).clone() });
    let mut dialogue = bizgo().begin(Order::Errand(errand.clone()));
    let upload = asked(dialogue.next(None, &moment()));
    assert_eq!(line(&upload), "POST main /api/comm/v1/file/mms");
    let boundary = "alimi-0123456789abcdef0123456789abcdef";
    let form = upload.body.unwrap();
    assert_eq!(form.content_type, format!("multipart/form-data; boundary={boundary}"));
    assert_eq!(
        String::from_utf8(form.bytes).unwrap(),
        format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"1.jpg\"\r\n\
             Content-Type: image/jpeg\r\n\r\nJPEG\r\n--{boundary}--\r\n"
        )
    );
    let send = asked(dialogue.next(answer(200, &envelope("A000", json!({"fileKey": "FK1"}))), &moment()));
    assert_eq!(body(&send)["messageFlow"][0]["mms"]["fileKey"], json!(["FK1"]));

    for heard in [Heard::Failed(Failure::Lost), answer(400, &envelope("A215", Value::Null)).unwrap()] {
        assert_eq!(outcome(&errand, heard.clone()).unwrap().class, Class::Transient);
        errand.task = Task::LookUp;
        assert_eq!(outcome(&errand, heard), None, "a repeat without its image says nothing");
        errand.task = Task::Send;
    }
}

#[test]
fn an_answer_is_judged_in_its_three_layers() {
    let gateway = |code: &str| json!({"common": {"authCode": code}});
    for (status, body, class, reason, code, reference) in [
        (200, recipient("A000"), Class::Ok, Reason::None, "A000", "MK1"),
        (200, recipient("A301"), Class::Pending, Reason::None, "A301", ""),
        (400, envelope("A301", Value::Null), Class::Pending, Reason::None, "A301", ""),
        (200, recipient("A324"), Class::Permanent, Reason::Spam, "A324", "MK1"),
        (200, recipient("?"), Class::Uncertain, Reason::GatewayError, "?", "MK1"),
        (400, envelope("A306", json!("")), Class::Permanent, Reason::InvalidRecipient, "A306", ""),
        (400, envelope("A505", Value::Null), Class::Configuration, Reason::TemplateUnavailable, "A505", ""),
        (400, envelope("A320", Value::Null), Class::Operator, Reason::BalanceExhausted, "A320", ""),
        (429, envelope("A020", Value::Null), Class::Transient, Reason::Throttled, "A020", ""),
        (500, envelope("A910", Value::Null), Class::Uncertain, Reason::GatewayError, "A910", ""),
        (503, envelope("A920", Value::Null), Class::Uncertain, Reason::GatewayError, "A920", ""),
        (200, envelope("A999", Value::Null), Class::Uncertain, Reason::GatewayError, "A999", ""),
        (401, gateway("A401"), Class::Operator, Reason::CredentialsRefused, "A401", ""),
        (200, gateway("A403"), Class::Operator, Reason::CredentialsRefused, "A403", ""),
        (404, gateway("A404"), Class::Configuration, Reason::GatewayConfiguration, "A404", ""),
        (200, envelope("A000", json!({"destinations": []})), Class::Uncertain, Reason::GatewayError, "HTTP 200", ""),
        (502, json!("<html>"), Class::Uncertain, Reason::GatewayError, "HTTP 502", ""),
    ] {
        let said = outcome(&errand(Task::Send, Channel::Alimtalk, 1), answer(status, &body).unwrap()).unwrap();
        let seen = (said.class, said.reason, &*said.vendor_code, &*said.reference);
        assert_eq!(seen, (class, reason, code, reference), "{status} {body}");
    }
}

#[test]
fn a_repeat_says_only_what_holds_for_the_first_time_too() {
    for (heard, expected) in [
        (answer(200, &recipient("A000")), Some((Class::Pending, "MK1"))),
        // The name may be the repeat's.
        (answer(200, &recipient("A301")), Some((Class::Pending, ""))),
        (answer(400, &envelope("A328", Value::Null)), Some((Class::Permanent, ""))),
        (answer(400, &envelope("A505", Value::Null)), None),
        (answer(400, &envelope("A320", Value::Null)), None),
        (answer(429, &envelope("A020", Value::Null)), None),
        (answer(401, &json!({"common": {"authCode": "A401"}})), None),
        (answer(503, &json!("")), None),
        (Some(Heard::Failed(Failure::NotSent)), None),
        (Some(Heard::Failed(Failure::Lost)), None),
    ] {
        let said = outcome(&errand(Task::LookUp, Channel::Alimtalk, 1), heard.unwrap());
        assert_eq!(said.as_ref().map(|outcome| (outcome.class, &*outcome.reference)), expected);
    }
}

#[test]
fn after_a_day_nothing_is_repeated() {
    let mut errand = errand(Task::LookUp, Channel::Alimtalk, 1);
    for (age, asks) in [(85_799, true), (85_800, false), (200_000, false)] {
        errand.parcels[0].left = Some(Timestamp(NOW.0 - age * 1_000));
        let (requests, news) = played(&bizgo(), Order::Errand(errand.clone()), |_| Heard::Failed(Failure::Lost));
        assert_eq!(requests.len(), usize::from(asks), "{age}");
        let Some(News::LookedUp { words, .. }) = news else { panic!("{news:?}") };
        assert_eq!(words.first().map(|word| word.outcome.class), (!asks).then_some(Class::Uncertain), "{age}");
    }
}

fn entry(service: &str, code: &str) -> Value {
    json!({"msgKey": "MK1", "serviceType": service, "msgType": "AT", "to": "01000000000", "fallback": "N",
           "responseCode": "A000", "reportCode": code, "ref": "K0/1/1"})
}

#[test]
fn an_accepted_message_is_asked_for_by_its_key() {
    let mut errand = errand(Task::LookUp, Channel::Alimtalk, 1);
    errand.parcels[0].reference = "MK1".into();
    assert_eq!(line(&first(errand.clone())), "GET main /api/comm/v1/message/inquiry/msgKey/MK1");
    let said = |falls_back: bool, entries: &[Value]| {
        let mut errand = errand.clone();
        errand.parcels[0].falls_back = falls_back;
        let body = envelope("A000", json!({"messages": entries}));
        let said = outcome(&errand, answer(200, &body).unwrap()).unwrap();
        assert!(said.reference == "MK1");
        (said.class, said.by_fallback, said.vendor_code)
    };
    let (unknown, lms) = (entry("ALIMTALK", "64016"), |code| entry("MMS", code));
    assert_eq!(said(false, &[entry("ALIMTALK", "10000")]), (Class::Ok, false, "10000".into()));
    assert_eq!(said(false, &[entry("ALIMTALK", "")]), (Class::Pending, false, "".into()));
    assert_eq!(said(false, &[]), (Class::Pending, false, "".into()));
    assert_eq!(said(false, std::slice::from_ref(&unknown)), (Class::Fallback, false, "64016".into()));
    assert_eq!(said(true, std::slice::from_ref(&unknown)), (Class::Pending, false, "64016".into()));
    assert_eq!(said(true, &[unknown.clone(), lms("")]), (Class::Pending, false, "".into()));
    assert_eq!(said(true, &[unknown.clone(), lms("10000")]), (Class::Ok, true, "10000".into()));
    assert_eq!(said(true, &[unknown, lms("23001")]), (Class::Fallback, false, "64016".into()));
    for (heard, class) in [
        (answer(400, &envelope("A820", Value::Null)), Some(Class::Pending)),
        (answer(429, &envelope("A020", Value::Null)), None),
        (Some(Heard::Failed(Failure::Lost)), None),
    ] {
        assert_eq!(outcome(&errand, heard.unwrap()).map(|said| said.class), class);
    }
}

#[test]
fn a_batch_of_reports_comes_with_its_receipt_and_again_until_that_is_confirmed() {
    let mut text = entry("MMS", "10000");
    let mut failed = entry("ALIMTALK", "64016");
    for row in [&mut text, &mut failed] {
        row["ref"] = json!("K1/1/1+");
        row["msgKey"] = json!("MK2");
    }
    let mut alone = failed.clone();
    alone["msgKey"] = json!("MK3");
    alone["ref"] = json!("K3/1/1+");
    let mut foreign = entry("SMS", "10000");
    foreign["ref"] = Value::Null;
    foreign["msgKey"] = json!("MK9");
    let batch = envelope(
        "A000",
        json!({"reportId": "R/1", "report": [entry("ALIMTALK", "64016"), failed, text, alone, foreign]}),
    );
    let poll = || Order::Poll { cursor: "c".into(), since: NOW };
    let (requests, news) = played(&bizgo(), poll(), |_| answer(200, &batch).unwrap());
    assert_eq!(line(&requests[0]), "GET main /api/comm/v1/report/polling");
    let Some(News::Polled { reports, cursor, more, receipt, .. }) = news else { panic!("{news:?}") };
    assert_eq!((cursor.as_str(), more, receipt.as_deref()), ("c", true, Some("R/1")));
    let ours = |reference| Mark::Ours(Reference::parse(reference).unwrap());
    let seen: Vec<_> = reports.iter().map(|r| (r.mark.clone(), r.outcome.class, r.outcome.by_fallback)).collect();
    assert_eq!(
        seen,
        [
            (ours("K0/1/1"), Class::Fallback, false),
            (ours("K1/1/1"), Class::Ok, true),
            // Of K3 the gateway's text message is still to come.
            // Whether an AlimTalk came before it only the engine knows.
            (Mark::Theirs("MK9".into()), Class::Ok, true),
        ]
    );
    let (requests, news) = played(&bizgo(), Order::Confirm { receipt: "R/1".into() }, |_| Heard::Failed(Failure::Lost));
    assert_eq!((line(&requests[0]).as_str(), news.is_none()), ("DELETE main /api/comm/v1/report/polling/R%2F1", true));

    for heard in [
        answer(200, &envelope("A000", json!({"reportId": "", "report": null}))).unwrap(),
        answer(400, &envelope("A801", Value::Null)).unwrap(),
        Heard::Failed(Failure::NotSent),
    ] {
        let (_, news) = played(&bizgo(), poll(), |_| heard.clone());
        let Some(News::Polled { reports, cursor, more, receipt, .. }) = news else { panic!("{news:?}") };
        assert_eq!((reports.len(), cursor.as_str(), more, receipt), (0, "c", false, None));
    }
}

fn reserved(task: Task) -> Errand {
    let mut errand = errand(task, Channel::Alimtalk, 1);
    errand.parcels[0].reserve_at = Some(Timestamp(NOW.0 + 3_600_000));
    errand
}

#[test]
fn a_reservation_has_its_time_and_our_reference_for_a_name() {
    let request = first(reserved(Task::Send));
    assert_eq!((line(&request).as_str(), request.messages), ("POST main /api/comm/v1/reservation", 1));
    let expected = json!({
        "destinations": [{"to": "01000000000"}],
        "messageFlow": [{"alimtalk": alimtalk()}],
        "resvSendTime": "2026-12-01 10:00:00",
        "resvName": "K0/1/1",
        "ref": "K0/1/1",
    });
    assert_eq!(body(&request), expected);
    let mut answered = recipient("A000");
    answered["data"]["resvKey"] = json!("RV1");
    let said = outcome(&reserved(Task::Send), answer(200, &answered).unwrap()).unwrap();
    assert_eq!((said.class, said.reference.as_str()), (Class::Ok, "RV1:MK1"));

    let mut before = reserved(Task::LookUp);
    before.parcels[0].reference = said.reference;
    let (requests, _) = played(&bizgo(), Order::Errand(before.clone()), |_| unreachable!());
    assert!(requests.is_empty(), "nothing happens before its time");
    before.parcels[0].reserve_at = Some(NOW);
    assert_eq!(line(&first(before)), "GET main /api/comm/v1/message/inquiry/msgKey/MK1");
}

#[test]
fn a_lost_reservation_is_found_by_its_name_or_is_absent_from_the_whole_list() {
    let page = |rows: Value, next: bool| envelope("A000", json!({"lastSeq": 7, "hasNext": next, "reservations": rows}));
    let other = json!({"seq": 1, "resvKey": "RV0", "resvName": "other", "status": "PENDING"});
    let own = json!({"seq": 2, "resvKey": "RV1", "resvName": "K0/1/1", "status": "PENDING"});
    let mut cancelled = own.clone();
    cancelled["status"] = json!("CANCELLED");
    let more = page(json!([other]), true);
    for (last, class, reference) in [
        (page(json!([own]), false), Some(Class::Pending), "RV1:"),
        (page(json!([cancelled]), false), Some(Class::Absent), ""),
        (page(json!([]), false), Some(Class::Absent), ""),
        (page(Value::Null, false), None, ""),
        (envelope("A000", Value::Null), None, ""),
        (more.clone(), None, ""),
    ] {
        let mut answers = vec![last, more.clone()];
        let order = Order::Errand(reserved(Task::LookUp));
        let (requests, news) = played(&bizgo(), order, |_| answer(200, &answers.pop().unwrap()).unwrap());
        let list = "GET main /api/comm/v1/reservation/list?resvSendTime=2026-12-01%2010%3A00%3A00&limit=1000";
        assert_eq!(requests.iter().map(line).collect::<Vec<_>>(), [list.to_owned(), format!("{list}&lastSeq=7")]);
        let Some(News::LookedUp { words, .. }) = news else { panic!("{news:?}") };
        assert_eq!(words.first().map(|word| word.outcome.class), class);
        assert!(words.iter().all(|word| word.outcome.reference == reference));
    }
}

#[test]
fn a_reservation_is_cancelled_by_its_key_and_only_a_clear_yes_counts() {
    let mut errand = reserved(Task::Cancel);
    errand.parcels[0].reference = "RV/1:MK1".into();
    assert_eq!(line(&first(errand.clone())), "POST main /api/comm/v1/reservation/resvKey/RV%2F1/cancel");
    for (heard, class) in [
        (answer(200, &envelope("A000", Value::Null)).unwrap(), Class::Ok),
        (answer(400, &envelope("A824", Value::Null)).unwrap(), Class::Permanent),
        (Heard::Failed(Failure::Lost), Class::Uncertain),
        (Heard::Failed(Failure::NotSent), Class::Transient),
    ] {
        assert_eq!(outcome(&errand, heard).unwrap().class, class);
    }
    errand.parcels[0].reference = "MK1".into();
    let (requests, _) = played(&bizgo(), Order::Errand(errand), |_| unreachable!());
    assert!(requests.is_empty(), "what was sent at once cannot be taken back");
}

#[test]
fn damaged_content_is_refused_without_a_request() {
    for channel in Channel::ALL {
        let mut errand = errand(Task::Send, *channel, 1);
        let to = errand.parcels[0].payload.to.clone();
        errand.parcels[0].payload = Arc::new(Payload { to, alimtalk: None, text: None });
        assert_eq!(outcome(&errand, Heard::Failed(Failure::Lost)).unwrap().reason, Reason::ContentRefused);
    }
}

const WORDS: &[&str] = &[
    "common",
    "authCode",
    "data",
    "code",
    "destinations",
    "msgKey",
    "A000",
    "A301",
    "A020",
    "A820",
    "reportId",
    "report",
    "reportCode",
    "10000",
    "serviceType",
    "ALIMTALK",
    "ref",
    "K0/1/1",
    "K0/1/1+",
    "messages",
    "fileKey",
    "resvKey",
    "reservations",
    "resvName",
    "hasNext",
    "lastSeq",
    "responseCode",
];

proptest! {
    #[test]
    fn whatever_is_answered_each_parcel_gets_one_word(
        errand in any_errand(5),
        answers in prop::collection::vec(anything(WORDS), 1..6),
    ) {
        survives(&bizgo(), errand, &answers);
    }

    #[test]
    fn whatever_stands_inside_a_good_envelope_each_parcel_gets_one_word(
        errand in any_errand(5),
        answers in prop::collection::vec(anything(WORDS), 1..6),
    ) {
        let inside = |heard: &Heard| match heard {
            Heard::Answer(Answer { body, .. }) => {
                answer(200, &envelope("A000", serde_json::from_slice(body).unwrap_or_default())).unwrap()
            }
            failed => failed.clone(),
        };
        survives(&bizgo(), errand, &answers.iter().map(inside).collect::<Vec<_>>());
    }
}
