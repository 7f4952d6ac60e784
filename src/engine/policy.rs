//! What happens to a message after somebody said something about it: one pure table.
//!
//! Invariants:
//! - Only what is certainly not sent is retried or falls back. What was possibly sent is settled with the gateway, or
//!   held as long as the configuration says, or ends as UNKNOWN.
//! - Every situation has exactly one action; the tests go through every cell.

use crate::message::{Certainty, Class, State};

/// Who spoke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Moment {
    /// The answer to the request that carried the message (or its loss).
    Answer,
    /// A report, or the look-up of an accepted message.
    Report,
    /// The look-up of a message that was possibly sent.
    LookUp,
    /// Nobody: the time for a report, or for settling, has run out.
    Overdue,
}

/// Everything the table looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Situation {
    pub moment: Moment,
    pub class: Class,
    /// Tries by this channel and time are left.
    pub may_retry: bool,
    /// A text message stands ready and its time has not run out.
    pub may_fall_back: bool,
    /// The gateway can be asked about a message it may have.
    pub may_look_up: bool,
    /// The configuration lets a possibly sent AlimTalk fall back after a time.
    pub may_hold: bool,
    /// What the outbox says of the message is as it was written.
    pub sound: bool,
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Action {
    /// Accepted: wait for its report.
    Await,
    /// Back into its lane, as if it had not left.
    PutBack,
    /// Send again after a back-off.
    Retry,
    /// Send again after a back-off until its time runs out, however many tries that takes.
    Persist,
    /// Send the text message now.
    FallBack,
    /// Ask the gateway what became of it.
    LookUp,
    /// Possibly sent: send the text message when the configured time has passed.
    Hold,
    /// The last word.
    Finish(State, Certainty),
}

/// The table. What may have been sent without our knowing never leaves again.
pub(crate) fn decide(s: Situation) -> Action {
    match decide_soundly(s) {
        action @ (Action::Await | Action::LookUp | Action::Finish(State::Delivered, _)) => action,
        action if s.sound => action,
        _ => Action::Finish(State::Unknown, Certainty::PossiblySent),
    }
}

fn decide_soundly(s: Situation) -> Action {
    use Class::{Absent, Configuration, Fallback, Ok, Operator, Pending, Permanent, Transient, Uncertain, Unsent};
    use Moment::{Answer, LookUp, Overdue, Report};
    match (s.moment, s.class) {
        (Overdue, _) => unsettled(s),

        (Answer, Ok | Pending) | (LookUp, Pending) => Action::Await,
        (Report | LookUp, Ok) => Action::Finish(State::Delivered, Certainty::Sent),
        (Answer, Unsent) => Action::PutBack,
        // Nothing was asked of what may have been sent.
        (Report, Unsent) => Action::Await,
        (LookUp, Unsent) => Action::LookUp,
        // A gateway that does not know what it accepted may still be busy with it.
        (Report, Pending | Absent) => Action::Await,

        (Answer, Uncertain) if s.may_look_up => Action::LookUp,
        (Answer | Report | LookUp, Uncertain) => unsettled(s),

        (_, Operator) => Action::Persist,
        (_, Transient) | (Answer | LookUp, Absent) if s.may_retry => Action::Retry,
        (_, Transient | Fallback | Configuration) | (Answer | LookUp, Absent) if s.may_fall_back => Action::FallBack,
        (_, Transient | Fallback | Configuration | Permanent) | (Answer | LookUp, Absent) => {
            Action::Finish(State::Failed, Certainty::NotSent)
        }
    }
}

/// Possibly sent, and nobody can tell.
fn unsettled(s: Situation) -> Action {
    if s.may_hold && s.may_fall_back { Action::Hold } else { Action::Finish(State::Unknown, Certainty::PossiblySent) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAILED: Action = Action::Finish(State::Failed, Certainty::NotSent);
    const UNKNOWN: Action = Action::Finish(State::Unknown, Certainty::PossiblySent);
    const DELIVERED: Action = Action::Finish(State::Delivered, Certainty::Sent);
    const MOMENTS: [Moment; 4] = [Moment::Answer, Moment::Report, Moment::LookUp, Moment::Overdue];

    fn every_situation() -> impl Iterator<Item = Situation> {
        let flags = (0..32).map(|bits: u8| [1, 2, 4, 8, 16].map(|flag| bits & flag > 0));
        MOMENTS.into_iter().flat_map(move |moment| {
            let flags = flags.clone();
            Class::ALL.iter().flat_map(move |class| {
                flags.clone().map(move |[may_retry, may_fall_back, may_look_up, may_hold, sound]| Situation {
                    moment,
                    class: *class,
                    may_retry,
                    may_fall_back,
                    may_look_up,
                    may_hold,
                    sound,
                })
            })
        })
    }

    /// The table written out by hand: rows are classes, columns who spoke; each cell lists the action for
    /// (may_retry, may_fall_back, neither) where these matter.
    fn expected(s: Situation) -> Action {
        let unsettled = if s.may_hold && s.may_fall_back { Action::Hold } else { UNKNOWN };
        let retry_or_fall_back = match (s.may_retry, s.may_fall_back) {
            (true, _) => Action::Retry,
            (false, true) => Action::FallBack,
            (false, false) => FAILED,
        };
        let fall_back = if s.may_fall_back { Action::FallBack } else { FAILED };
        let row: [Action; 4] = match s.class {
            //                       Answer              Report              LookUp              Overdue
            Class::Ok => [Action::Await, DELIVERED, DELIVERED, unsettled],
            Class::Pending => [Action::Await, Action::Await, Action::Await, unsettled],
            Class::Fallback => [fall_back, fall_back, fall_back, unsettled],
            Class::Transient => [retry_or_fall_back, retry_or_fall_back, retry_or_fall_back, unsettled],
            Class::Operator => [Action::Persist, Action::Persist, Action::Persist, unsettled],
            Class::Configuration => [fall_back, fall_back, fall_back, unsettled],
            Class::Permanent => [FAILED, FAILED, FAILED, unsettled],
            Class::Uncertain => {
                [if s.may_look_up { Action::LookUp } else { unsettled }, unsettled, unsettled, unsettled]
            }
            Class::Unsent => [Action::PutBack, Action::Await, Action::LookUp, unsettled],
            Class::Absent => [retry_or_fall_back, Action::Await, retry_or_fall_back, unsettled],
        };
        row[MOMENTS.iter().position(|m| *m == s.moment).unwrap()]
    }

    #[test]
    fn every_cell_of_the_table_is_as_written_out() {
        let mut cells = 0;
        for situation in every_situation() {
            let expected = match expected(situation) {
                Action::Retry | Action::PutBack | Action::Persist | Action::FallBack | Action::Hold | FAILED
                    if !situation.sound =>
                {
                    UNKNOWN
                }
                other => other,
            };
            assert_eq!(decide(situation), expected, "{situation:?}");
            cells += 1;
        }
        assert_eq!(cells, 4 * 10 * 32);
    }

    #[test]
    fn nothing_that_was_possibly_sent_is_retried_or_falls_back_at_once() {
        let uncertain = every_situation().filter(|s| s.class == Class::Uncertain || s.moment == Moment::Overdue);
        for situation in uncertain {
            let action = decide(situation);
            assert!(
                !matches!(action, Action::Retry | Action::Persist | Action::FallBack),
                "{situation:?} -> {action:?}"
            );
        }
    }

    #[test]
    fn only_a_confirmed_message_is_called_delivered() {
        for situation in every_situation() {
            if decide(situation) == DELIVERED {
                assert_eq!(situation.class, Class::Ok);
                assert_ne!(situation.moment, Moment::Answer, "an answer is acceptance, not delivery");
            }
        }
    }
}
