//! Publishing as a backend does: over a connection that is kept.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

use crate::Failure;

const PATIENCE: Duration = Duration::from_secs(30);

/// A kept connection to the publish endpoint.
pub(crate) struct Publisher {
    stream: BufReader<TcpStream>,
    address: String,
}

impl Publisher {
    pub(crate) fn connect(address: &str) -> Result<Self, Failure> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { stream: BufReader::new(stream), address: address.to_owned() })
    }

    /// The bytes of a request that publishes; made beforehand, so that only the writing is measured.
    pub(crate) fn request(&self, body: &str) -> Vec<u8> {
        format!(
            "POST /api/v1/publish HTTP/1.1\r\nhost: {}\r\nx-api-key: dev\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        )
        .into_bytes()
    }

    /// Writes a request.
    pub(crate) fn send(&mut self, request: &[u8]) -> Result<(), Failure> {
        self.stream.get_mut().write_all(request)?;
        Ok(())
    }

    /// Reads the answer to a request: its results.
    ///
    /// # Errors
    /// - The server refused the request, or an event in it.
    pub(crate) fn answer(&mut self) -> Result<Vec<Value>, Failure> {
        let (mut length, mut status) = (0_usize, String::new());
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line)? == 0 {
                return Err("the server closed the publishing connection".into());
            }
            let line = line.trim_end().to_ascii_lowercase();
            if status.is_empty() {
                status.clone_from(&line);
            }
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse()?;
            }
            if line.is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        let body: Value = serde_json::from_slice(&body)?;
        let results = body["results"].as_array().cloned().unwrap_or_default();
        if !status.contains(" 200") || results.is_empty() || results.iter().any(|result| result["ok"] != true)
        {
            return Err(format!("the server refused a publish: {status} {body}").into());
        }
        Ok(results)
    }
}
