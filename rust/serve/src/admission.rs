//! Who may execute, who waits, who is refused: a state machine without clock, thread or lock. `now` and the attempt
//! to take a permit are arguments. Counting permits over processes is in `permits`.

use std::collections::VecDeque;
use std::time::Duration;

/// What a call may do when no permit is free. Callers that name the same policy share its queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Calls that may wait in this process; 0 refuses at once.
    pub max_waiting: usize,
    /// Longest wait; the call's own deadline may end it earlier.
    pub max_wait: Duration,
}

/// Which of the policies: its place in the list that the admission was made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyId(pub usize);

/// Names a waiting call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ticket(pub u64);

/// The answer to an offer.
#[derive(Debug, PartialEq, Eq)]
pub enum Offer<P> {
    /// The caller holds the permit and runs.
    Admitted(P),
    /// The queue owns the place until `next` or `expire` names the ticket, or the caller withdraws it.
    Waiting(Ticket),
    /// The caller is refused and keeps nothing.
    Refused,
}

#[derive(Clone, Copy, Debug)]
struct Waiter {
    policy: PolicyId,
    ticket: Ticket,
    expires: Duration,
}

/// The queues of one process.
#[derive(Debug)]
pub struct Admission {
    policies: Vec<Policy>,
    /// Oldest first, of all policies.
    waiting: VecDeque<Waiter>,
    next_ticket: u64,
    permits: usize,
    /// Running mean of how long an execution holds its permit.
    mean_seconds: f64,
}

/// Shortest and longest advice to come back.
const RETRY_BOUNDS: (f64, f64) = (0.05, 30.0);
/// Weight of the newest execution in the mean.
const NEWEST: f64 = 0.1;

impl Admission {
    /// `permits` is the number of executions at once on the node.
    pub fn new(permits: usize, policies: Vec<Policy>) -> Admission {
        Admission {
            policies,
            waiting: VecDeque::new(),
            next_ticket: 0,
            permits: permits.max(1),
            mean_seconds: RETRY_BOUNDS.0,
        }
    }

    /// A call arrives that must be answered by `deadline`. Nobody overtakes a waiting call of the same policy. A policy
    /// that is not in the list refuses.
    pub fn offer<P>(
        &mut self,
        id: PolicyId,
        now: Duration,
        deadline: Duration,
        try_permit: impl FnOnce() -> Option<P>,
    ) -> Offer<P> {
        let Some(&policy) = self.policies.get(id.0) else { return Offer::Refused };
        let queued = self.queued(id);
        if queued == 0
            && let Some(permit) = try_permit()
        {
            return Offer::Admitted(permit);
        }
        let expires = deadline.min(now.saturating_add(policy.max_wait));
        if queued >= policy.max_waiting || expires <= now {
            return Offer::Refused;
        }
        let ticket = Ticket(self.next_ticket);
        self.next_ticket += 1;
        self.waiting.push_back(Waiter { policy: id, ticket, expires });
        Offer::Waiting(ticket)
    }

    /// Whether a call that arrives now would be refused, as far as the queue tells: a policy without a queue can only
    /// be asked by an offer.
    pub fn is_full(&self, id: PolicyId) -> bool {
        self.policies
            .get(id.0)
            .is_some_and(|policy| policy.max_waiting > 0 && self.queued(id) >= policy.max_waiting)
    }

    fn queued(&self, id: PolicyId) -> usize {
        self.waiting.iter().filter(|waiter| waiter.policy == id).count()
    }

    /// The longest waiting call that is still in time, if there is a permit for it. Call again until `None`.
    pub fn next<P>(&mut self, now: Duration, try_permit: impl FnOnce() -> Option<P>) -> Option<(Ticket, P)> {
        let position = self.waiting.iter().position(|waiter| waiter.expires > now)?;
        let permit = try_permit()?;
        let waiter = self.waiting.remove(position)?;
        Some((waiter.ticket, permit))
    }

    /// Takes out every call that has waited too long; the caller refuses them.
    pub fn expire(&mut self, now: Duration) -> Vec<Ticket> {
        let mut expired = Vec::new();
        self.waiting.retain(|waiter| {
            let late = waiter.expires <= now;
            if late {
                expired.push(waiter.ticket);
            }
            !late
        });
        expired
    }

    /// The client of a waiting call went away. False if the ticket no longer waits.
    pub fn withdraw(&mut self, ticket: Ticket) -> bool {
        let before = self.waiting.len();
        self.waiting.retain(|waiter| waiter.ticket != ticket);
        self.waiting.len() < before
    }

    /// When `expire` next has something to do.
    pub fn wake_at(&self) -> Option<Duration> {
        self.waiting.iter().map(|waiter| waiter.expires).min()
    }

    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// An execution has given its permit back after holding it for `took`.
    pub fn finished(&mut self, took: Duration) {
        self.mean_seconds += NEWEST * (took.as_secs_f64() - self.mean_seconds);
    }

    /// Advice for a refused caller: when a permit is likely to be free for it, given who waits already.
    pub fn retry_after(&self) -> Duration {
        let ahead = (self.waiting.len() + 1) as f64;
        let seconds = self.mean_seconds * ahead / self.permits as f64;
        Duration::from_secs_f64(seconds.clamp(RETRY_BOUNDS.0, RETRY_BOUNDS.1))
    }
}

/// `Retry-After` speaks whole seconds, at least one.
pub fn retry_after_seconds(advice: Duration) -> u64 {
    (advice.as_millis().div_ceil(1000) as u64).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    /// The policies of `two_waiting`: a queue of two, a queue of one, and none.
    const QUEUE: PolicyId = PolicyId(0);
    const OTHER: PolicyId = PolicyId(1);
    const REFUSE: PolicyId = PolicyId(2);

    fn two_waiting() -> Admission {
        let policy = |max_waiting| Policy { max_waiting, max_wait: at(1_000) };
        Admission::new(1, vec![policy(2), policy(1), policy(0)])
    }

    const NONE: fn() -> Option<()> = || None;
    const FREE: fn() -> Option<()> = || Some(());
    const LATE: Duration = Duration::from_secs(55);

    #[test]
    fn a_free_permit_admits_and_a_full_node_queues_then_refuses() {
        let mut admission = two_waiting();
        assert_eq!(admission.offer(QUEUE, at(0), LATE, FREE), Offer::Admitted(()));
        assert_eq!(admission.offer(QUEUE, at(1), LATE, NONE), Offer::Waiting(Ticket(0)));
        assert_eq!(admission.offer(QUEUE, at(2), LATE, NONE), Offer::Waiting(Ticket(1)));
        assert_eq!(admission.offer(QUEUE, at(3), LATE, NONE), Offer::Refused);
    }

    #[test]
    fn without_a_queue_nobody_waits() {
        let mut admission = two_waiting();
        assert_eq!(admission.offer(REFUSE, at(0), LATE, NONE), Offer::Refused);
        assert_eq!(admission.offer(REFUSE, at(0), LATE, FREE), Offer::Admitted(()));
        assert_eq!(admission.waiting(), 0);
        assert!(!admission.is_full(REFUSE), "only an offer can tell");
        assert_eq!(admission.offer(PolicyId(9), at(0), LATE, FREE), Offer::Refused);
    }

    #[test]
    fn every_policy_has_a_queue_of_its_own() {
        let mut admission = two_waiting();
        assert_eq!(admission.offer(QUEUE, at(0), LATE, NONE), Offer::Waiting(Ticket(0)));
        assert_eq!(admission.offer(OTHER, at(1), LATE, NONE), Offer::Waiting(Ticket(1)));
        assert_eq!(admission.offer(OTHER, at(2), LATE, NONE), Offer::Refused);
        assert!(admission.is_full(OTHER) && !admission.is_full(QUEUE));
        assert_eq!(admission.next(at(3), FREE), Some((Ticket(0), ())), "the oldest of all comes first");
    }

    #[test]
    fn newcomers_do_not_overtake() {
        let mut admission = two_waiting();
        assert_eq!(admission.offer(QUEUE, at(0), LATE, NONE), Offer::Waiting(Ticket(0)));
        let asked = std::cell::Cell::new(false);
        let offer = admission.offer(QUEUE, at(1), LATE, || {
            asked.set(true);
            Some(())
        });
        assert_eq!(offer, Offer::Waiting(Ticket(1)));
        assert!(!asked.get(), "a permit was taken past a waiting request");
        assert_eq!(admission.next(at(2), FREE), Some((Ticket(0), ())));
        assert_eq!(admission.next(at(2), FREE), Some((Ticket(1), ())));
        assert_eq!(admission.next(at(2), FREE), None);
    }

    #[test]
    fn a_table_of_times() {
        // (time, who expires, when the machine wants to be woken next)
        let mut admission = two_waiting();
        admission.offer(QUEUE, at(0), at(300), NONE);
        admission.offer(QUEUE, at(100), LATE, NONE);
        let table = [
            (0, vec![], Some(300)),
            (299, vec![], Some(300)),
            (300, vec![Ticket(0)], Some(1_100)),
            (1_099, vec![], Some(1_100)),
            (1_100, vec![Ticket(1)], None),
        ];
        for (time, expired, wake) in table {
            assert_eq!(admission.expire(at(time)), expired, "at {time}");
            assert_eq!(admission.wake_at(), wake.map(at), "at {time}");
        }
    }

    #[test]
    fn an_expired_request_gets_no_permit_even_before_it_is_told() {
        let mut admission = two_waiting();
        admission.offer(QUEUE, at(0), at(10), NONE);
        admission.offer(QUEUE, at(0), LATE, NONE);
        assert_eq!(admission.next(at(10), FREE), Some((Ticket(1), ())));
        assert_eq!(admission.expire(at(10)), vec![Ticket(0)]);
    }

    #[test]
    fn a_request_past_its_deadline_is_refused_and_a_withdrawn_one_forgotten() {
        let mut admission = two_waiting();
        assert_eq!(admission.offer(QUEUE, at(10), at(10), NONE), Offer::Refused);
        assert_eq!(admission.offer(QUEUE, at(10), LATE, NONE), Offer::Waiting(Ticket(0)));
        assert!(admission.withdraw(Ticket(0)));
        assert!(!admission.withdraw(Ticket(0)));
        assert_eq!(admission.next(at(11), FREE), None);
    }

    #[test]
    fn advice_grows_with_the_queue_and_the_executions() {
        let mut admission = Admission::new(2, vec![Policy { max_waiting: 8, max_wait: at(1_000) }]);
        let idle = admission.retry_after();
        for _ in 0..200 {
            admission.finished(Duration::from_secs(4));
        }
        let busy = admission.retry_after();
        assert!(idle < busy && busy <= Duration::from_secs(2));
        admission.offer(QUEUE, at(0), LATE, NONE);
        assert!(admission.retry_after() > busy);
        assert_eq!(retry_after_seconds(at(50)), 1);
        assert_eq!(retry_after_seconds(at(1_001)), 2);
    }
}
