//! SOLAPI as documented: signatures, replay, clock, rules, template equality, groups, look-ups, fallback.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failure here is a failed test")]

mod common;

use alimi_simulator::Simulator;
use alimi_simulator::clock::iso;
use common::{SENDER, call, number, reminder, reports, solapi, solapi_call, start, values};
use serde_json::{Value, json};
use std::time::Duration;

const DETAIL: &str = "/messages/v4/send-many/detail";
const SECRET: &str = "sim-solapi-secret-0123456789abcd";

fn variables() -> Value {
    let values = values();
    values
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| (format!("#{{{name}}}"), value.clone()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn alimtalk(fate: u32, reference: &str) -> Value {
    json!({"to": number(fate), "type": "ATA", "customFields": {"alimi": reference},
        "kakaoOptions": {"pfId": "KA01PF-naru", "templateId": "KA01TP-REMIND01", "variables": variables(), "disableSms": true}})
}

fn sms(to: &str, text: &str) -> Value {
    json!({"to": to, "from": SENDER, "text": text})
}

fn send(simulator: &Simulator, messages: Vec<Value>) -> Value {
    let answer = solapi_call(simulator, "POST", DETAIL, &json!({"messages": messages, "showMessageList": true}));
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

/// The status code of one message that is refused.
fn refused(simulator: &Simulator, message: Value) -> String {
    let answer = send(simulator, vec![message]);
    assert_eq!(answer["groupInfo"]["count"]["registeredFailed"], 1);
    answer["failedMessageList"][0]["statusCode"].as_str().unwrap().to_owned()
}

#[test]
fn the_signature_is_computed_again_and_a_wrong_one_refused() {
    let simulator = start();
    let ask = |header: &str| {
        let headers = [("Authorization", header)];
        let answer = call(&simulator, "GET", "/cash/v1/balance", &headers, &Value::Null);
        (answer.status, answer.json()["errorCode"].as_str().unwrap_or_default().to_owned())
    };
    let date = iso(simulator.now());
    let refusal = |code: &str| (403, code.to_owned());
    assert_eq!(ask(&solapi(SECRET, &date, "0123456789abcdef")).0, 200);
    assert_eq!(ask(&solapi("wrong", &date, "0123456789abcdef")), refusal("SignatureDoesNotMatch"));
    assert_eq!(ask(&solapi(SECRET, &date, "short")), refusal("SignatureDoesNotMatch"));
    assert_eq!(ask(&solapi(SECRET, &date, "0123456789abcdeg").replace("NCSSIM", "NCSXXX")), refusal("InvalidAPIKey"));
    // Python's client writes the names of the parts with a capital letter.
    assert_eq!(
        ask(&solapi(SECRET, &date, "0123456789abcdeh").replace("apiKey", "ApiKey").replace("date=", "Date=")).0,
        200
    );
}

#[test]
fn a_signature_may_be_used_once_and_its_date_be_a_quarter_of_an_hour_off() {
    let simulator = start();
    let ask = |date: i64, salt: &str| {
        let header = solapi(SECRET, &iso(date), salt);
        let answer = call(&simulator, "GET", "/cash/v1/balance", &[("Authorization", &header)], &Value::Null);
        answer.json()["errorCode"].as_str().unwrap_or_default().to_owned()
    };
    let now = simulator.now();
    assert_eq!(ask(now, "replayed-salt"), "");
    assert_eq!(ask(now, "replayed-salt"), "DuplicatedSignature");
    assert_eq!(ask(now, "another-salt-"), "");
    assert_eq!(ask(now - 14 * 60_000, "early-enough-"), "");
    assert_eq!(ask(now - 16 * 60_000, "too-early----"), "RequestTimeTooSkewed");
    assert_eq!(ask(now + 16 * 60_000, "too-late-----"), "RequestTimeTooSkewed");
    simulator.skew(3_600_000);
    assert_eq!(ask(now, "skewed-salt--"), "RequestTimeTooSkewed");
    assert_eq!(ask(now + 3_600_000, "skewed-along-"), "");
}

#[test]
fn an_accepted_message_is_found_by_id_and_by_group_with_its_custom_fields() {
    let simulator = start();
    let sent = send(&simulator, vec![alimtalk(0, "R-1"), alimtalk(11, "R-2")]);
    assert_eq!(sent["groupInfo"]["count"]["total"], 2);
    let id = sent["messageList"][0]["messageId"].as_str().unwrap();
    let list = solapi_call(&simulator, "GET", &format!("/messages/v4/list?messageId={id}"), &Value::Null).json();
    assert_eq!(list["messageList"][id]["statusCode"], "2000");
    assert_eq!(list["messageList"][id]["customFields"]["alimi"], "R-1");
    reports(&simulator);
    let group = sent["groupInfo"]["groupId"].as_str().unwrap();
    let list = solapi_call(&simulator, "GET", &format!("/messages/v4/list?groupId={group}"), &Value::Null).json();
    let codes: Vec<&str> =
        list["messageList"].as_object().unwrap().values().map(|m| m["statusCode"].as_str().unwrap()).collect();
    assert_eq!(codes, ["4000", "3107"]);
    let info = solapi_call(&simulator, "GET", &format!("/messages/v4/groups/{group}"), &Value::Null).json();
    assert_eq!((&info["count"]["sentSuccess"], &info["status"]), (&json!(1), &json!("COMPLETE")));
}

#[test]
fn a_list_is_walked_by_its_next_key_and_by_the_window_of_changes() {
    let simulator = start();
    let begun = iso(simulator.now() - 1_000);
    send(&simulator, (50..75).map(|fate| alimtalk(fate, &format!("p-{fate}"))).collect());
    let window = format!("dateType=UPDATED&startDate={begun}&endDate={}", iso(simulator.now() + 3_600_000));
    let empty = solapi_call(&simulator, "GET", &format!("/messages/v4/list?{window}"), &Value::Null).json();
    assert_eq!(empty["messageList"], json!({}));
    reports(&simulator);
    let (mut seen, mut key) = (std::collections::BTreeSet::new(), String::new());
    for _ in 0..4 {
        let page =
            solapi_call(&simulator, "GET", &format!("/messages/v4/list?{window}&limit=10{key}"), &Value::Null).json();
        seen.extend(page["messageList"].as_object().unwrap().keys().cloned());
        match page["nextKey"].as_str() {
            Some(next) => key = format!("&startKey={next}"),
            None => break,
        }
    }
    assert_eq!(seen.len(), 25);
}

#[test]
fn a_full_text_and_the_set_up_are_compared_with_the_template() {
    let simulator = start();
    let with = |change: &dyn Fn(&mut Value)| {
        let mut message = alimtalk(0, "a");
        change(&mut message);
        refused(&simulator, message)
    };
    assert_eq!(with(&|m| m["kakaoOptions"]["pfId"] = json!("KA01PF-x")), "1041");
    assert_eq!(with(&|m| m["kakaoOptions"]["templateId"] = json!("REMIND01")), "1042");
    assert_eq!(with(&|m| m["kakaoOptions"]["templateId"] = json!("KA01TP-WAIT01")), "1042");
    assert_eq!(with(&|m| drop(m["kakaoOptions"]["variables"].as_object_mut().unwrap().remove("#{의사}"))), "1043");
    assert_eq!(with(&|m| m["kakaoOptions"]["variables"] = values()), "1010");
    assert_eq!(with(&|m| m["customFields"]["x"] = json!("x".repeat(101))), "1010");
    let text = reminder(&simulator);
    let full = |text: &str| {
        let mut message = alimtalk(0, "f");
        message["text"] = json!(text);
        drop(message["kakaoOptions"].as_object_mut().unwrap().remove("variables"));
        message
    };
    assert_eq!(refused(&simulator, full(&format!("{text} "))), "1043");
    assert_eq!(send(&simulator, vec![full(&text)])["failedMessageList"], json!([]));
}

#[test]
fn texts_have_their_rules() {
    let simulator = start();
    let to = number(0);
    assert_eq!(refused(&simulator, json!({"to": to, "text": "x"})), "1010");
    assert_eq!(refused(&simulator, json!({"to": to, "text": "x", "from": "0212345678"})), "1062");
    assert_eq!(refused(&simulator, sms(&to, "예약 😀")), "1029");
    assert_eq!(refused(&simulator, sms(&to, "\u{7}")), "1028");
    let mut long = sms(&to, &"가".repeat(46));
    long["type"] = json!("SMS");
    assert_eq!(refused(&simulator, long.clone()), "1031");
    long["text"] = json!("짧은 글");
    long["subject"] = json!("제목");
    assert_eq!(refused(&simulator, long), "1013");
    assert_eq!(refused(&simulator, sms("01012345678", "x")), "1025");
    assert_eq!(send(&simulator, vec![sms(&to, &"가".repeat(46))])["failedMessageList"], json!([]));
    assert_eq!(simulator.journal(false).by_channel["solapi/lms"].accepted, 1);
}

#[test]
fn the_same_number_twice_in_a_group_needs_leave_and_ten_thousand_is_the_most() {
    let simulator = start();
    let twice = vec![sms(&number(0), "a"), sms(&number(0), "b")];
    let answer = send(&simulator, twice.clone());
    assert_eq!(answer["failedMessageList"][0]["statusCode"], "1026");
    let body = json!({"messages": twice, "allowDuplicates": true});
    assert_eq!(solapi_call(&simulator, "POST", DETAIL, &body).json()["failedMessageList"], json!([]));
    let many: Vec<String> = (0..10_001).map(|_| number(0)).collect();
    let body = json!({"messages": [{"to": many, "from": SENDER, "text": "x"}], "allowDuplicates": true});
    assert_eq!(solapi_call(&simulator, "POST", DETAIL, &body).status, 400);
    assert_eq!(solapi_call(&simulator, "POST", DETAIL, &json!({"messages": [{"tto": "1"}]})).status, 400);
}

#[test]
fn the_platform_sends_a_text_unless_it_is_told_not_to() {
    let simulator = start();
    let mut message = alimtalk(10, "R-1");
    message["from"] = json!(SENDER);
    message["kakaoOptions"]["disableSms"] = json!(false);
    let sent = send(&simulator, vec![message, alimtalk(11, "R-2")]);
    reports(&simulator);
    reports(&simulator);
    let group = sent["groupInfo"]["groupId"].as_str().unwrap();
    let list = solapi_call(&simulator, "GET", &format!("/messages/v4/list?groupId={group}"), &Value::Null).json();
    let texts: Vec<&Value> =
        list["messageList"].as_object().unwrap().values().filter(|m| m["replacement"] == true).collect();
    assert_eq!(texts.len(), 1);
    assert_eq!((&texts[0]["type"], &texts[0]["statusCode"]), (&json!("LMS"), &json!("4000")));
    assert_eq!(texts[0]["customFields"]["alimi"], "R-1");
}

#[test]
fn a_scheduled_group_can_be_cancelled() {
    let simulator = start();
    let date = iso(simulator.now() + 3_600_000);
    let body = json!({"messages": [alimtalk(0, "a")], "scheduledDate": date});
    let sent = solapi_call(&simulator, "POST", DETAIL, &body).json();
    assert_eq!(sent["groupInfo"]["status"], "SCHEDULED");
    let path = format!("/messages/v4/groups/{}/schedule", sent["groupInfo"]["groupId"].as_str().unwrap());
    assert_eq!(solapi_call(&simulator, "DELETE", &path, &Value::Null).json()["status"], "FAILED");
    assert_eq!(solapi_call(&simulator, "DELETE", &path, &Value::Null).status, 400);
    simulator.advance(Duration::from_secs(8_000));
    let totals = simulator.journal(false).totals;
    assert_eq!((totals.delivered, totals.cancelled), (0, 1));
}

#[test]
fn a_group_can_be_put_together_by_hand() {
    let simulator = start();
    let made = solapi_call(&simulator, "POST", "/messages/v4/groups", &json!({})).json();
    let path = format!("/messages/v4/groups/{}", made["groupId"].as_str().unwrap());
    let added = solapi_call(&simulator, "PUT", &format!("{path}/messages"), &json!({"messages": [alimtalk(0, "g")]}));
    assert_eq!(added.json()["errorCount"], 0);
    assert_eq!(simulator.journal(false).totals.accepted, 0);
    let sent = solapi_call(&simulator, "POST", &format!("{path}/send"), &Value::Null);
    assert_eq!((sent.status, &sent.json()["count"]["total"]), (200, &json!(1)));
    assert_eq!(simulator.journal(false).totals.accepted, 1);
}

#[test]
fn templates_and_images_are_there() {
    let simulator = start();
    let list = solapi_call(&simulator, "GET", "/kakao/v2/templates?limit=3", &Value::Null).json();
    assert_eq!(list["templateList"].as_array().unwrap().len(), 3);
    assert_eq!(list["nextKey"], "KA01TP-WAIT01");
    let single = solapi_call(&simulator, "GET", "/kakao/v2/templates/KA01TP-REMIND01", &Value::Null).json();
    assert_eq!(single["status"], "APPROVED");
    let jpeg = alimi_simulator::signing::base64(&[0xff, 0xd8, 0xff, 0xe0, 1]);
    let file = solapi_call(&simulator, "POST", "/storage/v1/files", &json!({"file": jpeg, "type": "MMS"})).json();
    let mut mms = sms(&number(0), "사진");
    mms["imageId"] = file["fileId"].clone();
    assert_eq!(send(&simulator, vec![mms])["failedMessageList"], json!([]));
    assert_eq!(
        solapi_call(&simulator, "POST", "/storage/v1/files", &json!({"file": "AAAA", "type": "MMS"})).status,
        400
    );
}
