//! The personal part of a message in the form in which it is kept.
//!
//! Invariants: sealing happens on the caller's thread, so the engine's thread only writes bytes; what is unsealed equals
//! what was sealed.

use crate::error::{Code, Error, Result};
use crate::message::{Channel, Image, Message, Payload};
use std::sync::Arc;

/// A message and its stored form.
#[derive(Clone, Debug)]
pub(crate) struct Sealed {
    pub message: Message,
    pub(super) bytes: Vec<u8>,
    pub(super) images: Vec<Image>,
}

impl Sealed {
    pub fn new(mut message: Message) -> Result<Sealed> {
        let body = repeated_body(&message.payload);
        if let (Some(_), Some(text)) = (&body, &mut message.payload.text) {
            text.body.clear();
        }
        let bytes = serde_json::to_vec(&message.payload)
            .map_err(|e| Error::new(Code::Internal, format!("the message cannot be written: {e}")))?;
        if let (Some(body), Some(text)) = (body, &mut message.payload.text) {
            text.body = body;
        }
        let images = take_images(&mut message);
        Ok(Sealed { message, bytes, images })
    }

    /// How much it weighs beside a message without images.
    pub fn weight(&self) -> usize {
        1 + self.images.iter().map(|image| image.bytes.len()).sum::<usize>() / 1_024
    }
}

/// The body of a fallback that says the same as the AlimTalk: it is kept once.
fn repeated_body(payload: &Payload) -> Option<String> {
    let (alimtalk, text) = (payload.alimtalk.as_ref()?, payload.text.as_ref()?);
    (alimtalk.text == text.body).then(|| text.body.clone())
}

/// The images of a message. A message that does not leave by MMS at first goes without their bytes.
fn take_images(message: &mut Message) -> Vec<Image> {
    let Some(text) = &mut message.payload.text else { return Vec::new() };
    let images = text.images.clone();
    if message.channel != Channel::Mms {
        text.images.iter_mut().for_each(|image| image.bytes = Arc::default());
    }
    images
}

/// Reads the stored form. The error is without details: they could repeat a part of it.
pub(super) fn unseal(bytes: &[u8]) -> Option<Payload> {
    let mut payload: Payload = serde_json::from_slice(bytes).ok()?;
    if let (Some(alimtalk), Some(text)) = (&payload.alimtalk, &mut payload.text)
        && text.body.is_empty()
    {
        text.body.clone_from(&alimtalk.text);
    }
    Some(payload)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Alimtalk, Channel, Recipient, Text};

    #[test]
    fn what_is_unsealed_equals_what_was_sealed() {
        let text = |body: &str| Text {
            channel: Channel::Sms,
            from: "07000000001".into(),
            subject: String::new(),
            body: body.into(),
            images: Vec::new(),
        };
        let alimtalk = Alimtalk { text: "같은 글".into(), ..Alimtalk::default() };
        for (alimtalk, text) in [
            (Some(alimtalk.clone()), Some(text("같은 글"))),
            (Some(alimtalk.clone()), Some(text("다른 글"))),
            (Some(alimtalk), None),
            (None, Some(text("글"))),
        ] {
            let payload = Payload { to: Recipient::from_digits("01000000000".into()), alimtalk, text };
            let message = Message { payload: payload.clone(), ..crate::engine::tests::message("key") };
            let sealed = Sealed::new(message).unwrap();
            assert_eq!(sealed.message.payload, payload);
            assert_eq!(unseal(&sealed.bytes), Some(payload));
        }
        assert_eq!(unseal(b"{"), None);
    }
}
