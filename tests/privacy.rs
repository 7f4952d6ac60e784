//! Personal data and secrets stay where they belong: neither the log, nor an error, nor health, statistics or results show
//! a number unmasked, a name, a text or a secret, whatever becomes of a message and whatever is wrong with a call.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failure here is a failed test")]
#![allow(unsafe_code, reason = "the library is loaded and called as C does")]

mod built;

use built::abi::{Caller, abi};
use built::{quick_directory, run};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::ffi::{CStr, c_char, c_void};
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;
use tempfile::TempDir;

/// A person who does not exist, and what a clinic would write to her.
const NAME: &str = "남궁표식";
const BODY: &str = "비밀스러운 진료 예약";
const LINK: &str = "aGVhbHRo";
/// Recipients are `010-0000-73EE`; all but `010` and the last four digits is hidden where one may be shown.
const TO: &str = "010-0000-73";
const SENDER: &str = "070-4713-8642";
const KEY: &str = "0sender0key0mark0";

/// Parts of these that nothing may show.
const MARKS: [&str; 9] =
    ["남궁", "비밀스러운", LINK, "000073", "0000-73", "0000 73", "47138642", "4713-8642", "sender0key"];

/// Everything that was said, by whom.
#[derive(Default)]
struct Transcript(Mutex<Vec<(String, String)>>);

impl Transcript {
    fn note(&self, who: impl Into<String>, said: &[u8]) {
        self.0.lock().unwrap().push((who.into(), String::from_utf8_lossy(said).into_owned()));
    }

    /// A code, and the details where it is an error.
    fn code(&self, who: &str, code: i32) {
        if code < 0 {
            self.note(who, &abi().error());
        }
    }

    fn answer(&self, who: &str, (code, text): (i32, Vec<u8>)) {
        self.code(who, code);
        self.note(who, &text);
    }

    fn shows_no_mark(&self) {
        let transcript = self.0.lock().unwrap();
        let shown = transcript.iter().filter(|(_, said)| MARKS.iter().any(|mark| said.contains(mark)));
        let shown: BTreeSet<String> = shown.map(|(who, said)| format!("{who}: {said}")).collect();
        assert!(shown.is_empty(), "{shown:#?}");
    }

    fn count(&self, who: &str) -> usize {
        self.0.lock().unwrap().iter().filter(|(other, _)| other == who).count()
    }
}

unsafe extern "system" fn take_line(_: i32, text: *const c_char, context: *mut c_void) {
    // SAFETY: the transcript lives until the callback is removed; the text ends with a NUL.
    unsafe { (*context.cast::<Transcript>()).note("log callback", CStr::from_ptr(text).to_bytes()) };
}

fn listen(transcript: &Transcript) {
    let context = (&raw const *transcript).cast_mut().cast();
    // SAFETY: see above; the test removes it before the transcript goes.
    assert_eq!(unsafe { (abi().set_log_callback)(5, Some(take_line), context) }, 0);
}

fn stop_listening() {
    // SAFETY: no pointer but NULL.
    assert_eq!(unsafe { (abi().set_log_callback)(0, None, std::ptr::null_mut()) }, 0);
}

fn configuration(directory: &Path) -> Value {
    json!({
        "outbox": {"encryption": "none", "path": directory.join("outbox.db")},
        "gateways": {"sandbox": {"type": "sandbox", "delay_ms": 1, "journal": directory.join("journal")}},
        "accounts": {"clinic": {"sender_key": KEY, "sender_number": SENDER}},
        "templates": {"visit": {
            "text": "#{name}님, #{text}",
            "buttons": [{"type": "WL", "name": "예약 확인", "link_mobile": "https://example.com/#{link}"}],
            "items": {"list": [{"title": "환자", "description": "#{name}"}, {"title": "곳", "description": "2층"}]},
            "highlight": {"title": "#{name}", "description": "예약"},
        }},
        "retry": {"max_attempts": 3, "initial_ms": 1, "max_ms": 2, "request_timeout_ms": 50},
        "report_timeout_seconds": 1,
        "retention": {"content_days": 0, "key_days": 1},
        "logging": {"file": directory.join("alimi.log"), "level": "trace"},
    })
}

fn variables() -> String {
    format!("name={NAME}\ntext={BODY}\nlink={LINK}")
}

/// A message to every number of the sandbox, from send to acknowledgement, with everything that tells of it.
fn every_fate(client: Caller, transcript: &Transcript) {
    for ending in 0..50 {
        let waits = if [44, 49].contains(&ending) { "\nexpires_in=1" } else { "" };
        let options = format!("fallback_text={BODY} {NAME}\nfallback_subject={NAME}{waits}");
        let to = format!("{TO}{ending:02}");
        assert_eq!(client.send(format!("A-{ending}"), &to, "visit", variables(), options), 0);
        let options = format!("subject={NAME}{waits}");
        assert_eq!(client.send_text(format!("T-{ending}"), &to, format!("{NAME} {BODY}"), options), 0);
        transcript.note("status", client.status(format!("A-{ending}")).1.bytes());
    }
    transcript.answer("health", client.health());
    transcript.answer("statistics", client.statistics(""));
    for _ in 0..100 {
        let (code, result) = client.poll_json(60_000);
        assert_eq!(code, 0);
        let key = serde_json::from_slice::<Value>(&result).unwrap()["key"].as_str().unwrap().to_owned();
        transcript.note("result", &result);
        transcript.note("status", client.status(&key).1.bytes());
        assert_eq!(client.acknowledge(&key), 0);
    }
    transcript.answer("health", client.health());
    transcript.answer("statistics", client.statistics("format=csv"));
}

/// Wrong calls with a mark in every value, and with a number in the place of everything else.
fn every_error(client: Caller, transcript: &Transcript) {
    let to = format!("{TO}01");
    let code = |code: i32| {
        assert!(code < 0, "{code}");
        transcript.code("error", code);
    };
    let long = |mark: &str| mark.repeat(300);
    for wrong in [NAME, BODY, SENDER, "010-0000-731", "+82-10-0000-73011", &long(NAME), "010-0000-7301 \u{1}"] {
        code(client.send("e", wrong, "visit", variables(), ""));
        code(client.send_text("e", &to, format!("{wrong}\u{1}"), ""));
        code(client.send_text("e", &to, format!("{wrong} \u{1f600}"), ""));
        code(client.send_text("e", &to, format!("{}\t", wrong), ""));
        code(client.send("e", &to, "visit", format!("name={}\ntext=x", wrong), ""));
        code(client.send("e", &to, "visit", format!("name={}\u{2}\ntext=x\nlink=y", wrong), ""));
        code(client.send("e", &to, "visit", format!("name=#{{{wrong}}}\ntext=x\nlink=y"), ""));
        code(client.send("e", &to, "visit", format!("{}\n{wrong}", variables()), ""));
        code(client.send("e", &to, "visit", format!("{}\n={wrong}", variables()), ""));
        code(client.send("e", &to, "visit", format!("{{\"name\":\"{wrong}\",}}"), ""));
        code(client.send("e", &to, "visit", format!("{{\"name\":[\"{wrong}\"]}}"), ""));
        code(client.send("e", &to, "visit", "name=x", format!("text={wrong}")));
        code(client.send("e", &to, "visit", variables(), format!("buttons=[{{\"type\":\"{wrong}\"}}]")));
        for option in [
            "send_at",
            "expires_in",
            "expires_at",
            "priority",
            "fallback",
            "fallback_image",
            "sender_number",
            "subject",
            "image",
            "buttons",
        ] {
            code(client.send("e", &to, "visit", variables(), format!("{option}={wrong}\u{7}")));
            code(client.send_text("e", &to, "text", json!({option: [wrong]}).to_string()));
        }
        code(client.send("e", &to, "visit", variables(), format!("fallback_text={}", wrong.repeat(400))));
        code(client.send("e", &to, "visit", variables(), format!("fallback_text={wrong}\u{1f600}")));
        code(client.send("e", &to, "visit", variables(), format!("tag={}", long(wrong))));
        code(client.send("e", &to, "visit", variables(), wrong));
        transcript.answer("batch", client.batch(format!("[{{\"to\":\"{wrong}\",\"text\":\"{wrong}\"}},\"{wrong}\"]")));
        transcript.answer("batch", client.batch(format!("[{{\"to\":\"{to}\",\"text\":[\"{wrong}\"]}}]")));
        transcript.answer("batch", client.batch(format!("[{{\"to\":{{\"{wrong}\":1}}, \"{wrong}\"")));
        code(client.statistics(format!("by={wrong}")).0);
        code(client.statistics(format!("from={wrong}")).0);
        code(client.statistics(wrong).0);
    }
    // A number where the name of something belongs, as when a program mixes its arguments up.
    for number in [format!("{TO}01"), format!("{TO}01").replace('-', ""), SENDER.to_owned()] {
        code(client.send("e", &to, &number, variables(), ""));
        code(client.send("e", &to, "visit", variables(), format!("account={number}")));
        code(client.send("e", &to, "visit", variables(), format!("gateway={number}")));
        code(client.send("e", &to, "visit", variables(), format!("{number}=1")));
        code(client.send("e", &to, "visit", format!("{}\n{number}=1", variables()), ""));
        code(client.send("e", &to, "visit", format!("{{\"{number}\":[]}}"), ""));
        code(client.statistics(format!("{number}=1")).0);
        transcript.answer("batch", client.batch(json!([{number.as_str(): 1, "to": to}]).to_string()));
        transcript.answer("batch", client.batch(json!([{"to": to, "template": number}]).to_string()));
    }
}

/// Configurations with a mistake beside what is secret in them.
fn every_mistake_in_a_configuration(directory: &Path, transcript: &Transcript) {
    let accounts = |account: Value| json!({"accounts": {"clinic": account}});
    let wrong = [
        accounts(json!({"sender_key": [KEY]})),
        accounts(json!({"sender_key": {"env": KEY}})),
        accounts(json!({"sender_key": {"file": KEY}})),
        accounts(json!({"sender_key": {"env": KEY, "file": KEY}})),
        accounts(json!({"sender_key": format!("{KEY}\n")})),
        accounts(json!({"sender_key": KEY, "sender_number": "4713-8642-4713-8642"})),
        accounts(json!({"sender_key": KEY, "sender_number": SENDER, "gateway": "none"})),
        json!({"allowed_recipients": [format!("+{TO}01")]}),
        json!({"allowed_recipients": format!("{TO}01")}),
        json!({"account": SENDER}),
        json!({"templates": {"visit": {"text": format!("{BODY} #{{")}}}),
        json!({"logging": {"file": directory, "level": BODY}}),
    ];
    for change in wrong {
        let mut whole = configuration(directory);
        let Value::Object(change) = change else { panic!() };
        whole.as_object_mut().unwrap().extend(change);
        transcript.code("error", abi().open(whole.to_string()).err().expect("a mistake"));
        let text = whole.to_string();
        // Torn texts: the mistake may be next to anything.
        for cut in (0..text.len()).step_by(7).filter(|cut| text.is_char_boundary(*cut)) {
            transcript.code("error", abi().open(&text[..cut]).err().expect("torn"));
        }
    }
}

#[test]
fn no_log_error_health_statistics_or_result_shows_a_number_a_name_a_text_or_a_secret() {
    let directory = quick_directory();
    let transcript = Transcript::default();
    listen(&transcript);
    every_mistake_in_a_configuration(directory.path(), &transcript);
    let client = abi().open(configuration(directory.path()).to_string()).unwrap();
    every_fate(client, &transcript);
    every_error(client, &transcript);
    assert_eq!(client.shutdown(10_000), 0);
    stop_listening();

    // All but the outbox itself, which is the place for it.
    for file in std::fs::read_dir(directory.path()).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        transcript.note("directory", name.as_bytes());
        if !["outbox.db", "outbox.db-wal", "outbox.db-shm"].contains(&&*name) {
            transcript.note(name, &std::fs::read(&path).unwrap());
        }
    }
    transcript.shows_no_mark();
    for (who, least) in [("error", 300), ("log callback", 30), ("result", 100), ("batch", 20), ("alimi.log", 1)] {
        assert!(transcript.count(who) >= least, "{who} said something");
    }
}

/// Copies the files as they are now. By another process: closing a file of the outbox here would drop SQLite's locks.
fn copied(directory: &Path) -> TempDir {
    let copy = quick_directory();
    run(Command::new("cp").arg("-r").arg(directory.join(".")).arg(copy.path()));
    copy
}

fn holds_no_mark(directory: &Path) {
    for file in std::fs::read_dir(directory).unwrap() {
        let path = file.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        for mark in MARKS.map(str::as_bytes).iter().chain([&PICTURE_MARK]) {
            let found = bytes.windows(mark.len()).any(|window| window == *mark);
            assert!(!found, "{} holds {}", path.display(), String::from_utf8_lossy(mark));
        }
    }
}

/// In a picture.
const PICTURE_MARK: &[u8] = b"pictured";

#[test]
fn a_sealed_outbox_shows_no_number_name_text_or_picture_in_any_file_at_any_time() {
    let directory = quick_directory();
    let pictures = quick_directory();
    let picture = pictures.path().join("map.jpg");
    std::fs::write(&picture, [&[0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0, 8, 0, 8, 1, 1, 0x11, 0], PICTURE_MARK].concat())
        .unwrap();
    let mut whole = configuration(directory.path());
    whole["outbox"] = json!({"path": directory.path().join("outbox.db"), "key": "5a".repeat(32)});
    whole["retention"] = json!({"content_days": 7, "key_days": 7});
    let client = abi().open(whole.to_string()).unwrap();
    let later = "send_at=".to_owned() + &alimi::time::Timestamp::now().after(Duration::from_secs(86_400)).to_iso();
    let options = format!("{later}\nfallback_text={BODY} {NAME}\nfallback_image={}", picture.display());
    assert_eq!(client.send("waits", format!("{TO}00"), "visit", variables(), options), 0);
    let copy = copied(directory.path());
    assert!(copy.path().join("outbox.db-wal").is_file());
    holds_no_mark(copy.path());
    every_fate(client, &Transcript::default());
    holds_no_mark(copied(directory.path()).path());
    assert_eq!(client.shutdown(10_000), 3);
    holds_no_mark(directory.path());
    // It is all there, for whoever has the key.
    let client = abi().open(whole.to_string()).unwrap();
    assert_eq!(client.send("waits", format!("{TO}01"), "visit", variables(), later), -9);
    assert_eq!(client.shutdown(10_000), 3);
}

#[test]
fn what_is_erased_after_the_acknowledgement_is_nowhere_in_the_files() {
    let directory = quick_directory();
    let client = abi().open(configuration(directory.path()).to_string()).unwrap();
    let transcript = Transcript::default();
    every_fate(client, &transcript);
    assert_eq!(client.flush(10_000), 0);
    assert_eq!(client.shutdown(10_000), 0);
    // Whatever was due after the last acknowledgement is done by the next start at the latest.
    let client = abi().open(configuration(directory.path()).to_string()).unwrap();
    assert_eq!(client.send("last", format!("{TO}00").replace("73", "99"), "visit", "name=x\ntext=y\nlink=z", ""), 0);
    assert_eq!(client.poll(60_000).0, 0);
    assert_eq!(client.acknowledge("last"), 0);
    assert_eq!(client.shutdown(10_000), 0);
    holds_no_mark(directory.path());
}
