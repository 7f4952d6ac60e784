//! What became of messages: by their request, by number and text.

use super::*;

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
fn of_a_time_with_more_requests_than_can_be_read_what_is_not_found_is_unknown() {
    for (count, class) in [(480, Class::Absent), (481, Class::Uncertain)] {
        let errand = plain(Task::LookUp, 2);
        let mids: Vec<String> = (0..count).map(|mid| mid.to_string()).collect();
        let all: Vec<_> = mids.iter().map(|mid| (mid.as_str(), "2026-12-01 09:00:05")).collect();
        let list = requests(&all);
        let (_, news) = played(&aligo(), Order::Errand(errand), |request| {
            let is_ours = fields(request).contains(&("mid".to_owned(), "7".to_owned()));
            let list = line(request).contains("/list/").then(|| list.clone());
            answer(200, &list.unwrap_or_else(|| detail(if is_ours { vec![row(0, "0")] } else { vec![] }))).unwrap()
        });
        let Some(News::LookedUp { words, .. }) = news else { panic!("{news:?}") };
        assert_eq!(classes(&words), [(0, Class::Ok), (1, class)], "{count}");
    }
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
