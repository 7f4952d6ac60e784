//! Reports, and where reading goes on.

use super::*;
use crate::gateway::nhncloud::rows::Row;
use crate::gateway::testing::played_at;
use crate::gateway::{Reference, Report};
use crate::message::Key;
use std::collections::BTreeSet;

struct Polled {
    targets: Vec<String>,
    reports: Vec<Report>,
    cursor: String,
    more: bool,
}

/// One poll at a time; `heard` is asked for each service's answer by the target.
fn poll(cursor: &str, now: Timestamp, mut heard: impl FnMut(&str) -> Option<Heard>) -> Polled {
    let adapter = adapter();
    let mut dialogue = adapter.begin(Order::Poll { cursor: cursor.into(), since: NOW });
    let moment = crate::gateway::Moment { now, ..moment() };
    let (requests, news) = played_at(&mut *dialogue, &moment, |request| heard(&line(request)).unwrap());
    let Some(News::Polled { reports, cursor, more, receipt: None, .. }) = news else { panic!("{news:?}") };
    Polled { targets: requests.iter().map(line).collect(), reports, cursor, more }
}

fn nothing() -> Option<Heard> {
    answer(200, &json!({"header": success(), "messages": []}))
}

fn after(seconds: i64) -> Timestamp {
    Timestamp(NOW.0 + seconds * 1_000)
}

#[test]
fn both_services_are_asked_and_their_reports_carry_the_best_name() {
    let alimtalk = json!([
        {"requestId": "R", "recipientSeq": 1, "requestDate": "2026-12-01 09:00:00", "createDate": "2026-12-01 09:00:00",
         "receiveDate": "2026-12-01 09:00:02", "resendStatus": "RSC01", "resendStatusName": "", "resendResultCode": null,
         "resendRequestId": null, "messageStatus": "COMPLETED", "resultCode": "1000", "resultCodeName": "성공"},
        {"requestId": "R", "recipientSeq": 2, "messageStatus": "FAILED", "resultCode": "3018", "resendStatus": "RSC03"},
        {"messageStatus": "FAILED", "resultCode": "3018"},
    ]);
    let text = json!([{"messageType": "SMS", "requestId": "S", "recipientSeq": 1, "resultCode": "3003",
                       "updateDate": "2026-12-01 09:00:10.0", "recipientGroupingKey": "K7/2/3"}]);
    let polled = poll("", NOW, |target| {
        let main = target.contains(" main ");
        let data = json!({"pageNum": 1, "pageSize": 1000, "totalCount": 1, "data": text});
        answer(
            200,
            &if main {
                json!({"header": success(), "messages": alimtalk})
            } else {
                json!({"header": success(), "body": data})
            },
        )
    });
    assert_eq!(
        polled.targets,
        [
            "GET main /alimtalk/v2.3/appkeys/app%2Fkey/message-results?startUpdateDate=2026-12-01%2008%3A59\
             &endUpdateDate=2026-12-01%2009%3A01&pageNum=1&pageSize=1000",
            "GET text /sms/v3.0/appKeys/sms%20key/message-results?startUpdateDate=2026-12-01%2008%3A59%3A00\
             &endUpdateDate=2026-12-01%2009%3A01%3A00&pageNum=1&pageSize=1000",
        ]
    );
    let ours = Reference { key: Key::parse("K7").unwrap(), channel: Channel::Sms, attempt: 3 };
    let short: Vec<_> = polled.reports.iter().map(|report| (report.mark.clone(), report.outcome.class)).collect();
    assert_eq!(short, [(Mark::Theirs("R/1".into()), Class::Ok), (Mark::Ours(ours), Class::Permanent)]);
    assert!(!polled.more);
}

#[test]
fn the_list_of_the_vendors_table_is_read_as_that_of_its_sample() {
    let row = json!({"requestId": "S", "recipientSeq": 1, "resultCode": "1000"});
    for body in [json!({"data": [row]}), json!({"resultUpdateList": [row], "data": null})] {
        let polled = poll("", NOW, |_| answer(200, &json!({"header": success(), "body": body})));
        assert!(polled.reports.iter().all(|report| report.outcome.class == Class::Ok));
        assert_eq!(polled.reports.len(), 2);
    }
}

#[test]
fn what_the_gateway_sent_itself_is_told_from_the_alimtalk() {
    let row = |status: &str, code: &str, resend: &str| {
        let row = json!({"requestId": "R", "recipientSeq": 1, "messageStatus": status, "resultCode": code,
                         "resendStatus": resend});
        let outcome = serde_json::from_value::<Row>(row).unwrap().outcome(true);
        (outcome.class, outcome.reason, outcome.by_fallback)
    };
    assert_eq!(row("COMPLETED", "1000", "RSC02"), (Class::Ok, Reason::None, false));
    assert_eq!(row("FAILED", "3019", "RSC01"), (Class::Fallback, Reason::NotKakaoUser, false));
    assert_eq!(row("FAILED", "3019", "RSC02"), (Class::Pending, Reason::None, false));
    assert_eq!(row("FAILED", "3019", "RSC03"), (Class::Pending, Reason::None, false));
    assert_eq!(row("FAILED", "3019", "RSC04"), (Class::Ok, Reason::None, true));
    assert_eq!(row("FAILED", "3019", "RSC05"), (Class::Fallback, Reason::NotKakaoUser, false));
    assert_eq!(row("FAILED", "3005", "RSC05"), (Class::Uncertain, Reason::DeliveryUnconfirmed, false));
    assert_eq!(row("CANCEL", "", "RSC02"), (Class::Permanent, Reason::CancelledByCaller, false));
    assert_eq!(row("", "", "RSC02"), (Class::Pending, Reason::None, false));
    assert_eq!(row("FAILED", "", ""), (Class::Fallback, Reason::Other, false));
    assert_eq!(row("FAILED", "1000", ""), (Class::Fallback, Reason::Other, false), "the status goes before the code");
}

#[test]
fn a_text_message_that_stands_in_for_an_alimtalk_is_told_by_the_alimtalk_alone() {
    // It carries the key of the AlimTalk, and a name that no answer gave.
    let row =
        |code: &str| json!({"requestId": "S", "recipientSeq": 1, "resultCode": code, "recipientGroupingKey": "K/1/1"});
    for resend in ["RSC03", "RSC04"] {
        let alimtalk = json!([{"requestId": "R", "recipientSeq": 1, "messageStatus": "FAILED", "resultCode": "3019",
                               "resendStatus": resend, "resendRequestId": "S"}]);
        let polled = poll("", NOW, |target| {
            let main = json!({"header": success(), "messages": alimtalk});
            let text = json!({"header": success(), "body": {"data": [row("1000"), row("1000"), row("3003")]}});
            answer(200, if target.contains(" main ") { &main } else { &text })
        });
        let told: Vec<_> = polled.reports.iter().map(|report| (&report.mark, report.outcome.by_fallback)).collect();
        let alimtalk = Mark::Theirs("R/1".into());
        assert_eq!(told, if resend == "RSC04" { vec![(&alimtalk, true)] } else { Vec::new() });
    }
}

#[test]
fn every_state_of_a_text_message_has_its_class() {
    let row = |status: &str, code: &str| {
        let row = json!({"requestId": "R", "mtPr": 1, "msgStatus": status, "resultCode": code});
        serde_json::from_value::<Row>(row).unwrap().outcome(false).class
    };
    for (status, class) in [
        ("0", Class::Permanent),
        ("1", Class::Pending),
        ("2", Class::Pending),
        ("3", Class::Ok),
        ("4", Class::Permanent),
        ("5", Class::Permanent),
        ("6", Class::Permanent),
        ("7", Class::Pending),
        ("", Class::Pending),
    ] {
        assert_eq!(row(status, ""), class, "{status}");
    }
    assert_eq!(row("0", "2003"), Class::Transient);
    assert_eq!(row("0", "1000"), Class::Permanent);
    assert_eq!(row("", "1000"), Class::Ok);
}

/// A vendor that lists what was changed in a window, oldest first.
struct Vendor {
    /// When each message was changed, ms.
    changed: Vec<i64>,
}

impl Vendor {
    fn answer(&self, target: &str) -> Option<Heard> {
        let of = |name: &str| {
            let value = target.split(&format!("{name}=")).nth(1).unwrap().split('&').next().unwrap();
            value.replace("%20", " ").replace("%3A", ":")
        };
        let time = |name: &str| wire::from_local(&of(name)).unwrap().0;
        let page: usize = of("pageNum").parse().unwrap();
        let (from, to) = (time("startUpdateDate"), time("endUpdateDate"));
        let inside = self.changed.iter().enumerate().filter(|(_, at)| (from..=to).contains(*at));
        let rows: Vec<Value> = inside
            .skip((page - 1) * 1_000)
            .take(1_000)
            .map(|(at, _)| json!({"requestId": "R", "recipientSeq": at, "messageStatus": "COMPLETED"}))
            .collect();
        answer(200, &json!({"header": success(), "messages": rows}))
    }
}

#[test]
fn under_load_every_report_is_read_and_few_of_them_again() {
    // 400 messages a second for four minutes, polled every five seconds.
    let (rate, seconds) = (400, 240);
    let mut vendor = Vendor { changed: Vec::new() };
    let adapter = NhnCloud::new(&Secret::from("k"), &Secret::from("s"), &None);
    let (mut cursor, mut read, mut rows) = (String::new(), BTreeSet::new(), 0);
    for second in (0..seconds + 120).step_by(5) {
        for at in (second..second + 5).filter(|at| *at < seconds) {
            vendor.changed.extend((0..rate).map(|number| after(at).0 + number));
        }
        loop {
            let mut dialogue = adapter.begin(Order::Poll { cursor: cursor.clone(), since: NOW });
            let now = crate::gateway::Moment { now: after(second + 5), ..moment() };
            let (_, news) = played_at(&mut *dialogue, &now, |request| vendor.answer(&line(request)).unwrap());
            let Some(News::Polled { reports, cursor: next, more, .. }) = news else { panic!("no reports: {news:?}") };
            rows += reports.len();
            read.extend(reports.iter().map(|report| report.outcome.reference.clone()));
            cursor = next;
            if !more {
                break;
            }
        }
    }
    let sent = usize::try_from(rate * seconds).unwrap();
    assert_eq!(read.len(), sent);
    assert!(rows <= sent * 3, "{rows} rows for {sent} messages");
}

#[test]
fn what_was_not_read_is_asked_for_again() {
    let first = poll("", NOW, |_| nothing());
    let failed = poll(&first.cursor, after(5), |_| Some(Heard::Failed(Failure::Lost)));
    assert_eq!((failed.cursor, failed.more, failed.reports.len()), (first.cursor, false, 0));
}

#[test]
fn after_a_long_pause_the_time_between_is_read_day_by_day() {
    let first = poll("", NOW, |_| nothing());
    let mut polled = poll(&first.cursor, after(3 * 86_400), |_| nothing());
    let of_texts = |polled: &Polled| -> Vec<String> {
        polled.targets.iter().filter(|target| target.contains(" text ")).cloned().collect()
    };
    let mut windows = of_texts(&polled);
    while polled.more {
        polled = poll(&polled.cursor, after(3 * 86_400), |_| nothing());
        windows.extend(of_texts(&polled));
        assert!(windows.len() < 20, "{windows:?}");
    }
    assert!(windows[0].contains("startUpdateDate=2026-12-01%2008%3A59%3A00&endUpdateDate=2026-12-02%2008%3A58%3A00"));
    assert!(windows[1].contains("startUpdateDate=2026-12-02%2008%3A58%3A00&endUpdateDate=2026-12-03%2008%3A57%3A00"));
    assert!(windows.last().unwrap().contains("endUpdateDate=2026-12-04%2009%3A01%3A00"), "{windows:?}");
}
