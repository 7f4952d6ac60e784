//! The finished SMS, LMS or MMS: which of them it is, and that the carrier takes it as it stands.
//!
//! Invariants: nothing is cut or replaced; what leaves here fits its channel and can be written in CP949.

use super::cp949;
use super::image::Album;
use crate::error::{Code, Error, Result};
use crate::gateway::Limits;
use crate::message::{Channel, Image, Text};
use std::fmt::Display;

/// Longest SMS.
pub(super) const SMS_BYTES_MAX: usize = 90;
/// Longest LMS or MMS.
pub(super) const LMS_BYTES_MAX: usize = 2_000;

/// A value and the argument or key it came from.
pub(super) struct Sourced {
    /// Named in errors.
    pub(super) part: String,
    /// The value, clean.
    pub(super) value: String,
}

impl Sourced {
    pub(super) fn new(part: impl Into<String>, value: impl Into<String>) -> Sourced {
        Sourced { part: part.into(), value: value.into() }
    }
}

/// What a text message is made from.
pub(super) struct Draft {
    /// `None`: by length, subject and image.
    pub(super) channel: Option<Channel>,
    /// Digits.
    pub(super) from: String,
    /// The body.
    pub(super) body: Sourced,
    /// LMS and MMS only.
    pub(super) subject: Option<Sourced>,
    /// Path of the image; MMS only.
    pub(super) image: Option<Sourced>,
}

/// Length of `text` in CP949 bytes; an error where a text message cannot carry it.
pub(super) fn bytes(part: impl Display, text: &str) -> Result<usize> {
    if let Some(before) = text.find('\t').and_then(|tab| text.get(..tab)) {
        let position = before.chars().count() + 1;
        return Err(Error::new(
            Code::Content,
            format!("{part}: character {position} is a TAB (U+0009), which text messages cannot carry; use spaces"),
        ));
    }
    cp949::length(text).map_err(|found| {
        Error::new(
            Code::NotCp949,
            format!(
                "{part}: character {} is U+{:04X}, which text messages cannot carry; allowed are the characters of CP949",
                found.position, found.character as u32
            ),
        )
    })
}

/// Chooses the channel and checks everything that the carrier would refuse.
pub(super) fn finish(draft: Draft, limits: &Limits, album: &Album) -> Result<Text> {
    let Draft { channel, from, body, subject, image } = draft;
    let length = bytes(&body.part, &body.value)?;
    if body.value.trim().is_empty() {
        return Err(Error::new(Code::Content, format!("{}: is empty; a text message needs a text", body.part)));
    }
    let subject = subject.filter(|subject| !subject.value.is_empty());
    let channel = channel.unwrap_or(match (&image, &subject) {
        (Some(_), _) => Channel::Mms,
        (None, Some(_)) => Channel::Lms,
        (None, None) if length <= SMS_BYTES_MAX => Channel::Sms,
        (None, None) => Channel::Lms,
    });
    let most = if channel == Channel::Sms { SMS_BYTES_MAX } else { LMS_BYTES_MAX };
    if length > most {
        let part = body.part;
        return Err(Error::new(
            Code::TooLong,
            format!("{part}: has {length} bytes in CP949; {channel} allows at most {most}"),
        ));
    }
    if let Some(subject) = &subject {
        check_subject(channel, subject, limits)?;
    }
    let image = take_image(channel, image.as_ref(), limits, album)?;
    Ok(Text {
        channel,
        from,
        subject: subject.map(|subject| subject.value).unwrap_or_default(),
        body: body.value,
        images: image.into_iter().collect(),
    })
}

fn check_subject(channel: Channel, subject: &Sourced, limits: &Limits) -> Result<()> {
    let part = &subject.part;
    if channel == Channel::Sms {
        return Err(Error::new(Code::Option, format!("{part}: an sms has no subject; allowed with lms and mms")));
    }
    if subject.value.contains('\n') {
        return Err(Error::new(Code::Content, format!("{part}: has a line break; allowed is one line")));
    }
    let (length, most) = (bytes(part, &subject.value)?, limits.subject_bytes_max);
    if length <= most {
        return Ok(());
    }
    Err(Error::new(Code::TooLong, format!("{part}: has {length} bytes in CP949; allowed are at most {most}")))
}

/// The image, if there is one.
fn take_image(channel: Channel, image: Option<&Sourced>, limits: &Limits, album: &Album) -> Result<Option<Image>> {
    match (channel, image) {
        (Channel::Mms, Some(image)) => album.image(&image.part, &image.value, limits).map(Some),
        (Channel::Mms, None) => Err(Error::new(Code::Image, "fallback_image: is missing; an mms needs a JPEG file")),
        (_, Some(image)) => {
            Err(Error::new(Code::Option, format!("{}: an {channel} has no image; allowed with mms", image.part)))
        }
        (_, None) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(body: &str) -> Draft {
        let body = Sourced::new("text", body);
        Draft { channel: None, from: "021234567".into(), body, subject: None, image: None }
    }

    fn made(draft: Draft) -> Result<Text> {
        finish(draft, &Limits::default(), &Album::default())
    }

    #[test]
    fn the_length_in_cp949_chooses_between_sms_and_lms() {
        assert_eq!(made(draft(&"가".repeat(45))).unwrap().channel, Channel::Sms);
        assert_eq!(made(draft(&("가".repeat(45) + "a"))).unwrap().channel, Channel::Lms);
        assert_eq!(made(draft(&"뙠".repeat(45))).unwrap().channel, Channel::Sms);
        assert_eq!(made(draft(&"가".repeat(1_000))).unwrap().channel, Channel::Lms);
        let error = made(draft(&("가".repeat(1_000) + "a"))).unwrap_err();
        assert_eq!(error.code(), Code::TooLong);
        assert!(error.text().contains("2001") && error.text().contains("2000"));
    }

    #[test]
    fn a_channel_asked_for_is_kept_or_refused_never_changed() {
        let with = |channel, body: &str| made(Draft { channel: Some(channel), ..draft(body) });
        assert_eq!(with(Channel::Lms, "짧다").unwrap().channel, Channel::Lms);
        assert_eq!(with(Channel::Sms, &"가".repeat(46)).unwrap_err().code(), Code::TooLong);
        assert_eq!(with(Channel::Mms, "그림").unwrap_err().code(), Code::Image);
    }

    #[test]
    fn an_image_makes_an_mms_and_is_in_it() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let jpeg = crate::content::image::jpeg(8, 8, 0);
        std::fs::write(file.path(), &jpeg).unwrap();
        let image = Sourced::new("image", file.path().to_str().unwrap());
        let mms = made(Draft { image: Some(image), ..draft("그림") }).unwrap();
        assert_eq!((mms.channel, &*mms.images[0].bytes), (Channel::Mms, &jpeg[..]));
    }

    #[test]
    fn a_subject_makes_an_lms_and_has_a_limit_of_its_own() {
        let with = |channel, subject: &str| {
            made(Draft { channel, subject: Some(Sourced::new("subject", subject)), ..draft("짧다") })
        };
        let lms = with(None, &"가".repeat(20)).unwrap();
        assert_eq!((lms.channel, lms.subject.chars().count()), (Channel::Lms, 20));
        assert_eq!(with(None, "").unwrap().channel, Channel::Sms);
        assert_eq!(with(None, &"가".repeat(21)).unwrap_err().code(), Code::TooLong);
        assert_eq!(with(None, "가\n나").unwrap_err().code(), Code::Content);
        assert_eq!(with(None, "–").unwrap_err().code(), Code::NotCp949);
        assert_eq!(with(Some(Channel::Sms), "제목").unwrap_err().code(), Code::Option);
    }

    #[test]
    fn characters_that_text_messages_lack_are_named_by_place_and_number() {
        for (body, code, words) in [
            ("예약 😀", Code::NotCp949, "character 4 is U+1F600"),
            ("9–10시", Code::NotCp949, "character 2 is U+2013"),
            ("₩1,000", Code::NotCp949, "character 1 is U+20A9"),
            ("가\t나", Code::Content, "character 2 is a TAB"),
            (" \n", Code::Content, "is empty"),
        ] {
            let error = made(draft(body)).unwrap_err();
            assert_eq!(error.code(), code, "{error}");
            assert!(error.text().contains(words), "{error}");
            assert!(!error.text().contains("예약"), "the body is not shown");
        }
    }
}
