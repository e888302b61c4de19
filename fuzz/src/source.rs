//! Anything at all as a source.

use crate::engines::{TIMEOUT, vm};
use jsvm_core::{Kind, Limits, Program, Source};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

pub(crate) fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for kind in [Kind::Script, Kind::Handler, Kind::Module] {
        let source = Source::new("a.js", &*text);
        let Ok(program) = Program::compile(&source, kind, &Limits::default()) else {
            continue;
        };
        let (_execution, mut vm) = vm();
        let started = Instant::now();
        let program = Arc::new(program);
        let result = match kind {
            Kind::Script => vm.run(&program),
            Kind::Handler => vm.call(&program, &[]),
            // Run by `require`, which is not here.
            _ => continue,
        };
        drop(result.map_err(|failure| failure.into_error(vm.context())));
        vm.end_execution();
        let took = started.elapsed();
        assert!(took < TIMEOUT + Duration::from_secs(2), "{took:?}");
    }
}
