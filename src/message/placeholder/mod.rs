//! Templates as texts with variables: what they need, and what the recipient gets to see.
//!
//! Nothing here knows about processes or terminals. WhatsApp and Viber write a variable
//! `$(name)`, older ones `{{1}}`; SMS writes `${name}`.

mod comparison;
pub mod variables;

pub use comparison::compare;
pub use variables::{Segment, Style, Variable, listed, names, render, segments, unfinished};
