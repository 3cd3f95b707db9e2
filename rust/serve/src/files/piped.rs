//! Readers and writers that end when a run is to stop, and both ends of pipes. A thread of its own waits for the other side, so that a run can be stopped while that does nothing.

use crate::stop::StopSignal;
use std::io::{self, Read, Write};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel, sync_channel};
use std::thread::Builder;
use std::time::Duration;

/// Bytes read or written at once.
const PIECE: usize = 1 << 18;
/// Pieces that wait.
const WAITING: usize = 4;
/// Between two looks at the stop signal.
const LOOK: Duration = Duration::from_millis(50);

/// Waits for what the thread tells; nothing if it has ended.
fn told<T>(thread: &Receiver<io::Result<T>>, stop: &StopSignal) -> io::Result<Option<T>> {
    loop {
        match thread.recv_timeout(LOOK) {
            Ok(told) => return told.map(Some),
            Err(RecvTimeoutError::Disconnected) => return Ok(None),
            Err(RecvTimeoutError::Timeout) if stop.is_raised() => return Err(io::Error::other("stopped")),
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

/// Bytes that come to an end in the way of an error once the run is to stop: whoever reads them need not look.
pub struct Stoppable<R> {
    bytes: R,
    stop: Arc<StopSignal>,
}

impl<R> Stoppable<R> {
    pub fn new(bytes: R, stop: &Arc<StopSignal>) -> Stoppable<R> {
        Stoppable { bytes, stop: Arc::clone(stop) }
    }
}

impl<R: Read> Read for Stoppable<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.stop.is_raised() { Err(io::Error::other("stopped")) } else { self.bytes.read(buffer) }
    }
}

pub struct PipeReader {
    pieces: Receiver<io::Result<Vec<u8>>>,
    piece: Vec<u8>,
    given: usize,
    stop: Arc<StopSignal>,
}

impl PipeReader {
    /// Starts to read. The thread ends with the bytes, or with the first piece that nobody takes.
    pub fn start(mut bytes: impl Read + Send + 'static, stop: Arc<StopSignal>) -> io::Result<PipeReader> {
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
        Ok(PipeReader { pieces, piece: Vec::new(), given: 0, stop })
    }
}

impl Read for PipeReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given == self.piece.len() {
            self.given = 0;
            self.piece = told(&self.pieces, &self.stop)?.unwrap_or_default();
        }
        let count = self.piece.get(self.given..).unwrap_or_default().read(buffer)?;
        self.given += count;
        Ok(count)
    }
}

pub struct PipeWriter {
    pieces: Sender<Vec<u8>>,
    written: Receiver<io::Result<()>>,
    /// Pieces of which nobody knows yet what came of them.
    waiting: usize,
    stop: Arc<StopSignal>,
}

impl PipeWriter {
    /// Starts a thread that writes. It ends when there is nothing more to write, or with the first error.
    pub fn start(mut bytes: impl Write + Send + 'static, stop: Arc<StopSignal>) -> io::Result<PipeWriter> {
        let (pieces, take) = channel::<Vec<u8>>();
        let (tell, written) = channel();
        Builder::new().name("execd-pipe".to_owned()).spawn(move || {
            for piece in take {
                let result = bytes.write_all(&piece).and_then(|()| bytes.flush());
                let last = result.is_err();
                if tell.send(result).is_err() || last {
                    break;
                }
            }
        })?;
        Ok(PipeWriter { pieces, written, waiting: 0, stop })
    }

    /// Waits until at most `most` pieces wait.
    fn wait(&mut self, most: usize) -> io::Result<()> {
        while self.waiting > most {
            told(&self.written, &self.stop)?.ok_or(io::ErrorKind::BrokenPipe)?;
            self.waiting -= 1;
        }
        Ok(())
    }
}

impl Write for PipeWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.wait(WAITING)?;
        let piece = bytes.get(..bytes.len().min(PIECE)).unwrap_or_default();
        if self.pieces.send(piece.to_vec()).is_err() {
            // The thread has ended, and told why.
            self.wait(0)?;
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        self.waiting += 1;
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.wait(0)
    }
}
