//! Rows that need a network or a disk of their own: this binary is started anew in namespaces of the kernel, which any user
//! may make on most systems, and tells its row by a file.

use crate::table::Row;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The environment variables with the name and the folder of such a row; set inside.
const NAME: &str = "ALIMI_TORTURE_INSIDE";
const FOLDER: &str = "ALIMI_TORTURE_FOLDER_INSIDE";
const ROW: &str = "row.json";

/// What runs inside, by its name.
pub type Inside = (&'static str, fn(&Path) -> Row);

/// Plays a row inside, after these commands of a shell whose `$0` is the folder.
pub fn play(name: &str, folder: &Path, setup: &str) -> Row {
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--net", "--mount", "sh", "-c", &format!("{setup} && exec \"$1\"")]);
    command.arg(folder).arg(std::env::current_exe().unwrap()).env(NAME, name).env(FOLDER, folder);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    match fs::read(folder.join(ROW)) {
        Ok(row) => serde_json::from_slice(&row).unwrap(),
        Err(_) if said.starts_with("unshare") => {
            Row { notes: vec![format!("left out, this user may make no namespace: {said}")], ..Row::default() }
        }
        Err(_) => panic!("{said}"),
    }
}

/// Plays the row that this process was started for; `false`: for none.
pub fn play_inside(rows: &[Inside]) -> bool {
    let (Ok(name), Some(folder)) = (std::env::var(NAME), std::env::var_os(FOLDER).map(PathBuf::from)) else {
        return false;
    };
    let (_, row) = rows.iter().find(|(known, _)| *known == name).unwrap();
    fs::write(folder.join(ROW), serde_json::to_vec(&row(&folder)).unwrap()).unwrap();
    true
}
