//! The commands of WhatsApp and of templates: how each is called, and what the child is given.
