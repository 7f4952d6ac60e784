//! Files, secrets and bounds.

use super::*;
use std::fs;

#[test]
fn a_text_that_is_neither_json_nor_a_path_is_not_repeated() {
    let long = "x".repeat(5_000);
    for text in
        ["", "  ", "\u{feff}", "\"sender_key\": \"0M4RK8\"}", "[{\"0M4RK8\": 1}]", "0M4RK8\n0M4RK8", "\0", &long]
    {
        let error = refused(text);
        assert_eq!(error.code(), Code::ConfigSyntax, "{error}");
        assert!(error.text().len() < 100, "{error}");
    }
}

#[test]
fn size_and_nesting_are_bounded() {
    let huge = with("accounts.seoul.sender_key", json!("x".repeat(TEXT_BYTES_MAX)));
    assert!(refused(&huge).text().contains("more than 4 MiB"));
    let deep = with("templates", json!(null)).replace("null", &"[".repeat(100_000));
    assert!(refused(&deep).text().contains("recursion limit"));
    let wide = with("allowed_recipients", json!(null)).replace("null", &format!("[{}0]", "0,".repeat(VALUES_MAX)));
    assert!(refused(&wide).text().contains("more than 1000000 values"));
    let file = tempfile::tempdir().unwrap();
    let path = file.path().join("big.json");
    fs::write(&path, huge).unwrap();
    assert!(refused(path.to_str().unwrap()).text().contains("more than 4 MiB"));
}

#[test]
fn a_file_may_begin_with_a_mark_and_its_relative_paths_start_at_its_directory() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("설정.json");
    fs::write(&path, format!("\u{feff}\n{}", base())).unwrap();
    let settings = Settings::parse(path.to_str().unwrap()).unwrap();
    assert_eq!(settings.outbox.path, directory.path().join("box/alimi.db"));
    assert!(Settings::parse(&format!("\u{feff}  {}", base())).is_ok());
}

#[test]
fn a_file_in_cp949_is_read_with_every_syllable_and_leads_to_hangul_paths() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("alimi.json");
    let (bytes, _, lossy) = encoding_rs::EUC_KR
        .encode(r#"{"outbox": {"encryption": "none", "path": "똠방각하/펲시.db"}, "accounts": {"뷁병원": {"sender_key": "k"}}}"#);
    assert!(!lossy);
    assert!(std::str::from_utf8(&bytes).is_err());
    fs::write(&path, &bytes).unwrap();
    let settings = Settings::parse(path.to_str().unwrap()).unwrap();
    assert_eq!(settings.outbox.path, directory.path().join("똠방각하/펲시.db"));
    assert!(settings.accounts.contains_key("뷁병원"));
}

#[test]
fn a_telephone_number_in_the_place_of_a_path_is_not_repeated() {
    for (given, shown) in
        [("010-0000-0000", "***-****-****"), ("a01000000000.b", "a***********.b"), ("2026-12-01", "2026-12-01")]
    {
        let error = refused(given);
        assert_eq!(error.code(), Code::ConfigFile);
        assert!(error.text().contains(&format!("{shown}: cannot be read: ")), "{error}");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_named_with_the_place_of_what_is_wrong() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("alimi.json");
    let name = path.to_str().unwrap();
    let begins = format!("config file {name}: ");
    let error = refused(name);
    assert_eq!(error.code(), Code::ConfigFile);
    assert!(error.text().starts_with(&format!("{begins}cannot be read: ")), "{error}");
    fs::write(&path, b"{\n\"a\": \"\xb0\xa1\xff\xff\"}").unwrap();
    let error = refused(name);
    assert_eq!(error.code(), Code::ConfigFile);
    let wrong = "is neither UTF-8 (wrong at byte 8, line 2) nor CP949 (wrong at byte 10, line 2)";
    assert_eq!(error.text(), format!("{begins}{wrong}"));
    fs::write(&path, b"\xff\xfe{\0}\0").unwrap();
    assert_eq!(refused(name).text(), format!("{begins}is UTF-16; save it as UTF-8 or CP949"));
    fs::write(&path, b"{\n x").unwrap();
    let error = refused(name);
    assert_eq!(error.code(), Code::ConfigSyntax);
    assert!(error.text().starts_with(&format!("{begins}line 2, column 2: ")), "{error}");
    assert_eq!(refused(directory.path().to_str().unwrap()).code(), Code::ConfigFile);
}

#[test]
fn a_secret_comes_from_the_environment_or_a_file_and_debug_shows_none() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("key.txt"), format!("{MARK}\r\n")).unwrap();
    let config = json!({
        "outbox": {"encryption": "none", "path": "alimi.db"},
        "accounts": {
            "env": {"sender_key": {"env": "PATH"}},
            "file": {"sender_key": {"file": "key.txt"}, "sender_number": "0299998888"},
            "inline": {"sender_key": MARK},
        },
        "allowed_recipients": ["01099998888"],
    });
    let path = directory.path().join("alimi.json");
    fs::write(&path, config.to_string()).unwrap();
    let settings = Settings::parse(path.to_str().unwrap()).unwrap();
    assert_eq!(settings.accounts["env"].sender_key.reveal(), std::env::var("PATH").unwrap());
    assert_eq!(settings.accounts["file"].sender_key.reveal(), MARK);
    assert_eq!(settings.default_account, None);
    for shown in [format!("{settings:?}"), format!("{settings:#?}")] {
        assert!(
            !shown.contains(MARK) && !shown.contains("99998888") && !shown.contains(&std::env::var("PATH").unwrap())
        );
        assert!(shown.contains("***"));
    }
}

#[test]
fn a_secret_that_cannot_be_read_is_named_by_its_path_alone() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = directory.path().join(format!("{MARK}{name}"));
        fs::write(&path, bytes).unwrap();
        json!({"file": path})
    };
    let key = "accounts.seoul.sender_key";
    for (source, begins) in [
        (json!(""), format!("{key}: is empty")),
        (json!("a\nb"), format!("{key}: has a line break")),
        (json!({"env": MARK}), format!("{key}.env: the environment variable of this name is not set")),
        (json!({"file": MARK}), format!("{key}.file: the file cannot be read: ")),
        (file("empty", b"\n"), format!("{key}.file: is empty")),
        (file("two", b"0M4RK8\nb\n"), format!("{key}.file: has a line break")),
        (file("bytes", b"0M4RK8\xff\xff"), format!("{key}.file: the file is neither UTF-8 (wrong at byte 6")),
        (file("long", &[b'x'; 65_537]), format!("{key}.file: the file has more than 65536 bytes")),
    ] {
        refused_at(key, source, Code::ConfigSecret, &begins);
    }
    for bad in [json!({}), json!({"env": "PATH", "file": "x"})] {
        refused_at(key, bad, Code::ConfigValue, &format!("{key}: expected {{\"env\""));
    }
    refused_at(key, json!({"env": 5}), Code::ConfigValue, &format!("{key}.env: is a number; expected a string"));
}

#[test]
fn an_outbox_is_sealed_with_a_key_unless_the_configuration_says_that_it_is_not() {
    let outbox = |rest: Value| {
        let mut outbox = json!({"path": "a.db"});
        outbox.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        with("outbox", outbox)
    };
    let missing = refused(&outbox(json!({})));
    assert_eq!(missing.code(), Code::ConfigValue);
    assert!(missing.text().starts_with("outbox.key: is missing; "), "{missing}");
    assert!(missing.text().contains("{\"file\": \"PATH\"}") && missing.text().contains("\"none\""), "{missing}");
    let both = refused(&outbox(json!({"key": "5a".repeat(32), "encryption": "none"})));
    assert_eq!(both.code(), Code::ConfigContradiction);
    let short = refused(&outbox(json!({"key": MARK})));
    assert_eq!(short.code(), Code::ConfigSecret);
    assert!(short.text().starts_with("outbox.key: has 6 characters and is no key"), "{short}");
    let old = refused(&outbox(json!({"encryption": "none", "old_keys": ["5a".repeat(32), {"env": MARK}]})));
    assert!(old.text().starts_with("outbox.old_keys[1].env: "), "{old}");
    assert_eq!(refused(&outbox(json!({"encryption": "rot13"}))).code(), Code::ConfigValue);

    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("alimi.key");
    fs::write(&file, "a5".repeat(32) + "\r\n").unwrap();
    let text = outbox(json!({"key": {"file": file}, "old_keys": ["5a".repeat(32)]}));
    let encryption = Settings::parse(&text).unwrap().outbox.encryption;
    assert_eq!((encryption.key.unwrap().bytes(), encryption.old_keys.len()), (&[0xa5; 32], 1));
}
