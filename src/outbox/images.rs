//! The images of text messages: kept once per content, as long as a message that still has its content refers to them.
//!
//! Invariants: an image is written in the transaction of the first message that refers to it, and removed in the one that
//! erases the last; an image in memory is shared by all messages that carry it.

use super::{Outbox, Phase};
use crate::error::Result;
use crate::message::{Image, Payload};
use crate::time::Timestamp;
use rusqlite::{OptionalExtension, params};
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{Arc, Weak};

/// Images that messages on their way carry at present, by digest.
#[derive(Default)]
pub(super) struct Loaded(RefCell<HashMap<String, Weak<[u8]>>>);

/// Beyond this many, those that nobody carries any more are forgotten.
const LOADED_MAX: usize = 256;

impl Loaded {
    fn find(&self, digest: &str) -> Option<Arc<[u8]>> {
        self.0.borrow().get(digest).and_then(Weak::upgrade)
    }

    fn note(&self, digest: &str, bytes: &Arc<[u8]>) {
        let mut loaded = self.0.borrow_mut();
        if loaded.len() >= LOADED_MAX {
            loaded.retain(|_, bytes| bytes.strong_count() > 0);
        }
        loaded.insert(digest.to_owned(), Arc::downgrade(bytes));
    }
}

impl Outbox {
    /// Keeps an image for a message, once per content.
    pub(super) fn keep_image(&self, message: i64, image: &Image) -> Result<()> {
        let id = match self.image_id(&image.digest)? {
            Some(id) => id,
            None => {
                let sql = "INSERT INTO image (digest, bytes) VALUES (?1, ?2)";
                let mut statement = self.connection.prepare_cached(sql).map_err(|e| self.fault(e))?;
                statement.insert(params![image.digest, &*image.bytes]).map_err(|e| self.fault(e))?
            }
        };
        let sql = "INSERT OR IGNORE INTO image_use (message, image) VALUES (?1, ?2)";
        let mut statement = self.connection.prepare_cached(sql).map_err(|e| self.fault(e))?;
        statement.execute([message, id]).map(drop).map_err(|e| self.fault(e))
    }

    fn image_id(&self, digest: &str) -> Result<Option<i64>> {
        let sql = "SELECT id FROM image WHERE digest = ?1";
        let mut statement = self.connection.prepare_cached(sql).map_err(|e| self.fault(e))?;
        statement.query_row([digest], |row| row.get(0)).optional().map_err(|e| self.fault(e))
    }

    /// Puts the bytes of its images into a payload; false when one is missing or damaged.
    pub(super) fn load_images(&self, payload: &mut Payload) -> Result<bool> {
        for image in payload.text.iter_mut().flat_map(|text| &mut text.images) {
            let Some(bytes) = self.image(&image.digest)? else { return Ok(false) };
            image.bytes = bytes;
        }
        Ok(true)
    }

    fn image(&self, digest: &str) -> Result<Option<Arc<[u8]>>> {
        if let Some(bytes) = self.loaded.find(digest) {
            return Ok(Some(bytes));
        }
        let sql = "SELECT bytes FROM image WHERE digest = ?1";
        let mut statement = self.connection.prepare_cached(sql).map_err(|e| self.fault(e))?;
        let kept: Option<Vec<u8>> =
            statement.query_row([digest], |row| row.get(0)).optional().map_err(|e| self.fault(e))?;
        let image = kept.map(|bytes| Image::new(bytes.into())).filter(|image| image.digest == digest);
        Ok(image.map(|image| {
            self.loaded.note(digest, &image.bytes);
            image.bytes
        }))
    }

    /// Removes the images of the messages that are about to be erased, unless others refer to them too.
    pub(super) fn drop_images(&self, now: Timestamp, most: i64) -> Result<()> {
        let sql = "DELETE FROM image_use WHERE message IN \
                   (SELECT id FROM message WHERE phase = ?1 AND lane IS NULL AND due <= ?2 ORDER BY due LIMIT ?3)";
        let mut statement = self.connection.prepare_cached(sql).map_err(|e| self.fault(e))?;
        if statement.execute(params![Phase::Erase as i32, now.0, most]).map_err(|e| self.fault(e))? == 0 {
            return Ok(());
        }
        let sql = "DELETE FROM image WHERE id NOT IN (SELECT image FROM image_use)";
        let mut statement = self.connection.prepare_cached(sql).map_err(|e| self.fault(e))?;
        statement.execute([]).map(drop).map_err(|e| self.fault(e))
    }
}
