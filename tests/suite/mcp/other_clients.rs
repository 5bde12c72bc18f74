//! Clients that were not written for this program: the one of the Rust SDK and the one of the Python
//! SDK.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use rmcp::model::{
    CallToolRequestParams, ClientCapabilities, ClientConfig, ElicitRequestParams, ElicitResult,
    ElicitationAction, Implementation,
};
use rmcp::service::{RequestContext, RoleClient};
use rmcp::transport::async_rw::AsyncRwTransport;
use rmcp::{ClientHandler, ErrorData, ServiceExt as _};
use serde_json::{Value, json};
use tokio::net::unix::pipe;

use crate::mcp::message;
use crate::support::World;

/// A user who agrees to everything, and the questions.
#[derive(Clone, Default)]
struct User(Arc<Mutex<Vec<String>>>);

impl ClientHandler for User {
    fn get_info(&self) -> ClientConfig {
        let capabilities = ClientCapabilities::builder().enable_elicitation().build();
        ClientConfig::new(capabilities, Implementation::new("test", "1"))
    }

    async fn create_elicitation(
        &self,
        request: ElicitRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        if let ElicitRequestParams::FormElicitationParams { message, .. } = request {
            self.0.lock().expect("the questions").push(message);
        }
        let answer = ElicitResult::new(ElicitationAction::Accept);
        Ok(answer.with_content(json!({ "confirm": true })))
    }
}

#[test]
fn the_client_of_the_rust_sdk_lists_tools_and_sends_after_a_question() {
    let world = World::bare();
    let mut command = world.alimsg(&["--sandbox", "mcp", "--allow-send"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().expect("the server starts");
    let (stdin, stdout) = (child.stdin.take().expect("a pipe"), child.stdout.take());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let user = User::default();
    let (tools, sent) = runtime.expect("a runtime").block_on(async {
        let reader = pipe::Receiver::from_owned_fd(stdout.expect("a pipe").into());
        let writer = pipe::Sender::from_owned_fd(stdin.into());
        let transport =
            AsyncRwTransport::new_client(reader.expect("a pipe"), writer.expect("a pipe"));
        let client = user.clone().serve(transport).await.expect("a connection");
        let tools = client.list_all_tools().await.expect("the tools");
        let inputs = message().as_object().cloned().expect("inputs");
        let call = CallToolRequestParams::new("sms_send").with_arguments(inputs);
        let sent = client.call_tool(call).await.expect("a result");
        client.cancel().await.expect("the end");
        (tools, sent)
    });
    assert!(child.wait().expect("the server ends").success());
    assert!(tools.iter().any(|tool| tool.name == "whatsapp_send_template"));
    assert_eq!(sent.is_error, Some(false), "{sent:?}");
    let data = sent.structured_content.expect("an object")["data"].clone();
    assert_eq!(data["to"], json!(["13800001234"]));
    let questions = user.0.lock().expect("the questions");
    assert!(questions[0].ends_with("Recipients (1):\n13800001234"), "{questions:?}");
    assert_eq!(world.sandbox_messages().len(), 1);
}

/// `.ci/run` installs the SDK; without it, the test passes with a note.
#[test]
fn the_client_of_the_python_sdk_sends_with_a_token_and_after_a_question() {
    let binary = Path::new(env!("CARGO_BIN_EXE_alimsg"));
    let target = binary.ancestors().nth(2).expect("the target folder");
    let python = target.join("mcp-client/bin/python");
    if !python.exists() {
        assert!(
            std::env::var_os("ALIMSG_TEST_MCP_CLIENT_REQUIRED").is_none(),
            "{} is missing: see .ci/run",
            python.display()
        );
        return;
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/mcp/python_client.py");
    // With and without the handshake of older protocols.
    for mode in ["legacy", "auto"] {
        let world = World::bare();
        let mut command: Command = world.program(&python);
        command.args([
            script,
            mode,
            env!("CARGO_BIN_EXE_alimsg"),
            "--sandbox",
            "--ai-mode",
            "call",
        ]);
        let output = command.args(["mcp", "--allow-send"]).output().expect("Python starts");
        let errors = String::from_utf8_lossy(&output.stderr);
        let found: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{mode}: {error}: {errors}"));
        let tools = found["tools"].as_array().expect("tools");
        assert!(tools.contains(&json!("whatsapp_history")), "{found:#}");
        assert!(found["planned"]["data"]["plan"].is_object(), "{found:#}");
        assert_eq!(found["sent"]["data"]["status"], "accepted", "{found:#}");
        assert_eq!(found["reused"]["error"]["outcome"], "not_sent", "{found:#}");
        assert_eq!(found["reused_is_error"], true);
        assert_eq!(found["agreed"]["data"]["status"], "accepted", "{found:#}");
        let question = found["questions"][0].as_str().expect("a question");
        assert!(question.ends_with("Recipients (2):\n13800005678\n13800005679"), "{question}");
        assert_eq!(world.sandbox_messages().len(), 3, "{mode}");
    }
}
