//! TLS over both transports, with a certificate of a private authority.

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use serde_json::json;
use steadfast::{Client, ClientBuilder, State, Transport, TransportChoice};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::fake::{Fake, result, soon, welcome};

/// A door with TLS in front of the scripted server.
struct Door {
    url: String,
    certificate: Vec<u8>,
}

impl Door {
    async fn open(fake: &Fake) -> Self {
        let authority = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let certificate = authority.cert.der().clone();
        let key = authority.signing_key.serialize_der().try_into().unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.clone()], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
        let behind = fake.address();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    // A client that does not trust the certificate ends here.
                    let Ok(mut client) = acceptor.accept(stream).await else { return };
                    let mut server = TcpStream::connect(behind).await.unwrap();
                    // Either side may end it in any way.
                    let _ = copy_bidirectional(&mut client, &mut server).await;
                });
            }
        });
        Self { url, certificate: certificate.to_vec() }
    }

    fn builder(&self) -> ClientBuilder {
        Client::builder(&self.url).token("jwt")
    }
}

#[tokio::test]
async fn a_trusted_certificate_lets_a_websocket_through() {
    let fake = Fake::start().await;
    let door = Door::open(&fake).await;
    let client = door.builder().root_certificate(door.certificate.clone()).build().unwrap();
    let _connected = fake.welcome(json!([result("user", "log", 0)])).await;
    let over = |status: &steadfast::Status| status.transport == Some(Transport::WebSocket);
    soon(client.status().wait_for(over)).await.unwrap();
}

#[tokio::test]
async fn a_trusted_certificate_lets_exchanges_through() {
    let fake = Fake::start().await;
    let door = Door::open(&fake).await;
    let client = door
        .builder()
        .root_certificate(door.certificate.clone())
        .transport(TransportChoice::Polling)
        .build()
        .unwrap();
    let answer = json!([welcome(json!([result("user", "log", 0)]))]);
    fake.accept().await.exchange().await.answer("200 OK", "", &answer.to_string()).await;
    let over = |status: &steadfast::Status| status.transport == Some(Transport::Polling);
    soon(client.status().wait_for(over)).await.unwrap();
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_ends_the_handshake() {
    let fake = Fake::start().await;
    let door = Door::open(&fake).await;
    for transport in [TransportChoice::WebSocket, TransportChoice::Polling] {
        let client = door.builder().transport(transport).build().unwrap();
        soon(client.status().wait_for(|status| status.reason.is_some())).await.unwrap();
        assert_eq!(client.status().borrow().state, State::Connecting);
    }
    assert!(fake.is_untouched().await);
}
