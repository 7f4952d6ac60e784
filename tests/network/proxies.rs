//! Through a proxy, and past it.

use super::certificates::{Authority, HERE};
use super::common::Process;
use super::proxy::ProxyServer;
use super::trial::{SECRET, Trial, setup, simulator};
use alimi::message::Reason;
use alimi_simulator::{Options, Simulator};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::process::Command;
use tempfile::TempDir;

/// The header of the login of these tests.
fn login() -> &'static str {
    format!("Basic {}", STANDARD.encode(format!("hospital:{SECRET}"))).leak()
}

fn with_login(proxy: &ProxyServer, password: &str) -> Value {
    json!({"proxy": {"url": proxy.url(), "user": "hospital", "password": password}})
}

/// A simulator behind TLS, and the key `tls` of those who trust it.
fn guarded() -> (Simulator, Value, TempDir) {
    let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::new());
    let tls = Some(authority.identity(HERE).tls(folder.path()));
    let simulator = Simulator::start(Options { tls, ..Options::default() }).unwrap();
    (simulator, json!({"ca_file": authority.file(folder.path())}), folder)
}

#[test]
fn tls_goes_through_a_tunnel_of_the_proxy_with_its_login() {
    let (simulator, tls, _folder) = guarded();
    let proxy = ProxyServer::start(Some(login()));
    let mut gateway = with_login(&proxy, SECRET);
    gateway["tls"] = tls;
    Trial::new(&simulator, gateway).is_delivered(&simulator);
    let heads = proxy.so_far();
    let wanted = format!("CONNECT {} ", simulator.address());
    assert!(!heads.is_empty() && heads.iter().all(|head| head.starts_with(&wanted)), "{heads:?}");
}

#[test]
fn a_proxy_that_refuses_the_login_keeps_the_message_and_says_so() {
    let (simulator, tls, _folder) = guarded();
    let proxy = ProxyServer::start(Some(login()));
    let mut gateway = with_login(&proxy, "wr0ng-pa55");
    gateway["tls"] = tls;
    let trial = Trial::new(&simulator, gateway);
    trial.is_kept_because("proxy authorization required");
    assert!(!trial.log().contains("wr0ng-pa55"));
    assert_eq!(simulator.journal(false).totals.accepted, 0);
}

#[test]
fn a_proxy_that_does_not_reach_the_gateway_keeps_the_message() {
    let proxy = ProxyServer::start(None);
    let gateway = json!({"base_url": "https://nowhere.invalid", "proxy": {"url": proxy.url()}});
    Trial::new(&simulator(), gateway).is_kept_because("tunnel error: unsuccessful");
}

#[test]
fn a_proxy_that_hangs_keeps_the_message() {
    let proxy = ProxyServer::hanging();
    let gateway =
        json!({"base_url": "https://nowhere.invalid", "proxy": {"url": proxy.url()}, "connect_timeout_ms": 300});
    Trial::new(&simulator(), gateway).is_kept_because("no connection: operation timed out");
}

#[test]
fn plain_http_goes_through_the_proxy_with_its_login() {
    let (simulator, proxy) = (simulator(), ProxyServer::start(Some(login())));
    Trial::new(&simulator, with_login(&proxy, SECRET)).is_delivered(&simulator);
    let whole = format!(" {}/messages/", simulator.url());
    assert!(proxy.so_far().iter().all(|head| head.contains(&whole)));
}

#[test]
fn plain_http_with_a_wrong_login_keeps_the_message_until_the_operator_acts() {
    let (simulator, proxy) = (simulator(), ProxyServer::start(Some(login())));
    let trial = Trial::new(&simulator, with_login(&proxy, "wr0ng-pa55"));
    trial.is_kept(Reason::CredentialsRefused, "the proxy refuses its login; see proxy.user and proxy.password");
    assert!(!trial.log().contains("wr0ng-pa55"));
    assert_eq!(simulator.journal(false).totals.accepted, 0);
}

/// A client in a process whose environment names a proxy; the heads that the proxy saw of its one message.
fn heads(gateway: Value) -> Vec<String> {
    let (folder, simulator, proxy) = (tempfile::tempdir().unwrap(), simulator(), ProxyServer::start(None));
    let template = json!({"note": {"code": "REMIND01", "text": "#{name}님, 예약을 알려 드립니다."}});
    let changes = json!({"templates": template, "fallback": {"mode": "none"}});
    let mut command = Command::new(std::env::current_exe().unwrap());
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"] {
        command.env_remove(name).env_remove(name.to_lowercase());
    }
    command.env_remove("REQUEST_METHOD").env("HTTP_PROXY", proxy.url()).env("HTTPS_PROXY", proxy.url());
    let mut process = Process::start_with(&setup(&folder, &simulator, gateway, changes), command);
    assert_eq!(process.started(), "started");
    assert_eq!(process.send("K"), "accepted");
    // The template is not the one that is registered.
    assert_eq!(process.ask("poll 60000"), "K failed");
    process.end();
    assert!(!simulator.requests().is_empty());
    proxy.so_far()
}

#[test]
fn a_proxy_of_the_environment_is_used_when_it_is_asked_for() {
    assert!(!heads(json!({"proxy": {"from_environment": true}})).is_empty());
}

#[test]
fn a_proxy_of_the_environment_is_not_used_by_itself() {
    assert_eq!(heads(json!({})), [""; 0]);
    assert_eq!(heads(json!({"proxy": {"from_environment": false, "url": ProxyServer::start(None).url()}})), [""; 0]);
}
