//! The variables of template texts: finding, comparing and replacing them.
//!
//! WhatsApp and Viber write a variable `$(name)`, in older templates `{{1}}`; SMS writes `${name}`.

mod comparison;
pub mod variables;

pub use comparison::compare;
pub use variables::{Segment, Style, Variable, find_variables, render, segments, unfinished};
