//! A function that a guard calls again and again.
//!
//! The one rule: it is called, or its value is computed where a call would give
//! the same and do nothing else. The first call is always a call: it fails if
//! the limits say so, and those that are computed stand no deeper.

use super::{Guard, formula::Formula};
use boa_engine::{Context, JsObject, JsResult, JsValue, builtins::function::OrdinaryFunction};

/// Values for which a formula said nothing, until it is not asked any more.
const MOST_MISSES: u32 = 8;

pub(super) struct Callee {
    function: JsObject,
    computed: Computed,
}

/// Whether the function says what it computes.
enum Computed {
    Unasked,
    Never,
    By { formula: Formula, misses: u32 },
}

impl Callee {
    /// `calls` is how many calls there will be, about.
    pub(super) fn new(function: JsObject, calls: u64) -> Self {
        /// Reading a formula takes as long as some calls.
        const WORTH_IT: u64 = 6;
        let computed = if calls < WORTH_IT {
            Computed::Never
        } else {
            Computed::Unasked
        };
        Self { function, computed }
    }

    pub(super) fn call(
        &mut self,
        guard: &Guard,
        this: &JsValue,
        args: &[JsValue],
        context: &mut Context,
    ) -> JsResult<JsValue> {
        match &mut self.computed {
            Computed::Never => {}
            Computed::Unasked => return self.ask(guard, this, args, context),
            Computed::By { formula, misses } => {
                if let Some(value) = formula.value(args, context) {
                    return Ok(value);
                }
                *misses += 1;
                if *misses > MOST_MISSES {
                    self.computed = Computed::Never;
                }
            }
        }
        self.function.call(this, args, context)
    }

    fn ask(
        &mut self,
        guard: &Guard,
        this: &JsValue,
        args: &[JsValue],
        context: &mut Context,
    ) -> JsResult<JsValue> {
        self.computed = Computed::Never;
        let function = self.function.downcast_ref::<OrdinaryFunction>();
        let code = function.map(|it| std::ptr::from_ref(it.codeblock()).addr());
        let Some(code) = code else {
            return self.function.call(this, args, context);
        };
        let call = || self.function.call(this, args, context);
        let (told, formula) = guard.shared.asking(code, call)?;
        if let Some(formula) = formula.and_then(|answer| Formula::read(&answer)) {
            self.computed = Computed::By { formula, misses: 0 };
        }
        Ok(told)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Execution, Kind, Limits, Program, Source, Vm, shared::Shared};
    use std::{cell::Cell, sync::Arc, time::Duration};

    /// Whether each of these values is computed by the function, and what the
    /// function gives.
    fn computed(function: &str, values: &[JsValue]) -> Vec<Option<String>> {
        let execution = Execution::new(Limits::default());
        let mut vm = Vm::new(&execution).unwrap();
        let source = Source::new("a.js", format!("({function})"));
        let program = Program::compile(&source, Kind::Script, &Limits::default()).unwrap();
        execution.start(Duration::from_secs(60));
        let value = vm.run(&Arc::new(program)).ok().unwrap();
        let context = vm.context();
        let guard = Guard {
            shared: context.get_data::<Shared>().cloned().unwrap(),
            spent: Cell::new(0),
            originals: Vec::new(),
        };
        let mut callee = Callee::new(value.as_callable().unwrap(), 100);
        let this = JsValue::undefined();
        callee
            .call(&guard, &this, &[1.into()], context)
            .ok()
            .unwrap();
        let tell = |value: &JsValue| {
            let args = std::slice::from_ref(value);
            let Computed::By { formula, .. } = &callee.computed else {
                return None;
            };
            let told = formula.value(args, context)?;
            Some(crate::value::display(&told, context))
        };
        values.iter().map(tell).collect()
    }

    #[test]
    fn a_function_is_computed_after_its_first_call() {
        let values = [JsValue::from(4), JsValue::from(0.5), JsValue::null()];
        insta::assert_debug_snapshot!(computed("(x) => x * 2", &values), @r#"
        [
            Some(
                "8",
            ),
            Some(
                "1",
            ),
            None,
        ]
        "#);
        insta::assert_debug_snapshot!(computed("function (x) { return x === null || x | 1 }", &values), @r#"
        [
            Some(
                "5",
            ),
            Some(
                "1",
            ),
            Some(
                "true",
            ),
        ]
        "#);
        insta::assert_debug_snapshot!(computed("(x) => Math.abs(x)", &values), @r"
        [
            None,
            None,
            None,
        ]
        ");
    }
}
