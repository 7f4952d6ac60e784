//! The digest that tells a repeated call from another message under the same key.
//!
//! Invariants: the form is canonical (every text and list with its length in front, every choice with a mark), so two
//! contents never give the same bytes; nothing of it depends on the time of the call, so the same call repeated later gives
//! the same digest. Digests are stored: the form may change only together with [`FORM`], and then old keys differ.

use super::buttons::FIELDS;
use crate::hash::sha256;
use crate::message::{Alimtalk, Button, Highlight, Item, ItemList, Options, Payload, Text};

const FORM: &[u8] = b"alimi content 1";
/// Room for the form of a usual message.
const USUAL_BYTES: usize = 1_024;

/// The digest of what a call asks for. Not part of it: what is set up and not asked for (sender key and number, gateway),
/// and what changes the handling alone (priority, tag).
pub(super) fn of(
    account: &str,
    template: &str,
    payload: &Payload,
    options: &Options,
    asked: &[Option<i64>],
) -> [u8; 16] {
    let mut form = Form(Vec::with_capacity(USUAL_BYTES));
    form.0.extend_from_slice(FORM);
    form.text(payload.to.digits());
    form.text(account);
    form.text(template);
    form.option(payload.alimtalk.as_ref(), Form::alimtalk);
    form.option(payload.text.as_ref(), Form::message);
    form.option(options.gateway.as_ref(), |form, name| form.text(name));
    form.option(options.sender_number.as_ref().zip(payload.text.as_ref()), |form, (_, text)| form.text(&text.from));
    for time in asked {
        form.option(time.as_ref(), |form, time| form.0.extend_from_slice(&time.to_le_bytes()));
    }
    sha256([form.0])
}

/// All of it at once: hashing the many small parts one by one costs more than the hash.
struct Form(Vec<u8>);

impl Form {
    fn count(&mut self, count: usize) {
        self.0.extend_from_slice(&(count as u64).to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.count(text.len());
        self.0.extend_from_slice(text.as_bytes());
    }

    fn option<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Form, T)) {
        self.0.push(u8::from(value.is_some()));
        if let Some(value) = value {
            write(self, value);
        }
    }

    // Every field is named, so that a new one cannot be forgotten here.
    fn alimtalk(&mut self, message: &Alimtalk) {
        let Alimtalk {
            template_code: _,
            image: _,
            variables: _,
            text,
            title,
            header,
            highlight,
            items,
            buttons,
            quick_replies,
        } = message;
        self.text(text);
        self.text(title);
        self.text(header);
        self.option(highlight.as_ref(), |form, Highlight { title, description, image_url }| {
            form.text(title);
            form.text(description);
            form.text(image_url);
        });
        self.option(items.as_ref(), |form, ItemList { list, summary }| {
            form.count(list.len());
            list.iter().for_each(|item| form.item(item));
            form.option(summary.as_ref(), Form::item);
        });
        self.buttons(buttons);
        self.buttons(quick_replies);
    }

    fn item(&mut self, Item { title, description }: &Item) {
        self.text(title);
        self.text(description);
    }

    fn buttons(&mut self, buttons: &[Button]) {
        self.count(buttons.len());
        for button in buttons {
            FIELDS.iter().for_each(|field| self.text((field.get)(button)));
        }
    }

    fn message(&mut self, Text { channel, from: _, subject, body, images }: &Text) {
        self.0.push(*channel as u8);
        self.text(subject);
        self.text(body);
        self.count(images.len());
        images.iter().for_each(|image| self.text(&image.digest));
    }
}
