//! Input that nobody means well with, through the C ABI: an error each time, with its details; no crash, no growth, nothing
//! sent. Afterwards the client works as before.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failure here is a failed test")]
#![allow(unsafe_code, reason = "the library is loaded and called as C does")]

mod built;

use alimi::Code;
use built::abi::{AlimiResult, Caller, NO_TEXT, abi, c, with_buffer};
use built::quick_directory;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use std::ffi::{CString, c_char};
use std::path::Path;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard};
use tempfile::TempDir;

const VARIABLES: &str = "name=A\ntime=9";
const TO: &str = "010-0000-0000";

/// A client, and the journal that knows what left it. One at a time, because one test looks at the memory of the process.
struct Host {
    client: Caller,
    directory: TempDir,
    _alone: MutexGuard<'static, ()>,
}

impl Host {
    fn new(encoding: &str) -> Host {
        static ALONE: Mutex<()> = Mutex::new(());
        let alone = ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let directory = quick_directory();
        let client = abi().open(configuration(directory.path(), encoding).to_string()).unwrap();
        Host { client, directory, _alone: alone }
    }

    /// Nothing has left so far; a good message leaves, is delivered, and is the only one.
    fn works_and_has_sent_nothing(self) {
        assert_eq!(self.client.flush(60_000), 0);
        assert_eq!(self.journal(), "");
        self.works();
        assert_eq!(self.journal(), "good\talimtalk\t1\n");
    }

    fn works(&self) {
        assert_eq!(self.client.send("good", TO, "visit", VARIABLES, ""), 0);
        loop {
            let (code, result) = self.client.poll(60_000);
            assert_eq!(code, 0);
            assert_eq!(self.client.acknowledge(result.key()), 0);
            // Random input may hold a good message to any number of the sandbox, and so of any fate.
            if result.key() == "good" {
                assert_eq!(result.state, 5);
                break;
            }
        }
    }

    fn journal(&self) -> String {
        built::text_of(&self.directory.path().join("journal"))
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let code = self.client.shutdown(10_000);
        assert!(code >= 0 || std::thread::panicking());
    }
}

fn configuration(directory: &Path, encoding: &str) -> serde_json::Value {
    serde_json::json!({
        "outbox": {"encryption": "none", "path": directory.join("outbox.db")},
        "encoding": encoding,
        "gateways": {"sandbox": {"type": "sandbox", "delay_ms": 0, "journal": directory.join("journal")}},
        "accounts": {"clinic": {"sender_key": "any", "sender_number": "070-0000-0001"}},
        "templates": {"visit": {"text": "#{name} - #{time}"}},
        "logging": {"file": null},
    })
}

/// The code is an error that the header knows, and its details are there.
fn is_refused(code: i32, what: &str) -> Code {
    assert!(code < 0, "{what}: {code}");
    let known = Code::from_number(code).unwrap_or_else(|| panic!("{what}: {code}"));
    let details = abi().error();
    assert!(details.starts_with(known.name().as_bytes()), "{what}: {code} {}", details.escape_ascii());
    assert_ne!(known, Code::Internal, "{what}");
    known
}

/// Every text argument of every function, all others good.
const PLACES: [&str; 14] = [
    "alimtalk key",
    "alimtalk to",
    "alimtalk template",
    "alimtalk variables",
    "alimtalk options",
    "text key",
    "text to",
    "text text",
    "text options",
    "batch",
    "cancel",
    "acknowledge",
    "status",
    "statistics",
];

fn call(client: Caller, place: &str, text: *const c_char) -> i32 {
    let good = [c("K"), c(TO), c("visit"), c(VARIABLES), c("")];
    let mut texts = [&good[0], &good[1], &good[2], &good[3], &good[4]].map(|text| text.as_ptr());
    let buffer = |call: &dyn Fn(*mut c_char, i32) -> i32| with_buffer(65_536, call).0;
    let Caller(number) = client;
    // SAFETY: texts end with a NUL or are NULL; buffers have the capacity given.
    unsafe {
        if let Some(argument) = place.strip_prefix("alimtalk ") {
            let at = ["key", "to", "template", "variables", "options"].iter().position(|name| *name == argument);
            texts[at.unwrap()] = text;
            let [key, to, template, variables, options] = texts;
            return (abi().send_alimtalk)(number, key, to, template, variables, options, null_mut(), 0);
        }
        if let Some(argument) = place.strip_prefix("text ") {
            let at = ["key", "to", "text", "", "options"].iter().position(|name| *name == argument);
            texts[at.unwrap()] = text;
            let [key, to, body, _, options] = texts;
            return (abi().send_text)(number, key, to, body, options, null_mut(), 0);
        }
        match place {
            "batch" => buffer(&|buffer, capacity| (abi().send_batch)(number, text, buffer, capacity)),
            "cancel" => (abi().cancel)(number, text),
            "acknowledge" => (abi().ack_result)(number, text),
            "status" => (abi().get_status)(number, text, &mut AlimiResult::new()),
            "statistics" => buffer(&|buffer, capacity| (abi().get_stats)(number, text, buffer, capacity)),
            other => panic!("{other}"),
        }
    }
}

/// Texts that are valid in no place, and what they are refused with.
fn wrong_texts(encoding: &str) -> Vec<(&'static [u8], Code)> {
    let wrong: &[&[u8]] = match encoding {
        // The last is Korean in CP949.
        "utf-8" => {
            &[b"\xff", b"ab\xc3", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\xc0\x80", b"\xb1\xe8\xc7\xcf\xb4\xc3"]
        }
        // The last is Korean in UTF-8.
        _ => &[b"\xff", b"ab\x80", b"\xb0", b"\xb0 ", b"\xc9\xa1", b"\xea\xb9\x80"],
    };
    wrong.iter().map(|text| (*text, Code::Encoding)).collect()
}

#[test]
fn bytes_that_are_no_text_and_missing_texts_are_refused_in_every_place() {
    for encoding in ["utf-8", "cp949"] {
        let host = Host::new(encoding);
        for place in PLACES {
            for (text, expected) in wrong_texts(encoding) {
                let code = is_refused(call(host.client, place, c(text).as_ptr()), place);
                assert_eq!(code, expected, "{place}: {}", text.escape_ascii());
            }
            let may_be_missing = place.ends_with("options") || place == "statistics";
            if !may_be_missing {
                is_refused(call(host.client, place, NO_TEXT), place);
            }
        }
        host.works_and_has_sent_nothing();
    }
}

#[test]
fn a_hundred_megabytes_are_refused_in_every_place() {
    let huge = CString::new(vec![b'a'; 100 << 20]).unwrap();
    let host = Host::new("utf-8");
    for place in PLACES {
        assert_eq!(is_refused(call(host.client, place, huge.as_ptr()), place), Code::InvalidArgument);
    }
    let mut number = 7;
    // SAFETY: the text ends with a NUL.
    let code = unsafe { (abi().init)(huge.as_ptr(), &raw mut number) };
    assert_eq!((is_refused(code, "config"), number), (Code::InvalidArgument, 0));
    host.works_and_has_sent_nothing();
}

#[test]
fn buffers_without_room_are_refused_and_nothing_is_written_beside_them() {
    type Write<'a> = (&'a str, &'a dyn Fn(*mut c_char, i32) -> i32);
    let host = Host::new("utf-8");
    let Caller(number) = host.client;
    let [to, text, batch] = [c(TO), c("text"), c(r#"[{"key":"B","to":"010-0000-0000","text":"x"}]"#)];
    // SAFETY: of every call here: texts end with a NUL, and no function may write beside the capacity it is given.
    unsafe {
        let functions: [Write; 8] = [
            ("version", &|buffer, capacity| (abi().version)(buffer, capacity)),
            ("error_text", &|buffer, capacity| (abi().error_text)(-1, buffer, capacity)),
            ("send_alimtalk", &|buffer, capacity| {
                let [template, variables] = [c("visit"), c(VARIABLES)];
                let [template, variables] = [template.as_ptr(), variables.as_ptr()];
                (abi().send_alimtalk)(number, NO_TEXT, to.as_ptr(), template, variables, NO_TEXT, buffer, capacity)
            }),
            ("send_text", &|buffer, capacity| {
                (abi().send_text)(number, NO_TEXT, to.as_ptr(), text.as_ptr(), NO_TEXT, buffer, capacity)
            }),
            ("send_batch", &|buffer, capacity| (abi().send_batch)(number, batch.as_ptr(), buffer, capacity)),
            ("get_stats", &|buffer, capacity| (abi().get_stats)(number, NO_TEXT, buffer, capacity)),
            ("get_health", &|buffer, capacity| (abi().get_health)(number, buffer, capacity)),
            ("poll_result_json", &|buffer, capacity| (abi().poll_result_json)(number, 0, buffer, capacity)),
        ];
        for (name, function) in functions {
            assert_eq!(is_refused(function(null_mut(), 4096), name), Code::InvalidArgument);
            for capacity in [-1, i32::MIN] {
                let mut untouched = [0xee_u8; 16];
                let code = function(untouched.as_mut_ptr().cast(), capacity);
                assert_eq!((is_refused(code, name), untouched), (Code::InvalidArgument, [0xee; 16]));
            }
            for capacity in 0..3 {
                let mut buffer = [0xee_u8; 16];
                let code = function(buffer.as_mut_ptr().cast(), capacity);
                if name != "poll_result_json" {
                    assert_eq!(is_refused(code, name), Code::BufferTooSmall);
                }
                assert!(buffer[usize::try_from(capacity).unwrap()..].iter().all(|byte| *byte == 0xee), "{name}");
            }
        }
    }
    host.works_and_has_sent_nothing();
}

#[test]
fn numbers_that_are_no_client_are_refused_by_every_function() {
    let host = Host::new("utf-8");
    let closed = {
        let directory = quick_directory();
        let client = abi().open(configuration(directory.path(), "utf-8").to_string()).unwrap();
        assert_eq!(client.shutdown(1_000), 0);
        client.0
    };
    let Caller(good) = host.client;
    for number in [closed, 0, -1, 1, good + 1, good + 256, good ^ i32::MIN, i32::MAX, i32::MIN] {
        let text = c("{}");
        for place in PLACES {
            assert_eq!(is_refused(call(Caller(number), place, text.as_ptr()), place), Code::InvalidHandle);
        }
        // SAFETY: no pointer but NULL.
        let others = unsafe {
            [
                (abi().flush)(number, 0),
                (abi().wake)(number),
                (abi().poll_result)(number, 0, null_mut()),
                (abi().poll_result_json)(number, 0, null_mut(), 0),
                (abi().get_health)(number, null_mut(), -1),
                (abi().set_result_callback)(number, None, null_mut()),
                (abi().shutdown)(number, 0),
            ]
        };
        others.iter().for_each(|code| assert_eq!(is_refused(*code, "other"), Code::InvalidHandle));
    }
    host.works_and_has_sent_nothing();
}

/// Inputs that are good, or nearly.
const OPTIONS: [&str; 4] = [
    "account=clinic\npriority=urgent\nexpires_in=3600\nfallback=lms\nfallback_text=\u{ac00}\\n\\\\\ntag=t",
    r#"{"account":"clinic","send_at":"2026-12-01T09:00:00+09:00","fallback_subject":"s","fallback":"auto","tag":null}"#,
    r#"{"buttons":[{"type":"WL","name":"n","link_mobile":"https://example.com"}],"text":"A - 9"}"#,
    "send_at=20261201090000\nexpires_at=2026-12-02T09:00:00+09:00\ngateway=sandbox\nsender_number=070-0000-0001",
];
const VALUES: [&str; 3] = [VARIABLES, r#"{"name":"\ud55c\u0000","time":9}"#, "name=#{time}\r\n time = \u{ac00}\\n"];
const BATCHES: [&str; 3] = [
    r#"[{"key":"K","to":"010-0000-0000","template":"visit","variables":{"name":"A","time":"9"},"tag":"x"}]"#,
    r#"[{"to":"010-0000-0000","text":"x","image":null},{"key":"L"},7,[],{"key":1e5,"to":{}}]"#,
    "[[[[[[[[{\"a\":\"\\ud800\"}]]]]]]]]",
];
const QUERIES: [&str; 3] = [
    "from=2026-01-01\nto=2026-12-31\nby=result\nformat=csv\naccount=clinic",
    r#"{"from":"2026-01-01","by":"request","format":"json"}"#,
    "to=9999-12-31\nfrom=-001-01-01",
];

/// A good input with some wounds: bytes changed, lost, put in, repeated, or its end cut off.
fn wounded(inputs: &'static [&'static str], without: &'static [u8]) -> impl Strategy<Value = Vec<u8>> {
    let wound = (any::<Index>(), any::<Index>(), any::<u8>(), 0..6);
    (select(inputs), vec(wound, 1..6)).prop_map(move |(input, wounds)| {
        let mut bytes = input.as_bytes().to_vec();
        for (at, to, byte, kind) in wounds {
            if bytes.is_empty() {
                break;
            }
            let byte = if without.contains(&byte) { b'#' } else { byte };
            let (at, to) = (at.index(bytes.len()), to.index(bytes.len()));
            match kind {
                0 => bytes[at] = byte,
                1 => drop(bytes.remove(at)),
                2 => bytes.insert(at, byte),
                3 => bytes.truncate(at),
                4 => bytes.swap(at, to),
                _ => {
                    let part = bytes[at.min(to)..at.max(to)].to_vec();
                    bytes.splice(at..at, part);
                }
            }
        }
        bytes
    })
}

fn any_input(inputs: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        2 => vec(any::<u8>(), 0..200),
        2 => "\\PC{0,100}".prop_map(String::into_bytes),
        6 => wounded(inputs, &[]),
    ]
}

fn runner(cases: u32) -> proptest::test_runner::TestRunner {
    proptest::test_runner::TestRunner::new(ProptestConfig { cases, failure_persistence: None, ..Default::default() })
}

/// What is refused is not there; what is not refused is there, and only that.
fn is_there_or_refused(host: &Host, key: &str, code: i32) {
    if code == 0 {
        assert_eq!(host.client.status(key).0, 0, "{key} was accepted");
    } else {
        is_refused(code, key);
        assert_eq!(host.client.status(key).0, Code::NotFound as i32, "{key} was refused");
    }
}

#[test]
fn any_bytes_as_options_and_variables_are_refused_or_kept_as_a_whole() {
    for encoding in ["utf-8", "cp949"] {
        let host = Host::new(encoding);
        let number = AtomicU32::new(0);
        let key = || format!("K-{}", number.fetch_add(1, Ordering::Relaxed));
        let both = (any_input(&OPTIONS), any_input(&VALUES));
        let checked = runner(500).run(&both, |(options, variables)| {
            let keys = [key(), key(), key()];
            is_there_or_refused(&host, &keys[0], host.client.send(&keys[0], TO, "visit", VARIABLES, &options));
            is_there_or_refused(&host, &keys[1], host.client.send(&keys[1], TO, "visit", &variables, ""));
            is_there_or_refused(&host, &keys[2], host.client.send_text(&keys[2], &variables, &options, &options));
            Ok(())
        });
        checked.unwrap();
        host.works();
    }
}

#[test]
fn any_bytes_as_a_batch_or_a_query_have_an_answer() {
    let host = Host::new("utf-8");
    let checked = runner(700).run(&(any_input(&BATCHES), any_input(&QUERIES)), |(batch, query)| {
        let (code, verdicts) = host.client.batch(&batch);
        if code < 0 {
            is_refused(code, "batch");
        } else {
            let verdicts: Vec<serde_json::Value> = serde_json::from_slice(&verdicts).unwrap();
            for verdict in verdicts {
                let code = Code::from_number(i32::try_from(verdict["code"].as_i64().unwrap()).unwrap()).unwrap();
                assert_ne!(code, Code::Internal);
                if matches!(code, Code::Ok | Code::Duplicate) {
                    assert_eq!(host.client.status(verdict["key"].as_str().unwrap()).0, 0);
                }
            }
        }
        let (code, _) = host.client.statistics(&query);
        if code != 0 {
            is_refused(code, "query");
        }
        Ok(())
    });
    checked.unwrap();
    host.works();
}

#[test]
fn any_bytes_as_keys_numbers_and_names_are_refused() {
    let host = Host::new("utf-8");
    let inputs: &[&str] = &["visit", "010-0000-0000", "+82 10 0000 0000", "key\u{7f}", "\u{ac00}"];
    let checked = runner(400).run(&any_input(inputs), |bytes| {
        // These bytes may be a good key, number or name by chance: then the other argument is wrong.
        is_refused(host.client.send("K", &bytes, "no such template", "", ""), "to");
        is_refused(host.client.send("K", "no number", &bytes, "", ""), "template");
        is_refused(host.client.send(&bytes, "no number", "visit", "", ""), "key");
        is_refused(host.client.cancel(&bytes), "cancel");
        is_refused(host.client.acknowledge(&bytes), "acknowledge");
        is_refused(host.client.status(&bytes).0, "status");
        Ok(())
    });
    checked.unwrap();
    host.works_and_has_sent_nothing();
}

/// The configuration lies in a file, and no wound can lead its paths out of the directory of the test.
#[test]
fn any_bytes_as_a_configuration_are_refused_or_make_a_client() {
    const CONFIGURATIONS: [&str; 2] = [
        r#"{"outbox":{"encryption":"none","path":"o","max_messages":10},"accounts":{"a":{"sender_key":"k","sender_number":"070-0000-0001"}},
        "templates":{"t":{"text":"x #{y}"}},"retry":{"max_attempts":2},"logging":{"file":null},"max_per_minute":5}"#,
        r#"{"outbox":{"encryption":"none","path":"p"},"encoding":"cp949","gateways":{"g":{"type":"sandbox","delay_ms":0}},"account":"a",
        "accounts":{"a":{"sender_key":{"env":"ALIMI_NO_SUCH_VARIABLE"}}},"allowed_recipients":["0100000*"]}"#,
    ];
    let host = Host::new("utf-8");
    let directory = quick_directory();
    let file = directory.path().join("config.json");
    let open = |configuration: &[u8]| match abi().open(configuration) {
        Ok(client) => assert!(client.shutdown(10_000) >= 0),
        Err(code) => drop(is_refused(code, "config")),
    };
    let checked = runner(500).run(&wounded(&CONFIGURATIONS, b"/\\."), |bytes| {
        std::fs::write(&file, bytes).unwrap();
        open(file.to_str().unwrap().as_bytes());
        Ok(())
    });
    checked.unwrap();
    // As text: white space and a brace, so that it is never a path.
    let checked = runner(500).run(&any_input(&OPTIONS), |bytes| {
        open(&[b" {".as_slice(), &bytes].concat());
        Ok(())
    });
    checked.unwrap();
    host.works_and_has_sent_nothing();
}

fn resident_kib() -> i64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn memory_does_not_grow_with_what_was_refused() {
    let long = "x".repeat(200_000);
    let wrong = [
        format!("name={long}"),
        format!("{{\"name\":\"{long}\"}}"),
        format!("{{\"name\":[\"{long}\""),
        long.replace('x', "a=1\n"),
        long.clone(),
    ];
    let host = Host::new("utf-8");
    let round = || {
        for text in &wrong {
            for place in ["alimtalk variables", "alimtalk options", "text text", "batch", "statistics", "status"] {
                is_refused(call(host.client, place, c(text).as_ptr()), place);
            }
            assert!(abi().open(format!("{{{text}")).is_err());
        }
    };
    (0..10).for_each(|_| round());
    let before = resident_kib();
    (0..40).for_each(|_| round());
    // Each round hands in some seven MiB; not one of forty may stay.
    let grown = resident_kib() - before;
    assert!(grown < 4 * 1024, "{grown} KiB");
    host.works_and_has_sent_nothing();
}
