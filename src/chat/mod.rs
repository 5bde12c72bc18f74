//! WhatsApp and Viber: messages, templates and conversations.

pub mod content;
pub mod draft;
pub mod history;
pub mod session_window;
pub mod template;
