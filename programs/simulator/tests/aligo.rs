//! Aligo as documented: keys in the form, urlencoded and multipart, forwarding, history, reservation, fallback.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failure here is a failed test")]

mod common;

use alimi_simulator::Simulator;
use alimi_simulator::clock::korean;
use common::{SENDER, ask, number, reminder, reports, start};
use serde_json::{Value, json};

fn form(simulator: &Simulator, target: &str, fields: &[(&str, &str)]) -> Value {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let headers = [("Content-Type", "application/x-www-form-urlencoded")];
    ask(simulator.address(), "POST", target, &headers, body.as_bytes()).unwrap().json()
}

fn with<'a>(alimtalk: bool, fields: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let (key, user) = if alimtalk { ("apikey", "userid") } else { ("key", "user_id") };
    [(key, "sim-aligo-key"), (user, "sim-aligo-user")].into_iter().chain(fields.iter().copied()).collect()
}

fn alimtalk(simulator: &Simulator, more: &[(&str, &str)]) -> Value {
    let fields = [("senderkey", "sandbox-naru"), ("tpl_code", "REMIND01"), ("sender", SENDER), ("subject_1", "예약")];
    let fields: Vec<(&str, &str)> = fields.iter().chain(more).copied().collect();
    form(simulator, "/akv10/alimtalk/send/", &with(true, &fields))
}

fn detail(simulator: &Simulator, mid: &Value) -> Value {
    form(simulator, "/akv10/history/detail", &with(true, &[("mid", &mid.to_string())]))["list"].clone()
}

#[test]
fn the_keys_stand_in_the_form() {
    let simulator = start();
    let wrong = form(&simulator, "/akv10/template/list/", &[("apikey", "x"), ("userid", "sim-aligo-user")]);
    assert_eq!(wrong["code"], -101);
    assert_eq!(form(&simulator, "/remain/", &[("key", "x"), ("user_id", "y")])["result_code"], -101);
    let list = form(&simulator, "/akv10/template/list", &with(true, &[("senderkey", "sandbox-naru")]));
    assert_eq!((&list["code"], &list["info"]["APR"]), (&json!(0), &json!(3)));
}

#[test]
fn a_message_is_found_by_its_request_and_number() {
    let simulator = start();
    let sent = alimtalk(&simulator, &[("receiver_1", &number(0)), ("message_1", &reminder(&simulator))]);
    assert_eq!((&sent["code"], &sent["info"]["scnt"]), (&json!(0), &json!(1)));
    let mid = &sent["info"]["mid"];
    assert!(detail(&simulator, mid)[0]["msgid"].as_str().unwrap().starts_with('Q'));
    reports(&simulator);
    let list = detail(&simulator, mid);
    assert_eq!((&list[0]["rslt"], &list[0]["phone"]), (&json!("0"), &json!(number(0))));
    let history = form(&simulator, "/akv10/history/list/", &with(true, &[("limit", "10")]));
    assert_eq!(history["list"][0]["mid"], mid.to_string());
}

#[test]
fn a_text_that_differs_is_taken_and_fails_in_the_result() {
    let simulator = start();
    let sent = alimtalk(&simulator, &[("receiver_1", &number(0)), ("message_1", "다른 글")]);
    reports(&simulator);
    assert_eq!(detail(&simulator, &sent["info"]["mid"])[0]["rslt"], "3016");
}

#[test]
fn a_form_in_parts_sent_in_chunks_is_read_too() {
    let simulator = start();
    let text = reminder(&simulator);
    let to = number(0);
    let fields = [
        ("apikey", "sim-aligo-key"),
        ("userid", "sim-aligo-user"),
        ("senderkey", "sandbox-naru"),
        ("tpl_code", "REMIND01"),
        ("sender", SENDER),
        ("receiver_1", &to),
        ("subject_1", "예약"),
        ("message_1", &text),
    ];
    let mut parts = String::new();
    for (name, value) in fields {
        parts += &format!("--xyz\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    }
    parts += "--xyz--\r\n";
    let mut body = Vec::new();
    for chunk in parts.as_bytes().chunks(100) {
        body.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
        body.extend(chunk);
        body.extend(b"\r\n");
    }
    body.extend(b"0\r\n\r\n");
    let headers = [("Content-Type", "multipart/form-data; boundary=xyz"), ("Transfer-Encoding", "chunked")];
    let sent = ask(simulator.address(), "POST", "/akv10/alimtalk/send/", &headers, &body).unwrap().json();
    assert_eq!((&sent["code"], &sent["info"]["scnt"]), (&json!(0), &json!(1)));
    reports(&simulator);
    assert_eq!(detail(&simulator, &sent["info"]["mid"])[0]["rslt"], "0");
}

#[test]
fn the_rules_of_fields_hold() {
    let simulator = start();
    let text = reminder(&simulator);
    let to = number(0);
    let code = |more: &[(&str, &str)]| alimtalk(&simulator, more)["code"].as_i64().unwrap();
    assert_eq!(code(&[]), -99);
    assert_eq!(code(&[("receiver_1", &to)]), -99);
    assert_eq!(code(&[("receiver_1", &to), ("message_1", &text), ("senddate", "20200101000000")]), -99);
    assert_eq!(code(&[("receiver_1", &to), ("message_1", &text), ("button_1", "{")]), -99);
    let outside = alimtalk(&simulator, &[("receiver_1", "01012345678"), ("message_1", &text)]);
    assert_eq!((&outside["info"]["scnt"], &outside["info"]["fcnt"]), (&json!(0), &json!(1)));
    let sms = |more: &[(&str, &str)]| form(&simulator, "/send/", &with(false, more));
    assert_eq!(sms(&[("sender", "0212345678"), ("receiver", &to), ("msg", "x")])["result_code"], -102);
    let long = "가".repeat(46);
    assert_eq!(sms(&[("sender", SENDER), ("receiver", &to), ("msg", &long), ("msg_type", "SMS")])["result_code"], -101);
    assert_eq!(sms(&[("sender", SENDER), ("receiver", &to), ("msg", &long)])["msg_type"], "LMS");
    let mass = [("sender", SENDER), ("rec_1", &to), ("msg_1", "x"), ("cnt", "2")];
    assert_eq!(form(&simulator, "/send_mass/", &with(false, &mass))["result_code"], -101);
}

#[test]
fn a_text_has_its_list_and_its_state() {
    let simulator = start();
    let list = format!("{},{}", number(0), number(40));
    let sent = form(&simulator, "/send/", &with(false, &[("sender", SENDER), ("receiver", &list), ("msg", "예약")]));
    assert_eq!((&sent["result_code"], &sent["success_cnt"]), (&json!("1"), &json!(2)));
    reports(&simulator);
    let detail = form(&simulator, "/sms_list/", &with(false, &[("mid", sent["msg_id"].as_str().unwrap())]));
    assert_eq!(
        (&detail["list"][0]["sms_state"], &detail["list"][1]["sms_state"]),
        (&json!("발송완료"), &json!("발송실패"))
    );
}

#[test]
fn a_reservation_can_be_cancelled_until_five_minutes_before() {
    let simulator = start();
    let text = reminder(&simulator);
    let send = |minutes: i64| {
        let date = korean(simulator.now() + minutes * 60_000, "%Y%m%d%H%M%S");
        let sent = alimtalk(&simulator, &[("receiver_1", &number(0)), ("message_1", &text), ("senddate", &date)]);
        form(&simulator, "/akv10/cancel/", &with(true, &[("mid", &sent["info"]["mid"].to_string())]))["code"].clone()
    };
    assert_eq!(send(60), 0);
    assert_eq!(send(4), -99);
    assert_eq!(simulator.journal(false).totals.cancelled, 1);
}

#[test]
fn a_fallback_is_named_by_the_message_it_stands_in_for() {
    let simulator = start();
    let to = number(10);
    let more = [
        ("receiver_1", to.as_str()),
        ("message_1", &reminder(&simulator)),
        ("failover", "Y"),
        ("fmessage_1", "내일 예약"),
    ];
    let sent = alimtalk(&simulator, &more);
    reports(&simulator);
    reports(&simulator);
    let message = detail(&simulator, &sent["info"]["mid"])[0].clone();
    assert_eq!(message["rslt"], "3019");
    let list = form(&simulator, "/sms_list/", &with(false, &[("mid", message["smid"].as_str().unwrap())]));
    assert_eq!((&list["list"][0]["type"], &list["list"][0]["sms_state"]), (&json!("SMS"), &json!("발송완료")));
}
