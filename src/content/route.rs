//! By whom and by what a message goes: institution, gateway with its limits, sender number, allowed recipients.
//!
//! Invariants: names are those of the configuration; nothing is chosen silently when the request names something unknown.

use super::image::Album;
use super::phone::normalise_sender;
use crate::config::{Account, GatewaySettings, Settings};
use crate::error::{Code, Error, Result};
use crate::gateway::{Capabilities, Limits};
use crate::json::shown_name;
use crate::message::{Options, Recipient};

/// The chosen way of a message.
pub(super) struct Route<'a> {
    pub(super) settings: &'a Settings,
    /// Name of the institution.
    pub(super) account_name: &'a str,
    account: &'a Account,
    /// Name of the gateway.
    pub(super) gateway_name: &'a str,
    /// The gateway and its standby, with what each takes.
    pub(super) carriers: Vec<(&'a str, Limits)>,
    /// What all those take that may carry a text message, also one that follows.
    pub(super) text_limits: Limits,
    /// The images read so far.
    pub(super) album: &'a Album,
}

impl<'a> Route<'a> {
    /// Chooses by the request, else by the configuration.
    pub(super) fn choose(
        settings: &'a Settings,
        album: &'a Album,
        options: &Options,
        template: &str,
        key: &str,
    ) -> Result<Route<'a>> {
        let (account_name, account) = account(settings, options.account.as_deref())?;
        let wanted = match &options.gateway {
            Some(wanted) => settings.instead_of_draining(wanted).unwrap_or(wanted),
            None => settings.gateway_for(account_name, template, key).unwrap_or(&account.gateway),
        };
        let Some((gateway_name, gateway)) = settings.gateways.get_key_value(wanted) else {
            return Err(unknown(Code::UnknownGateway, "gateway", wanted, settings.gateways.keys()));
        };
        let carriers = carriers(settings, gateway_name, gateway);
        let fallback = settings.fallback.gateway.as_ref().filter(|_| !template.is_empty());
        let others = match fallback.and_then(|name| settings.gateways.get_key_value(name)) {
            // The gateway of the AlimTalk may send it all the same, where it falls back by itself.
            Some((name, gateway)) => self::carriers(settings, name, gateway),
            None => Vec::new(),
        };
        let all = carriers.iter().chain(&others).map(|(_, limits)| limits.clone());
        let text_limits = all.reduce(|one, other| one.and(&other)).unwrap_or_default();
        Ok(Route { settings, account_name, account, gateway_name, carriers, text_limits, album })
    }

    /// The number a text message is sent from.
    pub(super) fn sender_number(&self, options: &Options) -> Result<String> {
        if let Some(number) = &options.sender_number {
            return normalise_sender(number);
        }
        self.account.sender_number.clone().ok_or_else(|| {
            Error::new(
                Code::SenderNumber,
                format!(
                    "accounts.{}.sender_number: is missing in the configuration, and the option sender_number is not given; \
                     a text message, also one as fallback, needs a registered number",
                    self.account_name
                ),
            )
        })
    }
}

fn account<'a>(settings: &'a Settings, wanted: Option<&str>) -> Result<(&'a str, &'a Account)> {
    let Some(wanted) = wanted.or(settings.default_account.as_deref()) else {
        let mut all = settings.accounts.iter();
        return match (all.next(), all.next()) {
            (Some((name, account)), None) => Ok((name, account)),
            _ => Err(Error::new(
                Code::UnknownAccount,
                "account: is not given, and the configuration has several and no default_account",
            )),
        };
    };
    let found = settings.accounts.get_key_value(wanted).map(|(name, account)| (name.as_str(), account));
    found.ok_or_else(|| unknown(Code::UnknownAccount, "account", wanted, settings.accounts.keys()))
}

/// A gateway and its standby, with what each takes.
fn carriers<'a>(settings: &'a Settings, name: &'a str, gateway: &'a GatewaySettings) -> Vec<(&'a str, Limits)> {
    let standby = settings.routing.standby.get(name).and_then(|name| settings.gateways.get_key_value(name));
    let both = [Some((name, gateway)), standby.map(|(name, gateway)| (name.as_str(), gateway))];
    both.into_iter().flatten().map(|(name, gateway)| (name, Capabilities::of(gateway).limits)).collect()
}

/// Whether a test installation may send there.
pub(super) fn check_recipient(settings: &Settings, to: &Recipient) -> Result<()> {
    let Some(allowed) = &settings.allowed_recipients else { return Ok(()) };
    let fits = |entry: &String| match entry.strip_suffix('*') {
        Some(start) => to.digits().starts_with(start),
        None => to.digits() == entry,
    };
    if allowed.iter().any(fits) {
        return Ok(());
    }
    Err(Error::new(Code::RecipientNotAllowed, format!("to: {to} is not among allowed_recipients of the configuration")))
}

/// The error for a name that the configuration does not have.
pub(super) fn unknown<'k>(code: Code, part: &str, name: &str, known: impl Iterator<Item = &'k String>) -> Error {
    let mut known: Vec<&str> = known.map(String::as_str).take(11).collect();
    if known.len() > 10 {
        known.truncate(10);
        known.push("...");
    }
    let (name, known) = (shown_name(name), known.join(", "));
    Error::new(code, format!("{part}: {name:?} is not in the configuration; it has: {known}"))
}
