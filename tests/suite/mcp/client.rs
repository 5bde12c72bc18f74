//! A client that writes the protocol by hand: JSON-RPC messages, one on each line.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use serde_json::{Value, json};

use crate::support::World;

pub struct Client {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    requests: u64,
    /// How the user of the client answers questions; `None` if the client cannot ask.
    answer: Option<Value>,
    /// The questions so far.
    pub questions: Vec<String>,
}

impl Client {
    /// Starts the server and initializes the connection.
    pub fn start(world: &World, arguments: &[&str], answer: Option<Value>) -> Self {
        let mut command = world.alimsg(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("the server starts");
        let stdin = child.stdin.take();
        let stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut client = Self { child, stdin, stdout, requests: 0, answer, questions: Vec::new() };
        let capabilities = match &client.answer {
            Some(_) => json!({ "elicitation": {} }),
            None => json!({}),
        };
        let initialized = client.request(
            "initialize",
            &json!({
                "protocolVersion": "2025-06-18", "capabilities": capabilities,
                "clientInfo": { "name": "test", "version": "1" },
            }),
        );
        assert_eq!(initialized["serverInfo"]["name"], "alimsg", "{initialized:#}");
        client.write(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
        client
    }

    fn write(&mut self, message: &Value) {
        let stdin = self.stdin.as_mut().expect("the connection is open");
        writeln!(stdin, "{message}").expect("the server reads");
        stdin.flush().expect("the server reads");
    }

    fn read(&mut self) -> Value {
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect("the server writes");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"))
    }

    /// Sends a request and returns its result, or its error under `error`.
    pub fn request(&mut self, method: &str, params: &Value) -> Value {
        self.requests += 1;
        let id = self.requests;
        self.write(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        loop {
            let message = self.read();
            if message["method"] == "elicitation/create" {
                let question = message["params"]["message"].as_str().expect("a question");
                self.questions.push(question.to_string());
                let result = self.answer.clone().expect("this client cannot ask");
                self.write(&json!({ "jsonrpc": "2.0", "id": message["id"], "result": result }));
            } else if message["id"] == json!(id) {
                return message.get("result").cloned().unwrap_or(message);
            }
        }
    }

    pub fn tools(&mut self) -> Vec<Value> {
        self.request("tools/list", &json!({}))["tools"].as_array().expect("tools").clone()
    }

    /// Calls a tool and returns the JSON object of its command.
    #[track_caller]
    pub fn call(&mut self, tool: &str, inputs: &Value) -> Value {
        let params = json!({ "name": tool, "arguments": inputs });
        let result = self.request("tools/call", &params);
        let object = &result["structuredContent"];
        assert!(object.is_object(), "{result:#}");
        assert_eq!(result["isError"], json!(object["ok"] != json!(true)), "{result:#}");
        let text = result["content"][0]["text"].as_str().expect("a text");
        assert_eq!(serde_json::from_str::<Value>(text).expect("JSON"), *object);
        object.clone()
    }

    /// Closes the connection and returns the exit code of the server.
    pub fn close(mut self) -> Option<i32> {
        self.stdin = None;
        self.child.wait().expect("the server ends").code()
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.stdin = None;
        let _ = self.child.wait();
    }
}
