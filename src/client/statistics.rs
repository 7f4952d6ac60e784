//! Statistics for callers: a query in `name=value` lines or JSON, an answer in JSON or CSV.

use super::Client;
use crate::error::{Code, Error, Result};
use crate::message::parse_pairs;
use crate::outbox::{Basis, Figure};
use crate::time::{Day, Timestamp};

const NAMES: &str = "from, to, account, by, format";
/// Longest span of one query.
const DAYS_MAX: i32 = 1_200;

struct Query {
    from: Day,
    to: Day,
    account: Option<String>,
    basis: Basis,
    csv: bool,
}

impl Client {
    pub(super) fn count(&self, query: &str) -> Result<String> {
        self.check_open()?;
        let query = Query::parse(query)?;
        let figures = self.reader.lock().figures(query.basis, query.from, query.to, query.account.as_deref())?;
        if query.csv {
            return Ok(csv(&figures));
        }
        serde_json::to_string(&figures).map_err(|e| Error::new(Code::Internal, format!("statistics: {e}")))
    }
}

impl Query {
    fn parse(text: &str) -> Result<Query> {
        let today = Timestamp::now().day();
        let mut query = Query { from: today, to: today, account: None, basis: Basis::Request, csv: false };
        let mut to = None;
        for (name, value) in parse_pairs("query", text)?.iter() {
            match name {
                "from" => query.from = Day::parse(value).map_err(|e| e.at("query: from"))?,
                "to" => to = Some(Day::parse(value).map_err(|e| e.at("query: to"))?),
                "account" => query.account = Some(value.to_owned()),
                "by" => {
                    query.basis = match value {
                        "request" => Basis::Request,
                        "result" => Basis::Result,
                        _ => return Err(option("by", "request or result")),
                    }
                }
                "format" => {
                    query.csv = match value {
                        "json" => false,
                        "csv" => true,
                        _ => return Err(option("format", "json or csv")),
                    }
                }
                _ => {
                    let text = format!("query: has a name that is not known; allowed are {NAMES}");
                    return Err(Error::new(Code::UnknownOption, text));
                }
            }
        }
        query.to = to.unwrap_or(query.to.max(query.from));
        if query.to < query.from || query.to.0 - query.from.0 >= DAYS_MAX {
            let text = format!("query: from and to must span 1 to {DAYS_MAX} days");
            return Err(Error::new(Code::Time, text));
        }
        Ok(query)
    }
}

fn option(name: &str, allowed: &str) -> Error {
    Error::new(Code::Option, format!("query: {name} must be {allowed}"))
}

/// RFC 4180, with a heading line.
fn csv(figures: &[Figure]) -> String {
    let mut text = String::from(
        "day,account,template,tag,channel,outcome,reason,asked,sent,delivered,failed,fell_back,billable\r\n",
    );
    for f in figures {
        let words = [&f.day, &f.account, &f.template, &f.tag, f.channel, f.outcome, f.reason].map(quoted);
        let counts = [f.asked, f.sent, f.delivered, f.failed, f.fell_back, f.billable].map(|n| n.to_string());
        text.push_str(&words.join(","));
        text.push(',');
        text.push_str(&counts.join(","));
        text.push_str("\r\n");
    }
    text
}

fn quoted(field: &str) -> String {
    if field.contains(['"', ',', '\r', '\n']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}
