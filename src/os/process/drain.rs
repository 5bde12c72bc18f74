//! Reads a child's output on a thread of its own, so that the child never blocks on a full pipe.

use std::io::Read;
use std::sync::{Arc, Mutex, PoisonError};

#[derive(Default)]
struct Captured {
    bytes: Vec<u8>,
    truncated: bool,
}

pub struct Drain(Arc<Mutex<Captured>>);

impl Drain {
    /// Reads to the end and keeps the first `limit` bytes; tells `heard` each piece of these as it
    /// comes, and `done` that there is no more.
    pub fn start(
        source: Option<impl Read + Send + 'static>,
        limit: usize,
        mut heard: Option<impl FnMut(&[u8]) + Send + 'static>,
        done: impl FnOnce() + Send + 'static,
    ) -> Self {
        let kept = Arc::new(Mutex::new(Captured::default()));
        let shared = Arc::clone(&kept);
        std::thread::spawn(move || {
            if let Some(source) = source {
                read_all(source, limit, &shared, |bytes| {
                    if let Some(heard) = &mut heard {
                        heard(bytes);
                    }
                });
            }
            done();
        });
        Self(kept)
    }

    /// What has been read so far, and whether something was dropped. The thread may still be
    /// reading if a straggler holds the pipe; what comes later is lost.
    pub fn take(self) -> (Vec<u8>, bool) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
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
