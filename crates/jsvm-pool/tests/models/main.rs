//! The pool's protocols under every interleaving of a few threads.
//!
//! One rule: the modules here are those of the crate, with loom's locks and
//! atomics in the place of the system's; nothing is rewritten for a model. A
//! lost wake-up is a deadlock that loom reports, and time does not pass.

#![allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    clippy::unwrap_used,
    reason = "the models use a part of the modules, and end where one fails"
)]

#[path = "../../src/alarm.rs"]
mod alarm;
#[path = "../../src/call.rs"]
mod call;
#[path = "../../src/error.rs"]
mod error;
#[path = "../../src/guard.rs"]
mod guard;
#[path = "../../src/priority.rs"]
mod priority;
#[path = "../../src/queue.rs"]
mod queue;
#[path = "../../src/signals.rs"]
mod signals;
#[path = "../../src/slot.rs"]
mod slot;
mod spin;
#[path = "../../src/stats.rs"]
mod stats;
#[path = "../../src/stop.rs"]
mod stop;
mod sync;
#[path = "../../src/ticket.rs"]
mod ticket;
#[path = "../../src/warming.rs"]
mod warming;

mod protocols;

fn main() {
    for (name, model) in protocols::ALL {
        model();
        println!("model {name} ... ok");
    }
}
