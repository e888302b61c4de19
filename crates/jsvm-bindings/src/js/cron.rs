//! `$app.cron()`: the jobs that are registered, and starting and stopping
//! them.
//!
//! The one rule: a job is taken by its source text, as by `cronAdd`, because
//! it runs in other VMs. Jobs run in UTC and by the minute; that is not for
//! scripts to change.

use super::{
    app,
    class::{Class, instance, string, this},
    error, loader,
};
use crate::{app::App, error::Error};
use boa_engine::{Context, JsData, JsObject, JsResult, JsValue, object::builtins::JsArray};
use boa_gc::{Finalize, Trace};

/// The scheduler of an app.
#[derive(Clone, Trace, Finalize, JsData)]
#[boa_gc(unsafe_empty_trace)]
struct CronObject(App);

/// One job, as it was when it was asked for.
#[derive(Clone, Trace, Finalize, JsData)]
#[boa_gc(unsafe_empty_trace)]
struct JobObject {
    app: App,
    id: String,
    expression: String,
}

/// The prototypes of the scheduler and its jobs.
pub(crate) struct CronClasses {
    cron: JsObject,
    job: JsObject,
}

/// Makes the prototypes.
pub(super) fn install(context: &mut Context) -> JsResult<CronClasses> {
    Ok(CronClasses {
        cron: CRON.prototype(None, context)?,
        job: JOB.prototype(None, context)?,
    })
}

/// What `$app` offers of it.
pub(super) const APP: Class = Class {
    methods: &[("cron", 0, |value, _, context| {
        let app = app::app(value)?.outside();
        let prototype = super::Classes::of(context).cron.cron.clone();
        Ok(instance(&prototype, CronObject(app), context))
    })],
    getters: &[],
    accessors: &[],
};

const CRON: Class = Class {
    methods: &[
        ("add", 3, loader::cron_add),
        ("mustAdd", 3, loader::cron_add),
        ("remove", 1, loader::cron_remove),
        ("removeAll", 0, |value, _, context| {
            let CronObject(app) = this(value)?;
            for id in loader::jobs(&app, context).into_iter().map(|job| job.id) {
                loader::cron_remove(value, &[string(id)], context)?;
            }
            Ok(JsValue::undefined())
        }),
        ("total", 0, |value, _, context| {
            let CronObject(app) = this(value)?;
            let total = loader::jobs(&app, context).len();
            Ok(i32::try_from(total).unwrap_or(i32::MAX).into())
        }),
        ("jobs", 0, jobs),
        ("hasStarted", 0, |value, _, _| {
            let CronObject(app) = this(value)?;
            Ok(app.runs_crons().into())
        }),
        ("start", 0, |value, _, _| {
            this::<CronObject>(value)?.0.set_runs_crons(true);
            Ok(JsValue::undefined())
        }),
        ("stop", 0, |value, _, _| {
            this::<CronObject>(value)?.0.set_runs_crons(false);
            Ok(JsValue::undefined())
        }),
        ("setInterval", 1, |_, _, context| {
            refused(
                "jobs are looked at every minute; the interval cannot be changed",
                context,
            )
        }),
        ("setTimezone", 1, |_, _, context| {
            refused("jobs run in UTC; write their hours in UTC", context)
        }),
    ],
    getters: &[],
    accessors: &[],
};

fn refused(message: &str, context: &mut Context) -> JsResult<JsValue> {
    Err(error::throw(Error::host(message), context))
}

fn jobs(value: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let CronObject(app) = this(value)?;
    let prototype = super::Classes::of(context).cron.job.clone();
    let list: Vec<_> = loader::jobs(&app, context)
        .into_iter()
        .map(|job| {
            let data = JobObject {
                app: app.clone(),
                id: job.id,
                expression: job.schedule.text().to_owned(),
            };
            instance(&prototype, data, context)
        })
        .collect();
    Ok(JsArray::from_iter(list, context).into())
}

const JOB: Class = Class {
    methods: &[
        ("id", 0, |value, _, _| {
            Ok(string(this::<JobObject>(value)?.id))
        }),
        ("expression", 0, |value, _, _| {
            Ok(string(this::<JobObject>(value)?.expression))
        }),
        ("run", 0, |value, _, context| {
            let JobObject { app, id, .. } = this(value)?;
            let result = app.run_cron(&id);
            result
                .map(|()| JsValue::undefined())
                .map_err(|err| error::throw(err, context))
        }),
        ("toJSON", 0, |value, _, context| {
            let JobObject { id, expression, .. } = this(value)?;
            let plain = serde_json::json!({ "id": id, "expression": expression });
            Ok(jsvm_core::value::from_json(&plain, context))
        }),
    ],
    getters: &[],
    accessors: &[],
};
