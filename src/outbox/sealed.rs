//! The personal part of a message in the form in which it is kept.
//!
//! Invariants: sealing happens on the caller's thread, so the engine's thread only writes bytes; what is unsealed equals
//! what was sealed.

use super::seal::{Nonces, Place};
use super::vault::{Opened, Vault};
use crate::error::{Code, Error, Result};
use crate::message::{Channel, Image, Message, Payload};
use std::collections::HashMap;
use std::sync::Arc;
use zeroize::Zeroizing;

/// Room for the content of a usual message.
const USUAL_BYTES: usize = 2_048;

/// A message and its stored form.
#[derive(Clone, Debug)]
pub(crate) struct Sealed {
    pub message: Message,
    pub(super) bytes: Vec<u8>,
    pub(super) images: Vec<Arc<SealedImage>>,
}

/// An image in its stored form.
#[derive(Debug)]
pub(super) struct SealedImage {
    pub name: [u8; 32],
    pub bytes: Vec<u8>,
}

impl Sealed {
    /// How much it weighs beside a message without images.
    pub fn weight(&self) -> usize {
        1 + self.images.iter().map(|image| image.bytes.len()).sum::<usize>() / 1_024
    }
}

/// Seals the messages of one call; an image of several is sealed once.
pub(crate) struct Sealer<'a> {
    vault: &'a Vault,
    images: HashMap<String, Arc<SealedImage>>,
    nonces: Nonces,
    /// The content of one message after the other, so that no copy of it is left behind where a buffer grew.
    content: Zeroizing<Vec<u8>>,
}

impl<'a> Sealer<'a> {
    pub fn new(vault: &'a Vault, messages: usize) -> Self {
        let content = Zeroizing::new(Vec::with_capacity(USUAL_BYTES));
        Sealer { vault, images: HashMap::new(), nonces: Nonces::of(messages), content }
    }

    pub fn seal(&mut self, mut message: Message) -> Result<Sealed> {
        message.digest = self.vault.digest(&message.digest);
        let body = take_repeated_body(message.payload_mut());
        self.content.clear();
        serde_json::to_writer(&mut *self.content, &*message.payload)
            .map_err(|e| Error::new(Code::Internal, format!("the message cannot be written: {e}")))?;
        if let (Some(body), Some(text)) = (body, &mut message.payload_mut().text) {
            text.body = body;
        }
        let bytes = self.vault.close(Place::Payload(message.key.as_str()), &self.content, &mut self.nonces)?;
        let images = self.seal_images(message.channel, message.payload_mut())?;
        Ok(Sealed { message, bytes, images })
    }

    /// The images of a message. One that does not leave by MMS at first goes without their bytes.
    fn seal_images(&mut self, channel: Channel, payload: &mut Payload) -> Result<Vec<Arc<SealedImage>>> {
        let Some(text) = &mut payload.text else { return Ok(Vec::new()) };
        let images = text.images.iter().map(|image| self.seal_image(image)).collect();
        if channel != Channel::Mms {
            text.images.iter_mut().for_each(|image| image.bytes = Arc::default());
        }
        images
    }

    fn seal_image(&mut self, image: &Image) -> Result<Arc<SealedImage>> {
        if let Some(sealed) = self.images.get(&image.digest) {
            return Ok(Arc::clone(sealed));
        }
        let name = self.vault.image_name(&image.digest);
        let bytes = self.vault.close(Place::Image(&name), &image.bytes, &mut self.nonces)?;
        let sealed = Arc::new(SealedImage { name, bytes });
        self.images.insert(image.digest.clone(), Arc::clone(&sealed));
        Ok(sealed)
    }
}

/// Takes out the body of a fallback that says the same as the AlimTalk: it is kept once.
fn take_repeated_body(payload: &mut Payload) -> Option<String> {
    let (alimtalk, text) = (payload.alimtalk.as_ref()?, payload.text.as_mut()?);
    (alimtalk.text == text.body).then(|| std::mem::take(&mut text.body))
}

/// Reads the stored form. Without details of what is wrong: they could repeat a part of it.
pub(super) fn unseal(vault: &Vault, key: &str, bytes: &[u8]) -> Opened<Payload> {
    match vault.open(Place::Payload(key), bytes) {
        Opened::Whole(content) => read(&content).map_or(Opened::Damaged, Opened::Whole),
        Opened::Damaged => Opened::Damaged,
        Opened::Foreign => Opened::Foreign,
    }
}

fn read(content: &[u8]) -> Option<Payload> {
    let mut payload: Payload = serde_json::from_slice(content).ok()?;
    if let (Some(alimtalk), Some(text)) = (&payload.alimtalk, &mut payload.text)
        && text.body.is_empty()
    {
        text.body.clone_from(&alimtalk.text);
    }
    Some(payload)
}

#[cfg(test)]
mod tests {
    use super::super::Outbox;
    use super::*;
    use crate::config::{Encryption, OutboxKey};
    use crate::message::{Alimtalk, Recipient, Text};

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
        for key in [None, Some(OutboxKey::of(1))] {
            let folder = tempfile::tempdir().unwrap();
            let keys = Encryption { key, old_keys: Vec::new() };
            let vault = Outbox::open(&folder.path().join("outbox.db"), &keys).unwrap().vault();
            for (alimtalk, text) in [
                (Some(alimtalk.clone()), Some(text("같은 글"))),
                (Some(alimtalk.clone()), Some(text("다른 글"))),
                (Some(alimtalk.clone()), None),
                (None, Some(text("글"))),
            ] {
                let payload = Payload { to: Recipient::from_digits("01000000000".into()), alimtalk, text };
                let message = Message { payload: Arc::new(payload.clone()), ..crate::engine::tests::message("key") };
                let sealed = Sealer::new(&vault, 1).seal(message).unwrap();
                assert_eq!(*sealed.message.payload, payload);
                assert_eq!(unseal(&vault, "key", &sealed.bytes), Opened::Whole(payload));
            }
            assert_eq!(unseal(&vault, "key", b"{"), Opened::Damaged);
            assert_eq!(
                unseal(&vault, "key", b"\0{"),
                if keys.key.is_none() { Opened::Damaged } else { Opened::Foreign }
            );
        }
    }
}
