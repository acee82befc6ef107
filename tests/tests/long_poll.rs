//! Polling by itself: long where the server offers it, short where not.

use steadfast::{Client, TransportChoice};

use crate::support::{Numbered, Server, builder, until};

fn polling(server: &Server) -> Client {
    builder(&server.url(), "ana").transport(TransportChoice::Polling).build().unwrap()
}

#[tokio::test]
async fn a_long_poll_brings_events_as_they_happen() {
    // Short polls would come five minutes apart, far beyond the test's patience.
    let server = Server::configured("[poll]\ninterval_ms = 300_000\n").await;
    let client = polling(&server);
    let mut numbered = Numbered::subscribe(&client, "numbers").live().await;
    numbered.more(&server, 20).await;
    numbered.finish().await;
    assert_eq!((numbered.read(), client.statistics().opens), (20, 0));
}

#[tokio::test]
async fn a_publish_does_not_wait_for_the_long_poll_to_end() {
    let server = Server::configured("[poll]\ninterval_ms = 300_000\n").await;
    let client = polling(&server);
    let _numbered = Numbered::subscribe(&client, "numbers").live().await;
    let exchanges = client.statistics().exchanges;
    until("a long poll", || client.statistics().exchanges > exchanges || exchanges > 1).await;
    let started = tokio::time::Instant::now();
    let published = client.publish("other", "alert", &"now").await.unwrap();
    assert!(!published.duplicate);
    // The long poll would have ended after 25 seconds.
    assert!(started.elapsed().as_secs() < 20);
}

#[tokio::test]
async fn short_polls_bring_everything_too() {
    let server = Server::configured("[poll]\ninterval_ms = 100\nwait_ms = 0\n").await;
    let client = polling(&server);
    let mut numbered = Numbered::subscribe(&client, "numbers").live().await;
    numbered.more(&server, 50).await;
    numbered.finish().await;
    assert_eq!((numbered.read(), client.statistics().gaps), (50, 0));
}

#[tokio::test]
async fn more_than_one_answer_holds_comes_in_several_at_once() {
    let server = Server::configured("[poll]\ninterval_ms = 300_000\nwait_ms = 0\n").await;
    server.publish_numbers("numbers", 1..=3_000).await;
    let client = polling(&server);
    let options = steadfast::SubscribeOptions { history: Some(3_000), ..Default::default() };
    let mut numbers = client.subscribe_with::<u64>("numbers", options).unwrap();
    for number in 1..=3_000 {
        match crate::support::next(&mut numbers).await {
            steadfast::Delivery::Event(event) => assert_eq!(event.payload, number),
            other => panic!("event {number} was expected, not {other:?}"),
        }
    }
    assert_eq!(crate::support::next(&mut numbers).await, steadfast::Delivery::Live);
}
