//! The templates of every vendor, read from the simulator and compared with the configuration.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failure here is a failed test")]

mod vendors;

use alimi::{Client, Code, Settings};
use alimi_simulator::Simulator;
use serde_json::{Value, json};
use std::time::Duration;
use vendors::{PATIENCE, VENDORS, configuration, reminder, start};

fn sync(client: &Client) -> Value {
    let (report, complete) = client.sync_templates(PATIENCE).unwrap();
    assert!(complete);
    serde_json::from_str(&report).unwrap()
}

fn simulator() -> Simulator {
    Simulator::start(Default::default()).unwrap()
}

#[test]
fn every_vendor_tells_its_templates_and_none_differs_from_what_the_tests_configure() {
    let (folder, simulator) = (tempfile::tempdir().unwrap(), simulator());
    let client = start(&configuration(folder.path(), &simulator, &VENDORS, json!({})));
    let report = sync(&client);
    assert_eq!(report["complete"], true);
    for list in report["lists"].as_array().unwrap() {
        assert!(list["templates"].as_u64().unwrap() >= 2 && list["failed"] == false, "{list}");
    }
    assert_eq!(report["lists"].as_array().unwrap().len(), VENDORS.len());
    assert_eq!((&report["findings"], &report["differences"]), (&json!([]), &json!([])));
    assert!(!report.to_string().contains("sandbox-naru"), "no sender key is shown");
}

fn what_differs_at(vendor: &str) {
    let (folder, simulator) = (tempfile::tempdir().unwrap(), simulator());
    let mut configuration = configuration(folder.path(), &simulator, &[vendor], json!({}));
    let good = configuration.clone();
    let text = configuration["templates"]["reminder"]["text"].as_str().unwrap().replace('#', "◆#");
    configuration["templates"]["reminder"]["text"] = json!(text);
    configuration["templates"]["lost"] = json!({"text": "가", "code": "NOWHERE"});
    let client = start(&configuration);
    client.send(reminder(1, 0)).unwrap();
    let report = sync(&client);
    let findings: Vec<(&str, &str)> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| {
            assert_eq!((finding["gateway"].as_str(), finding["in_use"].as_bool()), (Some(vendor), Some(true)));
            (finding["template"].as_str().unwrap(), finding["finding"].as_str().unwrap())
        })
        .collect();
    assert_eq!(findings, [("lost", "missing"), ("reminder", "text")], "{vendor}: {report}");
    let error = client.send(reminder(2, 0)).unwrap_err();
    assert!(
        error.code() == Code::TemplateMismatch && error.text().contains("differs at character"),
        "{vendor}: {error}"
    );
    assert!(!error.text().contains("김하늘"), "no text of a message is shown");
    client.shutdown(Duration::ZERO).unwrap();
    let client = start(&configuration);
    assert_eq!(client.send(reminder(3, 0)).unwrap_err().code(), Code::TemplateMismatch, "{vendor}: it is kept");
    client.reload(Settings::parse(&good.to_string()).unwrap()).unwrap();
    client.send(reminder(4, 0)).unwrap();
}

#[test]
fn what_differs_or_is_missing_is_reported_and_refused_with_every_vendor() {
    VENDORS.into_iter().for_each(what_differs_at);
}

#[test]
fn a_gateway_that_cannot_be_asked_changes_nothing() {
    let (folder, simulator) = (tempfile::tempdir().unwrap(), simulator());
    let mut configuration = configuration(folder.path(), &simulator, &["nhncloud", "aligo"], json!({}));
    configuration["gateways"]["nhncloud"]["secret_key"] = json!("wrong");
    configuration["templates"]["reminder"]["text"] = json!("다른 글");
    let client = start(&configuration);
    let report = sync(&client);
    let lists: Vec<_> = report["lists"].as_array().unwrap().iter().map(|list| list["failed"].as_bool()).collect();
    assert_eq!(lists, [Some(false), Some(true)]);
    assert!(report["findings"].as_array().unwrap().iter().all(|finding| finding["gateway"] == "aligo"), "{report}");
    let request = alimi::message::Request {
        body: alimi::message::Body::Alimtalk { template: "reminder".into(), variables: Default::default() },
        ..reminder(1, 0)
    };
    client.send(request).unwrap();
}

#[test]
fn a_sync_whose_time_runs_out_says_so_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    // It takes connections and never answers.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut configuration = configuration(folder.path(), &simulator(), &["solapi"], json!({}));
    configuration["gateways"]["solapi"]["base_url"] = json!(format!("http://{}", silent.local_addr().unwrap()));
    let client = start(&configuration);
    let (report, complete) = client.sync_templates(Duration::ZERO).unwrap();
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!((complete, &report["complete"]), (false, &json!(false)));
    assert_eq!(sync(&client)["lists"][0]["failed"], true, "once the request's own time is over");
}
