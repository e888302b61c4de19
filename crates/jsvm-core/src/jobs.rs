//! Promise jobs: a queue that obeys the limits.
//!
//! The one rule: what is left of one execution never runs in the next. Jobs of
//! any other kind (timers, asynchronous host work) do not exist for scripts.

use crate::{error::LimitHit, execution::Execution};
use boa_engine::{
    Context, JsResult,
    job::{Job, JobExecutor},
};
use std::{cell::RefCell, collections::VecDeque, rc::Rc};

pub(crate) struct Jobs {
    execution: Execution,
    queue: RefCell<VecDeque<Job>>,
}

impl Jobs {
    pub(crate) fn new(execution: &Execution) -> Rc<Self> {
        Rc::new(Self {
            execution: execution.clone(),
            queue: RefCell::default(),
        })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.queue.borrow().is_empty()
    }

    /// Forgets what is left.
    pub(crate) fn clear(&self) {
        // Taken out first: dropping a job may look at the queue.
        drop(std::mem::take(&mut *self.queue.borrow_mut()));
    }

    fn next(&self) -> Option<Job> {
        self.queue.borrow_mut().pop_front()
    }
}

impl JobExecutor for Jobs {
    fn enqueue_job(self: Rc<Self>, job: Job, _: &mut Context) {
        let limit = self.execution.limits().pending_jobs;
        if self.queue.borrow().len() >= limit {
            // It cannot fail here; the next check ends the script.
            self.execution.end(LimitHit::PendingJobs(limit));
        } else if matches!(job, Job::PromiseJob(_) | Job::GenericJob(_)) {
            self.queue.borrow_mut().push_back(job);
        }
    }

    fn run_jobs(self: Rc<Self>, context: &mut Context) -> JsResult<()> {
        // An engine error behind an `await` is swallowed: ask the limits too.
        while self.execution.check().is_ok() {
            match self.next() {
                Some(Job::PromiseJob(job)) => job.call(context)?,
                Some(Job::GenericJob(job)) => job.call(context)?,
                _ => break,
            };
        }
        Ok(())
    }
}
