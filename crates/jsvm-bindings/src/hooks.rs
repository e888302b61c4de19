//! Which hooks there are, and what was registered for them.
//!
//! The one rule: a `HookSet` never changes once it is built; a reload builds
//! another one. Plain data that any thread may read.

use crate::{kinds::EventKind, middleware::Step, schedule::Schedule};
use jsvm_core::Program;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// One of the hooks that scripts can register handlers for.
#[derive(Debug, PartialEq, Eq)]
pub struct Hook {
    /// The name of the global function, for example `onRecordCreate`.
    pub name: &'static str,
    /// What its handlers are given.
    pub event: EventKind,
    /// Whether handlers can be limited to collections by tags.
    pub is_tagged: bool,
}

macro_rules! hooks {
    ($($name:ident $event:ident $tagged:literal)*) => {
        /// Every hook, in PocketBase's order.
        pub static HOOKS: &[Hook] = &[$(Hook {
            name: stringify!($name),
            event: EventKind::$event,
            is_tagged: $tagged,
        }),*];
    };
}

hooks! {
    onBootstrap Bootstrap false
    onTerminate Terminate false
    onBackupCreate Backup false
    onBackupRestore Backup false
    onModelValidate Model true
    onModelCreate Model true
    onModelCreateExecute Model true
    onModelAfterCreateSuccess Model true
    onModelAfterCreateError ModelError true
    onModelUpdate Model true
    onModelUpdateExecute Model true
    onModelAfterUpdateSuccess Model true
    onModelAfterUpdateError ModelError true
    onModelDelete Model true
    onModelDeleteExecute Model true
    onModelAfterDeleteSuccess Model true
    onModelAfterDeleteError ModelError true
    onRecordEnrich RecordEnrich true
    onRecordValidate Record true
    onRecordCreate Record true
    onRecordCreateExecute Record true
    onRecordAfterCreateSuccess Record true
    onRecordAfterCreateError RecordError true
    onRecordUpdate Record true
    onRecordUpdateExecute Record true
    onRecordAfterUpdateSuccess Record true
    onRecordAfterUpdateError RecordError true
    onRecordDelete Record true
    onRecordDeleteExecute Record true
    onRecordAfterDeleteSuccess Record true
    onRecordAfterDeleteError RecordError true
    onCollectionValidate Collection true
    onCollectionCreate Collection true
    onCollectionCreateExecute Collection true
    onCollectionAfterCreateSuccess Collection true
    onCollectionAfterCreateError CollectionError true
    onCollectionUpdate Collection true
    onCollectionUpdateExecute Collection true
    onCollectionAfterUpdateSuccess Collection true
    onCollectionAfterUpdateError CollectionError true
    onCollectionDelete Collection true
    onCollectionDeleteExecute Collection true
    onCollectionAfterDeleteSuccess Collection true
    onCollectionAfterDeleteError CollectionError true
    onMailerSend Mailer false
    onMailerRecordAuthAlertSend MailerRecord true
    onMailerRecordPasswordResetSend MailerRecord true
    onMailerRecordVerificationSend MailerRecord true
    onMailerRecordEmailChangeSend MailerRecord true
    onMailerRecordOTPSend MailerRecord true
    onRealtimeConnectRequest RealtimeConnectRequest false
    onRealtimeMessageSend RealtimeMessage false
    onRealtimeSubscribeRequest RealtimeSubscribeRequest false
    onSettingsListRequest SettingsListRequest false
    onSettingsUpdateRequest SettingsUpdateRequest false
    onSettingsReload SettingsReload false
    onFileDownloadRequest FileDownloadRequest true
    onFileTokenRequest FileTokenRequest true
    onRecordAuthRequest RecordAuthRequest true
    onRecordAuthWithPasswordRequest RecordAuthWithPasswordRequest true
    onRecordAuthWithOAuth2Request RecordAuthWithOAuth2Request true
    onRecordAuthRefreshRequest RecordAuthRefreshRequest true
    onRecordRequestPasswordResetRequest RecordRequestPasswordResetRequest true
    onRecordConfirmPasswordResetRequest RecordConfirmPasswordResetRequest true
    onRecordRequestVerificationRequest RecordRequestVerificationRequest true
    onRecordConfirmVerificationRequest RecordConfirmVerificationRequest true
    onRecordRequestEmailChangeRequest RecordRequestEmailChangeRequest true
    onRecordConfirmEmailChangeRequest RecordConfirmEmailChangeRequest true
    onRecordRequestOTPRequest RecordCreateOTPRequest true
    onRecordAuthWithOTPRequest RecordAuthWithOTPRequest true
    onRecordsListRequest RecordsListRequest true
    onRecordViewRequest RecordRequest true
    onRecordCreateRequest RecordRequest true
    onRecordUpdateRequest RecordRequest true
    onRecordDeleteRequest RecordRequest true
    onCollectionsListRequest CollectionsListRequest false
    onCollectionViewRequest CollectionRequest false
    onCollectionCreateRequest CollectionRequest false
    onCollectionUpdateRequest CollectionRequest false
    onCollectionDeleteRequest CollectionRequest false
    onCollectionsImportRequest CollectionsImportRequest false
    onBatchRequest BatchRequest false
}

impl Hook {
    /// The hook of that name.
    pub fn named(name: &str) -> Option<&'static Self> {
        HOOKS.iter().find(|hook| hook.name == name)
    }
}

/// One registered function.
#[derive(Debug)]
pub struct Handler {
    /// What logs and metrics call it, for example `onRecordCreate` or
    /// `GET /hello`.
    pub name: Arc<str>,
    /// What it is given.
    pub event: EventKind,
    /// Its checked source.
    pub program: Arc<Program>,
    /// Collections that it is limited to, by name or id; empty is all.
    pub tags: Vec<String>,
}

impl Handler {
    /// Whether it wants an event with these tags.
    ///
    /// PocketBase: any tag in common, compared exactly; without tags, always.
    pub fn wants<'a>(&self, mut tags: impl Iterator<Item = &'a str>) -> bool {
        self.tags.is_empty() || tags.any(|tag| self.tags.iter().any(|wanted| wanted == tag))
    }
}

/// What runs before the handler of a route.
#[derive(Debug, Clone)]
pub struct Middleware {
    /// The function, or what `$apis` made.
    pub step: Step,
    /// Lower runs earlier; a plain function has 0.
    pub priority: i64,
    /// A later middleware of the same id replaces an earlier one; may be empty.
    pub id: String,
}

/// A path that scripts answer.
#[derive(Debug, Clone)]
pub struct Route {
    /// Upper case; empty is any method.
    pub method: String,
    /// Go's pattern, for example `/hello/{name}`.
    pub path: String,
    /// The function that answers, or what `$apis.static` made.
    pub handler: Step,
    /// Its own middlewares, in order.
    pub middlewares: Vec<Middleware>,
    /// Where it was registered, for people.
    pub place: String,
}

/// A function that runs at certain minutes.
#[derive(Debug, Clone)]
pub struct CronJob {
    /// A later job of the same id replaces an earlier one.
    pub id: String,
    /// When it is due, in UTC.
    pub schedule: Schedule,
    /// The function.
    pub handler: Arc<Handler>,
}

/// Everything that a directory of hook files registered.
#[derive(Debug, Default)]
pub struct HookSet {
    pub(crate) handlers: BTreeMap<&'static str, Vec<Arc<Handler>>>,
    pub(crate) routes: Vec<Route>,
    pub(crate) middlewares: Vec<Middleware>,
    pub(crate) crons: Vec<CronJob>,
    pub(crate) files: Vec<String>,
    /// Names of PocketBase that were not there when the files were loaded:
    /// globals, and members such as `$app.newMailClient`.
    pub(crate) absent: BTreeSet<String>,
}

impl HookSet {
    /// The handlers of a hook that want an event with these tags, in order.
    pub fn matching<'a>(
        &'a self,
        hook: &str,
        tags: impl Iterator<Item = &'a str> + Clone,
    ) -> impl Iterator<Item = &'a Arc<Handler>> {
        let handlers = self.handlers.get(hook).map_or(&[][..], Vec::as_slice);
        handlers
            .iter()
            .filter(move |handler| handler.wants(tags.clone()))
    }

    /// The routes, in registration order.
    pub fn routes(&self) -> &[Route] {
        &self.routes
    }

    /// The global middlewares, in registration order.
    pub fn middlewares(&self) -> &[Middleware] {
        &self.middlewares
    }

    /// The cron jobs that were registered while loading.
    pub fn crons(&self) -> &[CronJob] {
        &self.crons
    }

    /// The programs of everything that is registered, but for cron jobs:
    /// those in force are the app's.
    pub(crate) fn programs(&self) -> impl Iterator<Item = &Arc<Program>> {
        let own = self.routes.iter().flat_map(|route| &route.middlewares);
        let middlewares = self.middlewares.iter().chain(own).map(|one| &one.step);
        let routes = self.routes.iter().map(|route| &route.handler);
        let steps = routes.chain(middlewares).filter_map(Step::script);
        let handlers = self.handlers.values().flatten().chain(steps);
        handlers.map(|handler| &handler.program)
    }

    /// The names of the files, in the order in which they were loaded.
    pub fn files(&self) -> &[String] {
        &self.files
    }

    /// How many hook handlers there are, routes and cron jobs not included.
    pub fn handlers(&self) -> usize {
        self.handlers.values().map(Vec::len).sum()
    }

    /// The global middlewares and those of a route as one list, in the order
    /// in which they run.
    ///
    /// PocketBase: a stable sort by priority over global ones first; the same
    /// id later takes the place of the earlier one.
    pub fn middlewares_for(&self, route: Option<&Route>) -> Vec<Step> {
        let own = route.map_or(&[][..], |route| route.middlewares.as_slice());
        let mut list: Vec<&Middleware> = Vec::new();
        for middleware in self.middlewares.iter().chain(own) {
            let is_same = |other: &&mut &Middleware| other.id == middleware.id;
            match list.iter_mut().find(is_same) {
                Some(earlier) if !middleware.id.is_empty() => *earlier = middleware,
                _ => list.push(middleware),
            }
        }
        list.sort_by_key(|middleware| middleware.priority);
        list.into_iter()
            .map(|middleware| middleware.step.clone())
            .collect()
    }
}
