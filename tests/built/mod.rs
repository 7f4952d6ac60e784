//! What the tests of the C border share: the built library, C programs against it, and its functions by their names.
#![allow(dead_code, reason = "each test program uses its part")]

pub mod abi;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

pub const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The shared library that cargo built beside this test.
pub fn library() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let name = format!("{}alimi{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    let beside = test.ancestors().skip(1).take(2).map(|directory| directory.join(&name));
    beside.into_iter().find(|path| path.is_file()).expect("cargo builds the shared library before the tests")
}

/// An empty directory in memory where the system has one: for tests that are about other things than the disk.
pub fn quick_directory() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| TempDir::new()).unwrap()
}

/// Runs a command that must succeed without a word on its standard error; the answer is what it wrote.
pub fn run(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&stderr);
    assert!(status.success() && said.is_empty(), "{command:?}: {status}\n{said}");
    String::from_utf8(stdout).unwrap()
}

/// A compiled program of `tests/c`.
pub struct Program {
    place: TempDir,
}

impl Program {
    /// Compiles with warnings as errors and links with the library.
    pub fn compile(name: &str, compiler: &str, standard: &str, define: &str) -> Program {
        let place = TempDir::new().unwrap();
        for name in ["libalimi.so", "libalimi.so.0"] {
            std::os::unix::fs::symlink(library(), place.path().join(name)).unwrap();
        }
        run(Command::new(compiler)
            .args([&format!("-std={standard}"), "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-g", define])
            // A program uses its part of the headers it shares.
            .args(["-Wno-unused-function"])
            .args(if compiler == "g++" { ["-x", "c++"] } else { ["-x", "c"] })
            .arg(Path::new(ROOT).join("tests/c").join(name))
            .args(["-x", "none", "-I"])
            .arg(Path::new(ROOT).join("include"))
            .arg("-L")
            .arg(place.path())
            .args(["-lalimi", "-lm", "-pthread", "-o"])
            .arg(place.path().join("program")));
        Program { place }
    }

    /// A command that runs it, to which arguments are added.
    pub fn command(&self) -> Command {
        self.under(&[])
    }

    /// A command that runs it inside another program, e.g. valgrind.
    pub fn under(&self, outer: &[&str]) -> Command {
        let program = self.place.path().join("program");
        let mut command = match outer {
            [] => Command::new(program),
            [outer, arguments @ ..] => {
                let mut command = Command::new(outer);
                command.args(arguments).arg(program);
                command
            }
        };
        command.env("LD_LIBRARY_PATH", self.place.path());
        command
    }
}

/// Compiles a program of `tests/c` and runs it with an empty directory as its argument.
pub fn compile_and_run(program: &str, compiler: &str, standard: &str, define: &str) -> String {
    let outbox = TempDir::new().unwrap();
    run(Program::compile(program, compiler, standard, define).command().arg(outbox.path()))
}

/// The text of a file; empty where there is none.
pub fn text_of(path: &Path) -> String {
    String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned()
}
