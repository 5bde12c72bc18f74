pub mod history;
pub mod session_window;
pub mod template;
