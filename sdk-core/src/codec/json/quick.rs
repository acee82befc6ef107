//! The short way to an event: a single pass over a frame that is written plainly, as servers write nearly all of them.
//! Whatever is unusual goes the long way over `Fields`, which alone knows every rule and every error.

use alloc::boxed::Box;
use core::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{Envelope, INTEGER_LIMIT};
use crate::frame::{EventFrame, Payload, is_reserved};
use crate::ids::Slot;

/// The longest type that needs no counting of characters.
const MAX_KIND_BYTES: usize = 64;

/// Decodes a plain event; `None` says to go the long way, whatever the reason.
pub(super) fn event(text: &str, slot_of: &mut dyn FnMut(&str) -> Slot) -> Option<EventFrame<Envelope>> {
    let plain: Plain<'_> = serde_json::from_str(text).ok()?;
    let (kind, rt) = (plain.kind?, plain.rt?);
    let boxed = |text: Option<&str>| text.map(Box::from);
    let envelope = Envelope {
        kind: kind.into(),
        id: boxed(rt.id),
        timestamp: boxed(plain.timestamp),
        correlation_id: boxed(plain.correlation_id),
        priority: boxed(plain.priority),
        requires_acknowledgment: plain.requires_acknowledgment.unwrap_or(false),
        key: boxed(rt.key),
        payload: plain.payload.map_or(Payload::None, |payload| Payload::Json(payload.get().into())),
    };
    Some(EventFrame {
        slot: slot_of(rt.topic?),
        offset: rt.offset,
        deleted: rt.deleted.unwrap_or(false),
        acknowledge: if envelope.requires_acknowledgment { envelope.id.clone() } else { None },
        size: u32::try_from(text.len()).unwrap_or(u32::MAX),
        payload: envelope,
    })
}

/// A frame whose members are of the right type, not repeated, and without escapes where it counts.
#[derive(Default)]
struct Plain<'a> {
    kind: Option<&'a str>,
    payload: Option<&'a RawValue>,
    timestamp: Option<&'a str>,
    correlation_id: Option<&'a str>,
    priority: Option<&'a str>,
    requires_acknowledgment: Option<bool>,
    rt: Option<PlainRt<'a>>,
}

#[derive(Default)]
struct PlainRt<'a> {
    id: Option<&'a str>,
    topic: Option<&'a str>,
    key: Option<&'a str>,
    deleted: Option<bool>,
    offset: Option<u64>,
}

impl<'de> Deserialize<'de> for Plain<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members::<Self>::default())
    }
}

impl<'de> Deserialize<'de> for PlainRt<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members::<Self>::default())
    }
}

/// Takes members one by one.
trait Take<'de> {
    fn take<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error>;
}

impl<'de> Take<'de> for Plain<'de> {
    fn take<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "type" => {
                let kind: &str = map.next_value()?;
                if kind.is_empty() || kind.len() > MAX_KIND_BYTES || is_reserved(kind) {
                    return Err(A::Error::custom("not a plain event"));
                }
                once(&mut self.kind, kind)
            }
            "payload" => once(&mut self.payload, map.next_value()?),
            "timestamp" => once(&mut self.timestamp, map.next_value()?),
            "correlation_id" => once(&mut self.correlation_id, map.next_value()?),
            "priority" => once(&mut self.priority, map.next_value()?),
            "requires_acknowledgment" => once(&mut self.requires_acknowledgment, map.next_value()?),
            "rt" => once(&mut self.rt, map.next_value()?),
            _ => map.next_value().map(|IgnoredAny| ()),
        }
    }
}

impl<'de> Take<'de> for PlainRt<'de> {
    fn take<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "id" => once(&mut self.id, map.next_value()?),
            "topic" => once(&mut self.topic, map.next_value()?),
            "key" => once(&mut self.key, map.next_value()?),
            "deleted" => once(&mut self.deleted, map.next_value()?),
            "offset" => match map.next_value()? {
                offset @ 0..INTEGER_LIMIT => once(&mut self.offset, offset),
                _ => Err(A::Error::custom("too large")),
            },
            "encoding" => Err(A::Error::custom("the payload is to be decoded")),
            _ => map.next_value().map(|IgnoredAny| ()),
        }
    }
}

fn once<T, E: Error>(member: &mut Option<T>, value: T) -> Result<(), E> {
    match member.replace(value) {
        None => Ok(()),
        Some(_) => Err(E::custom("repeated")),
    }
}

struct Members<T>(T);

impl<T: Default> Default for Members<T> {
    fn default() -> Self {
        Self(T::default())
    }
}

impl<'de, T: Take<'de>> Visitor<'de> for Members<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<T, A::Error> {
        while let Some(key) = map.next_key::<&'de str>()? {
            self.0.take(key, &mut map)?;
        }
        Ok(self.0)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use alloc::format;
    use alloc::string::String;

    use super::*;
    use crate::codec::json::server::long_way;
    use crate::frame::ServerFrame;

    fn quick(text: &str) -> Option<EventFrame<Envelope>> {
        event(text, &mut |_| Slot::UNKNOWN)
    }

    #[test]
    fn both_ways_give_the_same() {
        let texts = [
            r#"{"type":"a","payload":{"b":[1,"\ud800"]},"timestamp":"t","rt":{"id":"i","topic":"x","offset":7}}"#,
            r#" { "rt" : {"topic":"x","later":[{}],"deleted":true,"key":"k","offset":0}, "type":"a", "later":null } "#,
            r#"{"type":"a","payload":null,"requires_acknowledgment":true,"rt":{"topic":"x","id":"i"}}"#,
            r#"{"type":"ä","priority":"high","correlation_id":"c","payload":1.50,"rt":{"topic":"x"}}"#,
        ];
        for text in texts {
            let frame = long_way(text, None, &mut |_| Slot::UNKNOWN).unwrap();
            assert_eq!(ServerFrame::Event(quick(text).unwrap()), frame, "{text}");
        }
    }

    #[test]
    fn what_is_unusual_goes_the_long_way() {
        let rt = r#""rt":{"topic":"x","offset":1}"#;
        let texts = [
            format!(r#"{{"type":"rt.gap",{rt}}}"#),
            format!(r#"{{"type":"{}",{rt}}}"#, "a".repeat(65)),
            format!(r#"{{"type":"\u0061",{rt}}}"#),
            format!(r#"{{"type":"a","type":"b",{rt}}}"#),
            format!(r#"{{"type":"a","timestamp":null,{rt}}}"#),
            format!(r#"{{"type":"a","priority":1,{rt}}}"#),
            format!(r#"{{"type":"a",{rt}}}x"#),
            format!(r#"["a",{{{rt}}}]"#),
            String::from(r#"{"type":"a"}"#),
            String::from(r#"{"type":"a","rt":["i","x"]}"#),
            String::from(r#"{"type":"a","rt":{"offset":1}}"#),
            String::from(r#"{"type":"a","rt":{"topic":"x","offset":5.0}}"#),
            String::from(r#"{"type":"a","rt":{"topic":"x","offset":9007199254740992}}"#),
            String::from(r#"{"type":"a","payload":"QQ==","rt":{"topic":"x","encoding":"base64"}}"#),
        ];
        for text in texts {
            assert!(quick(&text).is_none(), "{text}");
        }
    }
}
