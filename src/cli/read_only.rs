//! Commands that only read. A dry run shows their calls; every other run makes them and reports what
//! the service answered.

use crate::aliyun::client::{self, Client};
use crate::aliyun::listing::Listing;
use crate::aliyun::pages::{ListEnd, PageRange};
use crate::api::call::{AnyCall, ReadCall};
use crate::api::reply::Reply;
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::output::report::{self, Report, Total};
use crate::storage::names;

/// Runs a command that only reads. `calls` are the calls that a dry run shows, all of one product;
/// `fetch` makes them. ai-mode is on only while `fetch` runs, so it is off again before `report`
/// writes its notes and warnings.
///
/// # Errors
/// A call that cannot be made, before any process starts; a failure to get an answer.
pub fn run<T>(
    context: &Context,
    calls: &[&ReadCall],
    fetch: impl FnOnce(&Client<'_>) -> Result<T>,
    report: impl FnOnce(T) -> Report,
) -> Result<Report> {
    if let Some(plan) = dry_run(context, calls)? {
        return Ok(plan);
    }
    let Some(first) = calls.first() else {
        return Err(Failure::internal("a command that reads has no call"));
    };
    let client = Client::connect(context, first.operation.product)?;
    let data = fetch(&client);
    drop(client);
    let report = data.map(report)?;
    if let Report::List { name, items, .. } = &report {
        names::remember(&context.settings, name, items);
    }
    Ok(report)
}

/// Runs a command that lists rows: `fetch` adds them to the listing. `first` is the call for the
/// first page.
///
/// # Errors
/// As [`run`].
pub fn list(
    context: &Context,
    mut listing: Listing<'_>,
    range: PageRange,
    first: &ReadCall,
    filters_locally: bool,
    fetch: impl FnOnce(&Client<'_>, &mut Listing<'_>) -> Result<ListEnd>,
) -> Result<Report> {
    let fetch = |client: &Client<'_>| {
        let end = fetch(client, &mut listing)?;
        Ok((listing, end))
    };
    run(context, &[first], fetch, |(listing, end)| {
        listing.remark(end, range);
        let total = end.total.filter(|_| !filters_locally).unwrap_or(listing.rows() as u64);
        listing.report(report::fields(&Total { total }))
    })
}

/// Runs a command that makes one call and reports its reply.
///
/// # Errors
/// As [`run`].
pub fn run_one(
    context: &Context,
    call: &ReadCall,
    report: impl FnOnce(Reply) -> Report,
) -> Result<Report> {
    run(context, &[call], |client| client.read(call), report)
}

/// The plan, on a dry run; nothing otherwise.
///
/// # Errors
/// A call that cannot be made. It is found on every run, before any process starts.
pub fn dry_run(context: &Context, calls: &[&ReadCall]) -> Result<Option<Report>> {
    let calls: Vec<&dyn AnyCall> = calls.iter().map(|call| *call as &dyn AnyCall).collect();
    let plan = client::dry_run(context, &calls)?;
    Ok(context.settings.dry_run.then_some(plan))
}
