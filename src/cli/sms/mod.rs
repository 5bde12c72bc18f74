//! `alimsg sms`.

mod batch;
mod day_range;
mod qualifications;
mod send;
mod signs;
mod stats;
mod status;

use clap::Subcommand;

pub const EXAMPLES: &str = "\
Examples:
  alimsg sms send -p 13800001000 -s Acme -t SMS_100002 --param name=Alice --param order=42
  alimsg --sandbox sms send -p 13800001000 -s Acme -t SMS_100003 --yes
  alimsg --sandbox sms status -p 13800001000
  alimsg --sandbox sms signs list";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Send one text to 1 to 1,000 numbers
    Send(send::Flags),
    /// Send to many numbers from a file, each with its own variables
    Batch(batch::Flags),
    /// Signatures: the sender names at the start of each text
    #[command(subcommand, after_help = signs::EXAMPLES)]
    Signs(signs::Command),
    /// Qualifications: the company documents that a signature needs
    #[command(subcommand, after_help = qualifications::EXAMPLES)]
    Qualifications(qualifications::Command),
    /// Delivery receipts of a number: delivered, failed (and why), or in flight
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
