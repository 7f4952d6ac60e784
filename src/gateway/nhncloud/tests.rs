//! The vendor's documented forms, field by field, and what must hold whatever it answers.

use super::*;
use crate::gateway::testing::{
    NOW, answer, any_errand, anything, asked, body, errand, line, moment, outcomes, play, said, survives, with_images,
};
use crate::gateway::{Answer, Errand, Failure, Heard, Mark, News};
use crate::message::Button;
use crate::time::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::Arc;

mod loads;
mod look_up;
mod poll;

pub(super) fn adapter() -> NhnCloud {
    let text = Some((Secret::from("sms key"), Secret::from("sms secret")));
    NhnCloud::new(&Secret::from("app/key"), &Secret::from("secret"), &text)
}

pub(super) fn success() -> Value {
    json!({"resultCode": 0, "resultMessage": "SUCCESS", "isSuccessful": true})
}

pub(super) fn failure(code: i64) -> Value {
    json!({"resultCode": code, "resultMessage": "FAIL", "isSuccessful": false})
}

fn first(errand: &Errand) -> Request {
    asked(adapter().begin(Order::Errand(errand.clone())).next(None, &moment()))
}

fn sent(errand: &Errand, heard: Option<Heard>) -> Vec<Outcome> {
    outcomes(errand, play(&adapter(), Order::Errand(errand.clone()), |_, _| heard.clone()))
}

fn row(number: usize, code: i64) -> Value {
    json!({"recipientSeq": number + 1, "recipientNo": format!("010000{number:05}"), "resultCode": code,
           "resultMessage": "SUCCESS", "recipientGroupingKey": format!("K{number}/1/1")})
}

#[test]
fn an_alimtalk_goes_with_everything_it_has_and_nothing_else() {
    let mut errand = errand(Task::Send, Channel::Alimtalk, 2);
    errand.parcels[1].falls_back = true;
    let request = first(&errand);
    assert_eq!(line(&request), "POST main /alimtalk/v2.3/appkeys/app%2Fkey/raw-messages");
    assert_eq!(request.messages, 2);
    assert_eq!(request.headers[0], ("X-Secret-Key", "secret".to_owned()));
    assert_eq!(request.body.as_ref().unwrap().content_type, "application/json;charset=UTF-8");
    let recipient = |number: usize, resend: Value| {
        json!({
            "recipientNo": format!("010000{number:05}"),
            "content": format!("김하늘{number}님\n10:30 예약입니다."),
            "templateTitle": "10:30",
            "templateHeader": "예약 안내",
            "templateItem": {
                "list": [{"title": "날짜", "description": "12월 1일"}, {"title": "시각", "description": "10:30"}],
                "summary": {"title": "금액", "description": "12,000원"},
            },
            "templateItemHighlight": {"title": "내과", "description": "박의사"},
            "buttons": [
                {"ordering": 1, "type": "WL", "name": "예약 보기", "linkMo": "https://m.example.kr/r?a=1&b=2",
                 "linkPc": "https://example.kr/r", "target": "out"},
                {"ordering": 2, "type": "AL", "name": "앱 열기", "schemeIos": "iapp://r", "schemeAndroid": "app://r"},
            ],
            "quickReplies": [{"ordering": 1, "type": "BK", "name": "확인"}],
            "resendParameter": resend,
            "recipientGroupingKey": format!("K{number}/1/1"),
        })
    };
    let resend = json!({"isResend": true, "resendType": "LMS", "resendTitle": "예약 안내",
                        "resendContent": "[가람의원] 10:30 예약", "resendSendNo": "0212345678"});
    assert_eq!(
        body(&request),
        json!({
            "senderKey": "0123456789012345678901234567890123456789",
            "templateCode": "TPL-1",
            "recipientList": [recipient(0, json!({"isResend": false})), recipient(1, resend)],
        })
    );
}

#[test]
fn buttons_of_rare_kinds_have_the_documented_fields() {
    let mut errand = errand(Task::Send, Channel::Alimtalk, 1);
    let mut payload = (*errand.parcels[0].payload).clone();
    let button = |kind: &str, name: &str| Button { kind: kind.into(), name: name.into(), ..Button::default() };
    let alimtalk = payload.alimtalk.as_mut().unwrap();
    alimtalk.buttons = vec![
        Button { form_id: "123".into(), ..button("BF", "톡에서 예약하기") },
        Button { phone: "02-1234-5678".into(), ..button("TN", "전화 연결") },
        Button { chat_extra: "e".into(), chat_event: "ev".into(), ..button("BT", "봇") },
        Button { plugin_id: "p".into(), relay_id: "r".into(), one_click_id: "o".into(), ..button("P3", "결제") },
    ];
    errand.parcels[0].payload = Arc::new(payload);
    assert_eq!(
        body(&first(&errand))["recipientList"][0]["buttons"],
        json!([
            {"ordering": 1, "type": "BF", "name": "톡에서 예약하기", "bizFormId": 123},
            {"ordering": 2, "type": "TN", "name": "전화 연결", "telNumber": "02-1234-5678"},
            {"ordering": 3, "type": "BT", "name": "봇", "chatExtra": "e", "chatEvent": "ev"},
            {"ordering": 4, "type": "P3", "name": "결제", "pluginId": "p", "relayId": "r", "oneClickId": "o"},
        ])
    );
}

#[test]
fn the_key_against_repeats_names_the_tries_of_one_request() {
    let key = |errand: &Errand| first(errand).headers[1].clone();
    let mut one = errand(Task::Send, Channel::Alimtalk, 3);
    let first_try = key(&one);
    assert_eq!(first_try.0, "X-NC-API-IDEMPOTENCY-KEY");
    assert!(first_try.1.len() == 32 && first_try.1.bytes().all(|byte| byte.is_ascii_hexdigit()));
    assert_eq!(key(&one), first_try, "the same tries have the same key");
    one.parcels[2].attempt = 2;
    assert_ne!(key(&one), first_try);
    assert_eq!(first(&errand(Task::Send, Channel::Sms, 1)).headers.len(), 1, "SMS has no such key");
}

#[test]
fn text_messages_go_by_their_kind() {
    let sms = errand(Task::Send, Channel::Sms, 2);
    let request = first(&sms);
    assert_eq!(line(&request), "POST text /sms/v3.0/appKeys/sms%20key/sender/sms");
    assert_eq!(request.headers, [("X-Secret-Key", "sms secret".to_owned())]);
    assert_eq!(
        body(&request),
        json!({
            "body": "[가람의원] 10:30 예약",
            "sendNo": "0212345678",
            "recipientList": [{"recipientNo": "01000000000", "recipientGroupingKey": "K0/2/1"},
                              {"recipientNo": "01000000001", "recipientGroupingKey": "K1/2/1"}],
            "userId": "alimi",
        })
    );
    let request = first(&errand(Task::Send, Channel::Lms, 1));
    assert_eq!(line(&request), "POST text /sms/v3.0/appKeys/sms%20key/sender/mms");
    assert_eq!(body(&request)["title"], "예약 안내");
}

#[test]
fn a_long_message_without_a_subject_gets_its_first_line_as_far_as_a_title_reaches() {
    let mut lms = errand(Task::Send, Channel::Lms, 1);
    for (text, title) in [
        ("[가람의원] 안내\n본문", "[가람의원] 안내"),
        ("가나다라마바사아자차카타파하가나다라마바사", "가나다라마바사아자차카타파하가나다라마바"),
        (&"a".repeat(50), &"a".repeat(40)),
    ] {
        let mut payload = (*lms.parcels[0].payload).clone();
        let message = payload.text.as_mut().unwrap();
        (message.subject, message.body) = (String::new(), text.to_owned());
        lms.parcels[0].payload = Arc::new(payload);
        assert_eq!(body(&first(&lms))["title"], title);
    }
}

#[test]
fn every_recipient_gets_its_own_outcome() {
    let mut errand = errand(Task::Send, Channel::Alimtalk, 5);
    errand.parcels[2].falls_back = true;
    // Not in the order of the request; of the last one nothing is said.
    let rows = json!([row(1, -3010), row(0, 0), row(2, -3010), row(3, -5000)]);
    let heard = json!({"header": success(), "message": {"requestId": "20261201ReZQ", "sendResults": rows}});
    let said = sent(&errand, answer(200, &heard));
    let short: Vec<_> =
        said.iter().map(|o| (o.class, o.reason, o.vendor_code.as_str(), o.reference.as_str())).collect();
    assert_eq!(
        short,
        [
            (Class::Ok, Reason::None, "", "20261201ReZQ/1"),
            (Class::Configuration, Reason::TemplateMismatch, "-3010", ""),
            // The vendor still sends the text it was asked to fall back to.
            (Class::Pending, Reason::None, "-3010", "20261201ReZQ/3"),
            (Class::Permanent, Reason::InvalidRecipient, "-5000", ""),
            (Class::Uncertain, Reason::GatewayError, "HTTP 200", ""),
        ]
    );
}

#[test]
fn rows_without_our_reference_are_matched_by_place_and_number() {
    let errand = errand(Task::Send, Channel::Alimtalk, 2);
    let bare = |number: usize| {
        json!({"recipientSeq": number + 1, "recipientNo": format!("010000{number:05}"),
                                      "resultCode": "0"})
    };
    let heard = |rows: Value| {
        answer(200, &json!({"header": {"isSuccessful": true}, "message": {"requestId": "R", "sendResults": rows}}))
    };
    let right = sent(&errand, heard(json!([bare(0), bare(1)])));
    assert_eq!(right.iter().map(|o| o.reference.as_str()).collect::<Vec<_>>(), ["R/1", "R/2"]);
    let swapped = sent(&errand, heard(json!([bare(1), bare(0)])));
    assert!(swapped.iter().all(|outcome| outcome.class == Class::Uncertain), "{swapped:?}");
}

#[test]
fn when_everyone_is_refused_each_gets_the_code_of_its_own() {
    let errand = errand(Task::Send, Channel::Alimtalk, 2);
    let heard = json!({"header": failure(-1031), "message": {"requestId": null, "sendResults": [row(0, -3005)]}});
    let said = sent(&errand, answer(200, &heard));
    assert_eq!((said[0].class, said[0].reason), (Class::Configuration, Reason::TemplateUnavailable));
    assert_eq!((said[1].class, said[1].vendor_code.as_str()), (Class::Permanent, "-1031"));
}

#[test]
fn a_fault_of_the_whole_call_is_said_of_everyone() {
    let errand = errand(Task::Send, Channel::Alimtalk, 2);
    let code = |code: i64| answer(200, &json!({"header": failure(code), "message": null}));
    for (heard, class) in [
        (code(-1001), Class::Operator),
        (code(-1005), Class::Uncertain),
        (code(-9999), Class::Uncertain),
        (code(-7000), Class::Transient),
        (code(0), Class::Uncertain),
        (answer(200, &json!({})), Class::Uncertain),
        (answer(200, &json!("<html>")), Class::Uncertain),
        (answer(401, &json!({"header": failure(-1)})), Class::Operator),
        (answer(429, &json!({})), Class::Transient),
        (answer(500, &json!({"header": failure(-7000)})), Class::Uncertain),
        (answer(404, &json!("no such place")), Class::Configuration),
        (Some(Heard::Failed(Failure::Lost)), Class::Uncertain),
        (Some(Heard::Failed(Failure::NotSent)), Class::Transient),
    ] {
        let said = sent(&errand, heard.clone());
        assert!(said.iter().all(|outcome| outcome.class == class), "{heard:?}: {said:?}");
    }
}

#[test]
fn text_messages_without_a_login_are_a_matter_of_set_up_and_ask_nothing() {
    let adapter = NhnCloud::new(&Secret::from("k"), &Secret::from("s"), &None);
    for task in [Task::Send, Task::LookUp, Task::Cancel] {
        let sms = errand(task, Channel::Sms, 2);
        let news = play(&adapter, Order::Errand(sms.clone()), |_, _| panic!("it asks"));
        for outcome in said(&sms, news).into_iter().flatten() {
            assert_eq!(outcome.class, Class::Configuration);
        }
    }
}

#[test]
fn a_reservation_is_taken_back_message_by_message() {
    let mut alimtalk = errand(Task::Cancel, Channel::Alimtalk, 3);
    alimtalk.parcels[0].reference = "20261201R/7".into();
    alimtalk.parcels[1].reference = "20261201R/8".into();
    let mut lines = Vec::new();
    let news = play(&adapter(), Order::Errand(alimtalk.clone()), |request, number| {
        lines.push(line(request));
        answer(200, &json!({"header": if number == 0 { success() } else { failure(-2029) }}))
    });
    let path = "DELETE main /alimtalk/v2.3/appkeys/app%2Fkey/messages/20261201R?recipientSeq=";
    assert_eq!(lines, [format!("{path}7"), format!("{path}8")]);
    let classes: Vec<Class> = outcomes(&alimtalk, news).iter().map(|outcome| outcome.class).collect();
    assert_eq!(classes[0], Class::Ok);
    assert!(classes[1..].iter().all(|class| *class != Class::Ok), "{classes:?}");

    let mut sms = errand(Task::Cancel, Channel::Sms, 2);
    sms.parcels.iter_mut().for_each(|parcel| parcel.reference = format!("R/{}", parcel.id + 1));
    let news = play(&adapter(), Order::Errand(sms.clone()), |request, number| {
        assert_eq!(line(request), "PUT text /sms/v3.0/appKeys/sms%20key/reservations/cancel");
        let one = json!([{"requestId": "R", "recipientSeq": number + 1}]);
        assert_eq!(body(request), json!({"reservationList": one, "updateUser": "alimi"}));
        answer(200, &json!({"header": success(), "body": {"requestedCount": 1, "canceledCount": 1 - number}}))
    });
    let classes: Vec<bool> = outcomes(&sms, news).iter().map(|outcome| outcome.class == Class::Ok).collect();
    assert_eq!(classes, [true, false]);
}

const NAMES: &[&str] = &[
    "header",
    "resultCode",
    "isSuccessful",
    "message",
    "messages",
    "body",
    "data",
    "requestId",
    "sendResults",
    "sendResultList",
    "recipientSeq",
    "recipientNo",
    "recipientGroupingKey",
    "messageSearchResultResponse",
    "totalCount",
    "messageStatus",
    "resendStatus",
    "msgStatus",
    "mtPr",
    "fileId",
    "canceledCount",
    "resultUpdateList",
    "K0/1/1",
    "K1/2/1",
    "REF0",
    "0",
    "COMPLETED",
    "01000000001",
];

proptest! {
    #[test]
    fn no_answer_makes_a_dialogue_panic_or_run_on_and_every_parcel_gets_one_word(
        errand in any_errand(9),
        answers in proptest::collection::vec(anything(NAMES), 1..6),
    ) {
        survives(&adapter(), errand, &answers);
    }
}
