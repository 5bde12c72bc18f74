use super::{
    CreateFlags, DeleteFlags, ListFlags, PreviewFlags, ShowFlags, StatsFlags, UpdateFlags,
};
use crate::failure::{Failure, Result};
use crate::report::Report;
use crate::run::Run;

pub fn list(_run: &Run, _flags: &ListFlags) -> Result<Report> {
    Err(Failure::usage("not written yet"))
}

pub fn show(_run: &Run, _flags: &ShowFlags) -> Result<Report> {
    Err(Failure::usage("not written yet"))
}

pub fn preview(_run: &Run, _flags: &PreviewFlags) -> Result<Report> {
    Err(Failure::usage("not written yet"))
}

pub fn create(_run: &Run, _flags: &CreateFlags) -> Result<Report> {
    Err(Failure::usage("not written yet"))
}

pub fn update(_run: &Run, _flags: &UpdateFlags) -> Result<Report> {
    Err(Failure::usage("not written yet"))
}

pub fn delete(_run: &Run, _flags: &DeleteFlags) -> Result<Report> {
    Err(Failure::usage("not written yet"))
}

pub fn stats(_run: &Run, _flags: &StatsFlags) -> Result<Report> {
    Err(Failure::usage("not written yet"))
}
