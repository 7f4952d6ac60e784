//! What is registered with the simulated vendors: logins, sender profiles, sender numbers, templates. The built-in set is
//! `setup.json` beside this crate; its templates are those of the quickstart.
//!
//! Invariants: every value is invented; the same templates are registered with every vendor under the same code, for SOLAPI
//! as `KA01TP-<code>`.

use crate::matching;
use serde::Deserialize;
use std::path::Path;

/// Everything that is registered.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setup {
    /// Sender profiles.
    pub senders: Vec<Sender>,
    /// Registered callback numbers, digits only.
    pub sender_numbers: Vec<String>,
    /// Templates.
    pub templates: Vec<Template>,
    /// Login of NHN Cloud.
    pub nhn: Nhn,
    /// Login of SOLAPI.
    pub solapi: Solapi,
    /// Login of Bizgo.
    pub bizgo: Bizgo,
    /// Login of Naver SENS.
    pub sens: Sens,
    /// Login of Aligo.
    pub aligo: Aligo,
}

/// A sender profile under the names that the vendors have for it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sender {
    /// Ours, for the print-out.
    pub name: String,
    /// NHN, Bizgo, Aligo.
    pub sender_key: String,
    /// SOLAPI.
    pub pf_id: String,
    /// SENS.
    pub channel: String,
}

/// A registered template.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Template {
    /// Its code.
    pub code: String,
    /// Its name in lists.
    pub name: String,
    /// The text with `#{name}`.
    pub text: String,
    /// Emphasised title.
    pub title: Option<String>,
    /// Line under the title; never sent.
    pub subtitle: Option<String>,
    /// Header line.
    pub header: Option<String>,
    /// Highlight.
    pub highlight: Option<Item>,
    /// Item list.
    pub items: Option<Items>,
    /// Buttons, in order.
    pub buttons: Vec<Button>,
    /// Quick replies, in order.
    pub quick_replies: Vec<Button>,
    /// Whether Kakao approved it.
    pub status: Status,
}

/// Where a template stands with Kakao.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// May be used.
    #[default]
    Approved,
    /// In review.
    Requested,
    /// Refused.
    Rejected,
}

/// Title and description.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Item {
    /// Left.
    pub title: String,
    /// Right.
    pub description: String,
}

/// An item list.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Items {
    /// 2 to 10 entries.
    pub list: Vec<Item>,
    /// The sum under them.
    pub summary: Option<Item>,
}

/// A button or quick reply, the same for every vendor.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Button {
    /// WL, AL, DS, BK, MD, ...
    #[serde(rename = "type")]
    pub kind: String,
    /// Its label.
    pub name: String,
    /// Web link on a telephone.
    pub mobile: String,
    /// Web link on a PC.
    pub pc: String,
    /// App link.
    pub ios: String,
    /// App link.
    pub android: String,
}

/// Login of NHN Cloud.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the names are the vendor's")]
pub struct Nhn {
    pub app_key: String,
    pub secret_key: String,
    pub sms_app_key: String,
    pub sms_secret_key: String,
    /// Whether the AlimTalk product is linked with the SMS product, so that it may fall back.
    #[serde(default)]
    pub resend: bool,
}

/// Login of SOLAPI.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the names are the vendor's")]
pub struct Solapi {
    pub api_key: String,
    pub api_secret: String,
}

/// Login of Bizgo.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the names are the vendor's")]
pub struct Bizgo {
    pub api_key: String,
    pub webhook_secret: String,
}

/// Login of Naver SENS.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the names are the vendor's")]
pub struct Sens {
    pub access_key: String,
    pub secret_key: String,
    pub alimtalk_service: String,
    pub sms_service: String,
}

/// Login of Aligo.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the names are the vendor's")]
pub struct Aligo {
    pub api_key: String,
    pub user_id: String,
}

impl Setup {
    /// What is registered without a file.
    pub fn built_in() -> Result<Setup, String> {
        Setup::parse(include_str!("../setup.json"), "the built-in set-up")
    }

    /// Reads a file.
    pub fn read(path: &Path) -> Result<Setup, String> {
        let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        Setup::parse(&text, &path.display().to_string())
    }

    /// Reads JSON; `place` names it in errors.
    pub fn parse(text: &str, place: &str) -> Result<Setup, String> {
        serde_json::from_str(text).map_err(|error| format!("{place}: {error}"))
    }

    /// The template with this code.
    pub fn template(&self, code: &str) -> Option<&Template> {
        self.templates.iter().find(|template| template.code == code)
    }

    /// Whether the callback number is registered.
    pub fn has_number(&self, number: &str) -> bool {
        let digits = |c: char| c != '-';
        self.sender_numbers.iter().any(|known| number.chars().filter(|c| digits(*c)).eq(known.chars()))
    }

    /// Whether the sender key is registered.
    pub fn has_key(&self, key: &str) -> bool {
        self.senders.iter().any(|sender| sender.sender_key == key)
    }
}

impl Template {
    /// The vendors' emphasis type.
    pub fn emphasis(&self) -> &'static str {
        match self {
            Template { items: Some(_), .. } => "ITEM_LIST",
            Template { title: Some(_), .. } => "TEXT",
            _ => "NONE",
        }
    }

    /// The names of all variables, in text, title, parts and links.
    pub fn variables(&self) -> Vec<&str> {
        let mut names = Vec::new();
        let mut look = |text| matching::names(text).into_iter().for_each(|name| names.push(name));
        look(&self.text);
        self.title.iter().for_each(|title| look(title));
        for item in self.highlight.iter().chain(self.items.iter().flat_map(|i| i.list.iter().chain(&i.summary))) {
            look(&item.title);
            look(&item.description);
        }
        for button in self.buttons.iter().chain(&self.quick_replies) {
            [&button.mobile, &button.pc, &button.ios, &button.android].into_iter().for_each(|link| look(link));
        }
        let mut once = Vec::new();
        names.into_iter().for_each(|name| {
            if !once.contains(&name) {
                once.push(name);
            }
        });
        once
    }
}

/// What a caller says that a message contains, in the vendors' common terms.
#[derive(Clone, Debug, Default)]
pub struct Finished {
    /// The full text.
    pub text: String,
    /// Emphasised title.
    pub title: Option<String>,
    /// Header line.
    pub header: Option<String>,
    /// Highlight.
    pub highlight: Option<Item>,
    /// Item list.
    pub items: Option<Items>,
    /// Buttons.
    pub buttons: Vec<Button>,
    /// Quick replies.
    pub quick_replies: Vec<Button>,
}

/// The part of a message that differs from its template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    /// The text.
    Text,
    /// The emphasised title.
    Title,
    /// The header.
    Header,
    /// The highlight.
    Highlight,
    /// The item list.
    Items,
    /// How many buttons there are.
    ButtonCount,
    /// A button.
    Button,
    /// Quick replies.
    QuickReply,
}

impl Template {
    /// The first part of `said` that cannot come from this template.
    pub fn differs(&self, said: &Finished) -> Option<Difference> {
        let option = |known: &Option<String>, said: &Option<String>| match (known, said) {
            (None, None) => true,
            (Some(known), Some(said)) => matching::matches(known, said),
            (None, Some(said)) => said.is_empty(),
            (Some(_), None) => false,
        };
        let item = |known: &Item, said: &Item| {
            matching::matches(&known.title, &said.title) && matching::matches(&known.description, &said.description)
        };
        let both = |known: &Option<Item>, said: &Option<Item>| match (known, said) {
            (None, None) => true,
            (Some(known), Some(said)) => item(known, said),
            _ => false,
        };
        let items = match (&self.items, &said.items) {
            (None, None) => true,
            (Some(known), Some(said)) => {
                known.list.len() == said.list.len()
                    && known.list.iter().zip(&said.list).all(|(known, said)| item(known, said))
                    && both(&known.summary, &said.summary)
            }
            _ => false,
        };
        let button = |(known, said): (&Button, &Button)| {
            known.kind == said.kind
                && known.name == said.name
                && matching::matches(&known.mobile, &said.mobile)
                && (said.pc.is_empty() || matching::matches(&known.pc, &said.pc))
                && matching::matches(&known.ios, &said.ios)
                && matching::matches(&known.android, &said.android)
        };
        let replies = self.quick_replies.len() == said.quick_replies.len()
            && self.quick_replies.iter().zip(&said.quick_replies).all(button);
        [
            (matching::matches(&self.text, &said.text), Difference::Text),
            (option(&self.title, &said.title), Difference::Title),
            (option(&self.header, &said.header), Difference::Header),
            (both(&self.highlight, &said.highlight), Difference::Highlight),
            (items, Difference::Items),
            (self.buttons.len() == said.buttons.len(), Difference::ButtonCount),
            (self.buttons.iter().zip(&said.buttons).all(button), Difference::Button),
            (replies, Difference::QuickReply),
        ]
        .into_iter()
        .find_map(|(same, part)| (!same).then_some(part))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_template_is_the_one_of_the_quickstart() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/data/quickstart.json");
        let quickstart: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let setup = Setup::built_in().unwrap();
        let reminder = &quickstart["templates"]["reminder"];
        assert_eq!(
            setup.template(reminder["code"].as_str().unwrap()).unwrap().text,
            reminder["text"].as_str().unwrap()
        );
        for account in quickstart["accounts"].as_object().unwrap().values() {
            assert!(setup.has_key(account["sender_key"].as_str().unwrap()));
            assert!(setup.has_number(account["sender_number"].as_str().unwrap()));
        }
    }
}
