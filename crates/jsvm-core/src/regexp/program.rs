//! From the tree of a pattern to instructions for the machine.
//!
//! The one rule: the instructions try what the standard tries, in its order.
//! There are two forms of a program: the quick one, and the one without
//! counters whose every choice depends on the place in the text alone, so that
//! no choice has to be tried twice in the same place.

use super::{
    node::{NO_END, Node, Repeat},
    set::{Members, Set},
};
use std::{collections::HashMap, ops::Range, rc::Rc};

/// Where to go on in a program.
pub(super) type Address = u32;

/// One instruction. `back` reads the text from right to left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Op {
    /// One character.
    Char {
        character: u32,
        back: bool,
    },
    /// One character out of a set.
    Set {
        set: u32,
        back: bool,
    },
    Run(Run),
    Jump(Address),
    Split(Split),
    /// Notes the place.
    Save(u32),
    /// Notes zero.
    Count(u32),
    /// Forgets groups.
    Clear {
        from: u32,
        to: u32,
    },
    Start {
        multiline: bool,
    },
    End {
        multiline: bool,
    },
    Boundary {
        negative: bool,
        word: u32,
    },
    /// What one of the groups matched comes again.
    Back {
        groups: Rc<[u32]>,
        ignore_case: bool,
        back: bool,
    },
    /// Fails if nothing was taken since the place noted in `since`; where
    /// `turns` counts, only from `min` turns on.
    Progress {
        since: u32,
        turns: Option<(u32, u32)>,
    },
    Turn(Turn),
    /// Ends a turn.
    Next {
        count: u32,
        turn: Address,
    },
    Look(Look),
    LookEnd {
        negative: bool,
        fence: u32,
    },
    Match,
}

/// A set several times, without a choice for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) set: u32,
    pub(super) min: u32,
    pub(super) max: u32,
    pub(super) greedy: bool,
}

/// Tries `first`, then `second`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Split {
    pub(super) first: Address,
    pub(super) second: Address,
    pub(super) choice: u32,
}

/// Another turn of a counted loop, or its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Turn {
    pub(super) count: u32,
    pub(super) min: u32,
    pub(super) max: u32,
    pub(super) greedy: bool,
    pub(super) end: Address,
}

/// Matches its body without moving on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Look {
    pub(super) negative: bool,
    pub(super) end: Address,
    /// Where the machine notes how much there was to undo.
    pub(super) fence: u32,
}

/// Instructions and what they need.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) ops: Vec<Op>,
    pub(super) sets: Vec<Members>,
    /// Places to note: two for each group, then those of loops.
    pub(super) slots: u32,
    /// Looks around that are in progress at most.
    pub(super) fences: u32,
    /// The places that each choice depends on, besides that in the text; no
    /// choice has one in the quick form.
    pub(super) choices: Vec<Vec<u32>>,
}

/// The most instructions of a program that is no longer than its pattern.
const MAX_OPS: usize = 8 << 20;
/// The most instructions of a program without counters.
const MAX_LINEAR_OPS: usize = 4000;
/// In how many loops that may turn without progress a choice may stand.
const MAX_LOOPS: usize = 4;

impl Program {
    /// The quick form.
    pub(super) fn quick(node: &Node, groups: u32) -> Option<Self> {
        Compiler::new(groups, false).finish(node)
    }

    /// The form that remembers; `None` if the pattern does not allow it.
    pub(super) fn linear(node: &Node, groups: u32) -> Option<Self> {
        if node.has_references() {
            return None;
        }
        Compiler::new(groups, true).finish(node)
    }
}

struct Compiler {
    program: Program,
    known: HashMap<Set, u32>,
    is_linear: bool,
    is_too_long: bool,
    /// Whether a look around is being compiled: its choices are not noted.
    in_look: bool,
    /// Loops around that may turn without progress.
    loops: Vec<u32>,
}

impl Compiler {
    fn new(groups: u32, is_linear: bool) -> Self {
        Self {
            program: Program {
                ops: Vec::new(),
                sets: Vec::new(),
                slots: 2 * (groups + 1),
                fences: 0,
                choices: Vec::new(),
            },
            known: HashMap::new(),
            is_linear,
            is_too_long: false,
            in_look: false,
            loops: Vec::new(),
        }
    }

    fn finish(mut self, node: &Node) -> Option<Program> {
        self.node(node, false);
        self.push(Op::Match);
        (!self.is_too_long).then_some(self.program)
    }

    fn here(&self) -> Address {
        // The number of instructions is bounded far below.
        Address::try_from(self.program.ops.len()).unwrap_or(Address::MAX)
    }

    fn push(&mut self, op: Op) -> Address {
        let here = self.here();
        let most = if self.is_linear {
            MAX_LINEAR_OPS
        } else {
            MAX_OPS
        };
        if self.program.ops.len() >= most {
            self.is_too_long = true;
        } else {
            self.program.ops.push(op);
        }
        here
    }

    fn slot(&mut self) -> u32 {
        self.program.slots += 1;
        self.program.slots - 1
    }

    fn set(&mut self, set: &Set) -> u32 {
        if let Some(&known) = self.known.get(set) {
            return known;
        }
        let index = u32::try_from(self.program.sets.len()).unwrap_or(u32::MAX);
        self.program.sets.push(Members::new(set));
        self.known.insert(set.clone(), index);
        index
    }

    fn node(&mut self, node: &Node, back: bool) {
        if self.is_too_long {
            return;
        }
        match node {
            Node::Empty => {}
            Node::Char(character) => {
                self.push(Op::Char {
                    character: *character,
                    back,
                });
            }
            Node::Set(set) => {
                let set = self.set(set);
                self.push(Op::Set { set, back });
            }
            Node::Sequence(nodes) if back => nodes.iter().rev().for_each(|n| self.node(n, back)),
            Node::Sequence(nodes) => nodes.iter().for_each(|node| self.node(node, back)),
            Node::Choice(nodes) => self.choice(nodes, back),
            Node::Group(number, body) => self.group(*number, body, back),
            Node::Repeat(repeat) => self.repeat(repeat, back),
            Node::Start { multiline } => drop(self.push(Op::Start {
                multiline: *multiline,
            })),
            Node::End { multiline } => drop(self.push(Op::End {
                multiline: *multiline,
            })),
            Node::Boundary { negative, word } => {
                let word = self.set(word);
                self.push(Op::Boundary {
                    negative: *negative,
                    word,
                });
            }
            Node::Look {
                behind,
                negative,
                body,
            } => self.look(*behind, *negative, body),
            Node::Back {
                groups,
                ignore_case,
            } => {
                let (groups, ignore_case) = (Rc::clone(groups), *ignore_case);
                self.push(Op::Back {
                    groups,
                    ignore_case,
                    back,
                });
            }
        }
    }

    /// A choice whose ways are filled in later.
    fn split(&mut self) -> Address {
        let choice = u32::try_from(self.program.choices.len()).unwrap_or(u32::MAX);
        if self.is_linear && !self.in_look {
            self.is_too_long |= self.loops.len() > MAX_LOOPS;
            self.program.choices.push(self.loops.clone());
            return self.push(Op::Split(Split {
                first: 0,
                second: 0,
                choice,
            }));
        }
        self.push(Op::Split(Split {
            first: 0,
            second: 0,
            choice: NO_CHOICE,
        }))
    }

    fn fill(&mut self, split: Address, ways: (Address, Address), greedy: bool) {
        if let Some(Op::Split(Split { first, second, .. })) =
            self.program.ops.get_mut(split as usize)
        {
            (*first, *second) = if greedy { ways } else { (ways.1, ways.0) };
        }
    }

    fn choice(&mut self, nodes: &[Node], back: bool) {
        let mut ends = Vec::with_capacity(nodes.len());
        for (index, node) in nodes.iter().enumerate() {
            if index + 1 == nodes.len() {
                self.node(node, back);
                break;
            }
            let split = self.split();
            let first = self.here();
            self.node(node, back);
            ends.push(self.push(Op::Jump(0)));
            let next = self.here();
            self.fill(split, (first, next), true);
        }
        let here = self.here();
        for end in ends {
            if let Some(Op::Jump(to)) = self.program.ops.get_mut(end as usize) {
                *to = here;
            }
        }
    }

    fn group(&mut self, number: u32, body: &Node, back: bool) {
        // Until both ends are noted, the group counts as not matched.
        let (start, end) = (2 * number, 2 * number + 1);
        let (before, after) = if back { (end, start) } else { (start, end) };
        self.push(Op::Save(before));
        self.node(body, back);
        self.push(Op::Save(after));
    }

    fn look(&mut self, behind: bool, negative: bool, body: &Node) {
        let fence = self.program.fences;
        self.program.fences += 1;
        let look = self.push(Op::Look(Look {
            negative,
            end: 0,
            fence,
        }));
        let outer = std::mem::replace(&mut self.in_look, true);
        self.node(body, behind);
        self.in_look = outer;
        self.push(Op::LookEnd { negative, fence });
        let here = self.here();
        if let Some(Op::Look(Look { end, .. })) = self.program.ops.get_mut(look as usize) {
            *end = here;
        }
    }

    fn repeat(&mut self, repeat: &Repeat, back: bool) {
        let Repeat {
            min, max, greedy, ..
        } = *repeat;
        if max == 0 {
            return;
        }
        if let Some(set) = self
            .single(&repeat.body)
            .filter(|_| !back && !self.is_linear)
        {
            self.push(Op::Run(Run {
                set,
                min,
                max,
                greedy,
            }));
        } else if (min, max) == (0, 1) {
            self.optional(repeat, back);
        } else if (min, max) == (0, NO_END) {
            self.star(repeat, back);
        } else if (min, max) == (1, NO_END) && !repeat.body.is_nullable() {
            self.plus(repeat, back);
        } else if self.is_linear {
            self.unrolled(repeat, back);
        } else {
            self.counted(repeat, back);
        }
    }

    /// The set, if exactly one character is matched.
    fn single(&mut self, node: &Node) -> Option<u32> {
        match node {
            Node::Char(character) => Some(self.set(&Set::one(*character))),
            Node::Set(set) => Some(self.set(set)),
            _ => None,
        }
    }

    fn clear(&mut self, groups: &Range<u32>) {
        if !groups.is_empty() {
            self.push(Op::Clear {
                from: 2 * groups.start,
                to: 2 * groups.end,
            });
        }
    }

    /// One turn, which must take something if it may be left out.
    fn turn(&mut self, repeat: &Repeat, back: bool, must_progress: bool) {
        let since = (must_progress && repeat.body.is_nullable()).then(|| self.slot());
        if let Some(since) = since {
            self.push(Op::Save(since));
            self.loops.push(since);
        }
        self.clear(&repeat.groups);
        self.node(&repeat.body, back);
        if let Some(since) = since {
            self.push(Op::Progress { since, turns: None });
            self.loops.pop();
        }
    }

    fn optional(&mut self, repeat: &Repeat, back: bool) {
        let split = self.split();
        let first = self.here();
        self.turn(repeat, back, true);
        let end = self.here();
        self.fill(split, (first, end), repeat.greedy);
    }

    fn star(&mut self, repeat: &Repeat, back: bool) {
        let split = self.split();
        let first = self.here();
        self.turn(repeat, back, true);
        self.push(Op::Jump(split));
        let end = self.here();
        self.fill(split, (first, end), repeat.greedy);
    }

    fn plus(&mut self, repeat: &Repeat, back: bool) {
        let first = self.here();
        self.turn(repeat, back, false);
        let split = self.split();
        let end = self.here();
        self.fill(split, (first, end), repeat.greedy);
    }

    /// The turns one after the other, each written out.
    fn unrolled(&mut self, repeat: &Repeat, back: bool) {
        let written = if repeat.max == NO_END {
            repeat.min
        } else {
            repeat.max
        };
        if written as usize > MAX_LINEAR_OPS {
            // Even if a turn needs no instruction.
            self.is_too_long = true;
            return;
        }
        for _ in 0..repeat.min {
            if self.is_too_long {
                return;
            }
            self.turn(repeat, back, false);
        }
        if repeat.max == NO_END {
            self.star(repeat, back);
        } else {
            let mut splits = Vec::new();
            for _ in repeat.min..repeat.max {
                if self.is_too_long {
                    return;
                }
                splits.push(self.split());
                self.turn(repeat, back, true);
            }
            let end = self.here();
            for split in splits {
                self.fill(split, (split + 1, end), repeat.greedy);
            }
        }
    }

    fn counted(&mut self, repeat: &Repeat, back: bool) {
        let Repeat {
            min, max, greedy, ..
        } = *repeat;
        let count = self.slot();
        let since = repeat.body.is_nullable().then(|| self.slot());
        self.push(Op::Count(count));
        let turn = self.push(Op::Turn(Turn {
            count,
            min,
            max,
            greedy,
            end: 0,
        }));
        if let Some(since) = since {
            self.push(Op::Save(since));
        }
        self.clear(&repeat.groups);
        self.node(&repeat.body, back);
        if let Some(since) = since {
            self.push(Op::Progress {
                since,
                turns: Some((count, min)),
            });
        }
        self.push(Op::Next { count, turn });
        let here = self.here();
        if let Some(Op::Turn(Turn { end, .. })) = self.program.ops.get_mut(turn as usize) {
            *end = here;
        }
    }
}

/// A choice that is not noted.
pub(super) const NO_CHOICE: u32 = u32::MAX;
