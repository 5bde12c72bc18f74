//! WhatsApp and Viber: messages, templates and conversations.

pub mod automation;
pub mod business_number;
pub mod business_profile;
pub mod channel_instance;
pub mod content;
pub mod delivery;
pub mod draft;
pub mod history;
pub mod session_window;
pub mod template;
pub mod upload;
