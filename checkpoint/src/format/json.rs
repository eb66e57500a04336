//! JSON objects that are written as they were read: members in order, values verbatim.

use std::collections::{BTreeMap, HashSet};
use std::fmt;

use serde::de::{DeserializeOwned, Error as _, MapAccess, Visitor};
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::control::{Control, Interruptible};
use crate::error::Result as OperationResult;

/// Reads a value from a text, which may be long.
pub(crate) fn parse<T: DeserializeOwned>(
    control: &Control<'_>,
    text: &str,
) -> OperationResult<serde_json::Result<T>> {
    let value = serde_json::from_reader(Interruptible { inner: text.as_bytes(), control });
    control.check()?;
    Ok(value)
}

/// Writes a value as a text of several lines, which may be long.
pub(crate) fn pretty(control: &Control<'_>, value: &impl Serialize) -> OperationResult<String> {
    let mut text = Vec::new();
    let written = serde_json::to_writer_pretty(Interruptible { inner: &mut text, control }, value);
    control.check()?;
    // Callers give neither maps with other keys than strings nor types that refuse to be written.
    debug_assert!(written.is_ok());
    Ok(String::from_utf8(text).unwrap_or_default() + "\n")
}

/// The members of an object. What is not touched keeps every digit when it is written again.
#[derive(Debug, Default)]
pub(crate) struct Members(Vec<(String, Box<RawValue>)>);

impl Members {
    pub(crate) fn get(&self, key: &str) -> Option<&RawValue> {
        self.0.iter().find(|(k, _)| k == key).map(|(_, value)| &**value)
    }

    /// The member's value, if it is one of type `T`.
    pub(crate) fn get_as<'a, T: Deserialize<'a>>(&'a self, key: &str) -> Option<T> {
        serde_json::from_str(self.get(key)?.get()).ok()
    }

    /// The members' values, if all are of type `T`.
    pub(crate) fn into_map<T: DeserializeOwned>(self) -> serde_json::Result<BTreeMap<String, T>> {
        self.0
            .into_iter()
            .map(|(key, value)| Ok((key, serde_json::from_str(value.get())?)))
            .collect()
    }

    /// Replaces a member where it stands, or adds it at the end.
    pub(crate) fn set(&mut self, key: &str, value: Box<RawValue>) {
        match self.0.iter_mut().find(|(k, _)| k == key) {
            Some(member) => member.1 = value,
            None => self.0.push((key.to_owned(), value)),
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &RawValue)> {
        self.0.iter().map(|(key, value)| (key.as_str(), &**value))
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let (mut members, mut keys) = (Vec::new(), HashSet::new());
                while let Some((key, value)) = map.next_entry::<String, Box<RawValue>>()? {
                    // Readers differ in which of two they take.
                    if !keys.insert(key.clone()) {
                        return Err(A::Error::custom(format_args!("{key:?} is there twice")));
                    }
                    members.push((key, value));
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Object)
    }
}

impl Serialize for Members {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, value) in &self.0 {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}
