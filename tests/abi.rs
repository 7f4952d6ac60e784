//! The C ABI of the built library: its header, its symbols, its layout, and what C programs get from it.
//!
//! Invariant: what is looked at is the shared library itself, as a program in another language sees it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failure here is a failed test")]
#![allow(unsafe_code, reason = "the library is loaded and called as C does")]

mod built;

use built::{ROOT, compile_and_run, library, run};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

const STANDARDS: [(&str, &str); 4] = [("gcc", "gnu90"), ("gcc", "c99"), ("gcc", "c11"), ("g++", "c++98")];

fn header() -> String {
    fs::read_to_string(Path::new(ROOT).join("include/alimi.h")).unwrap()
}

/// The functions that the header declares.
fn functions() -> BTreeSet<String> {
    let header = header();
    let declared = header.split("ALIMI_API int32_t ALIMI_CALL ").skip(1);
    declared.map(|rest| rest.split_once('(').unwrap().0.to_owned()).collect()
}

#[test]
fn the_committed_header_is_the_generated_one() {
    for name in ["alimi.h", "alimi.def", "alimi-x86.def"] {
        let committed = fs::read_to_string(Path::new(ROOT).join("include").join(name)).unwrap_or_default();
        let generated = fs::read_to_string(Path::new(env!("ALIMI_GENERATED")).join(name)).unwrap();
        assert!(committed == generated, "include/{name} is not current: ALIMI_UPDATE_HEADER=1 cargo build");
    }
}

/// The natives that the Java binding declares.
fn natives() -> BTreeSet<String> {
    let source = fs::read_to_string(Path::new(ROOT).join("bindings/java/src/kr/alimi/Native.java")).unwrap();
    let declared = source.split("static native int ").skip(1);
    declared.map(|rest| rest.split_once('(').unwrap().0.to_owned()).collect()
}

#[test]
fn the_library_exports_the_functions_of_the_header_and_the_natives_of_java_and_nothing_else() {
    let symbols = run(Command::new("nm").args(["-D", "--defined-only"]).arg(library()));
    let exported: BTreeSet<String> =
        symbols.lines().filter_map(|line| line.split_whitespace().last().map(str::to_owned)).collect();
    let mut expected = functions();
    assert_eq!(expected.len(), 37);
    if cfg!(feature = "jni") {
        expected.extend(natives().into_iter().map(|native| format!("Java_kr_alimi_Native_{native}")));
    }
    assert_eq!(exported, expected);
}

#[test]
fn java_has_a_native_for_every_function() {
    // alimi_poll_result is pollResult. The twins for UTF-16 are for callers whose texts are not bytes.
    let camel = |function: &str| {
        let mut words = function.trim_start_matches("alimi_").split('_');
        let first = words.next().unwrap_or_default().to_owned();
        words.fold(first, |name, word| name + &word[..1].to_uppercase() + &word[1..])
    };
    let functions = functions();
    assert_eq!(natives(), functions.iter().filter(|name| !name.ends_with("_w")).map(|name| camel(name)).collect());
}

#[test]
fn the_library_tells_the_linker_its_name_and_stays_loaded() {
    let dynamic = run(Command::new("readelf").arg("-dW").arg(library()));
    assert!(dynamic.contains("[libalimi.so.0]"), "{dynamic}");
    assert!(dynamic.contains("NODELETE"), "{dynamic}");
    assert!(dynamic.contains("NOW"), "{dynamic}");
}

#[test]
fn every_function_and_callback_of_the_header_has_the_calling_convention_and_a_comment() {
    let header = header();
    assert_eq!(header.matches("(ALIMI_CALL *alimi_").count(), 2);
    for function in functions() {
        let (before, _) = header.split_once(&format!("ALIMI_API int32_t ALIMI_CALL {function}(")).unwrap();
        assert!(before.ends_with(" */\n"), "{function}");
        let comment = before.rsplit_once("/**").unwrap().1;
        assert!(
            ["Returns", "returns", "All else as", "As alimi_"].iter().any(|word| comment.contains(word)),
            "{function}"
        );
    }
}

#[test]
fn every_function_of_the_header_is_called_from_c() {
    let calls = ["check.h", "abuse.c", "flow.c", "wide.c"]
        .map(|name| fs::read_to_string(Path::new(ROOT).join("tests/c").join(name)));
    let calls = calls.map(Result::unwrap).concat();
    for function in functions() {
        assert!(calls.contains(&format!("{function}(")), "{function}");
    }
}

#[test]
fn the_layout_of_a_result_is_the_same_for_every_compiler_and_packing() {
    let promised = fs::read_to_string(Path::new(ROOT).join("tests/c/layout.txt")).unwrap();
    for (compiler, standard) in STANDARDS {
        for define in ["-DPACK=0", "-DPACK=1", "-DPACK=2", "-DPACK=8"] {
            assert_eq!(compile_and_run("layout.c", compiler, standard, define), promised, "{standard} {define}");
        }
    }
}

#[test]
fn wrong_use_from_c_is_an_error_each_time() {
    for (compiler, standard) in STANDARDS {
        assert!(compile_and_run("abuse.c", compiler, standard, "-DPACK=0").ends_with(" checks\n"));
    }
}

#[test]
fn every_function_does_its_work_from_c() {
    for (compiler, standard) in STANDARDS {
        assert!(compile_and_run("flow.c", compiler, standard, "-DPACK=0").ends_with(" checks\n"));
    }
}

#[test]
fn every_function_of_utf16_does_its_work_from_c_whatever_the_encoding_of_the_client() {
    // The sources hold u"" texts, which C90 and C++98 do not know.
    for (compiler, standard) in [("gcc", "c11"), ("g++", "c++11")] {
        assert!(compile_and_run("wide.c", compiler, standard, "-DPACK=0").ends_with(" checks\n"));
    }
}

#[test]
fn the_loaded_library_gives_the_codes_of_the_crate_and_stays_when_it_is_closed() {
    type Version = unsafe extern "system" fn(*mut u8, i32) -> i32;
    type ErrorText = unsafe extern "system" fn(i32, *mut u8, i32) -> i32;
    let text_of = |buffer: &[u8]| std::ffi::CStr::from_bytes_until_nul(buffer).unwrap().to_str().unwrap().to_owned();
    // SAFETY: the library starts nothing when it is loaded; types and sizes are those of the header.
    unsafe {
        let library = libloading::Library::new(library()).unwrap();
        let version = *library.get::<Version>(b"alimi_version\0").unwrap();
        let error_text = *library.get::<ErrorText>(b"alimi_error_text\0").unwrap();
        let mut buffer = [0xee_u8; 1024];
        assert_eq!(version(buffer.as_mut_ptr(), 1024), 0);
        assert_eq!(text_of(&buffer), env!("CARGO_PKG_VERSION"));
        for code in alimi::Code::ALL {
            assert_eq!(error_text(*code as i32, buffer.as_mut_ptr(), 1024), 0);
            assert_eq!(text_of(&buffer), format!("{}: {}", code.name(), code.meaning()));
        }
        library.close().unwrap();
        // A library that was unloaded would end the test here.
        assert_eq!(version(buffer.as_mut_ptr(), 0), alimi::Code::BufferTooSmall as i32);
    }
}
