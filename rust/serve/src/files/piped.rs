//! Bytes from a pipe. A thread of its own waits for them, so that a run can be stopped while nothing comes.

use crate::stop::StopSignal;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread::Builder;
use std::time::Duration;

/// Bytes read at once.
const PIECE: usize = 1 << 18;
/// Pieces that wait.
const WAITING: usize = 4;
/// Between two looks at the stop signal.
const LOOK: Duration = Duration::from_millis(50);

pub struct Piped {
    pieces: Receiver<io::Result<Vec<u8>>>,
    piece: Vec<u8>,
    given: usize,
    stop: Arc<StopSignal>,
}

impl Piped {
    /// Starts to read. The thread ends with the bytes, or with the first piece that nobody takes.
    pub fn start(mut bytes: impl Read + Send + 'static, stop: Arc<StopSignal>) -> io::Result<Piped> {
        let (send, pieces) = sync_channel(WAITING);
        Builder::new().name("execd-pipe".to_owned()).spawn(move || {
            loop {
                let mut piece = vec![0; PIECE];
                let read = bytes.read(&mut piece).map(|count| {
                    piece.truncate(count);
                    piece
                });
                let last = !matches!(&read, Ok(piece) if !piece.is_empty());
                if send.send(read).is_err() || last {
                    break;
                }
            }
        })?;
        Ok(Piped { pieces, piece: Vec::new(), given: 0, stop })
    }

    fn next_piece(&mut self) -> io::Result<()> {
        self.given = 0;
        self.piece.clear();
        loop {
            match self.pieces.recv_timeout(LOOK) {
                Ok(piece) => {
                    self.piece = piece?;
                    return Ok(());
                }
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
                Err(RecvTimeoutError::Timeout) if self.stop.is_raised() => {
                    return Err(io::Error::other("stopped"));
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }
}

impl Read for Piped {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given == self.piece.len() {
            self.next_piece()?;
        }
        let count = self.piece.get(self.given..).unwrap_or_default().read(buffer)?;
        self.given += count;
        Ok(count)
    }
}
