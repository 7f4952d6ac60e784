//! Reports, and where reading goes on.

use super::*;
use crate::gateway::sens::rows::Row;
use crate::gateway::testing::played_at;
use crate::gateway::{Moment, Report};
use std::collections::BTreeSet;

struct Polled {
    targets: Vec<String>,
    reports: Vec<Report>,
    cursor: String,
    more: bool,
}

fn poll(cursor: &str, now: Timestamp, mut heard: impl FnMut(&str) -> Option<Heard>) -> Polled {
    let adapter = adapter();
    let mut dialogue = adapter.begin(Order::Poll { cursor: cursor.into(), since: NOW });
    let moment = Moment { now, ..moment() };
    let (requests, news) = played_at(&mut *dialogue, &moment, |request| heard(&request.target).unwrap());
    assert!(requests.iter().all(|request| request.method == Method::Get));
    let Some(News::Polled { reports, cursor, more, .. }) = news else { panic!("{news:?}") };
    Polled { targets: requests.into_iter().map(|request| request.target).collect(), reports, cursor, more }
}

fn channels() -> Option<Heard> {
    answer(200, &json!([{"channelId": "@clinic", "channelName": "가람의원", "channelStatus": "ACTIVE"}]))
}

fn after(seconds: i64) -> Timestamp {
    Timestamp(NOW.0 + seconds * 1_000)
}

#[test]
fn the_channels_are_read_first_and_then_what_is_done_in_each_list() {
    let alimtalk = json!({"requestId": "RSKM-1", "messageId": "M1", "messageStatusCode": "3018",
                          "messageStatusName": "fail", "useSmsFailover": false, "to": "01000000000"});
    let pending = json!({"requestId": "RSKM-1", "messageId": "M2", "messageStatusName": "processing"});
    let text = json!({"requestId": "V1", "messageId": "M", "status": "COMPLETED", "statusCode": "3001",
                      "statusName": "fail"});
    let polled = poll("", NOW, |target| match target {
        _ if target.ends_with("/channels") => channels(),
        _ if target.starts_with(ALIMTALK) => answer(200, &json!({"messages": [alimtalk, pending], "hasMore": false})),
        _ => answer(200, &json!({"messages": [text]})),
    });
    let window = "completeStartTime=2026-12-01%2008%3A59%3A00&completeEndTime=2026-12-01%2009%3A00%3A00";
    assert_eq!(
        polled.targets,
        [
            format!("{ALIMTALK}/channels"),
            format!("{SMS}/messages?{window}&pageSize=100"),
            format!("{ALIMTALK}/messages?{window}&plusFriendId=%40clinic&pageSize=100"),
        ]
    );
    let short: Vec<_> = polled.reports.iter().map(|r| (r.mark.clone(), r.outcome.class, r.outcome.reason)).collect();
    assert_eq!(
        short,
        [
            (Mark::Theirs("V1".into()), Class::Permanent, Reason::InvalidRecipient),
            (Mark::Theirs("RSKM-1/M1".into()), Class::Fallback, Reason::KakaoUnreachable),
        ]
    );
    let again = poll(&polled.cursor, after(5), |_| bare(404));
    let window = "completeStartTime=2026-12-01%2009%3A00%3A00&completeEndTime=2026-12-01%2009%3A00%3A05";
    assert_eq!(again.targets.len(), 2, "the channels are known: {:?}", again.targets);
    assert!(again.targets.iter().all(|target| target.contains(window)), "{:?}", again.targets);
    assert!(!polled.more && !again.more);
}

#[test]
fn pages_are_read_one_by_one_and_a_page_the_vendor_forgot_begins_its_window_anew() {
    let full = || answer(200, &json!({"messages": [], "hasMore": true, "nextToken": 7}));
    let first = poll("", NOW, |target| if target.ends_with("/channels") { channels() } else { full() });
    assert!(first.more);
    let second = poll(&first.cursor, after(5), |_| Some(Heard::Failed(Failure::Lost)));
    assert!(second.targets.iter().all(|target| target.ends_with("&nextToken=7")), "{:?}", second.targets);
    let third = poll(&second.cursor, after(10), |target| {
        assert!(target.contains("nextToken=7") && target.contains("completeEndTime=2026-12-01%2009%3A00%3A00"));
        bare(400)
    });
    let fourth = poll(&third.cursor, after(15), |_| bare(404));
    assert!(fourth.targets.iter().all(|target| !target.contains("nextToken") && target.contains("08%3A59%3A00")));
}

#[test]
fn a_row_that_becomes_visible_late_is_read_all_the_same() {
    // Done at second 10, visible at second 60.
    let row = json!({"requestId": "V1", "status": "COMPLETED", "statusName": "success", "statusCode": "0"});
    let (mut cursor, mut seen, mut rows) = (String::new(), BTreeSet::new(), 0);
    for second in (0..400).step_by(5) {
        let polled = poll(&cursor, after(second), |target| {
            if !target.starts_with(SMS) {
                return bare(404);
            }
            let time = |name: &str| {
                let value = target.split(&format!("{name}=")).nth(1).unwrap().split('&').next().unwrap();
                wire::from_local(&value.replace("%20", " ").replace("%3A", ":")).unwrap()
            };
            let inside =
                time("completeStartTime") <= after(10) && after(10) <= Timestamp(time("completeEndTime").0 + 999);
            if inside && second >= 60 { answer(200, &json!({"messages": [row]})) } else { bare(404) }
        });
        rows += polled.reports.len();
        seen.extend(polled.reports.iter().map(|report| report.outcome.reference.clone()));
        cursor = polled.cursor;
    }
    assert_eq!((seen.len(), rows), (1, 1));
}

#[test]
fn what_the_gateway_sent_itself_is_told_from_the_alimtalk() {
    let row = |code: &str, name: &str, uses: bool, failover: Value| {
        let row = json!({"requestId": "R", "messageId": "M", "requestStatusCode": "A000", "messageStatusCode": code,
                         "messageStatusName": name, "useSmsFailover": uses, "failover": failover});
        let outcome = serde_json::from_value::<Row>(row).unwrap().outcome(true, None);
        (outcome.class, outcome.by_fallback)
    };
    let failover = |code: &str, name: &str| {
        json!({"requestId": "V", "requestStatusCode": "A000", "messageId": "M", "messageStatusCode": code,
               "messageStatusName": name})
    };
    assert_eq!(row("0000", "success", true, Value::Null), (Class::Ok, false));
    assert_eq!(row("3019", "fail", false, Value::Null), (Class::Fallback, false));
    assert_eq!(row("3019", "fail", true, Value::Null), (Class::Pending, false));
    assert_eq!(row("B010", "fail", true, Value::Null), (Class::Configuration, false), "no text follows these");
    assert_eq!(row("3019", "fail", true, failover("", "processing")), (Class::Pending, false));
    assert_eq!(row("3019", "fail", true, failover("0", "success")), (Class::Ok, true));
    assert_eq!(row("3019", "fail", true, failover("0000", "")), (Class::Ok, true));
    assert_eq!(row("3019", "fail", true, failover("3001", "fail")), (Class::Fallback, false));
    assert_eq!(row("3019", "fail", true, json!({"requestStatusCode": "A001"})), (Class::Fallback, false));
    assert_eq!(row("3005", "fail", false, Value::Null), (Class::Uncertain, false));
    assert_eq!(row("", "processing", true, Value::Null), (Class::Pending, false));
    assert_eq!(row("1000", "fail", false, Value::Null), (Class::Fallback, false), "only 0000 is delivered");
}

#[test]
fn of_a_row_that_does_not_tell_whether_a_text_follows_no_report_calls_the_message_failed() {
    let row = |id: &str, code: &str, name: &str| {
        json!({"requestId": "RSKM-1", "messageId": id, "messageStatusCode": code, "messageStatusName": name,
               "to": "01000000000"})
    };
    let mut both_failed = row("M3", "3019", "fail");
    both_failed["failover"] =
        json!({"requestStatusCode": "A000", "messageStatusCode": "3001", "messageStatusName": "fail"});
    let rows = [row("M1", "3019", "fail"), row("M2", "0000", "success"), both_failed, row("M4", "B010", "fail")];
    let polled = poll("", NOW, |target| match target {
        _ if target.ends_with("/channels") => channels(),
        _ if target.starts_with(ALIMTALK) => answer(200, &json!({"messages": rows})),
        _ => bare(404),
    });
    let said: Vec<_> = polled.reports.iter().map(|r| (r.outcome.reference.as_str(), r.outcome.class)).collect();
    assert_eq!(
        said,
        [("RSKM-1/M2", Class::Ok), ("RSKM-1/M3", Class::Fallback), ("RSKM-1/M4", Class::Configuration)],
        "the look-up knows what was asked for, and tells of M1"
    );
}

#[test]
fn every_state_of_a_text_message_has_its_class() {
    let row = |status: &str, name: &str, code: &str| {
        let row = json!({"requestId": "V", "status": status, "statusName": name, "statusCode": code});
        serde_json::from_value::<Row>(row).unwrap().outcome(false, None).class
    };
    for (status, name, code, class) in [
        ("READY", "", "", Class::Pending),
        ("PROCESSING", "", "", Class::Pending),
        ("COMPLETED", "success", "0", Class::Ok),
        ("COMPLETED", "success", "", Class::Ok),
        ("COMPLETED", "", "0", Class::Ok),
        ("COMPLETED", "fail", "3001", Class::Permanent),
        ("COMPLETED", "fail", "2003", Class::Transient),
        ("COMPLETED", "fail", "0", Class::Permanent),
        ("COMPLETED", "", "", Class::Pending),
        ("", "", "", Class::Pending),
    ] {
        assert_eq!(row(status, name, code), class, "{status} {name} {code}");
    }
}

#[test]
fn after_a_long_pause_no_window_is_longer_than_a_day() {
    let first = poll("", NOW, |_| bare(404));
    let mut cursor = first.cursor;
    for number in 0.. {
        let polled = poll(&cursor, after(3 * 86_400), |_| bare(404));
        cursor = polled.cursor;
        assert!(number < 10);
        if !polled.more {
            assert!(polled.targets.iter().any(|target| target.contains("completeEndTime=2026-12-04%2009%3A00%3A00")));
            break;
        }
    }
}
