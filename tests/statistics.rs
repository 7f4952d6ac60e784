//! Statistics say what became of what was asked for: per day, account, template, tag, channel, outcome and reason, by the
//! day of the request and by the day of the result. They are compared with the results themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failure here is a failed test")]

use alimi::message::{Body, MessageResult, Request, parse_options};
use alimi::time::Timestamp;
use alimi::{Client, Code, Settings};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

/// Asked, sent, delivered, failed, fell back, billable.
type Figures = [i64; 6];
/// Day, account, template, tag, channel, outcome, reason.
type Kind = [String; 7];
type Table = BTreeMap<Kind, Figures>;

const FIGURES: [&str; 6] = ["asked", "sent", "delivered", "failed", "fell_back", "billable"];
const KIND: [&str; 7] = ["day", "account", "template", "tag", "channel", "outcome", "reason"];

/// What one message to each ending of the sandbox adds.
const ENDINGS: [(&str, Figures); 10] = [
    ("00", [1, 1, 1, 0, 0, 1]),
    // Not a KakaoTalk user: the text message is delivered.
    ("10", [1, 1, 1, 0, 1, 1]),
    ("20", [1, 1, 1, 0, 0, 1]),
    // Refused at once.
    ("15", [1, 0, 0, 1, 0, 0]),
    // Both channels failed after a gateway had accepted them.
    ("40", [1, 1, 0, 1, 1, 0]),
    // No gateway ever accepted it.
    ("24", [1, 0, 0, 1, 1, 0]),
    // The answer was lost and nothing settles it: a vendor may charge for it.
    ("32", [1, 0, 0, 0, 0, 1]),
    // Accepted, and nobody knows more.
    ("34", [1, 1, 0, 0, 0, 1]),
    ("35", [1, 1, 0, 0, 0, 1]),
    // Never left.
    ("44", [1, 0, 0, 1, 0, 0]),
];

fn start(directory: &Path) -> Client {
    let configuration = json!({
        "outbox": {"encryption": "none", "path": directory.join("outbox.db")},
        "gateways": {"sandbox": {"type": "sandbox", "delay_ms": 1}},
        "accounts": {
            "본원": {"sender_key": "any", "sender_number": "070-0000-0001"},
            "branch": {"sender_key": "any", "sender_number": "070-0000-0002"},
        },
        "account": "본원",
        "templates": {"visit": {"text": "#{name} - #{time}"}, "recall": {"text": "#{name}, #{time}"}},
        "retry": {"max_attempts": 3, "initial_ms": 1, "max_ms": 2, "request_timeout_ms": 50},
        "report_timeout_seconds": 1,
        "logging": {"file": null},
    });
    Client::start(Settings::parse(&configuration.to_string()).unwrap()).unwrap()
}

fn request(key: String, ending: &str, template: &str, options: &str) -> Request {
    let variables = [("name".to_owned(), "A".to_owned()), ("time".to_owned(), "9".to_owned())].into();
    let body = match template {
        "" => Body::Text { text: "text".into() },
        template => Body::Alimtalk { template: template.into(), variables },
    };
    Request { key, to: format!("010-0000-00{ending}"), body, options: parse_options(options).unwrap() }
}

/// Sends one to every ending for each account, template and tag, and takes all results.
fn send_all(client: &Client) -> Vec<MessageResult> {
    let mut requests = Vec::new();
    for (account, template, tag) in
        [("본원", "visit", ""), ("본원", "visit", "a, \"b\""), ("본원", "recall", ""), ("branch", "visit", "")]
    {
        for (ending, _) in ENDINGS {
            let expires = if ending == "44" { "\nexpires_in=1" } else { "" };
            let options = format!("account={account}\ntag={tag}{expires}");
            let key = format!("{ending} {template} {account} {}", tag.len()).replace("본원", "main");
            requests.push(request(key, ending, template, &options));
        }
    }
    let count = requests.len();
    assert!(client.send_batch(requests).unwrap().iter().all(Result::is_ok));
    (0..count).map(|_| client.poll(Duration::from_secs(60)).unwrap().expect("a result within a minute")).collect()
}

/// What the results come to.
fn expected(results: &[MessageResult], day: fn(&MessageResult) -> Timestamp) -> Table {
    let mut table = Table::new();
    for result in results {
        let (_, figures) = ENDINGS.iter().find(|(ending, _)| result.key.starts_with(ending)).unwrap();
        let kind = [
            day(result).day().to_iso(),
            result.account.clone(),
            result.template.clone(),
            result.tag.clone(),
            result.channel.to_string(),
            result.state.to_string(),
            result.reason.to_string(),
        ];
        let sum = table.entry(kind).or_default();
        sum.iter_mut().zip(figures).for_each(|(sum, figure)| *sum += figure);
    }
    table
}

fn query(client: &Client, more: &str) -> Table {
    let rows: Vec<Value> = serde_json::from_str(&client.statistics(&around_today(more)).unwrap()).unwrap();
    let mut table = Table::new();
    for row in rows {
        let kind = KIND.map(|name| row[name].as_str().unwrap().to_owned());
        assert!(table.insert(kind, FIGURES.map(|name| row[name].as_i64().unwrap())).is_none(), "one row of a kind");
    }
    table
}

/// Midnight may pass while the test runs.
fn around_today(more: &str) -> String {
    let day = |from_now: i64| Timestamp(Timestamp::now().0 + from_now * 86_400_000).day().to_iso();
    format!("from={}\nto={}\n{more}", day(-1), day(1))
}

fn finished(result: &MessageResult) -> Timestamp {
    result.finished.unwrap()
}

fn sum(table: &Table) -> Figures {
    let mut sum = Figures::default();
    table.values().for_each(|figures| sum.iter_mut().zip(figures).for_each(|(sum, figure)| *sum += figure));
    sum
}

#[test]
fn every_figure_is_that_of_the_results_by_the_day_of_the_request_and_of_the_result() {
    let directory = tempfile::tempdir().unwrap();
    let client = start(directory.path());
    let results = send_all(&client);
    let by_request = query(&client, "by=request");
    assert_eq!(by_request, expected(&results, |result| result.created));
    assert_eq!(query(&client, "by=result"), expected(&results, finished));
    assert_eq!(query(&client, ""), by_request, "by request unless asked otherwise");
    assert_eq!(sum(&by_request)[0], i64::try_from(results.len()).unwrap());
    assert_eq!(sum(&by_request), sum(&query(&client, "by=result")));

    // One account is that part of the whole.
    for account in ["본원", "branch"] {
        let part = by_request.clone().into_iter().filter(|(kind, _)| kind[1] == account).collect();
        assert_eq!(query(&client, &format!("account={account}")), part);
    }
    assert!(query(&client, "account=nobody").is_empty());

    // Acknowledged or not, after a restart or not: what was counted stays.
    for result in &results {
        client.acknowledge(&result.key).unwrap();
    }
    client.shutdown(Duration::from_secs(10)).unwrap();
    drop(client);
    assert_eq!(query(&start(directory.path()), ""), by_request);
}

#[test]
fn csv_says_what_json_says() {
    let directory = tempfile::tempdir().unwrap();
    let client = start(directory.path());
    send_all(&client);
    let text = client.statistics(&around_today("format=csv")).unwrap();
    assert!(text.split("\r\n").count() > 20 && text.ends_with("\r\n"));
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    assert_eq!(reader.headers().unwrap().iter().collect::<Vec<_>>(), [&KIND[..], &FIGURES[..]].concat());
    let rows = reader.into_records().map(|row| {
        let row = row.unwrap();
        let kind: Kind = std::array::from_fn(|at| row[at].to_owned());
        (kind, std::array::from_fn(|at| row[KIND.len() + at].parse().unwrap()))
    });
    assert_eq!(rows.collect::<Table>(), query(&client, "format=json"));
}

#[test]
fn what_has_not_ended_is_counted_as_it_stands_by_the_day_of_its_request_alone() {
    let directory = tempfile::tempdir().unwrap();
    let client = start(directory.path());
    let later = format!("send_at={}", Timestamp::now().after(Duration::from_secs(86_400)).to_iso());
    for key in ["a", "b"] {
        client.send(request(key.into(), "00", "", &later)).unwrap();
    }
    let outcomes = |table: &Table| -> Vec<(String, String, Figures)> {
        table.iter().map(|(kind, figures)| (kind[4].clone(), kind[5].clone(), *figures)).collect()
    };
    let row = |outcome: &str, asked: i64| ("sms".to_owned(), outcome.to_owned(), [asked, 0, 0, 0, 0, 0]);
    assert_eq!(outcomes(&query(&client, "")), [row("scheduled", 2)]);
    assert!(query(&client, "by=result").is_empty());
    client.cancel("a").unwrap();
    assert_eq!(outcomes(&query(&client, "")), [row("cancelled", 1), row("scheduled", 1)]);
    assert_eq!(outcomes(&query(&client, "by=result")), [row("cancelled", 1)]);
}

#[test]
fn what_ended_on_another_day_is_found_by_the_day_that_is_asked_for() {
    let directory = tempfile::tempdir().unwrap();
    let client = start(directory.path());
    let later = format!("send_at={}", Timestamp::now().after(Duration::from_secs(86_400)).to_iso());
    client.send(request("a".into(), "00", "visit", &later)).unwrap();
    client.cancel("a").unwrap();
    let result = client.poll(Duration::from_secs(60)).unwrap().unwrap();
    client.shutdown(Duration::from_secs(10)).unwrap();
    drop(client);
    // As if it had been asked for ten days ago.
    let outbox = rusqlite::Connection::open(directory.path().join("outbox.db")).unwrap();
    assert_eq!(outbox.execute("UPDATE statistic SET day = day - 10 WHERE basis = 1", []).unwrap(), 1);
    drop(outbox);
    let client = start(directory.path());
    let days = |by: &str, from: &str, to: &str| -> BTreeSet<String> {
        let answer = client.statistics(&format!("by={by}\nfrom={from}\nto={to}")).unwrap();
        let rows: Vec<Value> = serde_json::from_str(&answer).unwrap();
        rows.iter().map(|row| row["day"].as_str().unwrap().to_owned()).collect()
    };
    let asked = result.created.before(Duration::from_secs(864_000)).day().to_iso();
    let ended = finished(&result).day().to_iso();
    assert_eq!(days("request", &asked, &ended), [asked.clone()].into());
    assert_eq!(days("result", &asked, &ended), [ended.clone()].into());
    assert!(days("request", &ended, &ended).is_empty());
    assert!(days("result", &asked, &asked).is_empty());
}

#[test]
fn a_query_that_is_wrong_is_refused_by_the_name_in_it() {
    let directory = tempfile::tempdir().unwrap();
    let client = start(directory.path());
    for (query, code, says) in [
        ("colour=red", Code::UnknownOption, "from, to, account, by, format"),
        ("by=day", Code::Option, "by must be request or result"),
        ("format=xml", Code::Option, "format must be json or csv"),
        ("from=yesterday", Code::Time, "from"),
        ("to=2026-13-01", Code::Time, "to"),
        ("from=2026-12-02\nto=2026-12-01", Code::Time, "span"),
        ("from=2020-01-01\nto=2026-12-01", Code::Time, "1200 days"),
        ("from=2026-12-01\nfrom=2026-12-01", Code::InvalidArgument, "line 2"),
        ("no equals sign", Code::InvalidArgument, "line 1"),
        ("{\"by\":", Code::InvalidJson, "query"),
        ("{\"by\":[]}", Code::InvalidArgument, "by"),
    ] {
        let error = client.statistics(query).unwrap_err();
        assert_eq!(error.code(), code, "{query}: {error}");
        assert!(error.text().contains(says) && error.text().starts_with("query"), "{query}: {error}");
    }
    let section =
        include_str!("../README.md").split("\n## Statistics\n").nth(1).unwrap().split("\n## ").next().unwrap();
    for word in ["from", "to", "account", "by", "format"].iter().chain(&FIGURES) {
        assert!(section.contains(&format!("`{word}`")), "the README explains {word}");
    }
    assert_eq!(client.statistics("").unwrap(), "[]");
    assert_eq!(client.statistics("{}").unwrap(), "[]");
    assert_eq!(client.statistics("from=2024-01-01\nto=2026-01-01").unwrap(), "[]");
}
