//! The templates that gateways said they have.
//!
//! Invariants: a list is replaced as a whole; sender keys are not in the file, only their marks.

use super::Outbox;
use crate::error::Result;
use crate::gateway::{Listed, Listing, SenderMark};
use crate::time::Timestamp;
use rusqlite::params;

impl Outbox {
    /// Keeps what a gateway has under a sender key, in place of what it had before.
    pub fn keep_listing(
        &mut self,
        gateway: &str,
        sender: &SenderMark,
        templates: &[Listed],
        now: Timestamp,
    ) -> Result<()> {
        let run = |sql: &str, parameters: &[&dyn rusqlite::ToSql]| -> Result<()> {
            let mut statement = self.connection.prepare_cached(sql).map_err(|e| self.fault(e))?;
            statement.execute(parameters).map(drop).map_err(|e| self.fault(e))
        };
        run("DELETE FROM template WHERE gateway = ?1 AND sender = ?2", params![gateway, sender])?;
        let sql = "INSERT INTO listing (gateway, sender, at) VALUES (?1, ?2, ?3) \
                   ON CONFLICT (gateway, sender) DO UPDATE SET at = excluded.at";
        run(sql, params![gateway, sender, now.0])?;
        for template in templates {
            // Plain texts always have a JSON form.
            let content = serde_json::to_string(template).unwrap_or_default();
            let sql = "INSERT OR REPLACE INTO template (gateway, sender, code, content) VALUES (?1, ?2, ?3, ?4)";
            run(sql, params![gateway, sender, template.code, content])?;
        }
        Ok(())
    }

    /// Everything that gateways ever said they have, the last word of each. A template that cannot be read is left out.
    pub fn listings(&self) -> Result<Vec<Listing>> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT gateway, sender, at FROM listing ORDER BY gateway, sender")
            .map_err(|e| self.fault(e))?;
        let rows = statement.query_map([], |row| {
            Ok(Listing { gateway: row.get(0)?, sender: row.get(1)?, at: row.get(2)?, templates: Vec::new() })
        });
        let rows = rows.map_err(|e| self.fault(e))?;
        let mut listings = rows.collect::<rusqlite::Result<Vec<Listing>>>().map_err(|e| self.fault(e))?;
        let mut statement = self
            .connection
            .prepare_cached("SELECT content FROM template WHERE gateway = ?1 AND sender = ?2 ORDER BY code")
            .map_err(|e| self.fault(e))?;
        for listing in &mut listings {
            let parameters = params![listing.gateway, listing.sender];
            let rows = statement.query_map(parameters, |row| row.get::<_, String>(0)).map_err(|e| self.fault(e))?;
            for content in rows {
                let content = content.map_err(|e| self.fault(e))?;
                listing.templates.extend(serde_json::from_str::<Listed>(&content));
            }
        }
        Ok(listings)
    }
}
