//! The one look at the disk: whether an MMS image can be sent.
//!
//! Invariants: opens ordinary files only, so that no pipe or device can hold the caller up; reads three bytes. Errors name
//! the argument or key and never the path, which may hold a patient's name.

use crate::error::{Code, Error, Result};
use std::fs::File;
use std::io::Read;

const JPEG: [u8; 3] = [0xff, 0xd8, 0xff];
const PATH_BYTES_MAX: usize = 4_096;

/// Checks that `path` is a readable JPEG of at most `most` bytes. The answer is the whole path, for the file is read again
/// when the message leaves, and the program may have changed its directory by then.
pub(super) fn check(part: &str, path: &str, most: u64) -> Result<String> {
    let wrong = |problem: String| Error::new(Code::Image, format!("{part}: {problem}"));
    if path.is_empty() || path.len() > PATH_BYTES_MAX {
        return Err(wrong(format!("the path has {} bytes; allowed are 1 to {PATH_BYTES_MAX}", path.len())));
    }
    let unreadable = |error: std::io::Error| wrong(format!("the file cannot be read ({})", error.kind()));
    let whole = std::path::absolute(path).map_err(unreadable)?.into_os_string().into_string();
    let whole =
        whole.map_err(|_| wrong(String::from("the current directory of the program has no name in Unicode")))?;
    let metadata = std::fs::metadata(path).map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(wrong(String::from("the path is no file; it must name a JPEG file")));
    }
    if metadata.len() > most {
        return Err(wrong(format!("the file has {} bytes; allowed are at most {most}", metadata.len())));
    }
    let mut head = Vec::with_capacity(JPEG.len());
    let file = File::open(path).map_err(unreadable)?;
    file.take(JPEG.len() as u64).read_to_end(&mut head).map_err(unreadable)?;
    if head == JPEG { Ok(whole) } else { Err(wrong(String::from("the file is no JPEG; mms allows JPEG only"))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(bytes: &[u8]) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        file
    }

    #[test]
    fn a_jpeg_within_the_size_passes_and_nothing_else() {
        let jpeg = file(&[0xff, 0xd8, 0xff, 0xe0]);
        let path = jpeg.path().to_str().unwrap();
        check("image", path, 4).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let (png, empty) = (file(b"\x89PNG"), file(b""));
        for (path, most, words) in [
            (path, 3, "has 4 bytes"),
            (png.path().to_str().unwrap(), 4, "no JPEG"),
            (empty.path().to_str().unwrap(), 4, "no JPEG"),
            (folder.path().to_str().unwrap(), 4, "no file"),
            ("no/such/file.jpg", 4, "cannot be read"),
            ("", 4, "0 bytes"),
            ("nul\0byte", 4, "cannot be read"),
            (&"x".repeat(5_000), 4, "5000 bytes"),
        ] {
            let error = check("image", path, most).unwrap_err();
            assert_eq!(error.code(), Code::Image);
            assert!(error.text().contains(words), "{error}");
            assert!(path.is_empty() || !error.text().contains(path));
        }
    }
}
