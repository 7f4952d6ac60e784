//! Naver SENS as documented: signature over path and query, five minutes, forwarding, windows, tokens, reservations, failover.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failure here is a failed test")]

mod common;

use alimi_simulator::clock::{MINUTES, SECONDS, korean};
use alimi_simulator::{Simulator, signing};
use common::{Answer, SENDER, call, number, reminder, reports, start};
use serde_json::{Value, json};
use std::time::Duration;

const AT: &str = "/alimtalk/v2/services/ncp:kkobizmsg:kr:1000001:naru";
const SMS: &str = "/sms/v2/services/ncp:sms:kr:1000001:naru";

fn signed(
    simulator: &Simulator,
    method: &str,
    target: &str,
    body: &Value,
    secret: &str,
    stamp: i64,
    signed: &str,
) -> Answer {
    let stamp = stamp.to_string();
    let text = format!("{method} {signed}\n{stamp}\nsim-sens-access");
    let signature = signing::base64(&signing::hmac_sha256(secret.as_bytes(), &[text.as_bytes()]));
    let headers = [
        ("x-ncp-apigw-timestamp", stamp.as_str()),
        ("x-ncp-iam-access-key", "sim-sens-access"),
        ("x-ncp-apigw-signature-v2", &signature),
    ];
    call(simulator, method, target, &headers, body)
}

fn sens(simulator: &Simulator, method: &str, target: &str, body: &Value) -> Answer {
    signed(simulator, method, target, body, "sim-sens-secret", simulator.now(), target)
}

fn alimtalk(to: &str, content: &str) -> Value {
    json!({"plusFriendId": "@naru", "templateCode": "REMIND01", "messages": [{"to": to, "content": content}]})
}

fn sms(to: &str) -> Value {
    json!({"type": "SMS", "from": SENDER, "content": "내일 예약입니다", "messages": [{"to": to}]})
}

#[test]
fn the_signature_covers_method_path_query_time_and_key() {
    let simulator = start();
    let target = format!("{AT}/templates?channelId=@naru");
    let now = simulator.now();
    let ask = |secret: &str, stamp: i64, text: &str| {
        signed(&simulator, "GET", &target, &Value::Null, secret, stamp, text).status
    };
    assert_eq!(ask("sim-sens-secret", now, &target), 200);
    assert_eq!(ask("wrong", now, &target), 401);
    assert_eq!(ask("sim-sens-secret", now, &format!("{AT}/templates")), 401);
    assert_eq!(ask("sim-sens-secret", now - 6 * 60_000, &target), 401);
    assert_eq!(ask("sim-sens-secret", now - 4 * 60_000, &target), 200);
    simulator.skew(-6 * 60_000);
    assert_eq!(ask("sim-sens-secret", now, &target), 401);
}

#[test]
fn a_message_is_found_by_its_request_and_by_the_window_of_its_completion() {
    let simulator = start();
    let text = reminder(&simulator);
    let sent = sens(&simulator, "POST", &format!("{AT}/messages"), &alimtalk(&number(0), &text));
    assert_eq!(sent.status, 202);
    assert_eq!(sent.json()["messages"][0]["requestStatusCode"], "A000");
    let by_request = format!("{AT}/messages?requestId={}", sent.json()["requestId"].as_str().unwrap());
    assert_eq!(
        sens(&simulator, "GET", &by_request, &Value::Null).json()["messages"][0]["messageStatusName"],
        "processing"
    );
    let window = || {
        let (start, end) = (korean(simulator.now() - 3_600_000, SECONDS), korean(simulator.now(), SECONDS));
        let times = format!("completeStartTime={start}&completeEndTime={end}").replace(' ', "%20");
        sens(&simulator, "GET", &format!("{AT}/messages?plusFriendId=@naru&{times}"), &Value::Null)
    };
    assert_eq!((window().status, window().text.as_str()), (404, ""));
    reports(&simulator);
    assert_eq!(window().json()["messages"][0]["messageStatusCode"], "0000");
    let id = sent.json()["messages"][0]["messageId"].as_str().unwrap().to_owned();
    assert_eq!(
        sens(&simulator, "GET", &format!("{AT}/messages/{id}"), &Value::Null).json()["messageStatusCode"],
        "0000"
    );
    assert_eq!(sens(&simulator, "GET", &format!("{AT}/messages?requestId=RSKM-0000000099"), &Value::Null).status, 404);
}

#[test]
fn a_list_goes_on_by_its_token() {
    let simulator = start();
    let mut body = sms(&number(0));
    body["messages"] = (0..25).map(|_| json!({"to": number(0)})).collect();
    let request =
        sens(&simulator, "POST", &format!("{SMS}/messages"), &body).json()["requestId"].as_str().unwrap().to_owned();
    let first = sens(&simulator, "GET", &format!("{SMS}/messages?requestId={request}"), &Value::Null).json();
    assert_eq!((&first["itemCount"], &first["hasMore"]), (&json!(20), &json!(true)));
    let token = first["nextToken"].as_str().unwrap();
    let second =
        sens(&simulator, "GET", &format!("{SMS}/messages?requestId={request}&nextToken={token}"), &Value::Null).json();
    assert_eq!((&second["itemCount"], &second["hasMore"]), (&json!(5), &json!(false)));
}

#[test]
fn a_text_that_differs_is_taken_and_fails_in_the_result() {
    let simulator = start();
    let sent = sens(&simulator, "POST", &format!("{AT}/messages"), &alimtalk(&number(0), "다른 글")).json();
    reports(&simulator);
    let target = format!("{AT}/messages?requestId={}", sent["requestId"].as_str().unwrap());
    assert_eq!(sens(&simulator, "GET", &target, &Value::Null).json()["messages"][0]["messageStatusCode"], "3016");
}

#[test]
fn the_rules_of_fields_hold() {
    let simulator = start();
    let text = reminder(&simulator);
    let with = |change: &dyn Fn(&mut Value)| {
        let mut body = alimtalk(&number(0), &text);
        change(&mut body);
        sens(&simulator, "POST", &format!("{AT}/messages"), &body).status
    };
    assert_eq!(with(&|_| {}), 202);
    assert_eq!(with(&|b| b["plusFriendId"] = json!("@x")), 400);
    assert_eq!(with(&|b| b["templateCode"] = json!("x")), 400);
    assert_eq!(with(&|b| b["messages"][0]["to"] = json!("010-0000-0000")), 400);
    assert_eq!(with(&|b| b["messages"] = (0..101).map(|_| json!({"to": number(0), "content": "x"})).collect()), 400);
    assert_eq!(
        with(&|b| b["messages"][0]["buttons"] = json!([{"type": "WL", "name": "x", "linkMobile": "https://a.kr"}])),
        400
    );
    assert_eq!(with(&|b| b["messages"][0]["header"] = json!("x")), 400);
    assert_eq!(with(&|b| b["reserveTime"] = json!("2020-01-01 00:00")), 400);
    let text = |change: &dyn Fn(&mut Value)| {
        let mut body = sms(&number(0));
        change(&mut body);
        sens(&simulator, "POST", &format!("{SMS}/messages"), &body).status
    };
    assert_eq!(text(&|_| {}), 202);
    assert_eq!(text(&|b| b["type"] = json!("sms")), 400);
    assert_eq!(text(&|b| b["from"] = json!("0212345678")), 400);
    assert_eq!(text(&|b| b["subject"] = json!("가".repeat(21))), 400);
    assert_eq!(text(&|b| b["messages"][0]["to"] = json!("01012345678")), 400);
    assert_eq!(text(&|b| b["type"] = json!("MMS")), 400);
    let outside = sens(&simulator, "POST", &format!("{AT}/messages"), &alimtalk("01012345678", "x")).json();
    assert_eq!(
        (&outside["messages"][0]["requestStatusCode"], &outside["messages"][0]["requestStatusName"]),
        (&json!("3008"), &json!("fail"))
    );
}

#[test]
fn a_reservation_can_be_looked_at_and_cancelled_while_it_is_ready() {
    let simulator = start();
    let mut body = alimtalk(&number(0), &reminder(&simulator));
    body["reserveTime"] = json!(korean(simulator.now() + 3_600_000, MINUTES));
    let sent = sens(&simulator, "POST", &format!("{AT}/messages"), &body).json();
    let path = format!("{AT}/reservations/{}", sent["requestId"].as_str().unwrap());
    let status =
        || sens(&simulator, "GET", &format!("{path}/reserve-status"), &Value::Null).json()["reserveStatus"].clone();
    assert_eq!(status(), "READY");
    assert_eq!(sens(&simulator, "DELETE", &path, &Value::Null).status, 204);
    assert_eq!(status(), "CANCELED");
    assert_eq!(sens(&simulator, "DELETE", &path, &Value::Null).status, 400);
    simulator.advance(Duration::from_secs(4_000));
    assert_eq!(simulator.journal(false).totals.delivered, 0);
}

#[test]
fn a_failover_is_told_with_the_message_it_stands_in_for() {
    let simulator = start();
    let mut body = alimtalk(&number(10), &reminder(&simulator));
    body["messages"][0]["useSmsFailover"] = json!(true);
    body["messages"][0]["failoverConfig"] = json!({"type": "SMS", "from": SENDER, "content": "내일 예약"});
    let sent = sens(&simulator, "POST", &format!("{AT}/messages"), &body).json();
    reports(&simulator);
    reports(&simulator);
    let target = format!("{AT}/messages?requestId={}", sent["requestId"].as_str().unwrap());
    let message = sens(&simulator, "GET", &target, &Value::Null).json()["messages"][0].clone();
    assert_eq!(
        (&message["messageStatusCode"], &message["failover"]["messageStatusCode"]),
        (&json!("3019"), &json!("0"))
    );
    let text = format!("{SMS}/messages?requestId={}", message["failover"]["requestId"].as_str().unwrap());
    assert_eq!(sens(&simulator, "GET", &text, &Value::Null).json()["messages"][0]["type"], "SMS");
}

#[test]
fn templates_channels_and_files_are_there() {
    let simulator = start();
    let full =
        sens(&simulator, "GET", &format!("{AT}/templates?channelId=@naru&templateCode=RESULT01"), &Value::Null).json();
    assert_eq!(full[0]["buttons"][0]["linkMobile"], "https://example.com/r/#{번호}");
    assert_eq!(sens(&simulator, "GET", &format!("{AT}/channels"), &Value::Null).json().as_array().unwrap().len(), 5);
    let jpeg = signing::base64(&[0xff, 0xd8, 0xff, 0xe0]);
    let file =
        sens(&simulator, "POST", &format!("{SMS}/files"), &json!({"fileName": "a.jpg", "fileBody": jpeg})).json();
    let mut mms = sms(&number(0));
    mms["type"] = json!("MMS");
    mms["files"] = json!([{"fileId": file["fileId"]}]);
    assert_eq!(sens(&simulator, "POST", &format!("{SMS}/messages"), &mms).status, 202);
}
