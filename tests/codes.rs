//! Every number that a caller can see is produced: each code, state, certainty, channel and reason, here through the
//! public API, or by the tests that [`ELSEWHERE`] names.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failure here is a failed test")]
#![allow(unsafe_code, reason = "the library is loaded and called as C does")]

mod built;

use alimi::message::{Body, Certainty, Channel, MessageResult, Options, Reason, Request, State, parse_options};
use alimi::{Client, Code, Settings};
use built::abi::{Caller, abi, with_buffer};
use built::{ROOT, quick_directory};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

/// What needs a second process, a thread of a callback, a broken disk or a fault inside: the file, the test in it, and the
/// words that the test must hold.
const ELSEWHERE: [(Code, &str, &str, &str); 7] = [
    (Code::Forked, "tests/c/check.h", "every_function_answers_forked_in_a_child", "ALIMI_ERR_FORKED"),
    (Code::InsideCallback, "tests/c/callbacks.c", "everything(void *context)", "ALIMI_ERR_INSIDE_CALLBACK"),
    (Code::DiskFull, "tests/c/limits.c", "a_full_disk_is_told", "ALIMI_ERR_DISK_FULL"),
    (Code::OutboxIo, "tests/c/limits.c", "a_file_that_cannot_grow_is_told", "ALIMI_ERR_OUTBOX_IO"),
    (
        Code::OutboxReadOnly,
        "tests/c/limits.c",
        "an_outbox_without_the_right_to_write_is_told",
        "ALIMI_ERR_OUTBOX_READ_ONLY",
    ),
    (Code::Internal, "src/client/tests.rs", "a_fault_in_the_engine_is_told_to_everybody", "assert_fault(&client"),
    (Code::ThreadStart, "src/thread.rs", "a_stack_that_the_system_cannot_give_is_an_error", "Code::ThreadStart"),
];
/// Time must pass between acceptance and expiry, and a row be damaged while it is in use: the engine's own tests do that.
const REASONS_ELSEWHERE: [(Reason, &str, &str, &str); 2] = [
    (Reason::Expired, "src/engine/tests.rs", "a_message_whose_time_runs_out_expires_unsent", "Reason::Expired"),
    (
        Reason::OutboxDamaged,
        "src/engine/tests/damage.rs",
        "a_row_that_looks_as_if_it_had_not_left_does_not_leave",
        "assert_unknown",
    ),
];

/// The text of a function, from its name to the end of its body.
fn body(file: &str, function: &str) -> String {
    let text = std::fs::read_to_string(Path::new(ROOT).join(file)).unwrap();
    // The last one: a stub for another system may stand before it.
    let stubbed = text.rfind(&format!("\nstatic void {function}"));
    let from = stubbed.or(text.find(&format!(" {function}"))).or(text.find(&format!("*{function}")));
    let from = from.unwrap_or_else(|| panic!("{file}: {function}"));
    text[from..].split("\n}\n").next().unwrap().to_owned()
}

fn configuration(directory: &Path, changes: Value) -> String {
    let mut whole = json!({
        "outbox": {"encryption": "none", "path": directory.join("outbox.db")},
        "gateways": {"sandbox": {"type": "sandbox", "delay_ms": 1}},
        "accounts": {"clinic": {"sender_key": "any", "sender_number": "070-0000-0001"}},
        "templates": {"visit": {"text": "#{name} - #{time}"}},
        "retry": {"max_attempts": 3, "initial_ms": 1, "max_ms": 2, "request_timeout_ms": 50},
        "logging": {"file": null},
    });
    if let (Some(whole), Value::Object(changes)) = (whole.as_object_mut(), changes) {
        whole.extend(changes);
    }
    whole.to_string()
}

fn start(directory: &Path, changes: Value) -> Result<Client, Code> {
    let settings = Settings::parse(&configuration(directory, changes)).map_err(|error| error.code())?;
    Client::start(settings).map_err(|error| error.code())
}

fn request(key: &str, to: &str, options: &str) -> Request {
    Request {
        key: key.into(),
        to: to.into(),
        body: Body::Alimtalk {
            template: "visit".into(),
            variables: [("name".to_owned(), "A".to_owned()), ("time".to_owned(), "9".to_owned())].into(),
        },
        options: parse_options(options).unwrap(),
    }
}

fn text(key: &str, to: &str, text: &str, options: &str) -> Request {
    Request { body: Body::Text { text: text.into() }, ..request(key, to, options) }
}

fn tomorrow() -> String {
    let time = alimi::time::Timestamp::now().after(Duration::from_secs(86_400));
    format!("send_at={}", time.to_iso())
}

/// Codes of a client's functions, through C, with what each call should answer.
fn of_functions() -> Vec<(Code, i32)> {
    let directory = quick_directory();
    let client = abi().open(configuration(directory.path(), json!({}))).unwrap();
    let send = |key: &str, to: &str, options: &str| client.send(key, to, "visit", "name=A\ntime=9", options);
    let tomorrow = tomorrow();
    vec![
        (Code::Ok, send("a", "010-0000-0000", &tomorrow)),
        (Code::Ok, send("b", "010-0000-0000", &tomorrow)),
        (Code::Duplicate, send("b", "010-0000-0000", &tomorrow)),
        (Code::KeyConflict, send("b", "010-0000-0001", &tomorrow)),
        (Code::Empty, client.poll(0).0),
        (Code::Partial, client.batch("[7]").0),
        (Code::InvalidJson, client.batch("{").0),
        (Code::InvalidArgument, client.flush(-1)),
        (Code::InvalidHandle, Caller(0).flush(0)),
        (Code::Encoding, client.cancel(b"\xff")),
        (Code::NotFound, client.cancel("no such key")),
        (Code::Unfinished, client.acknowledge("a")),
        (Code::Ok, client.cancel("a")),
        (Code::TooLate, client.cancel("a")),
        (Code::UnknownOption, send("c", "010-0000-0000", "colour=red")),
        // SAFETY: the buffer has the capacity given.
        (Code::BufferTooSmall, with_buffer(1, |buffer, cap| unsafe { (abi().version)(buffer, cap) }).0),
        (Code::CallbackRunning, remove_the_log_callback_from_inside(client)),
        (Code::Pending, client.shutdown(1_000)),
    ]
}

/// The log callback takes itself away: it is still running then.
fn remove_the_log_callback_from_inside(client: Caller) -> i32 {
    use std::ffi::{c_char, c_void};
    use std::sync::mpsc::Sender;
    unsafe extern "system" fn remove(_: i32, _: *const c_char, context: *mut c_void) {
        // SAFETY: the sender outlives the callback, which is removed before this test goes on.
        unsafe {
            let code = (abi().set_log_callback)(0, None, std::ptr::null_mut());
            (*context.cast::<Sender<i32>>()).send(code).unwrap();
        }
    }
    let (told, code) = std::sync::mpsc::channel();
    // SAFETY: as above.
    assert_eq!(unsafe { (abi().set_log_callback)(3, Some(remove), (&raw const told).cast_mut().cast()) }, 0);
    assert_eq!(client.send_text("fails", "010-0000-0015", "text", ""), 0);
    let code = code.recv_timeout(Duration::from_secs(60)).unwrap();
    // SAFETY: no pointer but NULL. It waits until the call that began has returned.
    assert_eq!(unsafe { (abi().set_log_callback)(0, None, std::ptr::null_mut()) }, 0);
    code
}

fn too_many_clients() -> i32 {
    let directory = quick_directory();
    let mut open = Vec::new();
    loop {
        // Shared outboxes do not take the room for a log of full length.
        let path = directory.path().join(format!("{}.db", open.len()));
        let outbox = json!({"outbox": {"encryption": "none", "path": path, "shared": true}});
        match abi().open(configuration(directory.path(), outbox)) {
            Ok(client) => open.push(client),
            Err(code) => {
                assert_eq!(open.len(), 256);
                open.iter().for_each(|client| assert_eq!(client.shutdown(1_000), 0));
                return code;
            }
        }
    }
}

/// Codes of the configuration and of the outbox.
fn of_starts() -> Vec<(Code, Option<Code>)> {
    let directory = quick_directory();
    let here = directory.path();
    let start = |changes| start(here, changes).err();
    let parse = |text: &str| Settings::parse(text).err().map(|error| error.code());
    let mut seen = vec![
        (Code::ConfigSyntax, parse("{")),
        (Code::ConfigFile, parse("no/such/file.json")),
        (Code::ConfigUnknownKey, start(json!({"colour": "red"}))),
        (Code::ConfigValue, start(json!({"max_per_minute": 0}))),
        (Code::ConfigSecret, start(json!({"accounts": {"a": {"sender_key": {"env": "ALIMI_NO_SUCH_VARIABLE"}}}}))),
        (Code::ConfigContradiction, start(json!({"account": "nobody"}))),
        (
            Code::OutboxPath,
            start(json!({"outbox": {"encryption": "none", "path": here.join("no/such/folder/outbox.db")}})),
        ),
    ];
    std::fs::write(here.join("torn.db"), "no database, but much longer than its heading would be".repeat(100)).unwrap();
    seen.push((Code::OutboxCorrupt, start(json!({"outbox": {"encryption": "none", "path": here.join("torn.db")}}))));

    let running = open_named(here, "old");
    seen.push((Code::OutboxLocked, start(json!({"outbox": {"encryption": "none", "path": here.join("old.db")}}))));
    running.shutdown(Duration::from_secs(10)).unwrap();
    drop(running);
    let sealed = |key: &str| json!({"outbox": {"key": key.repeat(32), "path": here.join("sealed.db")}});
    self::start(here, sealed("5a")).unwrap().shutdown(Duration::from_secs(10)).unwrap();
    seen.push((Code::OutboxKey, start(sealed("a5"))));
    rusqlite::Connection::open(here.join("old.db")).unwrap().pragma_update(None, "user_version", 99).unwrap();
    seen.push((Code::OutboxVersion, start(json!({"outbox": {"encryption": "none", "path": here.join("old.db")}}))));
    seen
}

fn open_named(directory: &Path, name: &str) -> Client {
    start(directory, json!({"outbox": {"encryption": "none", "path": directory.join(format!("{name}.db"))}})).unwrap()
}

/// Codes of the content of a message, and of bounds.
fn of_sends() -> Vec<(Code, Option<Code>)> {
    let directory = quick_directory();
    let changes = json!({
        "outbox": {"encryption": "none", "path": directory.path().join("outbox.db"), "max_messages": 2},
        "accounts": {"clinic": {"sender_key": "any"}, "branch": {"sender_key": "any", "sender_number": "070-0000-0001"}},
        "account": "branch",
        "allowed_recipients": ["0100000*"],
        "max_per_minute": 3,
    });
    let client = start(directory.path(), changes).unwrap();
    let send = |request: Request| client.send(request).err().map(|error| error.code());
    let to = "010-0000-0000";
    let with = |options: &str| send(request("k", to, options));
    let variables = |names: &[&str]| {
        let variables = names.iter().map(|name| ((*name).to_owned(), "v".to_owned())).collect();
        let body = Body::Alimtalk { template: "visit".into(), variables };
        send(Request { body, ..request("k", to, "") })
    };
    let named = |template: &str| {
        let body = Body::Alimtalk { template: template.into(), variables: Default::default() };
        send(Request { body, ..request("k", to, "") })
    };
    let filled = Request {
        body: Body::Alimtalk { template: "visit".into(), variables: Default::default() },
        options: Options { text: Some("another text".into()), ..Options::default() },
        ..request("k", to, "")
    };
    let mut seen = vec![
        (Code::Recipient, send(request("k", "nobody", ""))),
        (Code::RecipientNotAllowed, send(request("k", "010-9999-0000", ""))),
        (Code::SenderNumber, send(text("k", to, "text", "account=clinic"))),
        (Code::UnknownAccount, with("account=nobody")),
        (Code::UnknownGateway, with("gateway=nobody")),
        (Code::UnknownTemplate, named("nothing")),
        (Code::VariableMissing, variables(&["name"])),
        (Code::VariableUnknown, variables(&["name", "time", "colour"])),
        (Code::TemplateMismatch, send(filled)),
        (Code::TooLong, send(text("k", to, &"x".repeat(2_001), ""))),
        (Code::NotCp949, send(text("k", to, "\u{1f600}", ""))),
        (Code::Content, send(text("k", to, "a\u{1}", ""))),
        (Code::Time, with("send_at=20990101090000")),
        (Code::Image, send(text("k", to, "text", "image=no such file"))),
        (Code::Option, with("priority=red")),
    ];
    // Three in a minute, and two that have not ended: the first has.
    assert_eq!(with(""), None);
    assert!(client.poll(Duration::from_secs(60)).unwrap().is_some());
    assert_eq!(["l", "m"].map(|key| send(request(key, to, &tomorrow()))), [None, None]);
    seen.push((Code::OutboxFull, send(request("n", to, &tomorrow()))));
    client.cancel("l").unwrap();
    seen.push((Code::RateLimited, send(request("o", to, &tomorrow()))));
    client.shutdown(Duration::from_secs(10)).unwrap();
    seen.push((Code::Closed, send(request("p", to, ""))));
    seen
}

#[test]
fn every_code_is_produced() {
    let mut produced = BTreeSet::new();
    let mut note = |expected: Code, got: Option<Code>| {
        assert_eq!(got, Some(expected));
        produced.insert(expected as i32);
    };
    for (expected, got) in of_functions() {
        note(expected, Code::from_number(got));
    }
    note(Code::TooManyClients, Code::from_number(too_many_clients()));
    for (expected, got) in of_starts().into_iter().chain(of_sends()) {
        note(expected, got);
    }
    for (code, file, test, words) in ELSEWHERE {
        assert!(body(file, test).contains(words), "{file}: {test} must show {words}");
        note(code, Some(code));
    }
    let missing: Vec<_> = Code::ALL.iter().filter(|code| !produced.contains(&(**code as i32))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// Looks at a message until it stands so; the test fails where it never does.
fn until(client: &Client, key: &str, is: impl Fn(&MessageResult) -> bool) -> MessageResult {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let result = client.status(key).unwrap();
        if is(&result) {
            return result;
        }
        assert!(Instant::now() < deadline, "{key} stands at {} ({})", result.state, result.reason);
        std::thread::yield_now();
    }
}

/// Messages that have not ended.
fn under_way() -> Vec<MessageResult> {
    let directory = quick_directory();
    let patient = json!({
        "gateways": {"sandbox": {"type": "sandbox", "delay_ms": 60_000}},
        "retry": {"initial_ms": 60_000, "max_ms": 60_000},
    });
    let client = start(directory.path(), patient.clone()).unwrap();
    for (key, to) in [("queued", "010-0000-0020"), ("sending", "010-0000-0033"), ("accepted", "010-0000-0000")] {
        client.send(request(key, to, "")).unwrap();
    }
    client.send(request("scheduled", "010-0000-0000", &tomorrow())).unwrap();
    let seen = vec![
        until(&client, "queued", |result| result.state == State::Queued && result.attempts == 1),
        until(&client, "sending", |result| result.state == State::Sending),
        until(&client, "accepted", |result| result.state == State::Accepted),
        until(&client, "scheduled", |result| result.state == State::Scheduled),
    ];
    client.shutdown(Duration::ZERO).unwrap();
    drop(client);
    let client = start(directory.path(), patient).unwrap();
    let interrupted = until(&client, "sending", |result| result.reason != Reason::None);
    seen.into_iter().chain([interrupted]).collect()
}

/// Messages to every number of the sandbox, and by every channel.
fn ended() -> Vec<MessageResult> {
    let directory = quick_directory();
    let client = start(directory.path(), json!({"report_timeout_seconds": 1})).unwrap();
    let image = directory.path().join("image.jpg");
    std::fs::write(&image, [0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0, 8, 0, 8, 1, 1, 0x11, 0]).unwrap();
    let picture = format!("image={}", image.display());
    let mut requests: Vec<Request> = (0..100)
        .map(|ending| {
            let options = match ending {
                // What never leaves.
                44 | 49 => "expires_in=1",
                // Where a text message would follow, its result would hide the reason.
                10..=14 | 19 => "fallback=none",
                _ => "",
            };
            request(&format!("ending-{ending}"), &format!("010-0000-00{ending:02}"), options)
        })
        .collect();
    requests.push(request("outside", "010-0001-0000", ""));
    requests.push(request("cancelled", "010-0000-0000", &tomorrow()));
    requests.push(text("lms", "010-0000-0000", &"x".repeat(91), ""));
    requests.push(text("mms", "010-0000-0000", "x", &picture));
    let count = requests.len();
    assert!(client.send_batch(requests).unwrap().iter().all(Result::is_ok));
    client.cancel("cancelled").unwrap();
    (0..count).map(|_| client.poll(Duration::from_secs(60)).unwrap().expect("a result within a minute")).collect()
}

#[test]
fn every_state_certainty_channel_and_reason_is_produced() {
    let seen: Vec<MessageResult> = under_way().into_iter().chain(ended()).collect();
    for state in State::ALL {
        assert!(seen.iter().any(|result| result.state == *state), "{state}");
    }
    for certainty in Certainty::ALL {
        assert!(seen.iter().any(|result| result.certainty == *certainty), "{certainty}");
    }
    for channel in Channel::ALL {
        assert!(seen.iter().any(|result| result.channel == *channel), "{channel}");
    }
    for (_, file, test, words) in REASONS_ELSEWHERE {
        assert!(body(file, test).contains(words));
    }
    let elsewhere = |reason: &Reason| REASONS_ELSEWHERE.iter().any(|(other, ..)| other == reason);
    for reason in Reason::ALL.iter().filter(|reason| !elsewhere(reason)) {
        assert!(seen.iter().any(|result| result.reason == *reason), "{reason}");
    }
}
