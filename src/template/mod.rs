//! Templates as texts with variables: what they need, and what the recipient gets to see.
//!
//! Nothing here knows about processes or terminals. WhatsApp and Viber write a variable
//! `$(name)`, older ones `{{1}}`; SMS writes `${name}`.

mod chat;
mod comparison;
mod picture;
mod spelling;
mod variables;

pub use chat::{Button, Header, Message};
pub use comparison::compare;
pub use picture::picture;
pub use spelling::{misspelt, spelled};
pub use variables::{Piece, Style, Variable, listed, names, pieces, render, unfinished};
