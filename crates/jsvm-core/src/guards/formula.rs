//! The value of a function's one expression, without a call.
//!
//! The one rule: no script runs, nothing is written, nothing is thrown. Where
//! an operator or a property could do that, or take long, there is no value,
//! and whoever wants it calls the function.
//!
//! - Arithmetic is for two numbers: anything else may have a `valueOf`, be a
//!   `BigInt`, or become a long text. It is the engine's own.
//! - Texts are compared if they are short; `===` tells objects by identity.
//! - A property is read from a plain object or an array whose prototypes are
//!   such, too, and is no getter. A proxy or an object of the host is neither.

use crate::{optimise::BETWEEN, shared::Answer, value::array_length};
use boa_engine::{Context, JsResult, JsString, JsValue, js_string, property::PropertyKey};

/// Characters of texts that are compared.
const SHORT: usize = 256;
/// Prototypes behind which a property may be.
const PROTOTYPES: usize = 8;

type Operator<T> = fn(&JsValue, &JsValue, &mut Context) -> JsResult<T>;

/// What a function with one expression computes from its arguments.
pub(super) struct Formula(Term);

enum Term {
    Parameter(usize),
    Constant(JsValue),
    Property(Box<Term>, PropertyKey),
    Not(Box<Term>),
    Negated(Box<Term>),
    TypeOf(Box<Term>),
    Arithmetic(Operator<JsValue>, Box<[Term; 2]>),
    Relation(Operator<bool>, Box<[Term; 2]>),
    Equality(Equality, Box<[Term; 2]>),
    And(Box<[Term; 2]>),
    Or(Box<[Term; 2]>),
    /// `??`
    Else(Box<[Term; 2]>),
    Choice(Box<[Term; 3]>),
}

#[derive(Clone, Copy)]
struct Equality {
    is_strict: bool,
    is_negated: bool,
}

impl Formula {
    /// Reads what [`optimise`](crate::optimise) wrote.
    pub(super) fn read(answer: &Answer) -> Option<Self> {
        let mut terms = Vec::new();
        for word in answer.terms.split(BETWEEN) {
            let term = Term::read(word, &answer.captured, &mut terms)?;
            terms.push(term);
        }
        let term = terms.pop()?;
        terms.is_empty().then_some(Self(term))
    }

    /// What the function would return; `None` if it has to be called.
    pub(super) fn value(&self, args: &[JsValue], context: &mut Context) -> Option<JsValue> {
        self.0.value(args, context)
    }
}

impl Term {
    /// The term of a word, with its operands off the end of `before`.
    fn read(word: &str, captured: &[JsValue], before: &mut Vec<Self>) -> Option<Self> {
        if let Some(term) = Self::leaf(word, captured) {
            return Some(term);
        }
        if let Some(name) = word.strip_prefix('.') {
            let key = PropertyKey::from(JsString::from(name));
            return Some(Self::Property(Box::new(before.pop()?), key));
        }
        Some(match word {
            "!" => Self::Not(Box::new(before.pop()?)),
            "neg" => Self::Negated(Box::new(before.pop()?)),
            "typeof" => Self::TypeOf(Box::new(before.pop()?)),
            "?" => Self::Choice(operands(before)?),
            "&&" => Self::And(operands(before)?),
            "oo" => Self::Or(operands(before)?),
            "??" => Self::Else(operands(before)?),
            sign => {
                let operands = operands(before)?;
                if let Some(operator) = arithmetic(sign) {
                    Self::Arithmetic(operator, operands)
                } else if let Some(operator) = relation(sign) {
                    Self::Relation(operator, operands)
                } else {
                    Self::Equality(equality(sign)?, operands)
                }
            }
        })
    }

    /// A term without operands.
    fn leaf(word: &str, captured: &[JsValue]) -> Option<Self> {
        Some(match word {
            "null" => Self::Constant(JsValue::null()),
            "true" => Self::Constant(true.into()),
            "false" => Self::Constant(false.into()),
            _ => match word.split_at_checked(1)? {
                ("p", at) => Self::Parameter(at.parse().ok()?),
                ("c", at) => Self::Constant(captured.get(at.parse::<usize>().ok()?)?.clone()),
                ("n", number) if number != "eg" => Self::Constant(constant(number)?),
                ("s", text) => Self::Constant(JsString::from(text).into()),
                _ => return None,
            },
        })
    }

    fn value(&self, args: &[JsValue], context: &mut Context) -> Option<JsValue> {
        Some(match self {
            Self::Parameter(at) => args.get(*at).cloned().unwrap_or_default(),
            Self::Constant(value) => value.clone(),
            Self::Property(holder, key) => property(&holder.value(args, context)?, key)?,
            Self::Not(value) => (!value.value(args, context)?.to_boolean()).into(),
            Self::Negated(value) => {
                let value = value.value(args, context)?;
                value.is_number().then(|| value.neg(context))?.ok()?
            }
            Self::TypeOf(value) => value.value(args, context)?.js_type_of().into(),
            Self::Arithmetic(operator, operands) => {
                let [left, right] = both(operands, args, context)?;
                let are_numbers = left.is_number() && right.is_number();
                are_numbers
                    .then(|| operator(&left, &right, context))?
                    .ok()?
            }
            Self::Relation(operator, operands) => {
                let [left, right] = both(operands, args, context)?;
                can_relate(&left, &right)
                    .then(|| operator(&left, &right, context))?
                    .ok()?
                    .into()
            }
            Self::Equality(equality, operands) => {
                let [left, right] = both(operands, args, context)?;
                (equals(&left, &right, equality.is_strict)? != equality.is_negated).into()
            }
            Self::And(operands) => {
                let [left, right] = &**operands;
                let left = left.value(args, context)?;
                if !left.to_boolean() {
                    return Some(left);
                }
                right.value(args, context)?
            }
            Self::Or(operands) => {
                let [left, right] = &**operands;
                let left = left.value(args, context)?;
                if left.to_boolean() {
                    return Some(left);
                }
                right.value(args, context)?
            }
            Self::Else(operands) => {
                let [left, right] = &**operands;
                let left = left.value(args, context)?;
                if !left.is_null_or_undefined() {
                    return Some(left);
                }
                right.value(args, context)?
            }
            Self::Choice(operands) => {
                let [test, yes, no] = &**operands;
                let is_yes = test.value(args, context)?.to_boolean();
                if is_yes { yes } else { no }.value(args, context)?
            }
        })
    }
}

fn operands<const N: usize>(before: &mut Vec<Term>) -> Option<Box<[Term; N]>> {
    let last = before.split_off(before.len().checked_sub(N)?);
    last.try_into().ok().map(Box::new)
}

fn both(operands: &[Term; 2], args: &[JsValue], context: &mut Context) -> Option<[JsValue; 2]> {
    let [left, right] = operands;
    Some([left.value(args, context)?, right.value(args, context)?])
}

/// A literal as the engine has it: a small integer is one.
fn constant(text: &str) -> Option<JsValue> {
    match text.parse::<i32>() {
        Ok(integer) => Some(integer.into()),
        Err(_) => text.parse::<f64>().ok().map(Into::into),
    }
}

fn arithmetic(sign: &str) -> Option<Operator<JsValue>> {
    Some(match sign {
        "+" => JsValue::add,
        "-" => JsValue::sub,
        "*" => JsValue::mul,
        "/" => JsValue::div,
        "%" => JsValue::rem,
        "**" => JsValue::pow,
        "&" => JsValue::bitand,
        "o" => JsValue::bitor,
        "^" => JsValue::bitxor,
        "<<" => JsValue::shl,
        ">>" => JsValue::shr,
        ">>>" => JsValue::ushr,
        _ => return None,
    })
}

fn relation(sign: &str) -> Option<Operator<bool>> {
    Some(match sign {
        "<" => JsValue::lt,
        "<=" => JsValue::le,
        ">" => JsValue::gt,
        ">=" => JsValue::ge,
        _ => return None,
    })
}

fn equality(sign: &str) -> Option<Equality> {
    let (is_strict, is_negated) = match sign {
        "===" => (true, false),
        "!==" => (true, true),
        "==" => (false, false),
        "!=" => (false, true),
        _ => return None,
    };
    Some(Equality {
        is_strict,
        is_negated,
    })
}

/// Whether both are numbers, or short texts.
fn can_relate(left: &JsValue, right: &JsValue) -> bool {
    (left.is_number() && right.is_number()) || (is_short_text(left) && is_short_text(right))
}

fn is_short_text(value: &JsValue) -> bool {
    value.as_string().is_some_and(|text| text.len() <= SHORT)
}

fn equals(left: &JsValue, right: &JsValue, is_strict: bool) -> Option<bool> {
    let can_be_long =
        |value: &JsValue| value.is_bigint() || (value.is_string() && !is_short_text(value));
    if !is_strict && (left.is_null_or_undefined() || right.is_null_or_undefined()) {
        return Some(left.is_null_or_undefined() && right.is_null_or_undefined());
    }
    let is_told = is_strict || can_relate(left, right);
    (is_told && !can_be_long(left) && !can_be_long(right)).then(|| left.strict_equals(right))
}

/// `Get`, if no script can be part of it.
fn property(holder: &JsValue, key: &PropertyKey) -> Option<JsValue> {
    let is_length = || *key == PropertyKey::from(js_string!("length"));
    if let Some(text) = holder.as_string() {
        return is_length().then(|| text.len().into());
    }
    let mut object = holder.as_object()?;
    if object.is_array() && is_length() {
        return Some(array_length(&object).into());
    }
    for _ in 0..PROTOTYPES {
        if !object.is_ordinary() && !object.is_array() {
            return None;
        }
        let own = object.borrow().properties().get(key);
        if let Some(own) = own {
            return own.value().cloned();
        }
        match object.prototype() {
            Some(prototype) => object = prototype,
            None => return Some(JsValue::undefined()),
        }
    }
    None
}
