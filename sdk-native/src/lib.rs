//! The Steadfast notification client on tokio.
//!
//! A [`Client`] stays connected to a Steadfast server and brings its events to your application: in order, once, and
//! never lost in silence. It works over a WebSocket and, where that is blocked, over HTTP polling, and goes back by
//! itself. Through lost connections, restarted servers and expired tokens each [`Subscription`] goes on where it stood.
//!
//! ```no_run
//! use std::time::Duration;
//! use steadfast::{Client, Delivery};
//!
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let client = Client::builder("http://127.0.0.1:8080").token(std::env::var("TOKEN")?).build()?;
//!     let mut incidents = client.subscribe::<serde_json::Value>("incidents")?;
//!
//!     client.publish("incidents", "incident_alert", &"Power loss").priority("critical").await?;
//!
//!     while let Some(delivery) = incidents.next().await {
//!         match delivery {
//!             Delivery::Event(event) => println!("{:?} {}", event.offset, event.payload),
//!             Delivery::Gap(gap) => println!("missed something: {:?}", gap.reason),
//!             Delivery::Failed(error) => {
//!                 println!("refused: {error}");
//!                 break;
//!             }
//!             other => println!("{other:?}"),
//!         }
//!     }
//!     client.close(Duration::from_secs(5)).await?;
//!     Ok(())
//! }
//! ```
//!
//! What a topic promises depends on its class: a *log* topic delivers every event in order within the server's
//! retention and tells a [`Delivery::Gap`] where it cannot; a *state* topic brings the last value of every key up to
//! date; an *ephemeral* topic promises nothing. `PROTOCOL.md` of `steadfast-core` is the contract behind it.

#![forbid(unsafe_code)]

mod builder;
mod client;
mod clock;
mod delivery;
mod driver;
mod endpoint;
mod error;
mod machine;
mod payload;
mod report;
mod submission;
mod subscription;
mod tls;
mod token;
mod topics;

pub use builder::ClientBuilder;
pub use client::Client;
pub use delivery::{Deleted, Delivery, Event, Gap, Malformed};
pub use error::{BuildError, PublishError, Unfinished};
pub use payload::{FromPayload, PayloadError, RawPayload};
pub use steadfast_core::{
    Cursor, ErrorCode, Exhausted, GapReason, Misuse, Reason, State, Statistics, Status, SubscribeOptions,
    Transport, TransportChoice, WireError,
};
pub use submission::{Acknowledged, Publish, Published, Request, Submission};
pub use subscription::Subscription;
pub use token::{Token, TokenError, TokenProvider, TokenRequest};
