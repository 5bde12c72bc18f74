//! `alimsg mcp`: a Model Context Protocol server on stdio. Its tools are the commands of this
//! program, and each call runs one as a child process, so every promise of the command line applies.
//!
//! A send or a change takes two steps: the plan for a person, then the same call with their consent.
//! Account, store and program are fixed when the server starts.

mod arguments;
mod consent;
mod effects;
mod files;
mod question;
mod run;
mod server;
mod tools;

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use rmcp::ServiceExt as _;
use rmcp::transport::async_rw::AsyncRwTransport;

use crate::cli::mcp::files::Files;
use crate::cli::mcp::run::Runner;
use crate::cli::mcp::server::Server;
use crate::cli::mcp::tools::Permissions;
use crate::cli::tree;
use crate::context::Context;
use crate::error::{Failure, Kind, Result};
use crate::os::signals::{self, SignalSubscription};
use crate::output::report::Report;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alimsg --sandbox mcp --allow-send
  alimsg --profile support mcp
  alimsg mcp --allow-send --files ~/outgoing")]
pub struct Flags {
    /// Offer the tools that send messages; each send still needs the consent of a person
    #[arg(long)]
    allow_send: bool,

    /// Offer the tools that change templates and settings; each change still needs consent
    #[arg(long)]
    allow_change: bool,

    /// Let tools read and write files in this folder, and nowhere else
    #[arg(long, value_name = "DIR")]
    files: Option<PathBuf>,
}

/// The maximum size of a request in bytes: far above what a command line can have.
const MAX_REQUEST: usize = 4 * 1024 * 1024;

/// Serves until stdin ends or a signal comes. Commands that are still running are not stopped.
///
/// # Errors
/// The server cannot start, or its client does not use the protocol.
pub fn run(context: &Context, flags: Flags) -> Result<Report> {
    if context.settings.dry_run {
        return Ok(Report::DryRun(Vec::new()));
    }
    if context.settings.interactive {
        context.screen.note("waiting for a client of the Model Context Protocol; Ctrl-C ends this");
    }
    let files = flags.files.as_deref().map(Files::open).transpose()?.map(Arc::new);
    let permissions = Permissions {
        send: flags.allow_send,
        change: flags.allow_change,
        files: files.is_some(),
        sandbox: context.settings.sandbox,
    };
    let command = tree::all();
    let tools = tools::from_commands(&command, permissions.files);
    let runner = Arc::new(Runner::new(&context.settings, &command)?);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::environment(format!("cannot start the server: {error}")))?;
    let server = Server::new(tools, permissions, Arc::clone(&runner), files.clone());
    let served = runtime.block_on(serve(server));
    // A child may be sending: its result must be recorded, even if the client has disconnected.
    let is_idle = runner.wait_until_idle();
    runtime.shutdown_background();
    if let (true, Some(files)) = (is_idle, files) {
        files.delete_copies();
    }
    served.map(|()| Report::Streamed)
}

async fn serve(server: Server) -> Result<()> {
    let (stop, mut stopped) = tokio::sync::mpsc::unbounded_channel();
    let (sender, signal) = std::sync::mpsc::channel();
    let _subscription = SignalSubscription::new(sender, ());
    let watch = std::thread::Builder::new().name("signals".into()).spawn(move || {
        if signal.recv().is_ok() {
            let _ = stop.send(());
        }
    });
    let cannot_start = |error: String| Failure::new(Kind::Internal, error);
    watch.map_err(|error| cannot_start(format!("cannot start a thread: {error}")))?;
    // A signal from before the subscription counts as well. It also ends this process.
    if signals::count() > 0 {
        return Ok(());
    }
    let transport = AsyncRwTransport::new_server(tokio::io::stdin(), tokio::io::stdout())
        .with_max_line_length(MAX_REQUEST);
    let service = tokio::select! {
        service = server.serve(transport) => service,
        _ = stopped.recv() => return Ok(()),
    };
    let service = match service {
        Ok(service) => service,
        Err(rmcp::service::ServerInitializeError::ConnectionClosed(_)) => return Ok(()),
        Err(error) => {
            return Err(Failure::usage(format!("not a Model Context Protocol client: {error}"))
                .hint("an MCP client starts this command; it is not for a terminal"));
        }
    };
    tokio::select! {
        ended = service.waiting() => ended
            .map(|_| ())
            .map_err(|error| cannot_start(format!("the server ended: {error}"))),
        _ = stopped.recv() => Ok(()),
    }
}
