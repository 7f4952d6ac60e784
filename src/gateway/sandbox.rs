//! The sandbox: what it says about a message is a pure function of the recipient's last two digits, the channel and the
//! number of the try, as test cards do for payments. The README holds the same table for users.
//!
//! Invariants: nothing outside `010-0000-xxxx` is accepted, so no test can reach a person; the same message always has
//! the same fate, also after a restart.

use super::{Capabilities, Limits, Settling};
use crate::config::SandboxSettings;
use crate::message::{Channel, Class, Outcome, Reason};
use std::time::Duration;

/// Numbers the sandbox accepts begin with this and have eleven digits.
const RANGE: &str = "0100000";

pub(super) fn capabilities(settings: &SandboxSettings) -> Capabilities {
    Capabilities {
        batch_max: 1_000,
        text_batch_max: 1_000,
        settling: Settling::Reference,
        settle_after: settings.delay,
        check_every: settings.delay + Duration::from_millis(500),
        found_by_its_name: false,
        poll_every: None,
        falls_back: &[],
        reserves: None,
        limits: Limits::default(),
    }
}

/// What becomes of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The sandbox answers this.
    Said(Outcome),
    /// It takes the message and loses the answer.
    LostAfterTaking,
    /// The request is lost before it is taken.
    LostBeforeTaking,
    /// It takes the message, keeps the connection open and says nothing.
    Silence,
}

fn accepted() -> Answer {
    Answer::Said(Outcome::new(Class::Ok, Reason::None))
}

fn refused(class: Class, reason: Reason) -> Answer {
    Answer::Said(Outcome::new(class, reason).with_code(reason.word()))
}

/// The last two digits, if the number is in the sandbox's range.
fn fate_number(to: &str) -> Option<u32> {
    if to.len() != 11 || !to.starts_with(RANGE) || !to.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    to.get(9..)?.parse().ok()
}

/// The answer to a request that carries a message to `to`; `attempt` counts tries by this channel from 1.
pub fn answer(to: &str, channel: Channel, attempt: i32) -> Answer {
    let Some(fate) = fate_number(to) else {
        return refused(Class::Permanent, Reason::RecipientNotAllowed);
    };
    let is_text = channel != Channel::Alimtalk;
    match (fate, attempt) {
        (14, _) if !is_text => refused(Class::Configuration, Reason::SenderKeyInvalid),
        (15, _) => refused(Class::Permanent, Reason::ContentRefused),
        (16, _) => refused(Class::Permanent, Reason::InvalidRecipient),
        (18, _) => refused(Class::Configuration, Reason::GatewayConfiguration),
        (19, _) if !is_text => refused(Class::Configuration, Reason::TemplateUnavailable),
        (20, 1..=2) => refused(Class::Transient, Reason::GatewayError),
        (21, 1) => match refused(Class::Transient, Reason::Throttled) {
            Answer::Said(outcome) => Answer::Said(Outcome { retry_after: Some(Duration::from_secs(1)), ..outcome }),
            other => other,
        },
        (22, _) if !is_text => refused(Class::Transient, Reason::ConnectionFailed),
        (23, _) => refused(Class::Transient, Reason::GatewayError),
        (24, _) => refused(Class::Transient, Reason::ConnectionFailed),
        (25, _) => refused(Class::Transient, Reason::Throttled),
        (26, _) => refused(Class::Permanent, Reason::Other),
        (30, _) | (32, _) if !is_text => Answer::LostAfterTaking,
        (31, 1) => Answer::LostBeforeTaking,
        (33, _) if !is_text => Answer::Silence,
        (42, _) if is_text => Answer::LostAfterTaking,
        (43, 1) => refused(Class::Transient, Reason::OutsideHours),
        (44, _) => refused(Class::Operator, Reason::CredentialsRefused),
        (45, 1..=2) => refused(Class::Operator, Reason::BalanceExhausted),
        (46, _) => refused(Class::Permanent, Reason::DuplicateRefused),
        (47, _) if is_text => refused(Class::Configuration, Reason::SenderNumberInvalid),
        (48, _) => refused(Class::Transient, Reason::OutsideHours),
        (49, _) => refused(Class::Operator, Reason::BalanceExhausted),
        _ => accepted(),
    }
}

/// The report on an accepted message; `None`: it never comes.
pub fn report(to: &str, channel: Channel) -> Option<Outcome> {
    let is_text = channel != Channel::Alimtalk;
    let said = |class, reason: Reason| Some(Outcome::new(class, reason).with_code(reason.word()));
    match fate_number(to).unwrap_or(0) {
        10 | 40 | 41 | 42 | 47 if !is_text => said(Class::Fallback, Reason::NotKakaoUser),
        11 if !is_text => said(Class::Fallback, Reason::BlockedByRecipient),
        12 if !is_text => said(Class::Fallback, Reason::KakaoUnreachable),
        13 if !is_text => said(Class::Configuration, Reason::TemplateMismatch),
        17 => said(Class::Permanent, Reason::Spam),
        34 if !is_text => said(Class::Uncertain, Reason::DeliveryUnconfirmed),
        35 if !is_text => None,
        40 => said(Class::Permanent, Reason::HandsetUnreachable),
        41 => said(Class::Permanent, Reason::RecipientRefuses),
        _ => Some(Outcome::new(Class::Ok, Reason::None).with_code("0000")),
    }
}

/// What a look-up says of a message whose answer was lost. `taken` is whether the sandbox has it, `None` when it no
/// longer knows (it was restarted without a journal).
pub fn look_up(to: &str, channel: Channel, attempt: i32, taken: Option<bool>) -> Outcome {
    let unsettled = match answer(to, channel, attempt) {
        Answer::LostBeforeTaking => return Outcome::new(Class::Absent, Reason::ConnectionFailed),
        Answer::LostAfterTaking => fate_number(to) != Some(30),
        Answer::Silence => true,
        Answer::Said(_) => false,
    };
    match taken {
        Some(true) if !unsettled => Outcome::new(Class::Pending, Reason::None),
        Some(false) => Outcome::new(Class::Absent, Reason::ConnectionFailed),
        _ => Outcome::new(Class::Uncertain, Reason::AnswerLost),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_number_outside_the_range_is_ever_accepted() {
        for to in ["01012345678", "0100000123", "010000012345", "01100001234", "0504000000000", "", "0100000ab00"] {
            let Answer::Said(outcome) = answer(to, Channel::Alimtalk, 1) else { panic!("{to} was taken") };
            assert_eq!((outcome.class, outcome.reason), (Class::Permanent, Reason::RecipientNotAllowed));
        }
    }

    #[test]
    fn most_numbers_are_delivered_by_every_channel() {
        for channel in Channel::ALL {
            for fate in [0, 9, 50, 99] {
                let to = format!("010000000{fate:02}");
                assert_eq!(answer(&to, *channel, 1), accepted());
                assert_eq!(report(&to, *channel).map(|o| o.class), Some(Class::Ok));
            }
        }
    }
}
