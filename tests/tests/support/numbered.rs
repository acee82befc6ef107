use steadfast::{Client, Delivery, Status, Subscription};

use super::{Server, next};

/// How many published events may be unread at a time, so that some are always on their way.
const WINDOW: u64 = 5;

/// Events numbered 1, 2, 3, … through one topic, each of which must come once and in order.
pub(crate) struct Numbered {
    topic: String,
    subscription: Subscription<u64>,
    published: u64,
    read: u64,
}

impl Numbered {
    pub(crate) fn subscribe(client: &Client, topic: &str) -> Self {
        let subscription = client.subscribe(topic).unwrap();
        Self { topic: topic.to_owned(), subscription, published: 0, read: 0 }
    }

    /// Waits until nothing that is published from now on can be missed.
    pub(crate) async fn live(mut self) -> Self {
        assert_eq!(next(&mut self.subscription).await, Delivery::Live);
        self
    }

    pub(crate) fn read(&self) -> u64 {
        self.read
    }

    /// Publishes and reads until the status is as wanted, whatever happens on the way.
    pub(crate) async fn flow(
        &mut self,
        server: &Server,
        client: &Client,
        what: &str,
        wanted: impl Fn(&Status) -> bool,
    ) {
        let status = client.status();
        super::soon(what, async {
            while !wanted(&status.borrow()) {
                self.step(server).await;
            }
        })
        .await;
    }

    /// Publishes and reads so many more.
    pub(crate) async fn more(&mut self, server: &Server, count: u64) {
        for _ in 0..count {
            self.step(server).await;
        }
    }

    /// Reads all that was published.
    pub(crate) async fn finish(&mut self) {
        while self.read < self.published {
            self.read_one().await;
        }
    }

    async fn step(&mut self, server: &Server) {
        self.published += 1;
        server.publish_numbers(&self.topic, [self.published]).await;
        while self.published - self.read >= WINDOW {
            self.read_one().await;
        }
    }

    async fn read_one(&mut self) {
        loop {
            match next(&mut self.subscription).await {
                Delivery::Live => {}
                Delivery::Event(event) => {
                    self.read += 1;
                    assert_eq!(event.payload, self.read, "each once, and in order");
                    return;
                }
                other => panic!("event {} was expected, not {other:?}", self.read + 1),
            }
        }
    }
}
