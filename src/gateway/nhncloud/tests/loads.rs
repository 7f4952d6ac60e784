//! What goes together in one request, and what a dialogue does one after the other.

use super::*;

#[test]
fn different_texts_and_times_go_in_requests_of_their_own() {
    let mut lms = errand(Task::Send, Channel::Lms, 4);
    let mut payload = (*lms.parcels[1].payload).clone();
    payload.text.as_mut().unwrap().body = "다른 안내".into();
    lms.parcels[1].payload = Arc::new(payload);
    lms.parcels[2].reserve_at = Some(Timestamp::parse("2026-12-02T09:00:30+09:00").unwrap());
    let mut requests = Vec::new();
    let news = play(&adapter(), Order::Errand(lms.clone()), |request, _| {
        let sent = body(request);
        let recipients: Vec<Value> = sent["recipientList"].as_array().unwrap().clone();
        let rows: Vec<Value> = recipients
            .iter()
            .enumerate()
            .map(|(at, to)| {
                json!({"recipientSeq": at + 1, "resultCode": 0,
                                   "recipientGroupingKey": to["recipientGroupingKey"]})
            })
            .collect();
        requests.push((sent["body"].clone(), sent["requestDate"].clone(), recipients.len()));
        let data = json!({"requestId": format!("R{}", requests.len()), "statusCode": "2", "sendResultList": rows});
        answer(200, &json!({"header": success(), "body": {"data": data}}))
    });
    assert_eq!(
        requests,
        [
            (json!("[가람의원] 10:30 예약"), Value::Null, 2),
            (json!("다른 안내"), Value::Null, 1),
            // Not before the time that was asked for.
            (json!("[가람의원] 10:30 예약"), json!("2026-12-02 09:01"), 1),
        ]
    );
    let references: Vec<String> = outcomes(&lms, news).into_iter().map(|outcome| outcome.reference).collect();
    assert_eq!(references, ["R1/1", "R2/1", "R3/1", "R1/2"]);
}

#[test]
fn images_go_up_once_and_then_their_names_with_the_message() {
    let mut mms = errand(Task::Send, Channel::Mms, 4);
    with_images(&mut mms.parcels[0], &[b"one", b"two"]);
    with_images(&mut mms.parcels[1], &[b"two"]);
    with_images(&mut mms.parcels[2], &[b"one", b"two"]);
    let mut lines = Vec::new();
    let news =
        play(&adapter(), Order::Errand(mms.clone()), |request, number| {
            let sent = body(request);
            lines.push(line(request).rsplit('/').next().unwrap().to_owned());
            if sent["fileBody"].is_string() {
                assert_eq!((sent["createUser"].as_str(), request.messages), (Some("alimi"), 0));
                assert!(sent["fileName"].as_str().unwrap().ends_with(".jpg"));
                let id = if sent["fileBody"] == "b25l" { 11 } else { 22 };
                return answer(200, &json!({"header": success(), "body": {"data": {"fileId": id}}}));
            }
            lines.push(sent["attachFileIdList"].to_string());
            let rows: Vec<Value> = sent["recipientList"].as_array().unwrap().iter().map(|to| {
            json!({"recipientSeq": 1, "resultCode": 0, "recipientGroupingKey": to["recipientGroupingKey"]})
        }).collect();
            let data = json!({"requestId": format!("R{number}"), "sendResultList": rows});
            answer(200, &json!({"header": success(), "body": {"data": data}}))
        });
    assert_eq!(lines, ["binaryUpload", "binaryUpload", "mms", "[11,22]", "mms", "[22]"]);
    let classes: Vec<Class> = outcomes(&mms, news).iter().map(|outcome| outcome.class).collect();
    assert_eq!(classes, [Class::Ok, Class::Ok, Class::Ok, Class::Permanent], "the last one has no image");
}

#[test]
fn nothing_is_sent_when_an_image_cannot_go_up() {
    let mut mms = errand(Task::Send, Channel::Mms, 1);
    with_images(&mut mms.parcels[0], &[b"one"]);
    for (heard, class) in [
        (answer(200, &json!({"header": failure(-2005)})), Class::Permanent),
        (answer(200, &json!({"header": success()})), Class::Transient),
        (answer(500, &json!({})), Class::Transient),
        (Some(Heard::Failed(Failure::Lost)), Class::Transient),
    ] {
        let news = play(&adapter(), Order::Errand(mms.clone()), |request, number| {
            assert!(number == 0 && request.messages == 0);
            heard.clone()
        });
        assert_eq!(outcomes(&mms, news)[0].class, class, "{heard:?}");
    }
}

#[test]
fn after_a_fault_the_rest_is_not_sent() {
    let mut lms = errand(Task::Send, Channel::Lms, 2);
    lms.parcels[1].reserve_at = Some(Timestamp(NOW.0 + 3_600_000));
    let news = play(&adapter(), Order::Errand(lms.clone()), |_, number| {
        assert_eq!(number, 0);
        answer(503, &json!({}))
    });
    let classes: Vec<Class> = outcomes(&lms, news).iter().map(|outcome| outcome.class).collect();
    assert_eq!(classes, [Class::Uncertain, Class::Transient]);
}

#[test]
fn no_dialogue_makes_more_requests_than_the_network_carries() {
    for task in [Task::Send, Task::LookUp, Task::Cancel] {
        let mut errand = errand(task, Channel::Alimtalk, 1_000);
        for (at, parcel) in errand.parcels.iter_mut().enumerate() {
            parcel.reserve_at = Some(Timestamp(NOW.0 + 60_000 * (at as i64 + 1)));
            parcel.reference = format!("R{at}/1");
        }
        let news = play(&adapter(), Order::Errand(errand.clone()), |_, _| answer(200, &json!({"header": success()})));
        assert_eq!(said(&errand, news).len(), 1_000);
    }
}
