//! What the tests against the simulator share: its gateways as a configuration, messages, and what must be true of its
//! journal.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failure here is a failed test")]
#![allow(dead_code, reason = "every test takes what it needs")]

use alimi::message::{Body, MessageResult, Options, Request, State};
use alimi::{Client, Settings};
use alimi_simulator::Simulator;
use alimi_simulator::signing::fingerprint;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

/// How long a result is waited for before the test fails.
pub const PATIENCE: Duration = Duration::from_secs(60);
pub const VENDORS: [&str; 5] = ["nhncloud", "solapi", "bizgo", "sens", "aligo"];

/// What the simulator has registered.
fn setup() -> Value {
    serde_json::from_str(include_str!("../../programs/simulator/setup.json")).unwrap()
}

/// A gateway of the simulator, with its logins, and waits made short.
pub fn gateway(vendor: &str, simulator: &Simulator) -> Value {
    let setup = setup();
    let nhn = &setup["nhn"];
    let mut gateway = match vendor {
        "nhncloud" => json!({
            "app_key": nhn["app_key"], "secret_key": nhn["secret_key"],
            "sms_app_key": nhn["sms_app_key"], "sms_secret_key": nhn["sms_secret_key"],
        }),
        "sens" => json!({
            "access_key": setup["sens"]["access_key"], "secret_key": setup["sens"]["secret_key"],
            "service_id": setup["sens"]["alimtalk_service"], "sms_service_id": setup["sens"]["sms_service"],
        }),
        "bizgo" => json!({"api_key": setup["bizgo"]["api_key"]}),
        other => setup[other].clone(),
    };
    let common = json!({"type": vendor, "base_url": simulator.url(), "poll_ms": 100, "settle_ms": 300});
    gateway.as_object_mut().unwrap().extend(common.as_object().unwrap().clone());
    gateway
}

/// By what name the sender profile of the account goes with a vendor.
pub fn sender_key(vendor: &str) -> &'static str {
    match vendor {
        "solapi" => "KA01PF-naru",
        "sens" => "@naru",
        _ => "sandbox-naru",
    }
}

/// A configuration with these gateways; the first one is the account's. `changes` go on top.
pub fn configuration(folder: &Path, simulator: &Simulator, vendors: &[&str], changes: Value) -> Value {
    let gateways: BTreeMap<_, _> = vendors.iter().map(|vendor| (*vendor, gateway(vendor, simulator))).collect();
    let there: BTreeMap<_, _> = vendors.iter().map(|v| (*v, json!({"sender_key": sender_key(v)}))).collect();
    let mut configuration = json!({
        "outbox": {"path": folder.join("outbox.db"), "key": "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"},
        "gateways": gateways,
        "accounts": {"naru": {
            "sender_key": sender_key(vendors[0]), "sender_number": "070-0000-0001", "gateway": vendors[0],
            "gateways": there,
        }},
        "templates": {"reminder": template("REMIND01", vendors), "result": template("RESULT01", vendors)},
        "retry": {"initial_ms": 20, "max_ms": 500, "max_attempts": 20, "request_timeout_ms": 2000},
        "logging": {"level": "debug"},
    });
    if let Value::Object(changes) = changes {
        configuration.as_object_mut().unwrap().extend(changes);
    }
    configuration
}

/// A template as it is registered with the simulator.
fn template(code: &str, vendors: &[&str]) -> Value {
    let setup = setup();
    let registered = setup["templates"].as_array().unwrap().iter().find(|t| t["code"] == code).unwrap().clone();
    let buttons = |list: &Value| -> Vec<Value> {
        let one = |b: &Value| {
            let mut button = json!({"type": b["type"], "name": b["name"]});
            for (ours, theirs) in [("link_mobile", "mobile"), ("link_pc", "pc")] {
                if b[theirs].as_str().is_some_and(|link| !link.is_empty()) {
                    button[ours] = b[theirs].clone();
                }
            }
            button
        };
        list.as_array().map(|list| list.iter().map(one).collect()).unwrap_or_default()
    };
    let mut template = json!({
        "code": code,
        "text": registered["text"],
        "buttons": buttons(&registered["buttons"]),
        "quick_replies": buttons(&registered["quick_replies"]),
    });
    if registered["title"].is_string() {
        template["title"] = registered["title"].clone();
    }
    if vendors.contains(&"solapi") {
        template["gateways"] = json!({"solapi": {"code": format!("KA01TP-{code}")}});
    }
    template
}

pub fn start(configuration: &Value) -> Client {
    Client::start(Settings::parse(&configuration.to_string()).unwrap()).unwrap()
}

/// A reminder to a number of the simulator whose last two digits are `fate`; no two are alike.
pub fn reminder(number: usize, fate: usize) -> Request {
    let variables = [
        ("기관명", "가람의원".to_owned()),
        ("환자명", format!("김하늘{number}")),
        ("예약일", "12월 1일".to_owned()),
        ("예약시간", "10:30".to_owned()),
        ("진료과", "내과".to_owned()),
        ("의사", "박의사".to_owned()),
    ];
    Request {
        key: format!("R-{number}"),
        to: to(number, fate),
        body: Body::Alimtalk {
            template: "reminder".to_owned(),
            variables: variables.map(|(name, value)| (name.to_owned(), value)).into(),
        },
        options: Options::default(),
    }
}

/// A number of the simulator's range. Fate 0 stands for every ending that is delivered, so that many numbers take part.
fn to(number: usize, fate: usize) -> String {
    let delivered = (0..10).chain(50..100).nth(number / 100 % 60).unwrap();
    format!("0100000{:02}{:02}", number % 100, if fate == 0 { delivered } else { fate })
}

/// A short text message.
pub fn text(number: usize, fate: usize) -> Request {
    let text = format!("[가람의원] {number}번 예약 안내");
    Request { key: format!("T-{number}"), to: to(number, fate), body: Body::Text { text }, options: Options::default() }
}

/// Polls and acknowledges until so many different messages have their result.
pub fn results(client: &Client, count: usize) -> BTreeMap<String, MessageResult> {
    let mut results = BTreeMap::new();
    while results.len() < count {
        let Some(result) = client.poll(PATIENCE).unwrap() else {
            panic!("{} of {count} results came; health: {:?}", results.len(), client.health());
        };
        client.acknowledge(&result.key).unwrap();
        let again = results.insert(result.key.clone(), result);
        assert!(again.is_none(), "two results for one key");
    }
    results
}

/// How many of the results have each state.
pub fn states(results: &BTreeMap<String, MessageResult>) -> BTreeMap<&'static str, usize> {
    let mut states = BTreeMap::new();
    results.values().for_each(|result| *states.entry(result.state.word()).or_default() += 1);
    states
}

/// What the simulator's journal calls the message of a key where the vendor keeps no reference: a number made of its text.
pub fn name_by_text(key: &str) -> String {
    static REMINDER: LazyLock<String> =
        LazyLock::new(|| template("REMIND01", &[])["text"].as_str().unwrap().to_owned());
    let (kind, number) = key.split_once('-').unwrap();
    let number = number.parse().unwrap();
    let text = match if kind == "T" { text(number, 0) } else { reminder(number, 0) }.body {
        Body::Text { text } => text,
        Body::Alimtalk { variables, .. } => {
            variables.iter().fold(REMINDER.clone(), |text, (name, value)| text.replace(&format!("#{{{name}}}"), value))
        }
    };
    format!("text-{:016x}", fingerprint(text.as_str()))
}

/// Compares the results with the journal, which is the truth. Returns (lost, doubled): accepted by nobody though it was
/// called delivered, and accepted more than once by one channel. Where the vendor keeps no references the journal knows the
/// texts, no two of which are alike; then the lost are only counted.
pub fn judge(simulator: &Simulator, results: &BTreeMap<String, MessageResult>) -> (usize, usize) {
    let taken = simulator.journal(true).messages.unwrap();
    let doubled = taken.iter().filter(|entry| entry.accepted > 1).count();
    let delivered = || results.values().filter(|result| result.state == State::Delivered);
    let named: BTreeSet<&str> =
        taken.iter().filter(|entry| entry.name != entry.reference).map(|entry| &*entry.name).collect();
    if named.is_empty() {
        return (delivered().count().saturating_sub(taken.len()), doubled);
    }
    (delivered().filter(|result| !named.contains(result.key.as_str())).count(), doubled)
}
