//! `alimsg whatsapp send location`.

use crate::chat::content::location::{Location, check_latitude, check_longitude};
use crate::chat::content::{Content, require_whatsapp};
use crate::cli::prelude::*;
use crate::cli::source;
use crate::cli::whatsapp::send::free_form::ContentFlags;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  alimsg whatsapp send location --from 8613800000001 --to 8613800001000 \\
      --latitude 30.2741 --longitude 120.1551 --name 'Acme Store' --address '1 West Lake Road'
  alimsg --sandbox whatsapp send location --from 8613800000001 --to 8613800001000 \\
      --latitude -33.8568 --longitude 151.2153 --yes")]
pub struct LocationFlags {
    /// Degrees north, from -90 to 90
    #[arg(long, value_name = "DEG", allow_negative_numbers = true)]
    latitude: Option<String>,

    /// Degrees east, from -180 to 180
    #[arg(long, value_name = "DEG", allow_negative_numbers = true)]
    longitude: Option<String>,

    /// Name of the place
    #[arg(long, value_name = "T", value_parser = source::parse)]
    name: Option<String>,

    /// Address of the place
    #[arg(long, value_name = "T", value_parser = source::parse)]
    address: Option<String>,
}

impl ContentFlags for LocationFlags {
    fn into_content(self, channel: Channel, inputs: &mut Inputs<'_>) -> Result<Box<dyn Content>> {
        require_whatsapp(channel, "location")?;
        let Self { latitude, longitude, name, address } = self;
        let latitude = inputs.need("--latitude", "Latitude", latitude, check_latitude)?;
        let longitude = inputs.need("--longitude", "Longitude", longitude, check_longitude)?;
        Ok(Box::new(Location { latitude, longitude, name, address }))
    }
}
