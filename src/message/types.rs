//! The small words of the domain and their stable numbers.

use crate::error::{Code, Error, Result};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

macro_rules! numbered {
    ($(#[$outer:meta])* $type:ident { $($(#[$doc:meta])* $variant:ident = $value:literal, $text:literal;)* }) => {
        $(#[$outer])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(i32)]
        pub enum $type { $($(#[$doc])* $variant = $value,)* }

        impl $type {
            /// Every value, in order.
            pub const ALL: &'static [$type] = &[$($type::$variant,)*];

            /// The stable lower-case word used in statistics, logs and JSON.
            pub const fn word(self) -> &'static str {
                match self { $($type::$variant => $text,)* }
            }

            /// The value with this number, if there is one.
            pub fn from_number(number: i32) -> Option<Self> {
                match number { $($value => Some($type::$variant),)* _ => None }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.word())
            }
        }
    };
}

numbered! {
    /// Where a message stands.
    State {
        /// Waits for its turn.
        Queued = 1, "queued";
        /// Waits for its `send_at`.
        Scheduled = 2, "scheduled";
        /// A request that carries it is under way, or its fate is being settled with the gateway.
        Sending = 3, "sending";
        /// The gateway took it; the report of delivery is awaited.
        Accepted = 4, "accepted";
        /// Final: the gateway reported delivery.
        Delivered = 5, "delivered";
        /// Final: it was certainly not delivered.
        Failed = 6, "failed";
        /// Final: its time ran out before it left.
        Expired = 7, "expired";
        /// Final: the caller cancelled it before it left.
        Cancelled = 8, "cancelled";
        /// Final: it may have been delivered; nobody can tell.
        Unknown = 9, "unknown";
    }
}

impl State {
    /// Whether this is the last word.
    pub const fn is_final(self) -> bool {
        self as i32 >= State::Delivered as i32
    }
}

numbered! {
    /// How sure it is that the gateway has, or has not, sent the message.
    Certainty {
        /// It certainly did not go out by the channel named.
        NotSent = 1, "not_sent";
        /// It may have gone out.
        PossiblySent = 2, "possibly_sent";
        /// The gateway confirmed it.
        Sent = 3, "sent";
    }
}

numbered! {
    /// The way a message reaches the patient.
    Channel {
        /// KakaoTalk AlimTalk.
        Alimtalk = 1, "alimtalk";
        /// Short message, at most 90 bytes in CP949.
        Sms = 2, "sms";
        /// Long message, at most 2,000 bytes in CP949.
        Lms = 3, "lms";
        /// Long message with images.
        Mms = 4, "mms";
    }
}

numbered! {
    /// The lane of a message. A lane never waits behind a lower one.
    Priority {
        /// Before everything else, e.g. one-time passwords.
        Urgent = 0, "urgent";
        /// The usual lane.
        Normal = 1, "normal";
        /// Mass notices.
        Bulk = 2, "bulk";
    }
}

numbered! {
    /// Why a message ended, or last failed, as it did. One stable list for every gateway.
    Reason {
        /// Nothing to say: delivered, or still under way.
        None = 0, "none";

        /// The number belongs to no KakaoTalk user.
        NotKakaoUser = 100, "not_kakao_user";
        /// The recipient blocks the channel or AlimTalk.
        BlockedByRecipient = 101, "blocked_by_recipient";
        /// KakaoTalk cannot deliver there: not used lately, too old, or another SIM.
        KakaoUnreachable = 102, "kakao_unreachable";
        /// The number does not exist or cannot take messages.
        InvalidRecipient = 103, "invalid_recipient";
        /// The handset is off, out of reach, busy or full.
        HandsetUnreachable = 104, "handset_unreachable";
        /// The recipient or the carrier refuses messages of this sender.
        RecipientRefuses = 105, "recipient_refuses";

        /// Text, buttons, title or items differ from the approved template.
        TemplateMismatch = 200, "template_mismatch";
        /// The template is missing, not approved, dormant or stopped.
        TemplateUnavailable = 201, "template_unavailable";
        /// The gateway refuses the content: length, characters, fields.
        ContentRefused = 202, "content_refused";
        /// A spam filter refused it.
        Spam = 203, "spam";
        /// The gateway took it for a repeat of an earlier message.
        DuplicateRefused = 204, "duplicate_refused";
        /// The recipient is outside what the gateway allows, e.g. the range of the sandbox.
        RecipientNotAllowed = 205, "recipient_not_allowed";

        /// The sender key or channel is wrong, blocked or closed.
        SenderKeyInvalid = 300, "sender_key_invalid";
        /// The sender number is not registered or is barred.
        SenderNumberInvalid = 301, "sender_number_invalid";
        /// The gateway refuses the login, the contract or the address of this host.
        CredentialsRefused = 302, "credentials_refused";
        /// The balance or quota with the vendor is used up.
        BalanceExhausted = 303, "balance_exhausted";
        /// The gateway refuses the request for another matter of set-up.
        GatewayConfiguration = 304, "gateway_configuration";

        /// The gateway asks to slow down.
        Throttled = 400, "throttled";
        /// The gateway or the network behind it has a fault.
        GatewayError = 401, "gateway_error";
        /// The gateway cannot be reached.
        ConnectionFailed = 402, "connection_failed";
        /// Not allowed at this hour.
        OutsideHours = 403, "outside_hours";

        /// The request left and no answer came.
        AnswerLost = 500, "answer_lost";
        /// The gateway itself cannot tell whether it arrived.
        DeliveryUnconfirmed = 501, "delivery_unconfirmed";
        /// No report came within the time set for it.
        ReportOverdue = 502, "report_overdue";
        /// The program ended while the request was under way.
        Interrupted = 503, "interrupted";
        /// The outbox was damaged: it may have been sent already.
        OutboxDamaged = 504, "outbox_damaged";

        /// Its time ran out before it could leave.
        Expired = 600, "expired";
        /// The caller cancelled it.
        CancelledByCaller = 601, "cancelled_by_caller";

        /// The gateway gave a code that is not in its documents.
        Other = 900, "other";
    }
}

/// The longest key, in characters.
pub const KEY_CHARS_MAX: usize = 64;

/// The caller's name for a message: 1 to 64 printable ASCII characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(Arc<str>);

impl Key {
    /// Checks the form.
    pub fn parse(text: &str) -> Result<Key> {
        // Of a longer text the first part is enough: it is refused anyway, and it may be very long.
        let printable = text.bytes().take(KEY_CHARS_MAX).all(|b| (0x20..=0x7e).contains(&b));
        if text.is_empty() || text.len() > KEY_CHARS_MAX || !printable {
            return Err(Error::new(
                Code::InvalidArgument,
                format!(
                    "key: has {} bytes{}; allowed are 1 to {KEY_CHARS_MAX} printable ASCII characters",
                    text.len(),
                    if printable { "" } else { " and a character outside printable ASCII" }
                ),
            ));
        }
        Ok(Key(text.into()))
    }

    /// A new key of 26 characters: the time first, so that keys made one after the other are neighbours in the index, then
    /// 52 random bits.
    pub fn generate(now: crate::time::Timestamp) -> Key {
        Key(format!("{:012x}-{:013x}", now.0.max(0), fastrand::u64(..) >> 12).into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Key> for String {
    fn from(key: Key) -> String {
        (*key.0).to_owned()
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A recipient's number: digits only, in the Korean form that starts with 0. Its `Display` and `Debug` are masked.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Recipient(String);

impl Recipient {
    /// Takes digits that `content::phone` has normalised.
    pub(crate) fn from_digits(digits: String) -> Self {
        Recipient(digits)
    }

    /// The digits, for the gateway alone.
    pub fn digits(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::content::mask_number(&self.0))
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
