//! Who may warm up, and when.
//!
//! One rule: one worker at a time, and nobody any more once a warm-up has cost
//! a thread or a worker, until it is asked for again; so that what cannot be
//! warmed up takes one thread at most. It does not know what warming up is.

/// The turns that workers take.
#[derive(Default)]
pub(crate) struct Warming {
    /// How often it was asked for.
    asked: u64,
    /// Whether a worker has its turn.
    is_taken: bool,
    is_off: bool,
}

/// How a turn ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum TurnEnd {
    /// The worker is done, or has something better to do.
    Well,
    /// The worker or its thread was lost.
    Lost,
}

impl Warming {
    pub(crate) fn ask(&mut self) {
        self.asked += 1;
        self.is_off = false;
    }

    /// Begins the turn of a worker that has warmed up for `done` of the
    /// askings; returns for how many it will have, if it may begin.
    pub(crate) fn begin(&mut self, done: u64) -> Option<u64> {
        if self.is_taken || self.is_off || done == self.asked {
            return None;
        }
        self.is_taken = true;
        Some(self.asked)
    }

    pub(crate) fn end(&mut self, end: TurnEnd) {
        self.is_taken = false;
        self.is_off |= end == TurnEnd::Lost;
    }

    pub(crate) fn is_taken(&self) -> bool {
        self.is_taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_worker_at_a_time_warms_up_once_for_each_asking() {
        let mut warming = Warming::default();
        assert_eq!(warming.begin(0), None);
        warming.ask();
        assert_eq!(warming.begin(0), Some(1));
        assert_eq!(warming.begin(0), None);
        warming.end(TurnEnd::Well);
        assert_eq!(warming.begin(1), None);
        assert_eq!(warming.begin(0), Some(1));
    }

    #[test]
    fn after_a_loss_nobody_warms_up_until_it_is_asked_for_again() {
        let mut warming = Warming::default();
        warming.ask();
        warming.begin(0);
        warming.end(TurnEnd::Lost);
        assert_eq!(warming.begin(0), None);
        warming.ask();
        assert_eq!(warming.begin(0), Some(2));
    }
}
