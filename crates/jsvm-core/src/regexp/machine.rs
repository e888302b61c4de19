//! Runs the instructions of a pattern over a text.
//!
//! The one rule: no native recursion, and every step is counted; whoever
//! watches is asked every few thousand of them, and may end the match.

use super::{
    folding::Folding,
    memory::Memory,
    program::{Address, Look, NO_CHOICE, Op, Program, Run, Split, Turn},
    set::Members,
    text::{Reader, Text},
};

/// A place that was not noted.
pub(super) const UNSET: u32 = u32::MAX;

/// What a match has cost so far.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Work {
    /// Steps that nothing bounds but the limit.
    pub(crate) steps: u64,
    /// Bytes that the match holds.
    pub(crate) bytes: u64,
}

/// Asked now and then whether a match may go on.
pub(crate) type Watch<'a, E> = &'a mut dyn FnMut(Work) -> Result<(), E>;

/// How often the watch is asked.
const STEPS: u64 = 8192;

/// What to do when a way turns out to be wrong, last first.
enum Frame {
    /// Go on there.
    Branch { pc: Address, pos: u32 },
    /// Put back what was noted.
    Slot { slot: u32, old: u32 },
    /// One character less of a run.
    Less { pc: Address, least: u32, pos: u32 },
    /// One character more of a run.
    More { pc: Address, pos: u32, left: u32 },
    /// A look around that must match did not.
    Fence { pos: u32 },
}

/// What came of one instruction.
enum Flow {
    On,
    Fail,
    Found,
}

/// One search.
pub(super) struct Machine<'a, T, E, const PAIRS: bool> {
    pub(super) reader: Reader<T, PAIRS>,
    is_unicode: bool,
    program: &'a Program,
    watch: Watch<'a, E>,
    pub(super) slots: Vec<u32>,
    stack: Vec<Frame>,
    fences: Vec<usize>,
    memory: Option<Memory>,
    pc: Address,
    pos: u32,
    /// How many steps altogether before it gives up.
    most: u64,
    /// Since the watch was asked last.
    steps: u64,
    /// Until then.
    counted: u64,
}

impl<'a, T: Text, E, const PAIRS: bool> Machine<'a, T, E, PAIRS> {
    pub(super) fn new(
        reader: Reader<T, PAIRS>,
        program: &'a Program,
        is_unicode: bool,
        memory: Option<Memory>,
        most: u64,
        watch: Watch<'a, E>,
    ) -> Self {
        Self {
            reader,
            is_unicode,
            program,
            watch,
            slots: vec![UNSET; program.slots as usize],
            stack: Vec::new(),
            fences: vec![0; program.fences as usize],
            memory,
            pc: 0,
            pos: 0,
            most,
            steps: 0,
            counted: 0,
        }
    }

    /// Whether there is a match that starts exactly here; `None` if it gives up.
    pub(super) fn attempt(&mut self, start: u32) -> Result<Option<bool>, E> {
        (self.pc, self.pos) = (0, start);
        self.slots[0] = start;
        let program = self.program;
        loop {
            self.spend(1)?;
            // Zero means that the watch was asked just now.
            if self.steps == 0 && self.gives_up() {
                return Ok(None);
            }
            let op = &program.ops[self.pc as usize];
            self.pc += 1;
            match self.step(op) {
                Flow::On => {}
                Flow::Fail => {
                    if !self.go_back()? {
                        return Ok(Some(false));
                    }
                    if self.gives_up() {
                        return Ok(None);
                    }
                }
                Flow::Found => {
                    self.slots[1] = self.pos;
                    return Ok(Some(true));
                }
            }
        }
    }

    /// Whether it took more steps than it may.
    pub(super) fn gives_up(&self) -> bool {
        self.counted + self.steps > self.most
    }

    #[inline]
    pub(super) fn spend(&mut self, steps: u64) -> Result<(), E> {
        self.steps += steps;
        if self.steps < STEPS {
            return Ok(());
        }
        self.ask()
    }

    #[cold]
    fn ask(&mut self) -> Result<(), E> {
        self.counted += std::mem::take(&mut self.steps);
        let bytes = self.stack.capacity() * size_of::<Frame>();
        let memory = self.memory.as_ref().map_or(0, Memory::bytes);
        // What is remembered is tried once only: that has an end of its own.
        let is_remembered = self.memory.is_some() && self.program.fences == 0;
        let is_bounded = is_remembered || self.most < u64::MAX;
        (self.watch)(Work {
            steps: if is_bounded { 0 } else { self.counted },
            bytes: (bytes + memory) as u64,
        })
    }

    /// One instruction; the next one is taken for granted until it says else.
    #[inline]
    fn step(&mut self, op: &Op) -> Flow {
        match op {
            Op::Char { character, back } => self.take(*back, |found| found == *character),
            Op::Set { set, back } => {
                let set = self.set(*set);
                self.take(*back, |found| set.contains(found))
            }
            Op::Run(run) => self.run(*run),
            Op::Jump(to) => self.jump(*to),
            Op::Split(split) => self.split(*split),
            Op::Save(slot) => self.note(*slot, self.pos),
            Op::Count(slot) => self.note(*slot, 0),
            Op::Clear { from, to } => (*from..*to).fold(Flow::On, |_, slot| self.note(slot, UNSET)),
            Op::Turn(turn) => self.turn(*turn),
            Op::Next { count, turn } => {
                self.note(*count, self.slots[*count as usize] + 1);
                self.jump(*turn)
            }
            Op::Look(look) => self.look(*look),
            Op::LookEnd { negative, fence } => self.look_end(*negative, *fence),
            Op::Match => Flow::Found,
            other if self.holds(other) => Flow::On,
            _ => Flow::Fail,
        }
    }

    fn jump(&mut self, to: Address) -> Flow {
        self.pc = to;
        Flow::On
    }

    fn split(&mut self, split: Split) -> Flow {
        if split.choice != NO_CHOICE && !self.is_new(split.choice) {
            return Flow::Fail;
        }
        let (pc, pos) = (split.second, self.pos);
        self.stack.push(Frame::Branch { pc, pos });
        self.jump(split.first)
    }

    fn look(&mut self, look: Look) -> Flow {
        self.fences[look.fence as usize] = self.stack.len();
        let (pc, pos) = (look.end, self.pos);
        self.stack.push(if look.negative {
            Frame::Branch { pc, pos }
        } else {
            Frame::Fence { pos }
        });
        Flow::On
    }

    fn look_end(&mut self, negative: bool, fence: u32) -> Flow {
        let height = self.fences[fence as usize];
        if negative {
            self.undo(height);
            return Flow::Fail;
        }
        self.keep(height);
        Flow::On
    }

    /// What is only asked, and references.
    fn holds(&mut self, op: &Op) -> bool {
        let pos = self.pos;
        match op {
            Op::Start { multiline } => pos == 0 || (*multiline && self.is_line_end(pos - 1)),
            Op::End { multiline } => {
                pos == self.reader.len || (*multiline && self.is_line_end(pos))
            }
            Op::Boundary { negative, word } => {
                let set = self.set(*word);
                let is_word = |at: Option<u32>| {
                    at.and_then(|at| self.reader.unit(at))
                        .is_some_and(|unit| set.contains(unit))
                };
                (is_word(pos.checked_sub(1)) != is_word(Some(pos))) != *negative
            }
            Op::Progress { since, turns } => {
                let may_stand = turns.is_some_and(|(count, min)| self.slots[count as usize] < min);
                may_stand || self.slots[*since as usize] != pos
            }
            Op::Back {
                groups,
                ignore_case,
                back,
            } => {
                let text = groups.iter().find_map(|&group| self.group(group));
                text.is_none_or(|text| self.repeats(text, *ignore_case, *back))
            }
            _ => true,
        }
    }

    fn set(&self, set: u32) -> &'a Members {
        let program: &'a Program = self.program;
        &program.sets[set as usize]
    }

    fn is_line_end(&self, at: u32) -> bool {
        matches!(self.reader.unit(at), Some(0x0A | 0x0D | 0x2028 | 0x2029))
    }

    /// Where a group starts and ends.
    pub(super) fn group(&self, group: u32) -> Option<(u32, u32)> {
        let at = 2 * group as usize;
        let (start, end) = (*self.slots.get(at)?, *self.slots.get(at + 1)?);
        (start != UNSET && end != UNSET).then_some((start, end))
    }

    fn take(&mut self, back: bool, fits: impl Fn(u32) -> bool) -> Flow {
        let next = if back {
            self.reader.before(self.pos, 0)
        } else {
            self.reader.after(self.pos)
        };
        match next {
            Some((found, pos)) if fits(found) => {
                self.pos = pos;
                Flow::On
            }
            _ => Flow::Fail,
        }
    }

    fn note(&mut self, slot: u32, value: u32) -> Flow {
        // Many notes in one step are as many steps.
        self.steps += 1;
        let old = std::mem::replace(&mut self.slots[slot as usize], value);
        self.stack.push(Frame::Slot { slot, old });
        Flow::On
    }

    /// Whether a choice was not tried here before.
    fn is_new(&mut self, choice: u32) -> bool {
        let (program, slots, pos) = (self.program, &self.slots, self.pos);
        let Some(memory) = &mut self.memory else {
            return true;
        };
        let loops = program.choices[choice as usize].iter();
        let state = loops.fold(0, |state, &since| {
            2 * state + usize::from(slots[since as usize] != pos)
        });
        memory.insert(choice, state, pos)
    }

    fn turn(&mut self, turn: Turn) -> Flow {
        let turns = self.slots[turn.count as usize];
        let (inside, pos) = (self.pc, self.pos);
        if turns < turn.min {
            return Flow::On;
        }
        if turns >= turn.max {
            return self.jump(turn.end);
        }
        let (now, later) = if turn.greedy {
            (inside, turn.end)
        } else {
            (turn.end, inside)
        };
        self.stack.push(Frame::Branch { pc: later, pos });
        self.jump(now)
    }

    /// A set several times: all at once, and what is left to try in one frame.
    fn run(&mut self, run: Run) -> Flow {
        let members = self.set(run.set);
        let (mut pos, mut count, mut least) = (self.pos, 0, self.pos);
        let most = if run.greedy { run.max } else { run.min };
        while count < most {
            match self.reader.after(pos) {
                Some((found, next)) if members.contains(found) => pos = next,
                _ => break,
            }
            count += 1;
            if count == run.min {
                least = pos;
            }
        }
        self.steps += u64::from(count);
        if count < run.min {
            return Flow::Fail;
        }
        let pc = self.pc;
        if run.greedy && pos > least {
            self.stack.push(Frame::Less { pc, least, pos });
        } else if !run.greedy && run.min < run.max {
            let left = run.max - run.min;
            self.stack.push(Frame::More { pc, pos, left });
        }
        self.pos = pos;
        Flow::On
    }

    /// Whether the text of a group comes again.
    fn repeats(&mut self, (start, end): (u32, u32), ignore_case: bool, back: bool) -> bool {
        let reader = self.reader;
        let (mut at, mut pos) = if back {
            (end, self.pos)
        } else {
            (start, self.pos)
        };
        self.steps += u64::from(end - start);
        while if back { at > start } else { at < end } {
            let (wanted, found) = if back {
                (reader.before(at, start), reader.before(pos, 0))
            } else {
                (reader.after(at), reader.after(pos))
            };
            let (Some(wanted), Some(found)) = (wanted, found) else {
                return false;
            };
            let is_same = wanted.0 == found.0
                || (ignore_case && {
                    let folding = Folding::of(self.is_unicode);
                    folding.canonical(wanted.0) == folding.canonical(found.0)
                });
            if !is_same {
                return false;
            }
            (at, pos) = (wanted.1, found.1);
        }
        self.pos = pos;
        true
    }

    /// Undoes down to the last choice and takes its next way.
    fn go_back(&mut self) -> Result<bool, E> {
        loop {
            self.spend(1)?;
            match self.stack.pop() {
                None => return Ok(false),
                Some(Frame::Slot { slot, old }) => self.slots[slot as usize] = old,
                Some(Frame::Fence { .. }) => {}
                Some(Frame::Branch { pc, pos }) => {
                    (self.pc, self.pos) = (pc, pos);
                    return Ok(true);
                }
                Some(Frame::Less { pc, least, pos }) => {
                    if self.less(pc, least, pos) {
                        return Ok(true);
                    }
                }
                Some(Frame::More { pc, pos, left }) => {
                    if self.more(pc, pos, left) {
                        return Ok(true);
                    }
                }
            }
        }
    }

    fn less(&mut self, pc: Address, least: u32, mut pos: u32) -> bool {
        // Most places are not worth to go on: the next character is wrong.
        let wanted = match self.program.ops[pc as usize] {
            Op::Char {
                character,
                back: false,
            } if character < 0xD800 => Some(character),
            _ => None,
        };
        while let Some((_, before)) = self.reader.before(pos, least) {
            self.steps += 1;
            pos = before;
            if wanted.is_none() || self.reader.unit(pos) == wanted {
                if pos > least {
                    self.stack.push(Frame::Less { pc, least, pos });
                }
                (self.pc, self.pos) = (pc, pos);
                return true;
            }
        }
        false
    }

    fn more(&mut self, pc: Address, pos: u32, left: u32) -> bool {
        // The instruction in front of the next one.
        let Op::Run(Run { set, .. }) = self.program.ops[pc as usize - 1] else {
            return false;
        };
        match self.reader.after(pos) {
            Some((found, pos)) if self.set(set).contains(found) => {
                if left > 1 {
                    // Without an end, it is the text that has one.
                    self.stack.push(Frame::More {
                        pc,
                        pos,
                        left: left - 1,
                    });
                }
                (self.pc, self.pos) = (pc, pos);
                true
            }
            _ => false,
        }
    }

    /// Takes back everything from a frame on.
    fn undo(&mut self, height: usize) {
        for frame in self.stack.drain(height..).rev() {
            if let Frame::Slot { slot, old } = frame {
                self.slots[slot as usize] = old;
            }
        }
    }

    /// Ends a look around that matched: no other way in it will be tried, but
    /// what it noted can still be put back.
    fn keep(&mut self, height: usize) {
        if let Some(Frame::Fence { pos }) = self.stack.get(height) {
            self.pos = *pos;
        }
        let mut kept = height;
        for at in height..self.stack.len() {
            if matches!(self.stack[at], Frame::Slot { .. }) {
                self.stack.swap(kept, at);
                kept += 1;
            }
        }
        self.stack.truncate(kept);
    }
}
