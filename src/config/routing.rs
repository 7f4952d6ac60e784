//! Which gateway a message goes by.
//!
//! Invariants: pure; the same key always takes the same route of the same configuration, so a repeated call and a restart
//! change nothing; what is chosen is configured and not draining. A standby is asked for only by who knows that the
//! message is certainly not sent.

use super::check::{contradiction, missing_name, refused};
use super::{Settings, source};
use crate::error::Result;
use crate::json::{Node, shown};
use std::collections::{BTreeMap, BTreeSet};

/// Where messages go that do not go by their account's gateway.
#[derive(Clone, Debug, Default)]
pub struct Routing {
    /// In their order; the first that fits is taken.
    pub routes: Vec<Route>,
    /// By gateway: the one that takes over while it is down or draining.
    pub standby: BTreeMap<String, String>,
    /// Gateways that take no more messages and bring to an end what they have.
    pub draining: BTreeSet<String>,
}

/// One route.
#[derive(Clone, Debug)]
pub struct Route {
    /// Of this account only.
    pub account: Option<String>,
    /// Of this template only.
    pub template: Option<String>,
    /// The share of the messages that fit, 1 to 100; the others go on to the next route.
    pub percent: u32,
    /// Where they go.
    pub gateway: String,
}

impl Settings {
    /// The gateway of a message. `template` is empty for a text message.
    pub(crate) fn gateway_for(&self, account: &str, template: &str, key: &str) -> Option<&str> {
        let fits = |wanted: &Option<String>, name: &str| wanted.as_ref().is_none_or(|wanted| wanted == name);
        let mut routes = self.routing.routes.iter().enumerate();
        let route = routes.find(|(at, route)| {
            fits(&route.account, account) && fits(&route.template, template) && share(*at, key) < route.percent
        });
        let chosen = match route {
            Some((_, route)) => &route.gateway,
            None => &self.accounts.get(account)?.gateway,
        };
        self.instead_of_draining(chosen)
    }

    /// The gateway itself, or who stands in for it while it drains.
    pub(crate) fn instead_of_draining<'s>(&'s self, gateway: &'s str) -> Option<&'s str> {
        let chosen = match self.routing.draining.contains(gateway) {
            true => self.routing.standby.get(gateway)?.as_str(),
            false => gateway,
        };
        self.gateways.contains_key(chosen).then_some(chosen)
    }
}

impl Routing {
    /// Takes what concerns routing out of the keys of a gateway.
    pub(super) fn take_from(&mut self, name: &str, path: &str, node: &mut Node<'_>) -> Result<()> {
        let Node::Object(keys) = node else { return Ok(()) };
        let mut take = |key: &str| keys.iter().position(|(name, _)| name == key).map(|at| keys.remove(at).1);
        if let Some(standby) = take("standby") {
            let standby = standby.typed().map_err(|fault| refused(fault.inside(&format!("{path}.standby"))))?;
            self.standby.insert(name.to_owned(), standby);
        }
        if let Some(draining) = take("draining")
            && draining.typed().map_err(|fault| refused(fault.inside(&format!("{path}.draining"))))?
        {
            self.draining.insert(name.to_owned());
        }
        Ok(())
    }
}

/// Reads the routes and checks that every gateway, account and template that is named exists.
pub(super) fn check(settings: &mut Settings, routes: Vec<source::Route>) -> Result<()> {
    let gateways = &settings.gateways;
    let known = |path: String, gateway: &str| match gateways.contains_key(gateway) {
        true => Ok(()),
        false => Err(missing_name(&path, "gateways", gateways.keys())),
    };
    for (gateway, standby) in &settings.routing.standby {
        let path = format!("gateways.{}.standby", shown(gateway));
        known(path.clone(), standby)?;
        if gateway == standby || settings.routing.draining.contains(standby) {
            return Err(contradiction(&path, "is the gateway itself or one that is draining; name another"));
        }
    }
    if let Some(gateway) = &settings.fallback.gateway {
        known("fallback.gateway".to_owned(), gateway)?;
    }
    for template in settings.templates.iter().flat_map(|(name, template)| template.gateways().map(move |g| (name, g))) {
        let (name, gateway) = template;
        known(format!("templates.{}.gateways.{}", shown(name), shown(gateway)), gateway)?;
    }
    for (at, route) in routes.into_iter().enumerate() {
        let path = format!("routes[{at}]");
        known(format!("{path}.gateway"), &route.gateway)?;
        if route.account.as_ref().is_some_and(|name| !settings.accounts.contains_key(name)) {
            return Err(missing_name(&format!("{path}.account"), "accounts", settings.accounts.keys()));
        }
        if route.template.as_ref().is_some_and(|name| !settings.templates.contains_key(name)) {
            return Err(missing_name(&format!("{path}.template"), "templates", settings.templates.keys()));
        }
        let source::Route { account, template, percent, gateway } = route;
        settings.routing.routes.push(Route { account, template, percent: percent.get32(), gateway });
    }
    all_may_send(settings)
}

/// A gateway that drains must have somebody to stand in where an account or a route still names it.
fn all_may_send(settings: &Settings) -> Result<()> {
    let accounts =
        settings.accounts.iter().map(|(name, account)| (format!("accounts.{}", shown(name)), &account.gateway));
    let routes = settings.routing.routes.iter().enumerate();
    let routes = routes.map(|(at, route)| (format!("routes[{at}]"), &route.gateway));
    for (path, gateway) in accounts.chain(routes) {
        if settings.instead_of_draining(gateway).is_none() {
            let wrong = "names a gateway that is draining and has no standby; name another, or give it a standby";
            return Err(contradiction(&format!("{path}.gateway"), wrong));
        }
    }
    Ok(())
}

/// A number from 0 to 99 that belongs to the key, another one for each route. FNV-1a.
fn share(route: usize, key: &str) -> u32 {
    let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    let route = u8::try_from(route % 256).unwrap_or(0);
    let hash = key.bytes().chain([route]).fold(0xcbf2_9ce4_8422_2325, mix);
    // The low bits of this hash are its weak ones.
    u32::try_from((hash >> 32) % 100).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use crate::config::testing;
    use serde_json::json;

    fn settings(routes: serde_json::Value, gateways: serde_json::Value) -> crate::config::Settings {
        let folder = tempfile::tempdir().unwrap();
        let account = |gateway| json!({"sender_key": "k", "gateway": gateway});
        testing::settings(
            folder.path(),
            json!({
                "gateways": gateways,
                "accounts": {"seoul": account("a"), "busan": account("b")},
                "templates": {"visit": {"text": "가"}},
                "routes": routes,
            }),
        )
    }

    fn two() -> serde_json::Value {
        json!({"a": {"type": "sandbox"}, "b": {"type": "sandbox"}})
    }

    #[test]
    fn without_routes_the_account_chooses() {
        let settings = settings(json!([]), two());
        assert_eq!(settings.gateway_for("seoul", "visit", "k"), Some("a"));
        assert_eq!(settings.gateway_for("busan", "", "k"), Some("b"));
        assert_eq!(settings.gateway_for("gone", "", "k"), None);
    }

    #[test]
    fn the_first_route_that_fits_is_taken() {
        let routes = json!([
            {"account": "seoul", "template": "visit", "gateway": "b"},
            {"account": "busan", "gateway": "a"},
        ]);
        let settings = settings(routes, two());
        assert_eq!(settings.gateway_for("seoul", "visit", "k"), Some("b"));
        assert_eq!(settings.gateway_for("seoul", "", "k"), Some("a"));
        assert_eq!(settings.gateway_for("busan", "visit", "k"), Some("a"));
    }

    #[test]
    fn a_share_is_kept_and_belongs_to_the_key() {
        let settings = settings(json!([{"percent": 30, "gateway": "b"}]), two());
        let by_b = |n: &u32| settings.gateway_for("seoul", "visit", &format!("R-{n}")) == Some("b");
        let share = (0..10_000).filter(by_b).count();
        assert!((2_700..3_300).contains(&share), "{share}");
        let again = (0..10_000).filter(by_b).count();
        assert_eq!(share, again);
    }

    #[test]
    fn a_draining_gateway_gives_way_to_its_standby() {
        let gateways = json!({"a": {"type": "sandbox", "draining": true, "standby": "b"}, "b": {"type": "sandbox"}});
        let settings = settings(json!([]), gateways);
        assert_eq!(settings.gateway_for("seoul", "visit", "k"), Some("b"));
    }
}
