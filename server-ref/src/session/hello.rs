//! The first frame and the welcome; later, new tokens on the live link.

use steadfast_core::{CloseCode, Hello, Now, PollTerms, ServerFrame, Welcome};

use super::topics::{Answering, forbidden};
use super::{Live, Note, Output, Phase, Session, Transport};
use crate::auth::Principal;
use crate::hub::{ClientKey, timestamp};
use crate::limits::TokenBucket;
use crate::names::TopicName;

/// The one version of the protocol that there is.
const VERSION: u64 = 1;

/// The longest name of a client object.
const MAX_INSTANCE_LENGTH: usize = 64;

/// The longest that a long poll waits, whatever the configuration says.
const MAX_WAIT_MS: u64 = 25_000;

/// The heartbeats that a hello may ask for.
const HEARTBEATS_MS: std::ops::RangeInclusive<u64> = 5_000..=60_000;

/// The welcome before all its topics are resolved.
#[derive(Debug)]
pub(super) struct Welcoming {
    heartbeat_ms: u64,
    pub(super) answering: Answering,
}

impl Session {
    pub(super) fn handle_hello(&mut self, hello: Hello, frames: usize, now: Now) {
        let Phase::Greeting(transport) = self.phase else {
            return;
        };
        if self.context.drain_deadline().is_some() {
            self.end(CloseCode::DRAINING, "the server restarts", None);
            return;
        }
        if hello.version != VERSION {
            self.end(CloseCode::VERSION, "the server speaks version 1", None);
            return;
        }
        if !is_instance(&hello.instance) {
            self.end(CloseCode::BAD_FRAMES, "`instance` must be 1 to 64 characters of A-Z a-z 0-9 _ -", None);
            return;
        }
        match self.context.authenticator.verify(&hello.token.0, now.wall_millis) {
            Ok(principal) => {
                self.note(Note::Authenticated { renewal: false });
                let is_exchange = matches!(transport, Transport::Exchange { .. });
                let count = u32::try_from(frames).unwrap_or(u32::MAX);
                if is_exchange
                    && let Err(wait_ms) = self.context.take_frames(&principal, count, now.monotonic)
                {
                    self.end(CloseCode::RATE_LIMITED, "too many frames", Some(wait_ms));
                    return;
                }
                self.greet(transport, principal, hello, frames == 1, now);
            }
            Err(error) => {
                self.note(Note::AuthenticationFailed { error, renewal: false });
                self.end(CloseCode::UNAUTHORIZED, error.to_string(), None);
            }
        }
    }

    /// The handshake offered no subprotocol that is spoken here.
    pub fn refuse_subprotocol(&mut self) {
        self.end(CloseCode::VERSION, "offer the subprotocol steadfast.v1", None);
    }

    pub(super) fn handle_auth(&mut self, reference: u64, token: &str, now: Now) {
        if self.is_exchange() {
            let message = "an exchange's hello carries its token; rt.auth is for WebSockets";
            self.bad_frame(message, Some(reference), now);
            return;
        }
        let principal = match self.context.authenticator.verify(token, now.wall_millis) {
            Ok(principal) => principal,
            Err(error) => {
                self.note(Note::AuthenticationFailed { error, renewal: true });
                self.result(Some(reference), Err(error.to_wire()), false);
                return;
            }
        };
        let Phase::Live(live) = &mut self.phase else {
            return;
        };
        if principal.tenant != live.principal.tenant || principal.user != live.principal.user {
            self.end(CloseCode::FORBIDDEN, "the new token is another user's", None);
            return;
        }
        live.principal = principal;
        self.note(Note::Authenticated { renewal: true });
        let expires_in = self.start_token(now);
        let frame = ServerFrame::Result {
            reference,
            outcome: Ok(None),
            duplicate: false,
            auth_expires_in_ms: Some(expires_in),
        };
        self.send(&frame);
        self.check_permissions_again();
    }

    /// Sends the welcome once all topics of the hello are resolved, or when they have taken too long.
    pub(super) fn welcome_if_resolved(&mut self, now: Now) {
        let Phase::Live(live) = &mut self.phase else {
            return;
        };
        if live.welcoming.as_ref().is_none_or(|welcoming| !welcoming.answering.is_resolved()) {
            return;
        }
        let Some(welcoming) = live.welcoming.take() else {
            return;
        };
        let (Transport::Socket { number } | Transport::Exchange { number }) = live.transport;
        let welcome = Welcome {
            version: VERSION,
            connection: format!("{}-{number}", self.context.results_epoch),
            heartbeat_ms: welcoming.heartbeat_ms,
            max_frame_bytes: self.context.limits.max_frame_bytes.into(),
            max_topics: self.context.limits.max_topics.into(),
            auth_expires_in_ms: Some(live.principal.expires_in_millis(now.wall_millis)),
            server_time: timestamp(now.wall_millis),
            results_epoch: (*self.context.results_epoch).into(),
            poll: PollTerms {
                interval_ms: self.context.poll.interval_ms,
                wait_ms: self.context.poll.wait_ms.min(MAX_WAIT_MS),
            },
            topics: welcoming.answering.into_results(),
        };
        let text = steadfast_core::json::encode_server(&ServerFrame::Welcome(Box::new(welcome)));
        fault!(WelcomeLast => return self.control.push_back(text));
        // In front of answers to what came with the hello in one body.
        self.control.push_front(text);
        self.subscriptions.shrink();
    }

    fn greet(&mut self, transport: Transport, principal: Principal, hello: Hello, alone: bool, now: Now) {
        let heartbeat_ms = hello.heartbeat_ms.unwrap_or(self.context.heartbeat.interval_ms);
        let heartbeat_ms = heartbeat_ms.clamp(*HEARTBEATS_MS.start(), *HEARTBEATS_MS.end());
        let client = ClientKey {
            tenant: principal.tenant.clone(),
            user: principal.user.clone(),
            instance: hello.instance.into(),
        };
        let is_exchange = matches!(transport, Transport::Exchange { .. });
        let wait_ms = match is_exchange && alone {
            true => {
                let most = self.context.poll.wait_ms.min(MAX_WAIT_MS);
                let life = principal.expires_in_millis(now.wall_millis);
                hello.wait_ms.unwrap_or(0).min(most).min(life)
            }
            false => 0,
        };
        let client = (!is_exchange).then(|| Box::new(client));
        if let Some(client) = &client {
            self.outputs.push_back(Output::Enter {
                client: client.clone(),
                link: hello.link,
                handover: hello.handover,
            });
        }
        self.phase = Phase::Live(Box::new(Live {
            transport,
            principal,
            client,
            publishes: TokenBucket::new(self.context.limits.publishes_per_second, now.monotonic),
            welcoming: None,
            answering: Vec::new(),
            wait_ms,
            messages_void: is_exchange
                && hello.results_epoch.as_deref() != Some(&*self.context.results_epoch),
        }));
        self.start_token(now);
        self.timing.greeted(heartbeat_ms, now.monotonic);
        let live_topics = !is_exchange || wait_ms > 0;
        let answering = self.begin_topics(None, hello.topics, live_topics, now);
        if let Phase::Live(live) = &mut self.phase {
            live.welcoming = Some(Box::new(Welcoming { heartbeat_ms, answering }));
        }
        self.welcome_if_resolved(now);
    }

    /// The token's end by the monotonic clock; how long it still lives.
    fn start_token(&mut self, now: Now) -> u64 {
        let Phase::Live(live) = &self.phase else {
            return 0;
        };
        let expires_in = live.principal.expires_in_millis(now.wall_millis);
        self.timing.token_valid_for(expires_in, now.monotonic);
        expires_in
    }

    /// Takes away what the new token does not permit.
    fn check_permissions_again(&mut self) {
        let Phase::Live(live) = &self.phase else {
            return;
        };
        let permitted = |name: &str| {
            TopicName::parse(name).is_ok_and(|name| live.principal.permissions.may_subscribe(&name))
        };
        let lost: Vec<(u8, String)> = self
            .subscriptions
            .names()
            .filter(|(slot, name)| self.subscriptions.active(*slot).is_some() && !permitted(name))
            .map(|(slot, name)| (slot, name.to_owned()))
            .collect();
        if lost.is_empty() || fault!(PermissionsKept) {
            return;
        }
        for (slot, topic) in &lost {
            self.free_slot(*slot);
            self.note(Note::Denied { publish: false, topic: topic.clone() });
        }
        let topics = lost.into_iter().map(|(_, name)| name).collect();
        self.send(&ServerFrame::Unsubscribed { reference: None, topics, error: Some(forbidden()) });
    }
}

fn is_instance(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    (1..=MAX_INSTANCE_LENGTH).contains(&text.len()) && text.bytes().all(allowed)
}
