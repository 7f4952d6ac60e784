//! Scripted faults, the journal, webhooks and the control API.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failure here is a failed test")]

mod common;

use alimi_simulator::{Call, Fault, Kind, Options, Simulator, Vendor, control, signing};
use common::{Answer, ask, call, number, reports, start, start_with, try_call, values};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

const AT: &str = "/alimtalk/v2.3/appkeys/sim-nhn-app/messages";

fn message(fate: u32) -> Value {
    json!({"senderKey": "sandbox-naru", "templateCode": "REMIND01",
        "recipientList": [{"recipientNo": number(fate), "recipientGroupingKey": "f-1", "templateParameter": values()}]})
}

fn send(simulator: &Simulator) -> Option<Answer> {
    try_call(simulator, "POST", AT, &[("X-Secret-Key", "sim-nhn-secret")], &message(0))
}

/// One send under this fault: the status of the answer, if there is one, and how many messages were taken.
fn under(fault: Fault) -> (Option<u16>, u64) {
    let simulator = start();
    simulator.add_fault(fault);
    let answer = send(&simulator);
    (answer.map(|answer| answer.status), simulator.journal(false).totals.accepted)
}

#[test]
fn what_is_taken_and_what_is_said_differ_by_the_fault() {
    assert_eq!(under(Fault::new(Kind::Throttled)), (Some(429), 0));
    assert_eq!(under(Fault { status: Some(503), ..Fault::new(Kind::ErrorBefore) }), (Some(503), 0));
    assert_eq!(under(Fault::new(Kind::ErrorAfter)), (Some(500), 1));
    assert_eq!(under(Fault::new(Kind::LostAfter)), (None, 1));
    assert_eq!(under(Fault::new(Kind::LostBefore)), (None, 0));
    assert_eq!(under(Fault::new(Kind::Down)), (None, 0));
    assert_eq!(under(Fault::new(Kind::HalfClosed)), (None, 0));
    assert_eq!(under(Fault::new(Kind::Redirect)), (Some(307), 0));
    assert_eq!(under(Fault::new(Kind::Garbage)), (Some(200), 1));
    assert_eq!(under(Fault::new(Kind::Slow).delay_ms(1)), (Some(200), 1));
    assert_eq!(under(Fault::new(Kind::Credentials)), (Some(200), 0));
}

#[test]
fn a_429_names_the_seconds_that_were_asked_for() {
    let simulator = start();
    simulator.add_fault(Fault { retry_after: Some(7), ..Fault::new(Kind::Throttled).next(1) });
    assert_eq!(send(&simulator).unwrap().header("retry-after"), Some("7"));
    assert_eq!(send(&simulator).unwrap().status, 200);
}

#[test]
fn a_half_closed_connection_still_takes_what_is_written() {
    let simulator = start();
    simulator.add_fault(Fault::new(Kind::HalfClosed));
    let mut stream = TcpStream::connect(simulator.address()).unwrap();
    stream.write_all(b"GET /cash/v1/balance HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    assert_eq!(stream.read(&mut [0; 16]).unwrap(), 0);
    stream.write_all(b"more").unwrap();
    stream.write_all(b"and more").unwrap();
}

#[test]
fn a_silent_vendor_keeps_the_connection_open() {
    let simulator = start();
    simulator.add_fault(Fault::new(Kind::SilentAfter));
    let mut stream = TcpStream::connect(simulator.address()).unwrap();
    let body = serde_json::to_vec(&message(0)).unwrap();
    let head = format!(
        "POST {AT} HTTP/1.1\r\nHost: x\r\nX-Secret-Key: sim-nhn-secret\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&body).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    let error = stream.read(&mut [0; 16]).unwrap_err();
    assert!(matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut));
    assert_eq!(simulator.journal(false).totals.accepted, 1);
}

#[test]
fn a_vendor_that_is_down_leaves_the_others_alone_and_comes_back() {
    let simulator = start();
    let number = simulator.add_fault(Fault::new(Kind::Down).vendor(Vendor::Solapi));
    assert!(send(&simulator).is_some());
    assert!(ask(simulator.address(), "GET", "/cash/v1/balance", &[], b"").is_none());
    simulator.remove_fault(number);
    assert_eq!(ask(simulator.address(), "GET", "/cash/v1/balance", &[], b"").unwrap().status, 403);
}

#[test]
fn a_closed_port_refuses_connections_until_it_is_opened_again() {
    let simulator = start();
    simulator.listen(false);
    while TcpStream::connect(simulator.address()).is_ok() {
        std::thread::yield_now();
    }
    simulator.listen(true);
    while TcpStream::connect(simulator.address()).is_err() {
        std::thread::yield_now();
    }
    assert_eq!(send(&simulator).unwrap().status, 200);
}

#[test]
fn reports_come_late_twice_or_never() {
    let delivered = |fault: Fault| {
        let simulator = start();
        simulator.add_fault(fault);
        send(&simulator).unwrap();
        reports(&simulator);
        let first = simulator.journal(false).totals.delivered;
        simulator.advance(Duration::from_secs(600));
        (first, simulator.journal(false).totals.delivered)
    };
    assert_eq!(delivered(Fault::new(Kind::ReportLate).delay_ms(300_000)), (0, 1));
    assert_eq!(delivered(Fault::new(Kind::ReportNever)), (0, 0));
    assert_eq!(delivered(Fault::new(Kind::ReportTwice)), (1, 1));
}

#[test]
fn the_date_header_shows_a_clock_that_is_wrong() {
    let simulator = start();
    let date = |simulator: &Simulator| send(simulator).unwrap().header("date").unwrap().to_owned();
    let right = date(&simulator);
    simulator.skew(-400 * 86_400_000);
    assert_ne!(date(&simulator)[12..16], right[12..16]);
}

#[test]
fn lost_answers_and_repeats_are_numbers_in_the_journal() {
    let simulator = start();
    simulator.add_fault(Fault::new(Kind::LostAfter).call(Call::Send).next(2));
    assert!(send(&simulator).is_none() && send(&simulator).is_none());
    assert!(send(&simulator).is_some());
    let journal = simulator.journal(true);
    assert_eq!((journal.totals.accepted, journal.totals.distinct, journal.totals.duplicates), (3, 1, 2));
    let entry = &journal.messages.unwrap()[0];
    assert_eq!((&*entry.to, &*entry.reference, entry.accepted), (number(0).as_str(), "f-1", 3));
    simulator.reset();
    assert_eq!(simulator.journal(false).totals.accepted, 0);
}

#[test]
fn a_simulator_that_only_counts_lists_no_numbers() {
    let simulator = start_with(Options { keep_names: false, ..Options::default() });
    send(&simulator);
    let journal = simulator.journal(true);
    assert_eq!((journal.totals.accepted, &*journal.messages.unwrap()[0].to), (1, ""));
}

#[test]
fn the_control_api_does_what_the_library_does() {
    let simulator = start_with(Options { capture: 10, ..Options::default() });
    let control = |method: &str, target: &str, body: Value| call(&simulator, method, target, &[], &body);
    let added = control("POST", "/control/faults", json!("nhn.send.error_before=next:1,status:503")).json();
    assert_eq!(send(&simulator).unwrap().status, 503);
    control("POST", "/control/faults", json!({"kind": "slow", "vendor": "nhn", "delay_ms": 1}));
    assert_eq!(control("GET", "/control/faults", Value::Null).json().as_array().unwrap().len(), 2);
    assert_eq!(control("POST", "/control/faults", json!("nonsense")).status, 400);
    assert_eq!(control("DELETE", &format!("/control/faults/{}", added["number"]), Value::Null).status, 204);
    assert_eq!(control("DELETE", "/control/faults", Value::Null).status, 204);
    send(&simulator);
    control("POST", "/control/clock", json!({"advance_ms": 61_000}));
    let journal = control("GET", "/control/journal?list=1", Value::Null).json();
    assert_eq!((&journal["accepted"], &journal["delivered"]), (&json!(1), &json!(1)));
    assert_eq!(journal["by_channel"]["nhn/alimtalk"]["distinct"], 1);
    assert_eq!(journal["messages"][0]["reference"], "f-1");
    let requests = control("GET", "/control/requests?last=1", Value::Null).json();
    assert_eq!(requests[0]["body"]["senderKey"], "sandbox-naru");
    assert!(!requests.to_string().contains("sim-nhn-secret"));
    let fields = control::fields(&requests[0]["body"]);
    assert!(fields.contains("recipientList[].recipientNo: string"));
    assert_eq!(control("POST", "/control/reset", Value::Null).status, 204);
    assert_eq!(control("GET", "/control/setup", Value::Null).json()["nhn"]["app_key"], "sim-nhn-app");
}

/// Takes one request and answers it; its head and body.
fn receive(listener: &TcpListener, answer: &dyn Fn(&Value) -> Value) -> (String, Value) {
    let (mut stream, _) = listener.accept().unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut bytes = Vec::new();
    loop {
        let mut part = [0; 4_096];
        let read = stream.read(&mut part).unwrap();
        bytes.extend(&part[..read]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length =
            head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse::<usize>().ok());
        if body.len() >= length.unwrap() {
            let body: Value = serde_json::from_str(body).unwrap();
            let answer = answer(&body).to_string();
            write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{answer}", answer.len())
                .unwrap();
            return (head.to_owned(), body);
        }
    }
}

fn pushing(vendor: Vendor) -> (Simulator, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let webhooks = BTreeMap::from([(vendor, url)]);
    (start_with(Options { webhooks, ..Options::default() }), listener)
}

#[test]
fn nhn_pushes_reports_in_its_envelope() {
    let (simulator, listener) = pushing(Vendor::Nhn);
    send(&simulator);
    reports(&simulator);
    let (head, body) = receive(&listener, &|_| json!({}));
    assert!(head.to_lowercase().contains("x-toast-webhook-signature"));
    assert_eq!(
        (&body["event"], &body["hooks"][0]["recipientGroupingKey"]),
        (&json!("MESSAGE_RESULT_UPDATE"), &json!("f-1"))
    );
}

#[test]
fn solapi_pushes_an_array_of_messages() {
    let (simulator, listener) = pushing(Vendor::Solapi);
    let body = json!({"messages": [{"to": number(0), "from": common::SENDER, "text": "예약", "customFields": {"alimi": "s-1"}}]});
    common::solapi_call(&simulator, "POST", "/messages/v4/send-many/detail", &body);
    reports(&simulator);
    let (_, body) = receive(&listener, &|_| json!({}));
    assert_eq!((&body[0]["statusCode"], &body[0]["customFields"]["alimi"]), (&json!("4000"), &json!("s-1")));
}

#[test]
fn bizgo_pushes_one_signed_report_and_repeats_it_until_it_is_named() {
    let (simulator, listener) = pushing(Vendor::Bizgo);
    let body = json!({"destinations": [{"to": number(0), "ref": "b-1"}], "messageFlow": [{"sms": {"from": common::SENDER, "text": "예약"}}]});
    call(&simulator, "POST", "/api/comm/v1/send/omni", &[("Authorization", "sim-bizgo-key")], &body);
    reports(&simulator);
    let (_, first) = receive(&listener, &|_| json!({"msgKey": "another"}));
    let (head, second) = receive(&listener, &|body| json!({"msgKey": body["msgKey"]}));
    assert_eq!(first, second);
    let header = |name: &str| {
        head.lines().find_map(|l| l.to_lowercase().strip_prefix(&format!("{name}: ")).map(str::to_owned)).unwrap()
    };
    let expected = signing::hex(&signing::hmac_sha256(b"sim-bizgo-webhook", &[header("x-ib-timestamp").as_bytes()]));
    assert_eq!((header("x-ib-signature"), &second["ref"]), (expected, &json!("b-1")));
}
