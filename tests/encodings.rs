//! A program with its texts in CP949, from the configuration to the result: every syllable passes, nothing is replaced
//! without a word, what is wrong is named by its place, and all answers come in CP949.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failure here is a failed test")]
#![allow(unsafe_code, reason = "the library is loaded and called as C does")]

mod built;

use alimi::Code;
use built::abi::{Caller, abi};
use built::quick_directory;
use encoding_rs::EUC_KR;
use serde_json::{Value, json};
use std::ffi::{CStr, c_char, c_void};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};

/// Names with syllables that KS X 1001, and so strict EUC-KR, lacks.
const CLINIC: &str = "뷁똠병원";
const TEMPLATE: &str = "펲안내";
const GATEWAY: &str = "햏관문";
const PATIENT: &str = "김뙠샾";
const TAG: &str = "쀍 재진";

/// What the encoder cannot write is a mistake of the test.
fn cp949(text: &str) -> Vec<u8> {
    let (bytes, _, failed) = EUC_KR.encode(text);
    assert!(!failed, "{text}");
    bytes.into_owned()
}

fn from_cp949(bytes: &[u8]) -> String {
    EUC_KR.decode_without_bom_handling_and_without_replacement(bytes).expect("CP949").into_owned()
}

fn last_error() -> String {
    from_cp949(&abi().error())
}

fn configuration(directory: &Path, encoding: &str) -> Value {
    json!({
        "outbox": {"encryption": "none", "path": directory.join("발송함 뷁.db")},
        "encoding": encoding,
        "gateways": {GATEWAY: {"type": "sandbox", "delay_ms": 1, "journal": directory.join("없는 곳/일지")}},
        "accounts": {CLINIC: {"sender_key": "any", "sender_number": "070-0000-0001"}},
        "templates": {TEMPLATE: {"text": "#{환자명}님, #{내용}"}},
        "logging": {"file": directory.join("기록 똠.log"), "level": "trace"},
    })
}

/// As a program reads its configuration out of a file of its own.
fn open(directory: &Path) -> Caller {
    let text = serde_json::to_string_pretty(&configuration(directory, "cp949")).unwrap();
    abi().open(cp949(&text)).unwrap()
}

fn send(client: Caller, key: &str, variables: &str, options: &str) -> i32 {
    client.send(key, "010-0000-0000", cp949(TEMPLATE), cp949(variables), cp949(options))
}

fn variables(text: &str) -> String {
    format!("환자명={PATIENT}\n내용={text}")
}

/// The member of a result up to its NUL.
fn member(bytes: &[u8]) -> String {
    from_cp949(CStr::from_bytes_until_nul(bytes).unwrap().to_bytes())
}

#[test]
fn a_message_goes_from_cp949_to_cp949() {
    let directory = quick_directory();
    let client = open(directory.path());
    let options = format!("account={CLINIC}\ntag={TAG}");
    assert_eq!(send(client, "a", &variables("예약입니다"), &options), 0);
    let (code, result) = client.poll_json(60_000);
    assert_eq!(code, 0);
    let result: Value = serde_json::from_str(&from_cp949(&result)).unwrap();
    for (name, value) in [
        ("key", "a"),
        ("state", "delivered"),
        ("account", CLINIC),
        ("gateway", GATEWAY),
        ("template", TEMPLATE),
        ("tag", TAG),
    ] {
        assert_eq!(result[name], value);
    }
    let (code, status) = client.status("a");
    assert_eq!((code, member(&status.account), member(&status.gateway)), (0, CLINIC.into(), GATEWAY.into()));

    let health: Value = serde_json::from_str(&from_cp949(&client.health().1)).unwrap();
    assert_eq!(health["gateways"][GATEWAY]["state"], "ok");
    let rows: Vec<Value> = serde_json::from_str(&from_cp949(&client.statistics("").1)).unwrap();
    assert_eq!((&rows[0]["account"], &rows[0]["tag"], &rows[0]["asked"]), (&CLINIC.into(), &TAG.into(), &1.into()));
    let query = cp949(&format!("account={CLINIC}\nformat=csv"));
    assert!(from_cp949(&client.statistics(query).1).contains(&format!(",{CLINIC},{TEMPLATE},{TAG},alimtalk,")));
    assert_eq!(client.acknowledge("a"), 0);
    assert_eq!(client.shutdown(10_000), 0);
    for name in ["발송함 뷁.db", "기록 똠.log"] {
        assert!(directory.path().join(name).is_file(), "{name}");
    }
}

#[test]
fn every_syllable_arrives_as_it_was_meant() {
    let directory = quick_directory();
    let syllables: Vec<char> = ('\u{ac00}'..='\u{d7a3}').collect();
    let texts: Vec<String> = syllables.chunks(900).map(|part| part.iter().collect()).collect();
    assert_eq!((syllables.len(), texts.len()), (11_172, 13));
    let client = open(directory.path());
    for (number, text) in texts.iter().enumerate() {
        assert_eq!(client.send_text(format!("t{number}"), "010-0000-0000", cp949(text), ""), 0);
        assert_eq!(send(client, &format!("a{number}"), &variables(text), ""), 0);
    }
    assert!(client.shutdown(10_000) >= 0);

    // The same messages again, from a program that speaks UTF-8: same key, same content, or it would be a conflict.
    let client = abi().open(configuration(directory.path(), "utf-8").to_string()).unwrap();
    for (number, text) in texts.iter().enumerate() {
        assert_eq!(client.send_text(format!("t{number}"), "010-0000-0000", text, ""), Code::Duplicate as i32);
        let again = client.send(format!("a{number}"), "010-0000-0000", TEMPLATE, variables(text), "");
        assert_eq!(again, Code::Duplicate as i32);
    }
    assert_eq!(client.send_text("t0", "010-0000-0000", &texts[1], ""), Code::KeyConflict as i32);
    assert!(client.shutdown(10_000) >= 0);
}

#[test]
fn what_cp949_lacks_comes_in_and_goes_out_as_an_escape() {
    let directory = quick_directory();
    let client = open(directory.path());
    let emoji = r#"{"환자명": "김뙠샾", "내용": "\ud83d\ude00 caf\u00e9"}"#;
    // A text message cannot carry it, and one might follow.
    assert_eq!(send(client, "a", emoji, ""), Code::NotCp949 as i32);
    assert!(last_error().contains("U+1F600"), "{}", last_error());
    let options = r#"{"fallback": "none", "tag": "caf\u00e9 뷁 \ud83d\ude00"}"#;
    assert_eq!(send(client, "a", emoji, options), 0);
    let (code, result) = client.poll_json(60_000);
    assert_eq!(code, 0);
    let text = from_cp949(&result);
    assert!(text.contains(r#""tag":"caf\u00e9 뷁 \ud83d\ude00""#), "{text}");
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap()["tag"], "caf\u{e9} 뷁 \u{1f600}");
    assert!(from_cp949(&client.statistics("").1).contains(r"caf\u00e9 뷁 \ud83d\ude00"));
    // CSV has no escapes: nothing is replaced without a word.
    assert_eq!(client.statistics("format=csv").0, Code::Encoding as i32);
    assert!(last_error().contains("U+00E9") && last_error().contains("JSON"), "{}", last_error());
    assert_eq!(client.shutdown(10_000), 0);
}

#[test]
fn wrong_bytes_are_named_by_their_argument_and_place() {
    let directory = quick_directory();
    let client = open(directory.path());
    let hangul = cp949("가나");
    for (wrong, at) in [
        ([&hangul[..], b"\xff"].concat(), 4),
        // Half a syllable at the end, as a program leaves it that cuts texts by bytes.
        ([&hangul[..], b"a\xb0"].concat(), 5),
        ([b"\xb0".as_slice(), b"\n", &hangul].concat(), 0),
        (b"ab\x80c".to_vec(), 2),
        // UTF-8, where CP949 is promised.
        ("a김".as_bytes().to_vec(), 3),
    ] {
        let (to, template) = ("010-0000-0000", cp949(TEMPLATE));
        let calls: [(&str, &dyn Fn() -> i32); 8] = [
            ("to", &|| client.send("w", &wrong, &template, "", "")),
            ("template_name", &|| client.send("w", to, &wrong, "", "")),
            ("variables", &|| client.send("w", to, &template, &wrong, "")),
            ("options", &|| client.send("w", to, &template, cp949(&variables("x")), &wrong)),
            ("text", &|| client.send_text("w", to, &wrong, "")),
            ("messages_json", &|| client.batch(&wrong).0),
            ("key", &|| client.cancel(&wrong)),
            ("query", &|| client.statistics(&wrong).0),
        ];
        for (argument, call) in calls {
            assert_eq!(call(), Code::Encoding as i32, "{argument}: {}", wrong.escape_ascii());
            let place = format!("ALIMI_ERR_ENCODING (-6): {argument}: byte {at} (counted from 0) is not CP949 text");
            assert_eq!(last_error(), place);
        }
    }
    assert_eq!(client.shutdown(10_000), 0);
}

#[test]
fn errors_speak_the_encoding_of_who_reads_them() {
    let directory = quick_directory();
    // Before a client is there, that of the configuration.
    let mut wrong = configuration(directory.path(), "cp949");
    wrong["outbox"]["path"] = json!(directory.path().join("없는 뷁/발송함.db"));
    assert_eq!(abi().open(cp949(&wrong.to_string())).err(), Some(Code::OutboxPath as i32));
    assert!(last_error().contains("없는 뷁/발송함.db"), "{}", last_error());
    assert_eq!(abi().open(wrong.to_string()).err(), Some(Code::OutboxPath as i32));
    assert!(String::from_utf8(abi().error()).unwrap().contains("없는 뷁/발송함.db"));

    let client = open(directory.path());
    assert_eq!(client.send("e", "010-0000-0000", cp949("없는 펲"), "", ""), Code::UnknownTemplate as i32);
    assert!(last_error().contains("없는 펲") && last_error().contains(TEMPLATE), "{}", last_error());
    assert_eq!(send(client, "e", "환자명=가", ""), Code::VariableMissing as i32);
    assert!(last_error().contains("#{내용}"), "{}", last_error());
    let batch = cp949(r#"[{"key": "e", "to": "010-0000-0000", "template": "없는 펲"}]"#);
    let (code, verdicts) = client.batch(batch);
    assert_eq!(code, Code::Partial as i32);
    assert!(from_cp949(&verdicts).contains("없는 펲"), "{}", from_cp949(&verdicts));
    assert_eq!(client.shutdown(10_000), 0);
}

unsafe extern "system" fn take_line(_: i32, text: *const c_char, context: *mut c_void) {
    // SAFETY: the sender lives until the callback is removed; the text ends with a NUL.
    unsafe { (*context.cast::<Sender<Vec<u8>>>()).send(CStr::from_ptr(text).to_bytes().to_vec()).unwrap() };
}

/// The log is for people and their tools, and one log serves clients of several encodings.
#[test]
fn the_log_is_utf_8_whatever_the_client_speaks() {
    let directory = quick_directory();
    let (lines, said): (Sender<Vec<u8>>, Receiver<Vec<u8>>) = channel();
    // SAFETY: removed below, before the sender goes.
    assert_eq!(unsafe { (abi().set_log_callback)(5, Some(take_line), (&raw const lines).cast_mut().cast()) }, 0);
    let client = open(directory.path());
    // The journal of the sandbox lies in a folder that is not there.
    let is_about_the_journal = |line: &[u8]| std::str::from_utf8(line).unwrap().contains("없는 곳/일지");
    while !is_about_the_journal(&said.recv_timeout(std::time::Duration::from_secs(60)).unwrap()) {}
    assert_eq!(client.shutdown(10_000), 0);
    // SAFETY: no pointer but NULL.
    assert_eq!(unsafe { (abi().set_log_callback)(0, None, std::ptr::null_mut()) }, 0);
    let file = std::fs::read(directory.path().join("기록 똠.log")).unwrap();
    assert!(file.split(|byte| *byte == b'\n').any(is_about_the_journal));
}

#[test]
fn a_configuration_file_in_cp949_at_a_path_in_cp949_is_read() {
    let directory = quick_directory();
    let file = directory.path().join("설정 뷁.json");
    let mut whole = configuration(directory.path(), "cp949");
    whole["outbox"]["path"] = json!("발송함 옆.db");
    std::fs::write(&file, cp949(&serde_json::to_string_pretty(&whole).unwrap())).unwrap();
    let client = abi().open(cp949(file.to_str().unwrap())).unwrap();
    assert!(directory.path().join("발송함 옆.db").is_file());
    assert_eq!(send(client, "a", &variables("예약"), ""), 0);
    assert_eq!(client.poll(60_000).0, 0);
    assert_eq!(client.shutdown(10_000), 0);
}
