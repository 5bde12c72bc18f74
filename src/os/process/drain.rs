//! Reads a child's output on a separate thread, so that the child never blocks on a full pipe.

use std::io::{self, Read};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, PoisonError};

#[derive(Default)]
struct Captured {
    bytes: Vec<u8>,
    truncated: bool,
}

pub struct Drain<S> {
    captured: Arc<Mutex<Captured>>,
    source: Sender<Option<S>>,
}

impl<S: Read + Send + 'static> Drain<S> {
    /// Starts the thread. This happens before the child is started, because the child must not run
    /// if a thread cannot be started.
    ///
    /// The thread reads to the end and keeps the first `limit` bytes. It passes each chunk of these
    /// to `on_bytes`, and calls `done` at the end.
    ///
    /// # Errors
    /// The thread cannot be started.
    pub fn start(
        limit: usize,
        mut on_bytes: Option<impl FnMut(&[u8]) + Send + 'static>,
        done: impl FnOnce() + Send + 'static,
    ) -> io::Result<Self> {
        let captured = Arc::new(Mutex::new(Captured::default()));
        let shared = Arc::clone(&captured);
        let (source, sources) = mpsc::channel::<Option<S>>();
        start_thread("output", move || {
            // The sender is dropped if the child could not be started.
            let Ok(source) = sources.recv() else { return };
            if let Some(source) = source {
                read_all(source, limit, &shared, |bytes| {
                    if let Some(on_bytes) = &mut on_bytes {
                        on_bytes(bytes);
                    }
                });
            }
            done();
        })?;
        Ok(Self { captured, source })
    }

    /// Starts reading from the source.
    pub fn start_reading(&self, source: Option<S>) {
        // The thread is waiting for the source, so sending cannot fail.
        let _ = self.source.send(source);
    }

    /// The bytes so far, and whether output was dropped. If another process still holds the pipe,
    /// the thread continues to read, but its output is lost.
    pub fn take(self) -> (Vec<u8>, bool) {
        let mut captured = self.captured.lock().unwrap_or_else(PoisonError::into_inner);
        (std::mem::take(&mut captured.bytes), captured.truncated)
    }
}

fn read_all(
    mut source: impl Read,
    limit: usize,
    captured: &Mutex<Captured>,
    mut on_bytes: impl FnMut(&[u8]),
) {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match source.read(&mut buffer) {
            Ok(0) => return,
            Ok(count) => {
                let mut captured = captured.lock().unwrap_or_else(PoisonError::into_inner);
                let room = limit.saturating_sub(captured.bytes.len());
                captured.bytes.extend_from_slice(&buffer[..count.min(room)]);
                captured.truncated |= count > room;
                drop(captured);
                // Only kept bytes are passed on, so that the queue of a slow listener is limited.
                on_bytes(&buffer[..count.min(room)]);
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}

/// Starts a named thread; unlike `std::thread::spawn`, it does not panic if that fails.
pub fn start_thread(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    std::thread::Builder::new().name(name.into()).spawn(work).map(drop)
}
