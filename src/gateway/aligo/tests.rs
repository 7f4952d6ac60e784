//! Aligo's documented requests and answers, field by field.

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

/// A row of a request's messages: to the number, with the text of the fixture.
fn row(number: usize, result: &str) -> Value {
    json!({"msgid": "77", "sender": "0212345678", "phone": format!("0100000{number:04}"), "status": "3", "rslt": result,
           "rslt_message": "x", "message": format!("김하늘{number}님\r\n10:30 예약입니다."), "smid": ""})
}

fn detail(rows: Vec<Value>) -> Value {
    json!({"code": 0, "message": "", "list": rows, "currentPage": 1, "totalPage": 1})
}

fn accepted(errand: &mut Errand, mid: &str) {
    for parcel in &mut errand.parcels {
        parcel.reference = name(mid, parcel, Channel::Alimtalk, 1);
        parcel.accepted = Some(NOW);
    }
}

#[test]
fn a_request_is_read_once_for_all_its_messages() {
    let mut errand = plain(Task::LookUp, 4);
    accepted(&mut errand, "7");
    let mut waits = row(2, "");
    waits["msgid"] = json!("Q77");
    let pages = [
        json!({"code": 0, "list": [row(1, "3019"), row(0, "0")], "currentPage": 1, "totalPage": "2"}),
        json!({"code": "0", "list": [waits], "currentPage": 2, "totalPage": "2"}),
    ];
    let (asked, words, unasked) = told(&errand, &pages);
    let request = |page: usize| format!("POST main /akv10/history/detail/ page={page} limit=500 mid=7");
    assert_eq!((asked, unasked), (vec![request(1), request(2)], vec![]));
    let expected = [(0, Class::Ok), (1, Class::Fallback), (2, Class::Pending), (3, Class::Pending)];
    assert_eq!(classes(&words), expected);
    assert_eq!(words[1].outcome.reason, Reason::NotKakaoUser);

    // Of a request that took only a part, what is not in it was refused.
    errand.parcels.iter_mut().for_each(|parcel| parcel.accepted = None);
    let (_, words, _) = told(&errand, &[detail(vec![row(0, "0"), row(1, "0"), row(2, "0")])]);
    assert_eq!(words[3].outcome.class, Class::Fallback);
}

#[test]
fn a_request_in_trouble_at_the_vendors_does_not_keep_the_others_from_being_read() {
    let mut errand = plain(Task::LookUp, 3);
    accepted(&mut errand, "7");
    errand.parcels[0].reference = name("6", &errand.parcels[0], Channel::Alimtalk, 1);
    errand.parcels[2].reference.clear();
    let (_, words, unasked) =
        told(&errand, &[json!({"code": -99}), detail(vec![row(1, "0")]), requests(&[("8", "")]), detail(vec![])]);
    assert_eq!((classes(&words), unasked), (vec![(1, Class::Ok), (2, Class::Absent)], vec![0]));
}

#[test]
fn of_two_messages_to_one_number_the_text_decides_and_then_the_order() {
    let mut errand = plain(Task::LookUp, 2);
    let mut other = payload(0);
    other.alimtalk.as_mut().unwrap().text = "다른 안내".into();
    errand.parcels[1].payload = Arc::new(other);
    accepted(&mut errand, "7");
    let mut second = row(0, "3019");
    second["message"] = json!("다른 안내");
    let (_, words, _) = told(&errand, &[detail(vec![second, row(0, "0")])]);
    assert_eq!(classes(&words), [(0, Class::Ok), (1, Class::Fallback)]);

    errand.parcels[1].payload = Arc::clone(&errand.parcels[0].payload);
    accepted(&mut errand, "7");
    errand.parcels[1].reference = name("7", &errand.parcels[1], Channel::Alimtalk, 2);
    let (_, words, _) = told(&errand, &[detail(vec![row(0, "0"), row(0, "3019")])]);
    assert_eq!(classes(&words), [(0, Class::Ok), (1, Class::Fallback)]);
}

#[test]
fn the_vendors_own_text_message_is_asked_for_where_the_alimtalk_failed() {
    let mut errand = plain(Task::LookUp, 1);
    accepted(&mut errand, "7");
    errand.parcels[0].falls_back = true;
    let mut failed = row(0, "3019");
    assert_eq!(classes(&told(&errand, &[detail(vec![failed.clone()])]).1), [(0, Class::Pending)]);
    failed["smid"] = json!(88);
    for (state, class, by_fallback, code) in [
        ("발송완료", Class::Ok, true, ""),
        ("전송중", Class::Pending, false, ""),
        ("전송실패", Class::Fallback, false, "3019"),
    ] {
        let list = json!({"result_code": 1, "list": [{"mdid": 1, "receiver": "010-0000-0000", "sms_state": state}]});
        let (asked, words, _) = told(&errand, &[detail(vec![failed.clone()]), list]);
        assert_eq!(asked[1], "POST text /sms_list/ page=1 page_size=500 mid=88");
        let outcome = &words[0].outcome;
        assert_eq!((outcome.class, outcome.by_fallback, &*outcome.vendor_code), (class, by_fallback, code));
        assert_eq!(outcome.reference, errand.parcels[0].reference);
    }
}

fn requests(rows: &[(&str, &str)]) -> Value {
    let row = |(mid, time): &(&str, &str)| json!({"mid": mid, "type": "AT", "msg_count": 1, "regdate": time});
    json!({"code": 0, "list": rows.iter().map(row).collect::<Vec<_>>(), "currentPage": 1, "totalPage": 1})
}

#[test]
fn a_lost_message_is_found_by_number_and_text_in_the_requests_of_its_time() {
    let errand = plain(Task::LookUp, 2);
    let list = requests(&[
        ("1", "2026-12-01 08:30:00"),
        ("2", "2026-12-01 09:10:00"),
        ("3", "2026-12-01 09:00:05"),
        ("4", "2026-12-01 10:00:00"),
    ]);
    let mut same_number = row(1, "0");
    same_number["message"] = json!("다른 안내");
    let answers = [list, detail(vec![row(0, ""), same_number]), detail(vec![row(5, "0")])];
    let (asked, words, unasked) = told(&errand, &answers);
    assert_eq!(
        asked,
        [
            "POST main /akv10/history/list/ page=1 limit=500 startdate=20261201 enddate=20261201",
            "POST main /akv10/history/detail/ page=1 limit=500 mid=3",
            "POST main /akv10/history/detail/ page=1 limit=500 mid=2",
        ]
    );
    assert_eq!((classes(&words), unasked), (vec![(0, Class::Pending), (1, Class::Absent)], vec![]));
    assert_eq!(words[0].outcome.reference, name("3", &errand.parcels[0], Channel::Alimtalk, 1));
}

#[test]
fn one_row_belongs_to_one_message() {
    let mut errand = plain(Task::LookUp, 3);
    for at in [1, 2] {
        errand.parcels[at].payload = Arc::clone(&errand.parcels[0].payload);
    }
    // The first is known, the other two are lost; the vendor has two in all.
    errand.parcels[0].reference = name("3", &errand.parcels[0], Channel::Alimtalk, 1);
    errand.parcels[0].accepted = Some(NOW);
    let two = detail(vec![row(0, "0"), row(0, "0")]);
    let (_, words, _) = told(&errand, &[two.clone(), requests(&[("3", "2026-12-01 09:00:00")]), two]);
    assert_eq!(classes(&words), [(0, Class::Ok), (1, Class::Ok), (2, Class::Absent)]);
    assert!(words[1].outcome.reference.ends_with(".2"));
}

#[test]
fn nothing_is_absent_before_everything_was_read() {
    let errand = plain(Task::LookUp, 1);
    let list = requests(&[("2", "2026-12-01 09:10:00"), ("3", "2026-12-01 09:00:05")]);
    let mut silent = row(0, "0");
    silent["message"] = json!("");
    for (answers, class) in [
        (vec![], None),
        (vec![json!({"code": -101})], None),
        (vec![json!({"code": 0})], None),
        (vec![list.clone(), detail(vec![])], None),
        (vec![list.clone(), detail(vec![]), detail(vec![])], Some(Class::Absent)),
        // To that number, and nobody says what.
        (vec![list, detail(vec![silent]), detail(vec![])], Some(Class::Uncertain)),
        (vec![requests(&[])], Some(Class::Absent)),
    ] {
        let (_, words, unasked) = told(&errand, &answers);
        assert_eq!(words.first().map(|word| word.outcome.class), class, "{answers:?}");
        assert_eq!(unasked.len(), usize::from(class.is_none()));
    }
}

#[test]
fn a_lost_text_message_is_found_by_its_request_in_the_list() {
    let mut errand = errand(Task::LookUp, Channel::Sms, 1);
    let list = json!({"result_code": "1", "next_yn": "N", "list": [
        {"mid": "5", "type": "SMS", "msg": "[가람의원] 10:30 예약", "reg_date": "2026-12-01 09:00:01"},
        {"mid": "6", "type": "SMS", "msg": "다른 안내", "reg_date": "2026-12-01 09:00:00"},
    ]});
    let one = |to: &str| json!({"result_code": 1, "list": [{"mdid": 9, "type": "SMS", "receiver": to, "sms_state": "발송완료"}]});
    let (asked, words, _) = told(&errand, &[list.clone(), one("01000000000")]);
    assert_eq!(
        asked,
        [
            "POST text /list/ page=1 page_size=500 start_date=20261201 limit_day=1",
            // The other one says something else.
            "POST text /sms_list/ page=1 page_size=500 mid=5",
        ]
    );
    assert_eq!((classes(&words), words[0].outcome.reference.as_str()), (vec![(0, Class::Ok)], "5"));
    let (_, words, _) = told(&errand, &[list, one("01000000001")]);
    assert_eq!(classes(&words), [(0, Class::Absent)]);

    errand.parcels[0].reference = "5".into();
    let (asked, words, _) = told(&errand, &[one("01000000000")]);
    assert_eq!(asked, ["POST text /sms_list/ page=1 page_size=500 mid=5"]);
    assert_eq!(classes(&words), [(0, Class::Ok)]);
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
