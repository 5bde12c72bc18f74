pub mod length;
pub mod media;
pub mod params;
pub mod phone;
pub mod placeholder;
pub mod time;
pub mod url;
pub mod violations;
