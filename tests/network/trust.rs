//! Whom the connection trusts and as whom it shows itself.

use super::certificates::{Authority, HERE, Identity};
use super::listeners;
use super::trial::Trial;
use alimi_simulator::{Options, Simulator};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion};
use serde_json::json;
use std::sync::Arc;
use tempfile::TempDir;

/// A simulator behind TLS, and the files it and its clients need.
struct Guarded {
    simulator: Simulator,
    authority: Authority,
    /// Of the server's key.
    pin: String,
    folder: TempDir,
}

impl Guarded {
    fn new(identity: impl Fn(&Authority) -> Identity) -> Guarded {
        let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::new());
        let identity = identity(&authority);
        let options = Options { tls: Some(identity.tls(folder.path())), ..Options::default() };
        Guarded { simulator: Simulator::start(options).unwrap(), authority, pin: identity.pin(), folder }
    }

    /// A message of a client that trusts the authority.
    fn trusted(&self, pins: &[String]) -> Trial {
        let tls = json!({"ca_file": self.authority.file(self.folder.path()), "public_key_pins": pins});
        Trial::new(&self.simulator, json!({"tls": tls}))
    }

    fn is_untouched(&self) {
        assert_eq!(self.simulator.journal(false).totals.accepted, 0);
    }
}

#[test]
fn a_server_of_a_private_authority_is_trusted_by_its_file() {
    let guarded = Guarded::new(|authority| authority.identity(HERE));
    guarded.trusted(&[]).is_delivered(&guarded.simulator);
}

#[test]
fn a_server_of_an_unknown_authority_is_refused() {
    let guarded = Guarded::new(|authority| authority.identity(HERE));
    let trial = Trial::new(&guarded.simulator, json!({}));
    trial.is_kept_because("the server's certificate comes from an authority that is not trusted");
    assert!(trial.health().last_trouble.contains("tls.ca_file"));
    guarded.is_untouched();
}

#[test]
fn an_expired_certificate_is_refused() {
    let guarded = Guarded::new(|authority| authority.expired(HERE));
    let trial = guarded.trusted(&[]);
    trial.is_kept_because("the server's certificate has expired, or this host's clock is wrong");
    guarded.is_untouched();
}

#[test]
fn a_certificate_for_another_name_is_refused() {
    let guarded = Guarded::new(|authority| authority.identity("gateway.invalid"));
    guarded.trusted(&[]).is_kept_because("the server's certificate is for another name");
    guarded.is_untouched();
}

#[test]
fn a_pinned_key_of_the_server_is_trusted_beside_another_one() {
    let guarded = Guarded::new(|authority| authority.identity(HERE));
    let other = Authority::new().pin();
    guarded.trusted(&[other, guarded.pin.clone()]).is_delivered(&guarded.simulator);
}

#[test]
fn a_server_without_a_pinned_key_is_refused_though_its_authority_is_trusted() {
    let guarded = Guarded::new(|authority| authority.identity(HERE));
    guarded.trusted(&[Authority::new().pin()]).is_kept_because("is among tls.public_key_pins");
    guarded.is_untouched();
}

#[test]
fn a_pin_alone_makes_nobody_trusted() {
    let guarded = Guarded::new(|authority| authority.identity(HERE));
    let trial = Trial::new(&guarded.simulator, json!({"tls": {"public_key_pins": [guarded.pin]}}));
    trial.is_kept_because("an authority that is not trusted");
    guarded.is_untouched();
}

#[test]
fn a_server_that_speaks_only_tls_1_0_is_refused() {
    let (server, simulator) = (listeners::tls_1_0(), super::trial::simulator());
    let trial = Trial::new(&simulator, json!({"base_url": server.https()}));
    trial.is_kept_because("the server speaks no TLS 1.2 or newer");
    server.next();
}

fn server_config(
    authority: &Authority,
    versions: &[&'static SupportedProtocolVersion],
    wants_certificate: bool,
) -> ServerConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider)).with_protocol_versions(versions).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(authority.certificate().der().clone()).unwrap();
    let builder = if wants_certificate {
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
        builder.with_client_cert_verifier(verifier)
    } else {
        builder.with_no_client_auth()
    };
    let identity = authority.identity(HERE);
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(identity.key.serialize_der()));
    builder.with_single_cert(vec![identity.certificate.der().clone()], key).unwrap()
}

#[test]
fn the_certificate_of_this_host_is_shown_to_a_server_that_wants_one() {
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::new());
        let server = listeners::tls(server_config(&authority, &[version], true));
        let own = authority.identity("hospital.invalid");
        let tls = json!({
            "ca_file": authority.file(folder.path()), "client_certificate_file": own.file(folder.path()),
        });
        let simulator = super::trial::simulator();
        let trial = Trial::new(&simulator, json!({"base_url": server.https(), "tls": tls}));
        let shown = server.next().unwrap();
        assert_eq!(shown.certificate.as_deref(), Some(own.certificate.der().as_ref()));
        trial.is_discreet();
    }
}

#[test]
fn a_server_that_wants_a_certificate_and_gets_none_says_so_in_the_log() {
    let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::new());
    let server = listeners::tls(server_config(&authority, &[&rustls::version::TLS12], true));
    let simulator = super::trial::simulator();
    let tls = json!({"ca_file": authority.file(folder.path())});
    let trial = Trial::new(&simulator, json!({"base_url": server.https(), "tls": tls}));
    assert!(server.next().is_err());
    trial.is_kept(alimi::message::Reason::ConnectionFailed, "tls.client_certificate_file");
}

#[test]
fn http_2_is_spoken_where_it_is_offered_and_http_1_where_it_is_not() {
    let offers: [(&[&[u8]], bool); 3] = [(&[b"h2", b"http/1.1"], true), (&[b"http/1.1"], false), (&[], false)];
    for (offered, two) in offers {
        let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::new());
        let mut config = server_config(&authority, rustls::ALL_VERSIONS, false);
        config.alpn_protocols = offered.iter().map(|name| name.to_vec()).collect();
        let server = listeners::tls(config);
        let simulator = super::trial::simulator();
        let tls = json!({"ca_file": authority.file(folder.path())});
        let _trial = Trial::new(&simulator, json!({"base_url": server.https(), "tls": tls}));
        let shown = server.next().unwrap();
        assert_eq!(shown.protocol.as_deref(), offered.first().copied());
        assert_eq!(shown.first == b"PRI * HTTP/2.0", two, "{shown:?}");
    }
}

#[test]
fn a_connection_of_http_2_that_is_dead_is_let_go_of() {
    let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::new());
    let mut config = server_config(&authority, rustls::ALL_VERSIONS, false);
    config.alpn_protocols = vec![b"h2".to_vec()];
    let server = listeners::tls(config);
    let tls = json!({"ca_file": authority.file(folder.path())});
    let gateway = json!({"base_url": server.https(), "tls": tls, "settle_ms": 50});
    let trial = Trial::with(&super::trial::simulator(), gateway, super::trial::impatient());
    trial.is_unknown("keep-alive timed out");
    // Sent and looked up: each by a connection of its own.
    assert!(server.next().is_ok() && server.next().is_ok());
}
