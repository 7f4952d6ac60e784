//! Writes the C header and the Windows definition files, and tells the linker how the shared library is to be.
//!
//! Invariants: the files go to `OUT_DIR` at every build; `include/` is written only with `ALIMI_UPDATE_HEADER=1`, so a
//! build never changes the sources behind one's back. A test compares the two.

use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

/// The files that the header is made of, in its order.
const SOURCES: [&str; 6] = ["codes.rs", "result.rs", "log_callback.rs", "result_callback.rs", "api.rs", "wide.rs"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=src/ffi");
    println!("cargo:rerun-if-changed=cbindgen.toml");
    println!("cargo:rerun-if-env-changed=ALIMI_UPDATE_HEADER");

    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(env::var("OUT_DIR")?).join("include");
    let header = header(&root, &out)?;
    let functions = functions(&header)?;
    let files = [
        ("alimi.h", header),
        ("alimi.def", definition(functions.iter().map(|(name, _)| name.clone()))),
        ("alimi-x86.def", definition(functions.iter().map(|(name, words)| format!("{name}@{}", 4 * words)))),
    ];
    for (name, text) in &files {
        fs::write(out.join(name), text)?;
        if env::var("ALIMI_UPDATE_HEADER").is_ok_and(|value| value == "1") {
            fs::create_dir_all(root.join("include"))?;
            fs::write(root.join("include").join(name), text)?;
        }
    }
    // Where the test that compares finds them.
    println!("cargo:rustc-env=ALIMI_GENERATED={}", out.display());
    link()
}

/// The linker's part of the shared library.
fn link() -> Result<(), Box<dyn Error>> {
    if env::var("CARGO_CFG_TARGET_OS")? != "linux" {
        return Ok(());
    }
    let major = env::var("CARGO_PKG_VERSION_MAJOR")?;
    // nodelete: once loaded the library stays, because a thread of it may outlive dlclose.
    for argument in [&*format!("-soname,libalimi.so.{major}"), "-z,relro", "-z,now", "-z,nodelete"] {
        println!("cargo:rustc-cdylib-link-arg=-Wl,{argument}");
    }
    Ok(())
}

fn header(root: &Path, out: &Path) -> Result<String, Box<dyn Error>> {
    fs::create_dir_all(out)?;
    let mut config = cbindgen::Config::from_file(root.join("cbindgen.toml"))?;
    config.after_includes = Some(preamble()?);
    let mut builder = cbindgen::Builder::new().with_config(config);
    for source in SOURCES {
        // cbindgen drops functions with the system's convention and prints callbacks without it. It is shown the plain
        // one, and the convention is put back below.
        let text = fs::read_to_string(root.join("src/ffi").join(source))?.replace("extern \"system\"", "extern \"C\"");
        let shown = out.join(source);
        fs::write(&shown, text)?;
        builder = builder.with_src(shown);
    }
    let mut written = Vec::new();
    builder.generate()?.write(&mut written);
    let header =
        tidy(&String::from_utf8(written)?).replace("typedef void (*alimi_", "typedef void (ALIMI_CALL *alimi_");
    if header.matches("(ALIMI_CALL *alimi_").count() != 2 || header.contains("(*") || header.contains("//") {
        return Err("the header has a callback without its convention, or a comment that C90 does not know".into());
    }
    Ok(header)
}

/// What stands between the opening comment and the constants.
fn preamble() -> Result<String, Box<dyn Error>> {
    let [major, minor, patch] = ["MAJOR", "MINOR", "PATCH"].map(|part| env::var(format!("CARGO_PKG_VERSION_{part}")));
    let (major, minor, patch) = (major?, minor?, patch?);
    Ok(format!(
        r#"
/* Compilers from before C99 have no stdint.h. Define ALIMI_NO_STDINT where int32_t is defined already. */
#if defined(ALIMI_NO_STDINT)
#elif defined(_MSC_VER) && _MSC_VER < 1600
typedef __int32 int32_t;
#elif defined(__BORLANDC__) && __BORLANDC__ < 0x560
typedef int int32_t;
#else
#include <stdint.h>
#endif

/* The calling convention, also of callbacks. */
#ifndef ALIMI_CALL
#if defined(_WIN32) && !defined(_WIN64)
#define ALIMI_CALL __stdcall
#else
#define ALIMI_CALL
#endif
#endif

/* Where the functions come from. Define ALIMI_STATIC to link the static library. */
#ifndef ALIMI_API
#if defined(_WIN32) && !defined(ALIMI_STATIC)
#define ALIMI_API __declspec(dllimport)
#else
#define ALIMI_API
#endif
#endif

/* A unit of UTF-16, for the functions whose names end in _w: the compiler's own type, so that L"" on Windows, and u""
   elsewhere, are such texts. */
#if defined(_WIN32)
#include <stddef.h>
typedef wchar_t alimi_utf16_t;
#elif defined(__cplusplus) && __cplusplus >= 201103L
typedef char16_t alimi_utf16_t;
#else
typedef unsigned short alimi_utf16_t;
#endif

/* The version of this header; alimi_version() tells that of the library. */
#define ALIMI_VERSION "{major}.{minor}.{patch}"
#define ALIMI_VERSION_MAJOR {major}
#define ALIMI_VERSION_MINOR {minor}
#define ALIMI_VERSION_PATCH {patch}"#
    ))
}

/// Turns what cbindgen wrote into what people read: headings for `# Title`, comments of one line, constants together,
/// functions with their convention.
fn tidy(header: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in header.lines() {
        let line = line.trim_end().replace("  // ", " // ");
        let line = line.strip_suffix(" // __cplusplus").or(line.strip_suffix(" // extern \"C\"")).unwrap_or(&line);
        let last =
            |back: usize| lines.len().checked_sub(back).and_then(|at| lines.get(at)).map_or("", |line| line.trim());
        if let Some(title) = line.strip_prefix(" * # ").filter(|_| last(1) == "/**") {
            lines.truncate(lines.len() - 1);
            lines.extend([format!("/* ---- {title} ---- */"), String::new(), "/**".to_owned()]);
        } else if line == " *" && last(1) == "/**" || line.is_empty() && last(1).is_empty() {
            // The line under a heading, or a second empty one.
        } else if line.trim() == "*/" && last(2) == "/**" {
            let text = last(1).trim_start_matches("* ").to_owned();
            let indent = line.len() - line.trim_start().len();
            lines.truncate(lines.len() - 2);
            lines.push(format!("{}/** {text} */", " ".repeat(indent - 1)));
        } else if let Some((name, number)) = line.strip_prefix("#define ").and_then(|define| define.split_once(" -")) {
            lines.push(format!("#define {name} (-{number})"));
        } else if line.starts_with("/**") && last(1).is_empty() && last(2).starts_with("#define ALIMI_") {
            lines.truncate(lines.len() - 1);
            lines.push(line.to_owned());
        } else if line.starts_with("int32_t alimi_") {
            lines.push(prototype(line));
        } else {
            lines.push(line.to_owned());
        }
    }
    // A heading stands free.
    let text = lines.join("\n") + "\n";
    text.replace("\n/* ----", "\n\n/* ----").replace("\n\n\n", "\n\n")
}

/// A function with what Windows needs to know of it; long ones with a line for each parameter.
fn prototype(line: &str) -> String {
    let line = format!("ALIMI_API {}", line.replacen("int32_t alimi_", "int32_t ALIMI_CALL alimi_", 1));
    if line.len() <= 118 { line } else { line.replace(", ", ",\n    ").replacen('(', "(\n    ", 1) }
}

/// Name and number of parameters of each function. All parameters are 32 bits wide on 32-bit Windows.
fn functions(header: &str) -> Result<Vec<(String, usize)>, Box<dyn Error>> {
    let mut found = Vec::new();
    for part in header.split("ALIMI_API int32_t ALIMI_CALL ").skip(1) {
        let (name, rest) = part.split_once('(').ok_or("a function without parameters")?;
        let (parameters, _) = rest.split_once(')').ok_or("a function without an end")?;
        found.push((name.to_owned(), parameters.split(',').count()));
    }
    Ok(found)
}

/// A definition file: `llvm-dlltool` makes the import library of it.
fn definition(names: impl Iterator<Item = String>) -> String {
    let names: String = names.map(|name| format!("    {name}\n")).collect();
    format!("LIBRARY alimi.dll\nEXPORTS\n{names}")
}
