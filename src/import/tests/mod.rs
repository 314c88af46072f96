//! Files that are right, wrong, and hostile.

use std::io;

use super::*;

mod csv_files;
mod excel;
mod json_files;
mod round_trips;
mod schema;
mod strategies;

const FULL: &str = "section,row,number,category,price_minor,currency,accessible,x,y\n";

fn parse(reader: impl io::Read) -> Result<SeatPlan, ImportError> {
    let mut venues = Venues::open(reader)?;
    let venue = venues.read_next()?.unwrap();
    assert!(venues.read_next()?.is_none());
    Ok(venue.plan)
}

fn refusal(file: impl AsRef<[u8]>) -> String {
    parse(file.as_ref()).unwrap_err().to_string()
}
