//! The server is killed and comes back without its memory.

use serde_json::{Value, json};
use steadfast::{Delivery, GapReason, State};

use crate::support::{Proxy, Server, builder, event, next, status};

#[tokio::test]
async fn what_still_exists_follows_the_gap_and_then_it_is_live() {
    let first = Server::start().await;
    let proxy = Proxy::start(first.address()).await;
    let client = builder(&proxy.url(), "ana").build().unwrap();
    let mut numbers = client.subscribe::<Value>("numbers").unwrap();
    assert_eq!(next(&mut numbers).await, Delivery::Live);
    first.publish_numbers("numbers", 1..=5).await;
    for number in 1..=5 {
        assert_eq!(event(&mut numbers).await.payload, json!(number));
    }
    first.kill().await;
    status(&client, "the loss", |status| status.state != State::Connected).await;

    let second = Server::start().await;
    // Published before the client is back: an alert of this time must not be missed.
    second.publish_numbers("numbers", 6..=8).await;
    proxy.lead_to(second.address());
    let Delivery::Gap(gap) = next(&mut numbers).await else { panic!("a gap was expected") };
    assert_eq!(gap.reason, GapReason::EpochChanged);
    for number in 6..=8 {
        let Delivery::Event(event) = next(&mut numbers).await else { panic!("an event was expected") };
        assert_eq!((event.payload, event.replay), (json!(number), true));
    }
    assert_eq!(next(&mut numbers).await, Delivery::Live);
    second.publish_numbers("numbers", [9]).await;
    let Delivery::Event(event) = next(&mut numbers).await else { panic!("an event was expected") };
    assert_eq!((event.payload, event.replay), (json!(9), false));
    assert_eq!(client.statistics().gaps, 1);
}

#[tokio::test]
async fn a_lost_connection_alone_loses_nothing() {
    let server = Server::start().await;
    let proxy = Proxy::start(server.address()).await;
    let client = builder(&proxy.url(), "ana").build().unwrap();
    let mut numbers = client.subscribe::<Value>("numbers").unwrap();
    assert_eq!(next(&mut numbers).await, Delivery::Live);
    for round in 0..5 {
        proxy.cut();
        server.publish_numbers("numbers", [2 * round + 1, 2 * round + 2]).await;
        assert_eq!(event(&mut numbers).await.payload, json!(2 * round + 1));
        assert_eq!(event(&mut numbers).await.payload, json!(2 * round + 2));
    }
    assert_eq!(client.statistics().gaps, 0);
}

#[tokio::test]
async fn a_cursor_kept_from_an_earlier_run_goes_on_there() {
    let server = Server::start().await;
    let first = builder(&server.url(), "ana").build().unwrap();
    let mut numbers = first.subscribe::<Value>("numbers").unwrap();
    assert_eq!(next(&mut numbers).await, Delivery::Live);
    server.publish_numbers("numbers", 1..=3).await;
    assert_eq!(event(&mut numbers).await.payload, json!(1));
    let cursor = numbers.cursor().cloned();
    drop((first, numbers));

    let second = builder(&server.url(), "ana").build().unwrap();
    let options = steadfast::SubscribeOptions { cursor, ..steadfast::SubscribeOptions::default() };
    let mut numbers = second.subscribe_with::<Value>("numbers", options).unwrap();
    assert_eq!(event(&mut numbers).await.payload, json!(2));
    assert_eq!(event(&mut numbers).await.payload, json!(3));
    assert_eq!(next(&mut numbers).await, Delivery::Live);
}
