mod concurrency;
mod queue;
mod records;

use crate::storage::Store;
use crate::storage::batches::{
    Batch, Batches, CallEnd, CallRecord, CallState, Created, NewBatch, NewCall, RowIndex, Start,
};

pub fn new_batch(identity: &str) -> NewBatch {
    NewBatch {
        identity: identity.into(),
        name: None,
        command: "sms batch".into(),
        account: "{}".into(),
        source: Some("/data/customers.csv".into()),
        content: "hash".into(),
        definition: r#"{"template":"SMS_1"}"#.into(),
        rows: 100,
        enqueued: false,
    }
}

pub fn call(rows: impl IntoIterator<Item = RowIndex>) -> NewCall {
    NewCall {
        rows: rows.into_iter().collect(),
        tracking_id: uuid::Uuid::now_v7().to_string(),
        generated: true,
        details: "{}".into(),
        payload: None,
        send: None,
    }
}

pub fn queued(rows: impl IntoIterator<Item = RowIndex>) -> NewCall {
    NewCall { payload: Some("the variables".into()), ..call(rows) }
}

/// Creates a batch; returns its ID.
pub fn create(store: &dyn Store) -> String {
    create_with(store, "i")
}

pub fn create_with(store: &dyn Store, identity: &str) -> String {
    match store.batches().create(&new_batch(identity)).expect("created") {
        Created::New(batch) => batch.id,
        Created::Existing(batch) => panic!("{batch:?} is new"),
    }
}

pub fn get(batches: &dyn Batches, id: &str) -> Batch {
    batches.batch(id).expect("readable").expect("a batch")
}

pub fn started(batches: &dyn Batches, id: &str, rows: impl IntoIterator<Item = RowIndex>) -> i64 {
    match batches.start(id, "w", &[call(rows)]).expect("recorded")[..] {
        [Start::Recorded(call)] => call,
        ref other => panic!("{other:?}"),
    }
}

pub fn recorded(batches: &dyn Batches, id: &str) -> Vec<RowIndex> {
    let mut rows = Vec::new();
    batches.recorded_rows(id, &mut |row| rows.push(row)).expect("readable");
    rows
}

pub const ALL: [CallState; 6] = [
    CallState::Queued,
    CallState::Started,
    CallState::Accepted,
    CallState::Failed,
    CallState::Unknown,
    CallState::Superseded,
];

pub fn calls(batches: &dyn Batches, id: &str, states: &[CallState]) -> Vec<CallRecord> {
    let mut calls = Vec::new();
    let visit = &mut |call| {
        calls.push(call);
        Ok(())
    };
    batches.calls(id, states, visit).expect("readable");
    calls
}

pub fn state(batches: &dyn Batches, id: &str, call: i64) -> Option<CallState> {
    calls(batches, id, &ALL).into_iter().find(|record| record.id == call).map(|call| call.state)
}

pub fn accepted() -> CallEnd {
    CallEnd::Accepted { result: r#"{"biz_id":"1"}"#.into() }
}

pub fn failed() -> CallEnd {
    CallEnd::Failed { result: "{}".into() }
}

pub fn unknown() -> CallEnd {
    CallEnd::Unknown { result: "{}".into() }
}
