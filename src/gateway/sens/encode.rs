//! Finished messages as the vendor's JSON.
//!
//! Invariants: fields that are empty are left out; whether the vendor falls back by itself is said of every AlimTalk, for
//! the channel may have another setting.

use crate::gateway::sending::Load;
use crate::gateway::wire::{is_empty, to_minute};
use crate::gateway::{Errand, Parcel};
use crate::message::{Button, Channel, Item, Text};
use serde::Serialize;

const ZONE: &str = "Asia/Seoul";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Alimtalks<'a> {
    plus_friend_id: &'a str,
    template_code: &'a str,
    messages: Vec<Alimtalk<'a>>,
    #[serde(flatten)]
    reservation: Option<Reservation>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Reservation {
    reserve_time: String,
    reserve_time_zone: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Alimtalk<'a> {
    to: &'a str,
    #[serde(skip_serializing_if = "is_empty")]
    title: &'a str,
    content: &'a str,
    #[serde(skip_serializing_if = "is_empty")]
    header_content: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    item_highlight: Option<Highlight<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    item: Option<Items<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    buttons: Vec<Link<'a>>,
    use_sms_failover: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    failover_config: Option<Failover<'a>>,
}

#[derive(Serialize)]
struct Highlight<'a> {
    title: &'a str,
    description: &'a str,
}

#[derive(Serialize)]
struct Items<'a> {
    list: &'a [Item],
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<&'a Item>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Link<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "is_empty")]
    link_mobile: &'a str,
    #[serde(skip_serializing_if = "is_empty")]
    link_pc: &'a str,
    #[serde(skip_serializing_if = "is_empty")]
    scheme_ios: &'a str,
    #[serde(skip_serializing_if = "is_empty")]
    scheme_android: &'a str,
}

#[derive(Serialize)]
pub(super) struct Failover<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    from: &'a str,
    #[serde(skip_serializing_if = "is_empty")]
    subject: &'a str,
    content: &'a str,
}

fn reservation(load: &Load) -> Option<Reservation> {
    load.reserve_at.map(|at| Reservation { reserve_time: to_minute(at), reserve_time_zone: ZONE })
}

/// A request with AlimTalks.
pub(super) fn alimtalk<'a>(errand: &'a Errand, load: &'a Load) -> Alimtalks<'a> {
    let message = |parcel: &'a Parcel| {
        let alimtalk = parcel.alimtalk().ok()?;
        let highlight = alimtalk.highlight.as_ref();
        let failover_config = failover(parcel);
        Some(Alimtalk {
            to: parcel.payload.to.digits(),
            title: &alimtalk.title,
            content: &alimtalk.text,
            header_content: &alimtalk.header,
            item_highlight: highlight.map(|line| Highlight { title: &line.title, description: &line.description }),
            item: alimtalk.items.as_ref().map(|items| Items { list: &items.list, summary: items.summary.as_ref() }),
            buttons: alimtalk.buttons.iter().map(link).collect(),
            use_sms_failover: failover_config.is_some(),
            failover_config,
        })
    };
    Alimtalks {
        plus_friend_id: errand.registration.sender_key.reveal(),
        template_code: &errand.registration.template_code,
        messages: load.parcels(errand).filter_map(message).collect(),
        reservation: reservation(load),
    }
}

fn link(button: &Button) -> Link<'_> {
    Link {
        kind: &button.kind,
        name: &button.name,
        link_mobile: &button.link_mobile,
        link_pc: &button.link_pc,
        scheme_ios: &button.link_ios,
        scheme_android: &button.link_android,
    }
}

/// The text message that the vendor is asked for in place of an AlimTalk. One that is missing or is an MMS cannot be sent
/// on: better the AlimTalk alone than nothing.
pub(super) fn failover(parcel: &Parcel) -> Option<Failover<'_>> {
    let text = parcel.payload.text.as_ref().filter(|_| parcel.falls_back)?;
    let (kind, subject) = match text.channel {
        Channel::Sms => ("SMS", ""),
        Channel::Lms => ("LMS", text.subject.as_str()),
        Channel::Mms | Channel::Alimtalk => return None,
    };
    Some(Failover { kind, from: &text.from, subject, content: &text.body })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Texts<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    content_type: &'static str,
    from: &'a str,
    #[serde(skip_serializing_if = "is_empty")]
    subject: &'a str,
    content: &'a str,
    messages: Vec<To<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    files: Vec<File<'a>>,
    #[serde(flatten)]
    reservation: Option<Reservation>,
}

#[derive(Serialize)]
struct To<'a> {
    to: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct File<'a> {
    file_id: &'a str,
}

/// A request with text messages; all of a load have the same text.
pub(super) fn text_message<'a>(errand: &'a Errand, load: &'a Load) -> Texts<'a> {
    let text = load.first(errand).and_then(|parcel| parcel.payload.text.as_ref());
    let part = |part: fn(&Text) -> &str| text.map(part).unwrap_or_default();
    let kind = match errand.channel {
        Channel::Sms => "SMS",
        Channel::Mms => "MMS",
        Channel::Lms | Channel::Alimtalk => "LMS",
    };
    Texts {
        kind,
        content_type: "COMM",
        from: part(|text| &text.from),
        subject: if errand.channel == Channel::Sms { "" } else { part(|text| &text.subject) },
        content: part(|text| &text.body),
        messages: load.parcels(errand).map(|parcel| To { to: parcel.payload.to.digits() }).collect(),
        files: load.files.iter().map(|file_id| File { file_id }).collect(),
        reservation: reservation(load),
    }
}
