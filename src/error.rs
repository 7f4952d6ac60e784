//! Errors: a stable code plus a text.
//!
//! Invariants: a code is never changed or reused (see `c-api` law 1); the text names the argument, file or key,
//! what was wrong and what is allowed; personal data and secrets never appear in it unmasked.

use std::fmt;

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $value:literal, $name:literal, $meaning:literal;)*) => {
        /// A stable error or notice code. The numbers are those of the C header.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(i32)]
        #[non_exhaustive]
        pub enum Code { $(#[doc = $meaning] $variant = $value,)* }

        impl Code {
            /// Every code, in the order of the header.
            pub const ALL: &'static [Code] = &[$(Code::$variant,)*];

            /// The name as it stands in the header, e.g. `ALIMI_ERR_CLOSED`.
            pub const fn name(self) -> &'static str {
                match self { $(Code::$variant => $name,)* }
            }

            /// What the code means, one sentence.
            pub const fn meaning(self) -> &'static str {
                match self { $(Code::$variant => $meaning,)* }
            }

            /// The code with this number, if there is one.
            pub fn from_number(number: i32) -> Option<Code> {
                match number { $($value => Some(Code::$variant),)* _ => None }
            }
        }
    };
}

codes! {
    Ok = 0, "ALIMI_OK", "Done.";
    Duplicate = 1, "ALIMI_DUPLICATE", "Notice: this key with the same content was accepted before; it stays one message.";
    Empty = 2, "ALIMI_EMPTY", "Notice: no result is waiting.";
    Pending = 3, "ALIMI_PENDING", "Notice: not finished yet; it goes on by itself. After a shutdown: messages remain in the outbox for the next start.";
    Partial = 4, "ALIMI_PARTIAL", "Notice: messages of the batch were refused; the verdicts say which and why.";
    CallbackRunning = 5, "ALIMI_CALLBACK_RUNNING", "Notice: a callback is still running; keep what it uses until it returns.";

    InvalidArgument = -1, "ALIMI_ERR_INVALID_ARGUMENT", "An argument is missing, too long or outside its range.";
    InvalidHandle = -2, "ALIMI_ERR_INVALID_HANDLE", "The client number was never given out, or its client was shut down.";
    Closed = -3, "ALIMI_ERR_CLOSED", "The client is shutting down and takes nothing more.";
    Forked = -4, "ALIMI_ERR_FORKED", "The process was forked after alimi_init; the child cannot use alimi. Fork first, then call alimi_init.";
    BufferTooSmall = -5, "ALIMI_ERR_BUFFER_TOO_SMALL", "The buffer is too small; the size needed is in it, where it fits, and in the details.";
    Encoding = -6, "ALIMI_ERR_ENCODING", "Text is not valid in the encoding of the client, or cannot be written in it.";
    NotFound = -7, "ALIMI_ERR_NOT_FOUND", "No message with this key is in the outbox.";
    TooLate = -8, "ALIMI_ERR_TOO_LATE", "The message has left or has ended; it cannot be cancelled.";
    KeyConflict = -9, "ALIMI_ERR_KEY_CONFLICT", "The key belongs to an earlier message with other content.";
    UnknownOption = -10, "ALIMI_ERR_UNKNOWN_OPTION", "An option name is not known.";
    TooManyClients = -11, "ALIMI_ERR_TOO_MANY_CLIENTS", "This process has too many open clients.";
    Unfinished = -12, "ALIMI_ERR_UNFINISHED", "The message has no final result yet, so there is nothing to acknowledge.";
    InvalidJson = -13, "ALIMI_ERR_INVALID_JSON", "The text is not the JSON that this argument takes.";
    InsideCallback = -14, "ALIMI_ERR_INSIDE_CALLBACK", "The log callback holds up the thread that would have to do this; call it from elsewhere.";

    ConfigSyntax = -100, "ALIMI_ERR_CONFIG_SYNTAX", "The configuration is not valid JSON.";
    ConfigUnknownKey = -101, "ALIMI_ERR_CONFIG_UNKNOWN_KEY", "The configuration has a key that is not known.";
    ConfigValue = -102, "ALIMI_ERR_CONFIG_VALUE", "A value of the configuration has the wrong type or is outside its range.";
    ConfigFile = -103, "ALIMI_ERR_CONFIG_FILE", "A file of the configuration cannot be read.";
    ConfigSecret = -104, "ALIMI_ERR_CONFIG_SECRET", "A secret cannot be read from its variable or file.";
    ConfigContradiction = -105, "ALIMI_ERR_CONFIG_CONTRADICTION", "Two parts of the configuration contradict each other.";

    OutboxLocked = -200, "ALIMI_ERR_OUTBOX_LOCKED", "Another process or client holds the outbox.";
    OutboxFull = -201, "ALIMI_ERR_OUTBOX_FULL", "The outbox holds as many messages or bytes as its configuration allows.";
    DiskFull = -202, "ALIMI_ERR_DISK_FULL", "The disk of the outbox is full; what was accepted is kept.";
    OutboxReadOnly = -203, "ALIMI_ERR_OUTBOX_READ_ONLY", "The outbox cannot be written.";
    OutboxCorrupt = -204, "ALIMI_ERR_OUTBOX_CORRUPT", "The outbox file is damaged or is not an outbox.";
    OutboxIo = -205, "ALIMI_ERR_OUTBOX_IO", "Reading, writing or syncing the outbox failed.";
    OutboxVersion = -206, "ALIMI_ERR_OUTBOX_VERSION", "The outbox was written by a newer version of alimi.";
    OutboxPath = -207, "ALIMI_ERR_OUTBOX_PATH", "The outbox cannot be opened or created at its path.";
    OutboxKey = -208, "ALIMI_ERR_OUTBOX_KEY", "The outbox is sealed with another key than the configuration gives.";

    Recipient = -300, "ALIMI_ERR_RECIPIENT", "The recipient is not a Korean number that can take messages.";
    SenderNumber = -301, "ALIMI_ERR_SENDER_NUMBER", "The sender number is missing or has no form that carriers allow.";
    UnknownAccount = -302, "ALIMI_ERR_UNKNOWN_ACCOUNT", "The account is not in the configuration.";
    UnknownTemplate = -303, "ALIMI_ERR_UNKNOWN_TEMPLATE", "The template is not in the configuration.";
    VariableMissing = -304, "ALIMI_ERR_VARIABLE_MISSING", "A variable of the template has no value.";
    VariableUnknown = -305, "ALIMI_ERR_VARIABLE_UNKNOWN", "The template has no variable of this name.";
    TemplateMismatch = -306, "ALIMI_ERR_TEMPLATE_MISMATCH", "The text differs from the approved template, or the gateway is known not to have that template so.";
    TooLong = -307, "ALIMI_ERR_TOO_LONG", "A part of the message is longer than the channel allows.";
    NotCp949 = -308, "ALIMI_ERR_NOT_CP949", "SMS, LMS and MMS cannot carry a character of the text.";
    Content = -309, "ALIMI_ERR_CONTENT", "A part of the message breaks a rule of the channel.";
    Time = -310, "ALIMI_ERR_TIME", "A time of the message is malformed or outside its range.";
    RecipientNotAllowed = -311, "ALIMI_ERR_RECIPIENT_NOT_ALLOWED", "The configuration or the gateway does not allow this recipient.";
    RateLimited = -312, "ALIMI_ERR_RATE_LIMITED", "More messages per minute than max_per_minute allows.";
    Image = -313, "ALIMI_ERR_IMAGE", "An image cannot be read or breaks the rules of MMS.";
    UnknownGateway = -314, "ALIMI_ERR_UNKNOWN_GATEWAY", "The gateway is not in the configuration.";
    Option = -315, "ALIMI_ERR_OPTION", "An option has a value that is not allowed.";

    Internal = -900, "ALIMI_ERR_INTERNAL", "A fault inside alimi; the outbox is kept.";
    ThreadStart = -901, "ALIMI_ERR_THREAD", "The system did not give a thread.";
}

/// An error: a stable [`Code`] and a text that says which argument, file or key, what was wrong and what is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    code: Code,
    text: String,
}

impl Error {
    /// Makes an error. The text must not hold personal data unmasked.
    pub fn new(code: Code, text: impl Into<String>) -> Self {
        Error { code, text: text.into() }
    }

    /// The stable code.
    pub fn code(&self) -> Code {
        self.code
    }

    /// The details.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The same error with a place in front, e.g. the index of a batch entry.
    pub fn at(self, place: impl fmt::Display) -> Self {
        Error { code: self.code, text: format!("{place}: {}", self.text) }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.code.name(), self.code as i32, self.text)
    }
}

impl std::error::Error for Error {}

/// The result of most functions of this crate.
pub type Result<T> = std::result::Result<T, Error>;
