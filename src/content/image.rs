//! The one look at the disk: the picture of an MMS.
//!
//! Invariants: the bytes are read when the message is accepted, so that what becomes of the file afterwards does not matter;
//! a file is read once per call, however many messages of it name it; ordinary files only, so that no pipe or device can hold
//! the caller up. Errors name the argument or key and never the path, which may hold a patient's name.

use crate::error::{Code, Error, Result};
use crate::message::Image;
use std::cell::RefCell;
use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::sync::Arc;

const JPEG: [u8; 3] = [0xff, 0xd8, 0xff];
const PATH_BYTES_MAX: usize = 4_096;
/// Most bytes of the pictures of one call together; bounds memory.
const ALBUM_BYTES_MAX: usize = 64 << 20;

/// The pictures that one call has read, by path.
#[derive(Default)]
pub(crate) struct Album(RefCell<HashMap<String, Image>>);

impl Album {
    /// The picture at `path`, which must be a readable JPEG of at most `most` bytes.
    pub(super) fn image(&self, part: &str, path: &str, most: u64) -> Result<Image> {
        if let Some(known) = self.0.borrow().get(path).filter(|known| known.bytes.len() as u64 <= most) {
            return Ok(known.clone());
        }
        let image = read(path, most).map_err(|wrong| Error::new(Code::Image, format!("{part}: {wrong}")))?;
        let mut read = self.0.borrow_mut();
        let before: usize = read.values().map(|image| image.bytes.len()).sum();
        if before + image.bytes.len() > ALBUM_BYTES_MAX {
            let most = ALBUM_BYTES_MAX >> 20;
            let wrong = format!("{part}: the images of one batch are more than {most} MiB; send several batches");
            return Err(Error::new(Code::Image, wrong));
        }
        read.insert(path.to_owned(), image.clone());
        Ok(image)
    }
}

fn read(path: &str, most: u64) -> std::result::Result<Image, String> {
    if path.is_empty() || path.len() > PATH_BYTES_MAX {
        return Err(format!("the path has {} bytes; allowed are 1 to {PATH_BYTES_MAX}", path.len()));
    }
    let unreadable = |error: std::io::Error| format!("the file cannot be read ({})", error.kind());
    let metadata = std::fs::metadata(path).map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(String::from("the path is no file; it must name a JPEG file"));
    }
    if metadata.len() > most {
        return Err(format!("the file has {} bytes; allowed are at most {most}", metadata.len()));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0));
    let file = File::open(path).map_err(unreadable)?;
    file.take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > most {
        return Err(format!("the file has more than {most} bytes, which is the most allowed"));
    }
    if !bytes.starts_with(&JPEG) {
        return Err(String::from("the file is no JPEG; mms allows JPEG only"));
    }
    Ok(Image::new(Arc::from(bytes)))
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
        let album = Album::default();
        assert_eq!(*album.image("image", path, 4).unwrap().bytes, [0xff, 0xd8, 0xff, 0xe0]);
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
            let error = album.image("image", path, most).unwrap_err();
            assert_eq!(error.code(), Code::Image);
            assert!(error.text().contains(words), "{error}");
            assert!(path.is_empty() || !error.text().contains(path));
        }
    }

    #[test]
    fn a_picture_is_told_by_its_content_and_read_once_per_call() {
        let (one, same, other) =
            (file(&[0xff, 0xd8, 0xff, 1]), file(&[0xff, 0xd8, 0xff, 1]), file(&[0xff, 0xd8, 0xff, 2]));
        let album = Album::default();
        let read = |file: &tempfile::NamedTempFile| album.image("image", file.path().to_str().unwrap(), 4).unwrap();
        let first = read(&one);
        assert_eq!(first.digest, read(&same).digest);
        assert_ne!(first.digest, read(&other).digest);
        std::fs::remove_file(one.path()).unwrap();
        assert!(Arc::ptr_eq(&first.bytes, &read(&one).bytes));
    }
}
