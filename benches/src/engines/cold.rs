//! What our VM and compiler do before a function is there.
//!
//! The one rule: each batch is one execution under all limits; what an earlier
//! operation left in the VM is forgotten.

use crate::{
    clock,
    engines::ours::{LONG, program, start, told},
    harness::Subject,
};
use anyhow::{Context as _, Result, ensure};
use jsvm::Source;
use jsvm_core::{Execution, Kind, Limits, Program, Vm};
use std::{hint::black_box, sync::Arc};

/// Compiles, makes the function and calls it.
///
/// # Errors
///
/// Its result is wrong.
pub(crate) fn first(text: &'static str, wanted: f64) -> Result<Subject> {
    let (execution, mut vm) = start()?;
    repeated(execution, move || {
        let handler = program(black_box(text), Kind::Handler)?;
        check(&mut vm, &handler, wanted)?;
        vm.forget(handler.id());
        Ok(())
    })
}

/// Makes the function of a program and calls it.
///
/// # Errors
///
/// Its result is wrong.
pub(crate) fn parsed(text: &str, wanted: f64) -> Result<Subject> {
    let (execution, mut vm) = start()?;
    let handler = program(text, Kind::Handler)?;
    repeated(execution, move || {
        check(&mut vm, &handler, wanted)?;
        vm.forget(handler.id());
        Ok(())
    })
}

/// Calls for the first time a function that was made ahead, as workers do when
/// hooks come into force.
///
/// # Errors
///
/// Its result is wrong.
pub(crate) fn precompiled(text: &'static str, wanted: f64) -> Result<Subject> {
    /// Functions that the VM has at a time.
    const MANY: usize = 64;
    let (execution, mut vm) = start()?;
    let texts = (0..MANY).map(|number| format!("{text}\n// {number}"));
    let handlers = texts.map(|text| program(&text, Kind::Handler));
    let handlers = handlers.collect::<Result<Vec<_>>>()?;
    Ok(Box::new(move |count| {
        let mut taken = 0;
        let mut left = usize::try_from(count)?;
        while left > 0 {
            let handlers = &handlers[..left.min(MANY)];
            left -= handlers.len();
            execution.start(LONG);
            for handler in handlers {
                vm.prepare(handler).map_err(|err| told(err, &mut vm))?;
            }
            taken += clock::on_thread(|| {
                let mut handlers = handlers.iter();
                handlers.try_for_each(|handler| check(&mut vm, handler, wanted))
            })?;
            for handler in handlers {
                vm.forget(handler.id());
            }
        }
        Ok(taken)
    }))
}

/// Calls the function that the VM has.
///
/// # Errors
///
/// Its result is wrong.
pub(crate) fn kept(text: &str, wanted: f64) -> Result<Subject> {
    let (execution, mut vm) = start()?;
    let handler = program(text, Kind::Handler)?;
    repeated(execution, move || check(&mut vm, &handler, wanted))
}

fn check(vm: &mut Vm, handler: &Arc<Program>, wanted: f64) -> Result<()> {
    let value = vm.call(handler, black_box(&[1.into()]));
    let value = value.map_err(|err| told(err, vm))?;
    ensure!(value.as_number() == Some(wanted), "it is not {wanted}");
    Ok(())
}

/// Compiles a function and makes it in a VM, without calling it.
///
/// # Errors
///
/// It does not compile.
pub(crate) fn file(text: &str) -> Result<Subject> {
    let (execution, mut vm) = start()?;
    let text = text.to_owned();
    repeated(execution, move || {
        let handler = program(black_box(&text), Kind::Handler)?;
        let made = vm.run(&handler).map_err(|err| told(err, &mut vm))?;
        ensure!(made.is_callable(), "it is no function");
        vm.forget(handler.id());
        Ok(())
    })
}

/// Source to program.
///
/// # Errors
///
/// It does not compile.
pub(crate) fn compiled(text: &str) -> Result<Subject> {
    let text = text.to_owned();
    let limits = Execution::new(Limits::default());
    repeated(limits, move || {
        black_box(program(black_box(&text), Kind::Handler)?);
        Ok(())
    })
}

/// What a disk keeps to program; the reading of the file is not a part of it.
///
/// # Errors
///
/// It is another program.
pub(crate) fn from_disk(text: &str) -> Result<Subject> {
    let source = Source::new("bench.js", text);
    let made = program(text, Kind::Handler)?;
    let kept = made.to_kept().context("it may not be kept")?;
    let read = move || Program::from_kept(black_box(&source), Kind::Handler, &kept);
    let weight = read().map(|program| program.weight());
    ensure!(weight == Some(made.weight()), "it is another program");
    let limits = Execution::new(Limits::default());
    repeated(limits, move || {
        black_box(read().context("it is no program")?);
        Ok(())
    })
}

/// A VM without what hooks add to it.
///
/// # Errors
///
/// The engine does not start.
pub(crate) fn vm() -> Result<Subject> {
    let execution = Execution::new(Limits::default());
    repeated(execution.clone(), move || {
        black_box(Vm::new(&execution)?);
        Ok(())
    })
}

/// Batches of it, after it ran once.
fn repeated(
    execution: Execution,
    mut operation: impl FnMut() -> Result<()> + 'static,
) -> Result<Subject> {
    operation()?;
    Ok(Box::new(move |count| {
        execution.start(LONG);
        clock::on_thread(|| (0..count).try_for_each(|_| operation()))
    }))
}
