//! The declarations of other languages against the header.
//!
//! Invariant: every function of the header stands in every language with its parameters, or the language is named here
//! with the reason why not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failure here is a failed test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn text(file: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join(file)).unwrap()
}

/// The types of the parameters of each function, as the header spells them.
fn functions() -> BTreeMap<String, Vec<String>> {
    let header = text("include/alimi.h");
    let declared = header.split("ALIMI_API int32_t ALIMI_CALL ").skip(1);
    let parse = |rest: &str| {
        let (name, rest) = rest.split_once('(').unwrap();
        let parameters = rest.split_once(')').unwrap().0.split(',').map(|parameter| {
            let parameter = parameter.trim();
            let end = parameter.rfind([' ', '*']).unwrap() + 1;
            parameter[..end].replace("struct ", "").trim().to_owned()
        });
        (name.to_owned(), parameters.collect())
    };
    declared.map(parse).collect()
}

/// The types of the parameters after `start`, up to `end`, each found by `of`.
fn declared(file: &str, start: &str, end: char, separator: char, of: fn(&str) -> &str) -> Option<Vec<String>> {
    let whole = text(file);
    let (_, rest) = whole.split_once(start)?;
    Some(rest.split_once(end)?.0.split(separator).map(|parameter| of(parameter.trim()).to_owned()).collect())
}

fn compare(
    file: &str,
    start: &str,
    end: char,
    separator: char,
    of: fn(&str) -> &str,
    types: &[(&str, &str)],
    left_out: &[&str],
) {
    let types: BTreeMap<&str, &str> = types.iter().copied().collect();
    for (name, parameters) in functions() {
        let found = declared(file, &start.replace('$', &name), end, separator, of);
        if parameters.iter().any(|kind| left_out.contains(&kind.as_str())) {
            assert_eq!(found, None, "{file}: {name}");
            continue;
        }
        let expected: Vec<_> = parameters.iter().map(|kind| types[kind.as_str()].to_owned()).collect();
        assert_eq!(found, Some(expected), "{file}: {name}");
    }
}

#[test]
fn the_generated_declarations_are_current() {
    let output =
        Command::new("python3").arg(Path::new(ROOT).join("bindings/generate")).arg("--check").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn python_imports_every_function_with_its_types() {
    let types = [
        ("int32_t", "c_int32"),
        ("int32_t *", "POINTER(c_int32)"),
        ("const char *", "c_char_p"),
        ("char *", "c_void_p"),
        ("const alimi_utf16_t *", "c_char_p"),
        ("alimi_utf16_t *", "c_void_p"),
        ("alimi_result_t *", "POINTER(ResultStructure)"),
        ("alimi_log_callback_t", "_LOG"),
        ("alimi_result_callback_t", "_RESULT"),
        ("void *", "c_void_p"),
    ];
    compare("bindings/python/alimi/_header.py", "\"$\": [", ']', ',', |kind| kind, &types, &[]);
}

#[test]
fn pascal_declares_every_function_with_its_types() {
    let types = [
        ("int32_t", "Integer"),
        ("int32_t *", "PInteger"),
        ("const char *", "PAnsiChar"),
        ("char *", "PAnsiChar"),
        ("const alimi_utf16_t *", "PWideChar"),
        ("alimi_utf16_t *", "PWideChar"),
        ("alimi_result_t *", "PAlimiRawResult"),
        ("alimi_log_callback_t", "TAlimiLogCallback"),
        ("alimi_result_callback_t", "TAlimiResultCallback"),
        ("void *", "Pointer"),
    ];
    fn of(parameter: &str) -> &str {
        parameter.split_once(": ").unwrap().1
    }
    compare("bindings/delphi/Alimi.pas", "function $(", ')', ';', of, &types, &[]);
}

#[test]
fn visual_basic_declares_every_function_that_it_can_call() {
    let types = [
        ("int32_t", "ByVal Long"),
        ("int32_t *", "ByRef Long"),
        ("const char *", "ByVal String"),
        ("char *", "ByVal String"),
        ("const alimi_utf16_t *", "ByVal Long"),
        ("alimi_utf16_t *", "ByVal Long"),
        ("alimi_result_t *", "ByRef AlimiRawResult"),
    ];
    // A callback comes from a thread that Visual Basic does not know.
    let left_out = ["alimi_log_callback_t", "alimi_result_callback_t"];
    let file = "bindings/vb6/Alimi.bas";
    let source = text(file);
    for (name, parameters) in functions() {
        let line = source
            .lines()
            .find(|line| line.starts_with(&format!("Public Declare Function {name} Lib \"alimi.dll\" (")));
        if parameters.iter().any(|kind| left_out.contains(&kind.as_str())) {
            assert_eq!(line, None, "{name}");
            continue;
        }
        let line = line.unwrap_or_else(|| panic!("{name}"));
        assert!(line.ends_with(") As Long") && line.len() < 1_023, "{line}");
        let inside = line.split_once(" (").unwrap().1.strip_suffix(") As Long").unwrap();
        let found: Vec<_> = inside
            .split(", ")
            .map(|parameter| {
                let (way, rest) = parameter.split_once(' ').unwrap();
                format!("{way} {}", rest.split_once(" As ").unwrap().1)
            })
            .collect();
        let expected: Vec<_> =
            parameters.iter().map(|kind| types.iter().find(|(c, _)| c == kind).unwrap().1.to_owned()).collect();
        assert_eq!(found, expected, "{name}");
    }
}

/// PowerBuilder has structures only with a packing that changed, and no callbacks: the functions with JSON do the same.
#[test]
fn powerbuilder_declares_every_function_that_it_can_call_in_bytes_or_in_utf16() {
    for (file, wide) in [("bindings/powerbuilder/n_alimi.sru", true), ("bindings/powerbuilder/n_alimi_ansi.sru", false)]
    {
        let source = text(file);
        let mut declared = 0;
        for (name, parameters) in functions() {
            let is = |part: &str| parameters.iter().any(|kind| kind.contains(part));
            let line = format!("FUNCTION long {}(", name.trim_end_matches("_w"));
            let ending = if name.ends_with("_w") { format!(" ALIAS FOR \"{name}\"") } else { String::new() };
            let ending = format!(") LIBRARY \"alimi.dll\"{ending}");
            let line = source.lines().find(|found| found.starts_with(&line) && found.ends_with(&ending));
            let other_form = if wide { is("char *") } else { is("utf16") };
            if is("callback") || is("result_t") || other_form {
                assert_eq!(line, None, "{file}: {name}");
                continue;
            }
            let line = line.unwrap_or_else(|| panic!("{file}: {name}"));
            let found = line.split_once('(').unwrap().1.split_once(')').unwrap().0.split(", ");
            let found: Vec<_> = found.map(|parameter| parameter.rsplit_once(' ').unwrap().0).collect();
            let expected: Vec<_> = parameters
                .iter()
                .map(|kind| match kind.as_str() {
                    "int32_t" => "long",
                    "int32_t *" => "ref long",
                    kind if kind.starts_with("const ") => "string",
                    _ => "ref string",
                })
                .collect();
            assert_eq!(found, expected, "{file}: {name}");
            declared += 1;
        }
        assert_eq!(declared, 18, "{file}");
    }
}

#[test]
fn cpp_calls_every_function_of_bytes() {
    let source = text("bindings/cpp/alimi.hpp");
    for name in functions().keys().filter(|name| !name.ends_with("_w")) {
        assert!(source.contains(&format!("{name}(")) || source.contains(&format!("ask({name},")), "{name}");
    }
}

/// `alimi_get_status` as Java calls it: `getStatus`.
fn java_name(name: &str) -> String {
    let mut words = name.trim_start_matches("alimi_").split('_');
    let first = words.next().unwrap().to_owned();
    words.fold(first, |name, word| name + &word[..1].to_uppercase() + &word[1..])
}

/// What calls them all is run: the C programs by cargo, Python's loop by its tests, the methods of C# and Java by the
/// conformance list, the functions of UTF-16 by the programs named here.
#[test]
fn every_exported_function_is_called_from_c_csharp_java_and_python() {
    let folder = fs::read_dir(Path::new(ROOT).join("tests/c")).unwrap();
    let c: String = folder.map(|file| fs::read_to_string(file.unwrap().path()).unwrap()).collect();
    let (csharp, csharp_wide) = (text("bindings/csharp/src/AlimiClient.cs"), text("tests/csharp/Wide.cs"));
    let (java, java_wide) = (text("bindings/java/src/kr/alimi/AlimiClient.java"), text("tests/java/Wide.java"));
    let python = text("bindings/python/alimi/_header.py");
    assert!(text("bindings/python/tests/test_alimi.py").contains("in alimi.functions.items()"));
    let exported = text("include/alimi.def");
    let exported: BTreeSet<_> = exported.lines().filter_map(|line| line.strip_prefix("    ")).collect();
    let declared = functions();
    assert_eq!(exported, declared.keys().map(String::as_str).collect(), "the header has what is exported");
    for name in exported {
        assert!(c.contains(&format!("{name}(")), "C: {name}");
        assert!(python.contains(&format!("    \"{name}\": [")), "Python: {name}");
        if name.ends_with("_w") {
            // Once declared and once or more called.
            assert!(csharp_wide.matches(&format!("{name}(")).count() > 1, "C#: {name}");
            assert!(java_wide.contains(&format!("\"{name}\"")), "Java: {name}");
        } else {
            assert!(csharp.contains(&format!("Native.Call.{name}(")), "C#: {name}");
            let java_name = java_name(name);
            let (called, given) = (format!("Native.{java_name}("), format!("Native::{java_name})"));
            assert!(java.contains(&called) || java.contains(&given), "Java: {name}");
        }
    }
}

/// Once declared, and once or more called: nothing of alimi is out of reach for those who take the class as it is.
#[test]
fn the_classes_of_delphi_visual_basic_and_powerbuilder_call_every_function_of_utf16() {
    let visual_basic = text("bindings/vb6/Alimi.bas") + &text("bindings/vb6/AlimiClient.cls");
    let (delphi, powerbuilder) = (text("bindings/delphi/Alimi.pas"), text("bindings/powerbuilder/n_alimi.sru"));
    let without_text = ["alimi_shutdown", "alimi_flush", "alimi_wake"];
    for name in functions().into_keys().filter(|name| name.ends_with("_w") || without_text.contains(&name.as_str())) {
        let times = |source: &str, name: &str| source.matches(&format!("{name}(")).count();
        assert!(times(&delphi, &name) > 1, "Delphi: {name}");
        // There a declaration has none after the name, nor has a call that is a statement.
        let statement =
            visual_basic.contains(&format!("{name} StrPtr(")) || visual_basic.contains(&format!("{name} m"));
        assert!(times(&visual_basic, &name) > 0 || statement, "VB6: {name}");
        assert!(times(&powerbuilder, name.trim_end_matches("_w")) > 1, "PowerBuilder: {name}");
    }
}
