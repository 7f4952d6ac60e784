//! The gateways as the configuration spells them, one type per vendor, and how they are reached.
//!
//! Invariants: a vendor has exactly the keys it needs; secrets stand in [`Secret`]; addresses are absolute and without a
//! path's final slash; nothing is read from the environment unless it is asked for.

use super::check::{contradiction, file, refused, value};
use super::secret::SecretSource;
use super::source::Within;
use super::{GatewaySettings, SandboxSettings, Secret, source};
use crate::error::Result;
use crate::gateway::Capabilities;
use crate::json::{Fault, Node};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A vendor's gateway and the way to it.
#[derive(Clone, Debug)]
pub struct RemoteSettings {
    /// Whose it is, and the login.
    pub vendor: Vendor,
    /// How it is reached.
    pub connection: Connection,
    /// Most messages sent in a second.
    pub messages_per_second: Option<u32>,
    /// Most requests made in a second.
    pub requests_per_second: Option<u32>,
    /// How often new reports are asked for.
    pub poll_every: Option<Duration>,
    /// How long after a lost answer its message is looked up.
    pub settle_after: Option<Duration>,
    /// How often an accepted message without a report is asked about.
    pub check_every: Option<Duration>,
    /// Messages for later are handed over at once, where the vendor takes reservations.
    pub reserve: bool,
}

/// A vendor and the login there.
#[derive(Clone, Debug)]
pub enum Vendor {
    /// NHN Cloud KakaoTalk Bizmessage and SMS.
    NhnCloud {
        /// App key of KakaoTalk Bizmessage.
        app_key: Secret,
        /// Its secret key.
        secret_key: Secret,
        /// App key and secret key of SMS, where text messages are sent.
        text: Option<(Secret, Secret)>,
    },
    /// SOLAPI, also known as CoolSMS.
    Solapi {
        /// API key.
        api_key: Secret,
        /// API secret.
        api_secret: Secret,
    },
    /// Bizgo by Infobank.
    Bizgo {
        /// API key.
        api_key: Secret,
    },
    /// Naver Cloud SENS.
    Sens {
        /// Access key.
        access_key: Secret,
        /// Secret key.
        secret_key: Secret,
        /// Service id of AlimTalk.
        service_id: String,
        /// Service id of SMS, where text messages are sent.
        text_service_id: Option<String>,
    },
    /// Aligo.
    Aligo {
        /// API key.
        api_key: Secret,
        /// User id.
        user_id: Secret,
    },
}

/// How a gateway is reached.
#[derive(Clone, Debug)]
pub struct Connection {
    /// Address instead of the vendor's: a relay, the simulator.
    pub base_url: Option<String>,
    /// The same for text messages, where the vendor has another address for them.
    pub text_base_url: Option<String>,
    /// Trust and identity.
    pub tls: Tls,
    /// The proxy.
    pub proxy: Proxy,
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// How long an unused connection stays open.
    pub idle_timeout: Duration,
    /// Most requests under way at once.
    pub max_connections: usize,
    /// The own address that connections come from.
    pub source_address: Option<IpAddr>,
}

/// Trust and identity.
#[derive(Clone, Debug, Default)]
pub struct Tls {
    /// PEM file of certificate authorities that are trusted on top of the usual ones.
    pub ca_file: Option<PathBuf>,
    /// PEM file with a certificate and its private key that this host shows.
    pub client_certificate_file: Option<PathBuf>,
    /// SHA-256 of the public keys of which one must stand in the server's chain, 32 bytes each; empty: any.
    pub pins: Vec<[u8; 32]>,
}

/// The proxy.
#[derive(Clone, Debug, Default)]
pub enum Proxy {
    /// None, whatever the environment says.
    #[default]
    None,
    /// The one that the environment names (`HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`).
    Environment,
    /// This one.
    Url {
        /// `http://host:port` or `https://host:port`.
        url: String,
        /// Its login.
        login: Option<(String, Secret)>,
    },
}

/// What everything but the login is spelled as.
#[derive(serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Common {
    base_url: Option<String>,
    sms_base_url: Option<String>,
    tls: TlsSource,
    proxy: Option<ProxySource>,
    connect_timeout_ms: Within<10, 120_000>,
    idle_timeout_ms: Within<100, 3_600_000>,
    max_connections: Within<1, 64>,
    source_address: Option<String>,
    messages_per_second: Option<Within<1, 1_000_000>>,
    requests_per_second: Option<Within<1, 100_000>>,
    poll_ms: Option<Within<50, 3_600_000>>,
    settle_ms: Option<Within<50, 3_600_000>>,
    check_ms: Option<Within<50, 86_400_000>>,
    reserve: bool,
}

impl Default for Common {
    fn default() -> Self {
        Common {
            base_url: None,
            sms_base_url: None,
            tls: TlsSource::default(),
            proxy: None,
            connect_timeout_ms: Within::new(10_000),
            idle_timeout_ms: Within::new(60_000),
            max_connections: Within::new(8),
            source_address: None,
            messages_per_second: None,
            requests_per_second: None,
            poll_ms: None,
            settle_ms: None,
            check_ms: None,
            reserve: false,
        }
    }
}

#[derive(Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
struct TlsSource {
    ca_file: Option<String>,
    client_certificate_file: Option<String>,
    public_key_pins: Vec<String>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct ProxySource {
    url: Option<String>,
    #[serde(default)]
    from_environment: bool,
    user: Option<String>,
    password: Option<SecretSource>,
}

/// The login's keys of each type; a `?` behind one that may be left out.
const LOGINS: [(&str, &[&str]); 5] = [
    ("nhncloud", &["app_key", "secret_key", "sms_app_key?", "sms_secret_key?"]),
    ("solapi", &["api_key", "api_secret"]),
    ("bizgo", &["api_key"]),
    ("sens", &["access_key", "secret_key", "service_id", "sms_service_id?"]),
    ("aligo", &["api_key", "user_id"]),
];
const TYPES: &str = "expected \"sandbox\", \"nhncloud\", \"solapi\", \"bizgo\", \"sens\" or \"aligo\"";

/// Which keys a gateway has depends on its type, so that is looked at first.
///
/// `standby` and `draining` are common to all and taken out before.
pub(super) fn gateway(path: &str, node: Node<'_>, directory: &Path) -> Result<GatewaySettings> {
    let wrong = |text: String| Err(value(&format!("{path}.type"), &format!("{text}; {TYPES}")));
    let mut keys = match node {
        Node::Object(keys) => keys,
        other => return Err(value(path, &format!("is {}; expected an object", other.kind()))),
    };
    let Some(at) = keys.iter().position(|(name, _)| name == "type") else {
        return wrong("is missing".to_owned());
    };
    let kind = match keys.remove(at).1 {
        Node::Text(kind) => kind.to_string(),
        other => return wrong(format!("is {}", other.kind())),
    };
    if kind == "sandbox" {
        let source = Node::Object(keys).typed().map_err(|fault| refused(with_keys(fault, &[]).inside(path)))?;
        return sandbox(path, source, directory);
    }
    let Some((_, login)) = LOGINS.iter().find(|(name, _)| *name == kind) else {
        return wrong("is no type of gateway".to_owned());
    };
    let (login_keys, rest): (Vec<_>, Vec<_>) =
        keys.into_iter().partition(|(name, _)| login.iter().any(|key| key.trim_end_matches('?') == name));
    let typed = Node::Object(rest).typed::<Common>();
    let common = typed.map_err(|fault| refused(with_keys(fault, login).inside(path)))?;
    let vendor = vendor(&kind, Login::read(path, login, login_keys, directory)?, path)?;
    remote(path, vendor, common, directory).map(|remote| GatewaySettings::Remote(Box::new(remote)))
}

/// `type` and the login were taken out before the rest was read: they are allowed all the same, and may stand there twice.
fn with_keys(fault: Fault, login: &[&str]) -> Fault {
    if !fault.unknown_key {
        return fault;
    }
    if fault.path == "type" {
        return Fault { unknown_key: false, text: "appears twice".to_owned(), ..fault };
    }
    let more: String = login.iter().map(|key| format!(", {}", key.trim_end_matches('?'))).collect();
    Fault { text: format!("{}, type, standby, draining{more}", fault.text), ..fault }
}

pub(super) fn sandbox(path: &str, source: source::Sandbox, directory: &Path) -> Result<GatewaySettings> {
    let journal = source.journal.map(|text| file(&format!("{path}.journal"), &text, directory)).transpose()?;
    Ok(GatewaySettings::Sandbox(SandboxSettings { delay: Duration::from_millis(source.delay_ms.get()), journal }))
}

/// The values of the login's keys.
struct Login(BTreeMap<String, Secret>);

impl Login {
    fn read(path: &str, wanted: &[&str], given: Vec<(Cow<'_, str>, Node<'_>)>, directory: &Path) -> Result<Login> {
        let mut login = BTreeMap::new();
        for (name, node) in given {
            let at = format!("{path}.{name}");
            let source: SecretSource = node.typed().map_err(|fault| refused(fault.inside(&at)))?;
            if login.insert(name.into_owned(), source.read(&at, directory)?).is_some() {
                return Err(value(&at, "appears twice"));
            }
        }
        match wanted.iter().find(|name| !name.ends_with('?') && !login.contains_key(**name)) {
            Some(missing) => Err(value(&format!("{path}.{missing}"), "is missing; this type of gateway needs it")),
            None => Ok(Login(login)),
        }
    }

    fn may_have(&mut self, name: &str) -> Option<Secret> {
        self.0.remove(name)
    }

    /// One that [`Login::read`] has found to be there.
    fn take(&mut self, name: &str) -> Secret {
        self.may_have(name).unwrap_or_default()
    }
}

fn vendor(kind: &str, mut login: Login, path: &str) -> Result<Vendor> {
    Ok(match kind {
        "nhncloud" => {
            let text = match (login.may_have("sms_app_key"), login.may_have("sms_secret_key")) {
                (Some(app_key), Some(secret_key)) => Some((app_key, secret_key)),
                (None, None) => None,
                _ => {
                    let wrong = "belongs together with sms_secret_key; give both, or none where no text is sent";
                    return Err(contradiction(&format!("{path}.sms_app_key"), wrong));
                }
            };
            Vendor::NhnCloud { app_key: login.take("app_key"), secret_key: login.take("secret_key"), text }
        }
        "solapi" => Vendor::Solapi { api_key: login.take("api_key"), api_secret: login.take("api_secret") },
        "bizgo" => Vendor::Bizgo { api_key: login.take("api_key") },
        "sens" => Vendor::Sens {
            access_key: login.take("access_key"),
            secret_key: login.take("secret_key"),
            service_id: login.take("service_id").reveal().to_owned(),
            text_service_id: login.may_have("sms_service_id").map(|id| id.reveal().to_owned()),
        },
        _ => Vendor::Aligo { api_key: login.take("api_key"), user_id: login.take("user_id") },
    })
}

fn remote(path: &str, vendor: Vendor, common: Common, directory: &Path) -> Result<RemoteSettings> {
    let two_hosts = matches!(vendor, Vendor::NhnCloud { .. } | Vendor::Aligo { .. });
    if common.sms_base_url.is_some() && !two_hosts {
        let wrong = "is not for this type, which has one address for everything; use base_url";
        return Err(contradiction(&format!("{path}.sms_base_url"), wrong));
    }
    if common.reserve && Capabilities::usual(&vendor).reserves.is_none() {
        let wrong = "is not for this type, which cannot take back a single message; leave it out";
        return Err(contradiction(&format!("{path}.reserve"), wrong));
    }
    let milliseconds = |given: u64| Duration::from_millis(given);
    let source_address = common.source_address.map(|text| {
        let wrong = || value(&format!("{path}.source_address"), "is no IP address of this host; e.g. 10.0.0.5");
        text.parse().map_err(|_| wrong())
    });
    // Bizgo refuses more, whoever does not ask for another contract.
    let usual_rate = matches!(vendor, Vendor::Bizgo { .. }).then_some(200);
    Ok(RemoteSettings {
        vendor,
        connection: Connection {
            base_url: address(&format!("{path}.base_url"), common.base_url)?,
            text_base_url: address(&format!("{path}.sms_base_url"), common.sms_base_url)?,
            tls: tls(&format!("{path}.tls"), common.tls, directory)?,
            proxy: proxy(&format!("{path}.proxy"), common.proxy, directory)?,
            connect_timeout: milliseconds(common.connect_timeout_ms.get()),
            idle_timeout: milliseconds(common.idle_timeout_ms.get()),
            max_connections: common.max_connections.get32() as usize,
            source_address: source_address.transpose()?,
        },
        messages_per_second: common.messages_per_second.map(Within::get32).or(usual_rate),
        requests_per_second: common.requests_per_second.map(Within::get32),
        poll_every: common.poll_ms.map(|ms| milliseconds(ms.get())),
        settle_after: common.settle_ms.map(|ms| milliseconds(ms.get())),
        check_every: common.check_ms.map(|ms| milliseconds(ms.get())),
        reserve: common.reserve,
    })
}

/// An address without its final slash, so that a target can be put behind it.
fn address(path: &str, given: Option<String>) -> Result<Option<String>> {
    let Some(text) = given else { return Ok(None) };
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or_default();
    let plain = host.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#@".contains(&byte));
    if host.is_empty() || host.starts_with('/') || !plain || reqwest::Url::parse(&text).is_err() {
        let wrong = "is no address; expected http:// or https://, a host, and perhaps a port and a path";
        return Err(value(path, wrong));
    }
    Ok(Some(text.trim_end_matches('/').to_owned()))
}

fn tls(path: &str, source: TlsSource, directory: &Path) -> Result<Tls> {
    let place = |key: &str, text: Option<String>| -> Result<Option<PathBuf>> {
        text.map(|text| file(&format!("{path}.{key}"), &text, directory)).transpose()
    };
    let mut pins = Vec::new();
    for (at, text) in source.public_key_pins.iter().enumerate() {
        let bytes = text.strip_prefix("sha256/").and_then(|text| STANDARD.decode(text).ok());
        let pin = bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        let wrong = "is no pin; expected `sha256/` and 32 bytes in Base64, as RFC 7469 writes them";
        pins.push(pin.ok_or_else(|| value(&format!("{path}.public_key_pins[{at}]"), wrong))?);
    }
    Ok(Tls {
        ca_file: place("ca_file", source.ca_file)?,
        client_certificate_file: place("client_certificate_file", source.client_certificate_file)?,
        pins,
    })
}

fn proxy(path: &str, source: Option<ProxySource>, directory: &Path) -> Result<Proxy> {
    let Some(source) = source else { return Ok(Proxy::None) };
    let login = match (source.user, source.password) {
        (None, None) => None,
        (Some(user), Some(password)) => Some((user, password.read(&format!("{path}.password"), directory)?)),
        _ => return Err(contradiction(path, "has a user without a password, or the other way round")),
    };
    match (address(&format!("{path}.url"), source.url)?, source.from_environment) {
        (Some(url), false) => Ok(Proxy::Url { url, login }),
        (None, true) if login.is_none() => Ok(Proxy::Environment),
        _ => Err(contradiction(path, "needs either a url, with its login if it has one, or from_environment")),
    }
}
