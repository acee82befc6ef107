//! 6. Nothing is sent before the hello; nothing but control frames before the welcome.

use super::connections::Link;
use crate::verdict::{Check, Verdict};

/// The client sends a text.
pub(crate) fn sent(link: &mut Link, text: &str, verdict: &mut Verdict) {
    let opened = link.opened_at.is_some();
    verdict.expect(Check::Greeting, opened, || format!("before the link was open the client sent {text}"));
    let hello = text.starts_with("{\"type\":\"rt.hello\"");
    verdict.expect(Check::Greeting, hello != link.said_hello, || {
        format!("the hello must come first and once, and the client sent {text}")
    });
    link.said_hello = true;
    let early = hello || text.starts_with("{\"type\":\"pong\"") || text.starts_with("{\"type\":\"rt.bye\"");
    verdict.expect(Check::Greeting, early || link.welcomed.is_some(), || {
        format!("before the welcome the client sent {text}")
    });
}

/// The client sends a message of bytes.
pub(crate) fn sent_bytes(link: &Link, verdict: &mut Verdict) {
    let welcomed = link.welcomed.is_some();
    verdict.expect(Check::Greeting, welcomed, || "before the welcome the client sent bytes".to_owned());
}

/// The client begins an exchange.
pub(crate) fn asked(body: &str, verdict: &mut Verdict) {
    let hello = body.starts_with("[{\"type\":\"rt.hello\"");
    verdict.expect(Check::Greeting, hello, || format!("an exchange that begins without a hello: {body}"));
}
