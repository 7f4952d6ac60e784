//! Plays every row of the README's sandbox table through the public API.

// A test may fall at once.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use alimi::message::{Body, Channel, MessageResult, Options, Request};
use alimi::{Client, Settings};
use std::collections::BTreeMap;
use std::time::Duration;

const README: &str = include_str!("../README.md");

/// What the table promises for one ending: result, channel, reason.
type Promise = [String; 3];

fn table() -> BTreeMap<String, Promise> {
    let section = README.split("\n## The sandbox\n").nth(1).and_then(|rest| rest.split("\n## ").next());
    let rows = section.into_iter().flat_map(str::lines).filter(|line| line.starts_with("| ")).skip(1);
    rows.map(|row| {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        (cells[1].chars().take(2).collect(), [cells[3], cells[4], cells[5]].map(str::to_owned))
    })
    .collect()
}

/// The numbers that wait follow the configuration; here they wait as short as it allows.
fn client(directory: &std::path::Path) -> Client {
    let configuration = serde_json::json!({
        "outbox": { "encryption": "none", "path": directory.join("outbox.db") },
        "gateways": { "test": { "type": "sandbox", "delay_ms": 1 } },
        "accounts": { "clinic": { "sender_key": "test", "sender_number": "070-0000-0001", "gateway": "test" } },
        "account": "clinic",
        "templates": { "note": { "text": "#{name}님, 예약을 알려 드립니다." } },
        "retry": { "max_attempts": 4, "initial_ms": 1, "max_ms": 5, "request_timeout_ms": 100 },
        "report_timeout_seconds": 1,
        "logging": { "file": null },
    });
    Client::start(Settings::parse(&configuration.to_string()).unwrap()).unwrap()
}

fn request(ending: &str) -> Request {
    Request {
        key: ending.to_owned(),
        to: format!("010-0000-00{ending}"),
        body: Body::Alimtalk {
            template: "note".to_owned(),
            variables: [("name".to_owned(), "김하늘".to_owned())].into(),
        },
        // Only what can never leave lives until its deadline.
        options: Options { expires_in: ["44", "49"].contains(&ending).then(|| "1".to_owned()), ..Options::default() },
    }
}

fn as_promised(result: &MessageResult) -> Promise {
    let by = if result.channel == Channel::Alimtalk { "alimtalk" } else { "text" };
    [result.state.word(), by, result.reason.word()].map(str::to_owned)
}

#[test]
fn every_ending_of_the_table_in_the_readme_ends_as_the_table_says() {
    let mut promised = table();
    assert!(promised.len() >= 34, "the table was found and read");
    promised.insert("99".to_owned(), promised["00"].clone());

    let directory = tempfile::tempdir().unwrap();
    let client = client(directory.path());
    for ending in promised.keys() {
        client.send(request(ending)).unwrap();
    }
    let mut ended = BTreeMap::new();
    while ended.len() < promised.len() {
        let result = client.poll(Duration::from_secs(60)).unwrap().expect("a result within a minute");
        client.acknowledge(&result.key).unwrap();
        ended.insert(result.key.clone(), as_promised(&result));
    }
    for (ending, promise) in &promised {
        assert_eq!(&ended[ending], promise, "ending {ending}");
    }
    assert!(client.shutdown(Duration::from_secs(5)).unwrap());
}

#[test]
fn a_recipient_outside_the_range_of_the_sandbox_is_refused_there() {
    let directory = tempfile::tempdir().unwrap();
    let client = client(directory.path());
    client.send(Request { to: "010-0001-0000".to_owned(), ..request("outside") }).unwrap();
    let result = client.poll(Duration::from_secs(60)).unwrap().expect("a result within a minute");
    assert_eq!(as_promised(&result), ["failed", "alimtalk", "recipient_not_allowed"]);
}
