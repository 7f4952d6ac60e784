//! The access record says who called what, when, about how many messages, and nothing about whom.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failure here is a failed test")]

mod common;

use common::{PATIENCE, configuration, request, start};
use serde_json::json;
use std::path::Path;

/// Function, account, template, count and code of each line; what all have in common is checked.
fn lines(folder: &Path) -> Vec<[String; 5]> {
    let files = std::fs::read_dir(folder.join("access")).unwrap();
    let texts = files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
    let process = std::process::id().to_string();
    let fields = |line: &str| {
        let fields: Vec<String> = line.split('\t').map(str::to_owned).collect();
        let [time, id, user, rest @ ..] = &fields[..] else { panic!("{line}") };
        assert!(time.ends_with("+09:00") && *id == process && !user.is_empty(), "{line}");
        <[String; 5]>::try_from(rest.to_vec()).unwrap()
    };
    texts.flat_map(|text| text.lines().map(fields).collect::<Vec<_>>()).collect()
}

#[test]
fn every_call_is_a_line_and_no_line_says_about_whom() {
    let folder = tempfile::tempdir().unwrap();
    let mut configuration = configuration(folder.path(), &json!({}));
    configuration["access_record"] = json!({"file": folder.path().join("access/calls.log")});
    let client = start(&configuration).unwrap();
    client.send(request("R-1")).unwrap();
    client.send(request("R-1")).unwrap();
    let mut wrong = request("R-2");
    // A number where the name of an account belongs.
    wrong.options.account = Some("010-0000-0077".to_owned());
    let refused = client.send(wrong).unwrap_err().code() as i32;
    client.send_batch(vec![request("R-3"), request("R-4")]).unwrap();
    assert!(client.poll(PATIENCE).unwrap().is_some());
    while client.poll(std::time::Duration::ZERO).unwrap().is_some() {}
    client.status("R-1").unwrap();
    client.status("R-9").unwrap_err();
    client.acknowledge("R-1").unwrap();
    client.cancel("R-1").unwrap_err();
    client.statistics("").unwrap();
    assert_eq!(client.health().unwrap().access_lines_lost, 0);
    client.shutdown(PATIENCE).unwrap();

    let lines = lines(folder.path());
    let shown: Vec<String> = lines.iter().filter(|line| line[0] != "poll").map(|line| line.join(" ")).collect();
    let expected = [
        "start - - 0 0".to_owned(),
        "send clinic note 1 0".to_owned(),
        "send clinic note 1 1".to_owned(),
        format!("send - note 1 {refused}"),
        "send_batch clinic note 2 0".to_owned(),
        "status clinic note 1 0".to_owned(),
        "status - - 1 -7".to_owned(),
        "acknowledge - - 1 0".to_owned(),
        "cancel - - 1 -8".to_owned(),
        "statistics - - 1 0".to_owned(),
        "health - - 1 0".to_owned(),
        "shutdown - - 0 0".to_owned(),
    ];
    assert_eq!(shown, expected);
    let polls: Vec<_> = lines.iter().filter(|line| line[0] == "poll").collect();
    assert!((1..=3).contains(&polls.len()) && polls.iter().all(|line| line[1..] == ["clinic", "note", "1", "0"]));
}

#[test]
fn several_accounts_in_one_batch_are_a_star() {
    let folder = tempfile::tempdir().unwrap();
    let mut configuration = configuration(folder.path(), &json!({}));
    configuration["access_record"] = json!({"file": folder.path().join("access/calls.log")});
    configuration["accounts"]["branch"] = json!({"sender_key": "test", "sender_number": "070-0000-0002"});
    configuration["account"] = json!("clinic");
    let client = start(&configuration).unwrap();
    let mut other = request("R-2");
    other.options.account = Some("branch".to_owned());
    client.send_batch(vec![request("R-1"), other]).unwrap();
    assert_eq!(lines(folder.path())[1].join(" "), "send_batch * note 2 0");
}

#[test]
fn without_a_word_about_it_nothing_is_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let client = start(&configuration(folder.path(), &json!({}))).unwrap();
    client.send(request("R-1")).unwrap();
    assert!(
        !std::fs::read_dir(folder.path())
            .unwrap()
            .any(|file| { file.unwrap().file_name().to_string_lossy().contains("access") })
    );
}
