//! From the text of a pattern to its tree.
//!
//! The one rule: what the parser of a library accepts is translated whole or
//! refused; nothing is guessed. Nesting is bounded before the parser recurses.

use super::{
    class::Classes,
    flags::Flags,
    node::{NO_END, Node, Repeat},
    set::{self, Set},
};
use oxc_allocator::Allocator;
use oxc_regular_expression::{
    LiteralParser, Options,
    ast::{
        Alternative, BoundaryAssertionKind, CharacterClass, CharacterClassEscape, Disjunction,
        IgnoreGroup, LookAroundAssertion, LookAroundAssertionKind, Modifier, NamedReference,
        Quantifier, Term, UnicodePropertyEscape,
    },
};
use std::rc::Rc;

/// Groups and classes in each other.
const MAX_NESTING: usize = 200;

/// A pattern that was read.
pub(super) struct Parsed {
    pub(super) node: Node,
    /// How many groups it has.
    pub(super) groups: u32,
    /// The names in their order, with the numbers of their groups.
    pub(super) names: Vec<(String, Rc<[u32]>)>,
}

/// Reads a pattern; the error says what is wrong with it.
pub(super) fn parse(source: &[u16], flags: Flags) -> Result<Parsed, String> {
    let text = readable(source, flags.is_unicode());
    if nesting(&text) > MAX_NESTING {
        return Err(format!("nested more than {MAX_NESTING} deep"));
    }
    let allocator = Allocator::default();
    let mode = flags.mode();
    let parser = LiteralParser::new(&allocator, &text, Some(mode), Options::default());
    let pattern = parser.parse().map_err(|error| error.message.to_string())?;
    let mut reader = Reader::new(flags);
    reader.find_names(&pattern.body);
    reader.groups = 0;
    let node = reader.disjunction(&pattern.body)?;
    Ok(Parsed {
        node,
        groups: reader.groups,
        names: reader
            .names
            .into_iter()
            .map(|(name, groups)| (name, groups.into()))
            .collect(),
    })
}

/// The pattern as text for the parser, which knows no surrogates of their own,
/// and not what `\c` means in a class.
fn readable(source: &[u16], is_unicode: bool) -> String {
    let mut text = String::with_capacity(source.len());
    let (mut is_escaped, mut in_class) = (false, false);
    let mut characters = char::decode_utf16(source.iter().copied()).peekable();
    while let Some(character) = characters.next() {
        let was_escaped = std::mem::take(&mut is_escaped);
        match character {
            Ok('c') if was_escaped && in_class && !is_unicode => {
                let next = characters.peek().and_then(|next| next.as_ref().ok());
                let control = next.copied().map(|next| (next, u32::from(next) & 31));
                match control {
                    Some((letter, control)) if letter.is_ascii_alphanumeric() || letter == '_' => {
                        text.push_str(&format!("x{control:02x}"));
                        characters.next();
                    }
                    _ => text.push_str("\\c"),
                }
            }
            Ok(character) => {
                text.push(character);
                match (character, was_escaped) {
                    ('[', false) => in_class = true,
                    (']', false) => in_class = false,
                    _ => is_escaped = character == '\\' && !was_escaped,
                }
            }
            Err(surrogate) => {
                let unit = surrogate.unpaired_surrogate();
                if is_unicode {
                    text.push_str(&format!("\\u{{{unit:x}}}"));
                } else {
                    // An escape of its own stands for the unit itself.
                    text.push_str(if was_escaped { "" } else { "\\" });
                    text.push_str(&format!("u{unit:04x}"));
                }
            }
        }
    }
    text
}

/// At least the depth to which groups and classes stand in each other.
fn nesting(text: &str) -> usize {
    let (mut deepest, mut depth) = (0_usize, 0_usize);
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => drop(bytes.next()),
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

struct Reader {
    classes: Classes,
    is_multiline: bool,
    is_dot_all: bool,
    /// Groups so far.
    groups: u32,
    names: Vec<(String, Vec<u32>)>,
}

impl Reader {
    fn new(flags: Flags) -> Self {
        Self {
            classes: Classes::new(flags),
            is_multiline: flags.multiline,
            is_dot_all: flags.dot_all,
            groups: 0,
            names: Vec::new(),
        }
    }

    /// Numbers the groups with names: a reference may come before its group.
    fn find_names(&mut self, disjunction: &Disjunction<'_>) {
        let terms = disjunction
            .body
            .iter()
            .flat_map(|alternative| &alternative.body);
        for term in terms {
            self.names_of(term);
        }
    }

    fn names_of(&mut self, term: &Term<'_>) {
        match term {
            Term::CapturingGroup(group) => {
                self.groups += 1;
                if let Some(name) = &group.name {
                    let (name, number) = (unescaped(name.as_str()), self.groups);
                    match self.names.iter_mut().find(|known| known.0 == name) {
                        Some(known) => known.1.push(number),
                        None => self.names.push((name, vec![number])),
                    }
                }
                self.find_names(&group.body);
            }
            Term::IgnoreGroup(group) => self.find_names(&group.body),
            Term::LookAroundAssertion(look) => self.find_names(&look.body),
            Term::Quantifier(quantifier) => self.names_of(&quantifier.body),
            _ => {}
        }
    }

    fn disjunction(&mut self, it: &Disjunction<'_>) -> Result<Node, String> {
        let nodes: Result<Vec<Node>, String> = it
            .body
            .iter()
            .map(|alternative| self.alternative(alternative))
            .collect();
        nodes.map(Node::choice)
    }

    fn alternative(&mut self, it: &Alternative<'_>) -> Result<Node, String> {
        let nodes: Result<Vec<Node>, String> = it.body.iter().map(|term| self.term(term)).collect();
        nodes.map(Node::sequence)
    }

    fn term(&mut self, term: &Term<'_>) -> Result<Node, String> {
        Ok(match term {
            Term::BoundaryAssertion(it) => self.boundary(it.kind),
            Term::LookAroundAssertion(it) => self.look(it)?,
            Term::Quantifier(it) => self.quantifier(it)?,
            Term::Character(it) => self.classes.character(it.value),
            Term::Dot(_) => self.dot(),
            Term::CharacterClassEscape(it) => self.escape(it),
            Term::UnicodePropertyEscape(it) => self.property(it)?,
            Term::CharacterClass(it) => self.class(it)?,
            Term::CapturingGroup(it) => {
                self.groups += 1;
                let number = self.groups;
                Node::Group(number, Box::new(self.disjunction(&it.body)?))
            }
            Term::IgnoreGroup(it) => self.ignore_group(it)?,
            Term::IndexedReference(it) => self.back([it.index].into()),
            Term::NamedReference(it) => self.named(it)?,
        })
    }

    fn boundary(&self, kind: BoundaryAssertionKind) -> Node {
        let multiline = self.is_multiline;
        match kind {
            BoundaryAssertionKind::Start => Node::Start { multiline },
            BoundaryAssertionKind::End => Node::End { multiline },
            BoundaryAssertionKind::Boundary | BoundaryAssertionKind::NegativeBoundary => {
                Node::Boundary {
                    negative: kind == BoundaryAssertionKind::NegativeBoundary,
                    word: Rc::new(self.classes.word()),
                }
            }
        }
    }

    fn look(&mut self, it: &LookAroundAssertion<'_>) -> Result<Node, String> {
        use LookAroundAssertionKind::{Lookbehind, NegativeLookahead, NegativeLookbehind};
        Ok(Node::Look {
            behind: matches!(it.kind, Lookbehind | NegativeLookbehind),
            negative: matches!(it.kind, NegativeLookahead | NegativeLookbehind),
            body: Box::new(self.disjunction(&it.body)?),
        })
    }

    fn quantifier(&mut self, it: &Quantifier<'_>) -> Result<Node, String> {
        let before = self.groups;
        let body = self.term(&it.body)?;
        let times = |times: u64| u32::try_from(times).unwrap_or(NO_END);
        Ok(Node::Repeat(Box::new(Repeat {
            body,
            // No text is long enough for more.
            min: times(it.min).min(NO_END - 1),
            max: it.max.map_or(NO_END, times),
            greedy: it.greedy,
            groups: before + 1..self.groups + 1,
        })))
    }

    fn dot(&self) -> Node {
        let max = self.classes.max();
        Node::Set(Rc::new(if self.is_dot_all {
            Set::new([(0, max)])
        } else {
            set::line_ends().complement(max)
        }))
    }

    fn escape(&self, it: &CharacterClassEscape) -> Node {
        Node::Set(Rc::new(self.classes.close(self.classes.escape(it.kind))))
    }

    fn property(&self, it: &UnicodePropertyEscape<'_>) -> Result<Node, String> {
        let set = self.classes.property(it)?;
        Ok(Node::Set(Rc::new(self.classes.close(set))))
    }

    fn class(&self, it: &CharacterClass<'_>) -> Result<Node, String> {
        self.classes.class_node(it)
    }

    fn ignore_group(&mut self, it: &IgnoreGroup<'_>) -> Result<Node, String> {
        let Some(modifiers) = &it.modifiers else {
            return self.disjunction(&it.body);
        };
        let before = (self.classes.ignore_case, self.is_multiline, self.is_dot_all);
        let holds = |modifier: Modifier, before: bool| {
            (before || modifiers.enabling.contains(modifier))
                && !modifiers.disabling.contains(modifier)
        };
        self.classes.ignore_case = holds(Modifier::I, before.0);
        self.is_multiline = holds(Modifier::M, before.1);
        self.is_dot_all = holds(Modifier::S, before.2);
        let node = self.disjunction(&it.body);
        (self.classes.ignore_case, self.is_multiline, self.is_dot_all) = before;
        node
    }

    fn named(&self, it: &NamedReference<'_>) -> Result<Node, String> {
        let name = unescaped(it.name.as_str());
        let found = self.names.iter().find(|known| known.0 == name);
        let (_, groups) = found.ok_or_else(|| format!("no group is named {name}"))?;
        Ok(self.back(groups.as_slice().into()))
    }

    fn back(&self, groups: Rc<[u32]>) -> Node {
        Node::Back {
            groups,
            ignore_case: self.classes.ignore_case,
        }
    }
}

/// A group's name with its `\u` escapes resolved.
fn unescaped(name: &str) -> String {
    if !name.contains('\\') {
        return name.to_owned();
    }
    let mut units: Vec<u16> = Vec::new();
    let mut parts = name.split("\\u");
    units.extend(parts.next().unwrap_or_default().encode_utf16());
    for part in parts {
        let (digits, rest) = match part.strip_prefix('{') {
            Some(part) => part.split_once('}').unwrap_or((part, "")),
            None => part.split_at_checked(4).unwrap_or((part, "")),
        };
        let value = u32::from_str_radix(digits, 16).unwrap_or_default();
        match (u16::try_from(value), char::from_u32(value)) {
            (Ok(unit), _) => units.push(unit),
            (_, Some(character)) => units.extend_from_slice(character.encode_utf16(&mut [0; 2])),
            _ => {}
        }
        units.extend(rest.encode_utf16());
    }
    String::from_utf16_lossy(&units)
}
