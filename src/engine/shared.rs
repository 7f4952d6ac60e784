//! Several processes on one outbox: who delivers, who owns which messages.
//!
//! Invariants: the process that holds the lock delivers, all others only submit, cancel, and read their own results; the
//! lock is tried every [`TICK`], so another process takes over well within two seconds of a death; what a dead process
//! submitted belongs to the one that delivers. A tick writes nothing and takes no lock of the database.

use super::state::Engine;
use super::turn::Turn;
use crate::config::Encryption;
use crate::error::Result;
use crate::outbox::{Lock, Member, Outbox};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How often a shared outbox is looked at for what other processes did.
const TICK: Duration = Duration::from_millis(200);
/// How often the delivering process looks for dead ones, in ticks.
const ADOPTION_TICKS: u32 = 5;

/// This process's part.
pub(crate) enum Role {
    /// The only one.
    Exclusive { _lock: Lock },
    /// One of several.
    Shared(Box<Membership>),
}

/// One of several.
pub(crate) struct Membership {
    member: Member,
    delivery: Option<Lock>,
    path: PathBuf,
    /// `None`: at once.
    tick_at: Option<Instant>,
    ticks: u32,
    /// Of the file, when it was last looked at.
    seen_version: Option<i64>,
    somebody_died: bool,
    /// Keeps exclusive owners away. The last to go.
    _presence: Lock,
}

impl Role {
    /// Opens the outbox for this process alone.
    pub fn exclusive(path: &Path, keys: &Encryption) -> Result<(Outbox, Role)> {
        let lock = Lock::exclusive(path)?;
        let outbox = Outbox::open(path, keys)?;
        outbox.reserve_log();
        Ok((outbox, Role::Exclusive { _lock: lock }))
    }

    /// Opens the outbox and joins those that share it.
    pub fn shared(path: &Path, keys: &Encryption) -> Result<(Outbox, Role)> {
        let presence = Lock::shared(path)?;
        let mut outbox = Outbox::open_shared(path, keys)?;
        let membership = Membership {
            member: outbox.join()?,
            delivery: Lock::try_delivery(path)?,
            path: path.to_owned(),
            tick_at: None,
            ticks: 0,
            seen_version: None,
            somebody_died: false,
            _presence: presence,
        };
        Ok((outbox, Role::Shared(Box::new(membership))))
    }

    pub fn delivers(&self) -> bool {
        match self {
            Role::Exclusive { .. } => true,
            Role::Shared(membership) => membership.delivery.is_some(),
        }
    }

    /// Whose results this process reads; `None`: everybody's.
    pub fn owner(&self) -> Option<i64> {
        match self {
            Role::Exclusive { .. } => None,
            Role::Shared(membership) => Some(membership.member.id),
        }
    }

    /// Whether it delivers and a process has died whose messages are to be adopted.
    pub fn must_adopt(&self) -> bool {
        matches!(self, Role::Shared(membership) if membership.delivery.is_some() && membership.somebody_died)
    }

    /// After the file was opened anew: its versions count from elsewhere.
    pub fn look_anew(&mut self) {
        if let Role::Shared(membership) = self {
            membership.seen_version = None;
        }
    }

    pub fn tick_in(&self, now: Instant) -> Duration {
        match self {
            Role::Exclusive { .. } => Duration::MAX,
            Role::Shared(membership) => {
                membership.tick_at.map_or(Duration::ZERO, |at| at.saturating_duration_since(now))
            }
        }
    }
}

impl Engine {
    /// In a shared outbox: notices what others did, and that the one that delivered is gone.
    pub(super) fn look_around(&mut self, now: Instant) -> Result<()> {
        if !self.role.tick_in(now).is_zero() {
            return Ok(());
        }
        let Role::Shared(membership) = &mut self.role else { return Ok(()) };
        membership.tick_at = Some(now + TICK);
        membership.ticks = membership.ticks.wrapping_add(1);
        if membership.delivery.is_none() {
            membership.delivery = Lock::try_delivery(&membership.path)?;
            self.start = membership.delivery.is_some();
        }
        if membership.delivery.is_some() && membership.ticks % ADOPTION_TICKS == 0 {
            membership.somebody_died = self.outbox.somebody_died(membership.member.id)?;
        }
        let version = Some(self.outbox.data_version()?);
        if membership.seen_version != version {
            membership.seen_version = version;
            self.agenda.forget();
            self.fetch_results(now);
        }
        Ok(())
    }

    /// Called inside a transaction: takes over what has no owner any more.
    pub(super) fn adopt(&mut self, turn: &mut Turn) -> Result<()> {
        if let Role::Shared(membership) = &self.role {
            turn.refill |= self.outbox.adopt(membership.member.id)?;
        }
        Ok(())
    }

    /// After the commit.
    pub(super) fn has_adopted(&mut self) {
        if let Role::Shared(membership) = &mut self.role {
            membership.somebody_died = false;
        }
    }

    /// Tells health and log whether this process delivers.
    pub(super) fn show_role(&mut self) {
        let delivers = self.role.delivers();
        let before = std::mem::replace(&mut self.pulse.lock().delivers, delivers);
        if delivers && !before {
            self.log.info(format_args!("this process delivers; {} messages are open", self.outbox.open_messages()));
        }
    }
}
