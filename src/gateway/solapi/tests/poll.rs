//! Reports, and where reading goes on.

use super::*;
use crate::gateway::testing::played_at;
use crate::time::Timestamp;
use std::collections::BTreeMap;

/// A pass that has read a page.
const UNDER_WAY: &str = r#"{"from":1796083000000,"newest":7,"pass":{"began":1796083100000,"top":8,"sorted":true,"parts":[{"from":1796083000000,"until":1796084000000,"key":"M1","first":8,"top":8}]}}"#;

fn poll(cursor: &str, now: i64, body: &Value) -> (String, Vec<(Mark, Class)>, String, bool) {
    let mut dialogue = solapi().begin(Order::Poll { cursor: cursor.into(), since: NOW });
    let moment = Moment { now: Timestamp(now), ..moment() };
    let request = asked(dialogue.next(None, &moment));
    let Step::Done(Some(News::Polled { reports, cursor, more, .. })) = dialogue.next(answer(200, body), &moment) else {
        panic!("a poll has one request")
    };
    let reports = reports.into_iter().map(|report| (report.mark, report.outcome.class)).collect();
    (line(&request), reports, cursor, more)
}

#[test]
fn a_poll_reads_what_was_updated_page_by_page_and_goes_on_where_nothing_can_be_missed() {
    let span = |from: &str| {
        let time = |clock: &str| format!("2026-12-01T{}%2B09%3A00", clock.replace(':', "%3A"));
        let until = time("09:16:00.123");
        format!("GET main /messages/v4/list?dateType=UPDATED&startDate={}&endDate={until}&limit=500", time(from))
    };
    let first = json!({"messageList": [row("M0", "K0/1/1", "4000"), row("M1", "K1/1/1", "3000")], "nextKey": "M1"});
    let (line, reports, cursor, more) = poll("", NOW.0, &first);
    assert_eq!(line, span("08:44:00.123"));
    let ours = |key| Mark::Ours(crate::gateway::Reference::parse(key).unwrap());
    assert_eq!((reports, more), (vec![(ours("K0/1/1"), Class::Ok)], true));

    let mut foreign = row("M2", "", "3104");
    foreign["dateUpdated"] = json!("2026-12-01T00:00:30Z");
    let second = json!({"messageList": {"M2": foreign}, "nextKey": ""});
    let (line, reports, cursor, more) = poll(&cursor, NOW.0 + 1_000, &second);
    assert_eq!(line, format!("{}&startKey=M1", span("08:44:00.123")));
    assert_eq!((reports, more), (vec![(Mark::Theirs("M2".into()), Class::Fallback)], false));

    // An update may be two seconds late; the list has the order of the updates, so that the pass hid none.
    let empty = json!({"messageList": {}});
    let (line, _, cursor, _) = poll(&cursor, NOW.0, &second);
    assert_eq!(line, span("09:00:28.000"));
    // Nothing newer: it is not read a third time.
    let (line, _, cursor, _) = poll(&cursor, NOW.0, &empty);
    assert_eq!(line, span("09:00:30.001"));
    let (_, _, again, _) = poll(&cursor, NOW.0 + 3_600_000, &empty);
    let (line, _, _, _) = poll(&again, NOW.0, &empty);
    assert_eq!(line, span("09:44:00.123"), "an idle hour is not read for ever");
}

#[test]
fn in_a_list_of_another_order_what_came_during_the_pass_is_read_again() {
    let updated = |id: &str, time: &str| {
        let mut row = row(id, "", "4000");
        row["dateUpdated"] = json!(time);
        row
    };
    let rows = [updated("M0", "2026-12-01T00:00:30Z"), updated("M1", "2026-12-01T00:00:10Z")];
    let (_, _, cursor, _) = poll("", NOW.0, &json!({"messageList": rows, "nextKey": "M1"}));
    let (_, _, cursor, _) = poll(&cursor, NOW.0 + 3_000, &json!({"messageList": []}));
    let (line, _, _, _) = poll(&cursor, NOW.0, &json!({"messageList": []}));
    assert!(line.contains("startDate=2026-12-01T09%3A00%3A25.000"), "{line}");
}

#[test]
fn a_pass_whose_page_is_gone_begins_anew() {
    let order = Order::Poll { cursor: UNDER_WAY.into(), since: NOW };
    let (_, news) = played(&solapi(), order, |_| answer(400, &json!({"errorCode": "ValidationError"})).unwrap());
    let Some(News::Polled { cursor, more, .. }) = news else { panic!("{news:?}") };
    assert_eq!((cursor.as_str(), more), (r#"{"from":1796083000000,"newest":7,"pass":null}"#, false));
}

#[test]
fn a_poll_without_a_page_comes_again_to_the_same_place() {
    for heard in [
        Heard::Failed(Failure::Lost),
        answer(500, &json!({"messageList": {}})).unwrap(),
        answer(200, &json!([])).unwrap(),
    ] {
        for cursor in ["", UNDER_WAY, "1,2,3,4,a,b", "{}"] {
            let order = Order::Poll { cursor: cursor.into(), since: NOW };
            let (_, news) = played(&solapi(), order, |_| heard.clone());
            let Some(News::Polled { reports, cursor: on, more, .. }) = news else { panic!("{news:?}") };
            assert_eq!((reports.len(), on.as_str(), more), (0, cursor, false));
        }
    }
}

#[test]
fn a_date_far_ahead_does_not_end_the_reports() {
    let mut odd = row("M0", "K0/1/1", "4000");
    odd["dateUpdated"] = json!("9999-01-01T00:00:00Z");
    let (_, _, cursor, _) = poll("", NOW.0, &json!({"messageList": [odd]}));
    let (line, _, _, _) = poll(&cursor, NOW.0, &json!({}));
    assert!(line.contains("startDate=2026-12-01T08%3A44"), "{line}");
}

/// A vendor that lists by the time of the update, each at its millisecond.
fn page(updates: &[i64], target: &str) -> Heard {
    let query: BTreeMap<&str, &str> =
        target.split_once('?').unwrap().1.split('&').map(|pair| pair.split_once('=').unwrap()).collect();
    let time = |name: &str| {
        let text = query[name].replace("%3A", ":").replace("%2B", "+");
        Timestamp::parse(&text).unwrap().0
    };
    let span = time("startDate")..=time("endDate");
    let from = query.get("startKey").map_or(i64::MIN, |key| key[1..].parse().unwrap());
    let mut left = updates.iter().filter(|at| span.contains(at) && **at >= from);
    let rows: Vec<Value> = left.by_ref().take(500).map(|at| updated_at(&format!("M{at}"), *at)).collect();
    answer(200, &json!({"messageList": rows, "nextKey": left.next().map(|at| format!("M{at}"))})).unwrap()
}

fn updated_at(id: &str, at: i64) -> Value {
    let mut row = row(id, "", "4000");
    row["dateUpdated"] = json!(Timestamp(at).to_iso());
    row
}

#[test]
fn what_has_come_in_is_read_side_by_side_and_nothing_is_left_out() {
    // 20,000 updates in ten seconds, a thousand more while they are read.
    let late = (0..1_000).map(|number| NOW.0 + 10_000 + number);
    let updates: Vec<i64> = (0..20_000).map(|number| NOW.0 + number / 2).chain(late).collect();
    let mut seen = BTreeMap::new();
    let (mut cursor, mut polls, mut most) = (String::new(), 0, 0);
    loop {
        let mut dialogue = solapi().begin(Order::Poll { cursor, since: NOW });
        let moment = Moment { now: Timestamp(NOW.0 + 10_000), ..moment() };
        let (requests, news) = played_at(&mut *dialogue, &moment, |request| page(&updates, &request.target));
        let signatures: std::collections::BTreeSet<_> = requests.iter().map(|request| &request.headers).collect();
        assert_eq!(signatures.len(), requests.len(), "each is signed anew");
        let Some(News::Polled { reports, cursor: on, more, .. }) = news else { panic!("{news:?}") };
        for report in reports {
            let Mark::Theirs(name) = report.mark else { panic!("not ours") };
            *seen.entry(name).or_insert(0) += 1;
        }
        (cursor, polls, most) = (on, polls + 1, most.max(requests.len()));
        if !more {
            break;
        }
    }
    let names: std::collections::BTreeSet<_> = updates.iter().map(|at| format!("M{at}")).collect();
    assert!(seen.keys().eq(&names), "every update is reported");
    let twice = seen.values().filter(|times| **times > 1).count();
    assert!(twice < 1_000, "{twice} are read again");
    assert!(most == 4 && polls < 20, "{most} at once in {polls} polls, not 42 one after the other");
}
