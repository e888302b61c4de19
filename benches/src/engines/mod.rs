//! Those that are compared; each file knows one engine.

pub(crate) mod bare;
pub(crate) mod cold;
pub(crate) mod endless;
pub(crate) mod ours;
pub(crate) mod ours_events;
pub(crate) mod pool;
pub(crate) mod quickjs;
pub(crate) mod quickjs_events;
