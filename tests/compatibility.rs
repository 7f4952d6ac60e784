//! Programs of earlier versions go on as they are: what their headers said holds today, and they run against this library.
//!
//! Invariants: `tests/abi` holds the header of every released version, never changed; today's may only add to it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failure here is a failed test")]
#![allow(clippy::print_stderr, reason = "says what was skipped")]
#![allow(unsafe_code, reason = "the library is loaded and called as C does")]

mod built;

use built::{Program, ROOT, run};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

fn frozen() -> PathBuf {
    Path::new(ROOT).join("tests/abi")
}

fn today() -> String {
    fs::read_to_string(Path::new(ROOT).join("include/alimi.h")).unwrap()
}

/// The released versions, by their headers.
fn versions() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for file in fs::read_dir(frozen()).unwrap() {
        let file = file.unwrap();
        let name = file.file_name().into_string().unwrap();
        if let Some(version) = name.strip_prefix("alimi-").and_then(|name| name.strip_suffix(".h")) {
            found.push((version.to_owned(), fs::read_to_string(file.path()).unwrap()));
        }
    }
    assert!(!found.is_empty());
    found
}

/// The constants of a header that are numbers.
fn numbers(header: &str) -> BTreeMap<String, i32> {
    let defined = header.lines().filter_map(|line| line.strip_prefix("#define ALIMI_")?.split_once(' '));
    let numbers = defined.filter_map(|(name, value)| {
        let value = value.trim_matches(['(', ')', ' ']).parse().ok()?;
        (!name.starts_with("VERSION")).then(|| (name.to_owned(), value))
    });
    numbers.collect()
}

/// The constants among which a number means one thing; `None` for sizes and limits.
fn kind(name: &str) -> Option<&str> {
    let kinds = ["STATE_", "CHANNEL_", "CERTAINTY_", "REASON_", "LOG_"];
    let limit = name.ends_with("_SIZE") || name.ends_with("_MAX") || name.ends_with("_MIN");
    let named = kinds.into_iter().find(|kind| name.starts_with(kind));
    named.or((!limit).then_some("a code"))
}

#[test]
fn no_number_of_a_released_header_has_gone_or_means_something_else() {
    let today = numbers(&today());
    assert!(today.len() >= 109, "{}", today.len());
    for (version, header) in versions() {
        let then = numbers(&header);
        assert!(then.len() >= 109, "{version}: {}", then.len());
        for (name, number) in then {
            assert_eq!(today.get(&name), Some(&number), "ALIMI_{name} of {version}");
        }
    }
    let mut meanings = BTreeMap::new();
    for (name, number) in &today {
        if let Some(kind) = kind(name)
            && let Some(other) = meanings.insert((kind, number), name)
        {
            panic!("ALIMI_{name} and ALIMI_{other} are both {number}");
        }
    }
}

/// A library whose functions are those of a header and do nothing: its debug information holds what programs compiled
/// against the header count on.
fn shape(place: &Path, name: &str, header: &str) -> PathBuf {
    let mut source = header.to_owned();
    for declared in header.split("ALIMI_API int32_t ").skip(1).filter_map(|rest| rest.split_once(");")) {
        source.push_str(&format!("int32_t {}) {{ return 0; }}\n", declared.0));
    }
    let (file, library) = (place.join(format!("{name}.c")), place.join(format!("{name}.so")));
    fs::write(&file, source).unwrap();
    run(Command::new("gcc").args(["-std=c11", "-g", "-shared", "-fPIC", "-o"]).args([&library, &file]));
    library
}

/// The members of the structure, which may grow at its end: programs say in its first member how large theirs is.
fn members(header: &str) -> Vec<&str> {
    let (body, _) =
        header.split_once("typedef struct alimi_result_t {").unwrap().1.split_once("} alimi_result_t;").unwrap();
    body.lines().map(str::trim).filter(|line| line.ends_with(';')).collect()
}

/// What breaks on the way from one header to the other; empty where it only grew.
fn broken(place: &Path, old: &str, new: &str) -> String {
    let added = members(new).split_off(members(old).len().min(members(new).len()));
    if !members(new).starts_with(&members(old)) {
        return format!("the members {:?} became {:?}", members(old), members(new));
    }
    let new = added.iter().fold(new.to_owned(), |header, member| header.replacen(member, "", 1));
    let (old, new) = (shape(place, "old", old), shape(place, "new", &new));
    let output = Command::new("abidiff").arg("--no-added-syms").args([old, new]).output().unwrap();
    // Bit 0 and 1: it could not compare. Bit 2: something changed; bit 3: so that programs break.
    let (code, said) = (output.status.code().unwrap(), String::from_utf8_lossy(&output.stdout));
    assert_eq!(code & 3, 0, "{said}{}", String::from_utf8_lossy(&output.stderr));
    if code == 0 { String::new() } else { format!("abidiff {code}: {said}") }
}

#[test]
fn functions_and_structures_of_a_released_header_are_as_they_were() {
    if Command::new("abidiff").arg("--version").output().is_err() {
        eprintln!("skipped: no abidiff here");
        return;
    }
    let place = TempDir::new().unwrap();
    for (version, header) in versions() {
        assert_eq!(broken(place.path(), &header, &today()), "", "since {version}");
    }
    // The comparison sees what must not happen, and lets pass what may.
    let today = today();
    let changed = |from: &str, to: &str| {
        assert!(today.contains(from), "{from}");
        broken(place.path(), &today, &today.replacen(from, to, 1))
    };
    for (from, to) in [
        ("int32_t ALIMI_CALL alimi_wake(int32_t client)", "int32_t ALIMI_CALL alimi_woken(int32_t client)"),
        ("alimi_wake(int32_t client)", "alimi_wake(int32_t client, int32_t more)"),
        ("alimi_wake(int32_t client)", "alimi_wake(long client)"),
        ("char gateway[64];", "char gateway[68];"),
        ("int32_t attempts;", "int32_t attempts;\n    int32_t more;"),
        (
            "typedef void (ALIMI_CALL *alimi_log_callback_t)(int32_t level",
            "typedef void (ALIMI_CALL *alimi_log_callback_t)(long level",
        ),
    ] {
        assert_ne!(changed(from, to), "", "{to}");
    }
    let function = "ALIMI_API int32_t ALIMI_CALL alimi_wake(int32_t client);";
    assert_eq!(changed(function, &format!("{function}\n{}", function.replace("wake", "more"))), "");
    assert_eq!(changed("char text[256];", "char text[256];\n    int32_t more;"), "");
}

#[test]
fn a_program_of_every_released_version_runs_with_this_library() {
    for (version, header) in versions() {
        let program = Program::compile(&format!("../abi/client-{version}.c"), "gcc", "gnu90", "-DFROZEN");
        let source = fs::read_to_string(frozen().join(format!("client-{version}.c"))).unwrap();
        for (name, _) in header.split("ALIMI_CALL alimi_").skip(1).filter_map(|rest| rest.split_once('(')) {
            assert!(source.contains(&format!("alimi_{name}(")), "alimi_{name} is not called by {version}");
        }
        let place = TempDir::new().unwrap();
        let settings = place.path().join("settings.json");
        fs::copy(frozen().join(format!("settings-{version}.json")), &settings).unwrap();
        let said = run(program.command().arg(&settings).arg(place.path()));
        assert!(said.ends_with(" calls\n"), "{said}");
    }
}
