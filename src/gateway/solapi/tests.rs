//! SOLAPI's documented requests and answers, field by field.

mod look_up;
mod poll;

use super::*;
use crate::gateway::testing::{
    NOW, answer, any_errand, anything, asked, assert_one_word_each, body, errand, line, message, moment, played,
    survives,
};
use crate::gateway::{Answer, Errand, Failure, Heard, Mark, News, Word};
use crate::message::{Class, Payload, Reason};
use proptest::prelude::*;
use serde_json::{Value, json};

fn solapi() -> Solapi {
    Solapi::new(&Secret::from("key"), &Secret::from("secret"))
}

/// The words of a send whose answer is this.
fn words_of(errand: Errand, status: u16, body: &Value) -> Vec<Word> {
    let (requests, news) = played(&solapi(), Order::Errand(errand.clone()), |_| answer(status, body).unwrap());
    assert_one_word_each(&errand, &news);
    assert_eq!((requests.len(), requests[0].messages), (1, errand.parcels.len()));
    match news {
        Some(News::Answered { words, .. }) => words,
        other => panic!("{other:?}"),
    }
}

fn said(words: &[Word]) -> Vec<(i64, Class, Reason, &str, &str)> {
    let of = |word: &Word| (word.id, word.outcome.class, word.outcome.reason);
    words.iter().map(|w| (of(w).0, of(w).1, of(w).2, &*w.outcome.vendor_code, &*w.outcome.reference)).collect()
}

fn row(id: &str, reference: &str, code: &str) -> Value {
    json!({
        "messageId": id, "groupId": "G1", "type": "ATA", "to": "01000000000", "from": null, "status": "COMPLETE",
        "statusCode": code, "replacement": 0, "customFields": {"alimi": reference}, "kakaoOptions": null,
        "dateUpdated": "2026-12-01T00:00:00.000Z",
    })
}

#[test]
fn a_request_is_signed_as_the_vendor_documents_it() {
    let solapi = Solapi::new(&Secret::from("NCSAYU7YDBXYORXC"), &Secret::from("VSXN9DVMXHJXMQLXDXGZTHKQXZQXPHQD"));
    let request = solapi.login.request(Method::Get, "/messages/v4/list".into(), None, &moment());
    assert_eq!(NOW.to_iso(), "2026-12-01T09:00:00.123+09:00");
    // printf %s "2026-12-01T09:00:00.123+09:000123456789abcdef0123456789abcdef" |
    //     openssl dgst -sha256 -hmac VSXN9DVMXHJXMQLXDXGZTHKQXZQXPHQD
    assert_eq!(
        request.headers,
        [(
            "Authorization",
            "HMAC-SHA256 apiKey=NCSAYU7YDBXYORXC, date=2026-12-01T09:00:00.123+09:00, \
             salt=0123456789abcdef0123456789abcdef, \
             signature=0bc25fbbba2576a7b2cec85892141719b19c525dc6dfd6f1787369d97e17bcf9"
                .to_owned()
        )]
    );
}

#[test]
fn the_same_request_is_signed_differently_each_time() {
    let solapi = Solapi::new(&Secret::from("key"), &Secret::from("secret"));
    let signed = |nonce: &str| {
        let moment = Moment { nonce: nonce.into(), ..moment() };
        solapi.login.request(Method::Get, "/".into(), None, &moment).headers
    };
    assert_ne!(signed("0123456789ab"), signed("0123456789ac"));
}

#[test]
fn alimtalks_leave_as_template_and_variables_and_carry_our_reference() {
    let mut errand = errand(Task::Send, Channel::Alimtalk, 2);
    errand.parcels[1].falls_back = true;
    let mut dialogue = solapi().begin(Order::Errand(errand));
    let request = asked(dialogue.next(None, &moment()));
    assert_eq!(line(&request), "POST main /messages/v4/send-many/detail");
    assert_eq!(request.body.as_ref().unwrap().content_type, "application/json");
    let kakao = |number: usize, disable_sms: bool| {
        json!({
            "pfId": "0123456789012345678901234567890123456789",
            "templateId": "TPL-1",
            "variables": {"#{이름}": format!("김하늘{number}"), "#{시각}": "10:30"},
            "disableSms": disable_sms,
        })
    };
    let expected = json!({
        "messages": [
            {"to": "01000000000", "type": "ATA", "kakaoOptions": kakao(0, true), "customFields": {"alimi": "K0/1/1"}},
            {"to": "01000000001", "type": "ATA", "kakaoOptions": kakao(1, false), "from": "0212345678",
             "text": "[가람의원] 10:30 예약", "customFields": {"alimi": "K1/1/1", "alimiFallback": "Y"}},
        ],
        "allowDuplicates": true,
        "showMessageList": true,
    });
    assert_eq!(body(&request), expected);
}

#[test]
fn text_messages_have_what_their_kind_has() {
    for (channel, kind, subject) in [(Channel::Sms, "SMS", None), (Channel::Lms, "LMS", Some("예약 안내"))] {
        let mut dialogue = solapi().begin(Order::Errand(errand(Task::Send, channel, 1)));
        let mut expected = json!({
            "to": "01000000000", "from": "0212345678", "type": kind, "text": "[가람의원] 10:30 예약",
            "customFields": {"alimi": format!("K0/{}/1", channel as i32)},
        });
        if let Some(subject) = subject {
            expected["subject"] = json!(subject);
        }
        assert_eq!(body(&asked(dialogue.next(None, &moment())))["messages"], json!([expected]));
    }
}

#[test]
fn an_answer_is_matched_by_our_reference_in_whatever_order_it_comes() {
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1], [1, 2, 3, 0]] {
        let item = |n: &usize| json!({"messageId": format!("M{n}"), "statusCode": "2000", "customFields": {"alimi": format!("K{n}/1/1")}});
        let unknown = json!({"messageId": "M9", "statusCode": "2000", "customFields": {"alimi": "K9/1/1"}});
        let list: Vec<Value> = std::iter::once(unknown).chain(order.iter().map(item)).collect();
        let words = words_of(errand(Task::Send, Channel::Alimtalk, 4), 200, &json!({"messageList": list}));
        let names: Vec<&str> = words.iter().map(|word| word.outcome.reference.as_str()).collect();
        assert_eq!(names, ["M0", "M1", "M2", "M3"], "{order:?}");
    }
}

/// MMS to `count` recipients, all with the same image.
fn mms(count: usize) -> Errand {
    let mut errand = errand(Task::Send, Channel::Mms, count);
    for parcel in &mut errand.parcels {
        let mut text = message(Channel::Mms);
        text.images.push(crate::message::Image::new(Arc::from(*b"JPEG")));
        parcel.payload = Arc::new(Payload { text: Some(text), ..(*parcel.payload).clone() });
    }
    errand
}

#[test]
fn an_image_goes_up_once_and_its_id_stands_in_each_message() {
    let mut dialogue = solapi().begin(Order::Errand(mms(3)));
    let upload = asked(dialogue.next(None, &moment()));
    assert_eq!((line(&upload).as_str(), upload.messages), ("POST main /storage/v1/files", 0));
    assert_eq!(body(&upload), json!({"file": "SlBFRw==", "name": "1.jpg", "type": "MMS"}));
    let file = json!({"fileId": "ST01X", "width": 1, "height": 1, "fileSize": 4});
    let send = asked(dialogue.next(answer(200, &file), &moment()));
    assert_eq!(send.messages, 3);
    let messages = &body(&send)["messages"];
    assert!(messages.as_array().unwrap().iter().all(|m| m["imageId"] == "ST01X" && m["type"] == "MMS"));
}

#[test]
fn an_image_that_did_not_go_up_leaves_its_messages_certainly_unsent() {
    for heard in [
        Heard::Failed(Failure::Lost),
        Heard::Failed(Failure::NotSent),
        answer(500, &json!({})).unwrap(),
        answer(200, &json!({})).unwrap(),
    ] {
        let (requests, news) = played(&solapi(), Order::Errand(mms(2)), |_| heard.clone());
        assert_eq!(requests.len(), 1);
        let Some(News::Answered { words, .. }) = news else { panic!("{news:?}") };
        assert!(words.iter().all(|word| word.outcome.class == Class::Transient), "{words:?}");
    }
}

#[test]
fn the_documented_answer_is_matched_by_our_reference_in_whatever_order() {
    let words = words_of(
        errand(Task::Send, Channel::Alimtalk, 4),
        200,
        &json!({
            "failedMessageList": [
                {"to": "01000000001", "from": null, "type": "ATA", "statusMessage": "x", "country": "82", "messageId": "M1",
                 "statusCode": "1043", "accountId": "1", "customFields": {"alimi": "K1/1/1"}},
                // An old server may not repeat the custom fields: a number that is there once tells it too.
                {"to": "01000000003", "statusCode": 1025, "messageId": "M3"},
            ],
            "groupInfo": {"count": {"total": 4, "registeredFailed": 2, "registeredSuccess": 2}, "groupId": "G1"},
            "messageList": [
                {"messageId": "M2", "statusCode": "2000", "customFields": {"alimi": "K2/1/1"}, "statusMessage": "ok"},
                {"messageId": "M0", "statusCode": "2000", "customFields": {"alimi": "K0/1/1"}, "statusMessage": "ok"},
            ],
        }),
    );
    assert_eq!(
        said(&words),
        [
            (0, Class::Ok, Reason::None, "2000", "M0"),
            (1, Class::Configuration, Reason::TemplateMismatch, "1043", "M1"),
            (2, Class::Ok, Reason::None, "2000", "M2"),
            (3, Class::Permanent, Reason::ContentRefused, "1025", "M3"),
        ]
    );
}

#[test]
fn what_an_answer_does_not_name_is_accepted_only_where_the_count_says_so() {
    let counted =
        |success: i64| json!({"failedMessageList": [], "groupInfo": {"count": {"registeredSuccess": success}}});
    let words = words_of(errand(Task::Send, Channel::Alimtalk, 2), 200, &counted(2));
    assert!(words.iter().all(|word| word.outcome.class == Class::Ok && word.outcome.reference.is_empty()));
    for unclear in [counted(1), counted(3), json!({}), json!({"messageList": [{"messageId": "M"}]})] {
        let words = words_of(errand(Task::Send, Channel::Alimtalk, 2), 200, &unclear);
        assert!(words.iter().all(|word| word.outcome.class == Class::Uncertain), "{unclear}");
    }
}

#[test]
fn a_refused_request_says_what_the_operator_has_to_do() {
    for (status, code, class, reason) in [
        (403, "RequestTimeTooSkewed", Class::Operator, Reason::CredentialsRefused),
        (403, "InvalidAPIKey", Class::Operator, Reason::CredentialsRefused),
        (403, "SignatureDoesNotMatch", Class::Operator, Reason::CredentialsRefused),
        (403, "DuplicatedSignature", Class::Transient, Reason::GatewayError),
        (400, "NotEnoughBalance", Class::Operator, Reason::BalanceExhausted),
        (400, "1030", Class::Operator, Reason::BalanceExhausted),
        (400, "ValidationError", Class::Configuration, Reason::GatewayConfiguration),
        (429, "TooManyRequests", Class::Transient, Reason::Throttled),
        (500, "InternalError", Class::Uncertain, Reason::GatewayError),
        (503, "1030", Class::Uncertain, Reason::GatewayError),
    ] {
        let refused = json!({"errorCode": code, "errorMessage": "x"});
        let words = words_of(errand(Task::Send, Channel::Alimtalk, 1), status, &refused);
        assert_eq!(said(&words), [(0, class, reason, code, "")], "{status} {code}");
    }
    let words = words_of(errand(Task::Send, Channel::Alimtalk, 1), 502, &json!("<html>"));
    assert_eq!(said(&words), [(0, Class::Uncertain, Reason::GatewayError, "HTTP 502", "")]);
}

#[test]
fn damaged_content_is_refused_alone_and_the_others_leave() {
    let mut errand = errand(Task::Send, Channel::Alimtalk, 2);
    errand.parcels[0].payload = Arc::new(Payload { alimtalk: None, ..(*errand.parcels[0].payload).clone() });
    let (requests, news) = played(&solapi(), Order::Errand(errand), |_| Heard::Failed(Failure::NotSent));
    assert_eq!((requests.len(), requests[0].messages), (1, 1));
    let Some(News::Answered { words, .. }) = news else { panic!("{news:?}") };
    assert_eq!(
        said(&words),
        [
            (0, Class::Permanent, Reason::ContentRefused, "", ""),
            (1, Class::Transient, Reason::ConnectionFailed, "", ""),
        ]
    );
}

#[test]
fn nothing_is_cancelled_one_by_one() {
    let errand = errand(Task::Cancel, Channel::Alimtalk, 2);
    let (requests, news) = played(&solapi(), Order::Errand(errand.clone()), |_| unreachable!());
    assert!(requests.is_empty() && capabilities().reserves.is_none());
    assert_one_word_each(&errand, &news);
}

const WORDS: &[&str] = &[
    "failedMessageList",
    "messageList",
    "groupInfo",
    "count",
    "registeredSuccess",
    "messageId",
    "statusCode",
    "to",
    "customFields",
    "alimi",
    "K0/1/1",
    "K1/2/1",
    "01000000000",
    "REF0",
    "nextKey",
    "fileId",
    "errorCode",
    "replacement",
    "kakaoOptions",
    "disableSms",
    "dateUpdated",
    "type",
    "ATA",
    "groupId",
    "4000",
    "2000",
    "3104",
    "2026-12-01T00:00:00Z",
];

proptest! {
    #[test]
    fn whatever_is_answered_each_parcel_gets_one_word(
        errand in any_errand(5),
        answers in prop::collection::vec(anything(WORDS), 1..6),
    ) {
        survives(&solapi(), errand, &answers);
    }

    #[test]
    fn any_bytes_make_a_cursor(cursor in ".{0,40}", numbers in prop::collection::vec(any::<i64>(), 0..6)) {
        let numbers = numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        for cursor in [cursor, numbers] {
            let order = Order::Poll { cursor, since: NOW };
            let heard = Heard::Answer(Answer { status: 200, retry_after: None, body: b"{\"messageList\":[]}".into() });
            prop_assert!(played(&solapi(), order, |_| heard.clone()).1.is_some());
        }
    }
}
