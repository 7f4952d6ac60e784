//! What became of messages: by id, by our reference, and where the gateway's own text message stands in for an AlimTalk.

use super::*;
use crate::gateway::solapi::list;
use crate::message::Channel;
use std::time::Duration;

#[test]
fn accepted_messages_are_looked_up_many_at_once_by_id() {
    let mut errand = errand(Task::LookUp, Channel::Alimtalk, 3);
    for (number, parcel) in errand.parcels.iter_mut().enumerate() {
        parcel.reference = format!("M{number}");
    }
    let list = json!({"startKey": null, "limit": 3, "messageList": {
        "M2": row("M2", "K2/1/1", "3104"),
        "M0": row("M0", "K0/1/1", "4000"),
    }});
    let (requests, news) = played(&solapi(), Order::Errand(errand.clone()), |_| answer(200, &list).unwrap());
    assert_one_word_each(&errand, &news);
    let ids = "%5B%22M0%22%2C%22M1%22%2C%22M2%22%5D";
    let line = requests.iter().map(line).collect::<Vec<_>>();
    assert_eq!(line, [format!("GET main /messages/v4/list?messageIds[in]={ids}&limit=3")]);
    let Some(News::LookedUp { words, .. }) = news else { panic!("{news:?}") };
    assert_eq!(
        said(&words),
        [
            (0, Class::Ok, Reason::None, "4000", "M0"),
            // Accepted is not forgotten.
            (1, Class::Pending, Reason::None, "", ""),
            (2, Class::Fallback, Reason::NotKakaoUser, "3104", "M2"),
        ]
    );
}

#[test]
fn of_a_lost_request_one_is_searched_by_number_and_the_rest_is_read_with_it() {
    let errand = errand(Task::LookUp, Channel::Alimtalk, 3);
    let one = json!({"messageList": {"M0": row("M0", "K0/1/1", "3000"), "X": row("X", "", "4000")}});
    let all = json!({"messageList": {"M0": row("M0", "K0/1/1", "3000"), "M1": row("M1", "K1/1/1", "4000")}});
    let mut answers = [one, all, json!({"messageList": {}})].into_iter();
    let (requests, news) =
        played(&solapi(), Order::Errand(errand.clone()), |_| answer(200, &answers.next().unwrap()).unwrap());
    assert_one_word_each(&errand, &news);
    let span = "dateType=CREATED&startDate=2026-12-01T08%3A44%3A00.123%2B09%3A00&endDate=2026-12-01T09%3A16%3A00.123%2B09%3A00";
    assert_eq!(
        requests.iter().map(line).collect::<Vec<_>>(),
        [
            format!("GET main /messages/v4/list?to=01000000000&{span}&limit=500"),
            "GET main /messages/v4/list?groupId=G1&limit=500".to_owned(),
            format!("GET main /messages/v4/list?to=01000000002&{span}&limit=500"),
        ]
    );
    let Some(News::LookedUp { words, .. }) = news else { panic!("{news:?}") };
    assert_eq!(
        said(&words),
        [
            (0, Class::Pending, Reason::None, "3000", "M0"),
            (1, Class::Ok, Reason::None, "4000", "M1"),
            (2, Class::Absent, Reason::ConnectionFailed, "", ""),
        ]
    );
}

#[test]
fn a_lost_request_is_settled_without_reading_what_else_the_vendor_has() {
    let errand = errand(Task::LookUp, Channel::Alimtalk, 50);
    let taken: serde_json::Map<String, Value> =
        (0..50).map(|n| (format!("M{n}"), row(&format!("M{n}"), &format!("K{n}/1/1"), "4000"))).collect();
    for (rows, requests_made, class) in [(taken, 2, Class::Ok), (serde_json::Map::new(), 50, Class::Absent)] {
        let body = json!({"messageList": rows});
        let (requests, news) = played(&solapi(), Order::Errand(errand.clone()), |request| {
            assert!(request.target.contains("to=") || request.target.contains("groupId="), "{}", request.target);
            let first = json!({"messageList": {"M0": body["messageList"]["M0"].clone()}});
            let of_one = request.target.contains("to=") && class == Class::Ok;
            answer(200, if of_one { &first } else { &body }).unwrap()
        });
        assert_eq!(requests.len(), requests_made);
        let Some(News::LookedUp { words, .. }) = news else { panic!("{news:?}") };
        assert!(words.len() == 50 && words.iter().all(|word| word.outcome.class == class), "{words:?}");
    }
}

#[test]
fn a_lost_message_is_absent_only_after_the_last_page() {
    let errand = errand(Task::LookUp, Channel::Sms, 1);
    let page = json!({"messageList": {"X": row("X", "other", "4000")}, "nextKey": "X"});
    let end = json!({"messageList": {"M": row("M", "K0/2/1", "4000")}, "nextKey": null});
    for (last, class) in
        [(answer(200, &end), Some(Class::Ok)), (answer(200, &json!({})), None), (answer(500, &end), None)]
    {
        let mut answers = vec![last.unwrap(), answer(200, &page).unwrap()];
        let (requests, news) = played(&solapi(), Order::Errand(errand.clone()), |_| answers.pop().unwrap());
        assert!(line(&requests[1]).ends_with("&limit=500&startKey=X"));
        let Some(News::LookedUp { words, unasked }) = news else { panic!("{news:?}") };
        assert_eq!(words.first().map(|word| word.outcome.class), class);
        assert_eq!(unasked.len(), usize::from(class.is_none()));
    }
}

#[test]
fn many_lost_messages_are_looked_for_among_all_of_their_time() {
    let mut errand = errand(Task::LookUp, Channel::Alimtalk, 150);
    errand.parcels[7].left = Some(NOW.before(Duration::from_secs(60)));
    let other = |id: &str, reference: &str| {
        let mut row = row(id, reference, "4000");
        row["to"] = json!("01000009999");
        row
    };
    let mut own = row("M3", "K3/1/1", "4000");
    own["to"] = json!("01000000003");
    // Of another installation with the same login.
    let first = json!({"messageList": {"X": other("X", "K4/1/1")}, "nextKey": "M3"});
    let last = json!({"messageList": {"M3": own}, "nextKey": null});
    let mut answers = [last, first].to_vec();
    let (requests, news) =
        played(&solapi(), Order::Errand(errand.clone()), |_| answer(200, &answers.pop().unwrap()).unwrap());
    assert_one_word_each(&errand, &news);
    let span = "dateType=CREATED&startDate=2026-12-01T08%3A43%3A00.123%2B09%3A00&endDate=2026-12-01T09%3A16%3A00.123%2B09%3A00";
    assert_eq!(
        requests.iter().map(line).collect::<Vec<_>>(),
        [
            format!("GET main /messages/v4/list?{span}&limit=500"),
            format!("GET main /messages/v4/list?{span}&limit=500&startKey=M3"),
        ]
    );
    let Some(News::LookedUp { words, .. }) = news else { panic!("{news:?}") };
    for word in words {
        assert_eq!(word.outcome.class, if word.id == 3 { Class::Ok } else { Class::Absent }, "{}", word.id);
    }
}

#[test]
fn what_was_read_of_a_list_that_breaks_off_is_settled() {
    let errand = errand(Task::LookUp, Channel::Alimtalk, 150);
    let mut own = row("M3", "K3/1/1", "4000");
    own["to"] = json!("01000000003");
    let page = json!({"messageList": {"M3": own}, "nextKey": "M9"});
    let mut answers = vec![Heard::Failed(Failure::Lost), answer(200, &page).unwrap()];
    let (_, news) = played(&solapi(), Order::Errand(errand), |_| answers.pop().unwrap());
    let Some(News::LookedUp { words, unasked }) = news else { panic!("{news:?}") };
    assert_eq!((said(&words), unasked.len()), (vec![(3, Class::Ok, Reason::None, "4000", "M3")], 149));
}

#[test]
fn where_the_list_of_a_time_has_no_end_or_fails_numbers_are_asked_for_and_nothing_is_absent_by_it() {
    let errand = errand(Task::LookUp, Channel::Alimtalk, 200);
    for endless in [true, false] {
        let mut pages = 0;
        let (requests, news) = played(&solapi(), Order::Errand(errand.clone()), |request| {
            if request.target.contains("to=") {
                return answer(200, &json!({"messageList": {}})).unwrap();
            }
            pages += 1;
            let page = json!({"messageList": {"X": row("X", "", "4000")}, "nextKey": format!("X{pages}")});
            answer(if endless { 200 } else { 500 }, &page).unwrap()
        });
        assert_one_word_each(&errand, &news);
        let Some(News::LookedUp { words, unasked }) = news else { panic!("{news:?}") };
        assert_eq!((pages, requests.len()), (if endless { 20 } else { 1 }, 150));
        assert_eq!((words.len(), unasked.len()), (150 - pages, 50 + pages), "one question each");
    }
}

#[test]
fn a_list_whose_pages_come_slowly_leaves_time_to_ask_for_numbers() {
    let mut left = errand(Task::LookUp, Channel::Alimtalk, 104);
    // None of them was taken, and what else the vendor has of their time takes longer than an errand may.
    for _ in 0..104 {
        let mut dialogue = solapi().begin(Order::Errand(left.clone()));
        let (mut now, mut heard) = (NOW, None);
        let unasked = loop {
            match dialogue.next(heard.take(), &Moment { now, ..moment() }) {
                Step::Ask(request) => {
                    let of_number = request.target.contains("to=");
                    let page = json!({"messageList": {"X": row("X", "", "4000")}, "nextKey": now.to_iso()});
                    let body = if of_number { json!({"messageList": {}}) } else { page };
                    let in_time = now.since(NOW) < Duration::from_secs(20);
                    heard = if in_time { answer(200, &body) } else { Some(Heard::Failed(Failure::Waited)) };
                    now = now.after(Duration::from_secs(2));
                }
                Step::Done(Some(News::LookedUp { words, unasked })) => {
                    assert!(!words.is_empty(), "no errand is for nothing");
                    assert!(words.iter().all(|word| word.outcome.class == Class::Absent), "{words:?}");
                    break unasked;
                }
                other => panic!("{other:?}"),
            }
        };
        left.parcels.retain(|parcel| unasked.contains(&parcel.id));
        if left.parcels.is_empty() {
            return;
        }
    }
    panic!("{} are left", left.parcels.len());
}

#[test]
fn a_gateways_own_fallback_counts_as_one_message() {
    let mut original = row("M0", "K0/1/1", "3104");
    original["kakaoOptions"] = json!({"disableSms": false});
    let text = |code: &str| {
        let mut text = row("M9", "K0/1/1", code);
        text["type"] = json!("LMS");
        text["replacement"] = json!(1);
        text
    };
    let outcome = |rows: &[Value]| {
        let rows: Vec<list::Row> =
            rows.iter().map(|row| wire::from_json(row.to_string().as_bytes()).unwrap()).collect();
        let outcome = list::verdict(&rows.iter().collect::<Vec<_>>(), Channel::Alimtalk, false).unwrap();
        (outcome.class, outcome.reason, outcome.by_fallback)
    };
    assert_eq!(outcome(&[original.clone()]), (Class::Pending, Reason::None, false));
    assert_eq!(outcome(&[original.clone(), text("3000")]), (Class::Pending, Reason::None, false));
    assert_eq!(outcome(&[text("4000"), original.clone()]), (Class::Ok, Reason::None, true));
    assert_eq!(outcome(&[text("4000")]), (Class::Ok, Reason::None, true));
    assert_eq!(outcome(&[original, text("3031")]), (Class::Fallback, Reason::NotKakaoUser, false));
    assert_eq!(outcome(&[row("M0", "K0/1/1", "3104")]), (Class::Fallback, Reason::NotKakaoUser, false));
}

#[test]
fn a_text_in_place_of_an_alimtalk_is_found_also_where_it_does_not_repeat_our_reference() {
    let mut errand = errand(Task::LookUp, Channel::Alimtalk, 1);
    errand.parcels[0].reference = "M0".into();
    errand.parcels[0].falls_back = true;
    let mut text = row("M9", "", "4000");
    text["replacement"] = json!(true);
    let mut list = json!({"M0": row("M0", "K0/1/1", "3104"), "M9": text});
    let mut said = || {
        let body = json!({"messageList": list});
        let (_, news) = played(&solapi(), Order::Errand(errand.clone()), |_| answer(200, &body).unwrap());
        let Some(News::LookedUp { words, .. }) = news else { panic!("{news:?}") };
        // Another message of the request to the same number: whose text it is nobody can know.
        list["M1"] = row("M1", "K1/1/1", "3104");
        (words[0].outcome.class, words[0].outcome.by_fallback, words[0].outcome.reference.clone())
    };
    assert_eq!(said(), (Class::Ok, true, "M0".to_owned()));
    assert_eq!(said(), (Class::Pending, false, "M0".to_owned()));
}

#[test]
fn a_message_in_trouble_at_the_vendors_does_not_keep_the_others_from_being_found() {
    let mut errand = errand(Task::LookUp, Channel::Alimtalk, 3);
    errand.parcels[2].reference = "M2".into();
    let hear = |request: &Request| {
        let line = line(request);
        let found = |id: &str, key: &str| answer(200, &json!({"messageList": {id: row(id, key, "4000")}})).unwrap();
        match () {
            () if line.contains("to=01000000001") => found("M1", "K1/1/1"),
            () if line.contains("to=01000000002") => found("M2", "K2/1/1"),
            () => answer(500, &json!({"errorCode": "InternalError"})).unwrap(),
        }
    };
    let (_, news) = played(&solapi(), Order::Errand(errand.clone()), hear);
    assert_one_word_each(&errand, &news);
    let Some(News::LookedUp { words, unasked }) = news else { panic!("{news:?}") };
    let seen: Vec<_> = words.iter().map(|word| (word.id, word.outcome.class)).collect();
    assert_eq!((seen, unasked), (vec![(1, Class::Ok), (2, Class::Ok)], vec![0]));
}

#[test]
fn ids_that_bring_nothing_are_followed_by_numbers() {
    let mut errand = errand(Task::LookUp, Channel::Alimtalk, 1);
    errand.parcels[0].reference = "M0".into();
    let mut answers = vec![json!({"messageList": {"M0": row("M0", "K0/1/1", "4000")}}), json!({"messageList": {}})];
    let (requests, news) = played(&solapi(), Order::Errand(errand), |_| answer(200, &answers.pop().unwrap()).unwrap());
    assert!(line(&requests[0]).contains("messageIds[in]=") && line(&requests[1]).contains("?to=01000000000&"));
    let Some(News::LookedUp { words, .. }) = news else { panic!("{news:?}") };
    assert_eq!(said(&words), [(0, Class::Ok, Reason::None, "4000", "M0")]);
}
