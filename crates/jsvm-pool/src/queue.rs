//! Where jobs wait for a worker.
//!
//! One rule: a job that may run is never left waiting while a worker sleeps,
//! and jobs start in the order in which they came, except that those of a key
//! which runs as often as it may wait in place and let others pass. The queue
//! does not know what its items are, nor who takes them.
//!
//! A worker without a job first looks at `changes` for a while and then
//! sleeps. It counts itself in either way under the lock, so that whoever
//! brings a job knows whether someone must be woken for it.

use std::{
    collections::{HashMap, VecDeque},
    mem,
    num::NonZeroUsize,
    time::Instant,
};

use crate::{
    call::Key,
    spin::Spin,
    sync::{AtomicUsize, Condvar, Mutex, MutexGuard, Ordering, lock, wait, wait_for},
    warming::{TurnEnd, Warming},
};

/// What can wait in a queue.
pub(crate) trait Item {
    /// What it is counted and capped by.
    fn key(&self) -> Option<&Key>;
}

/// How much may wait and run.
pub(crate) struct Bounds {
    /// Items that may wait, beside those that an idle worker is about to take.
    pub(crate) waiting: usize,
    /// Items of one key that may run at once.
    pub(crate) per_key: Option<NonZeroUsize>,
    /// Items that may be taken in beyond the first bound at once.
    pub(crate) extra: usize,
}

pub(crate) struct Queue<T> {
    bounds: Bounds,
    /// Changed after each push: what spinning workers look at.
    changes: Apart<AtomicUsize>,
    state: Mutex<State<T>>,
    /// For workers that sleep.
    work: Condvar,
    /// For callers that wait to push.
    room: Condvar,
}

/// Keeps what spinners look at off the line that the lock is on.
#[repr(align(128))]
struct Apart<T>(T);

/// What a worker gets that waits for an item.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Taken<T> {
    Item(T),
    /// Nothing waits: the worker may warm up, and has then done so for so many
    /// of the askings. Tell [`end_warm_up`](Queue::end_warm_up) at the end.
    Time(u64),
}

/// An item that was not taken in.
#[derive(Debug)]
pub(crate) enum Refused<T> {
    Full(T),
    Closed(T),
}

impl<T: Item> Queue<T> {
    pub(crate) fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            changes: Apart(AtomicUsize::new(0)),
            state: Mutex::new(State::new()),
            work: Condvar::new(),
            room: Condvar::new(),
        }
    }

    /// Adds an item. Returns whether it has no worker to wait for it.
    pub(crate) fn push(&self, item: T) -> Result<bool, Refused<T>> {
        let state = lock(&self.state);
        if !state.is_open {
            return Err(Refused::Closed(item));
        }
        if !state.has_room(&item, &self.bounds) {
            return Err(Refused::Full(item));
        }
        Ok(self.admit(state, item))
    }

    /// As [`push`](Self::push), but waits for room until `end`.
    pub(crate) fn push_until(&self, item: T, end: Instant) -> Result<bool, Refused<T>> {
        let mut state = lock(&self.state);
        while state.is_open && !state.has_room(&item, &self.bounds) {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(Refused::Full(item));
            }
            state.pushers += 1;
            state = wait_for(&self.room, state, left);
            state.pushers -= 1;
        }
        if !state.is_open {
            return Err(Refused::Closed(item));
        }
        Ok(self.admit(state, item))
    }

    /// Adds an item though there is no room, as one of the extra ones. Each
    /// is asked for in [`take_extra`](Self::take_extra), and makes room for
    /// another when [`end_extra`](Self::end_extra) is called.
    pub(crate) fn push_extra(&self, item: T) -> Result<bool, Refused<T>> {
        let mut state = lock(&self.state);
        if !state.is_open {
            return Err(Refused::Closed(item));
        }
        if state.extra >= self.bounds.extra {
            return Err(Refused::Full(item));
        }
        state.extra += 1;
        state.wanted += 1;
        Ok(self.admit(state, item))
    }

    /// How many extra workers were asked for since the last call.
    pub(crate) fn take_extra(&self) -> usize {
        mem::take(&mut lock(&self.state).wanted)
    }

    /// Asks for an extra worker again, because it could not be had.
    pub(crate) fn want_extra(&self) {
        lock(&self.state).wanted += 1;
    }

    /// Tells that an extra worker has ended.
    pub(crate) fn end_extra(&self) {
        lock(&self.state).extra -= 1;
    }

    /// The next item, once there is one, or time to warm up for a worker that
    /// has done so for `warmed` of the askings. Nothing if the queue is closed
    /// and empty, or if the worker that asks is told to leave.
    ///
    /// Tell [`end`](Self::end) when an item with a key has run.
    pub(crate) fn take(
        &self,
        spin: &Spin,
        is_leaving: impl Fn() -> bool,
        warmed: u64,
    ) -> Option<Taken<T>> {
        let mut state = lock(&self.state);
        if let Some(taken) = self.take_now(&mut state, &is_leaving, warmed) {
            return taken;
        }
        let since = Instant::now();
        let mut is_sleepy = false;
        loop {
            // An idle worker is room, if the queue has none.
            if state.pushers > 0 {
                self.room.notify_all();
            }
            state = if is_sleepy {
                self.sleep(state)
            } else {
                let found;
                (state, found) = self.spin(state, spin, since);
                is_sleepy = !found;
                state
            };
            if let Some(taken) = self.take_now(&mut state, &is_leaving, warmed) {
                spin.learn(since);
                return taken;
            }
        }
    }

    /// What [`take`](Self::take) returns without waiting, if anything.
    fn take_now(
        &self,
        state: &mut MutexGuard<'_, State<T>>,
        is_leaving: impl Fn() -> bool,
        warmed: u64,
    ) -> Option<Option<Taken<T>>> {
        if is_leaving() {
            // The wake that it got may have been meant for a job.
            if state.wake_one() {
                self.work.notify_one();
            }
            return Some(None);
        }
        if let Some(item) = self.pop(state) {
            return Some(Some(Taken::Item(item)));
        }
        if state.is_drained() {
            return Some(None);
        }
        let askings = state.warming.begin(warmed)?;
        // As an idle worker, one that warms up is room.
        if state.pushers > 0 {
            self.room.notify_all();
        }
        Some(Some(Taken::Time(askings)))
    }

    /// Has each worker warm up once more, one after the other, when it has
    /// nothing else to do.
    pub(crate) fn ask_to_warm_up(&self) {
        lock(&self.state).warming.ask();
        self.wake_all();
    }

    /// Whether a worker that warms up may go on: nothing waits for it.
    pub(crate) fn may_warm_up(&self) -> bool {
        let state = lock(&self.state);
        state.is_open && state.ready.is_empty()
    }

    /// Tells that a worker does not warm up any more.
    pub(crate) fn end_warm_up(&self, end: TurnEnd) {
        lock(&self.state).warming.end(end);
        // It is the turn of another one.
        self.wake_all();
    }

    fn spin<'a>(
        &'a self,
        mut state: MutexGuard<'a, State<T>>,
        spin: &Spin,
        since: Instant,
    ) -> (MutexGuard<'a, State<T>>, bool) {
        let seen = self.changes.0.load(Ordering::Acquire);
        state.spinning += 1;
        drop(state);
        let found = spin.until(since, || self.changes.0.load(Ordering::Acquire) != seen);
        let mut state = lock(&self.state);
        state.spinning -= 1;
        (state, found)
    }

    fn sleep<'a>(&'a self, mut state: MutexGuard<'a, State<T>>) -> MutexGuard<'a, State<T>> {
        state.sleeping += 1;
        let mut state = wait(&self.work, state);
        state.sleeping -= 1;
        state.waking = state.waking.saturating_sub(1);
        state
    }

    /// The next item, if there is one.
    pub(crate) fn try_take(&self) -> Option<T> {
        self.pop(&mut lock(&self.state))
    }

    /// Puts an item that was taken back to the front.
    pub(crate) fn restore(&self, item: T) {
        let mut state = lock(&self.state);
        if let Some(count) = item.key().and_then(|key| state.keys.get_mut(key)) {
            count.running -= 1;
        }
        state.ready.push_front(Entry { number: 0, item });
        self.wake(state);
    }

    /// Tells that an item with this key has run, or never will.
    pub(crate) fn end(&self, key: &Key) {
        let mut state = lock(&self.state);
        if let Some(count) = state.keys.get_mut(key) {
            count.running -= 1;
        }
        state.release(key);
        self.wake(state);
    }

    /// Takes out the items that `is_gone` picks, in any order.
    pub(crate) fn extract(&self, mut is_gone: impl FnMut(&T) -> bool) -> Vec<T> {
        let mut state = lock(&self.state);
        let mut gone = state.extract_held(&mut is_gone);
        let ready = state.extract_ready(&mut is_gone);
        for key in ready.iter().filter_map(Item::key) {
            state.release(key);
        }
        gone.extend(ready);
        if !gone.is_empty() {
            self.room.notify_all();
            self.wake_if_drained(&state);
        }
        self.wake(state);
        gone
    }

    /// Takes in no more.
    pub(crate) fn close(&self) {
        lock(&self.state).is_open = false;
        self.room.notify_all();
        self.wake_all();
    }

    /// Has every worker look again whether it is to leave.
    pub(crate) fn wake_all(&self) {
        // Under the lock, so that it falls between no look and its sleep.
        let state = lock(&self.state);
        self.changes.0.fetch_add(1, Ordering::Release);
        self.work.notify_all();
        drop(state);
    }

    /// How many items wait.
    pub(crate) fn len(&self) -> usize {
        let state = lock(&self.state);
        state.ready.len() + state.held
    }

    /// How many workers wait for an item.
    pub(crate) fn idle(&self) -> usize {
        lock(&self.state).idle()
    }

    /// How many items wait though they may run, and have no worker coming.
    pub(crate) fn backlog(&self) -> usize {
        let state = lock(&self.state);
        state.ready.len().saturating_sub(state.idle())
    }

    /// The least number of workers that waited for an item since the last
    /// call.
    pub(crate) fn take_least_idle(&self) -> usize {
        let mut state = lock(&self.state);
        let idle = state.idle();
        mem::replace(&mut state.least_idle, idle)
    }

    /// How many items of each key run.
    pub(crate) fn running(&self) -> Vec<(Key, usize)> {
        let state = lock(&self.state);
        let running = state.keys.iter().filter(|(_, count)| count.running > 0);
        running
            .map(|(key, count)| (Key::clone(key), count.running))
            .collect()
    }

    fn admit(&self, mut state: MutexGuard<'_, State<T>>, item: T) -> bool {
        state.insert(item, self.bounds.per_key);
        let is_backlogged = state.ready.len() > state.idle();
        self.wake(state);
        is_backlogged
    }

    /// Sees to it that some worker comes for what is ready.
    fn wake(&self, mut state: MutexGuard<'_, State<T>>) {
        let must_wake = state.wake_one();
        drop(state);
        // After the lock is free, because the spinner takes it next.
        self.changes.0.fetch_add(1, Ordering::Release);
        if must_wake {
            self.work.notify_one();
        }
    }

    fn pop(&self, state: &mut State<T>) -> Option<T> {
        let item = state.ready.pop_front()?.item;
        if let Some(count) = item.key().and_then(|key| state.keys.get_mut(key)) {
            count.running += 1;
        }
        state.least_idle = state.least_idle.min(state.idle());
        if state.pushers > 0 {
            self.room.notify_all();
        }
        self.wake_if_drained(state);
        Some(item)
    }

    /// Once a closed queue is empty, every worker that waits is to leave.
    fn wake_if_drained(&self, state: &State<T>) {
        if state.is_drained() {
            self.changes.0.fetch_add(1, Ordering::Release);
            self.work.notify_all();
        }
    }
}

struct State<T> {
    is_open: bool,
    /// What may run, in the order of its numbers.
    ready: VecDeque<Entry<T>>,
    next_number: u64,
    keys: HashMap<Key, Count<T>>,
    /// How many items wait for others of their key.
    held: usize,
    spinning: usize,
    sleeping: usize,
    /// How many of those that sleep were woken.
    waking: usize,
    least_idle: usize,
    pushers: usize,
    extra: usize,
    wanted: usize,
    warming: Warming,
}

struct Entry<T> {
    number: u64,
    item: T,
}

/// The items of one key.
struct Count<T> {
    /// Those that run or are ready to; never more than may run.
    admitted: usize,
    running: usize,
    held: VecDeque<Entry<T>>,
}

impl<T> Default for Count<T> {
    fn default() -> Self {
        Self {
            admitted: 0,
            running: 0,
            held: VecDeque::new(),
        }
    }
}

impl<T: Item> State<T> {
    fn new() -> Self {
        Self {
            is_open: true,
            ready: VecDeque::new(),
            next_number: 1,
            keys: HashMap::new(),
            held: 0,
            spinning: 0,
            sleeping: 0,
            waking: 0,
            least_idle: 0,
            pushers: 0,
            extra: 0,
            wanted: 0,
            warming: Warming::default(),
        }
    }

    fn is_drained(&self) -> bool {
        !self.is_open && self.ready.is_empty() && self.held == 0
    }

    fn idle(&self) -> usize {
        self.spinning + self.sleeping + usize::from(self.warming.is_taken())
    }

    fn has_room(&self, item: &T, bounds: &Bounds) -> bool {
        let (ready, held) = if self.is_capped(item, bounds.per_key) {
            (self.ready.len(), self.held + 1)
        } else {
            (self.ready.len() + 1, self.held)
        };
        ready.saturating_sub(self.idle()) + held <= bounds.waiting
    }

    fn is_capped(&self, item: &T, cap: Option<NonZeroUsize>) -> bool {
        let count = item.key().and_then(|key| self.keys.get(key));
        let (Some(count), Some(cap)) = (count, cap) else {
            return false;
        };
        count.admitted >= cap.get()
    }

    fn insert(&mut self, item: T, cap: Option<NonZeroUsize>) {
        let is_capped = self.is_capped(&item, cap);
        let number = self.next_number;
        self.next_number += 1;
        let Some(key) = item.key().cloned() else {
            return self.ready.push_back(Entry { number, item });
        };
        let count = self.keys.entry(key).or_default();
        if is_capped {
            self.held += 1;
            count.held.push_back(Entry { number, item });
        } else {
            count.admitted += 1;
            self.ready.push_back(Entry { number, item });
        }
    }

    /// Lets the next item of a key take the place of one that is over.
    fn release(&mut self, key: &Key) {
        let Some(count) = self.keys.get_mut(key) else {
            return;
        };
        if let Some(next) = count.held.pop_front() {
            self.held -= 1;
            let before = |entry: &Entry<T>| entry.number < next.number;
            let place = self.ready.partition_point(before);
            return self.ready.insert(place, next);
        }
        count.admitted -= 1;
        if count.admitted == 0 {
            self.keys.remove(key);
        }
    }

    fn extract_ready(&mut self, is_gone: &mut impl FnMut(&T) -> bool) -> Vec<T> {
        take_where(&mut self.ready, is_gone)
    }

    fn extract_held(&mut self, is_gone: &mut impl FnMut(&T) -> bool) -> Vec<T> {
        let mut gone = Vec::new();
        for count in self.keys.values_mut() {
            gone.extend(take_where(&mut count.held, is_gone));
        }
        self.held -= gone.len();
        gone
    }

    /// Whether one more worker must be woken; if so, counts it as woken.
    fn wake_one(&mut self) -> bool {
        let must_wake =
            self.ready.len() > self.spinning + self.waking && self.sleeping > self.waking;
        self.waking += usize::from(must_wake);
        must_wake
    }
}

/// Takes out the items that `is_gone` picks; the others keep their order.
fn take_where<T>(entries: &mut VecDeque<Entry<T>>, is_gone: &mut impl FnMut(&T) -> bool) -> Vec<T> {
    let mut gone = Vec::new();
    for entry in mem::take(entries) {
        if is_gone(&entry.item) {
            gone.push(entry.item);
        } else {
            entries.push_back(entry);
        }
    }
    gone
}
