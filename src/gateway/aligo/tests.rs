//! Aligo's documented requests and answers, field by field.

mod look_up;

use super::*;
use crate::gateway::testing::{
    NOW, answer, any_errand, anything, asked, assert_one_word_each, errand, line, message, moment, payload, played,
    survives,
};
use crate::gateway::{Answer, Errand, Failure, Word};
use crate::message::Payload;
use crate::time::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::Arc;

fn aligo() -> Aligo {
    Aligo::new(&Secret::from("api-key"), &Secret::from("hospital"))
}

/// The fields of a urlencoded request, in their order.
fn fields(request: &Request) -> Vec<(String, String)> {
    let body = request.body.as_ref().unwrap();
    assert_eq!(body.content_type, "application/x-www-form-urlencoded; charset=utf-8");
    let text = String::from_utf8(body.bytes.clone()).unwrap();
    let plain = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8().unwrap().into_owned();
    text.split('&').filter_map(|field| field.split_once('=')).map(|(name, value)| (plain(name), plain(value))).collect()
}

fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn first(errand: Errand) -> Request {
    asked(aligo().begin(Order::Errand(errand)).next(None, &moment()))
}

/// Plays an errand with one answer after the other; lines and fields asked, words said, ids not asked about.
fn told(errand: &Errand, answers: &[Value]) -> (Vec<String>, Vec<Word>, Vec<i64>) {
    let mut left = answers.iter();
    let hear = |_: &Request| left.next().map_or(Heard::Failed(Failure::Lost), |body| answer(200, body).unwrap());
    let (requests, news) = played(&aligo(), Order::Errand(errand.clone()), hear);
    assert_one_word_each(errand, &news);
    let shown = |request: &Request| {
        let own = |(name, _): &(String, String)| !["apikey", "userid", "key", "user_id"].contains(&name.as_str());
        let rest: Vec<_> =
            fields(request).into_iter().filter(own).map(|(name, value)| format!("{name}={value}")).collect();
        format!("{} {}", line(request), rest.join(" "))
    };
    let (words, unasked) = match news {
        Some(News::Answered { words, .. } | News::Cancelled(words)) => (words, Vec::new()),
        Some(News::LookedUp { words, unasked }) => (words, unasked),
        other => panic!("{other:?}"),
    };
    let shown = if errand.task == Task::Send { Vec::new() } else { requests.iter().map(shown).collect() };
    (shown, words, unasked)
}

fn classes(words: &[Word]) -> Vec<(i64, Class)> {
    words.iter().map(|word| (word.id, word.outcome.class)).collect()
}

/// An AlimTalk as this vendor takes it: without items and quick replies.
fn plain(task: Task, count: usize) -> Errand {
    let mut errand = errand(task, Channel::Alimtalk, count);
    for (number, parcel) in errand.parcels.iter_mut().enumerate() {
        let mut whole = payload(number);
        let alimtalk = whole.alimtalk.as_mut().unwrap();
        (alimtalk.items, alimtalk.highlight) = (None, None);
        alimtalk.header.clear();
        alimtalk.quick_replies.clear();
        parcel.payload = Arc::new(whole);
    }
    errand
}

const BUTTONS: &str = r#"{"button":[{"name":"예약 보기","linkType":"WL","linkTypeName":"웹링크","linkM":"https://m.example.kr/r?a=1&b=2","linkP":"https://example.kr/r"},{"name":"앱 열기","linkType":"AL","linkTypeName":"앱링크","linkI":"iapp://r","linkA":"app://r"}]}"#;

#[test]
fn alimtalks_leave_as_one_form_with_numbered_receivers() {
    let request = first(plain(Task::Send, 2));
    assert_eq!((line(&request).as_str(), request.messages), ("POST main /akv10/alimtalk/send/", 2));
    assert_eq!(
        fields(&request),
        pairs(&[
            ("apikey", "api-key"),
            ("userid", "hospital"),
            ("senderkey", "0123456789012345678901234567890123456789"),
            ("tpl_code", "TPL-1"),
            ("sender", "0212345678"),
            ("failover", "N"),
            ("receiver_1", "01000000000"),
            ("subject_1", "10:30"),
            ("message_1", "김하늘0님\n10:30 예약입니다."),
            ("emtitle_1", "10:30"),
            ("button_1", BUTTONS),
            ("receiver_2", "01000000001"),
            ("subject_2", "10:30"),
            ("message_2", "김하늘1님\n10:30 예약입니다."),
            ("emtitle_2", "10:30"),
            ("button_2", BUTTONS),
        ])
    );
}

#[test]
fn what_cannot_share_a_request_has_one_of_its_own() {
    let mut errand = plain(Task::Send, 5);
    errand.parcels[1].falls_back = true;
    errand.parcels[2].reserve_at = Some(Timestamp(NOW.0 + 3_600_000));
    errand.parcels[3].reserve_at = errand.parcels[2].reserve_at;
    let (requests, _) = played(&aligo(), Order::Errand(errand), |_| Heard::Failed(Failure::NotSent));
    let of =
        |request: &Request, name: &str| fields(request).into_iter().find(|(n, _)| n == name).map(|(_, value)| value);
    assert_eq!(requests.iter().map(|request| request.messages).collect::<Vec<_>>(), [2, 1, 1, 1]);
    assert_eq!(of(&requests[0], "receiver_2").as_deref(), Some("01000000004"));
    assert_eq!(of(&requests[1], "failover").as_deref(), Some("Y"));
    assert_eq!(of(&requests[1], "fsubject_1").as_deref(), Some("예약 안내"));
    assert_eq!(of(&requests[1], "fmessage_1").as_deref(), Some("[가람의원] 10:30 예약"));
    assert_eq!(of(&requests[2], "senddate").as_deref(), Some("20261201100000"));
    assert_eq!((of(&requests[0], "senddate"), of(&requests[0], "fmessage_1")), (None, None));
}

#[test]
fn an_answer_counts_for_all_or_leaves_all_to_the_look_up() {
    let sent = |code: Value, mid: Value, taken: Value, refused: Value| {
        json!({"code": code, "message": "x", "info": {"type": "AT", "mid": mid, "current": "1", "unit": 1, "total": 1,
               "scnt": taken, "fcnt": refused}})
    };
    let refused = |code: Value| json!({"code": code, "message": "x"});
    for (body, class, reason, named) in [
        (sent(json!(0), json!(123), json!(2), json!(0)), Class::Ok, Reason::None, true),
        (sent(json!("0"), json!("123"), json!("2"), json!("0")), Class::Ok, Reason::None, true),
        (sent(json!(0), json!(123), json!(2), Value::Null), Class::Ok, Reason::None, true),
        (sent(json!(0), json!(123), json!(1), json!(1)), Class::Uncertain, Reason::GatewayError, true),
        (sent(json!(0), json!(123), json!(0), json!(2)), Class::Fallback, Reason::Other, false),
        (sent(json!(0), Value::Null, json!(2), json!(0)), Class::Uncertain, Reason::GatewayError, false),
        (json!({"code": 0}), Class::Uncertain, Reason::GatewayError, false),
        (json!({}), Class::Uncertain, Reason::GatewayError, false),
        (refused(json!(-101)), Class::Operator, Reason::CredentialsRefused, false),
        (refused(json!("-99")), Class::Configuration, Reason::GatewayConfiguration, false),
        (refused(json!(509)), Class::Configuration, Reason::SenderKeyInvalid, false),
    ] {
        let (_, words, _) = told(&plain(Task::Send, 2), std::slice::from_ref(&body));
        for word in &words {
            assert_eq!((word.outcome.class, word.outcome.reason), (class, reason), "{body}");
            assert_eq!(word.outcome.reference.starts_with("123/"), named, "{body}");
            assert!(!word.outcome.reference.contains("0100000"));
        }
    }
}

#[test]
fn two_of_the_same_content_in_a_request_have_different_names() {
    let mut errand = plain(Task::Send, 3);
    errand.parcels[2].payload = Arc::clone(&errand.parcels[0].payload);
    let taken = json!({"code": 0, "info": {"mid": 7, "scnt": 3, "fcnt": 0}});
    let (_, words, _) = told(&errand, &[taken]);
    let names: Vec<&str> = words.iter().map(|word| word.outcome.reference.as_str()).collect();
    assert!(names[0].ends_with(".1") && names[2].ends_with(".2"));
    assert_eq!(names[0].trim_end_matches('1'), names[2].trim_end_matches('2'));
    assert_ne!(names[0], names[1]);
}

#[test]
fn a_text_message_has_a_request_of_its_own_and_an_mms_its_image_in_it() {
    let request = first(errand(Task::Send, Channel::Lms, 1));
    assert_eq!((line(&request).as_str(), request.messages), ("POST text /send/", 1));
    let lms = [
        ("key", "api-key"),
        ("user_id", "hospital"),
        ("sender", "0212345678"),
        ("receiver", "01000000000"),
        ("msg", "[가람의원] 10:30 예약"),
        ("msg_type", "LMS"),
        ("title", "예약 안내"),
    ];
    assert_eq!(fields(&request), pairs(&lms));

    let mut errand = errand(Task::Send, Channel::Mms, 1);
    let mut text = message(Channel::Mms);
    text.images.push(crate::message::Image::new(Arc::from(*b"JPEG")));
    errand.parcels[0].payload = Arc::new(Payload { text: Some(text), ..(*errand.parcels[0].payload).clone() });
    errand.parcels[0].reserve_at = Some(Timestamp(NOW.0 + 3_600_000));
    let body = first(errand).body.unwrap();
    let boundary = "alimi-0123456789abcdef0123456789abcdef";
    assert_eq!(body.content_type, format!("multipart/form-data; boundary={boundary}"));
    let field = |(name, value): &(&str, &str)| {
        format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let mut mms = lms.to_vec();
    mms[5].1 = "MMS";
    mms.extend([("rdate", "20261201"), ("rtime", "1000")]);
    let image = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"image1\"; filename=\"1.jpg\"\r\n\
         Content-Type: image/jpeg\r\n\r\nJPEG\r\n--{boundary}--\r\n"
    );
    let expected: String = mms.iter().map(field).chain([image]).collect();
    assert_eq!(String::from_utf8(body.bytes).unwrap(), expected);
}

#[test]
fn the_answer_to_a_text_message_is_judged_by_its_counts() {
    for (body, class, reference) in [
        (json!({"result_code": "1", "msg_id": "55", "success_cnt": 1, "error_cnt": 0}), Class::Ok, "55"),
        (json!({"result_code": 1, "msg_id": 55, "success_cnt": "1"}), Class::Ok, "55"),
        (json!({"result_code": 1, "msg_id": 55, "success_cnt": 0, "error_cnt": 1}), Class::Fallback, ""),
        (json!({"result_code": 1}), Class::Uncertain, ""),
        (json!({"result_code": -101, "message": "x"}), Class::Operator, ""),
        (json!({"code": 0, "info": {"mid": 1, "scnt": 1, "fcnt": 0}}), Class::Uncertain, ""),
    ] {
        let (_, words, _) = told(&errand(Task::Send, Channel::Sms, 1), std::slice::from_ref(&body));
        assert_eq!((words[0].outcome.class, words[0].outcome.reference.as_str()), (class, reference), "{body}");
    }
}

#[test]
fn a_reservation_is_cancelled_by_its_request_and_only_a_clear_yes_counts() {
    for (channel, path, yes, reference) in [
        (Channel::Alimtalk, "POST main /akv10/cancel/", json!({"code": 0}), "7/abc.1"),
        (Channel::Sms, "POST text /cancel/", json!({"result_code": 1}), "7"),
    ] {
        let mut errand = errand(Task::Cancel, channel, 1);
        errand.parcels[0].reference = reference.into();
        assert!(told(&errand, &[]).0.is_empty(), "what was sent at once cannot be taken back");
        errand.parcels[0].reserve_at = Some(NOW);
        let (asked, words, _) = told(&errand, &[yes]);
        assert_eq!((asked, classes(&words)), (vec![format!("{path} mid=7")], vec![(0, Class::Ok)]));
        assert_eq!(classes(&told(&errand, &[]).1), [(0, Class::Uncertain)]);
        let no = json!({"code": -5, "result_code": -5});
        assert_eq!(classes(&told(&errand, &[no]).1), [(0, Class::Configuration)]);
    }
}

#[test]
fn what_the_vendor_cannot_take_is_refused_without_a_request() {
    let refused = |errand: Errand| {
        let (requests, news) = played(&aligo(), Order::Errand(errand), |_| unreachable!());
        assert!(requests.is_empty());
        let Some(News::Answered { words, .. }) = news else { panic!("{news:?}") };
        (words[0].outcome.class, words[0].outcome.reason)
    };
    let changed = |change: &dyn Fn(&mut Payload)| {
        let mut errand = plain(Task::Send, 1);
        let mut payload = (*errand.parcels[0].payload).clone();
        change(&mut payload);
        errand.parcels[0].payload = Arc::new(payload);
        errand
    };
    let damaged = changed(&|payload| payload.alimtalk = None);
    assert_eq!(refused(damaged), (Class::Permanent, Reason::ContentRefused));
    let odd_button = changed(&|payload| payload.alimtalk.as_mut().unwrap().buttons[0].kind = "BT".into());
    assert_eq!(refused(odd_button), (Class::Configuration, Reason::GatewayConfiguration));
    let mut nobody = changed(&|payload| payload.text = None);
    Arc::make_mut(&mut nobody.registration).sender_number.clear();
    assert_eq!(refused(nobody), (Class::Configuration, Reason::SenderNumberInvalid));
}

const WORDS: &[&str] = &[
    "code",
    "result_code",
    "info",
    "mid",
    "scnt",
    "fcnt",
    "msg_id",
    "success_cnt",
    "error_cnt",
    "list",
    "phone",
    "receiver",
    "message",
    "msg",
    "rslt",
    "smid",
    "sms_state",
    "regdate",
    "2026-12-01 09:00:00",
    "totalPage",
    "next_yn",
    "Y",
    "0",
    "1",
    "01000000000",
    "발송완료",
    "[가람의원]10:30예약",
    "Q7",
    "msgid",
];

proptest! {
    #[test]
    fn whatever_is_answered_each_parcel_gets_one_word(
        errand in any_errand(5),
        answers in prop::collection::vec(anything(WORDS), 1..6),
    ) {
        survives(&aligo(), errand, &answers);
    }

    #[test]
    fn whatever_a_granted_request_lists_each_parcel_gets_one_word(
        errand in any_errand(5),
        answers in prop::collection::vec(anything(WORDS), 1..6),
        pages in 0i64..400,
    ) {
        let granted = |heard: &Heard| match heard {
            Heard::Answer(Answer { body, .. }) => {
                let list: Value = serde_json::from_slice(body).unwrap_or_default();
                let list = if list.is_array() { list } else { json!([list]) };
                answer(200, &json!({"code": 0, "result_code": 1, "list": list, "totalPage": pages})).unwrap()
            }
            failed => failed.clone(),
        };
        survives(&aligo(), errand, &answers.iter().map(granted).collect::<Vec<_>>());
    }
}
