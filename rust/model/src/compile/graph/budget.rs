//! What compiling one workbook may take: nodes, bytes, and time until somebody raises the stop flag.

use crate::error::{Error, ErrorKind};
use crate::limits::Limits;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

#[derive(Debug)]
pub struct Budget {
    nodes: usize,
    bytes: usize,
    pub stop: Arc<AtomicBool>,
    /// Bytes of texts, arrays and cells of ranges so far.
    pub kept: usize,
}

impl Budget {
    pub fn new(limits: &Limits) -> Budget {
        Budget { nodes: limits.nodes, bytes: limits.bytes, stop: Arc::clone(&limits.stop), kept: 0 }
    }

    /// Fails when there are more nodes or bytes than allowed, or when compiling is to stop. The message does not name a
    /// formula.
    #[inline]
    pub fn check(&self, nodes: usize, bytes: usize) -> Result<(), Error> {
        let stopped = self.stop.load(Ordering::Relaxed);
        if nodes <= self.nodes && bytes + self.kept <= self.bytes && !stopped {
            return Ok(());
        }
        Err(self.what_is_over(nodes, stopped))
    }

    #[cold]
    fn what_is_over(&self, nodes: usize, stopped: bool) -> Error {
        if stopped {
            return Error::new(ErrorKind::Stopped, "compiling was stopped");
        }
        let what = if nodes > self.nodes {
            format!("its formulas need more than {} steps", self.nodes)
        } else {
            format!("it takes more than {} MB", self.bytes >> 20)
        };
        Error::new(ErrorKind::TooLarge, format!("the workbook is too large to compile: {what}"))
    }
}
