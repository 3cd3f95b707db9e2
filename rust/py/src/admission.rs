//! `Admission` and `Permit`: the node's permits and one worker's queue, with the real clock put in.

use crate::errors;
use execd_serve::admission::{Admission as Machine, Face, Offer, Policy, Ticket};
use execd_serve::clock::{Clock, SystemClock};
use execd_serve::permits::{Permit as Held, Permits};
use pyo3::prelude::*;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The queue of one worker over the permits of the node.
#[pyclass(frozen, module = "execd._native")]
#[derive(Debug)]
pub struct Admission {
    permits: Permits,
    machine: Mutex<Machine>,
}

/// The right to execute now.
#[pyclass(frozen, module = "execd._native")]
#[derive(Debug)]
pub struct Permit {
    held: Mutex<Option<Held>>,
    since: Duration,
}

/// What an offer came to.
#[derive(Debug, IntoPyObject)]
pub enum Answer {
    Admitted(Permit),
    Waiting(u64),
}

impl Admission {
    fn machine(&self) -> MutexGuard<'_, Machine> {
        self.machine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn try_permit(&self) -> Option<Permit> {
        let held = self.permits.try_acquire()?;
        Some(Permit { held: Mutex::new(Some(held)), since: SystemClock.now() })
    }
}

fn seconds(value: f64) -> Duration {
    Duration::try_from_secs_f64(value.max(0.0)).unwrap_or(Duration::MAX)
}

#[pymethods]
impl Admission {
    #[new]
    #[pyo3(signature = (slots, *, permits, max_waiting, max_wait))]
    fn new(
        py: Python<'_>,
        slots: PathBuf,
        permits: usize,
        max_waiting: usize,
        max_wait: f64,
    ) -> PyResult<Admission> {
        let execute = Policy { max_waiting, max_wait: seconds(max_wait) };
        let machine = Mutex::new(Machine::new(permits, execute, Policy::REFUSE));
        let permits = Permits::open(&slots, permits)
            .map_err(|e| errors::internal(py, format!("slot file {}: {e}", slots.display())))?;
        Ok(Admission { permits, machine })
    }

    /// A permit, the ticket of a place in the queue, or `None`: refused.
    fn offer(&self, within: f64) -> Option<Answer> {
        let now = SystemClock.now();
        let deadline = now.saturating_add(seconds(within));
        match self.machine().offer(Face::Execute, now, deadline, || self.try_permit()) {
            Offer::Admitted(permit) => Some(Answer::Admitted(permit)),
            Offer::Waiting(Ticket(ticket)) => Some(Answer::Waiting(ticket)),
            Offer::Refused => None,
        }
    }

    /// The longest waiting ticket with a permit for it, as far as there is one.
    fn next(&self) -> Option<(u64, Permit)> {
        let next = self.machine().next(SystemClock.now(), || self.try_permit());
        next.map(|(Ticket(ticket), permit)| (ticket, permit))
    }

    /// Takes the tickets out that have waited too long.
    fn expire(&self) -> Vec<u64> {
        self.machine().expire(SystemClock.now()).into_iter().map(|Ticket(ticket)| ticket).collect()
    }

    /// Takes a ticket out; false if it no longer waits.
    fn withdraw(&self, ticket: u64) -> bool {
        self.machine().withdraw(Ticket(ticket))
    }

    /// An execution is over; true if anybody waits for its permit.
    fn give_back(&self, permit: &Permit) -> bool {
        permit.release();
        let mut machine = self.machine();
        machine.finished(SystemClock.now().saturating_sub(permit.since));
        machine.waiting() > 0
    }

    /// Seconds after which a refused caller may try again.
    fn retry_after(&self) -> f64 {
        self.machine().retry_after().as_secs_f64()
    }

    #[getter]
    fn permits(&self) -> usize {
        self.permits.count()
    }

    #[getter]
    fn waiting(&self) -> usize {
        self.machine().waiting()
    }

    /// Permits held on the node now, by all workers.
    fn in_use(&self) -> usize {
        self.permits.in_use()
    }
}

#[pymethods]
impl Permit {
    /// Gives the permit back unused; doing so twice does nothing.
    fn release(&self) {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}
