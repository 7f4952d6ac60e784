//! The numbers that stand for clients.
//!
//! Invariants: a number is positive, names a slot (low 8 bits) and the generation of its use (the 23 bits above, never 0),
//! so a closed, foreign or made-up number finds nothing; at most [`CLIENTS_MAX`] clients are open; the lock is held for
//! look-ups alone, never during a call into a client or the host.

use super::pin::pin;
use super::result_callback::ResultCallback;
use super::unit::Unit;
use super::{guard, text};
use crate::client::Client;
use crate::config::{Encoding, Settings};
use crate::error::{Code, Error, Result};
use parking_lot::RwLock;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Most clients of one process. `ALIMI_CLIENTS_MAX` of the header.
pub(super) const CLIENTS_MAX: usize = 256;

const GENERATION_MAX: i32 = 0x7f_ffff;

static TABLE: RwLock<Table<Opened>> = RwLock::new(Table { slots: Vec::new() });

/// A client as C sees it.
pub(super) struct Opened {
    pub client: Client,
    pub encoding: Encoding,
    pub callback: ResultCallback,
    /// Set by the first `alimi_shutdown`; a second one is refused.
    pub closing: AtomicBool,
}

impl Opened {
    /// Reads an argument that must be there.
    ///
    /// # Safety
    /// As [`text::read`].
    pub(super) unsafe fn read<T: Unit>(&self, name: &str, text: *const T, max: usize) -> Result<String> {
        // SAFETY: the caller of this function answers for it.
        unsafe { text::read(name, text, max, self.encoding) }
    }

    /// Reads an argument that may be NULL, which is the empty text.
    ///
    /// # Safety
    /// As [`text::read`].
    pub(super) unsafe fn read_or_empty<T: Unit>(&self, name: &str, text: *const T, max: usize) -> Result<String> {
        // SAFETY: the caller of this function answers for it.
        unsafe { text::read_or_empty(name, text, max, self.encoding) }
    }
}

/// Starts a client with a configuration; the answer is its number.
pub(super) fn open(configuration: &str) -> Result<i32> {
    guard::own_process();
    guard::silence_panics();
    pin();
    // A full table starts nothing.
    let reservation = reserve()?;
    let settings = Settings::parse(configuration)?;
    let encoding = settings.encoding;
    let client = Client::start(settings)?;
    Ok(reservation.fill(Opened {
        client,
        encoding,
        callback: ResultCallback::default(),
        closing: AtomicBool::new(false),
    }))
}

/// A place in the table that waits for its client; given back when dropped unused.
struct Reservation {
    handle: i32,
}

fn reserve() -> Result<Reservation> {
    let handle = TABLE.write().reserve().ok_or_else(|| {
        Error::new(Code::TooManyClients, format!("{CLIENTS_MAX} clients are open; shut one down first"))
    })?;
    Ok(Reservation { handle })
}

impl Reservation {
    /// Opens the place; the answer is the number for the caller.
    fn fill(self, opened: Opened) -> i32 {
        let handle = self.handle;
        TABLE.write().fill(handle, opened);
        std::mem::forget(self);
        handle
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        release(self.handle);
    }
}

/// The client with this number.
pub(super) fn find(handle: i32) -> Result<Arc<Opened>> {
    TABLE.read().find(handle).ok_or_else(|| {
        Error::new(
            Code::InvalidHandle,
            format!("client: {handle} names no open client; use the number that alimi_init gave, until alimi_shutdown"),
        )
    })
}

/// Closes a number for ever.
pub(super) fn release(handle: i32) {
    // The client is dropped after the lock: its end may take time.
    let last = TABLE.write().release(handle);
    drop(last);
}

struct Table<T> {
    slots: Vec<Slot<T>>,
}

struct Slot<T> {
    generation: i32,
    place: Place<T>,
}

enum Place<T> {
    Free,
    Reserved,
    Open(Arc<T>),
}

impl<T> Table<T> {
    fn reserve(&mut self) -> Option<i32> {
        let index = match self.slots.iter().position(|slot| matches!(slot.place, Place::Free)) {
            Some(index) => index,
            None if self.slots.len() < CLIENTS_MAX => {
                self.slots.push(Slot { generation: 0, place: Place::Free });
                self.slots.len() - 1
            }
            None => return None,
        };
        let slot = self.slots.get_mut(index)?;
        slot.generation = slot.generation % GENERATION_MAX + 1;
        slot.place = Place::Reserved;
        Some(slot.generation << 8 | i32::try_from(index).ok()?)
    }

    fn slot(&self, handle: i32) -> Option<usize> {
        let index = usize::try_from(handle & 0xff).ok()?;
        (self.slots.get(index)?.generation == handle >> 8).then_some(index)
    }

    fn fill(&mut self, handle: i32, value: T) {
        if let Some(slot) = self.slot(handle).and_then(|index| self.slots.get_mut(index)) {
            slot.place = Place::Open(Arc::new(value));
        }
    }

    fn find(&self, handle: i32) -> Option<Arc<T>> {
        match &self.slots.get(self.slot(handle)?)?.place {
            Place::Open(value) => Some(Arc::clone(value)),
            Place::Free | Place::Reserved => None,
        }
    }

    fn release(&mut self, handle: i32) -> Option<Place<T>> {
        let index = self.slot(handle)?;
        let slot = self.slots.get_mut(index)?;
        Some(std::mem::replace(&mut slot.place, Place::Free))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(table: &mut Table<u32>, value: u32) -> i32 {
        let handle = table.reserve().unwrap();
        table.fill(handle, value);
        handle
    }

    #[test]
    fn a_closed_number_never_finds_the_client_that_took_its_place() {
        let mut table = Table { slots: Vec::new() };
        let mut before = Vec::new();
        for round in 0..1_000 {
            let handle = open(&mut table, round);
            assert!(handle > 0);
            assert_eq!(*table.find(handle).unwrap(), round);
            assert!(before.iter().all(|&old| table.find(old).is_none()));
            table.release(handle);
            assert!(table.find(handle).is_none());
            assert!(matches!(table.release(handle), Some(Place::Free)));
            before.push(handle);
        }
        assert_eq!(table.slots.len(), 1, "places are used again");
    }

    #[test]
    fn a_number_that_was_never_given_finds_nothing() {
        let mut table = Table { slots: Vec::new() };
        for handle in [0, 1, -1, 255, 256, i32::MAX, i32::MIN] {
            assert!(table.find(handle).is_none());
        }
        let given = open(&mut table, 7);
        for handle in [0, 1, -1, given + 1, given - 1, given + 256, given | i32::MIN, i32::MAX, i32::MIN] {
            assert!(table.find(handle).is_none(), "{handle}");
        }
    }

    #[test]
    fn the_table_is_bounded_and_a_place_given_back_can_be_taken() {
        let mut table = Table { slots: Vec::new() };
        let handles: Vec<i32> = (0..256).map(|value| open(&mut table, value)).collect();
        assert_eq!(table.reserve(), None);
        table.release(handles[100]);
        let again = table.reserve().unwrap();
        assert_ne!(again, handles[100]);
        assert!(table.find(again).is_none(), "a reserved place is not open");
    }

    #[test]
    fn the_generation_starts_again_at_one_after_the_last() {
        let mut table = Table { slots: vec![Slot { generation: GENERATION_MAX - 1, place: Place::Free }] };
        let last = open(&mut table, 1);
        assert_eq!(last, i32::MAX & !0xff);
        table.release(last);
        assert_eq!(table.reserve(), Some(1 << 8));
    }
}
