//! The event that is measured with: a figure of a site, about 300 bytes on the wire.

use serde::Deserialize;

/// The topic that events are published to where the class does not matter.
pub(crate) const TOPIC: &str = "figures";

/// A figure of a site, as an application would declare it.
#[derive(Debug, Deserialize, PartialEq)]
pub(crate) struct Kpi {
    pub(crate) site: String,
    pub(crate) name: String,
    pub(crate) value: f64,
    pub(crate) target: f64,
    pub(crate) unit: String,
    pub(crate) trend: String,
    pub(crate) region: String,
    pub(crate) technology: String,
}

/// The payload's text, always of the same length.
pub(crate) fn payload(number: u64) -> String {
    format!(
        "{{\"site\":\"{}\",\"name\":\"availability\",\"value\":{:02}.{:02},\"target\":99.95,\"unit\":\"percent\",\"trend\":\"down\",\"region\":\"north-east\",\"technology\":\"5G\"}}",
        site(number),
        number % 90 + 10,
        number % 89 + 11
    )
}

/// One of forty sites.
pub(crate) fn site(number: u64) -> String {
    format!("site-{}", number % 40 + 10)
}

/// The body that publishes one event.
pub(crate) fn publish_body(topic: &str, number: u64) -> String {
    format!(
        "{{\"tenant_id\":\"acme\",\"topic\":\"{topic}\",\"type\":\"kpi_update\",\"payload\":{}}}",
        payload(number)
    )
}

/// The text of an event's frame as the server writes it.
pub(crate) fn frame(topic: &str, keyed: bool, number: u64) -> String {
    let key = if keyed { format!("\"key\":\"{}\",", site(number)) } else { String::new() };
    format!(
        "{{\"type\":\"kpi_update\",\"payload\":{},\"timestamp\":\"2026-01-02T03:04:05.678Z\",\
         \"rt\":{{\"id\":\"0123456789abcdef-{number}\",\"topic\":\"{topic}\",{key}\"offset\":{number}}}}}",
        payload(number)
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn payloads_have_one_length_and_fit_the_type() {
        for number in 0..1_000 {
            assert_eq!(payload(number).len(), payload(0).len());
        }
        let kpi: Kpi = serde_json::from_str(&payload(7)).unwrap();
        assert_eq!((kpi.site.as_str(), kpi.value), ("site-17", 17.18));
    }

    #[test]
    fn a_frame_is_json_of_about_300_bytes() {
        let frame = frame("kpis", true, 100_000);
        assert!((250..350).contains(&frame.len()), "{}", frame.len());
        let value: serde_json::Value = serde_json::from_str(&frame).unwrap();
        assert_eq!(value["rt"]["offset"], 100_000);
    }
}
