//! What a caller asks for, before it is checked.

use super::content::Button;
use super::variables::Variables;
use std::fmt;

/// A request to send one message. Nothing is checked yet; `Client::send` does that. `Debug` shows no personal data.
#[derive(Clone, Default)]
pub struct Request {
    /// The caller's own id; empty: the library makes one.
    pub key: String,
    /// The recipient in any usual form: `010-1234-5678`, `+82 10 1234 5678`.
    pub to: String,
    /// AlimTalk or plain text.
    pub body: Body,
    /// Everything optional.
    pub options: Options,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("key", &self.key).finish_non_exhaustive()
    }
}

/// What to send.
#[derive(Clone)]
pub enum Body {
    /// An AlimTalk by a template of the configuration.
    Alimtalk {
        /// The hospital's own template name.
        template: String,
        /// Values for its variables.
        variables: Variables,
    },
    /// An SMS, LMS or MMS.
    Text {
        /// The whole text.
        text: String,
    },
}

impl Default for Body {
    fn default() -> Self {
        Body::Text { text: String::new() }
    }
}

/// The options of a request, as texts. Parsed from `name=value` lines or JSON by [`super::parse_options`]; `None` means not given.
#[derive(Clone, Default)]
pub struct Options {
    /// The institution; default: `account` of the configuration.
    pub account: Option<String>,
    /// Not before: ISO 8601 with offset, or `yyyyMMddHHmmss` in Korean time.
    pub send_at: Option<String>,
    /// Seconds after `send_at` (or now) at which it expires.
    pub expires_in: Option<String>,
    /// The moment at which it expires. Excludes `expires_in`.
    pub expires_at: Option<String>,
    /// `urgent`, `normal` or `bulk`.
    pub priority: Option<String>,
    /// `auto`, `none`, `sms`, `lms` or `mms`.
    pub fallback: Option<String>,
    /// The wording of the fallback.
    pub fallback_text: Option<String>,
    /// Its subject (LMS, MMS).
    pub fallback_subject: Option<String>,
    /// Path of a JPEG; makes the fallback an MMS. Read when the message is accepted; the file is not needed
    /// afterwards. A relative path begins in the current directory at the time of the call.
    pub fallback_image: Option<String>,
    /// Subject of a plain LMS or MMS.
    pub subject: Option<String>,
    /// Path of a JPEG, as `fallback_image`; makes a plain text an MMS.
    pub image: Option<String>,
    /// The sender number; default: that of the account.
    pub sender_number: Option<String>,
    /// The gateway; default: that of the account.
    pub gateway: Option<String>,
    /// The full AlimTalk text, where the caller fills the template.
    pub text: Option<String>,
    /// Buttons of this message, where the template's have variables the caller fills.
    pub buttons: Option<Vec<Button>>,
    /// Free text for statistics, at most 32 characters.
    pub tag: Option<String>,
}
