use std::time::Duration;

use serde_json::Value;
use steadfast::{
    Client, ClientBuilder, Delivery, Event, FromPayload, Status, Subscription, Token, TokenError,
    TokenRequest,
};
use steadfast_server::{DevToken, Pattern, TenantId, UserId, wall_millis};
use tokio::sync::mpsc;

use super::soon;

/// A token for everything, for an hour.
pub(crate) fn token(tenant: &str, user: &str) -> String {
    token_for(tenant, user, &["*"], Duration::from_secs(3_600))
}

pub(crate) fn token_for(tenant: &str, user: &str, subscribe: &[&str], life: Duration) -> String {
    let token = DevToken {
        tenant: TenantId::parse(tenant).unwrap(),
        user: UserId::parse(user).unwrap(),
        subscribe: subscribe.iter().map(|pattern| Pattern::parse(pattern).unwrap()).collect(),
        publish: vec![Pattern::parse("*").unwrap()],
        expires_at: (wall_millis() + u64::try_from(life.as_millis()).unwrap()).div_ceil(1_000),
    };
    token.sign()
}

/// Tokens of this life, and word of each request for one.
pub(crate) fn provider(
    tenant: &'static str,
    user: &'static str,
    life: Duration,
) -> (impl steadfast::TokenProvider, mpsc::UnboundedReceiver<TokenRequest>) {
    let (asked, requests) = mpsc::unbounded_channel();
    let provider = move |request: TokenRequest| {
        // Nobody has to count.
        let _ = asked.send(request);
        let token = Token::new(token_for(tenant, user, &["*"], life)).expires_in(life);
        std::future::ready(Ok::<_, TokenError>(token))
    };
    (provider, requests)
}

/// A client of tenant `acme` that is quick to try again.
pub(crate) fn builder(url: &str, user: &str) -> ClientBuilder {
    Client::builder(url).token(token("acme", user)).reconnect_interval(Duration::from_millis(100))
}

pub(crate) async fn status(client: &Client, what: &str, wanted: impl FnMut(&Status) -> bool) -> Status {
    *soon(what, client.status().wait_for(wanted)).await.unwrap()
}

pub(crate) async fn next<T: FromPayload>(subscription: &mut Subscription<T>) -> Delivery<T> {
    let what = format!("a delivery of {}", subscription.topic());
    soon(&what, subscription.next()).await.expect("the client is open")
}

/// The next delivery beside [`Delivery::Live`], which must be an event.
pub(crate) async fn event(subscription: &mut Subscription<Value>) -> Event<Value> {
    loop {
        match next(subscription).await {
            Delivery::Live => {}
            Delivery::Event(event) => return event,
            other => panic!("an event was expected, not {other:?}"),
        }
    }
}
