//! Every fate of the sandbox, played by the simulator in each vendor's own words, ends as in the sandbox itself, or as the
//! vendor's table below says and for the reason it gives: what a vendor cannot tell is a fact here and not a gap.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failure here is a failed test")]

mod vendors;

use alimi::message::{Certainty, Channel, Reason, State};
use alimi::sandbox::{answer, look_up, report};
use alimi_simulator::{Options, Simulator};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex};
use std::thread;
use std::time::Duration;
use vendors::{PATIENCE, configuration, reminder, start};

/// Clients that wait at the same time.
const TOGETHER: usize = 10;

/// How a message ends, by the AlimTalk or by a text message, and how certain that is.
type End = (State, &'static str, Certainty);

const FAILED: End = (State::Failed, "alimtalk", Certainty::NotSent);
const TEXT_FAILED: End = (State::Failed, "text", Certainty::NotSent);
const UNKNOWN: End = (State::Unknown, "alimtalk", Certainty::PossiblySent);
const TEXT_UNKNOWN: End = (State::Unknown, "text", Certainty::PossiblySent);

/// Fates that end otherwise than in the sandbox: how, with what reason of the result, and why.
type Difference = (&'static [usize], End, Reason, &'static str);

const NO_SPAM: &str = "Kakao has no code for spam";
const UNANSWERED: &str = "an answer cannot say that there is none, the vendor's code is one for a passing fault";
const NOT_FOUND: &str = "after this fault only the look-up tells that nothing was taken";
const FIRST_ONE_MAY_HAVE_GONE: &str = "Kakao's code for a repeat says that it knows the request already";
const BY_FAMILY: &str =
    "the family of the unknown code says that nothing was sent, so that the text message may follow";

const NHNCLOUD: &[Difference] = &[
    (&[17], FAILED, Reason::ContentRefused, NO_SPAM),
    (&[23], TEXT_FAILED, Reason::ConnectionFailed, NOT_FOUND),
    (&[24], TEXT_FAILED, Reason::GatewayError, UNANSWERED),
    (&[46], UNKNOWN, Reason::DuplicateRefused, FIRST_ONE_MAY_HAVE_GONE),
];

const SOLAPI: &[Difference] = &[
    (&[16], FAILED, Reason::ContentRefused, "1025 stands among all faults of what was put in"),
    (&[18], TEXT_FAILED, Reason::CredentialsRefused, "of the set-up the vendor knows only the blocked account"),
    (&[24], TEXT_FAILED, Reason::GatewayError, UNANSWERED),
    (&[26], TEXT_FAILED, Reason::Other, BY_FAMILY),
    (&[34], UNKNOWN, Reason::ReportOverdue, "no code for it: the message stays with the carrier"),
];

const BIZGO: &[Difference] = &[
    (&[17], TEXT_FAILED, Reason::Other, BY_FAMILY),
    (
        &[22, 23, 24],
        UNKNOWN,
        Reason::GatewayError,
        "only a repeat under the same key tells what was taken, and it fails too",
    ),
    (&[26], TEXT_FAILED, Reason::Other, BY_FAMILY),
    (
        &[32, 33],
        UNKNOWN,
        Reason::ReportOverdue,
        "a repeat under the same key tells that it was taken, nothing what became of it",
    ),
    (&[42], TEXT_UNKNOWN, Reason::ReportOverdue, "as 32"),
    (&[40, 41], TEXT_FAILED, Reason::Other, "the codes of reports are not public"),
    (&[46], TEXT_FAILED, Reason::Other, "a repeat is a success for the vendor, this code is one that nobody knows"),
];

const SENS: &[Difference] = &[
    (&[17], FAILED, Reason::ContentRefused, NO_SPAM),
    (&[18], TEXT_FAILED, Reason::Other, "text messages are refused by the carriers' codes only, which know no set-up"),
    (&[23], TEXT_FAILED, Reason::ConnectionFailed, NOT_FOUND),
    (&[26], TEXT_FAILED, Reason::Other, BY_FAMILY),
    (&[46], UNKNOWN, Reason::DuplicateRefused, FIRST_ONE_MAY_HAVE_GONE),
];

const ONLY_COUNTED: &str = "who is refused is only counted in the answer, and the text message is refused in whole";
const NO_LIST: &str = "the vendor's list of refusals is not public: all but the login's is taken for the set-up's";
const NO_RESULTS: &str =
    "the vendor's list of results is not public, and those of text messages are words: only failure is certain";

const ALIGO: &[Difference] = &[
    (&[15, 16], TEXT_FAILED, Reason::GatewayConfiguration, ONLY_COUNTED),
    (&[20, 23, 24, 26, 45, 47, 49], TEXT_FAILED, Reason::GatewayConfiguration, NO_LIST),
    (&[17, 40, 43, 46, 48], TEXT_FAILED, Reason::Other, NO_RESULTS),
];

/// How the sandbox itself ends each.
static SANDBOX: LazyLock<BTreeMap<usize, (End, Reason)>> = LazyLock::new(|| {
    // Only what can never leave lives until its deadline.
    play(fates(), |fate| ends("sandbox", *fate, matches!(fate, 44 | 49), true))
});

/// One number for each different fate.
fn fates() -> Vec<usize> {
    let (mut known, mut one_of_each) = (Vec::new(), Vec::new());
    for fate in 0..100 {
        let to = format!("010000000{fate:02}");
        let by = |channel| {
            let of_try = |attempt| (answer(&to, channel, attempt), look_up(&to, channel, attempt, Some(true)));
            ([1, 2, 3].map(of_try), report(&to, channel))
        };
        let all = [Channel::Alimtalk, Channel::Lms].map(by);
        if !known.contains(&all) {
            known.push(all);
            one_of_each.push(fate);
        }
    }
    one_of_each
}

/// Plays some fates at the same time.
fn play(mut fates: Vec<usize>, end: impl Fn(&usize) -> (End, Reason) + Sync) -> BTreeMap<usize, (End, Reason)> {
    fates.reverse();
    let (open, ended) = (Mutex::new(fates), Mutex::new(BTreeMap::new()));
    let work = || {
        while let Some(fate) = { open.lock().unwrap().pop() } {
            let end = end(&fate);
            ended.lock().unwrap().insert(fate, end);
        }
    };
    thread::scope(|scope| (0..TOGETHER).for_each(|_| drop(scope.spawn(work))));
    ended.into_inner().unwrap()
}

/// The end of a message to the number of a fate. Each has a vendor and a client of its own, so that it shares no request
/// and no pause with another. Only what is to expire, and what is to stay open, waits short for that.
fn ends(gateway: &str, fate: usize, expires: bool, stays_open: bool) -> (End, Reason) {
    let options = Options { report_delay: Duration::from_millis(20), ..Options::default() };
    let (folder, simulator) = (tempfile::tempdir().unwrap(), Simulator::start(options).unwrap());
    let changes = json!({
        "retry": {"max_attempts": 4, "initial_ms": 1, "max_ms": 5, "request_timeout_ms": 1_000},
        "report_timeout_seconds": if stays_open { 5 } else { 600 },
    });
    let vendor = if gateway == "sandbox" { "nhncloud" } else { gateway };
    let mut setup = configuration(folder.path(), &simulator, &[vendor], changes);
    if gateway == "sandbox" {
        setup["gateways"][vendor] = json!({"type": "sandbox", "delay_ms": 1});
    } else {
        for wait in ["poll_ms", "settle_ms", "check_ms"] {
            setup["gateways"][vendor][wait] = json!(50);
        }
    }
    let client = start(&setup);
    let mut request = reminder(fate, fate);
    request.options.expires_in = expires.then(|| "2".to_owned());
    client.send(request).unwrap();
    let Some(result) = client.poll(PATIENCE).unwrap() else {
        panic!("{gateway}, {fate}: no result; {:?}", client.health());
    };
    let by = if result.channel == Channel::Alimtalk { "alimtalk" } else { "text" };
    ((result.state, by, result.certainty), result.reason)
}

/// Plays every fate with a vendor, and compares.
fn as_in_the_sandbox_but_for(vendor: &str, differences: &[Difference]) {
    let mut promised = SANDBOX.clone();
    assert!(promised.len() >= 34, "the sandbox has that many fates");
    for (fates, end, reason, why) in differences {
        for fate in *fates {
            let before = promised.insert(*fate, (*end, *reason));
            assert!(before.is_some_and(|before| before != (*end, *reason)), "{vendor}, {fate}: no difference; {why}");
        }
    }
    let ended = play(promised.keys().copied().collect(), |fate| {
        let ((state, ..), _) = promised[fate];
        ends(vendor, *fate, state == State::Expired, state == State::Unknown)
    });
    for (fate, promise) in &promised {
        let row = differences.iter().find(|(fates, ..)| fates.contains(fate));
        let why = row.map_or("as in the sandbox", |(.., why)| why);
        assert_eq!(&ended[fate], promise, "{vendor}, {fate}: {why}");
    }
}

#[test]
fn nhncloud_ends_every_fate_as_the_sandbox_does_but_for_its_table() {
    as_in_the_sandbox_but_for("nhncloud", NHNCLOUD);
}

#[test]
fn solapi_ends_every_fate_as_the_sandbox_does_but_for_its_table() {
    as_in_the_sandbox_but_for("solapi", SOLAPI);
}

#[test]
fn bizgo_ends_every_fate_as_the_sandbox_does_but_for_its_table() {
    as_in_the_sandbox_but_for("bizgo", BIZGO);
}

#[test]
fn sens_ends_every_fate_as_the_sandbox_does_but_for_its_table() {
    as_in_the_sandbox_but_for("sens", SENS);
}

#[test]
fn aligo_ends_every_fate_as_the_sandbox_does_but_for_its_table() {
    as_in_the_sandbox_but_for("aligo", ALIGO);
}
