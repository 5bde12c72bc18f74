//! `alimsg sandbox`: controls the sandbox. It changes the sandbox's own state only, with or without
//! `--sandbox`; no process is started and nothing is sent.

mod faults;
pub mod inbound;
pub mod messages;
pub mod reset;

use clap::Subcommand;

pub const EXAMPLES: &str = "\
Examples:
  alimsg sandbox inbound --from 8613900000000 --to 8613800000001 --text 'Where is my order?'
  alimsg --sandbox whatsapp session --from 8613800000001 --to 8613900000000 \\
      --cust-space-id cams-sandbox
  alimsg sandbox faults --lose-reply-every 10
  alimsg sandbox messages --count
  alimsg sandbox reset";

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Command {
    /// Simulate a message from a customer to a business number
    Inbound(inbound::Flags),
    /// List or count the messages that the sandbox sent
    Messages(messages::Flags),
    /// Make every n-th send call time out or be throttled
    Faults(faults::Flags),
    /// Delete everything that happened in the sandbox
    Reset(reset::Flags),
}

dispatch! {
    Inbound => inbound::run,
    Messages => messages::run,
    Faults => faults::run,
    Reset => reset::run,
}
