use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// Gives the client its bearer tokens.
///
/// Implemented by every async closure that takes a [`TokenRequest`]. At most one call is under way at a time; one
/// that takes longer than 30 seconds is given up and counts as retryable. A provider that panics stops the client.
///
/// ```no_run
/// use std::time::Duration;
/// use steadfast::{Client, Token, TokenError, TokenRequest};
///
/// # async fn log_in(fresh: bool) -> Result<String, std::io::Error> { Ok(String::new()) }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), steadfast::BuildError> {
/// let client = Client::builder("https://alerts.example.org")
///     .token_provider(|request: TokenRequest| async move {
///         match log_in(request.renew).await {
///             Ok(jwt) => Ok(Token::new(jwt).expires_in(Duration::from_secs(900))),
///             Err(_) => Err(TokenError { retryable: true }),
///         }
///     })
///     .build()?;
/// # drop(client);
/// # Ok(())
/// # }
/// ```
pub trait TokenProvider: Send + Sync + 'static {
    /// Gives a token.
    ///
    /// # Errors
    /// - [`TokenError`] `retryable: true`: none now; the client asks again by its backoff.
    /// - [`TokenError`] `retryable: false`: there will be none; the client stops with reason 4401.
    fn token(&self, request: TokenRequest) -> impl Future<Output = Result<Token, TokenError>> + Send;
}

impl<F, Answer> TokenProvider for F
where
    F: Fn(TokenRequest) -> Answer + Send + Sync + 'static,
    Answer: Future<Output = Result<Token, TokenError>> + Send,
{
    fn token(&self, request: TokenRequest) -> impl Future<Output = Result<Token, TokenError>> + Send {
        self(request)
    }
}

/// What the client asks its [`TokenProvider`] for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct TokenRequest {
    /// The last token was refused or is about to expire: a cached one will not do.
    pub renew: bool,
}

/// A bearer token. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    pub(crate) text: String,
    pub(crate) expires_in: Option<Duration>,
}

impl Token {
    /// A token whose life is not known; the server tells it when it accepts the token.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), expires_in: None }
    }

    /// Tells the token's remaining life, so that it is renewed in time. Zero: it is asked for anew at once.
    #[must_use]
    pub fn expires_in(mut self, life: Duration) -> Self {
        self.expires_in = Some(life);
        self
    }
}

impl From<String> for Token {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl From<&str> for Token {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Token").field("expires_in", &self.expires_in).finish_non_exhaustive()
    }
}

/// The provider has no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenError {
    /// Whether asking again may help; if not, the client stops.
    pub retryable: bool,
}

impl fmt::Display for TokenError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.retryable {
            "no token now; asked again later"
        } else {
            "there will be no token; log in again and call `connect`"
        })
    }
}

impl std::error::Error for TokenError {}

type Answer = Pin<Box<dyn Future<Output = Result<Token, TokenError>> + Send>>;

/// A provider of any type, as the driver keeps it.
#[derive(Clone)]
pub(crate) struct TokenSource(Arc<dyn Fn(TokenRequest) -> Answer + Send + Sync>);

impl TokenSource {
    /// The same token always. When it is refused there is no other, which stops the client.
    pub(crate) fn fixed(token: Token) -> Self {
        Self(Arc::new(move |request| {
            let answer = if request.renew { Err(TokenError { retryable: false }) } else { Ok(token.clone()) };
            Box::pin(std::future::ready(answer))
        }))
    }

    pub(crate) fn provider(provider: impl TokenProvider) -> Self {
        let provider = Arc::new(provider);
        Self(Arc::new(move |request| {
            let provider = Arc::clone(&provider);
            Box::pin(async move { provider.token(request).await })
        }))
    }

    pub(crate) fn ask(&self, renew: bool) -> Answer {
        (self.0)(TokenRequest { renew })
    }
}

#[cfg(test)]
mod tests {
    use super::{Token, TokenError, TokenRequest, TokenSource};

    #[tokio::test]
    async fn a_fixed_token_cannot_be_renewed() {
        let source = TokenSource::fixed("abc".into());
        assert_eq!(source.ask(false).await, Ok(Token::new("abc")));
        assert_eq!(source.ask(true).await, Err(TokenError { retryable: false }));
    }

    #[tokio::test]
    async fn a_closure_is_told_whether_to_renew() {
        let source = TokenSource::provider(|request: TokenRequest| async move {
            Ok(Token::new(if request.renew { "new" } else { "old" }))
        });
        assert_eq!(source.ask(true).await, Ok(Token::new("new")));
    }

    #[test]
    fn debug_does_not_show_the_token() {
        assert!(!format!("{:?}", Token::new("secret")).contains("secret"));
    }
}
