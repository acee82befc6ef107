//! What a recording leaves out: the length is kept, so that a replay is as long on the wire.

use alloc::string::String;
use alloc::vec;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A payload that a recording leaves out: its length in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Omitted(pub u64);

#[cfg(feature = "json")]
impl Serialize for crate::json::Envelope {
    /// As [`Omitted`].
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use crate::frame::Payload;
        let bytes = match &self.payload {
            Payload::None => 0,
            Payload::Json(text) => text.len(),
            Payload::Bytes(bytes) => bytes.len(),
        };
        Omitted(bytes as u64).serialize(serializer)
    }
}

/// Nothing that a client holds is longer.
const MOST: u64 = 64 * 1024 * 1024;

/// A text of which nothing but the length matters.
pub(crate) mod text {
    use super::{Deserializer, Serialize as _, Serializer, String, dummy, length};

    pub(crate) fn serialize<S: Serializer, T: AsRef<str>>(text: &T, to: S) -> Result<S::Ok, S::Error> {
        (text.as_ref().len() as u64).serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>, T: From<String>>(from: D) -> Result<T, D::Error> {
        Ok(dummy(length(from)?).into())
    }
}

/// As [`blank`], where there may be none.
pub(crate) mod optional_text {
    use super::{Deserialize as _, Deserializer, Serialize as _, Serializer, String, blanked};

    pub(crate) fn serialize<S: Serializer>(text: &Option<String>, to: S) -> Result<S::Ok, S::Error> {
        text.as_deref().map(blanked).serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
        Option::deserialize(from)
    }
}

/// Bytes of which nothing but the number matters.
pub(crate) mod bytes {
    use alloc::vec::Vec;

    use super::{Deserializer, Serialize as _, Serializer, length, vec};

    pub(crate) fn serialize<S: Serializer, T: AsRef<[u8]>>(bytes: &T, to: S) -> Result<S::Ok, S::Error> {
        (bytes.as_ref().len() as u64).serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>, T: From<Vec<u8>>>(from: D) -> Result<T, D::Error> {
        Ok(vec![0; length(from)?].into())
    }
}

/// As [`bytes`], where there may be none.
pub(crate) mod optional_bytes {
    use alloc::boxed::Box;

    use super::{Deserialize as _, Deserializer, Serialize as _, Serializer, checked, vec};

    pub(crate) fn serialize<S: Serializer>(bytes: &Option<Box<[u8]>>, to: S) -> Result<S::Ok, S::Error> {
        bytes.as_ref().map(|bytes| bytes.len() as u64).serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Box<[u8]>>, D::Error> {
        let length = Option::<u64>::deserialize(from)?;
        length.map(|length| Ok(vec![0; checked(length)?].into())).transpose()
    }
}

/// A text that is written as a JSON string later: as long there as it was.
pub(crate) mod blank {
    use super::{Deserialize as _, Deserializer, Serializer, String, blanked};

    pub(crate) fn serialize<S: Serializer>(text: &str, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&blanked(text))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
        String::deserialize(from)
    }
}

fn blanked(text: &str) -> String {
    let is_escaped = |byte: u8| byte < 0x20 || matches!(byte, b'"' | b'\\');
    text.bytes().map(|byte| if is_escaped(byte) { char::from(byte) } else { 'x' }).collect()
}

fn length<'de, D: Deserializer<'de>>(from: D) -> Result<usize, D::Error> {
    checked(u64::deserialize(from)?)
}

fn checked<E: de::Error>(length: u64) -> Result<usize, E> {
    let length =
        Some(length).filter(|length| *length <= MOST).and_then(|length| usize::try_from(length).ok());
    length.ok_or_else(|| E::custom("a length that no client can hold"))
}

/// The end is that of a binary message's header, where its encoding is written in.
fn dummy(length: usize) -> String {
    let mut text = "x".repeat(length.saturating_sub(2));
    text.push_str(&"}}"[..length.min(2)]);
    text
}
