//! The texts of an AlimTalk by place, so that cleaning, compiling, filling and naming them is written once.
//!
//! Invariants: [`Place::all`] lists every text of a message exactly once; a place prints as the key of the configuration.

use super::buttons::FIELDS;
use super::clean::Lines;
use crate::message::{Alimtalk, Highlight, Item};
use std::fmt;

/// Where a text stands in an AlimTalk. The second number of a button is the index into [`FIELDS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Text,
    Title,
    Header,
    HighlightTitle,
    HighlightDescription,
    HighlightImage,
    ItemTitle(usize),
    ItemDescription(usize),
    SummaryTitle,
    SummaryDescription,
    Button(usize, usize),
    QuickReply(usize, usize),
}

impl Place {
    /// Every place that `message` has.
    pub(super) fn all(message: &Alimtalk) -> Vec<Place> {
        let mut places = vec![Place::Text, Place::Title, Place::Header];
        if message.highlight.is_some() {
            places.extend([Place::HighlightTitle, Place::HighlightDescription, Place::HighlightImage]);
        }
        if let Some(items) = &message.items {
            places.extend((0..items.list.len()).flat_map(|i| [Place::ItemTitle(i), Place::ItemDescription(i)]));
            if items.summary.is_some() {
                places.extend([Place::SummaryTitle, Place::SummaryDescription]);
            }
        }
        for button in 0..message.buttons.len() {
            places.extend((0..FIELDS.len()).map(|field| Place::Button(button, field)));
        }
        for reply in 0..message.quick_replies.len() {
            places.extend((0..FIELDS.len()).map(|field| Place::QuickReply(reply, field)));
        }
        places
    }

    /// The text at this place.
    pub(super) fn slot(self, message: &mut Alimtalk) -> Option<&mut String> {
        fn highlight(message: &mut Alimtalk) -> Option<&mut Highlight> {
            message.highlight.as_mut()
        }
        fn item(message: &mut Alimtalk, index: usize) -> Option<&mut Item> {
            message.items.as_mut()?.list.get_mut(index)
        }
        fn summary(message: &mut Alimtalk) -> Option<&mut Item> {
            message.items.as_mut()?.summary.as_mut()
        }
        match self {
            Place::Text => Some(&mut message.text),
            Place::Title => Some(&mut message.title),
            Place::Header => Some(&mut message.header),
            Place::HighlightTitle => highlight(message).map(|highlight| &mut highlight.title),
            Place::HighlightDescription => highlight(message).map(|highlight| &mut highlight.description),
            Place::HighlightImage => highlight(message).map(|highlight| &mut highlight.image_url),
            Place::ItemTitle(index) => item(message, index).map(|item| &mut item.title),
            Place::ItemDescription(index) => item(message, index).map(|item| &mut item.description),
            Place::SummaryTitle => summary(message).map(|item| &mut item.title),
            Place::SummaryDescription => summary(message).map(|item| &mut item.description),
            Place::Button(index, field) => {
                message.buttons.get_mut(index).zip(FIELDS.get(field)).map(|(button, field)| (field.get_mut)(button))
            }
            Place::QuickReply(index, field) => {
                message.quick_replies.get_mut(index).zip(FIELDS.get(field)).map(|(reply, field)| (field.get_mut)(reply))
            }
        }
    }

    /// Whether it belongs to a button or a quick reply.
    pub(super) fn is_button(self) -> bool {
        matches!(self, Place::Button(..) | Place::QuickReply(..))
    }

    /// Whether Kakao allows variables here.
    pub(super) fn takes_variables(self) -> bool {
        match self {
            Place::HighlightImage | Place::ItemTitle(_) | Place::SummaryTitle => false,
            Place::Button(_, field) | Place::QuickReply(_, field) => FIELDS.get(field).is_some_and(|f| f.variables),
            _ => true,
        }
    }

    /// Whether the text may have several lines.
    pub(super) fn lines(self) -> Lines {
        if matches!(self, Place::Text | Place::Title) { Lines::Many } else { Lines::One }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |field: &usize| FIELDS.get(*field).map_or("", |field| field.name);
        match self {
            Place::Text => f.write_str("text"),
            Place::Title => f.write_str("title"),
            Place::Header => f.write_str("header"),
            Place::HighlightTitle => f.write_str("highlight.title"),
            Place::HighlightDescription => f.write_str("highlight.description"),
            Place::HighlightImage => f.write_str("highlight.image_url"),
            Place::ItemTitle(index) => write!(f, "items.list[{index}].title"),
            Place::ItemDescription(index) => write!(f, "items.list[{index}].description"),
            Place::SummaryTitle => f.write_str("items.summary.title"),
            Place::SummaryDescription => f.write_str("items.summary.description"),
            Place::Button(index, field) => write!(f, "buttons[{index}].{}", name(field)),
            Place::QuickReply(index, field) => write!(f, "quick_replies[{index}].{}", name(field)),
        }
    }
}
