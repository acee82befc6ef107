//! The members of one JSON object, in source order; of a repeated one, the last counts.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{FrameError, INTEGER_LIMIT};

pub(super) struct Fields<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Fields<'a> {
    pub(super) fn parse(text: &'a str) -> Result<Self, FrameError> {
        serde_json::from_str(text).map_err(|_| FrameError::bad("a frame must be a valid JSON object"))
    }

    /// The member's text; `null` counts as absent.
    pub(super) fn raw(&self, name: &str) -> Option<&'a str> {
        self.raw_or_null(name).filter(|text| *text != "null")
    }

    pub(super) fn raw_or_null(&self, name: &str) -> Option<&'a str> {
        self.0.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.get())
    }

    pub(super) fn string(&self, name: &str) -> Result<Option<Cow<'a, str>>, FrameError> {
        self.raw(name).map(|text| string(text).ok_or_else(|| FrameError::field(name, "a string"))).transpose()
    }

    pub(super) fn required_string(&self, name: &str) -> Result<Cow<'a, str>, FrameError> {
        self.string(name)?.ok_or_else(|| FrameError::field(name, "a string"))
    }

    pub(super) fn integer(&self, name: &str) -> Result<Option<u64>, FrameError> {
        self.raw(name)
            .map(|text| integer(text).ok_or_else(|| FrameError::field(name, "an integer from 0 to 2^53 - 1")))
            .transpose()
    }

    pub(super) fn required_integer(&self, name: &str) -> Result<u64, FrameError> {
        self.integer(name)?.ok_or_else(|| FrameError::field(name, "an integer from 0 to 2^53 - 1"))
    }

    pub(super) fn boolean(&self, name: &str) -> Result<bool, FrameError> {
        match self.raw(name) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(FrameError::field(name, "true or false")),
        }
    }

    pub(super) fn required_boolean(&self, name: &str) -> Result<bool, FrameError> {
        self.raw(name).ok_or_else(|| FrameError::field(name, "true or false"))?;
        self.boolean(name)
    }

    pub(super) fn object(&self, name: &str) -> Result<Option<Self>, FrameError> {
        self.raw(name)
            .map(|text| Self::parse(text).map_err(|_| FrameError::field(name, "an object")))
            .transpose()
    }

    pub(super) fn array(&self, name: &str) -> Result<Option<Vec<&'a str>>, FrameError> {
        self.raw(name).map(|text| array(text).ok_or_else(|| FrameError::field(name, "an array"))).transpose()
    }

    pub(super) fn required_array(&self, name: &str) -> Result<Vec<&'a str>, FrameError> {
        self.array(name)?.ok_or_else(|| FrameError::field(name, "an array"))
    }

    pub(super) fn integers(&self, name: &str) -> Result<Vec<u64>, FrameError> {
        self.required_array(name)?
            .into_iter()
            .map(|text| integer(text).ok_or_else(|| FrameError::field(name, "an array of integers")))
            .collect()
    }

    pub(super) fn strings(&self, name: &str) -> Result<Option<Vec<String>>, FrameError> {
        let Some(elements) = self.array(name)? else {
            return Ok(None);
        };
        elements
            .into_iter()
            .map(|text| string(text).map(Cow::into_owned))
            .collect::<Option<Vec<_>>>()
            .map(Some)
            .ok_or_else(|| FrameError::field(name, "an array of strings"))
    }
}

pub(super) fn string(text: &str) -> Option<Cow<'_, str>> {
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') {
        return serde_json::from_str::<String>(text).ok().map(Cow::Owned);
    }
    // The parser has checked the text as a whole, so without a backslash what is between the quotes is the string.
    Some(Cow::Borrowed(inner))
}

/// `5` and `5.0` are integers; strings, negatives, fractions, `1e400` and 2^53 are not.
fn integer(text: &str) -> Option<u64> {
    let value = match text.parse::<u64>() {
        Ok(value) => value,
        Err(_) if text.starts_with('"') => return None,
        Err(_) => {
            let value: f64 = text.parse().ok()?;
            if !(value >= 0.0 && value < INTEGER_LIMIT as f64) || value != (value as u64) as f64 {
                return None;
            }
            value as u64
        }
    };
    (value < INTEGER_LIMIT).then_some(value)
}

fn array(text: &str) -> Option<Vec<&str>> {
    let elements: Vec<&RawValue> = serde_json::from_str(text).ok()?;
    Some(elements.into_iter().map(RawValue::get).collect())
}

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Fields<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::with_capacity(8);
                while let Some(key) = map.next_key::<Key<'de>>()? {
                    fields.push((key.0, map.next_value()?));
                }
                Ok(Fields(fields))
            }
        }

        deserializer.deserialize_map(Members)
    }
}

struct Key<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Key<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl<'de> Visitor<'de> for Text {
            type Value = Key<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a string")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Owned(text.into())))
            }
        }

        deserializer.deserialize_str(Text)
    }
}
