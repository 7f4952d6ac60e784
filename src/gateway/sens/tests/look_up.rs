//! Looking messages up.

use super::*;

const TEXT: &str = "김하늘0님\n10:30 예약입니다.";

/// A row of the list of AlimTalks as documented.
fn found(id: &str, to: &str, content: &str, code: &str, name: &str) -> Value {
    json!({"requestId": "RSKM-1", "messageId": id, "requestTime": "2026-12-01T09:00:01.000",
           "completeTime": null, "plusFriendId": "@clinic", "templateCode": "TPL-1", "countryCode": "82", "to": to,
           "content": content, "buttons": [], "requestStatusCode": "A000", "requestStatusName": "success",
           "requestStatusDesc": "", "messageStatusCode": code, "messageStatusName": name, "messageStatusDesc": "",
           "useSmsFailover": false})
}

fn list(rows: &[Value]) -> Option<Heard> {
    answer(200, &json!({"messages": rows, "pageSize": 100, "itemCount": rows.len(), "hasMore": false}))
}

fn classes(errand: &Errand, news: Option<News>) -> Vec<Option<Class>> {
    said(errand, news).into_iter().map(|outcome| outcome.map(|outcome| outcome.class)).collect()
}

#[test]
fn accepted_messages_of_one_request_are_asked_for_at_once() {
    let mut errand = errand(Task::LookUp, Channel::Alimtalk, 4);
    errand.parcels.iter_mut().for_each(|parcel| parcel.reference = format!("RSKM-1/M{}", parcel.id));
    // A reserved one had no message yet.
    errand.parcels[2].reference = "RSKM-1/".into();
    let news = play(&adapter(), Order::Errand(errand.clone()), |request, number| {
        assert_eq!(number, 0);
        assert_eq!(line(request), format!("GET main {ALIMTALK}/messages?requestId=RSKM-1&pageSize=100"));
        list(&[
            found("M0", "01000000000", "…", "0000", "success"),
            found("M1", "01000000001", "…", "3019", "fail"),
            found("M2", "01000000002", "…", "", "processing"),
        ])
    });
    let said = outcomes(&errand, news);
    let short: Vec<_> =
        said.iter().map(|o| (o.class, o.reason, o.vendor_code.as_str(), o.reference.as_str())).collect();
    assert_eq!(
        short,
        [
            (Class::Ok, Reason::None, "0000", "RSKM-1/M0"),
            (Class::Fallback, Reason::NotKakaoUser, "3019", "RSKM-1/M1"),
            (Class::Pending, Reason::None, "", "RSKM-1/M2"),
            (Class::Absent, Reason::ConnectionFailed, "", ""),
        ]
    );
}

#[test]
fn where_a_row_does_not_tell_whether_a_text_follows_what_was_asked_for_decides() {
    let mut errand = errand(Task::LookUp, Channel::Alimtalk, 3);
    errand.parcels.iter_mut().for_each(|parcel| parcel.reference = format!("RSKM-1/M{}", parcel.id));
    errand.parcels[0].falls_back = true;
    // No text of ours can go with it, so that none was asked for.
    errand.parcels[1].falls_back = true;
    Arc::make_mut(&mut errand.parcels[1].payload).text = None;
    for field in [None, Some(true), Some(false)] {
        let news = play(&adapter(), Order::Errand(errand.clone()), |_, _| {
            let row = |number: usize| {
                let mut row = found(&format!("M{number}"), &format!("010000{number:05}"), "…", "3019", "fail");
                match field {
                    None => drop(row.as_object_mut().unwrap().remove("useSmsFailover")),
                    Some(said) => row["useSmsFailover"] = json!(said),
                }
                row
            };
            list(&[row(0), row(1), row(2)])
        });
        let (follows, none) = (Some(Class::Pending), Some(Class::Fallback));
        let expected = match field {
            None => [follows, none, none],
            Some(true) => [follows; 3],
            Some(false) => [none; 3],
        };
        assert_eq!(classes(&errand, news), expected, "{field:?}");
    }
}

#[test]
fn a_lost_message_is_found_by_recipient_and_text_in_the_time_of_its_sending() {
    let errand = errand(Task::LookUp, Channel::Alimtalk, 1);
    let news = play(&adapter(), Order::Errand(errand.clone()), |request, _| {
        let window = "requestStartTime=2026-12-01%2008%3A50%3A00&requestEndTime=2026-12-01%2009%3A10%3A00";
        let whose = "plusFriendId=0123456789012345678901234567890123456789&to=01000000000&pageSize=100";
        assert_eq!(line(request), format!("GET main {ALIMTALK}/messages?{window}&{whose}"));
        list(&[
            found("M7", "01000000000", "다른 안내", "0000", "success"),
            found("M8", "01000000000", "김하늘0님\r\n10:30 예약입니다. ", "0000", "success"),
        ])
    });
    let said = outcomes(&errand, news);
    assert_eq!((said[0].class, said[0].reference.as_str()), (Class::Ok, "RSKM-1/M8"));
}

#[test]
fn two_like_messages_to_one_recipient_are_two_rows_the_nearer_first() {
    let mut errand = errand(Task::LookUp, Channel::Alimtalk, 3);
    let like = errand.parcels[0].payload.clone();
    errand.parcels.iter_mut().for_each(|parcel| parcel.payload = like.clone());
    errand.parcels[1].left = Some(Timestamp(NOW.0 + 60_000));
    errand.parcels[2].left = Some(Timestamp(NOW.0 + 90_000));
    let mut late = found("LATE", "01000000000", TEXT, "0000", "success");
    late["requestTime"] = json!("2026-12-01T09:01:00.500");
    let rows = [late, found("EARLY", "01000000000", TEXT, "0000", "success")];
    let mut asked = 0;
    let news = play(&adapter(), Order::Errand(errand.clone()), |_, _| {
        asked += 1;
        list(&rows)
    });
    let said = outcomes(&errand, news);
    assert_eq!(asked, 1, "one question for one recipient");
    let names: Vec<_> = said.iter().map(|outcome| (outcome.class, outcome.reference.as_str())).collect();
    assert_eq!(names, [(Class::Ok, "RSKM-1/EARLY"), (Class::Ok, "RSKM-1/LATE"), (Class::Absent, "")]);
}

#[test]
fn a_row_that_is_known_to_be_anothers_is_not_taken() {
    let mut errand = errand(Task::LookUp, Channel::Alimtalk, 2);
    let like = errand.parcels[0].payload.clone();
    errand.parcels[1].payload = like;
    errand.parcels[1].reference = "RSKM-1/M1".into();
    let rows = [found("M1", "01000000000", TEXT, "0000", "success")];
    let news = play(&adapter(), Order::Errand(errand.clone()), |_, _| list(&rows));
    assert_eq!(classes(&errand, news), [Some(Class::Absent), Some(Class::Ok)]);
}

#[test]
fn a_list_of_several_pages_is_read_to_its_end() {
    let errand = errand(Task::LookUp, Channel::Sms, 1);
    let news = play(&adapter(), Order::Errand(errand.clone()), |request, number| {
        assert_eq!(line(request).contains("nextToken=a%2Bb"), number == 1);
        assert!(!line(request).contains("plusFriendId"));
        let other = json!({"requestId": "V0", "messageId": "M", "to": "01000000000", "content": "x"});
        let row = json!({"requestId": "V1", "messageId": "M", "requestTime": "2026-12-01 09:00:00", "type": "SMS",
                         "to": "01000000000", "from": "0212345678", "content": "[가람의원] 10:30 예약",
                         "status": "COMPLETED", "statusCode": "0", "statusName": "success", "telcoCode": "SKT"});
        match number {
            0 => answer(200, &json!({"messages": [other], "hasMore": true, "nextToken": "a+b"})),
            _ => answer(200, &json!({"messages": [row], "hasMore": false, "nextToken": null})),
        }
    });
    let said = outcomes(&errand, news);
    assert_eq!((said[0].class, said[0].reference.as_str()), (Class::Ok, "V1"));
}

#[test]
fn nothing_found_is_absent_and_anything_unclear_stays_unasked() {
    let errand = errand(Task::LookUp, Channel::Alimtalk, 1);
    for (heard, class) in [
        (bare(404), Some(Class::Absent)),
        (list(&[]), Some(Class::Absent)),
        (list(&[found("M", "01000000000", "", "0000", "success")]), None),
        (answer(404, &json!({"status": 404, "error": "Not Found", "errorMessage": "unknown service"})), None),
        (answer(200, &json!({"messages": [], "hasMore": true})), None),
        (answer(200, &json!({"messages": null})), None),
        (answer(200, &json!({})), None),
        (bare(200), None),
        (bare(400), None),
        (bare(500), None),
        (Some(Heard::Failed(Failure::Lost)), None),
    ] {
        let news = play(&adapter(), Order::Errand(errand.clone()), |_, _| heard.clone());
        assert_eq!(classes(&errand, news), [class], "{heard:?}");
    }
}

#[test]
fn one_message_in_trouble_keeps_no_other_from_being_settled() {
    let mut errand = errand(Task::LookUp, Channel::Alimtalk, 20);
    errand.parcels.iter_mut().for_each(|parcel| parcel.reference = format!("RSKM-1/M{}", parcel.id));
    let news = play(&adapter(), Order::Errand(errand.clone()), |request, number| {
        if number == 0 {
            return answer(500, &json!({}));
        }
        let id = request.target.strip_prefix(&format!("{ALIMTALK}/messages/M")).unwrap();
        match id.parse::<usize>().unwrap() {
            7 => answer(500, &json!({})),
            8 => bare(404),
            id => answer(200, &found(&format!("M{id}"), &format!("010000{id:05}"), "…", "0000", "success")),
        }
    });
    let classes = classes(&errand, news);
    assert_eq!((classes[7], classes[8]), (None, Some(Class::Absent)));
    assert_eq!(classes.iter().filter(|class| **class == Some(Class::Ok)).count(), 18);
}

#[test]
fn a_gateway_in_trouble_is_not_asked_on() {
    let errand = errand(Task::LookUp, Channel::Alimtalk, 20);
    for (heard, most) in [(bare(429), 1), (bare(503), 5), (Some(Heard::Failed(Failure::NotSent)), 1)] {
        let mut asked = 0;
        let news = play(&adapter(), Order::Errand(errand.clone()), |_, _| {
            asked += 1;
            heard.clone()
        });
        assert_eq!((asked, classes(&errand, news)), (most, vec![None; 20]));
    }
}
