//! Reads a child's output on a thread of its own, so that the child never blocks on a full pipe.

use std::io::{self, Read};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, PoisonError};

#[derive(Default)]
struct Captured {
    bytes: Vec<u8>,
    truncated: bool,
}

pub struct Drain<S> {
    kept: Arc<Mutex<Captured>>,
    source: Sender<Option<S>>,
}

impl<S: Read + Send + 'static> Drain<S> {
    /// Starts the thread, before there is anything to read: a thread that cannot be started must
    /// not be noticed after the child was.
    ///
    /// It reads to the end and keeps the first `limit` bytes; `heard` gets each piece of these as
    /// it comes, and `done` is called when there is no more.
    ///
    /// # Errors
    /// The system starts no more threads.
    pub fn start(
        limit: usize,
        mut heard: Option<impl FnMut(&[u8]) + Send + 'static>,
        done: impl FnOnce() + Send + 'static,
    ) -> io::Result<Self> {
        let kept = Arc::new(Mutex::new(Captured::default()));
        let shared = Arc::clone(&kept);
        let (source, sources) = mpsc::channel::<Option<S>>();
        crate::os::process::start_thread("output", move || {
            // Without a source the child was not started.
            let Ok(source) = sources.recv() else { return };
            if let Some(source) = source {
                read_all(source, limit, &shared, |bytes| {
                    if let Some(heard) = &mut heard {
                        heard(bytes);
                    }
                });
            }
            done();
        })?;
        Ok(Self { kept, source })
    }

    /// Begins to read from there.
    pub fn read(&self, source: Option<S>) {
        // The thread waits for nothing else.
        let _ = self.source.send(source);
    }

    /// What has been read so far, and whether something was dropped. The thread may still be
    /// reading if a straggler holds the pipe; what comes later is lost.
    pub fn take(self) -> (Vec<u8>, bool) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        (std::mem::take(&mut kept.bytes), kept.truncated)
    }
}

fn read_all(
    mut source: impl Read,
    limit: usize,
    kept: &Mutex<Captured>,
    mut heard: impl FnMut(&[u8]),
) {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match source.read(&mut buffer) {
            Ok(0) => return,
            Ok(count) => {
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                let room = limit.saturating_sub(kept.bytes.len());
                kept.bytes.extend_from_slice(&buffer[..count.min(room)]);
                kept.truncated |= count > room;
                drop(kept);
                // What is not kept is not told either: a listener that is slower than the child
                // would be sent more and more.
                heard(&buffer[..count.min(room)]);
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}
