//! Values for the variables of a template, by name.
//!
//! Invariants: each name once, in the order they came; written to JSON and read from it as an object.
//!
//! Why not a map of strings: a message is made by the caller's thread and let go of by another, where each piece of memory
//! costs more to free than to search through; this is one piece, and one for where the values end.

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;

/// Room for a usual name and value.
const USUAL_BYTES: usize = 32;
/// Where it is not known how many there are.
const USUAL_COUNT: usize = 8;

/// Values for the `#{name}` variables of a template, by name. `Debug` shows none.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Variables {
    /// Name and value, name and value, ...
    text: String,
    /// Where each name and its value end.
    ends: Vec<(usize, usize)>,
}

impl Variables {
    /// None yet, with room for so many of usual length.
    pub(crate) fn with_room(count: usize) -> Variables {
        Variables { text: String::with_capacity(count * USUAL_BYTES), ends: Vec::with_capacity(count) }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The value with this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// Names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut start = 0;
        self.ends.iter().map(move |&(name_end, end)| {
            let part = |from: usize, to: usize| self.text.get(from..to).unwrap_or_default();
            (part(std::mem::replace(&mut start, end), name_end), part(name_end, end))
        })
    }

    /// Puts a value under a name that has none.
    pub(crate) fn put(&mut self, name: &str, value: &str) {
        self.text.push_str(name);
        let name_end = self.text.len();
        self.text.push_str(value);
        self.ends.push((name_end, self.text.len()));
    }
}

impl<N: AsRef<str>, V: AsRef<str>> FromIterator<(N, V)> for Variables {
    /// Of a name that comes again the first value stays.
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Variables {
        let pairs = pairs.into_iter();
        let mut variables = Variables::with_room(pairs.size_hint().0);
        for (name, value) in pairs {
            if variables.get(name.as_ref()).is_none() {
                variables.put(name.as_ref(), value.as_ref());
            }
        }
        variables
    }
}

impl<N: AsRef<str>, V: AsRef<str>, const COUNT: usize> From<[(N, V); COUNT]> for Variables {
    fn from(pairs: [(N, V); COUNT]) -> Variables {
        pairs.into_iter().collect()
    }
}

impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Variables").field("len", &self.len()).finish_non_exhaustive()
    }
}

impl Serialize for Variables {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Variables {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Variables, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Variables;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of texts")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut pairs: A) -> Result<Variables, A::Error> {
                let mut variables = Variables::with_room(USUAL_COUNT);
                while let Some((name, value)) = pairs.next_entry::<Cow<'_, str>, Cow<'_, str>>()? {
                    variables.put(&name, &value);
                }
                Ok(variables)
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_by_their_names_and_come_back_from_json_as_they_were() {
        let values: Variables =
            [("이름", "김하늘"), ("", "empty"), ("시각", ""), ("줄", "가\n\"나\"")].into_iter().collect();
        assert_eq!((values.len(), values.get("이름"), values.get("시각")), (4, Some("김하늘"), Some("")));
        assert_eq!((values.get(""), values.get("없음"), values.get("김하늘")), (Some("empty"), None, None));
        let json = serde_json::to_string(&values).unwrap();
        assert_eq!(json, r#"{"이름":"김하늘","":"empty","시각":"","줄":"가\n\"나\""}"#);
        assert_eq!(serde_json::from_str::<Variables>(&json).unwrap(), values);
        assert!(!format!("{values:?}").contains("김하늘"));
    }
}
