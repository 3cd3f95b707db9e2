//! `Admission` and `Permit`: the node's permits and one worker's queue, with the real clock put in.

use crate::errors;
use execd_serve::admission::{Admission as Machine, Offer, Policy, PolicyId, Ticket};
use execd_serve::clock::{Clock, SystemClock};
use execd_serve::permits::{Permit as Held, Permits};
use pyo3::exceptions::PyKeyError;
use pyo3::prelude::*;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The queue of one worker over the permits of the node.
#[pyclass(frozen, module = "execd._native")]
#[derive(Debug)]
pub struct Admission {
    permits: Permits,
    /// The names of the policies, in the machine's order.
    policies: Vec<String>,
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

    fn policy(&self, name: &str) -> PyResult<PolicyId> {
        let found = self.policies.iter().position(|one| one == name);
        found
            .map(PolicyId)
            .ok_or_else(|| PyKeyError::new_err(format!("no admission policy is called {name}")))
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
    #[pyo3(signature = (file, *, permits, policies))]
    fn new(
        py: Python<'_>,
        file: PathBuf,
        permits: usize,
        policies: Vec<(String, usize, f64)>,
    ) -> PyResult<Admission> {
        let policy = |&(_, max_waiting, max_wait): &_| Policy { max_waiting, max_wait: seconds(max_wait) };
        let machine = Mutex::new(Machine::new(permits, policies.iter().map(policy).collect()));
        let permits = Permits::open(&file, permits)
            .map_err(|e| errors::internal(py, format!("permit file {}: {e}", file.display())))?;
        Ok(Admission { permits, policies: policies.into_iter().map(|(name, ..)| name).collect(), machine })
    }

    /// A permit, the ticket of a place in the queue, or `None`: refused.
    fn offer(&self, policy: &str, within: f64) -> PyResult<Option<Answer>> {
        let policy = self.policy(policy)?;
        let now = SystemClock.now();
        let deadline = now.saturating_add(seconds(within));
        Ok(match self.machine().offer(policy, now, deadline, || self.try_permit()) {
            Offer::Admitted(permit) => Some(Answer::Admitted(permit)),
            Offer::Waiting(Ticket(ticket)) => Some(Answer::Waiting(ticket)),
            Offer::Refused => None,
        })
    }

    /// Whether the policy's queue has no place left.
    fn is_full(&self, policy: &str) -> PyResult<bool> {
        Ok(self.machine().is_full(self.policy(policy)?))
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
