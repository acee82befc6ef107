use std::collections::HashMap;
use std::task::{Context, Poll};

use steadfast_core::{ExchangeId, Input, OutgoingBytes, Secret, TokenRequest};
use tokio::task::{AbortHandle, Id, JoinSet};

use super::Happened;
use super::exchange::Exchanger;
use crate::clock::millis;
use crate::token::{TokenError, TokenSource};

/// What runs beside the driver's loop: one exchange and one token request at most, and those just given up.
pub(super) struct Tasks {
    exchanger: Exchanger,
    tokens: TokenSource,
    running: JoinSet<Happened>,
    /// What to tell the machine should the task panic.
    purposes: HashMap<Id, Purpose>,
    exchange: Option<(ExchangeId, AbortHandle)>,
    token: Option<AbortHandle>,
}

#[derive(Clone, Copy)]
enum Purpose {
    Exchange(ExchangeId),
    Token(TokenRequest),
}

impl Tasks {
    pub(super) fn new(exchanger: Exchanger, tokens: TokenSource) -> Self {
        Self {
            exchanger,
            tokens,
            running: JoinSet::new(),
            purposes: HashMap::new(),
            exchange: None,
            token: None,
        }
    }

    pub(super) fn exchange(&mut self, exchange: ExchangeId, body: OutgoingBytes) {
        let task = self.running.spawn(self.exchanger.post(exchange, body));
        self.purposes.insert(task.id(), Purpose::Exchange(exchange));
        self.exchange = Some((exchange, task));
    }

    pub(super) fn abort(&mut self, exchange: ExchangeId) {
        if let Some((_, task)) = self.exchange.take_if(|(running, _)| *running == exchange) {
            task.abort();
        }
    }

    pub(super) fn ask_for_token(&mut self, request: TokenRequest, renew: bool) {
        if let Some(given_up) = self.token.take() {
            given_up.abort();
        }
        let tokens = self.tokens.clone();
        // The provider is the application's code: it is called in the task, never under the machine's lock.
        let task = self.running.spawn(async move {
            Happened::Input(match tokens.ask(renew).await {
                Ok(token) => Input::TokenReady {
                    request,
                    token: Secret(token.text),
                    expires_in_ms: token.expires_in.map(millis),
                },
                Err(TokenError { retryable }) => Input::TokenFailed { request, retryable },
            })
        });
        self.purposes.insert(task.id(), Purpose::Token(request));
        self.token = Some(task);
    }

    pub(super) fn poll(&mut self, context: &mut Context<'_>, happened: &mut Vec<Happened>) {
        while let Poll::Ready(Some(done)) = self.running.poll_join_next_with_id(context) {
            match done {
                Ok((id, event)) => {
                    self.purposes.remove(&id);
                    happened.push(event);
                }
                Err(error) => {
                    let purpose = self.purposes.remove(&error.id());
                    if error.is_panic() {
                        happened.extend(purpose.map(|purpose| Happened::Input(purpose.failed())));
                    }
                }
            }
        }
    }
}

impl Purpose {
    fn failed(self) -> Input<steadfast_core::json::Envelope> {
        match self {
            Self::Exchange(exchange) => Input::ExchangeFailed { exchange },
            Self::Token(request) => Input::TokenFailed { request, retryable: false },
        }
    }
}
