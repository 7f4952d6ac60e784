//! Bizgo as documented: raw key, three layers, idempotency key with its time, batches until acknowledged, rate, reservations.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failure here is a failed test")]

mod common;

use alimi_simulator::clock::{SECONDS, korean};
use alimi_simulator::{Options, Simulator};
use common::{Answer, SENDER, call, number, reminder, reports, start, start_with, values};
use serde_json::{Value, json};
use std::time::Duration;

const SEND: &str = "/api/comm/v1/send/omni";
const POLL: &str = "/api/comm/v1/report/polling";

fn bizgo(simulator: &Simulator, method: &str, target: &str, body: &Value) -> Answer {
    call(simulator, method, target, &[("Authorization", "sim-bizgo-key")], body)
}

fn by_template(fates: &[u32]) -> Value {
    let list: Vec<Value> = fates
        .iter()
        .map(|fate| json!({"to": number(*fate), "replaceWords": values(), "ref": format!("b-{fate}")}))
        .collect();
    json!({"destinations": list, "messageFlow": [
        {"alimtalk": {"senderKey": "sandbox-naru", "templateCode": "REMIND01", "sendType": "template"}}]})
}

fn full_text(fate: u32, text: &str) -> Value {
    json!({"destinations": [{"to": number(fate)}], "messageFlow": [
        {"alimtalk": {"senderKey": "sandbox-naru", "templateCode": "REMIND01", "msgType": "AT", "text": text}}]})
}

fn refused(simulator: &Simulator, body: &Value) -> (u16, String) {
    let answer = bizgo(simulator, "POST", SEND, body);
    (answer.status, answer.json()["data"]["code"].as_str().unwrap().to_owned())
}

/// The codes of the recipients.
fn codes(answer: &Answer) -> Vec<String> {
    let list = answer.json()["data"]["data"]["destinations"].clone();
    list.as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_key_stands_alone_in_its_header() {
    let simulator = start();
    let ask = |key: &str| call(&simulator, "GET", POLL, &[("Authorization", key)], &Value::Null);
    assert_eq!(ask("sim-bizgo-key").status, 200);
    for wrong in ["Bearer sim-bizgo-key", "other"] {
        let answer = ask(wrong);
        assert_eq!((answer.status, &answer.json()["common"]["authCode"]), (401, &json!("A401")));
        assert_eq!(answer.json()["data"], Value::Null);
    }
}

#[test]
fn a_batch_of_reports_comes_again_until_it_is_acknowledged() {
    let simulator = start();
    let sent = bizgo(&simulator, "POST", SEND, &by_template(&[0, 10]));
    assert_eq!(codes(&sent), ["A000", "A000"]);
    let key = sent.json()["data"]["data"]["destinations"][0]["msgKey"].as_str().unwrap().to_owned();
    assert_eq!(key.len(), 33);
    let poll = || bizgo(&simulator, "GET", POLL, &Value::Null).json()["data"]["data"].clone();
    assert_eq!(poll(), json!({"reportId": "", "report": null}));
    reports(&simulator);
    let batch = poll();
    assert_eq!(batch["report"][0]["msgKey"], key.as_str());
    assert_eq!(
        (&batch["report"][0]["reportCode"], &batch["report"][1]["reportCode"]),
        (&json!("10000"), &json!("64016"))
    );
    assert_eq!(batch["report"][1]["ref"], "b-10");
    assert_eq!(poll(), batch);
    assert_eq!(bizgo(&simulator, "DELETE", &format!("{POLL}/RPT0"), &Value::Null).status, 403);
    let id = batch["reportId"].as_str().unwrap();
    assert_eq!(bizgo(&simulator, "DELETE", &format!("{POLL}/{id}"), &Value::Null).status, 200);
    assert_eq!(poll()["reportId"], "");
}

#[test]
fn an_idempotency_key_takes_each_recipient_once_within_its_time() {
    let simulator = start();
    let mut body = by_template(&[0, 1]);
    body["idempotencyKey"] = json!("k-1");
    assert_eq!(refused(&simulator, &body), (400, "A309".into()));
    body["idempotencyTtl"] = json!(60);
    assert_eq!(codes(&bizgo(&simulator, "POST", SEND, &body)), ["A000", "A000"]);
    body["destinations"] = by_template(&[1, 2])["destinations"].clone();
    assert_eq!(codes(&bizgo(&simulator, "POST", SEND, &body)), ["A301", "A000"]);
    simulator.advance(Duration::from_secs(61));
    assert_eq!(codes(&bizgo(&simulator, "POST", SEND, &body)), ["A000", "A000"]);
    let totals = simulator.journal(false).totals;
    assert_eq!((totals.accepted, totals.distinct, totals.duplicates), (5, 3, 2));
}

#[test]
fn the_rules_of_fields_hold() {
    let simulator = start();
    let with = |change: &dyn Fn(&mut Value)| {
        let mut body = by_template(&[0]);
        change(&mut body);
        refused(&simulator, &body).1
    };
    assert_eq!(with(&|b| b["destinations"] = json!([])), "A306");
    assert_eq!(with(&|b| b["destinations"] = by_template(&[0; 201])["destinations"].clone()), "A318");
    assert_eq!(with(&|b| b["destinations"][0]["replaceWords"] = json!({})), "A571");
    assert_eq!(with(&|b| b["ref"] = json!("x".repeat(201))), "A305");
    assert_eq!(with(&|b| b["messageFlow"][0]["alimtalk"]["senderKey"] = json!("x")), "A502");
    assert_eq!(with(&|b| b["messageFlow"][0]["alimtalk"]["templateCode"] = json!("x")), "A505");
    assert_eq!(with(&|b| b["messageflow"] = json!([])), "A011");
    let mut text = full_text(0, &reminder(&simulator));
    drop(text["messageFlow"][0]["alimtalk"].as_object_mut().unwrap().remove("msgType"));
    assert_eq!(refused(&simulator, &text), (400, "A523".into()));
    let sms = |from: &str, text: &str| {
        let body = json!({"destinations": [{"to": number(0)}], "messageFlow": [{"sms": {"from": from, "text": text}}]});
        refused(&simulator, &body).1
    };
    assert_eq!(sms("0212345678", "x"), "A327");
    assert_eq!(sms(SENDER, &"가".repeat(46)), "A328");
    assert_eq!(sms(SENDER, "😀"), "A303");
    assert_eq!(sms(SENDER, "예약 안내"), "A000");
    let outside =
        json!({"destinations": [{"to": "01012345678"}], "messageFlow": [{"sms": {"from": SENDER, "text": "x"}}]});
    assert_eq!(codes(&bizgo(&simulator, "POST", SEND, &outside)), ["A306"]);
}

#[test]
fn a_text_that_differs_is_taken_and_fails_in_the_report() {
    let simulator = start();
    let text = reminder(&simulator);
    for (text, code) in [(text.clone(), "10000"), (format!("{text}!"), "64013")] {
        bizgo(&simulator, "POST", SEND, &full_text(0, &text));
        reports(&simulator);
        let batch = bizgo(&simulator, "GET", POLL, &Value::Null).json()["data"]["data"].clone();
        assert_eq!(batch["report"][0]["reportCode"], code);
        bizgo(&simulator, "DELETE", &format!("{POLL}/{}", batch["reportId"].as_str().unwrap()), &Value::Null);
    }
}

#[test]
fn the_channels_of_a_flow_are_tried_in_order_and_the_last_one_reports() {
    let simulator = start();
    let mut body = by_template(&[10, 0]);
    body["messageFlow"]
        .as_array_mut()
        .unwrap()
        .push(json!({"mms": {"from": SENDER, "text": "내일 예약입니다", "title": "예약"}}));
    let sent = bizgo(&simulator, "POST", SEND, &body).json();
    reports(&simulator);
    reports(&simulator);
    let batch = bizgo(&simulator, "GET", POLL, &Value::Null).json()["data"]["data"]["report"].clone();
    assert_eq!(batch.as_array().unwrap().len(), 2);
    assert_eq!((&batch[0]["serviceType"], &batch[1]["serviceType"]), (&json!("ALIMTALK"), &json!("MMS")));
    let key = sent["data"]["data"]["destinations"][0]["msgKey"].as_str().unwrap();
    assert_eq!(batch[1]["msgKey"], key);
    let target = format!("/api/comm/v1/message/inquiry/msgKey/{key}");
    let found = bizgo(&simulator, "GET", &target, &Value::Null).json()["data"]["data"]["messages"].clone();
    assert_eq!((&found[0]["fallback"], &found[1]["fallback"]), (&json!("N"), &json!("Y")));
}

#[test]
fn the_rate_counts_recipients_and_is_a_429_with_code_a020() {
    let simulator = start_with(Options { bizgo_per_second: 200, ..Options::default() });
    simulator.advance(Duration::from_secs(1));
    let full = by_template(&[0; 200]);
    assert_eq!(bizgo(&simulator, "POST", SEND, &full).status, 200);
    let answer = bizgo(&simulator, "POST", SEND, &full);
    assert_eq!((answer.status, answer.header("retry-after")), (429, Some("1")));
    assert_eq!(answer.json()["data"]["code"], "A020");
    simulator.advance(Duration::from_secs(1));
    assert_eq!(bizgo(&simulator, "POST", SEND, &full).status, 200);
}

#[test]
fn a_reservation_is_stopped_resumed_and_cancelled() {
    let simulator = start();
    let mut body = by_template(&[0]);
    let create = |body: &Value| bizgo(&simulator, "POST", "/api/comm/v1/reservation", body).json();
    body["resvSendTime"] = json!(korean(simulator.now() + 60_000, SECONDS));
    assert_eq!(create(&body)["data"]["code"], "A316");
    body["resvSendTime"] = json!(korean(simulator.now() + 3_600_000, SECONDS));
    let made = create(&body);
    let key = made["data"]["resvKey"].as_str().unwrap();
    let at = |part: &str| format!("/api/comm/v1/reservation/resvKey/{key}{part}");
    let act = |part: &str| bizgo(&simulator, "POST", &at(part), &json!({})).json()["data"].clone();
    assert_eq!(act("/stop")["data"]["status"], "STOPPED");
    assert_eq!(act("/stop")["code"], "A824");
    simulator.advance(Duration::from_secs(3_700));
    assert_eq!(simulator.journal(false).totals.delivered, 0);
    assert_eq!(act("/resume")["code"], "A000");
    reports(&simulator);
    assert_eq!(simulator.journal(false).totals.delivered, 1);
    body["resvSendTime"] = json!(korean(simulator.now() + 3_600_000, SECONDS));
    let second = create(&body)["data"]["resvKey"].as_str().unwrap().to_owned();
    let cancel = format!("/api/comm/v1/reservation/resvKey/{second}/cancel");
    assert_eq!(bizgo(&simulator, "POST", &cancel, &json!({})).json()["data"]["data"]["status"], "CANCELLED");
    assert_eq!(simulator.journal(false).totals.cancelled, 1);
}

#[test]
fn an_image_is_uploaded_by_a_form() {
    let simulator = start();
    let upload = |kind: &str| {
        let mut body = format!(
            "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.jpg\"\r\nContent-Type: {kind}\r\n\r\n"
        )
        .into_bytes();
        body.extend([0xff, 0xd8, 0xff, 0xe0, 1]);
        body.extend(b"\r\n--b--\r\n");
        let headers = [("Authorization", "sim-bizgo-key"), ("Content-Type", "multipart/form-data; boundary=b")];
        common::ask(simulator.address(), "POST", "/api/comm/v1/file/mms", &headers, &body).unwrap().json()
    };
    assert_eq!(upload("image/png")["data"]["code"], "A205");
    let key = upload("image/jpeg")["data"]["data"]["fileKey"].clone();
    let mms = |key: &Value| {
        let body = json!({"destinations": [{"to": number(0)}], "messageFlow": [{"mms": {"from": SENDER, "text": "x", "fileKey": [key]}}]});
        refused(&simulator, &body).1
    };
    assert_eq!((mms(&key), mms(&json!("other"))), ("A000".into(), "A200".into()));
    let templates = "/api/comm/v1/center/alimtalk/template/list?senderKey=sandbox-naru&inspectionStatus=APR";
    let list = bizgo(&simulator, "GET", templates, &Value::Null).json();
    assert_eq!(list["data"]["data"]["alimtalk"]["templates"].as_array().unwrap().len(), 3);
}
