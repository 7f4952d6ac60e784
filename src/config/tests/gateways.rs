//! Gateways of vendors, the way to them, and which of them a message goes by.

use super::*;
use std::net::IpAddr;

/// The keys of a login for each type, with whether they are required.
const LOGINS: [(&str, &[(&str, bool)]); 5] = [
    ("nhncloud", &[("app_key", true), ("secret_key", true), ("sms_app_key", false), ("sms_secret_key", false)]),
    ("solapi", &[("api_key", true), ("api_secret", true)]),
    ("bizgo", &[("api_key", true)]),
    ("sens", &[("access_key", true), ("secret_key", true), ("service_id", true), ("sms_service_id", false)]),
    ("aligo", &[("api_key", true), ("user_id", true)]),
];

/// A gateway of this type with its whole login.
fn gateway(kind: &str) -> Value {
    let (_, keys) = LOGINS.iter().find(|(name, _)| *name == kind).unwrap();
    let mut gateway = json!({"type": kind});
    keys.iter().for_each(|(key, _)| gateway[*key] = MARK.into());
    gateway
}

/// A gateway `g` of this type with one of its keys set, by the path within it.
fn changed(kind: &str, path: &str, value: Value) -> Value {
    let mut gateway = gateway(kind);
    let mut place = &mut gateway;
    for name in path.split('.') {
        place = &mut place[name];
    }
    *place = value;
    json!({"g": gateway})
}

fn refused_in(kind: &str, path: &str, value: Value, code: Code, begins: &str) {
    refused_at("gateways", changed(kind, path, value), code, &format!("gateways.g.{begins}"));
}

fn remote(gateways: Value) -> RemoteSettings {
    let settings = Settings::parse(&with("gateways", gateways)).unwrap();
    let GatewaySettings::Remote(remote) = &settings.gateways["g"] else { panic!("another type") };
    (**remote).clone()
}

#[test]
fn every_vendor_has_the_documented_defaults() {
    for (kind, _) in LOGINS {
        let remote = remote(json!({"g": gateway(kind)}));
        let connection = &remote.connection;
        assert_eq!((&connection.base_url, &connection.text_base_url), (&None, &None));
        assert_eq!((&connection.tls.ca_file, &connection.tls.client_certificate_file), (&None, &None));
        assert!(connection.tls.pins.is_empty() && matches!(connection.proxy, Proxy::None));
        let times = (connection.connect_timeout, connection.idle_timeout);
        assert_eq!(times, (Duration::from_secs(10), Duration::from_secs(60)));
        assert_eq!((connection.max_connections, connection.source_address), (8, None));
        let rate = (kind == "bizgo").then_some(200);
        assert_eq!((remote.messages_per_second, remote.requests_per_second), (rate, None));
        assert_eq!((remote.poll_every, remote.settle_after, remote.check_every), (None, None, None));
    }
}

#[test]
fn every_key_of_a_gateway_is_taken_over() {
    let mut gateway = gateway("nhncloud");
    let more = json!({
        "base_url": "https://relay.example:8443/nhn/", "sms_base_url": "http://[::1]:9/",
        "tls": {
            "ca_file": "ca.pem", "client_certificate_file": "/etc/own.pem",
            "public_key_pins": ["sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="],
        },
        "proxy": {"url": "http://proxy.example:3128", "user": "u", "password": MARK},
        "connect_timeout_ms": 11, "idle_timeout_ms": 101, "max_connections": 2, "source_address": "10.0.0.5",
        "messages_per_second": 3, "requests_per_second": 4, "poll_ms": 51, "settle_ms": 52, "check_ms": 53,
    });
    gateway.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let remote = remote(json!({"g": gateway}));
    let Vendor::NhnCloud { app_key, secret_key, text: Some((text_key, text_secret)) } = &remote.vendor else {
        panic!("another vendor")
    };
    assert!([app_key, secret_key, text_key, text_secret].iter().all(|secret| secret.reveal() == MARK));
    let connection = &remote.connection;
    assert_eq!(connection.base_url.as_deref(), Some("https://relay.example:8443/nhn"));
    assert_eq!(connection.text_base_url.as_deref(), Some("http://[::1]:9"));
    assert_eq!(connection.tls.ca_file, Some(std::env::current_dir().unwrap().join("ca.pem")));
    // On Windows it gets the letter of a drive.
    assert_eq!(connection.tls.client_certificate_file, Some(std::path::absolute("/etc/own.pem").unwrap()));
    assert_eq!(connection.tls.pins, [[0; 32]]);
    let Proxy::Url { url, login: Some((user, password)) } = &connection.proxy else { panic!("another proxy") };
    assert_eq!((&**url, &**user, password.reveal()), ("http://proxy.example:3128", "u", MARK));
    let times = (connection.connect_timeout, connection.idle_timeout);
    assert_eq!(times, (Duration::from_millis(11), Duration::from_millis(101)));
    assert_eq!((connection.max_connections, connection.source_address), (2, Some(IpAddr::from([10, 0, 0, 5]))));
    assert_eq!((remote.messages_per_second, remote.requests_per_second), (Some(3), Some(4)));
    assert_eq!(remote.poll_every, Some(Duration::from_millis(51)));
    assert_eq!(remote.settle_after, Some(Duration::from_millis(52)));
    assert_eq!(remote.check_every, Some(Duration::from_millis(53)));
}

#[test]
fn no_secret_of_a_gateway_is_ever_shown() {
    for (kind, keys) in LOGINS {
        let mut gateways = changed(kind, "proxy", json!({"url": "http://p", "user": "u", "password": MARK}));
        for secret in ["service_id", "sms_service_id"] {
            // An address of the vendor's, no secret.
            if kind == "sens" {
                gateways["g"][secret] = "ncp:kkobizmsg:kr:1:naru".into();
            }
        }
        let settings = Settings::parse(&with("gateways", gateways)).unwrap();
        let shown = format!("{settings:?} {settings:#?}");
        assert!(!shown.contains(MARK) && shown.contains("***"), "{shown}");
        for (key, _) in keys {
            refused_in(kind, key, json!({"env": MARK}), Code::ConfigSecret, &format!("{key}.env: the environment"));
            refused_in(kind, key, json!({"file": MARK}), Code::ConfigSecret, &format!("{key}.file: the file cannot"));
            refused_in(kind, key, json!(format!("{MARK}\n")), Code::ConfigSecret, &format!("{key}: has a line break"));
            refused_in(kind, key, json!({"value": MARK}), Code::ConfigUnknownKey, &format!("{key}.value: unknown key"));
            refused_in(kind, key, json!(5), Code::ConfigValue, &format!("{key}: is a number; expected a string, {{"));
            refused_in(kind, key, json!(""), Code::ConfigSecret, &format!("{key}: is empty"));
        }
    }
    let proxy = json!({"url": "http://p", "user": "u", "password": {"env": MARK}});
    refused_in("bizgo", "proxy", proxy, Code::ConfigSecret, "proxy.password.env: the environment");
}

#[test]
fn a_login_that_lacks_a_key_is_named() {
    for (kind, keys) in LOGINS {
        for (key, required) in keys {
            let mut gateway = gateway(kind);
            gateway.as_object_mut().unwrap().remove(*key);
            let parsed = Settings::parse(&with("gateways", json!({"g": gateway})));
            if *required {
                let begins = format!("gateways.g.{key}: is missing; this type of gateway needs it");
                assert_eq!(parsed.unwrap_err().text(), begins, "{kind}");
            } else {
                assert_eq!(parsed.is_ok(), kind == "sens", "one of a pair is a contradiction, not a lack");
            }
        }
    }
}

#[test]
fn a_key_that_a_gateway_does_not_have_is_named_with_those_it_has() {
    for (kind, keys) in LOGINS {
        let error = refused(&with("gateways", changed(kind, "delay_ms", json!(MARK))));
        assert_eq!(error.code(), Code::ConfigUnknownKey);
        assert!(error.text().starts_with("gateways.g.delay_ms: unknown key; allowed are base_url, "), "{error}");
        let allowed = keys.iter().map(|(key, _)| *key).chain(["tls", "proxy", "type", "standby", "draining"]);
        allowed.for_each(|key| assert!(error.text().contains(&format!(", {key}")), "{key}: {error}"));
    }
    refused_in("bizgo", "api_secret", json!(MARK), Code::ConfigUnknownKey, "api_secret: unknown key");
    refused_in(
        "bizgo",
        "tls.pins",
        json!(MARK),
        Code::ConfigUnknownKey,
        "tls.pins: unknown key; allowed are ca_file, client_certificate_file, public_key_pins",
    );
    refused_in(
        "bizgo",
        "proxy.login",
        json!(MARK),
        Code::ConfigUnknownKey,
        "proxy.login: unknown key; allowed are url, from_environment, user, password",
    );
}

#[test]
fn a_value_that_is_none_is_named_by_its_path_and_what_is_allowed() {
    let address = "is no address; expected http:// or https://, a host, and perhaps a port and a path";
    for (path, value, text) in [
        ("base_url", json!(5), "is a number; expected a string"),
        ("base_url", json!(MARK), address),
        ("base_url", json!("ftp://0M4RK8"), address),
        ("base_url", json!("https://"), address),
        ("base_url", json!("https:///0M4RK8"), address),
        ("base_url", json!("https://0M4RK8:99999"), address),
        ("base_url", json!("https://0M4RK8:port"), address),
        ("base_url", json!("https://[0M4RK8]"), address),
        ("base_url", json!("https://user:0M4RK8@host"), address),
        ("base_url", json!("https://host/?key=0M4RK8"), address),
        ("base_url", json!("https://host/#0M4RK8"), address),
        ("base_url", json!("https://host 0M4RK8"), address),
        ("sms_base_url", json!("0M4RK8"), address),
        ("tls", json!(MARK), "is a string; expected an object"),
        ("tls.ca_file", json!(5), "is a number; expected a string"),
        ("tls.ca_file", json!(""), "is not the path of a file"),
        ("tls.client_certificate_file", json!("\u{0}"), "is not the path of a file"),
        ("tls.public_key_pins", json!(MARK), "is a string; expected an array"),
        ("proxy", json!(MARK), "is a string; expected an object"),
        ("proxy.url", json!("socks5://0M4RK8"), address),
        ("proxy.from_environment", json!(MARK), "is a string; expected a boolean"),
        ("connect_timeout_ms", json!(MARK), "is a string; expected a whole number from 10 to 120000"),
        ("max_connections", json!(MARK), "is a string; expected a whole number from 1 to 64"),
        ("source_address", json!("10.0.0.256"), "is no IP address of this host; e.g. 10.0.0.5"),
        ("source_address", json!("eth0"), "is no IP address of this host; e.g. 10.0.0.5"),
        ("standby", json!(5), "is a number; expected a string"),
        ("draining", json!(MARK), "is a string; expected a boolean"),
    ] {
        refused_in("nhncloud", path, value, Code::ConfigValue, &format!("{path}: {text}"));
    }
    for pin in [MARK, "sha256/0M4RK8", "sha256/AAAA", "sha1/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="] {
        let pins = json!(["sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", pin]);
        refused_in("bizgo", "tls.public_key_pins", pins, Code::ConfigValue, "tls.public_key_pins[1]: is no pin");
    }
}

#[test]
fn every_number_of_a_gateway_is_held_to_its_range() {
    for (key, min, max) in [
        ("connect_timeout_ms", 10, 120_000_u64),
        ("idle_timeout_ms", 100, 3_600_000),
        ("max_connections", 1, 64),
        ("messages_per_second", 1, 1_000_000),
        ("requests_per_second", 1, 100_000),
        ("poll_ms", 50, 3_600_000),
        ("settle_ms", 50, 3_600_000),
        ("check_ms", 50, 86_400_000),
    ] {
        for good in [min, max] {
            assert!(Settings::parse(&with("gateways", changed("solapi", key, json!(good)))).is_ok(), "{key} {good}");
        }
        for bad in [json!(min - 1), json!(max + 1), json!(-1), json!(1.5)] {
            refused_in("solapi", key, bad, Code::ConfigValue, &format!("{key}: "));
        }
    }
}

#[test]
fn a_contradiction_within_a_gateway_is_named() {
    let login = "proxy: has a user without a password, or the other way round";
    let either = "proxy: needs either a url, with its login if it has one, or from_environment";
    for (proxy, begins) in [
        (json!({}), either),
        (json!({"from_environment": false}), either),
        (json!({"url": "http://p", "from_environment": true}), either),
        (json!({"from_environment": true, "user": "u", "password": MARK}), either),
        (json!({"user": "u", "password": MARK}), either),
        (json!({"url": "http://p", "user": MARK}), login),
        (json!({"url": "http://p", "password": MARK}), login),
    ] {
        refused_in("aligo", "proxy", proxy, Code::ConfigContradiction, begins);
    }
    for kind in ["solapi", "bizgo", "sens"] {
        let begins = "sms_base_url: is not for this type, which has one address for everything; use base_url";
        refused_in(kind, "sms_base_url", json!("http://h"), Code::ConfigContradiction, begins);
    }
    for half in ["sms_app_key", "sms_secret_key"] {
        let mut gateway = gateway("nhncloud");
        gateway.as_object_mut().unwrap().remove(half);
        let begins = "gateways.g.sms_app_key: belongs together with sms_secret_key";
        refused_at("gateways", json!({"g": gateway}), Code::ConfigContradiction, begins);
    }
}

#[test]
fn a_key_of_a_gateway_twice_is_refused() {
    for (keys, path) in [
        (r#""api_key": "0M4RK8", "api_key": "0M4RK8""#, "api_key"),
        (r#""api_key": "k", "poll_ms": 50, "poll_ms": 50"#, "poll_ms"),
        (r#""api_key": "k", "type": "bizgo""#, "type"),
        (r#""api_key": "k", "standby": "x", "standby": "g""#, "standby"),
        (r#""api_key": "k", "draining": false, "draining": true"#, "draining"),
    ] {
        let text = with("gateways", json!("GATEWAYS"))
            .replace(r#""GATEWAYS""#, &format!(r#"{{"g": {{"type": "bizgo", {keys}}}}}"#));
        let error = refused(&text);
        assert_eq!((error.code(), error.text()), (Code::ConfigValue, &*format!("gateways.g.{path}: appears twice")));
    }
}

/// Two sandboxes `a` and `b`, the account's being `a`, with these changes of the whole.
fn two(changes: Value) -> String {
    let mut config = base();
    config["gateways"] = json!({"a": {"type": "sandbox"}, "b": {"type": "sandbox"}});
    config["accounts"]["seoul"]["gateway"] = "a".into();
    config["templates"] = json!({"visit": {"text": "가"}});
    let mut patches = vec![(&mut config, &changes)];
    while let Some((place, change)) = patches.pop() {
        match (place, change) {
            (Value::Object(keys), Value::Object(changes)) => {
                for key in changes.keys() {
                    keys.entry(key).or_insert(Value::Null);
                }
                patches.extend(keys.iter_mut().filter_map(|(key, place)| Some((place, changes.get(key)?))));
            }
            (place, change) => *place = change.clone(),
        }
    }
    config.to_string()
}

#[test]
fn every_name_of_a_gateway_must_be_one_and_is_refused_by_its_path() {
    let none = "names none of `gateways`, which has a, b";
    for (changes, path) in [
        (json!({"gateways": {"a": {"standby": MARK}}}), "gateways.a.standby"),
        (json!({"accounts": {"seoul": {"gateway": MARK}}}), "accounts.seoul.gateway"),
        (json!({"accounts": {"seoul": {"gateways": {"c": {"sender_key": MARK}}}}}), "accounts.seoul.gateways.c"),
        (json!({"templates": {"visit": {"gateways": {"c": {"code": MARK}}}}}), "templates.visit.gateways.c"),
        (json!({"fallback": {"gateway": MARK}}), "fallback.gateway"),
        (json!({"routes": [{"gateway": "b"}, {"gateway": MARK}]}), "routes[1].gateway"),
    ] {
        let error = refused(&two(changes));
        let expected = (Code::ConfigContradiction, format!("{path}: {none}"));
        assert_eq!((error.code(), error.text().to_owned()), expected);
    }
    for (route, text) in [
        (json!({"gateway": "b", "account": MARK}), "routes[0].account: names none of `accounts`, which has seoul"),
        (json!({"gateway": "b", "template": MARK}), "routes[0].template: names none of `templates`, which has visit"),
    ] {
        let error = refused(&two(json!({"routes": [route]})));
        assert_eq!((error.code(), error.text()), (Code::ConfigContradiction, text));
    }
}

#[test]
fn a_standby_must_be_another_gateway_that_takes_messages() {
    let begins = "gateways.a.standby: is the gateway itself or one that is draining; name another";
    for gateways in [
        json!({"a": {"standby": "a"}}),
        json!({"a": {"standby": "b"}, "b": {"draining": true}}),
        json!({"a": {"standby": "b", "draining": true}, "b": {"standby": "a", "draining": true}}),
    ] {
        let error = refused(&two(json!({"gateways": gateways})));
        assert_eq!((error.code(), error.text()), (Code::ConfigContradiction, begins));
    }
}

#[test]
fn a_gateway_that_drains_needs_somebody_in_its_place_where_it_is_named() {
    let text = "names a gateway that is draining and has no standby; name another, or give it a standby";
    let draining = |gateway: &str| json!({gateway: {"draining": true}});
    for (changes, path) in [
        (json!({"gateways": draining("a")}), "accounts.seoul.gateway"),
        (json!({"gateways": draining("b"), "routes": [{"gateway": "b", "percent": 5}]}), "routes[0].gateway"),
    ] {
        let error = refused(&two(changes));
        let expected = (Code::ConfigContradiction, format!("{path}: {text}"));
        assert_eq!((error.code(), error.text().to_owned()), expected);
    }
    let good = json!({"gateways": {"a": {"draining": true, "standby": "b"}}});
    assert!(Settings::parse(&two(good)).is_ok());
    assert!(Settings::parse(&two(json!({"gateways": draining("b")}))).is_ok(), "nobody names it");
}

#[test]
fn wrong_values_of_routing_are_named_by_their_path() {
    for (changes, code, begins) in [
        (json!({"routes": {}}), Code::ConfigValue, "routes: is an object; expected an array"),
        (json!({"routes": [MARK]}), Code::ConfigValue, "routes[0]: is a string; expected an object"),
        (json!({"routes": [{}]}), Code::ConfigValue, "routes[0].gateway: is missing"),
        (json!({"routes": [{"gateway": 5}]}), Code::ConfigValue, "routes[0].gateway: is a number; expected a string"),
        (json!({"routes": [{"gateway": "b", "share": 5}]}), Code::ConfigUnknownKey, "routes[0].share: unknown key"),
        (json!({"routes": [{"gateway": "b", "percent": 0}]}), Code::ConfigValue, "routes[0].percent: is outside"),
        (json!({"routes": [{"gateway": "b", "percent": 101}]}), Code::ConfigValue, "routes[0].percent: is outside"),
        (json!({"fallback": {"by": MARK}}), Code::ConfigValue, "fallback.by: is none of the words allowed: engine, g"),
        (json!({"fallback": {"by": 5}}), Code::ConfigValue, "fallback.by: is a number; expected one of the words"),
        (json!({"fallback": {"gateway": 5}}), Code::ConfigValue, "fallback.gateway: is a number; expected a string"),
        (
            json!({"accounts": {"seoul": {"gateways": {"b": {"sender_number": MARK}}}}}),
            Code::ConfigUnknownKey,
            "accounts.seoul.gateways.b.sender_number: unknown key; allowed are sender_key",
        ),
        (
            json!({"accounts": {"seoul": {"gateways": {"b": {}}}}}),
            Code::ConfigValue,
            "accounts.seoul.gateways.b.sender_key: is missing",
        ),
        (
            json!({"accounts": {"seoul": {"gateways": {"b": {"sender_key": {"env": MARK}}}}}}),
            Code::ConfigSecret,
            "accounts.seoul.gateways.b.sender_key.env: the environment variable",
        ),
        (
            json!({"templates": {"visit": {"gateways": {"b": {"text": MARK}}}}}),
            Code::ConfigUnknownKey,
            "templates.visit.gateways.b.text: unknown key; allowed are code",
        ),
    ] {
        let error = refused(&two(changes));
        assert_eq!(error.code(), code, "{error}");
        assert!(error.text().starts_with(begins), "expected {begins:?}..., got {:?}", error.text());
    }
}
