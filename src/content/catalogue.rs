//! The configured templates beside those that the gateways have: what differs, and what may therefore not be sent.
//!
//! Invariants: pure; nothing is said of a gateway that was never asked, nor of a part that a gateway does not tell; what is
//! shown is the text of templates, never of messages.

use super::clean::{Lines, clean};
use super::template::Template;
use crate::config::{Secret, Settings};
use crate::error::{Code, Error, Result};
use crate::gateway::{Inquiry, Listed, Listing, SenderMark, Standing};
use crate::hash::sha256;
use crate::message::Button;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// How much of a text a difference shows, in characters.
const EXCERPT_CHARS: usize = 20;

/// What is known of all gateways' templates.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Catalogue {
    /// What was asked.
    lists: Vec<List>,
    /// What is not as the configuration says.
    findings: Vec<Finding>,
    /// What is not the same at two gateways.
    differences: Vec<Difference>,
}

/// A gateway's list under the sender key of an account.
#[derive(Clone, Debug, Serialize)]
struct List {
    gateway: String,
    account: String,
    /// How many templates it had; `None`: it was never asked with success.
    templates: Option<usize>,
    /// When it was asked with success.
    at: Option<String>,
    /// The last attempt to ask it failed.
    failed: bool,
}

/// A configured template that a gateway does not have as it should.
#[derive(Clone, Debug, Serialize)]
struct Finding {
    template: String,
    account: String,
    gateway: String,
    code: String,
    /// Whether messages go there by the configuration.
    in_use: bool,
    finding: &'static str,
    detail: String,
}

/// A template that two gateways have differently.
#[derive(Clone, Debug, Serialize)]
struct Difference {
    template: String,
    account: String,
    gateways: [String; 2],
    part: &'static str,
    detail: String,
}

/// What stands for a sender key on disk.
fn mark(sender_key: &Secret) -> SenderMark {
    sha256(["alimi sender", sender_key.reveal()])
}

/// What is to be asked to know all gateways' templates: each gateway once for each sender key.
pub(crate) fn inquiries(settings: &Settings) -> Vec<Inquiry> {
    let mut inquiries: Vec<Inquiry> = Vec::new();
    for gateway in settings.gateways.keys() {
        for account in settings.accounts.keys() {
            let sender_key = settings.registration(gateway, account, "").sender_key;
            let sender = mark(&sender_key);
            if !inquiries.iter().any(|known| known.gateway == *gateway && known.sender == sender) {
                let ours = settings.templates.values().map(|template| template.listed_at(gateway)).collect();
                inquiries.push(Inquiry { gateway: gateway.clone(), sender_key, sender, ours });
            }
        }
    }
    inquiries
}

impl Catalogue {
    /// Compares. `failed`: whom the last attempt did not reach.
    pub(crate) fn new(settings: &Settings, listings: &[Listing], failed: &BTreeSet<(String, SenderMark)>) -> Catalogue {
        let mut catalogue = Catalogue::default();
        for account in settings.accounts.keys() {
            let mut known = BTreeMap::new();
            for gateway in settings.gateways.keys() {
                let sender = mark(&settings.registration(gateway, account, "").sender_key);
                let listing = listings.iter().find(|list| list.gateway == *gateway && list.sender == sender);
                catalogue.lists.push(List {
                    gateway: gateway.clone(),
                    account: account.clone(),
                    templates: listing.map(|listing| listing.templates.len()),
                    at: listing.map(|listing| listing.at.to_iso()),
                    failed: failed.contains(&(gateway.clone(), sender)),
                });
                known.extend(listing.map(|listing| (gateway.as_str(), listing)));
            }
            for (name, template) in &settings.templates {
                catalogue.compare(settings, account, name, template, &known);
            }
        }
        catalogue
    }

    fn compare(
        &mut self,
        settings: &Settings,
        account: &str,
        name: &str,
        template: &Template,
        known: &BTreeMap<&str, &Listing>,
    ) {
        let mut first: Option<(&str, &Listed)> = None;
        for (&gateway, listing) in known {
            let ours = template.listed_at(gateway);
            let theirs = listing.templates.iter().find(|listed| listed.code == ours.code);
            if let Some((finding, detail)) = judge(&ours, theirs) {
                self.findings.push(Finding {
                    template: name.to_owned(),
                    account: account.to_owned(),
                    gateway: gateway.to_owned(),
                    code: ours.code,
                    in_use: settings.carriers(account, name).contains(gateway),
                    finding,
                    detail,
                });
            }
            match (first, theirs) {
                (None, Some(theirs)) => first = Some((gateway, theirs)),
                (Some((other, before)), Some(theirs)) => {
                    let difference = differs(before, theirs, [other, gateway]);
                    self.differences.extend(difference.map(|(part, detail)| Difference {
                        template: name.to_owned(),
                        account: account.to_owned(),
                        gateways: [other.to_owned(), gateway.to_owned()],
                        part,
                        detail,
                    }));
                }
                (_, None) => {}
            }
        }
    }

    /// Refuses what the gateway is known not to take.
    pub(crate) fn check(&self, account: &str, gateway: &str, template: &str) -> Result<()> {
        let about = |finding: &&Finding| {
            finding.template == template && finding.account == account && finding.gateway == gateway
        };
        match self.findings.iter().find(about) {
            None => Ok(()),
            Some(Finding { code, detail, .. }) => {
                let text = format!("template {template:?} ({code:?} at gateway {gateway}): {detail}");
                let way = "put it right there or here, then call alimi_sync_templates";
                Err(Error::new(Code::TemplateMismatch, format!("{text}; {way}")))
            }
        }
    }
}

impl Settings {
    /// The gateways by which messages of an account and template may go.
    fn carriers(&self, account: &str, template: &str) -> BTreeSet<&str> {
        let fits = |wanted: &Option<String>, name: &str| wanted.as_ref().is_none_or(|wanted| wanted == name);
        let routes = self.routing.routes.iter();
        let fitting = routes.filter(|route| fits(&route.account, account) && fits(&route.template, template));
        let own = self.accounts.get(account).map(|account| account.gateway.as_str());
        let mut carriers: BTreeSet<&str> = fitting.map(|route| route.gateway.as_str()).chain(own).collect();
        let standbys = carriers.iter().filter_map(|name| self.routing.standby.get(*name));
        carriers.extend(standbys.map(String::as_str).collect::<Vec<_>>());
        carriers
    }
}

impl Template {
    /// As it should stand at a gateway, with its placeholders.
    pub(super) fn listed_at(&self, gateway: &str) -> Listed {
        let placeholders: Vec<String> = self.names.list().iter().map(|name| format!("#{{{name}}}")).collect();
        let values: Vec<&str> = placeholders.iter().map(String::as_str).collect();
        let message = self.fill(&values);
        let message = self.message_at(gateway, &message, &values).unwrap_or(message);
        Listed {
            code: self.code_at(gateway).to_owned(),
            standing: Standing::Approved,
            text: Some(message.text),
            title: Some(message.title),
            header: Some(message.header),
            buttons: Some(message.buttons),
            quick_replies: Some(message.quick_replies),
        }
    }
}

/// What is wrong with what the gateway has.
fn judge(ours: &Listed, theirs: Option<&Listed>) -> Option<(&'static str, String)> {
    let Some(theirs) = theirs else {
        return Some(("missing", String::from("is not among the templates of this sender key there")));
    };
    match theirs.standing {
        Standing::Approved | Standing::Unclear => differs(ours, theirs, ["the configuration", "the gateway"]),
        other => Some(("not_approved", format!("is {}", other.word()))),
    }
}

/// The first part in which two differ; `who`: whose each is.
fn differs(one: &Listed, other: &Listed, who: [&str; 2]) -> Option<(&'static str, String)> {
    let texts =
        [("text", &one.text, &other.text), ("title", &one.title, &other.title), ("header", &one.header, &other.header)];
    let texts = texts.into_iter().find_map(|(part, one, other)| {
        let wrong = difference(part, one.as_deref()?, other.as_deref()?, who)?;
        Some((part, wrong))
    });
    let lists =
        [("buttons", &one.buttons, &other.buttons), ("quick_replies", &one.quick_replies, &other.quick_replies)];
    let mut lists = lists.into_iter();
    texts.or_else(|| {
        lists.find_map(|(part, one, other)| Some((part, list_difference(part, one.as_ref()?, other.as_ref()?, who)?)))
    })
}

fn list_difference(part: &str, one: &[Button], other: &[Button], who: [&str; 2]) -> Option<String> {
    if one.len() != other.len() {
        let [first, second] = who;
        return Some(format!("{part}: {first} has {}, {second} {}", one.len(), other.len()));
    }
    one.iter().zip(other).enumerate().find_map(|(at, (one, other))| {
        // A PC link need not be sent.
        let link_pc = if one.link_pc.is_empty() || other.link_pc.is_empty() { "" } else { other.link_pc.as_str() };
        let own_pc = if link_pc.is_empty() { "" } else { one.link_pc.as_str() };
        let fields = [
            ("type", one.kind.as_str(), other.kind.as_str()),
            ("name", &one.name, &other.name),
            ("link_mobile", &one.link_mobile, &other.link_mobile),
            ("link_pc", own_pc, link_pc),
            ("link_android", &one.link_android, &other.link_android),
            ("link_ios", &one.link_ios, &other.link_ios),
        ];
        let mut fields = fields.into_iter();
        fields.find_map(|(field, one, other)| difference(&format!("{part}[{at}].{field}"), one, other, who))
    })
}

/// The first place where two texts differ. How lines end, how Hangul is composed, and blanks at the end do not count:
/// vendors do not keep them.
fn difference(part: &str, one: &str, other: &str, [first, second]: [&str; 2]) -> Option<String> {
    let tidy = |text: &str| clean(part, text, Lines::Many).map_or_else(|_| text.to_owned(), |text| text.into_owned());
    let (one, other) = (tidy(one), tidy(other));
    let (one, other) = (one.trim_end(), other.trim_end());
    if one == other {
        return None;
    }
    let same = one.chars().zip(other.chars()).take_while(|(a, b)| a == b).count();
    let line = one.chars().take(same).filter(|character| *character == '\n').count() + 1;
    let rest = |text: &str| match text.chars().skip(same).take(EXCERPT_CHARS).collect::<String>() {
        end if end.is_empty() => String::from("ends"),
        rest => format!("has {rest:?}"),
    };
    let (one, other) = (rest(one), rest(other));
    Some(format!("{part}: differs at character {} (line {line}), where {first} {one} and {second} {other}", same + 1))
}

/// The report of a sync.
#[derive(Serialize)]
pub(crate) struct Report<'c> {
    /// Every gateway has answered, or could not.
    pub complete: bool,
    #[serde(flatten)]
    pub catalogue: &'c Catalogue,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;
    use serde_json::json;

    fn settings() -> Settings {
        let folder = tempfile::tempdir().unwrap();
        let changes = json!({
            "gateways": {"a": {"type": "sandbox"}, "b": {"type": "sandbox"}},
            "accounts": {"seoul": {"sender_key": "s", "gateway": "a"}},
            "templates": {"visit": {
                "text": "#{이름}님\n예약", "code": "V1", "title": "안내",
                "buttons": [{"type": "WL", "name": "확인", "link_mobile": "https://example.com/#{번호}"}],
                "gateways": {"b": {"code": "KA-V1"}},
            }},
        });
        crate::config::testing::settings(folder.path(), changes)
    }

    /// What both gateways have, changed at `b` by `change`.
    fn catalogue(change: impl Fn(&mut Vec<Listed>)) -> Catalogue {
        let settings = settings();
        let listings: Vec<Listing> = inquiries(&settings)
            .into_iter()
            .map(|Inquiry { gateway, sender, mut ours, .. }| {
                if gateway == "b" {
                    change(&mut ours);
                }
                Listing { gateway, sender, at: Timestamp(0), templates: ours }
            })
            .collect();
        Catalogue::new(&settings, &listings, &BTreeSet::new())
    }

    fn button(one: &mut Listed) -> &mut Button {
        &mut one.buttons.as_mut().unwrap()[0]
    }

    #[test]
    fn what_is_as_configured_is_no_finding_however_the_vendor_writes_it() {
        for change in [
            (|_| {}) as fn(&mut Vec<Listed>),
            |all| all[0].text = Some("#{이름}님\r\n예약 \n".into()),
            |all| all[0].standing = Standing::Unclear,
            |all| all[0] = Listed { code: "KA-V1".into(), standing: Standing::Approved, ..Listed::default() },
            |all| all.push(Listed { code: "other".into(), ..Listed::default() }),
            |all| button(&mut all[0]).link_pc = "https://example.com".into(),
        ] {
            let catalogue = catalogue(change);
            assert!(catalogue.findings.is_empty() && catalogue.differences.is_empty(), "{catalogue:?}");
            catalogue.check("seoul", "b", "visit").unwrap();
        }
    }

    #[test]
    fn everything_that_is_not_as_configured_is_found_and_refused_there_alone() {
        for (change, finding, words) in [
            ((|all| all.clear()) as fn(&mut Vec<Listed>), "missing", "is not among the templates"),
            (|all| all[0].standing = Standing::Stopped, "not_approved", "is dormant or stopped"),
            (|all| all[0].standing = Standing::InReview, "not_approved", "is in review"),
            (
                |all| all[0].text = Some("#{이름}님\n진료".into()),
                "text",
                "text: differs at character 8 (line 2), where the configuration has \"예약\" and the gateway has \"진료\"",
            ),
            (|all| all[0].text = Some("#{이름}님\n예약입니다".into()), "text", "where the configuration ends"),
            (|all| all[0].title = Some(String::new()), "title", "title: differs at character 1"),
            (|all| all[0].buttons = Some(Vec::new()), "buttons", "buttons: the configuration has 1, the gateway 0"),
            (|all| button(&mut all[0]).name = "보기".into(), "buttons", "buttons[0].name: differs"),
            (|all| button(&mut all[0]).link_mobile.push('x'), "buttons", "buttons[0].link_mobile: differs"),
        ] {
            let catalogue = catalogue(change);
            let [found] = &catalogue.findings[..] else { panic!("{catalogue:?}") };
            assert_eq!((found.finding, found.gateway.as_str(), found.in_use), (finding, "b", false));
            assert!(found.detail.contains(words), "{}", found.detail);
            let error = catalogue.check("seoul", "b", "visit").unwrap_err();
            assert!(error.code() == Code::TemplateMismatch && error.text().contains(words), "{error}");
            catalogue.check("seoul", "a", "visit").unwrap();
        }
    }

    #[test]
    fn what_differs_between_two_gateways_is_told_before_anyone_moves() {
        let catalogue = catalogue(|all| all[0].text = Some("#{이름}님\n진료".into()));
        let [difference] = &catalogue.differences[..] else { panic!("{catalogue:?}") };
        assert_eq!((difference.gateways.clone(), difference.part), (["a".into(), "b".into()], "text"));
        assert!(difference.detail.contains("where a has \"예약\" and b has \"진료\""), "{}", difference.detail);
    }

    #[test]
    fn a_gateway_that_was_never_asked_changes_nothing_and_no_sender_key_is_shown() {
        let settings = settings();
        let failed = inquiries(&settings).into_iter().map(|inquiry| (inquiry.gateway, inquiry.sender)).collect();
        let catalogue = Catalogue::new(&settings, &[], &failed);
        catalogue.check("seoul", "a", "visit").unwrap();
        let report = serde_json::to_value(Report { complete: true, catalogue: &catalogue }).unwrap();
        let list = json!({"gateway": "a", "account": "seoul", "templates": null, "at": null, "failed": true});
        assert_eq!((&report["lists"][0], &report["findings"], &report["complete"]), (&list, &json!([]), &json!(true)));
    }
}
