//! Looking messages up.

use super::*;

/// A row of the list as documented.
fn found(number: usize, status: &str, code: &str) -> Value {
    json!({"requestId": "20261201R", "recipientSeq": number + 1, "plusFriendId": "@clinic", "templateCode": "TPL-1",
           "recipientNo": format!("010000{number:05}"), "content": "…", "requestDate": "2026-12-01 09:00:00.0",
           "createDate": "2026-12-01 09:00:00.0", "receiveDate": null, "resendStatus": "RSC01",
           "messageStatus": status, "resultCode": code, "senderGroupingKey": null,
           "recipientGroupingKey": format!("K{number}/1/1")})
}

fn list(rows: Vec<Value>, total: usize) -> Option<Heard> {
    let list = json!({"messages": rows, "totalCount": total});
    answer(200, &json!({"header": success(), "messageSearchResultResponse": list}))
}

fn classes(errand: &Errand, news: Option<News>) -> Vec<Option<Class>> {
    said(errand, news).into_iter().map(|outcome| outcome.map(|outcome| outcome.class)).collect()
}

#[test]
fn accepted_messages_of_one_request_are_asked_for_at_once() {
    let mut errand = errand(Task::LookUp, Channel::Alimtalk, 4);
    errand.parcels.iter_mut().for_each(|parcel| parcel.reference = format!("20261201R/{}", parcel.id + 1));
    let news = play(&adapter(), Order::Errand(errand.clone()), |request, number| {
        assert_eq!(number, 0);
        let path = "GET main /alimtalk/v2.3/appkeys/app%2Fkey/messages";
        assert_eq!(line(request), format!("{path}?requestId=20261201R&pageNum=1&pageSize=1000"));
        let pending = json!({"requestId": "20261201R", "recipientSeq": "3", "recipientNo": "01000000002"});
        list(vec![found(0, "COMPLETED", "1000"), found(1, "FAILED", "3019"), pending], 3)
    });
    let said = outcomes(&errand, news);
    let short: Vec<_> =
        said.iter().map(|o| (o.class, o.reason, o.vendor_code.as_str(), o.reference.as_str())).collect();
    assert_eq!(
        short,
        [
            (Class::Ok, Reason::None, "1000", "20261201R/1"),
            (Class::Fallback, Reason::NotKakaoUser, "3019", "20261201R/2"),
            (Class::Pending, Reason::None, "", "20261201R/3"),
            (Class::Absent, Reason::ConnectionFailed, "", ""),
        ]
    );
}

#[test]
fn text_messages_are_asked_for_where_they_are_listed() {
    for (channel, path) in [(Channel::Sms, "sms"), (Channel::Lms, "mms"), (Channel::Mms, "mms")] {
        let mut errand = errand(Task::LookUp, channel, 1);
        errand.parcels[0].reference = "R/1".into();
        let news = play(&adapter(), Order::Errand(errand.clone()), |request, _| {
            let prefix = "GET text /sms/v3.0/appKeys/sms%20key/sender";
            assert_eq!(line(request), format!("{prefix}/{path}?requestId=R&pageNum=1&pageSize=1000"));
            let row = json!({"requestId": "R", "mtPr": "1", "msgStatus": "3", "resultCode": "1000",
                             "recipientNo": "01000000000", "requestDate": "2018-08-10 10:06:30.0"});
            let body = json!({"pageNum": 1, "pageSize": 1000, "totalCount": 1, "data": [row]});
            answer(200, &json!({"header": success(), "body": body}))
        });
        assert_eq!(classes(&errand, news), [Some(Class::Ok)]);
    }
}

#[test]
fn a_message_whose_answer_was_lost_is_asked_for_by_our_reference() {
    let errand = errand(Task::LookUp, Channel::Alimtalk, 3);
    let news = play(&adapter(), Order::Errand(errand.clone()), |request, number| {
        // 09:00:00.123 in Korea, ten minutes around.
        let window = "startCreateDate=2026-12-01%2008%3A50&endCreateDate=2026-12-01%2009%3A10";
        let rest = format!("recipientGroupingKey=K{number}%2F1%2F1&pageNum=1&pageSize=1000");
        let path = "GET main /alimtalk/v2.3/appkeys/app%2Fkey/messages";
        assert_eq!(line(request), format!("{path}?{window}&{rest}"));
        match number {
            0 => list(vec![found(0, "COMPLETED", "1000")], 1),
            1 => list(Vec::new(), 0),
            // The same key of another installation's message.
            _ => list(
                vec![json!({"requestId": "R", "recipientSeq": 1, "recipientNo": "01000009999",
                                  "messageStatus": "COMPLETED", "recipientGroupingKey": "K2/1/1"})],
                1,
            ),
        }
    });
    assert_eq!(classes(&errand, news), [Some(Class::Ok), Some(Class::Absent), Some(Class::Absent)]);
}

#[test]
fn many_lost_messages_are_found_in_the_list_of_their_time() {
    let errand = errand(Task::LookUp, Channel::Alimtalk, 1_500);
    let mut lines = Vec::new();
    let news = play(&adapter(), Order::Errand(errand.clone()), |request, number| {
        lines.push(line(request).rsplit_once('?').unwrap().1.to_owned());
        let rows = (number * 1_000..1_400.min((number + 1) * 1_000)).map(|number| found(number, "FAILED", "3018"));
        list(rows.collect(), 1_400)
    });
    let window = "startCreateDate=2026-12-01%2008%3A50&endCreateDate=2026-12-01%2009%3A10";
    assert_eq!(lines, [1, 2].map(|page| format!("{window}&pageNum={page}&pageSize=1000")));
    let classes = classes(&errand, news);
    assert!(classes[..1_400].iter().all(|class| *class == Some(Class::Fallback)));
    assert!(classes[1_400..].iter().all(|class| *class == Some(Class::Absent)));
}

#[test]
fn a_window_with_more_pages_than_questions_is_left() {
    let errand = errand(Task::LookUp, Channel::Alimtalk, 10);
    let mut asked = 0;
    let news = play(&adapter(), Order::Errand(errand.clone()), |request, number| {
        asked += 1;
        if number == 0 {
            return list(vec![found(3, "COMPLETED", "1000")], 50_000);
        }
        assert!(line(request).contains("recipientGroupingKey=K"), "{}", line(request));
        list(Vec::new(), 0)
    });
    let classes = classes(&errand, news);
    assert_eq!(asked, 10, "the one that was found is not asked for again");
    assert_eq!(classes[3], Some(Class::Ok));
    assert_eq!(classes.iter().filter(|class| **class == Some(Class::Absent)).count(), 9);
}

#[test]
fn a_list_that_is_not_whole_says_of_nobody_that_he_is_absent() {
    let errand = errand(Task::LookUp, Channel::Alimtalk, 1);
    for heard in [
        list(Vec::new(), 5),
        list(vec![json!({}); 1_000], 1_000),
        answer(200, &json!({"header": success()})),
        answer(200, &json!({"header": success(), "messageSearchResultResponse": null})),
        answer(200, &json!({"header": failure(-4003)})),
        answer(200, &json!({})),
        answer(404, &json!({})),
        answer(500, &json!({})),
        answer(500, &json!({"header": success(), "messageSearchResultResponse": {"messages": [], "totalCount": 0}})),
        Some(Heard::Answer(Answer { status: 200, retry_after: None, body: b"{\"header\"".to_vec() })),
        Some(Heard::Failed(Failure::Lost)),
    ] {
        let news = play(&adapter(), Order::Errand(errand.clone()), |_, _| heard.clone());
        assert_eq!(classes(&errand, news), [None], "{heard:?}");
    }
}

#[test]
fn a_request_the_vendor_does_not_know_is_absent_and_what_never_left_is_not_asked_for() {
    let mut errand = errand(Task::LookUp, Channel::Alimtalk, 2);
    errand.parcels[0].reference = "R/1".into();
    errand.parcels[1].left = None;
    let unknown = answer(200, &json!({"header": failure(-1016)}));
    let news = play(&adapter(), Order::Errand(errand.clone()), |_, _| unknown.clone());
    assert_eq!(classes(&errand, news), [Some(Class::Absent), None]);
}

#[test]
fn one_message_in_trouble_keeps_no_other_from_being_settled() {
    let mut errand = errand(Task::LookUp, Channel::Alimtalk, 20);
    errand.parcels.iter_mut().for_each(|parcel| parcel.reference = format!("20261201R/{}", parcel.id + 1));
    let news = play(&adapter(), Order::Errand(errand.clone()), |request, _| {
        let line = line(request);
        let key = line.split("recipientGroupingKey=K").nth(1).and_then(|rest| rest.split("%2F").next());
        match key.map(|number| number.parse().unwrap()) {
            None | Some(7) => answer(500, &json!({})),
            Some(number) => list(vec![found(number, "COMPLETED", "1000")], 1),
        }
    });
    let unasked: Vec<usize> =
        (0..20).zip(classes(&errand, news)).filter(|(_, class)| *class != Some(Class::Ok)).map(|(at, _)| at).collect();
    assert_eq!(unasked, [7]);
}

#[test]
fn a_gateway_in_trouble_is_not_asked_on() {
    let errand = errand(Task::LookUp, Channel::Alimtalk, 20);
    let not_sent = Some(Heard::Failed(Failure::NotSent));
    for (heard, most) in [(answer(429, &json!({})), 1), (answer(503, &json!({})), 5), (not_sent, 1)] {
        let mut asked = 0;
        let news = play(&adapter(), Order::Errand(errand.clone()), |_, _| {
            asked += 1;
            heard.clone()
        });
        assert_eq!((asked, classes(&errand, news)), (most, vec![None; 20]));
    }
}
