//! The one look at the disk: the picture of an MMS.
//!
//! Invariants: the bytes are read when the message is accepted, so that what becomes of the file afterwards does not matter;
//! a file is read once per call, however many messages of it name it; ordinary files only, so that no pipe or device can hold
//! the caller up. Errors name the argument or key and never the path, which may hold a patient's name. What cannot be
//! measured is refused: every carrier converts the picture, and cannot if its header is damaged.

use crate::error::{Code, Error, Result};
use crate::gateway::Limits;
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
pub(crate) struct Album(RefCell<HashMap<String, Picture>>);

#[derive(Clone)]
struct Picture {
    image: Image,
    /// Width and height.
    pixels: (u32, u32),
}

impl Album {
    /// The picture at `path`, which must be a readable JPEG within the limits.
    pub(super) fn image(&self, part: &str, path: &str, limits: &Limits) -> Result<Image> {
        let refused = |wrong: String| Error::new(Code::Image, format!("{part}: {wrong}"));
        let known = self.0.borrow().get(path).cloned();
        if let Some(known) = known.filter(|known| known.image.bytes.len() as u64 <= limits.image_bytes_max) {
            check_pixels(known.pixels, limits).map_err(refused)?;
            return Ok(known.image);
        }
        let picture = read(path, limits.image_bytes_max).map_err(refused)?;
        check_pixels(picture.pixels, limits).map_err(refused)?;
        let mut read = self.0.borrow_mut();
        let before: usize = read.values().map(|known| known.image.bytes.len()).sum();
        if before + picture.image.bytes.len() > ALBUM_BYTES_MAX {
            let most = ALBUM_BYTES_MAX >> 20;
            return Err(refused(format!("the images of one batch are more than {most} MiB; send several batches")));
        }
        read.insert(path.to_owned(), picture.clone());
        Ok(picture.image)
    }
}

fn check_pixels((width, height): (u32, u32), limits: &Limits) -> std::result::Result<(), String> {
    let (most_width, most_height) = limits.image_pixels_max;
    if width <= most_width && height <= most_height {
        return Ok(());
    }
    Err(format!("the picture has {width} x {height} pixels; allowed are at most {most_width} x {most_height}"))
}

fn read(path: &str, most: u64) -> std::result::Result<Picture, String> {
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
    let pixels = pixels(&bytes).ok_or("the file is a damaged JPEG: it does not say how large the picture is")?;
    Ok(Picture { image: Image::new(Arc::from(bytes)), pixels })
}

/// Width and height of a JPEG, from its frame header. ITU-T T.81, B.1.1 and B.2.2.
fn pixels(jpeg: &[u8]) -> Option<(u32, u32)> {
    let number = |at: usize| Some(u32::from(*jpeg.get(at)?) << 8 | u32::from(*jpeg.get(at + 1)?));
    let mut at = 2;
    loop {
        if *jpeg.get(at)? != 0xff {
            return None;
        }
        match *jpeg.get(at + 1)? {
            // A fill byte, and a marker without a length.
            0xff => at += 1,
            0x01 | 0xd0..=0xd7 => at += 2,
            // Frames; tables of Huffman and arithmetic coding stand among their numbers.
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                let (height, width) = (number(at + 5)?, number(at + 7)?);
                return (width > 0 && height > 0).then_some((width, height));
            }
            // The picture begins, or ends, before its size was named.
            0x00 | 0xd8..=0xda => return None,
            _ => at += 2 + usize::try_from(number(at + 2)?).ok().filter(|length| *length >= 2)?,
        }
    }
}

/// The head of a JPEG of this size, with a mark that makes pictures differ.
#[cfg(test)]
pub(crate) fn jpeg(width: u16, height: u16, mark: u8) -> Vec<u8> {
    let ([w, x], [h, y]) = (width.to_be_bytes(), height.to_be_bytes());
    vec![0xff, 0xd8, 0xff, 0xe0, 0, 3, mark, 0xff, 0xc0, 0, 11, 8, h, y, w, x, 1, 1, 0x11, 0]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(bytes: &[u8]) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        file
    }

    fn limits(bytes: u64) -> Limits {
        Limits { image_bytes_max: bytes, ..Limits::default() }
    }

    #[test]
    fn a_jpeg_within_the_limits_passes_and_nothing_else() {
        let good = jpeg(1_500, 1_440, 0);
        let size = good.len() as u64;
        let (fits, wide, high) = (file(&good), file(&jpeg(1_501, 1, 0)), file(&jpeg(1, 1_441, 0)));
        let path = |file: &tempfile::NamedTempFile| file.path().to_str().unwrap().to_owned();
        let album = Album::default();
        assert_eq!(*album.image("image", &path(&fits), &limits(size)).unwrap().bytes, good[..]);
        let folder = tempfile::tempdir().unwrap();
        let (png, empty, cut) = (file(b"\x89PNG"), file(b""), file(&good[..10]));
        for (path, most, words) in [
            (path(&fits), size - 1, "has 20 bytes"),
            (path(&wide), size, "1501 x 1 pixels; allowed are at most 1500 x 1440"),
            (path(&high), size, "1 x 1441 pixels; allowed are at most 1500 x 1440"),
            (path(&png), size, "no JPEG"),
            (path(&empty), size, "no JPEG"),
            (path(&cut), size, "damaged JPEG"),
            (folder.path().to_str().unwrap().to_owned(), size, "no file"),
            ("no/such/file.jpg".to_owned(), size, "cannot be read"),
            (String::new(), size, "0 bytes"),
            ("nul\0byte".to_owned(), size, "cannot be read"),
            ("x".repeat(5_000), size, "5000 bytes"),
        ] {
            let error = album.image("image", &path, &limits(most)).unwrap_err();
            assert_eq!(error.code(), Code::Image);
            assert!(error.text().contains(words), "{error}");
            assert!(path.is_empty() || !error.text().contains(&path));
        }
    }

    #[test]
    fn a_picture_that_was_read_for_one_gateway_is_measured_again_for_another() {
        let picture = file(&jpeg(1_200, 800, 0));
        let album = Album::default();
        let image = |limits: &Limits| album.image("image", picture.path().to_str().unwrap(), limits);
        image(&Limits::default()).unwrap();
        let narrow = Limits { image_pixels_max: (1_000, 1_000), ..Limits::default() };
        assert!(image(&narrow).unwrap_err().text().contains("at most 1000 x 1000"));
        assert!(image(&limits(19)).unwrap_err().text().contains("at most 19"));
    }

    #[test]
    fn the_size_is_found_behind_whatever_may_stand_before_it_and_damage_is_no_size() {
        let frame = |kind: u8| [0xff, kind, 0, 11, 8, 1, 2, 3, 4];
        let thumbnail = [&[0xff, 0xd8, 0xff, 0xe1, 0, 20][..], &jpeg(9, 9, 0)[..18]].concat();
        for (head, kind) in [
            (vec![0xff, 0xd8], 0xc0),
            (vec![0xff, 0xd8, 0xff, 0xff, 0xff], 0xc2),
            (vec![0xff, 0xd8, 0xff, 0xc4, 0, 2, 0xff, 0x01], 0xcf),
            (thumbnail, 0xc1),
        ] {
            assert_eq!(pixels(&[&head[..], &frame(kind)].concat()), Some((0x304, 0x102)));
        }
        for damaged in [
            &[0xff, 0xd8, 0xff][..],
            &[0xff, 0xd8, 0xff, 0xe0, 0, 0],
            &[0xff, 0xd8, 0xff, 0xe0, 0xff, 0xff, 0],
            &[0xff, 0xd8, 0xff, 0xd9, 0, 2],
            &[0xff, 0xd8, 0xff, 0xda, 0, 2, 0xff, 0xc0, 0, 11, 8, 1, 2, 3, 4],
            &[0xff, 0xd8, 0xff, 0xe0, 0, 2, 7],
            &[0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0, 0, 3, 4],
        ] {
            assert_eq!(pixels(damaged), None, "{damaged:?}");
        }
    }

    #[test]
    fn a_picture_is_told_by_its_content_and_read_once_per_call() {
        let (one, same, other) = (file(&jpeg(8, 8, 1)), file(&jpeg(8, 8, 1)), file(&jpeg(8, 8, 2)));
        let album = Album::default();
        let limits = Limits::default();
        let read = |file: &tempfile::NamedTempFile| album.image("image", file.path().to_str().unwrap(), &limits);
        let first = read(&one).unwrap();
        assert_eq!(first.digest, read(&same).unwrap().digest);
        assert_ne!(first.digest, read(&other).unwrap().digest);
        std::fs::remove_file(one.path()).unwrap();
        assert!(Arc::ptr_eq(&first.bytes, &read(&one).unwrap().bytes));
    }
}
