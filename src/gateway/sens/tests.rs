//! The vendor's documented forms, field by field, and what must hold whatever it answers.

use super::*;
use crate::gateway::testing::{
    NOW, answer, any_errand, anything, asked, body, errand, line, moment, outcomes, play, said, survives, with_images,
};
use crate::gateway::{Answer, Errand, Failure, Heard, Mark, News};
use crate::time::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};

mod look_up;
mod poll;

pub(super) const ALIMTALK: &str = "/alimtalk/v2/services/ncp:kkobizmsg:kr:1234567:clinic";
pub(super) const SMS: &str = "/sms/v2/services/ncp:sms:kr:1234567:clinic";

pub(super) fn adapter() -> Sens {
    let service = "ncp:kkobizmsg:kr:1234567:clinic";
    Sens::new(&Secret::from("access"), &Secret::from("secret"), service, Some("ncp:sms:kr:1234567:clinic"))
}

fn first(errand: &Errand) -> Request {
    asked(adapter().begin(Order::Errand(errand.clone())).next(None, &moment()))
}

fn sent(errand: &Errand, heard: Option<Heard>) -> Vec<Outcome> {
    outcomes(errand, play(&adapter(), Order::Errand(errand.clone()), |_, _| heard.clone()))
}

/// An answer without a body.
pub(super) fn bare(status: u16) -> Option<Heard> {
    Some(Heard::Answer(Answer { status, retry_after: None, body: Vec::new() }))
}

fn accepted(rows: &Value) -> Option<Heard> {
    let head = json!({"requestId": "RSKM-1", "requestTime": "2026-12-01T09:00:00.000", "statusCode": "202",
                      "statusName": "success", "messages": rows});
    answer(202, &head)
}

fn row(number: usize, code: &str) -> Value {
    json!({"messageId": format!("M{number}"), "to": format!("010000{number:05}"), "countryCode": "82",
           "content": "…", "requestStatusCode": code, "requestStatusName": "success", "requestStatusDesc": "",
           "useSmsFailover": false})
}

#[test]
fn every_request_is_signed_over_exactly_what_goes_out() {
    let headers = |errand: &Errand| first(errand).headers;
    let signed = |signature: &str| {
        vec![
            ("x-ncp-apigw-timestamp", "1796083200123".to_owned()),
            ("x-ncp-iam-access-key", "access".to_owned()),
            ("x-ncp-apigw-signature-v2", signature.to_owned()),
        ]
    };
    assert_eq!(
        headers(&errand(Task::Send, Channel::Alimtalk, 1)),
        signed("Un/XrPBtylwWnTzg/Gqcj3l5DGj/jVaxRhalGI41Hxc=")
    );
    let mut sms = errand(Task::LookUp, Channel::Sms, 1);
    sms.parcels[0].reference = "VORSSM-1".into();
    assert_eq!(first(&sms).target, format!("{SMS}/messages?requestId=VORSSM-1&pageSize=100"));
    assert_eq!(headers(&sms), signed("YA3J5+FsldY6aUyx70diQiz27pfrzLxADTT6uc5c+KY="));
}

#[test]
fn an_alimtalk_goes_with_everything_the_vendor_takes_and_nothing_else() {
    let mut errand = errand(Task::Send, Channel::Alimtalk, 2);
    errand.parcels[1].falls_back = true;
    let request = first(&errand);
    assert_eq!(line(&request), format!("POST main {ALIMTALK}/messages"));
    assert_eq!(request.messages, 2);
    assert_eq!(request.body.as_ref().unwrap().content_type, "application/json; charset=utf-8");
    let message = |number: usize| {
        json!({
            "to": format!("010000{number:05}"),
            "title": "10:30",
            "content": format!("김하늘{number}님\n10:30 예약입니다."),
            "headerContent": "예약 안내",
            "itemHighlight": {"title": "내과", "description": "박의사"},
            "item": {
                "list": [{"title": "날짜", "description": "12월 1일"}, {"title": "시각", "description": "10:30"}],
                "summary": {"title": "금액", "description": "12,000원"},
            },
            "buttons": [
                {"type": "WL", "name": "예약 보기", "linkMobile": "https://m.example.kr/r?a=1&b=2",
                 "linkPc": "https://example.kr/r"},
                {"type": "AL", "name": "앱 열기", "schemeIos": "iapp://r", "schemeAndroid": "app://r"},
            ],
            "useSmsFailover": number == 1,
        })
    };
    let mut second = message(1);
    second["failoverConfig"] =
        json!({"type": "LMS", "from": "0212345678", "subject": "예약 안내", "content": "[가람의원] 10:30 예약"});
    assert_eq!(
        body(&request),
        json!({"plusFriendId": "0123456789012345678901234567890123456789", "templateCode": "TPL-1",
               "messages": [message(0), second]})
    );
}

#[test]
fn text_messages_go_one_by_one_by_their_kind() {
    for (channel, kind, subject) in [(Channel::Sms, "SMS", None), (Channel::Lms, "LMS", Some("예약 안내"))] {
        let text = errand(Task::Send, channel, 1);
        let request = first(&text);
        assert_eq!(line(&request), format!("POST main {SMS}/messages"));
        let mut expected = json!({"type": kind, "contentType": "COMM", "from": "0212345678",
                                  "content": "[가람의원] 10:30 예약", "messages": [{"to": "01000000000"}]});
        if let Some(subject) = subject {
            expected["subject"] = json!(subject);
        }
        assert_eq!(body(&request), expected);
    }
    let two = errand(Task::Send, Channel::Sms, 2);
    let answers = |number| {
        json!({"requestId": format!("VORSSM-{number}"), "requestTime": "2026-12-01T09:00:00",
                                  "statusCode": "202", "statusName": "success"})
    };
    let news = play(&adapter(), Order::Errand(two.clone()), |_, number| answer(202, &answers(number)));
    let references: Vec<String> = outcomes(&two, news).into_iter().map(|outcome| outcome.reference).collect();
    assert_eq!(references, ["VORSSM-0", "VORSSM-1"]);
}

#[test]
fn what_is_reserved_goes_alone_so_that_it_can_be_taken_back_alone() {
    let mut errand = errand(Task::Send, Channel::Alimtalk, 4);
    let at = Some(Timestamp::parse("2026-12-02T09:00:01+09:00").unwrap());
    errand.parcels[1].reserve_at = at;
    errand.parcels[2].reserve_at = at;
    let mut sizes = Vec::new();
    let news = play(&adapter(), Order::Errand(errand.clone()), |request, _| {
        let sent = body(request);
        sizes.push((request.messages, sent["reserveTime"].clone(), sent["reserveTimeZone"].clone()));
        let messages = sent["messages"].as_array().unwrap();
        let rows = messages.iter().map(|to| json!({"messageId": "M", "to": to["to"], "requestStatusCode": "A000"}));
        accepted(&rows.collect())
    });
    let reserved = (1, json!("2026-12-02 09:01"), json!("Asia/Seoul"));
    assert_eq!(sizes, [(2, Value::Null, Value::Null), reserved.clone(), reserved]);
    assert!(outcomes(&errand, news).iter().all(|outcome| outcome.reference == "RSKM-1/M"));
}

#[test]
fn every_recipient_gets_its_own_outcome() {
    let errand = errand(Task::Send, Channel::Alimtalk, 5);
    let rows = json!([row(0, "A000"), row(1, "3015"), row(2, "B001"), row(7, "A000")]);
    let said = sent(&errand, accepted(&rows));
    let short: Vec<_> =
        said.iter().map(|o| (o.class, o.reason, o.vendor_code.as_str(), o.reference.as_str())).collect();
    let silent = (Class::Uncertain, Reason::GatewayError, "HTTP 202", "");
    assert_eq!(
        short,
        [
            (Class::Ok, Reason::None, "", "RSKM-1/M0"),
            (Class::Configuration, Reason::TemplateUnavailable, "3015", ""),
            (Class::Configuration, Reason::GatewayConfiguration, "B001", ""),
            // Of another number, and nothing at all.
            silent,
            silent,
        ]
    );
}

#[test]
fn an_answer_about_the_whole_request_is_said_of_everyone() {
    let errand = errand(Task::Send, Channel::Alimtalk, 2);
    let gateway = json!({"error": {"errorCode": "200", "message": "Authentication Failed", "details": "…"}});
    for (heard, class) in [
        (accepted(&json!([])), Class::Uncertain),
        (answer(202, &json!({})), Class::Uncertain),
        (answer(202, &json!([1])), Class::Uncertain),
        (bare(202), Class::Uncertain),
        (answer(401, &gateway), Class::Operator),
        (answer(403, &json!({"status": 403, "error": "Forbidden", "errorMessage": "…"})), Class::Operator),
        (answer(404, &json!({"status": 404, "errors": ["…"], "message": "…"})), Class::Configuration),
        (answer(429, &json!({})), Class::Transient),
        (answer(500, &json!({})), Class::Uncertain),
        (Some(Heard::Failed(Failure::Lost)), Class::Uncertain),
        (Some(Heard::Failed(Failure::NotSent)), Class::Transient),
    ] {
        let said = sent(&errand, heard.clone());
        assert!(said.iter().all(|outcome| outcome.class == class), "{heard:?}: {said:?}");
    }
}

#[test]
fn one_message_the_vendor_finds_malformed_does_not_hold_up_the_others() {
    let errand = errand(Task::Send, Channel::Alimtalk, 100);
    let mut requests = 0;
    let news = play(&adapter(), Order::Errand(errand.clone()), |request, _| {
        requests += 1;
        let sent = body(request);
        let messages = sent["messages"].as_array().unwrap();
        if messages.iter().any(|message| message["to"] == "01000000042") {
            return answer(400, &json!({"status": 400, "error": "Bad Request", "errorMessage": "to"}));
        }
        let rows = messages.iter().map(|to| json!({"messageId": "M", "to": to["to"], "requestStatusCode": "A000"}));
        accepted(&rows.collect())
    });
    let refused: Vec<usize> =
        (0..100).zip(outcomes(&errand, news)).filter(|(_, o)| o.class != Class::Ok).map(|(at, _)| at).collect();
    assert_eq!(refused, [42]);
    assert!(requests <= 15, "{requests}");
}

#[test]
fn images_go_up_first() {
    let mut mms = errand(Task::Send, Channel::Mms, 1);
    with_images(&mut mms.parcels[0], &[b"one"]);
    let mut lines = Vec::new();
    let news = play(&adapter(), Order::Errand(mms.clone()), |request, number| {
        lines.push(line(request));
        if number == 0 {
            assert_eq!(body(request), json!({"fileName": "1.jpg", "fileBody": "b25l"}));
            return answer(200, &json!({"fileId": "F-1", "createTime": "2026-12-01T09:00:00", "expireTime": "…"}));
        }
        assert_eq!((&body(request)["files"], &body(request)["type"]), (&json!([{"fileId": "F-1"}]), &json!("MMS")));
        answer(202, &json!({"requestId": "VORSSM-1", "statusCode": "202", "statusName": "success"}))
    });
    assert_eq!(lines, [format!("POST main {SMS}/files"), format!("POST main {SMS}/messages")]);
    assert_eq!(outcomes(&mms, news)[0].class, Class::Ok);
    for heard in [answer(400, &json!({})), answer(200, &json!({})), Some(Heard::Failed(Failure::Lost))] {
        let class = sent(&mms, heard)[0].class;
        assert!(matches!(class, Class::Transient | Class::Configuration), "nothing was sent: {class:?}");
    }
}

#[test]
fn a_reservation_is_taken_back_by_its_request() {
    let mut errand = errand(Task::Cancel, Channel::Alimtalk, 4);
    for (at, reference) in ["RSKM-1/M1", "RSKM-2/", "RSKM-3/M3"].into_iter().enumerate() {
        errand.parcels[at].reference = reference.into();
    }
    let mut lines = Vec::new();
    let news = play(&adapter(), Order::Errand(errand.clone()), |request, number| {
        lines.push(line(request));
        if number < 2 { bare(204) } else { answer(400, &json!({"errorMessage": "not READY"})) }
    });
    assert_eq!(lines, [1, 2, 3].map(|number| format!("DELETE main {ALIMTALK}/reservations/RSKM-{number}")));
    let done: Vec<bool> = outcomes(&errand, news).iter().map(|outcome| outcome.class == Class::Ok).collect();
    assert_eq!(done, [true, true, false, false]);
}

#[test]
fn text_messages_without_a_service_are_a_matter_of_set_up_and_ask_nothing() {
    let adapter = Sens::new(&Secret::from("a"), &Secret::from("s"), "id", None);
    for task in [Task::Send, Task::LookUp, Task::Cancel] {
        let sms = errand(task, Channel::Sms, 2);
        let news = play(&adapter, Order::Errand(sms.clone()), |_, _| panic!("it asks"));
        for outcome in said(&sms, news).into_iter().flatten() {
            assert_eq!(outcome.class, Class::Configuration);
        }
    }
}

const WORDS: &[&str] = &[
    "messages",
    "requestId",
    "messageId",
    "requestTime",
    "to",
    "content",
    "requestStatusCode",
    "messageStatusCode",
    "messageStatusName",
    "useSmsFailover",
    "failover",
    "status",
    "statusCode",
    "statusName",
    "hasMore",
    "nextToken",
    "channels",
    "channelId",
    "fileId",
    "A000",
    "0000",
    "202",
    "success",
    "fail",
    "processing",
    "REF0",
    "@clinic",
    "01000000000",
    "COMPLETED",
];

proptest! {
    #[test]
    fn no_answer_makes_a_dialogue_panic_or_run_on_and_every_parcel_gets_one_word(
        errand in any_errand(9),
        answers in proptest::collection::vec(anything(WORDS), 1..6),
    ) {
        survives(&adapter(), errand, &answers);
    }
}
