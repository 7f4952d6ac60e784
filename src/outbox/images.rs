//! The images of text messages: kept once per content, as long as a message that still has its content refers to them.
//!
//! Invariants: an image is written in the transaction of the first message that refers to it, and removed in the one that
//! erases the last; an image in memory is shared by all messages that carry it.

use super::phase::due_ids;
use super::seal::Place;
use super::sealed::SealedImage;
use super::{Opened, Outbox, Phase};
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
    pub(super) fn keep_image(&self, message: i64, image: &SealedImage) -> Result<()> {
        let id = match self.image_id(&image.name)? {
            Some(id) => id,
            None => {
                let sql = "INSERT INTO image (name, bytes) VALUES (?1, ?2)";
                let mut statement = self.connection.prepare_cached(sql).map_err(|e| self.fault(e))?;
                statement.insert(params![image.name, image.bytes]).map_err(|e| self.fault(e))?
            }
        };
        let sql = "INSERT OR IGNORE INTO image_use (message, image) VALUES (?1, ?2)";
        let mut statement = self.connection.prepare_cached(sql).map_err(|e| self.fault(e))?;
        statement.execute([message, id]).map(drop).map_err(|e| self.fault(e))
    }

    fn image_id(&self, name: &[u8; 32]) -> Result<Option<i64>> {
        let sql = "SELECT id FROM image WHERE name = ?1";
        let mut statement = self.connection.prepare_cached(sql).map_err(|e| self.fault(e))?;
        statement.query_row([name], |row| row.get(0)).optional().map_err(|e| self.fault(e))
    }

    /// Puts the bytes of its images into a payload.
    pub(super) fn load_images(&self, mut payload: Payload) -> Result<Opened<Payload>> {
        for image in payload.text.iter_mut().flat_map(|text| &mut text.images) {
            image.bytes = match self.image(&image.digest)? {
                Opened::Whole(bytes) => bytes,
                Opened::Damaged => return Ok(Opened::Damaged),
                Opened::Foreign => return Ok(Opened::Foreign),
            };
        }
        Ok(Opened::Whole(payload))
    }

    fn image(&self, digest: &str) -> Result<Opened<Arc<[u8]>>> {
        if let Some(bytes) = self.loaded.find(digest) {
            return Ok(Opened::Whole(bytes));
        }
        let name = self.vault.image_name(digest);
        let sql = "SELECT bytes FROM image WHERE name = ?1";
        let mut statement = self.connection.prepare_cached(sql).map_err(|e| self.fault(e))?;
        let kept: Option<Vec<u8>> =
            statement.query_row([name], |row| row.get(0)).optional().map_err(|e| self.fault(e))?;
        let image = match kept.map_or(Opened::Damaged, |kept| self.vault.open(Place::Image(&name), &kept)) {
            Opened::Whole(bytes) => Image::new(bytes.as_slice().into()),
            Opened::Damaged => return Ok(Opened::Damaged),
            Opened::Foreign => return Ok(Opened::Foreign),
        };
        // Where nothing is sealed, this is what finds a damage.
        if image.digest != digest {
            return Ok(Opened::Damaged);
        }
        self.loaded.note(digest, &image.bytes);
        Ok(Opened::Whole(image.bytes))
    }

    /// Removes the images of the messages that are about to be erased, unless others refer to them too.
    pub(super) fn drop_images(&self, now: Timestamp, most: i64) -> Result<()> {
        let sql = concat!("DELETE FROM image_use WHERE message IN ", due_ids!());
        let mut statement = self.connection.prepare_cached(sql).map_err(|e| self.fault(e))?;
        if statement.execute(params![Phase::Erase as i32, now.0, most]).map_err(|e| self.fault(e))? == 0 {
            return Ok(());
        }
        let sql = "DELETE FROM image WHERE id NOT IN (SELECT image FROM image_use)";
        let mut statement = self.connection.prepare_cached(sql).map_err(|e| self.fault(e))?;
        statement.execute([]).map(drop).map_err(|e| self.fault(e))
    }
}
