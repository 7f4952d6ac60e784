//! Faults by script: which go wrong, how often, and when.
//!
//! Invariants: a fault strikes only what its vendor, call, chance, count and time allow; chances come from one seeded source,
//! so a script with a seed strikes the same requests in the same order each time.

use crate::store::Vendor;
use serde::{Deserialize, Serialize};

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// HTTP 429; with `retry_after` seconds if that is given.
    Throttled,
    /// HTTP `status` (500), nothing is taken.
    ErrorBefore,
    /// HTTP `status` (500) although everything was taken.
    ErrorAfter,
    /// The connection is dropped after everything was taken.
    LostAfter,
    /// The connection is dropped before anything is taken.
    LostBefore,
    /// Answers come `delay_ms` late.
    Slow,
    /// The simulator closes its half of the connection, says nothing and keeps the other half open.
    HalfClosed,
    /// The request is read and never answered; nothing is taken.
    Silent,
    /// The request is taken and never answered.
    SilentAfter,
    /// HTTP 200 with rubbish, although everything was taken.
    Garbage,
    /// The login is refused.
    Credentials,
    /// The vendor is down: every connection is dropped at once.
    Down,
    /// HTTP 307 to `location`.
    Redirect,
    /// Reports come `delay_ms` later than they should.
    ReportLate,
    /// Reports come twice, the second time `delay_ms` later.
    ReportTwice,
    /// Reports never come.
    ReportNever,
}

impl Kind {
    fn is_of_reports(self) -> bool {
        matches!(self, Kind::ReportLate | Kind::ReportTwice | Kind::ReportNever)
    }
}

/// What a request wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    /// To send.
    Send,
    /// Results, look-ups, acknowledgements.
    Result,
    /// To cancel.
    Cancel,
    /// Templates and sender numbers.
    Template,
    /// To upload an image.
    Upload,
    /// Anything else.
    Other,
}

/// One line of a script.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What goes wrong.
    pub kind: Kind,
    /// Only with this vendor.
    #[serde(default)]
    pub vendor: Option<Vendor>,
    /// Only these calls.
    #[serde(default)]
    pub call: Option<Call>,
    /// How likely it is, 0 to 1; without it, always.
    #[serde(default)]
    pub chance: Option<f64>,
    /// Only so many times.
    #[serde(default)]
    pub next: Option<u64>,
    /// Not before so many milliseconds after it was set.
    #[serde(default)]
    pub from_ms: i64,
    /// Only for so many milliseconds from then.
    #[serde(default)]
    pub for_ms: Option<i64>,
    /// How late.
    #[serde(default)]
    pub delay_ms: Option<u64>,
    /// HTTP status of the errors.
    #[serde(default)]
    pub status: Option<u16>,
    /// Seconds named in Retry-After.
    #[serde(default)]
    pub retry_after: Option<u64>,
    /// Where a redirect leads.
    #[serde(default)]
    pub location: Option<String>,
}

impl Fault {
    /// A fault that always strikes every vendor and call.
    pub fn new(kind: Kind) -> Fault {
        Fault {
            kind,
            vendor: None,
            call: None,
            chance: None,
            next: None,
            from_ms: 0,
            for_ms: None,
            delay_ms: None,
            status: None,
            retry_after: None,
            location: None,
        }
    }

    /// The same, only with this vendor.
    pub fn vendor(self, vendor: Vendor) -> Fault {
        Fault { vendor: Some(vendor), ..self }
    }

    /// The same, only for these calls.
    pub fn call(self, call: Call) -> Fault {
        Fault { call: Some(call), ..self }
    }

    /// The same with a chance of 0 to 1.
    pub fn chance(self, chance: f64) -> Fault {
        Fault { chance: Some(chance), ..self }
    }

    /// The same, only so many times.
    pub fn next(self, times: u64) -> Fault {
        Fault { next: Some(times), ..self }
    }

    /// The same, only between these two times after it is set, in milliseconds.
    pub fn window(self, from_ms: i64, for_ms: i64) -> Fault {
        Fault { from_ms, for_ms: Some(for_ms), ..self }
    }

    /// The same with a delay.
    pub fn delay_ms(self, ms: u64) -> Fault {
        Fault { delay_ms: Some(ms), ..self }
    }

    /// Reads `[vendor.][call.]kind[=key:value,...]`, the form of the command line: `nhn.send.lost_after=chance:0.05`.
    pub fn parse(text: &str) -> Result<Fault, String> {
        let (name, settings) = text.split_once('=').unwrap_or((text, ""));
        let parts: Vec<&str> = name.split('.').collect();
        let Some((kind, places)) = parts.split_last() else { return Err(format!("--fault {text}: no name")) };
        let mut map = serde_json::Map::new();
        map.insert(String::from("kind"), (*kind).into());
        for place in places {
            let key = if Vendor::from_word(place).is_some() { "vendor" } else { "call" };
            map.insert(String::from(key), (*place).into());
        }
        for setting in settings.split(',').filter(|setting| !setting.is_empty()) {
            let Some((key, value)) = setting.split_once(':') else {
                return Err(format!("--fault {text}: '{setting}' is not of the form key:value"));
            };
            map.insert(String::from(key), serde_json::from_str(value).unwrap_or_else(|_| value.into()));
        }
        serde_json::from_value(map.into()).map_err(|error| format!("--fault {text}: {error}"))
    }
}

/// What strikes one request.
#[derive(Clone, Debug, Default)]
pub struct Strikes {
    /// How long the answer waits.
    pub delay_ms: u64,
    /// The fault, if one strikes beside being slow.
    pub fault: Option<Fault>,
}

/// How a report comes.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReportPlan {
    /// How much later than usual.
    pub late_ms: u64,
    /// How much later still it comes again.
    pub again_ms: Option<u64>,
    /// It does not come.
    pub never: bool,
}

/// A line of the script that is in force.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    /// Removes it again.
    pub number: u64,
    /// What it says.
    pub fault: Fault,
    /// How often it struck.
    pub struck: u64,
    /// When it was set.
    #[serde(skip)]
    set: i64,
}

/// The script.
#[derive(Debug)]
pub struct Faults {
    lines: Vec<Line>,
    chance: fastrand::Rng,
    numbered: u64,
}

impl Faults {
    /// An empty script.
    pub fn new(seed: u64) -> Faults {
        Faults { lines: Vec::new(), chance: fastrand::Rng::with_seed(seed), numbered: 0 }
    }

    /// Adds a line; the number removes it again.
    pub fn add(&mut self, now: i64, fault: Fault) -> u64 {
        self.numbered += 1;
        self.lines.push(Line { number: self.numbered, fault, struck: 0, set: now });
        self.numbered
    }

    /// Removes one line.
    pub fn remove(&mut self, number: u64) {
        self.lines.retain(|line| line.number != number);
    }

    /// Removes all.
    pub fn clear(&mut self) {
        self.lines.clear();
    }

    /// The lines.
    pub fn list(&self) -> &[Line] {
        &self.lines
    }

    /// Whether a line of this kind would strike now; it is not counted.
    pub fn is_on(&self, now: i64, kind: Kind, vendor: Option<Vendor>) -> bool {
        let of = |fault: &Fault| fault.kind == kind && fault.vendor == vendor;
        self.lines.iter().any(|line| of(&line.fault) && line.in_time(now) && line.fault.next != Some(0))
    }

    /// What strikes this request.
    pub fn strike(&mut self, now: i64, vendor: Vendor, call: Call) -> Strikes {
        let mut strikes = Strikes::default();
        for line in &mut self.lines {
            let kind = line.fault.kind;
            if kind.is_of_reports() || (strikes.fault.is_some() && kind != Kind::Slow) {
                continue;
            }
            if !line.draw(&mut self.chance, now, vendor, call) {
                continue;
            }
            match kind {
                Kind::Slow => strikes.delay_ms += line.fault.delay_ms.unwrap_or(0),
                _ => strikes.fault = Some(line.fault.clone()),
            }
        }
        strikes
    }

    /// How the report on a message comes.
    pub fn report(&mut self, now: i64, vendor: Vendor) -> ReportPlan {
        let mut plan = ReportPlan::default();
        for line in &mut self.lines {
            let kind = line.fault.kind;
            if !kind.is_of_reports() || !line.draw(&mut self.chance, now, vendor, Call::Send) {
                continue;
            }
            let delay = line.fault.delay_ms.unwrap_or(0);
            match kind {
                Kind::ReportLate => plan.late_ms += delay,
                Kind::ReportTwice => plan.again_ms = Some(delay),
                _ => plan.never = true,
            }
        }
        plan
    }
}

impl Line {
    fn in_time(&self, now: i64) -> bool {
        let since = now - self.set - self.fault.from_ms;
        since >= 0 && self.fault.for_ms.is_none_or(|length| since < length)
    }

    /// Whether it strikes; if so, it is counted.
    fn draw(&mut self, chance: &mut fastrand::Rng, now: i64, vendor: Vendor, call: Call) -> bool {
        let fits = self.fault.vendor.is_none_or(|v| v == vendor)
            && self.fault.call.is_none_or(|c| c == call)
            && self.in_time(now)
            && self.fault.next != Some(0);
        if !fits || self.fault.chance.is_some_and(|likely| chance.f64() >= likely) {
            return false;
        }
        self.struck += 1;
        if let Some(left) = &mut self.fault.next {
            *left -= 1;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_strikes_only_its_vendor_call_count_and_time() {
        let mut faults = Faults::new(1);
        faults.add(1_000, Fault::parse("nhn.send.lost_after=next:2,from_ms:100,for_ms:50").unwrap());
        let mut struck = |now, vendor, call| faults.strike(now, vendor, call).fault.is_some();
        assert!(!struck(1_099, Vendor::Nhn, Call::Send));
        assert!(!struck(1_100, Vendor::Nhn, Call::Result));
        assert!(!struck(1_100, Vendor::Solapi, Call::Send));
        assert!(struck(1_100, Vendor::Nhn, Call::Send));
        assert!(struck(1_149, Vendor::Nhn, Call::Send));
        assert!(!struck(1_149, Vendor::Nhn, Call::Send));
        assert!(!struck(1_150, Vendor::Nhn, Call::Send));
        assert_eq!(faults.list()[0].struck, 2);
    }

    #[test]
    fn the_same_seed_strikes_the_same_requests() {
        let run = || {
            let mut faults = Faults::new(7);
            faults.add(0, Fault::new(Kind::ErrorBefore).chance(0.3));
            (0..200).map(|now| faults.strike(now, Vendor::Bizgo, Call::Send).fault.is_some()).collect::<Vec<_>>()
        };
        assert_eq!(run(), run());
        assert!((30..90).contains(&run().iter().filter(|struck| **struck).count()));
    }

    #[test]
    fn a_line_that_cannot_be_read_says_what_is_wrong() {
        assert!(Fault::parse("nhn.explode").unwrap_err().contains("explode"));
        assert!(Fault::parse("slow=50").unwrap_err().contains("key:value"));
        assert!(Fault::parse("slow=delay:50").unwrap_err().contains("delay"));
    }
}
