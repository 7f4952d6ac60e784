//! The vendors' own packages, unchanged, against the simulator: what they send is what it takes, and what it answers is what
//! they understand. `./test` installs them into `build/vendor_clients` and runs this.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failure here is a failed test")]

use alimi_simulator::{Captured, Options, Simulator, Vendor};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn packages() -> PathBuf {
    let place = root().join("build/vendor_clients");
    assert!(place.join("ready").exists(), "{} is missing: ./test installs the packages", place.display());
    place
}

/// `/messages/v4/groups/G4V2026...` -> `/messages/v4/groups/{}`: parts of a path that differ from run to run.
fn without_ids(path: &str) -> String {
    let is_id = |part: &str| part.len() >= 12 && part.bytes().filter(u8::is_ascii_digit).count() >= 8;
    path.split('/').map(|part| if is_id(part) { "{}" } else { part }).collect::<Vec<_>>().join("/")
}

/// One entry per call: how it was made and which fields it had in any of its requests.
fn facts(requests: &[Captured]) -> serde_json::Value {
    let mut calls: BTreeMap<String, serde_json::Value> = BTreeMap::new();
    let mut fields: BTreeMap<String, std::collections::BTreeSet<String>> = BTreeMap::new();
    for request in requests {
        let call = format!("{} {}", request.method, without_ids(&request.path));
        fields.entry(call.clone()).or_default().extend(request.fields());
        // Which other headers there are depends on the release of the language.
        let own = ["authorization", "content-type", "x-ncp-", "x-secret", "x-nc-"];
        let headers: Vec<&String> =
            request.headers.iter().filter(|name| own.iter().any(|mine| name.starts_with(mine))).collect();
        let entry = serde_json::json!({"headers": headers, "body": request.kind, "fields": fields[&call]});
        calls.insert(call, entry);
    }
    serde_json::to_value(calls).unwrap()
}

/// Runs a script against a simulator of its own, and writes what it asked for.
fn run(script: &str, vendor: Vendor) {
    let packages = packages();
    let options = Options { report_delay: Duration::from_secs(60), capture: 10_000, ..Options::default() };
    let simulator = Simulator::start(options).unwrap();
    let scripts = root().join("tests/vendor_clients");
    let mut command = if script.ends_with(".py") {
        Command::new(packages.join("venv/bin/python"))
    } else {
        let mut node = Command::new("node");
        node.env("NODE_PATH", packages.join("node_modules")).arg("--require").arg(scripts.join("redirect.cjs"));
        node
    };
    command.arg(scripts.join(script)).env("SIMULATOR", simulator.url()).env("PYTHONDONTWRITEBYTECODE", "1");
    let proxies = ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"];
    for name in proxies {
        command.env_remove(name);
    }
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script}: {said}");
    let requests = simulator.requests();
    assert!(requests.iter().any(|request| request.status < 300), "{} was not asked", vendor.word());
    let name = script.rsplit_once('.').unwrap().0;
    let text = serde_json::to_string_pretty(&facts(&requests)).unwrap() + "\n";
    std::fs::write(scripts.join("requests").join(format!("{name}.json")), text).unwrap();
}

#[test]
#[ignore = "needs the vendors' packages: ./test installs them"]
fn npm_solapi_is_served() {
    run("solapi_node.cjs", Vendor::Solapi);
}

#[test]
#[ignore = "needs the vendors' packages: ./test installs them"]
fn pypi_solapi_is_served() {
    run("solapi_python.py", Vendor::Solapi);
}

#[test]
#[ignore = "needs the vendors' packages: ./test installs them"]
fn pypi_bizgo_is_served() {
    run("bizgo_python.py", Vendor::Bizgo);
}

#[test]
#[ignore = "needs the vendors' packages: ./test installs them"]
fn npm_aligoapi_is_served() {
    run("aligo_node.cjs", Vendor::Aligo);
}

#[test]
#[ignore = "needs the vendors' packages: ./test installs them"]
fn npm_node_sens_is_served() {
    run("sens_node.cjs", Vendor::Sens);
}
