//! What took the place of the names of PocketBase before 0.23.
//!
//! The one rule: one line for one name; what follows from a rule has no line.
//! PocketBase: its notes for upgrading to 0.23.

use super::kinds::Kind;
use crate::types::names;
use jsvm_core::analysis::Argument;

/// What to use instead of an old name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Successor {
    pub(super) instead: String,
    pub(super) note: Option<&'static str>,
}

impl Successor {
    fn new(instead: impl Into<String>) -> Self {
        Self {
            instead: instead.into(),
            note: None,
        }
    }
}

/// Of a global: a hook, a class, `$tokens`.
pub(super) fn of_global(name: &str) -> Option<Successor> {
    find(GLOBALS, name).or_else(|| of_hook(name))
}

/// Of a member of a value that is known.
pub(super) fn of_member(kind: Kind, name: &str, call: Option<&[Argument]>) -> Option<Successor> {
    let found = match kind {
        Kind::App => find(APP, name).or_else(|| of_app_hook(name)),
        Kind::Dao => return dao_member(name).map(Successor::new),
        Kind::Event => return of_event_member(name, call),
        Kind::Record => find(RECORD, name),
        Kind::Collection => find(COLLECTION, name),
        Kind::RequestInfo => find(REQUEST_INFO, name),
        Kind::Object("$apis") => find(APIS, name),
        Kind::Object("$mails") => find(MAILS, name),
        Kind::Records | Kind::Object(_) => None,
    };
    found.filter(|_| kind.object().is_none_or(|object| !is_there(object, name)))
}

fn is_there(object: &str, name: &str) -> bool {
    names()
        .members
        .get(object)
        .is_some_and(|it| it.contains(name))
}

/// Of a member that nothing else has, whatever it is asked of.
pub(super) fn of_any_member(name: &str) -> Option<Successor> {
    const TELLING: &[&str] = &[
        "schemaData",
        "unknownData",
        "withUnknownData",
        "originalCopy",
        "cleanCopy",
    ];
    let is_telling = TELLING.contains(&name);
    find(RECORD, name)
        .filter(|_| is_telling)
        .or_else(|| find(EVENT, name).filter(|_| name == "httpContext"))
}

/// Of `$app.dao().name`.
pub(super) fn of_dao_member(name: &str) -> Successor {
    match dao_member(name) {
        Some(instead) => Successor::new(instead),
        None => Successor::new(format!("`$app.{name}`")),
    }
}

/// Of a method of the dao whose name changed, too.
fn dao_member(name: &str) -> Option<String> {
    let line = DAO.iter().find(|(old, _)| *old == name);
    line.map(|(_, instead)| format!("`{instead}`"))
}

fn of_event_member(name: &str, call: Option<&[Argument]>) -> Option<Successor> {
    match (name, call) {
        ("get", Some([Argument::Text(_, key), ..])) if key == "authRecord" => {
            Some(Successor::new("`e.auth`"))
        }
        ("get", Some([Argument::Text(_, key), ..])) if key == "admin" => {
            Some(Successor::new("`e.auth` and `e.hasSuperuserAuth()`"))
        }
        ("request", Some(_)) => Some(Successor::new("`e.request`: it is no method any more")),
        ("response", Some(_)) => Some(Successor::new("`e.response`: it is no method any more")),
        _ => find(EVENT, name),
    }
}

/// Of a hook of the app, such as `$app.onModelBeforeCreate()`.
fn of_app_hook(name: &str) -> Option<Successor> {
    crate::types::looks_like_hook(name)
        .then(|| of_hook(name))
        .flatten()
}

/// Of a hook: most lost `Before` or `After`, as `e.next()` is between them.
fn of_hook(name: &str) -> Option<Successor> {
    if let Some(found) = find(HOOKS, name) {
        return Some(found);
    }
    let (part, note) = if name.contains("Before") {
        ("Before", BEFORE_NEXT)
    } else if name.contains("After") {
        ("After", AFTER_NEXT)
    } else {
        ("", ALSO_NEXT)
    };
    let plain = name.replacen(part, "", 1);
    let tag = ["Admin", "ExternalAuth"]
        .into_iter()
        .zip(["_superusers", "_externalAuths"]);
    let tag = tag
        .filter(|(word, _)| plain.contains(word))
        .map(|(_, tag)| tag)
        .next();
    let known = WORDS
        .iter()
        .fold(plain, |text, (old, new)| text.replace(old, new));
    if known == name || !names().is_hook(&known) {
        return None;
    }
    let instead = match tag {
        Some(tag) => format!("`{known}(…, \"{tag}\")`"),
        None => format!("`{known}`"),
    };
    Some(Successor {
        instead,
        note: Some(note),
    })
}

/// Words in the names of hooks that changed.
const WORDS: &[(&str, &str)] = &[
    ("onAdminsList", "onRecordsList"),
    ("Admin", "Record"),
    ("RecordResetPasswordSend", "RecordPasswordResetSend"),
    ("RecordChangeEmailSend", "RecordEmailChangeSend"),
    ("RecordListExternalAuths", "RecordsList"),
    ("RecordUnlinkExternalAuth", "RecordDelete"),
    ("CollectionImport", "CollectionsImport"),
];

const BEFORE_NEXT: &str = "what it did comes before `e.next()`, which the handler has to call";
const AFTER_NEXT: &str = "what it did comes behind `e.next()`, which the handler has to call";
const ALSO_NEXT: &str = "the handler has to call `e.next()`";

type Table = &'static [(&'static str, &'static str)];

fn find(table: Table, name: &str) -> Option<Successor> {
    let line = table.iter().find(|(old, _)| *old == name);
    line.map(|(_, instead)| Successor::new(*instead))
}

/// Hooks that no rule covers.
const HOOKS: Table = &[
    ("onBeforeBootstrap", "`onBootstrap`, before `e.next()`"),
    ("onAfterBootstrap", "`onBootstrap`, behind `e.next()`"),
    (
        "onBeforeServe",
        "`routerAdd` and `routerUse` at the top of the file",
    ),
    (
        "onBeforeApiError",
        "`routerUse` with a `try` around `e.next()`",
    ),
    (
        "onAfterApiError",
        "`routerUse` with a `try` around `e.next()`",
    ),
    (
        "onModelBeforeCreate",
        "`onRecordCreate`, or `onModelCreate`",
    ),
    (
        "onModelBeforeUpdate",
        "`onRecordUpdate`, or `onModelUpdate`",
    ),
    (
        "onModelBeforeDelete",
        "`onRecordDelete`, or `onModelDelete`",
    ),
    (
        "onModelAfterCreate",
        "`onRecordAfterCreateSuccess`, or `onModelAfterCreateSuccess`",
    ),
    (
        "onModelAfterUpdate",
        "`onRecordAfterUpdateSuccess`, or `onModelAfterUpdateSuccess`",
    ),
    (
        "onModelAfterDelete",
        "`onRecordAfterDeleteSuccess`, or `onModelAfterDeleteSuccess`",
    ),
    (
        "onRealtimeDisconnectRequest",
        "`onRealtimeConnectRequest`, behind `e.next()`",
    ),
];

const GLOBALS: Table = &[
    (
        "$tokens",
        "the methods of a record, such as `record.newAuthToken()`",
    ),
    ("Dao", "the app: `$app`, or `txApp` in a transaction"),
    (
        "SchemaField",
        "`new Field({ type, … })`, or a class such as `new TextField({ … })`",
    ),
    ("Schema", "`collection.fields`"),
    ("Admin", "`new Record` of the collection `_superusers`"),
    ("CollectionUpsertForm", "`$app.save(collection)`"),
    ("CollectionsImportForm", "`$app.importCollections(…)`"),
    (
        "AdminUpsertForm",
        "`$app.save(record)` with a record of `_superusers`",
    ),
    (
        "AdminLoginForm",
        "`$apis.recordAuthResponse(e, record)` with a record of `_superusers`",
    ),
    ("SettingsUpsertForm", "`$app.save($app.settings())`"),
    ("BackupCreateForm", "`$app.createBackup(…)`"),
    (
        "RecordPasswordLoginForm",
        "`record.validatePassword(…)` and `$apis.recordAuthResponse(e, record)`",
    ),
    (
        "RecordOAuth2LoginForm",
        "`$apis.recordAuthResponse(e, record)`",
    ),
    (
        "RecordEmailChangeRequestForm",
        "`$mails.sendRecordChangeEmail($app, record, newEmail)`",
    ),
    (
        "RecordPasswordResetRequestForm",
        "`$mails.sendRecordPasswordReset($app, record)`",
    ),
    (
        "RecordVerificationRequestForm",
        "`$mails.sendRecordVerification($app, record)`",
    ),
    (
        "RecordPasswordResetConfirmForm",
        "`record.setPassword(…)` and `$app.save(record)`",
    ),
    (
        "RecordVerificationConfirmForm",
        "`record.setVerified(true)` and `$app.save(record)`",
    ),
    (
        "RecordEmailChangeConfirmForm",
        "`record.setEmail(…)` and `$app.save(record)`",
    ),
];

const APP: Table = &[
    ("dao", "`$app` itself: it has the methods of the dao"),
    ("cache", "`$app.store()`"),
    ("refreshSettings", "`$app.reloadSettings()`"),
    ("isDebug", "`$app.isDev()`"),
    (
        "logsDao",
        "`$app.logQuery()` and the other methods of `$app` for logs",
    ),
    ("logsDB", "`$app.auxDB()`"),
];

const DAO: Table = &[
    ("saveRecord", "$app.save(record)"),
    ("deleteRecord", "$app.delete(record)"),
    ("saveCollection", "$app.save(collection)"),
    ("deleteCollection", "$app.delete(collection)"),
    (
        "findRecordsByExpr",
        "$app.findAllRecords(collection, …expressions)",
    ),
    (
        "findAuthRecordByUsername",
        "$app.findFirstRecordByData(collection, \"username\", name)",
    ),
    ("findCollectionsByType", "$app.findAllCollections(type)"),
    (
        "findExternalAuthByRecordAndProvider",
        "$app.findFirstExternalAuthByExpr(expression)",
    ),
    ("saveExternalAuth", "$app.save(model)"),
    ("deleteExternalAuth", "$app.delete(model)"),
    ("adminQuery", "$app.recordQuery(\"_superusers\")"),
    ("findAdminById", "$app.findRecordById(\"_superusers\", id)"),
    (
        "findAdminByEmail",
        "$app.findAuthRecordByEmail(\"_superusers\", email)",
    ),
    ("findAdminByToken", "$app.findAuthRecordByToken(token)"),
    ("totalAdmins", "$app.countRecords(\"_superusers\")"),
    ("saveAdmin", "$app.save(record)"),
    ("deleteAdmin", "$app.delete(record)"),
    ("findSettings", "$app.settings()"),
    ("saveSettings", "$app.save(settings)"),
    ("createViewSchema", "$app.createViewFields(query)"),
    (
        "isRecordValueUnique",
        "an index of the collection, or `$app.countRecords`",
    ),
    ("saveLog", "$app.auxSave(log)"),
    ("save", "$app.save(model)"),
    ("delete", "$app.delete(model)"),
];

const EVENT: Table = &[
    ("httpContext", "`e` itself"),
    ("pathParam", "`e.request.pathValue(name)`"),
    ("pathParams", "`e.request.pathValue(name)`"),
    ("queryParam", "`e.request.url.query().get(name)`"),
    ("queryParams", "`e.request.url.query()`"),
    ("queryString", "`e.request.url.rawQuery`"),
    ("formValue", "`e.request.formValue(name)`"),
    ("formFile", "`e.findUploadedFiles(name)`"),
    ("multipartForm", "`e.findUploadedFiles(name)`"),
    ("bind", "`e.bindBody(target)`"),
    ("cookie", "`e.request.cookie(name)`"),
    ("cookies", "`e.request.cookies()`"),
    ("realIp", "`e.realIP()`"),
    ("isTls", "`e.isTLS()`"),
    ("uploadedFiles", "`e.record.getUnsavedFiles(field)`"),
    (
        "admin",
        "`e.record` or `e.auth`: an admin is a record of `_superusers`",
    ),
    ("admins", "`e.records`: admins are records of `_superusers`"),
];

const RECORD: Table = &[
    ("getId", "`record.id`"),
    ("setId", "`record.id = …`"),
    ("hasId", "`record.id`"),
    ("schemaData", "`record.fieldsData()`"),
    ("unknownData", "`record.customData()`"),
    ("withUnknownData", "`record.withCustomData(state)`"),
    ("originalCopy", "`record.original()`"),
    ("cleanCopy", "`record.fresh()`"),
    ("getTime", "`record.getDateTime(field).time()`"),
    ("getCreated", "`record.getDateTime(\"created\")`"),
    ("getUpdated", "`record.getDateTime(\"updated\")`"),
    ("username", "`record.getString(\"username\")`"),
    ("setUsername", "`record.set(\"username\", name)`"),
    ("replaceModifers", "`record.replaceModifiers(values)`"),
];

const COLLECTION: Table = &[
    ("getId", "`collection.id`"),
    ("setId", "`collection.id = …`"),
    ("schema", "`collection.fields`"),
    (
        "options",
        "the members of the collection itself, such as `collection.viewQuery`",
    ),
    (
        "authOptions",
        "the members of the collection itself, such as `collection.authRule`",
    ),
    (
        "viewOptions",
        "the members of the collection itself, such as `collection.viewQuery`",
    ),
    ("getCreated", "`collection.created`"),
    ("getUpdated", "`collection.updated`"),
];

const REQUEST_INFO: Table = &[
    ("data", "`info.body`"),
    ("authRecord", "`info.auth`"),
    ("admin", "`info.auth` and `info.hasSuperuserAuth()`"),
];

const APIS: Table = &[
    ("requireRecordAuth", "`$apis.requireAuth(…collections)`"),
    (
        "requireSameContextRecordAuth",
        "`$apis.requireAuth(collection)`",
    ),
    ("requireAdminAuth", "`$apis.requireSuperuserAuth()`"),
    (
        "requireAdminAuthOnlyIfAny",
        "`$apis.requireSuperuserAuth()`",
    ),
    (
        "requireAdminOrRecordAuth",
        "`$apis.requireAuth(\"_superusers\", …collections)`",
    ),
    (
        "requireAdminOrOwnerAuth",
        "`$apis.requireSuperuserOrOwnerAuth(parameter)`",
    ),
    (
        "activityLogger",
        "no middleware: requests are logged in any case",
    ),
    (
        "staticDirectoryHandler",
        "`$apis.static(dir, indexFallback)`",
    ),
    ("requestInfo", "`e.requestInfo()`"),
];

const MAILS: Table = &[(
    "sendAdminPasswordReset",
    "`$mails.sendRecordPasswordReset($app, record)` with a record of `_superusers`",
)];
