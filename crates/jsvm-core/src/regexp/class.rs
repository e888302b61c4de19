//! What classes of characters contain: `[...]`, `\w`, `\p{...}` and single ones.
//!
//! The one rule: where case is ignored, a set comes with the families of all
//! its members, and a class is negated after that, as the standard has it.

use super::{
    flags::Flags,
    folding::Folding,
    node::Node,
    property,
    set::{self, MAX_CODE_POINT, Set},
};
use oxc_regular_expression::ast::{
    Character, CharacterClass, CharacterClassContents, CharacterClassContentsKind,
    CharacterClassEscapeKind, ClassStringDisjunction, UnicodePropertyEscape,
};
use std::{cell::Cell, collections::BTreeSet, rc::Rc};

/// The mode in which classes are read.
pub(super) struct Classes {
    is_unicode: bool,
    is_sets: bool,
    pub(super) ignore_case: bool,
    /// How many more ranges the classes of the pattern may be made of.
    budget: Cell<usize>,
}

const MAX_RANGES: usize = 1 << 20;

/// What a class matches: characters, and with `v` also texts.
#[derive(Default)]
struct Contents {
    set: Set,
    /// None of them has the length one; those of `ignore_case` are canonical.
    texts: BTreeSet<Vec<u32>>,
}

impl Classes {
    pub(super) fn new(flags: Flags) -> Self {
        Self {
            is_unicode: flags.is_unicode(),
            is_sets: flags.unicode_sets,
            ignore_case: flags.ignore_case,
            budget: Cell::new(MAX_RANGES),
        }
    }

    /// The largest character.
    pub(super) fn max(&self) -> u32 {
        if self.is_unicode {
            MAX_CODE_POINT
        } else {
            0xFFFF
        }
    }

    fn folding(&self) -> &'static Folding {
        Folding::of(self.is_unicode)
    }

    /// With all families, if case is ignored.
    pub(super) fn close(&self, set: Set) -> Set {
        if self.ignore_case {
            self.folding().close(&set)
        } else {
            set
        }
    }

    fn leaf(&self, set: Set) -> Set {
        if self.is_sets { self.close(set) } else { set }
    }

    /// What matches one character.
    pub(super) fn character(&self, character: u32) -> Node {
        let set = self.close(Set::one(character));
        if set.ranges() == [(character, character)] {
            Node::Char(character)
        } else {
            Node::Set(Rc::new(set))
        }
    }

    /// `WordCharacters` of the standard.
    pub(super) fn word(&self) -> Set {
        self.close(set::word())
    }

    pub(super) fn escape(&self, kind: CharacterClassEscapeKind) -> Set {
        use CharacterClassEscapeKind::{D, NegativeD, NegativeS, NegativeW, S, W};
        let set = match kind {
            D | NegativeD => set::digits(),
            S | NegativeS => set::space(),
            W | NegativeW => self.word(),
        };
        let set = self.leaf(set);
        if matches!(kind, NegativeD | NegativeS | NegativeW) {
            set.complement(self.max())
        } else {
            set
        }
    }

    pub(super) fn property(&self, it: &UnicodePropertyEscape<'_>) -> Result<Set, String> {
        let name = match &it.value {
            Some(value) => format!("{}={value}", it.name),
            None => it.name.to_string(),
        };
        if it.strings {
            return Err(format!("the property of strings {name} is not supported"));
        }
        self.spend(1024)?;
        let set =
            property::property(&name).ok_or_else(|| format!("no property is named {name}"))?;
        let set = self.leaf(Set::clone(&set));
        Ok(if it.negative {
            set.complement(self.max())
        } else {
            set
        })
    }

    /// What matches a class in brackets: texts first, the longest first.
    pub(super) fn class_node(&self, it: &CharacterClass<'_>) -> Result<Node, String> {
        let contents = self.class(it)?;
        let set = Node::Set(Rc::new(contents.set));
        if contents.texts.is_empty() {
            return Ok(set);
        }
        let mut texts: Vec<Vec<u32>> = contents.texts.into_iter().collect();
        texts.sort_by_key(|text| std::cmp::Reverse(text.len()));
        let has_empty = texts.last().is_some_and(Vec::is_empty);
        let long = texts.iter().filter(|text| !text.is_empty());
        let mut nodes: Vec<Node> = long.map(|text| self.text(text)).collect();
        nodes.push(set);
        if has_empty {
            nodes.push(Node::Empty);
        }
        Ok(Node::Choice(nodes))
    }

    fn text(&self, text: &[u32]) -> Node {
        Node::sequence(
            text.iter()
                .map(|&character| self.character(character))
                .collect(),
        )
    }

    fn class(&self, it: &CharacterClass<'_>) -> Result<Contents, String> {
        let mut contents = if it.kind == CharacterClassContentsKind::Union {
            self.union(&it.body)?
        } else {
            self.combination(it)?
        };
        contents.set = self.close(contents.set);
        if it.negative {
            contents.set = contents.set.complement(self.max());
        }
        Ok(contents)
    }

    /// Sorted once, however many items there are.
    fn union(&self, items: &[CharacterClassContents<'_>]) -> Result<Contents, String> {
        let (mut ranges, mut texts) = (Vec::new(), BTreeSet::new());
        for item in items {
            let item = self.item(item)?;
            self.spend(item.set.ranges().len())?;
            ranges.extend_from_slice(item.set.ranges());
            texts.extend(item.texts);
        }
        Ok(Contents {
            set: Set::new(ranges),
            texts,
        })
    }

    /// `&&` or `--`
    fn combination(&self, it: &CharacterClass<'_>) -> Result<Contents, String> {
        let mut items = it.body.iter();
        let mut contents = match items.next() {
            Some(first) => self.item(first)?,
            None => Contents::default(),
        };
        for item in items {
            let item = self.item(item)?;
            self.spend(item.set.ranges().len() + contents.set.ranges().len())?;
            contents = if it.kind == CharacterClassContentsKind::Intersection {
                contents.intersection(&item)
            } else {
                contents.difference(&item)
            };
        }
        Ok(contents)
    }

    /// Counts what a pattern's classes are made of.
    pub(super) fn spend(&self, ranges: usize) -> Result<(), String> {
        let left = self.budget.get().checked_sub(ranges);
        self.budget.set(left.ok_or("its classes are too large")?);
        Ok(())
    }

    fn item(&self, item: &CharacterClassContents<'_>) -> Result<Contents, String> {
        Ok(Contents::from(match item {
            CharacterClassContents::CharacterClassRange(it) => {
                self.leaf(Set::new([(it.min.value, it.max.value)]))
            }
            CharacterClassContents::CharacterClassEscape(it) => self.escape(it.kind),
            CharacterClassContents::UnicodePropertyEscape(it) => self.property(it)?,
            CharacterClassContents::Character(it) => self.leaf(Set::one(it.value)),
            CharacterClassContents::NestedCharacterClass(it) => return self.class(it),
            CharacterClassContents::ClassStringDisjunction(it) => return Ok(self.texts(it)),
        }))
    }

    fn texts(&self, it: &ClassStringDisjunction<'_>) -> Contents {
        let mut contents = Contents::default();
        for text in &it.body {
            match text.body.as_slice() {
                [one] => contents.set = contents.set.union(&self.leaf(Set::one(one.value))),
                text => drop(contents.texts.insert(self.canonical(text))),
            }
        }
        contents
    }

    fn canonical(&self, text: &[Character]) -> Vec<u32> {
        let fold = |character: u32| {
            if self.ignore_case {
                self.folding().canonical(character)
            } else {
                character
            }
        };
        text.iter().map(|character| fold(character.value)).collect()
    }
}

impl From<Set> for Contents {
    fn from(set: Set) -> Self {
        Self {
            set,
            texts: BTreeSet::new(),
        }
    }
}

impl Contents {
    fn intersection(mut self, other: &Self) -> Self {
        self.set = self.set.intersection(&other.set);
        self.texts.retain(|text| other.texts.contains(text));
        self
    }

    fn difference(mut self, other: &Self) -> Self {
        self.set = self.set.difference(&other.set);
        self.texts.retain(|text| !other.texts.contains(text));
        self
    }
}
