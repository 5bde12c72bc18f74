use super::{ListFlags, ShowFlags};
use crate::failure::{Failure, Result};
use crate::report::Report;
use crate::run::Run;

pub fn list(_run: &Run, _flags: &ListFlags) -> Result<Report> {
    Err(Failure::internal("not written yet"))
}

pub fn show(_run: &Run, _flags: &ShowFlags) -> Result<Report> {
    Err(Failure::internal("not written yet"))
}
