//! The system's name of a thread, by which it can be made to run last.
//!
//! One rule: it is best effort; where the system offers nothing, nothing
//! happens. This module does not know why a thread should run last.

pub(crate) use imp::Thread;

#[cfg(target_os = "linux")]
mod imp {
    use rustix::{process::setpriority_process, thread::gettid};

    /// A thread of this process, as Linux knows it.
    #[derive(Clone, Copy)]
    pub(crate) struct Thread(rustix::thread::Pid);

    impl Thread {
        pub(crate) fn current() -> Self {
            Self(gettid())
        }

        /// Gives the thread the least weight that its class has. Call it only
        /// while the thread lives: its number is given again.
        ///
        /// On Linux a priority belongs to a thread, whatever POSIX says.
        pub(crate) fn run_last(self) {
            // A refusal leaves the thread as it was; nothing depends on it.
            let _ = setpriority_process(Some(self.0), 19);
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod imp {
    /// A thread whose system offers no safe way to lower its priority.
    #[derive(Clone, Copy)]
    pub(crate) struct Thread;

    impl Thread {
        pub(crate) fn current() -> Self {
            Self
        }

        pub(crate) fn run_last(self) {}
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::{sync::mpsc, thread};

    use rustix::{process::getpriority_process, thread::gettid};

    use super::*;

    #[test]
    fn only_the_thread_that_is_named_runs_last() {
        let (tell, told) = mpsc::channel();
        let (release, released) = mpsc::channel::<()>();
        let other = thread::spawn(move || {
            tell.send(Thread::current()).unwrap();
            released.recv().unwrap();
            getpriority_process(Some(gettid())).unwrap()
        });
        told.recv().unwrap().run_last();
        release.send(()).unwrap();
        assert_eq!(other.join().unwrap(), 19);
        assert!(getpriority_process(Some(gettid())).unwrap() < 19);
    }
}
