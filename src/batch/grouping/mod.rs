//! Groups rows that can share a call.

mod call_counter;
mod group;
mod groups;
mod sizes;

pub use call_counter::CallCounter;
pub use group::{Group, Shape};
pub use groups::Groups;
