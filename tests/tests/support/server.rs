use std::net::SocketAddr;
use std::process::ExitStatus;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};
use steadfast_server::DEV_API_KEY;

use super::{Program, Signal};

/// A server process of its own, on a port of its own, with the development keys.
pub(crate) struct Server {
    program: Program,
    address: SocketAddr,
    backend: reqwest::Client,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::launch(&[]).await
    }

    pub(crate) async fn configured(toml: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let file = format!("{}/server-{}-{count}.toml", env!("CARGO_TARGET_TMPDIR"), std::process::id());
        std::fs::write(&file, toml).unwrap();
        let server = Self::launch(&["--config", &file]).await;
        std::fs::remove_file(&file).unwrap();
        server
    }

    async fn launch(arguments: &[&str]) -> Self {
        let mut all = vec!["serve", "--dev", "--listen", "127.0.0.1:0"];
        all.extend_from_slice(arguments);
        let mut program = Program::start(env!("CARGO_BIN_EXE_server-under-test"), &all);
        let line = program.line().await.expect("the server starts; STEADFAST_TEST_LOG=1 shows why not");
        let address = line.strip_prefix("listening on http://").expect("the line that scripts rely on");
        Self { program, address: address.parse().unwrap(), backend: reqwest::Client::new() }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Ends it without a chance to say goodbye.
    pub(crate) async fn kill(mut self) {
        self.program.signal(Signal::KILL);
        self.program.ended().await;
    }

    /// Asks it to end.
    pub(crate) fn terminate(&self) {
        self.program.signal(Signal::TERM);
    }

    pub(crate) async fn ended(&mut self) -> ExitStatus {
        self.program.ended().await
    }

    /// Publishes as a backend does; gives the accepted event's id.
    pub(crate) async fn publish(&self, event: Value) -> String {
        self.publish_all(&[event]).await.remove(0)
    }

    /// Publishes a batch; gives the accepted events' ids.
    pub(crate) async fn publish_all(&self, events: &[Value]) -> Vec<String> {
        let answer = self
            .backend
            .post(format!("{}/api/v1/publish", self.url()))
            .header("x-api-key", DEV_API_KEY)
            .header("content-type", "application/json")
            .body(Value::from(events).to_string())
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200);
        let answer: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        let results = answer["results"].as_array().unwrap();
        assert_eq!(results.len(), events.len());
        results
            .iter()
            .map(|result| {
                assert_eq!(result["ok"], true, "{result}");
                result["id"].as_str().unwrap().to_owned()
            })
            .collect()
    }

    /// Publishes `numbers` as payloads to a topic of the tenant `acme`.
    pub(crate) async fn publish_numbers(&self, topic: &str, numbers: impl IntoIterator<Item = u64>) {
        let events: Vec<Value> = numbers
            .into_iter()
            .map(|number| json!({"tenant_id": "acme", "topic": topic, "type": "number", "payload": number}))
            .collect();
        for batch in events.chunks(100) {
            self.publish_all(batch).await;
        }
    }
}
