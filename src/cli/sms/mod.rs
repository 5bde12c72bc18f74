//! `alimsg sms`.

mod batch;
mod day_range;
mod qualifications;
mod send;
mod signs;
pub mod stats;
pub mod status;

use clap::Subcommand;

pub const EXAMPLES: &str = "\
Examples:
  alimsg sms send -p 13800001000 -s Acme -t SMS_100002 --param name=Alice --param order=42
  alimsg --sandbox sms send -p 13800001000 -s Acme -t SMS_100003 --yes
  alimsg --sandbox sms status -p 13800001000
  alimsg --sandbox sms signs list";

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Command {
    /// Send one text to 1 to 1,000 numbers
    Send(send::Flags),
    /// Send to many numbers from a file, with variables for each
    Batch(batch::Flags),
    /// Signatures: the sender names at the start of each text
    #[command(subcommand, after_help = signs::EXAMPLES)]
    Signs(signs::Command),
    /// Qualifications: company documents behind the signatures
    #[command(subcommand, after_help = qualifications::EXAMPLES)]
    Qualifications(qualifications::Command),
    /// Delivery receipts: delivered, failed and why, in flight
    Status(status::Flags),
    /// Messages sent, delivered and failed per day, with a chart
    Stats(stats::Flags),
}

dispatch! {
    Send => send::run,
    Batch => batch::run,
    Signs => signs::run,
    Qualifications => qualifications::run,
    Status => status::run,
    Stats => stats::run,
}
