//! The personal part of a message: who it goes to and what it says. `Debug` shows no text.

use super::types::{Channel, Recipient};
use super::variables::Variables;
use crate::hash::{hex, sha256};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// Recipient and texts. Stored as one value so that it can be erased, and sealed, as one.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payload {
    /// Who it goes to.
    pub to: Recipient,
    /// The AlimTalk, when that is the first channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alimtalk: Option<Alimtalk>,
    /// The text message: the message itself, or the fallback of the AlimTalk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Text>,
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Payload")
            .field("to", &self.to)
            .field("alimtalk", &self.alimtalk.is_some())
            .field("text", &self.text.as_ref().map(|t| t.channel))
            .finish()
    }
}

/// A finished AlimTalk: every part with its variables filled in.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Alimtalk {
    /// The gateway's code of the template.
    pub template_code: String,
    /// Whether the template has an image: some gateways want another sending type then.
    pub image: bool,
    /// A value for each variable of these parts, for gateways that fill templates themselves.
    #[serde(skip_serializing_if = "Variables::is_empty")]
    pub variables: Variables,
    /// The body.
    pub text: String,
    /// Emphasised title (강조표기).
    #[serde(skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// Header of an item list.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub header: String,
    /// Highlight of an item list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub highlight: Option<Highlight>,
    /// Item list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub items: Option<ItemList>,
    /// Buttons in the order of the template.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub buttons: Vec<Button>,
    /// Quick replies in the order of the template.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub quick_replies: Vec<Button>,
}

impl fmt::Debug for Alimtalk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Alimtalk").field("template_code", &self.template_code).finish_non_exhaustive()
    }
}

/// The highlighted line of an item list.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Highlight {
    /// At most 30 characters, 21 with a thumbnail.
    pub title: String,
    /// At most 19 characters, 13 with a thumbnail.
    pub description: String,
    /// Address of the thumbnail; empty without one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub image_url: String,
}

impl fmt::Debug for Highlight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Highlight").finish_non_exhaustive()
    }
}

/// An item list.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ItemList {
    /// 2 to 10 entries.
    pub list: Vec<Item>,
    /// The summary line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<Item>,
}

impl fmt::Debug for ItemList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ItemList").field("list", &self.list.len()).finish_non_exhaustive()
    }
}

/// One line of an item list.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Item {
    /// At most 6 characters.
    pub title: String,
    /// At most 23 characters, 14 in a summary.
    pub description: String,
}

impl fmt::Debug for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Item").finish_non_exhaustive()
    }
}

/// A button or quick reply. The fields are those of Kakao; which of them a kind needs stands in `content::buttons`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Button {
    /// Kakao's two-letter kind: WL AL DS BK MD BC BT AC BF TN P1 P2 P3.
    #[serde(rename = "type")]
    pub kind: String,
    /// The label, at most 14 characters.
    pub name: String,
    /// Web link on a phone.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub link_mobile: String,
    /// Web link on a PC.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub link_pc: String,
    /// App link on Android.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub link_android: String,
    /// App link on iOS.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub link_ios: String,
    /// `out` opens the link in an outside browser.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub target: String,
    /// Passed to a consultation or bot.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub chat_extra: String,
    /// Bot event.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub chat_event: String,
    /// Business form.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub form_id: String,
    /// Telephone number of kind TN.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub phone: String,
    /// Plug-in id.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub plugin_id: String,
    /// Relay id of a plug-in.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub relay_id: String,
    /// One-click id of the payment plug-in.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub one_click_id: String,
    /// Product id of the payment plug-in.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub product_id: String,
}

impl fmt::Debug for Button {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Button").field("type", &self.kind).finish_non_exhaustive()
    }
}

/// A finished SMS, LMS or MMS.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// Sms, Lms or Mms.
    pub channel: Channel,
    /// The registered sender number, digits only.
    pub from: String,
    /// LMS and MMS only; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub subject: String,
    /// The body; every character exists in CP949.
    pub body: String,
    /// MMS: JPEG images.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<Image>,
}

/// An image of an MMS, told by its content.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// SHA-256 of the bytes in lower-case hexadecimal.
    pub digest: String,
    /// The JPEG. Kept apart from the message, once per content, so it is empty while the message does not leave by MMS.
    #[serde(skip)]
    pub bytes: Arc<[u8]>,
}

impl Image {
    /// The image with these bytes.
    pub fn new(bytes: Arc<[u8]>) -> Image {
        let digest = hex(&sha256::<32>([&bytes]));
        Image { digest, bytes }
    }
}

impl fmt::Debug for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Image").field("bytes", &self.bytes.len()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Text").field("channel", &self.channel).finish_non_exhaustive()
    }
}

impl Serialize for Channel {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i32(*self as i32)
    }
}

impl<'de> Deserialize<'de> for Channel {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = i32::deserialize(deserializer)?;
        Channel::from_number(number).ok_or_else(|| serde::de::Error::custom("no such channel"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_part_of_a_message_shows_its_text_to_debug() {
        const MARK: &str = "0M4RK8";
        let mark = || MARK.to_owned();
        let item = Item { title: mark(), description: mark() };
        let items = ItemList { list: vec![item.clone()], summary: Some(item.clone()) };
        let highlight = Highlight { title: mark(), description: mark(), image_url: mark() };
        let button = Button { kind: "WL".into(), name: mark(), link_mobile: mark(), ..Button::default() };
        let image = Image { digest: mark(), bytes: MARK.as_bytes().into() };
        let text =
            Text { channel: Channel::Lms, from: mark(), subject: mark(), body: mark(), images: vec![image.clone()] };
        let alimtalk = Alimtalk {
            text: mark(),
            title: mark(),
            variables: [(MARK, MARK)].into(),
            highlight: Some(highlight.clone()),
            items: Some(items.clone()),
            buttons: vec![button.clone()],
            quick_replies: vec![button.clone()],
            ..Alimtalk::default()
        };
        let to = Recipient::from_digits("01000001234".into());
        let payload = Payload { to, alimtalk: Some(alimtalk.clone()), text: Some(text.clone()) };
        let shown = format!("{item:?} {items:?} {highlight:?} {button:?} {alimtalk:?} {text:?} {image:?} {payload:?}");
        assert!(!shown.contains(MARK) && !shown.contains("00001234"), "{shown}");
        assert!(shown.contains("WL") && shown.contains("Lms"), "{shown}");
    }
}
