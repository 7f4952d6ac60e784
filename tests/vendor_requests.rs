//! Our requests beside those of the vendors' own packages, field by field.
//!
//! Each vendor's adapter sends every kind of message to a simulator that keeps the requests. What differs from the requests
//! of the packages (`tests/vendor_clients/requests`) must stand, with its reason, in `tests/vendor_clients/differences.json`:
//! under `more` what we send and no package does, under `less` what every package sends and we do not. The list is
//! exact: a difference that is not in it fails, and so does an entry that is no difference any more. NHN Cloud publishes no
//! package, so everything we send there stands under `more`, by the chapter of its documents.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failure here is a failed test")]

mod vendors;

use alimi::Client;
use alimi::message::{Body, Request, State};
use alimi_simulator::{Call, Captured, Fault, Kind, Options, Simulator};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;
use vendors::{configuration, reminder, results, start, text};

/// A picture of 16 by 16 pixels without any.
const JPEG: [u8; 23] =
    [0xff, 0xd8, 0xff, 0xc0, 0, 17, 8, 0, 16, 0, 16, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0, 0xff, 0xd9];

/// Of each call what can be compared: `header NAME`, `body KIND`, and fields with their types.
type Calls = BTreeMap<String, BTreeSet<String>>;

/// Why a call of ours differs: reason -> parts.
#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Differences {
    more: BTreeMap<String, BTreeSet<String>>,
    less: BTreeMap<String, BTreeSet<String>>,
}

/// What a package's script was seen to send in one call.
#[derive(Deserialize)]
struct Seen {
    headers: BTreeSet<String>,
    body: String,
    fields: BTreeSet<String>,
}

impl Seen {
    fn parts(self) -> BTreeSet<String> {
        let headers = self.headers.into_iter().map(|name| format!("header {name}"));
        let fields = self.fields.into_iter().map(|field| without_names(&field));
        headers.chain([format!("body {}", self.body)]).chain(fields).collect()
    }
}

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vendor_clients"))
}

fn read<T: for<'de> Deserialize<'de>>(name: &str) -> T {
    serde_json::from_str(&std::fs::read_to_string(folder().join(name)).unwrap()).unwrap()
}

/// Parts of a path that differ from message to message: `/groups/G4V2026...` -> `/groups/{}`.
fn without_ids(path: &str) -> String {
    let digits = |part: &str| part.bytes().filter(u8::is_ascii_digit).count();
    let is_id = |part: &str| part.len() >= 12 && digits(part) >= 8 || !part.is_empty() && digits(part) == part.len();
    path.split('/').map(|part| if is_id(part) { "{}" } else { part }).collect::<Vec<_>>().join("/")
}

/// Names that the template or the count of messages gives: `variables.#{name}` -> `variables.*`, `message_3` -> `message_N`.
fn without_names(field: &str) -> String {
    for map in ["variables.", "replaceWords."] {
        if let Some((before, after)) = field.split_once(map) {
            let kind = after.rsplit_once(": ").map_or("", |(_, kind)| kind);
            return format!("{before}{map}*: {kind}");
        }
    }
    match field.rsplit_once(": ").and_then(|(name, kind)| Some((name.rsplit_once('_')?, kind))) {
        Some(((name, number), kind)) if number.bytes().all(|byte| byte.is_ascii_digit()) => format!("{name}_N: {kind}"),
        _ => field.to_owned(),
    }
}

fn call(method: &str, path: &str) -> String {
    format!("{method} {}", without_ids(path))
}

fn ours(requests: Vec<Captured>) -> Calls {
    let mut calls = Calls::new();
    for request in requests {
        let fields = request.fields();
        // Other headers are the HTTP library's.
        let own = |name: &String| {
            ["authorization", "content-type", "x-ncp-", "x-secret", "x-nc-"].iter().any(|mine| name.starts_with(mine))
        };
        let headers = request.headers.into_iter().filter(own).collect();
        let seen = Seen { headers, body: request.kind.to_owned(), fields };
        calls.entry(call(&request.method, &request.path)).or_default().extend(seen.parts());
    }
    calls
}

/// What each of a vendor's packages sends.
fn packages(names: &[&str]) -> Vec<Calls> {
    let read = |name: &&str| {
        let calls: BTreeMap<String, Seen> = read(&format!("requests/{name}.json"));
        let again = |(name, seen): (String, Seen)| {
            let (method, path) = name.split_once(' ').unwrap();
            (call(method, path), seen.parts())
        };
        calls.into_iter().map(again).collect()
    };
    names.iter().map(read).collect()
}

/// Compares, and names what differs and does not stand in the list, and what stands there and does not differ.
fn unexplained(ours: &Calls, packages: &[Calls], explained: &BTreeMap<String, Differences>) -> Vec<String> {
    let mut faults = Vec::new();
    let all: BTreeSet<_> = ours.keys().chain(explained.keys()).collect();
    for call in all {
        let Some(sent) = ours.get(call) else {
            faults.push(format!("{call}: is explained, but we do not make this call"));
            continue;
        };
        let theirs: Vec<_> = packages.iter().filter_map(|package| package.get(call)).collect();
        let any: BTreeSet<_> = theirs.iter().copied().flatten().cloned().collect();
        let every = any.iter().filter(|part| theirs.iter().all(|parts| parts.contains(*part)));
        let less: BTreeSet<_> = every.filter(|part| !sent.contains(*part)).cloned().collect();
        let more: BTreeSet<_> = sent.difference(&any).cloned().collect();
        let reasons = explained.get(call).cloned().unwrap_or_default();
        let listed = |reasons: BTreeMap<String, BTreeSet<String>>| -> BTreeSet<_> {
            assert!(reasons.keys().all(|reason| !reason.is_empty()), "{call}: a reason is empty");
            reasons.into_values().flatten().collect()
        };
        for (differs, listed, what) in [
            (more, listed(reasons.more), "we send it and no package does"),
            (less, listed(reasons.less), "every package sends it and we do not"),
        ] {
            faults
                .extend(differs.difference(&listed).map(|part| format!("{call}: {part}: {what}, for no reason given")));
            faults.extend(
                listed
                    .difference(&differs)
                    .map(|part| format!("{call}: {part}: explained as if {what}, but that is not so")),
            );
        }
    }
    faults
}

/// The templates with everything a template can have, as far as the vendor takes it.
fn templates(configuration: &mut Value, vendor: &str) {
    let templates = &mut configuration["templates"];
    templates["items"] = json!({
        "code": "ITEMS01", "text": "#{환자명} 님의 예약 내역입니다.", "header": "예약 안내",
        "highlight": {"title": "#{진료과}", "description": "예약 확정"},
        "items": {"list": [{"title": "날짜", "description": "#{날짜}"}, {"title": "시간", "description": "#{시간}"}]},
    });
    if vendor == "solapi" {
        templates["items"]["gateways"] = json!({"solapi": {"code": "KA01TP-ITEMS01"}});
    }
    if ["sens", "aligo"].contains(&vendor) {
        templates["result"].as_object_mut().unwrap().remove("quick_replies");
    }
    if vendor == "aligo" {
        templates.as_object_mut().unwrap().remove("items");
    }
}

fn by_template(number: usize, template: &str, variables: &[(&str, &str)]) -> Request {
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let body = Body::Alimtalk { template: template.to_owned(), variables };
    Request { key: format!("K-{number}"), body, ..reminder(number, 0) }
}

/// AlimTalks alike and not, one that falls back; SMS, LMS, MMS.
fn messages(image: &Path, vendor: &str) -> Vec<Request> {
    let mut all = vec![reminder(1, 0), reminder(2, 0), reminder(3, 0), reminder(4, 10)];
    all.push(by_template(6, "result", &[("환자명", "김하늘"), ("검사명", "혈액검사"), ("번호", "R-6")]));
    if vendor != "aligo" {
        let values = [("환자명", "김하늘"), ("진료과", "내과"), ("날짜", "12월 1일"), ("시간", "14:30")];
        all.push(by_template(7, "items", &values));
    }
    all.push(text(11, 0));
    let long = Body::Text { text: "내일 예약을 알려 드립니다. ".repeat(8) };
    let mut lms = Request { body: long.clone(), ..text(13, 0) };
    lms.options.subject = Some("예약 안내".to_owned());
    let mut mms = Request { body: long, ..text(14, 0) };
    mms.options.subject = Some("예약 안내".to_owned());
    mms.options.image = Some(image.to_str().unwrap().to_owned());
    all.extend([lms, mms]);
    all
}

/// A client with a simulator of its own, for at Bizgo a report is handed out to one program alone.
struct Trial {
    simulator: Simulator,
    client: Client,
    messages: usize,
    _folder: TempDir,
}

impl Trial {
    fn new(vendor: &str, faults: Vec<Fault>, changes: impl Fn(&mut Value), messages: Vec<Request>) -> Trial {
        let options =
            Options { report_delay: Duration::from_millis(200), capture: 10_000, faults, ..Options::default() };
        let (folder, simulator) = (tempfile::tempdir().unwrap(), Simulator::start(options).unwrap());
        let mut configuration = configuration(folder.path(), &simulator, &[vendor], json!({}));
        changes(&mut configuration);
        let client = start(&configuration);
        let count = messages.len();
        let accepted = client.send_batch(messages).unwrap();
        assert!(accepted.iter().all(Result::is_ok), "{accepted:?}");
        Trial { simulator, client, messages: count, _folder: folder }
    }

    fn requests(&self) -> Vec<Captured> {
        for result in results(&self.client, self.messages).values() {
            assert_eq!(result.state, State::Delivered, "{result:?}");
        }
        self.simulator.requests()
    }
}

/// Sends everything by one vendor, and compares what the simulator was asked with what the packages ask.
fn compare(vendor: &str, names: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let image = folder.path().join("image.jpg");
    std::fs::write(&image, JPEG).unwrap();
    let by_gateway = |configuration: &mut Value| configuration["fallback"] = json!({"by": "gateway"});
    // No report is to come before the look-up. Bizgo has none: there the request is repeated.
    let no_reports = |configuration: &mut Value| {
        if vendor != "bizgo" {
            configuration["gateways"][vendor]["poll_ms"] = json!(3_600_000);
        }
    };
    let lost = vec![Fault::new(Kind::LostAfter).call(Call::Send).next(2)];
    let trials = [
        Trial::new(vendor, Vec::new(), |all| templates(all, vendor), messages(&image, vendor)),
        Trial::new(vendor, Vec::new(), by_gateway, vec![reminder(1, 10)]),
        Trial::new(vendor, lost, no_reports, vec![reminder(1, 0), text(2, 0)]),
    ];
    let ours = ours(trials.iter().flat_map(Trial::requests).collect());
    let mut explained: BTreeMap<String, BTreeMap<String, Differences>> = read("differences.json");
    let faults = unexplained(&ours, &packages(names), &explained.remove(vendor).unwrap_or_default());
    assert!(faults.is_empty(), "{vendor}:\n{}", faults.join("\n"));
}

#[test]
fn every_field_for_nhncloud_is_a_documented_one() {
    compare("nhncloud", &[]);
}

#[test]
fn every_field_for_solapi_is_one_of_its_packages_or_explained() {
    compare("solapi", &["solapi_node", "solapi_python"]);
}

#[test]
fn every_field_for_bizgo_is_one_of_its_package_or_explained() {
    compare("bizgo", &["bizgo_python"]);
}

#[test]
fn every_field_for_sens_is_one_of_a_package_or_explained() {
    compare("sens", &["sens_node"]);
}

#[test]
fn every_field_for_aligo_is_one_of_its_package_or_explained() {
    compare("aligo", &["aligo_node"]);
}

#[test]
fn the_comparison_names_each_field_that_differs() {
    let calls = |parts: &[&str]| -> Calls {
        [("POST /send".to_owned(), parts.iter().map(|part| (*part).to_owned()).collect())].into()
    };
    let packages = [calls(&["to: string", "from: string", "old: string"]), calls(&["to: string", "from: string"])];
    let reasons: BTreeMap<String, Differences> =
        serde_json::from_value(json!({"POST /send": {"more": {"documented": ["ref: string"]}}})).unwrap();
    let faults = |ours: &[&str], reasons| unexplained(&calls(ours), &packages, reasons);
    let no_reasons = BTreeMap::new();
    assert_eq!(faults(&["to: string", "from: string"], &no_reasons), [""; 0]);
    assert_eq!(faults(&["to: string", "from: string", "ref: string"], &reasons), [""; 0]);
    let wrong = faults(&["to: number", "from: string"], &reasons);
    for (fault, field) in wrong.iter().zip(["to: number", "ref: string", "to: string"]) {
        assert!(fault.starts_with(&format!("POST /send: {field}: ")), "{fault}");
    }
    assert_eq!(wrong.len(), 3, "{wrong:?}");
}
