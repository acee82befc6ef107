//! What an observer knows of the client's links and exchanges, and what they are owed.

use steadfast_core::json::{decode_client, decode_client_binary};
use steadfast_core::{
    Client, ClientFrame, ExchangeId, Input, LinkId, OutgoingBytes, Output, ServerFrame, TopicRequest,
};

use super::frames;
use super::steps::Shape;

#[derive(Default)]
pub(crate) struct Links {
    pub(crate) newest: u32,
    pub(crate) newest_exchange: u32,
    current: Vec<Link>,
    exchange: Option<(ExchangeId, Asked)>,
    /// What the latest input ended. Deadlines come before inputs, so the machine may give it up just then.
    ended_link: Option<LinkId>,
    ended_exchange: Option<ExchangeId>,
}

struct Link {
    id: LinkId,
    opened: bool,
    welcomed: bool,
    asked: Option<Asked>,
}

/// What the client has asked for and was not answered.
#[derive(Default)]
struct Asked {
    hello: Vec<TopicRequest>,
    subscribes: Vec<(u64, Vec<TopicRequest>)>,
    results: Vec<u64>,
}

impl Links {
    /// The topics of a link's hello.
    pub(crate) fn hello(&self, link: LinkId) -> Vec<TopicRequest> {
        let link = self.current.iter().find(|current| current.id == link);
        link.and_then(|link| Some(link.asked.as_ref()?.hello.clone())).unwrap_or_default()
    }

    pub(crate) fn exchange_topics(&self) -> Vec<TopicRequest> {
        self.exchange.as_ref().map(|(_, asked)| asked.hello.clone()).unwrap_or_default()
    }

    /// Everything that a good server and a good network would do next.
    pub(crate) fn awaited(&mut self, client: &Client<()>, shape: Shape) -> Vec<Input<()>> {
        let mut inputs = Vec::new();
        for link in &mut self.current {
            let id = link.id;
            let frame = |frame| Input::Frame { link: id, frame };
            match &mut link.asked {
                _ if !link.opened => inputs.push(Input::Opened { link: id }),
                Some(asked) if !link.welcomed => inputs.push(frame(frames::welcome(&asked.hello, shape))),
                Some(asked) => {
                    inputs.extend(asked.subscribes.pop().map(|(reference, topics)| {
                        frame(frames::subscribed(Some(reference), &topics, shape))
                    }));
                    inputs.extend(asked.results.pop().map(|reference| frame(frames::result(reference))));
                    inputs.extend(
                        asked
                            .hello
                            .iter()
                            .filter_map(|topic| Some(frame(frames::next_event(client, &topic.topic)?))),
                    );
                }
                None => {}
            }
        }
        if let Some((exchange, asked)) = &self.exchange {
            let mut frames = vec![frames::welcome(&asked.hello, shape)];
            frames.extend(asked.results.iter().map(|reference| frames::result(*reference)));
            inputs.push(Input::ExchangeAnswered {
                exchange: *exchange,
                status: 200,
                retry_after_ms: None,
                frames,
                bad_frames: 0,
            });
        }
        inputs
    }

    pub(crate) fn sees_input(&mut self, input: &Input<()>) {
        match input {
            Input::Opened { link } => {
                if let Some(current) = self.current.iter_mut().find(|current| current.id == *link) {
                    current.opened = true;
                }
            }
            Input::Frame { link, frame: ServerFrame::Welcome(_) } => {
                if let Some(current) = self.current.iter_mut().find(|current| current.id == *link) {
                    current.welcomed = true;
                }
            }
            Input::Closed { link, .. } => self.end_link(|current| current.id == *link),
            // Nothing that a link which is open can be told.
            Input::HandshakeStatus { link, .. } => {
                self.end_link(|current| current.id == *link && !current.opened);
            }
            Input::ExchangeAnswered { exchange, .. } | Input::ExchangeFailed { exchange } => {
                let ended = self.exchange.take_if(|(current, _)| current == exchange);
                self.ended_exchange = ended.map(|(id, _)| id);
            }
            _ => {}
        }
    }

    pub(crate) fn sees_output(&mut self, output: &Output<()>) {
        match output {
            Output::Open { link } => {
                assert!(link.0 > self.newest, "{link:?} is opened again");
                self.newest = link.0;
                self.current.push(Link { id: *link, opened: false, welcomed: false, asked: None });
            }
            Output::Close { link, .. } => {
                let before = self.current.len();
                self.current.retain(|current| current.id != *link);
                let there = self.current.len() < before || self.ended_link.take() == Some(*link);
                assert!(there, "{link:?} is closed, and is not there");
            }
            Output::Send { link, .. } if self.ended_link == Some(*link) => {}
            Output::Send { link, bytes } => {
                let current = self.current.iter_mut().find(|current| current.id == *link);
                let current = current.expect("a link that is written to is there");
                assert!(current.opened, "{link:?} is written to before it is open");
                for frame in read(bytes) {
                    note(&mut current.asked, frame);
                }
            }
            Output::Exchange { exchange, body } => {
                assert!(self.exchange.is_none(), "two exchanges at once");
                self.newest_exchange = exchange.0;
                let mut asked = None;
                for frame in read(body) {
                    note(&mut asked, frame);
                }
                self.exchange = asked.map(|asked| (*exchange, asked));
            }
            Output::Abort { exchange } => {
                let aborted = self.exchange.take().map(|(current, _)| current);
                let aborted = aborted.or_else(|| self.ended_exchange.take());
                assert_eq!(aborted, Some(*exchange), "another is aborted");
            }
            _ => {}
        }
    }

    pub(crate) fn settled(&mut self) {
        assert!(self.current.len() <= 2, "{} links at once", self.current.len());
        self.ended_link = None;
        self.ended_exchange = None;
    }

    fn end_link(&mut self, ended: impl Fn(&Link) -> bool) {
        self.ended_link = self.current.iter().find(|current| ended(current)).map(|current| current.id);
        self.current.retain(|current| !ended(current));
    }
}

/// What a server reads in it: all that the client writes follows the protocol.
fn read(bytes: &OutgoingBytes) -> Vec<ClientFrame> {
    let frames = match bytes {
        OutgoingBytes::Text(text) => decode_client(text, 2_000),
        OutgoingBytes::Binary(message) => vec![decode_client_binary(message)],
    };
    frames.into_iter().map(|frame| frame.expect("a frame of ours is a good one")).collect()
}

/// The hello comes first, and once.
fn note(asked: &mut Option<Asked>, frame: ClientFrame) {
    if let ClientFrame::Hello(hello) = frame {
        assert!(asked.is_none(), "a second hello");
        *asked = Some(Asked { hello: hello.topics, ..Asked::default() });
        return;
    }
    let asked = asked.as_mut().expect("the hello is the first frame");
    match frame {
        ClientFrame::Subscribe { reference, topics } => asked.subscribes.push((reference, topics)),
        ClientFrame::Message(message) => asked.results.extend(message.reference),
        ClientFrame::Ack { reference, .. } | ClientFrame::Auth { reference, .. } => {
            asked.results.push(reference);
        }
        _ => {}
    }
}
