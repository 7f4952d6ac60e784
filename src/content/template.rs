//! Approved templates.

use crate::error::Result;
use serde::Deserialize;

/// A template as the configuration spells it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TemplateSource {
    /// The approved text with `#{name}`.
    pub text: String,
}

/// A compiled template.
#[derive(Clone, Debug)]
pub struct Template {}

impl Template {
    /// Compiles and checks a template; errors name the part.
    pub fn new(_name: &str, _source: TemplateSource) -> Result<Template> {
        Ok(Template {})
    }
}
