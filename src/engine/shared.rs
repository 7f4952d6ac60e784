//! Several processes on one outbox: who delivers, who owns which messages.
//!
//! Invariants: the process that holds the lock delivers, all others only submit, cancel, and read their own results; the
//! lock is tried every [`TICK`], so another process takes over well within two seconds of a death; what a dead process
//! submitted belongs to the one that delivers.

use super::state::{Engine, Turn};
use crate::error::Result;
use crate::outbox::{Lock, Member, Outbox};
use std::path::PathBuf;
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
    lock: Option<Lock>,
    path: PathBuf,
    tick_at: Instant,
    ticks: u32,
    seen_version: i64,
}

impl Role {
    /// Locks the outbox for this process alone.
    pub fn exclusive(path: &std::path::Path) -> Result<Role> {
        Ok(Role::Exclusive { _lock: Lock::acquire(path)? })
    }

    /// Joins those that share it.
    pub fn shared(outbox: &mut Outbox) -> Result<Role> {
        let path = outbox.path().to_owned();
        Ok(Role::Shared(Box::new(Membership {
            member: outbox.join()?,
            lock: Lock::try_acquire(&path)?,
            path,
            tick_at: Instant::now(),
            ticks: 0,
            seen_version: 0,
        })))
    }

    pub fn delivers(&self) -> bool {
        match self {
            Role::Exclusive { .. } => true,
            Role::Shared(membership) => membership.lock.is_some(),
        }
    }

    /// Whose results this process reads; `None`: everybody's.
    pub fn owner(&self) -> Option<i64> {
        match self {
            Role::Exclusive { .. } => None,
            Role::Shared(membership) => Some(membership.member.id),
        }
    }

    pub fn owns(&self, owner: i64) -> bool {
        self.owner().is_none_or(|own| own == owner)
    }

    pub fn tick_due(&self) -> bool {
        self.tick_in(Instant::now()).is_zero()
    }

    pub fn tick_in(&self, now: Instant) -> Duration {
        match self {
            Role::Exclusive { .. } => Duration::MAX,
            Role::Shared(membership) => membership.tick_at.saturating_duration_since(now),
        }
    }
}

impl Engine {
    /// In a shared outbox: notices what others did, and takes over from a process that died.
    pub(super) fn take_part(&mut self, turn: &mut Turn) -> Result<()> {
        let Role::Shared(membership) = &mut self.role else { return Ok(()) };
        self.outbox.refresh_result_sequence()?;
        let now = Instant::now();
        if membership.tick_at > now {
            return Ok(());
        }
        membership.tick_at = now + TICK;
        membership.ticks = membership.ticks.wrapping_add(1);
        if membership.lock.is_none() {
            turn.refill = true;
            membership.lock = Lock::try_acquire(&membership.path)?;
            if membership.lock.is_none() {
                return Ok(());
            }
            self.start = true;
        }
        let version = self.outbox.data_version()?;
        if version != membership.seen_version {
            membership.seen_version = version;
            self.agenda.forget();
        }
        let id = membership.member.id;
        if self.start || membership.ticks % ADOPTION_TICKS == 0 {
            // What an earlier exclusive process left has owner 0.
            let adopted = (self.start && self.outbox.hand_over(0, id)? > 0) | self.outbox.adopt(id)?;
            if adopted {
                // Copies in memory still have the old owner.
                self.accepted.clear();
                turn.refill = true;
            }
        }
        if self.start {
            self.open = self.outbox.open_messages()?;
            self.show_role();
        }
        Ok(())
    }

    /// Tells health and log whether this process delivers.
    pub(super) fn show_role(&mut self) {
        let delivers = self.role.delivers();
        let before = std::mem::replace(&mut self.pulse.lock().delivers, delivers);
        if delivers && !before {
            self.log.info(format_args!("this process delivers; {} messages are open", self.open));
        }
    }
}
