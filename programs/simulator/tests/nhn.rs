//! NHN Cloud as documented: login, rules, template equality, reservation, results, idempotency, fallback.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failure here is a failed test")]

mod common;

use alimi_simulator::clock::{MINUTES, SECONDS, korean};
use alimi_simulator::{Options, Simulator};
use common::{Answer, SENDER, call, number, reminder, reports, start, start_with, try_call, values};
use serde_json::{Value, json};
use std::time::Duration;

const AT: &str = "/alimtalk/v2.3/appkeys/sim-nhn-app";
const SMS: &str = "/sms/v3.0/appKeys/sim-nhn-sms-app";

fn secret(target: &str) -> (&'static str, &'static str) {
    ("X-Secret-Key", if target.starts_with("/sms") { "sim-nhn-sms-secret" } else { "sim-nhn-secret" })
}

fn nhn(simulator: &Simulator, method: &str, target: &str, body: &Value) -> Answer {
    call(simulator, method, target, &[secret(target)], body)
}

fn code(answer: &Answer) -> i64 {
    assert_eq!(answer.status, 200);
    answer.json()["header"]["resultCode"].as_i64().unwrap()
}

fn filled(recipients: &[(String, &str)]) -> Value {
    let list: Vec<Value> = recipients
        .iter()
        .map(|(to, key)| json!({"recipientNo": to, "recipientGroupingKey": key, "templateParameter": values()}))
        .collect();
    json!({"senderKey": "sandbox-naru", "templateCode": "REMIND01", "recipientList": list})
}

fn raw(content: &str) -> Value {
    json!({"senderKey": "sandbox-naru", "templateCode": "REMIND01", "recipientList": [{"recipientNo": number(0), "content": content}]})
}

fn changes(simulator: &Simulator, query: &str) -> Vec<Value> {
    let (start, end) = (korean(simulator.now() - 3_600_000, MINUTES), korean(simulator.now(), MINUTES));
    let window = format!("startUpdateDate={start}&endUpdateDate={end}").replace(' ', "%20");
    let answer = nhn(simulator, "GET", &format!("{AT}/message-results?{window}&{query}"), &Value::Null);
    answer.json()["messages"].as_array().unwrap().clone()
}

#[test]
fn a_wrong_app_key_or_secret_is_refused() {
    let simulator = start();
    let body = filled(&[(number(0), "a")]);
    let stranger = call(&simulator, "POST", &format!("{AT}/messages"), &[("X-Secret-Key", "wrong")], &body);
    assert_eq!(code(&stranger), -1001);
    let other = AT.replace("sim-nhn-app", "other");
    assert_eq!(code(&nhn(&simulator, "POST", &format!("{other}/messages"), &body)), -1000);
    assert_eq!(simulator.journal(false).totals.accepted, 0);
}

#[test]
fn an_accepted_message_is_reported_in_the_window_of_its_change() {
    let simulator = start();
    let answer =
        nhn(&simulator, "POST", &format!("{AT}/messages"), &filled(&[(number(0), "R-1"), (number(10), "R-2")]));
    assert_eq!(code(&answer), 0);
    let message = answer.json()["message"].clone();
    assert_eq!(message["sendResults"][1]["recipientSeq"], 2);
    assert_eq!(message["sendResults"][1]["recipientGroupingKey"], "R-2");
    assert!(changes(&simulator, "").is_empty());
    reports(&simulator);
    let changes = changes(&simulator, "");
    assert_eq!(changes[0]["messageStatus"], "COMPLETED");
    assert_eq!(changes[0]["resultCode"], "1000");
    assert_eq!(changes[1]["resultCode"], "3019");
    assert_eq!(changes[1]["requestId"], message["requestId"]);
    let single = format!("{AT}/messages/{}/2", message["requestId"].as_str().unwrap());
    assert_eq!(nhn(&simulator, "GET", &single, &Value::Null).json()["message"]["recipientGroupingKey"], "R-2");
    let totals = simulator.journal(false).totals;
    assert_eq!((totals.accepted, totals.delivered, totals.failed), (2, 1, 1));
}

#[test]
fn results_come_in_pages() {
    let simulator = start();
    let recipients: Vec<(String, &str)> = (50..75).map(|fate| (number(fate), "x")).collect();
    nhn(&simulator, "POST", &format!("{AT}/messages"), &filled(&recipients));
    reports(&simulator);
    assert_eq!(changes(&simulator, "").len(), 15);
    assert_eq!(changes(&simulator, "pageNum=2").len(), 10);
    assert_eq!(changes(&simulator, "pageSize=1000").len(), 25);
}

#[test]
fn a_full_text_must_equal_the_template() {
    let simulator = start();
    let text = reminder(&simulator);
    let raw_send = |content: &str| nhn(&simulator, "POST", &format!("{AT}/raw-messages"), &raw(content)).json();
    assert_eq!(raw_send(&text)["header"]["resultCode"], 0);
    let differs = raw_send(&text.replace("변경하거나", "변경 하거나"));
    assert_eq!(differs["header"]["resultCode"], -1031);
    assert_eq!(differs["message"]["requestId"], Value::Null);
    assert_eq!(differs["message"]["sendResults"][0]["resultCode"], -3010);
}

#[test]
fn title_items_and_buttons_are_compared_too() {
    let simulator = start();
    let one = |change: &dyn Fn(&mut Value)| {
        let link = "https://example.com/r/1";
        let mut recipient = json!({"recipientNo": number(0), "content": "김하늘 님, 검사 결과가 나왔습니다.\n병원에 문의해 주세요.",
            "templateTitle": "혈액 결과",
            "buttons": [{"ordering": 1, "type": "WL", "name": "결과 보기", "linkMo": link, "linkPc": link},
                        {"ordering": 2, "type": "BK", "name": "예약 문의"}],
            "quickReplies": [{"ordering": 1, "type": "BK", "name": "확인했습니다"}]});
        change(&mut recipient);
        let body = json!({"senderKey": "sandbox-naru", "templateCode": "RESULT01", "recipientList": [recipient]});
        nhn(&simulator, "POST", &format!("{AT}/raw-messages"), &body).json()["message"]["sendResults"][0]["resultCode"]
            .as_i64()
    };
    assert_eq!(one(&|_| {}), Some(0));
    assert_eq!(one(&|r| r["templateTitle"] = json!("혈액 검사")), Some(-3033));
    assert_eq!(one(&|r| r["buttons"][1]["name"] = json!("예약문의")), Some(-3011));
    assert_eq!(one(&|r| r["buttons"] = json!([])), Some(-3011));
    assert_eq!(one(&|r| r["buttons"][0]["linkMo"] = json!("example.com")), Some(-3006));
    assert_eq!(one(&|r| r["buttons"][0]["ordering"] = json!(3)), Some(-2504));
    assert_eq!(one(&|r| r["templateHeader"] = json!("안내")), Some(-3042));
    let items = json!({"recipientNo": number(0), "content": "김하늘 님의 예약 내역입니다.", "templateHeader": "예약 안내",
        "templateItemHighlight": {"title": "내과", "description": "예약 확정"},
        "templateItem": {"list": [{"title": "날짜", "description": "12월 1일"}, {"title": "시각", "description": "14:30"}]}});
    let body = json!({"senderKey": "sandbox-naru", "templateCode": "ITEMS01", "recipientList": [items]});
    let answer = nhn(&simulator, "POST", &format!("{AT}/raw-messages"), &body).json();
    assert_eq!(answer["message"]["sendResults"][0]["resultCode"], -3043);
}

#[test]
fn the_rules_of_fields_hold() {
    let simulator = start();
    let send = |body: Value| code(&nhn(&simulator, "POST", &format!("{AT}/messages"), &body));
    let good = filled(&[(number(0), "a")]);
    let with = |change: &dyn Fn(&mut Value)| {
        let mut body = good.clone();
        change(&mut body);
        send(body)
    };
    assert_eq!(with(&|b| b["senderKey"] = json!("nobody")), -2017);
    assert_eq!(with(&|b| b["templateCode"] = json!("NOTHING")), -3003);
    assert_eq!(with(&|b| b["templateCode"] = json!("WAIT01")), -3005);
    assert_eq!(with(&|b| b["recipientList"] = json!([])), -2003);
    assert_eq!(with(&|b| b["recipientlist"] = json!([])), 4);
    assert_eq!(with(&|b| b["senderGroupingKey"] = json!("x".repeat(101))), 4);
    assert_eq!(with(&|b| b["requestDate"] = json!("2020-01-01 00:00")), -2025);
    assert_eq!(with(&|b| b["requestDate"] = json!("2099-01-01 00:00")), -2026);
    assert_eq!(with(&|b| b["requestDate"] = json!("2099/01/01")), -2027);
    let many: Vec<(String, &str)> = (0..1_001).map(|_| (number(0), "a")).collect();
    assert_eq!(send(filled(&many)), -2003);
    let single = |change: &dyn Fn(&mut Value)| {
        let mut body = good.clone();
        change(&mut body["recipientList"][0]);
        nhn(&simulator, "POST", &format!("{AT}/messages"), &body).json()["message"]["sendResults"][0]["resultCode"]
            .as_i64()
    };
    assert_eq!(single(&|r| r["recipientNo"] = json!("01012345678")), Some(-5000));
    assert_eq!(single(&|r| r["templateParameter"]["의사"] = json!("가".repeat(1_301))), Some(-3048));
    assert_eq!(single(&|r| r["templateParameter"]["의사"] = json!("가".repeat(1_290))), Some(-2019));
    assert_eq!(single(&|r| drop(r["templateParameter"].as_object_mut().unwrap().remove("의사"))), Some(-3004));
    let text = ask_with_type(&simulator, "text/plain", &good);
    assert_eq!(code(&text), -9996);
}

fn ask_with_type(simulator: &Simulator, kind: &str, body: &Value) -> Answer {
    let target = format!("{AT}/messages");
    let headers = [("Content-Type", kind), secret(&target)];
    common::ask(simulator.address(), "POST", &target, &headers, &serde_json::to_vec(body).unwrap()).unwrap()
}

#[test]
fn an_idempotency_key_used_twice_within_ten_minutes_fails() {
    let simulator = start();
    let target = format!("{AT}/messages");
    let send = || {
        let headers = [secret(&target), ("X-NC-API-IDEMPOTENCY-KEY", "k-1")];
        code(&call(&simulator, "POST", &target, &headers, &filled(&[(number(0), "a")])))
    };
    assert_eq!(send(), 0);
    assert_eq!(send(), -1005);
    simulator.advance(Duration::from_secs(601));
    assert_eq!(send(), 0);
    let totals = simulator.journal(false).totals;
    assert_eq!((totals.accepted, totals.distinct, totals.duplicates), (2, 1, 1));
}

#[test]
fn a_reservation_waits_for_its_time_and_can_be_cancelled() {
    let simulator = start();
    let date = korean(simulator.now() + 3_600_000, MINUTES);
    let mut body = filled(&[(number(0), "a"), (number(1), "b")]);
    body["requestDate"] = json!(date);
    let answer = nhn(&simulator, "POST", &format!("{AT}/messages"), &body).json();
    let request = answer["message"]["requestId"].as_str().unwrap();
    let cancel = format!("{AT}/messages/{request}?recipientSeq=2");
    assert_eq!(code(&nhn(&simulator, "DELETE", &cancel, &Value::Null)), 0);
    assert_eq!(code(&nhn(&simulator, "DELETE", &cancel, &Value::Null)), -2029);
    assert_eq!(changes(&simulator, "").len(), 1);
    simulator.advance(Duration::from_secs(3_700));
    let changes = changes(&simulator, "");
    assert_eq!(changes.last().unwrap()["messageStatus"], "COMPLETED");
    let totals = simulator.journal(false).totals;
    assert_eq!((totals.delivered, totals.cancelled), (1, 1));
}

#[test]
fn a_look_up_by_our_reference_finds_a_message_whose_answer_was_lost() {
    let simulator = start();
    let body = filled(&[(number(30), "lost-1")]);
    assert!(try_call(&simulator, "POST", &format!("{AT}/messages"), &[secret(AT)], &body).is_none());
    let (start, end) = (korean(simulator.now() - 60_000, MINUTES), korean(simulator.now(), MINUTES));
    let window = format!("startCreateDate={start}&endCreateDate={end}").replace(' ', "%20");
    let target = format!("{AT}/messages?{window}&recipientGroupingKey=lost-1");
    let found = nhn(&simulator, "GET", &target, &Value::Null).json();
    assert_eq!(found["messageSearchResultResponse"]["totalCount"], 1);
    // 32 is one that no look-up settles.
    let body = filled(&[(number(32), "lost-2")]);
    assert!(try_call(&simulator, "POST", &format!("{AT}/messages"), &[secret(AT)], &body).is_none());
    assert_eq!(nhn(&simulator, "GET", &target.replace("lost-1", "lost-2"), &Value::Null).status, 500);
}

#[test]
fn the_gateway_sends_a_text_in_place_of_an_alimtalk_that_failed() {
    let simulator = start();
    let mut body = filled(&[(number(10), "a"), (number(40), "b"), (number(0), "c")]);
    for place in 0..3 {
        body["recipientList"][place]["resendParameter"] = json!({"isResend": true, "resendSendNo": SENDER});
    }
    assert_eq!(code(&nhn(&simulator, "POST", &format!("{AT}/messages"), &body)), 0);
    assert_eq!(changes(&simulator, "").len(), 0);
    reports(&simulator);
    let sending = changes(&simulator, "");
    assert_eq!(sending[0]["resendStatus"], "RSC03");
    assert_eq!(sending[2]["resendStatus"], "RSC02");
    reports(&simulator);
    let done = changes(&simulator, "");
    assert_eq!(done[3]["resendStatus"], "RSC04");
    assert_eq!(done[3]["resendResultCode"], "1000");
    assert_eq!(done[4]["resendStatus"], "RSC05");
    let request = done[3]["resendRequestId"].as_str().unwrap();
    let text = nhn(&simulator, "GET", &format!("{SMS}/sender/mms/{request}?recipientSeq=1"), &Value::Null).json();
    assert_eq!(text["body"]["data"]["messageType"], "LMS");
    assert_eq!(simulator.journal(false).by_channel["nhn/lms"].accepted, 2);
}

#[test]
fn texts_have_rules_and_results_of_their_own() {
    let simulator = start();
    let sms = |change: &dyn Fn(&mut Value)| {
        let mut body = json!({"body": "내일 14:30 예약입니다.", "sendNo": SENDER,
            "recipientList": [{"recipientNo": number(0), "recipientGroupingKey": "t-1"}]});
        change(&mut body);
        nhn(&simulator, "POST", &format!("{SMS}/sender/sms"), &body)
    };
    assert_eq!(code(&sms(&|b| b["sendNo"] = json!("0212345678"))), -2312);
    assert_eq!(code(&sms(&|b| b["body"] = json!("예약 😀"))), -2023);
    assert_eq!(code(&sms(&|b| b["body"] = json!("가".repeat(256)))), -2002);
    assert_eq!(
        code(&nhn(
            &simulator,
            "POST",
            &format!("{SMS}/sender/mms"),
            &json!({"body": "x", "sendNo": SENDER, "recipientList": [{"recipientNo": number(0)}]})
        )),
        -2004
    );
    let sent = sms(&|_| {});
    assert_eq!(code(&sent), 0);
    let request = sent.json()["body"]["data"]["requestId"].as_str().unwrap().to_owned();
    reports(&simulator);
    let (start, end) = (korean(simulator.now() - 3_600_000, SECONDS), korean(simulator.now(), SECONDS));
    let window = format!("startUpdateDate={start}&endUpdateDate={end}").replace(' ', "%20");
    let changes = nhn(&simulator, "GET", &format!("{SMS}/message-results?{window}"), &Value::Null).json();
    assert_eq!(changes["body"]["data"][0]["requestId"], request.as_str());
    assert_eq!(changes["body"]["data"][0]["resultCode"], "1000");
    let wide = format!("startUpdateDate={start}&endUpdateDate=2099-01-01 00:00:00").replace(' ', "%20");
    assert_eq!(code(&nhn(&simulator, "GET", &format!("{SMS}/message-results?{wide}"), &Value::Null)), -2011);
}

#[test]
fn an_image_is_uploaded_and_makes_an_mms() {
    let simulator = start();
    let jpeg = alimi_simulator::signing::base64(&[0xff, 0xd8, 0xff, 0xe0, 1, 2, 3]);
    let upload = |body: Value| nhn(&simulator, "POST", &format!("{SMS}/attachfile/binaryUpload"), &body);
    assert_eq!(code(&upload(json!({"fileName": "a.png", "createUser": "t", "fileBody": jpeg}))), -2005);
    let done = upload(json!({"fileName": "a.jpg", "createUser": "t", "fileBody": jpeg})).json();
    let id = &done["body"]["data"]["fileId"];
    let mms = |id: &Value| {
        let body = json!({"title": "안내", "body": "사진", "sendNo": SENDER, "attachFileIdList": [id],
            "recipientList": [{"recipientNo": number(0)}]});
        code(&nhn(&simulator, "POST", &format!("{SMS}/sender/mms"), &body))
    };
    assert_eq!(mms(id), 0);
    assert_eq!(mms(&json!(99)), -2005);
    assert_eq!(simulator.journal(false).by_channel["nhn/mms"].accepted, 1);
}

#[test]
fn templates_are_listed_with_what_a_message_must_equal() {
    let simulator = start();
    let list =
        nhn(&simulator, "GET", &format!("{AT}/senders/sandbox-naru/templates?pageSize=1000"), &Value::Null).json();
    assert_eq!(list["templateListResponse"]["totalCount"], 4);
    let single = nhn(&simulator, "GET", &format!("{AT}/senders/sandbox-naru/templates/RESULT01"), &Value::Null).json();
    assert_eq!(single["templates"]["buttons"][0]["linkMo"], "https://example.com/r/#{번호}");
    assert_eq!(code(&nhn(&simulator, "GET", &format!("{AT}/senders/x/templates"), &Value::Null)), -2017);
}

#[test]
fn every_fate_of_the_sandbox_has_a_code_of_the_vendor() {
    let simulator = start_with(Options::default());
    for (fate, expected) in
        [(14, -2017), (15, -8008), (16, -5000), (18, -1020), (19, -3003), (22, -7000), (23, -9999), (26, 7777)]
    {
        let answer = nhn(&simulator, "POST", &format!("{AT}/messages"), &filled(&[(number(fate), "f")])).json();
        assert_eq!(answer["message"]["sendResults"][0]["resultCode"], expected, "{fate}");
    }
    for (fate, expected) in [(11, "3020"), (12, "3018"), (13, "3016"), (34, "3005"), (43, "3022"), (46, "4131")] {
        let key = format!("r-{fate}");
        nhn(&simulator, "POST", &format!("{AT}/messages"), &filled(&[(number(fate), &key)]));
        reports(&simulator);
        assert_eq!(changes(&simulator, "pageSize=1000").last().unwrap()["resultCode"], expected, "{fate}");
    }
    let slow = nhn(&simulator, "POST", &format!("{AT}/messages"), &filled(&[(number(21), "s")]));
    assert_eq!((slow.status, slow.header("retry-after")), (429, Some("1")));
    assert_eq!(code(&nhn(&simulator, "POST", &format!("{AT}/messages"), &filled(&[(number(21), "s")]))), 0);
}
