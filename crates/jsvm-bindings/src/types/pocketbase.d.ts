// Types of the API that hooks see. Written by `jsvm types`: changes are lost.
//
// Put `/// <reference path="../pb_data/types.d.ts" />` at the top of a hook file,
// and an editor completes names and tells mistakes.

/// <reference no-default-lib="true" />
/// <reference lib="es2022" />

/** Bytes as the host hands them over; text is accepted where bytes are wanted. */
type Bytes = number[] | Uint8Array | string;
/** What may be registered: a function, or the source text of one. It runs in other VMs than its file, so it sees no variable around it. */
type Handler<E> = ((e: E) => any) | string;
/** The record types of the collections of this project, by name. */
interface Collections {}
/** The record type of a collection by its name. */
type RecordOf<T> = T extends keyof Collections ? Collections[T] : core.Record;
/** A name that is known, or any other. */
type Known<T> = (T & string) | (string & {});

// ---------------------------------------------------------------- hooks

/** The app starts: before `e.next()` nothing is open, after it everything is. */
declare function onBootstrap(handler: Handler<core.BootstrapEvent>): void;
/** The app is about to stop. */
declare function onTerminate(handler: Handler<core.TerminateEvent>): void;
/** A backup is made. */
declare function onBackupCreate(handler: Handler<core.BackupEvent>): void;
/** A backup is put back. */
declare function onBackupRestore(handler: Handler<core.BackupEvent>): void;
/** Anything that is stored is checked: throw to refuse it. */
declare function onModelValidate(handler: Handler<core.ModelEvent>, ...tags: string[]): void;
/** Anything that is stored is created: `e.next()` checks and stores. */
declare function onModelCreate(handler: Handler<core.ModelEvent>, ...tags: string[]): void;
/** Anything that is stored is created: after its checks, right around the statement. */
declare function onModelCreateExecute(handler: Handler<core.ModelEvent>, ...tags: string[]): void;
/** Anything that is stored was created; in a transaction, after its end. */
declare function onModelAfterCreateSuccess(handler: Handler<core.ModelEvent>, ...tags: string[]): void;
/** Anything that is stored could not be created; in a transaction, after its end. */
declare function onModelAfterCreateError(handler: Handler<core.ModelErrorEvent>, ...tags: string[]): void;
/** Anything that is stored is changed: `e.next()` checks and stores. */
declare function onModelUpdate(handler: Handler<core.ModelEvent>, ...tags: string[]): void;
/** Anything that is stored is changed: after its checks, right around the statement. */
declare function onModelUpdateExecute(handler: Handler<core.ModelEvent>, ...tags: string[]): void;
/** Anything that is stored was changed; in a transaction, after its end. */
declare function onModelAfterUpdateSuccess(handler: Handler<core.ModelEvent>, ...tags: string[]): void;
/** Anything that is stored could not be changed; in a transaction, after its end. */
declare function onModelAfterUpdateError(handler: Handler<core.ModelErrorEvent>, ...tags: string[]): void;
/** Anything that is stored is deleted: `e.next()` checks and stores. */
declare function onModelDelete(handler: Handler<core.ModelEvent>, ...tags: string[]): void;
/** Anything that is stored is deleted: after its checks, right around the statement. */
declare function onModelDeleteExecute(handler: Handler<core.ModelEvent>, ...tags: string[]): void;
/** Anything that is stored was deleted; in a transaction, after its end. */
declare function onModelAfterDeleteSuccess(handler: Handler<core.ModelEvent>, ...tags: string[]): void;
/** Anything that is stored could not be deleted; in a transaction, after its end. */
declare function onModelAfterDeleteError(handler: Handler<core.ModelErrorEvent>, ...tags: string[]): void;
/** A record is about to be shown to a client: hide or add fields here. */
declare function onRecordEnrich<T extends string = string>(handler: Handler<core.RecordEnrichEvent<RecordOf<T>>>, ...tags: T[]): void;
/** A record is checked: throw to refuse it. */
declare function onRecordValidate<T extends string = string>(handler: Handler<core.RecordEvent<RecordOf<T>>>, ...tags: T[]): void;
/** A record is created: `e.next()` checks and stores. */
declare function onRecordCreate<T extends string = string>(handler: Handler<core.RecordEvent<RecordOf<T>>>, ...tags: T[]): void;
/** A record is created: after its checks, right around the statement. */
declare function onRecordCreateExecute<T extends string = string>(handler: Handler<core.RecordEvent<RecordOf<T>>>, ...tags: T[]): void;
/** A record was created; in a transaction, after its end. */
declare function onRecordAfterCreateSuccess<T extends string = string>(handler: Handler<core.RecordEvent<RecordOf<T>>>, ...tags: T[]): void;
/** A record could not be created; in a transaction, after its end. */
declare function onRecordAfterCreateError<T extends string = string>(handler: Handler<core.RecordErrorEvent<RecordOf<T>>>, ...tags: T[]): void;
/** A record is changed: `e.next()` checks and stores. */
declare function onRecordUpdate<T extends string = string>(handler: Handler<core.RecordEvent<RecordOf<T>>>, ...tags: T[]): void;
/** A record is changed: after its checks, right around the statement. */
declare function onRecordUpdateExecute<T extends string = string>(handler: Handler<core.RecordEvent<RecordOf<T>>>, ...tags: T[]): void;
/** A record was changed; in a transaction, after its end. */
declare function onRecordAfterUpdateSuccess<T extends string = string>(handler: Handler<core.RecordEvent<RecordOf<T>>>, ...tags: T[]): void;
/** A record could not be changed; in a transaction, after its end. */
declare function onRecordAfterUpdateError<T extends string = string>(handler: Handler<core.RecordErrorEvent<RecordOf<T>>>, ...tags: T[]): void;
/** A record is deleted: `e.next()` checks and stores. */
declare function onRecordDelete<T extends string = string>(handler: Handler<core.RecordEvent<RecordOf<T>>>, ...tags: T[]): void;
/** A record is deleted: after its checks, right around the statement. */
declare function onRecordDeleteExecute<T extends string = string>(handler: Handler<core.RecordEvent<RecordOf<T>>>, ...tags: T[]): void;
/** A record was deleted; in a transaction, after its end. */
declare function onRecordAfterDeleteSuccess<T extends string = string>(handler: Handler<core.RecordEvent<RecordOf<T>>>, ...tags: T[]): void;
/** A record could not be deleted; in a transaction, after its end. */
declare function onRecordAfterDeleteError<T extends string = string>(handler: Handler<core.RecordErrorEvent<RecordOf<T>>>, ...tags: T[]): void;
/** A collection is checked: throw to refuse it. */
declare function onCollectionValidate(handler: Handler<core.CollectionEvent>, ...tags: string[]): void;
/** A collection is created: `e.next()` checks and stores. */
declare function onCollectionCreate(handler: Handler<core.CollectionEvent>, ...tags: string[]): void;
/** A collection is created: after its checks, right around the statement. */
declare function onCollectionCreateExecute(handler: Handler<core.CollectionEvent>, ...tags: string[]): void;
/** A collection was created; in a transaction, after its end. */
declare function onCollectionAfterCreateSuccess(handler: Handler<core.CollectionEvent>, ...tags: string[]): void;
/** A collection could not be created; in a transaction, after its end. */
declare function onCollectionAfterCreateError(handler: Handler<core.CollectionErrorEvent>, ...tags: string[]): void;
/** A collection is changed: `e.next()` checks and stores. */
declare function onCollectionUpdate(handler: Handler<core.CollectionEvent>, ...tags: string[]): void;
/** A collection is changed: after its checks, right around the statement. */
declare function onCollectionUpdateExecute(handler: Handler<core.CollectionEvent>, ...tags: string[]): void;
/** A collection was changed; in a transaction, after its end. */
declare function onCollectionAfterUpdateSuccess(handler: Handler<core.CollectionEvent>, ...tags: string[]): void;
/** A collection could not be changed; in a transaction, after its end. */
declare function onCollectionAfterUpdateError(handler: Handler<core.CollectionErrorEvent>, ...tags: string[]): void;
/** A collection is deleted: `e.next()` checks and stores. */
declare function onCollectionDelete(handler: Handler<core.CollectionEvent>, ...tags: string[]): void;
/** A collection is deleted: after its checks, right around the statement. */
declare function onCollectionDeleteExecute(handler: Handler<core.CollectionEvent>, ...tags: string[]): void;
/** A collection was deleted; in a transaction, after its end. */
declare function onCollectionAfterDeleteSuccess(handler: Handler<core.CollectionEvent>, ...tags: string[]): void;
/** A collection could not be deleted; in a transaction, after its end. */
declare function onCollectionAfterDeleteError(handler: Handler<core.CollectionErrorEvent>, ...tags: string[]): void;
/** A mail is sent. */
declare function onMailerSend(handler: Handler<core.MailerEvent>): void;
/** The mail about a login from a new place is sent. */
declare function onMailerRecordAuthAlertSend<T extends string = string>(handler: Handler<core.MailerRecordEvent<RecordOf<T>>>, ...tags: T[]): void;
/** The mail with the link to reset a password is sent. */
declare function onMailerRecordPasswordResetSend<T extends string = string>(handler: Handler<core.MailerRecordEvent<RecordOf<T>>>, ...tags: T[]): void;
/** The mail with the link to verify an address is sent. */
declare function onMailerRecordVerificationSend<T extends string = string>(handler: Handler<core.MailerRecordEvent<RecordOf<T>>>, ...tags: T[]): void;
/** The mail with the link to change an address is sent. */
declare function onMailerRecordEmailChangeSend<T extends string = string>(handler: Handler<core.MailerRecordEvent<RecordOf<T>>>, ...tags: T[]): void;
/** The mail with a one-time password is sent. */
declare function onMailerRecordOTPSend<T extends string = string>(handler: Handler<core.MailerRecordEvent<RecordOf<T>>>, ...tags: T[]): void;
/** A client connects for realtime messages; after `e.next()` it is gone. */
declare function onRealtimeConnectRequest(handler: Handler<core.RealtimeConnectRequestEvent>): void;
/** A realtime message is sent to a client. */
declare function onRealtimeMessageSend(handler: Handler<core.RealtimeMessageEvent>): void;
/** A client sets its realtime subscriptions. */
declare function onRealtimeSubscribeRequest(handler: Handler<core.RealtimeSubscribeRequestEvent>): void;
/** A client asks for the settings. */
declare function onSettingsListRequest(handler: Handler<core.SettingsListRequestEvent>): void;
/** A client changes the settings. */
declare function onSettingsUpdateRequest(handler: Handler<core.SettingsUpdateRequestEvent>): void;
/** The settings were read again. */
declare function onSettingsReload(handler: Handler<core.SettingsReloadEvent>): void;
/** A client asks for a file of a record. */
declare function onFileDownloadRequest<T extends string = string>(handler: Handler<core.FileDownloadRequestEvent<RecordOf<T>>>, ...tags: T[]): void;
/** A client asks for a token for protected files. */
declare function onFileTokenRequest<T extends string = string>(handler: Handler<core.FileTokenRequestEvent<RecordOf<T>>>, ...tags: T[]): void;
/** A client is about to be given a token, however it proved who it is. */
declare function onRecordAuthRequest<T extends string = string>(handler: Handler<core.RecordAuthRequestEvent<RecordOf<T>>>, ...tags: T[]): void;
/** A client logs in with a password. */
declare function onRecordAuthWithPasswordRequest<T extends string = string>(handler: Handler<core.RecordAuthWithPasswordRequestEvent<RecordOf<T>>>, ...tags: T[]): void;
/** A client logs in with OAuth2. */
declare function onRecordAuthWithOAuth2Request<T extends string = string>(handler: Handler<core.RecordAuthWithOAuth2RequestEvent<RecordOf<T>>>, ...tags: T[]): void;
/** A client asks for a fresh token. */
declare function onRecordAuthRefreshRequest<T extends string = string>(handler: Handler<core.RecordAuthRefreshRequestEvent<RecordOf<T>>>, ...tags: T[]): void;
/** A client asks to reset a password. */
declare function onRecordRequestPasswordResetRequest<T extends string = string>(handler: Handler<core.RecordRequestPasswordResetRequestEvent<RecordOf<T>>>, ...tags: T[]): void;
/** A client sets a new password. */
declare function onRecordConfirmPasswordResetRequest<T extends string = string>(handler: Handler<core.RecordConfirmPasswordResetRequestEvent<RecordOf<T>>>, ...tags: T[]): void;
/** A client asks to verify an address. */
declare function onRecordRequestVerificationRequest<T extends string = string>(handler: Handler<core.RecordRequestVerificationRequestEvent<RecordOf<T>>>, ...tags: T[]): void;
/** A client verifies an address. */
declare function onRecordConfirmVerificationRequest<T extends string = string>(handler: Handler<core.RecordConfirmVerificationRequestEvent<RecordOf<T>>>, ...tags: T[]): void;
/** A client asks to change an address. */
declare function onRecordRequestEmailChangeRequest<T extends string = string>(handler: Handler<core.RecordRequestEmailChangeRequestEvent<RecordOf<T>>>, ...tags: T[]): void;
/** A client changes an address. */
declare function onRecordConfirmEmailChangeRequest<T extends string = string>(handler: Handler<core.RecordConfirmEmailChangeRequestEvent<RecordOf<T>>>, ...tags: T[]): void;
/** A client asks for a one-time password. */
declare function onRecordRequestOTPRequest<T extends string = string>(handler: Handler<core.RecordCreateOTPRequestEvent<RecordOf<T>>>, ...tags: T[]): void;
/** A client logs in with a one-time password. */
declare function onRecordAuthWithOTPRequest<T extends string = string>(handler: Handler<core.RecordAuthWithOTPRequestEvent<RecordOf<T>>>, ...tags: T[]): void;
/** A client asks for a list of records. */
declare function onRecordsListRequest<T extends string = string>(handler: Handler<core.RecordsListRequestEvent<RecordOf<T>>>, ...tags: T[]): void;
/** A client asks for one record. */
declare function onRecordViewRequest<T extends string = string>(handler: Handler<core.RecordRequestEvent<RecordOf<T>>>, ...tags: T[]): void;
/** A client creates a record. */
declare function onRecordCreateRequest<T extends string = string>(handler: Handler<core.RecordRequestEvent<RecordOf<T>>>, ...tags: T[]): void;
/** A client changes a record. */
declare function onRecordUpdateRequest<T extends string = string>(handler: Handler<core.RecordRequestEvent<RecordOf<T>>>, ...tags: T[]): void;
/** A client deletes a record. */
declare function onRecordDeleteRequest<T extends string = string>(handler: Handler<core.RecordRequestEvent<RecordOf<T>>>, ...tags: T[]): void;
/** A client asks for the collections. */
declare function onCollectionsListRequest(handler: Handler<core.CollectionsListRequestEvent>): void;
/** A client asks for one collection. */
declare function onCollectionViewRequest(handler: Handler<core.CollectionRequestEvent>): void;
/** A client creates a collection. */
declare function onCollectionCreateRequest(handler: Handler<core.CollectionRequestEvent>): void;
/** A client changes a collection. */
declare function onCollectionUpdateRequest(handler: Handler<core.CollectionRequestEvent>): void;
/** A client deletes a collection. */
declare function onCollectionDeleteRequest(handler: Handler<core.CollectionRequestEvent>): void;
/** A client imports collections. */
declare function onCollectionsImportRequest(handler: Handler<core.CollectionsImportRequestEvent>): void;
/** A client sends several requests as one. */
declare function onBatchRequest(handler: Handler<core.BatchRequestEvent>): void;

// ---------------------------------------------------------------- routes, cron, modules

/** Answers requests. The path is a pattern of Go's, such as `/hello/{name}` or `/files/{path...}`; no method is any. */
declare function routerAdd(method: string, path: string, handler: Handler<core.RequestEvent> | core.MiddlewareHandle, ...middlewares: (Handler<core.RequestEvent> | core.MiddlewareHandle)[]): void;
/** Runs before all routes, in this order; call `e.next()` to go on. */
declare function routerUse(...middlewares: (Handler<core.RequestEvent> | core.MiddlewareHandle)[]): void;
/** Runs a function in the minutes that the expression says, in UTC. The same id replaces. */
declare function cronAdd(id: string, expression: string, handler: Handler<void>): void;
/** Takes a job out again. */
declare function cronRemove(id: string): void;
/** Registers a migration; only in files of `pb_migrations`. */
declare function migrate(up: (txApp: core.App) => void, down?: (txApp: core.App) => void): void;
/** Loads a CommonJS module or a JSON file. Inside of a handler, too: this is how handlers share code. */
declare function require(id: string): any;
/** The path of the directory with the hook files. */
declare const __hooks: string;
/** The arguments of the handler in progress. */
declare const __args: any[] | undefined;
/** What a module hands out. */
declare const module: { exports: any };
/** What a module hands out, by name. */
declare let exports: any;
/** The path of the module. */
declare const __filename: string;
/** The directory of the module. */
declare const __dirname: string;
/** Prints lines; `%s`, `%d` and `%j` in a first text take the next value. */
declare const console: { log(...values: any[]): void; info(...values: any[]): void; debug(...values: any[]): void; warn(...values: any[]): void; error(...values: any[]): void };
/** The environment of the process. */
declare const process: { env: { [name: string]: string | undefined } };
/** Bytes, as in Node.js. */
declare const Buffer: { from(value: any, encoding?: string): Buffer; alloc(size: number): Buffer; concat(list: any[]): Buffer; poolSize: number };
interface Buffer extends Uint8Array { toString(encoding?: string): string; equals(other: any): boolean; write(text: string, ...rest: any[]): number }

// ---------------------------------------------------------------- namespaces

/** The app: of the event inside of a hook, and inside of a transaction the transaction. */
declare const $app: core.App;

/** Middlewares and helpers for routes. */
declare const $apis: $apis;
interface $apis {
    /** A handler that answers with files; the path must end with `{path...}`. */
    static(dir: string | fs.FS, indexFallback?: boolean): core.MiddlewareHandle;
    /** Refuses who is logged in. */
    requireGuestOnly(): core.MiddlewareHandle;
    /** Refuses who is not logged in, or not by one of these collections. */
    requireAuth(...collections: Known<keyof Collections>[]): core.MiddlewareHandle;
    /** Refuses who is no superuser. */
    requireSuperuserAuth(): core.MiddlewareHandle;
    /** Refuses who is neither a superuser nor the one that the path names. */
    requireSuperuserOrOwnerAuth(pathParam?: string): core.MiddlewareHandle;
    /** Logs only requests that fail. */
    skipSuccessActivityLog(): core.MiddlewareHandle;
    /** Compresses answers. */
    gzip(): core.MiddlewareHandle;
    /** Refuses larger bodies; 0 is no limit. */
    bodyLimit(bytes: number): core.MiddlewareHandle;
    /** Answers with a token for the record. */
    recordAuthResponse(e: core.RequestEvent, record: core.Record, method?: string, meta?: any): void;
    /** Makes a record ready to be shown to a client. */
    enrichRecord(e: core.RequestEvent, record: core.Record, ...expands: string[]): void;
    /** Makes records ready to be shown to a client. */
    enrichRecords(e: core.RequestEvent, records: core.Record[], ...expands: string[]): void;
}

/** Conditions for queries. */
declare const $dbx: $dbx;
interface $dbx {
    /** A piece of SQL, with `{:name}` for values. */
    exp(sql: string, params?: { [name: string]: any }): dbx.Expression;
    /** All columns have these values; a list is any of them. */
    hashExp(values: { [column: string]: any }): dbx.Expression;
    not(expression: dbx.Expression): dbx.Expression;
    and(...expressions: dbx.Expression[]): dbx.Expression;
    or(...expressions: dbx.Expression[]): dbx.Expression;
    in(column: string, ...values: any[]): dbx.Expression;
    notIn(column: string, ...values: any[]): dbx.Expression;
    /** Contains all of them. */
    like(column: string, ...values: string[]): dbx.LikeExpression;
    /** Contains one of them. */
    orLike(column: string, ...values: string[]): dbx.LikeExpression;
    notLike(column: string, ...values: string[]): dbx.LikeExpression;
    orNotLike(column: string, ...values: string[]): dbx.LikeExpression;
    exists(expression: dbx.Expression): dbx.Expression;
    notExists(expression: dbx.Expression): dbx.Expression;
    between(column: string, from: any, to: any): dbx.Expression;
    notBetween(column: string, from: any, to: any): dbx.Expression;
}

/** Paths of files. */
declare const $filepath: $filepath;
interface $filepath {
    /** The last part. */
    base(path: string): string;
    /** The shortest form. */
    clean(path: string): string;
    /** All but the last part. */
    dir(path: string): string;
    /** The ending, with its dot. */
    ext(path: string): string;
    /** With the separator of the system. */
    fromSlash(path: string): string;
    /** The files that match. */
    glob(pattern: string): string[];
    /** Whether it starts at the root. */
    isAbs(path: string): boolean;
    /** Parts as one path. */
    join(...parts: string[]): string;
    /** Whether the name matches. */
    match(pattern: string, name: string): boolean;
    /** The way from one to the other. */
    rel(base: string, target: string): string;
    /** Directory and file. */
    split(path: string): [string, string];
    /** A list as in `PATH`. */
    splitList(paths: string): string[];
    /** With slashes. */
    toSlash(path: string): string;
    /** Visits all files; return null to go on. */
    walk(root: string, visit: (path: string, info: fs.FileInfo, err: any) => any): void;
    /** Visits all files; return null to go on. */
    walkDir(root: string, visit: (path: string, entry: fs.DirEntry, err: any) => any): void;
}

/** Files, here and in buckets. */
declare const $filesystem: $filesystem;
interface $filesystem {
    /** The files of a bucket; close it. */
    s3(bucket: string, region: string, endpoint: string, accessKey: string, secret: string, forcePathStyle: boolean): filesystem.System;
    /** The files of a directory; close it. */
    local(dir: string): filesystem.System;
    /** A file for a field. */
    fileFromPath(path: string): filesystem.File;
    /** A file for a field. */
    fileFromBytes(data: Bytes, name: string): filesystem.File;
    /** A file for a field. */
    fileFromMultipart(header: multipart.FileHeader): filesystem.File;
    /** A file for a field, from elsewhere. */
    fileFromURL(url: string, seconds?: number): filesystem.File;
}

/** Requests to other servers. */
declare const $http: $http;
interface $http {
    /** Sends a request and waits for the answer; the timeout is in seconds. Throws if there is no answer, not for a status. */
    send(request: { url: string; method?: string; headers?: { [name: string]: string }; body?: any; timeout?: number; data?: { [key: string]: any } }): http.Result;
}

/** The mails of auth collections. */
declare const $mails: $mails;
interface $mails {
    sendRecordPasswordReset(app: core.App, record: core.Record): void;
    sendRecordVerification(app: core.App, record: core.Record): void;
    sendRecordChangeEmail(app: core.App, record: core.Record, newEmail: string): void;
    sendRecordOTP(app: core.App, record: core.Record, otpId: string, password: string): void;
    sendRecordAuthAlert(app: core.App, record: core.Record, info: string): void;
}

/** Files, processes and the environment. */
declare const $os: $os;
interface $os {
    /** The arguments of the process. */
    args: string[];
    /** As `cmd`. */
    exec(name: string, ...args: string[]): exec.Cmd;
    /** A process that is not started yet. */
    cmd(name: string, ...args: string[]): exec.Cmd;
    /** Ends the process at once. */
    exit(code: number): void;
    /** A variable of the environment, or `""`. */
    getenv(name: string): string;
    /** The files below a directory. */
    dirFS(dir: string): fs.FS;
    /** About a file. */
    stat(path: string): fs.FileInfo;
    /** The bytes of a file; `toString` makes text of them. */
    readFile(path: string): number[];
    /** Writes a file. */
    writeFile(path: string, data: Bytes, permissions: number): void;
    /** What is in a directory. */
    readDir(path: string): fs.DirEntry[];
    /** The directory for files that are soon gone. */
    tempDir(): string;
    /** Cuts a file. */
    truncate(path: string, size: number): void;
    /** The current directory. */
    getwd(): string;
    /** Makes a directory. */
    mkdir(path: string, permissions: number): void;
    /** Makes a directory and those above it. */
    mkdirAll(path: string, permissions: number): void;
    /** Moves a file. */
    rename(from: string, to: string): void;
    /** Removes a file or an empty directory. */
    remove(path: string): void;
    /** Removes a directory with all in it. */
    removeAll(path: string): void;
    /** Files below a directory that nothing can leave. */
    openRoot(dir: string): any;
    /** Opens one of them. */
    openInRoot(dir: string, name: string): any;
}

/** Random text, digests, tokens, encryption. */
declare const $security: $security;
interface $security {
    /** Hexadecimal digest. */
    md5(text: string): string;
    /** Hexadecimal digest. */
    sha256(text: string): string;
    /** Hexadecimal digest. */
    sha512(text: string): string;
    /** Hexadecimal digest with a key. */
    hs256(text: string, secret: string): string;
    /** Hexadecimal digest with a key. */
    hs512(text: string, secret: string): string;
    /** Takes as long whether equal or not. */
    equal(a: string, b: string): boolean;
    /** Letters and digits that nobody can guess. */
    randomString(length: number): string;
    /** Text that matches, and that nobody can guess. */
    randomStringByRegex(pattern: string, ...flags: any[]): string;
    /** Letters of an alphabet that nobody can guess. */
    randomStringWithAlphabet(length: number, alphabet: string): string;
    /** Letters and digits; not for secrets. */
    pseudorandomString(length: number): string;
    /** Letters of an alphabet; not for secrets. */
    pseudorandomStringWithAlphabet(length: number, alphabet: string): string;
    /** What a token says; anybody may have made it. */
    parseUnverifiedJWT(token: string): { [claim: string]: any };
    /** What a token says; throws if it was not made with the key. */
    parseJWT(token: string, key: string): { [claim: string]: any };
    /** A signed token. */
    createJWT(claims: { [claim: string]: any }, key: string, seconds: number): string;
    /** The key has 32 characters. */
    encrypt(text: string, key: string): string;
    /** Undoes `encrypt`. */
    decrypt(text: string, key: string): string;
}

/** Templates for HTML. */
declare const $template: $template;
interface $template {
    /** A template of files; the first one is rendered. */
    loadFiles(...paths: string[]): template.Renderer;
    /** A template of text. */
    loadString(text: string): template.Renderer;
    /** A template of files. */
    loadFS(files: fs.FS, ...globs: string[]): template.Renderer;
    /** Functions for all templates. */
    addFuncs(functions: { [name: string]: (...args: any[]) => any }): $template;
}

// ---------------------------------------------------------------- functions and classes

/** Text of anything: bytes and readers as UTF-8, objects as JSON, nothing as `""`. */
declare function toString(value: any, maxBytes?: number): string;
/** Bytes of anything: text as UTF-8, readers to their end, objects as JSON. */
declare function toBytes(value: any, maxBytes?: number): number[];
/** The text of a reader; `toString` does the same. */
declare function readerToString(reader: io.Reader, maxBytes?: number): string;
/** Waits, but not past the deadline. */
declare function sleep(milliseconds: number): void;
/** An empty list for what `query.all` finds. */
declare function arrayOf<T>(model: T): T[];
/** Puts data into a record, a collection, a field or a `DynamicModel`. */
declare function unmarshal(data: any, target: any): void;
/** For a `DynamicModel`: a text or null. */
declare function nullString(): string | null;
/** For a `DynamicModel`: a whole number or null. */
declare function nullInt(): number | null;
/** For a `DynamicModel`: a number or null. */
declare function nullFloat(): number | null;
/** For a `DynamicModel`: a boolean or null. */
declare function nullBool(): boolean | null;
/** For a `DynamicModel`: a list or null. */
declare function nullArray(): any[] | null;
/** For a `DynamicModel`: an object or null. */
declare function nullObject(): { get(key: string): any; set(key: string, value: any): void } | null;
/** A record that is not stored yet. */
declare const Record: { new <F = any>(collection?: core.Collection, values?: { [field: string]: any }): core.Record<F>; readonly prototype: core.Record };
/** An object with typed members: `""` text, `0` a whole number, `-0` any number, `false`, `[]`, `{}`. */
declare const DynamicModel: { new <T extends object>(shape: T): T; readonly prototype: object };
/** A collection that is not stored yet. */
declare const Collection: { new (data?: { [option: string]: any }): core.Collection; readonly prototype: core.Collection };
interface Collection extends core.Collection {}
/** A list of fields. */
declare const FieldsList: { new (fields?: { [option: string]: any }[]): core.FieldsList; readonly prototype: core.FieldsList };
interface FieldsList extends core.FieldsList {}
/** A field; `type` says which one. */
declare const Field: { new (data?: { [option: string]: any }): core.Field; readonly prototype: core.Field };
interface Field extends core.Field {}
/** A field for a number. */
declare const NumberField: { new (options?: { [option: string]: any }): core.NumberField; readonly prototype: core.NumberField };
interface NumberField extends core.NumberField {}
/** A field for a boolean. */
declare const BoolField: { new (options?: { [option: string]: any }): core.BoolField; readonly prototype: core.BoolField };
interface BoolField extends core.BoolField {}
/** A field for text. */
declare const TextField: { new (options?: { [option: string]: any }): core.TextField; readonly prototype: core.TextField };
interface TextField extends core.TextField {}
/** A field for a URL. */
declare const URLField: { new (options?: { [option: string]: any }): core.URLField; readonly prototype: core.URLField };
interface URLField extends core.URLField {}
/** A field for an address for mail. */
declare const EmailField: { new (options?: { [option: string]: any }): core.EmailField; readonly prototype: core.EmailField };
interface EmailField extends core.EmailField {}
/** A field for rich text. */
declare const EditorField: { new (options?: { [option: string]: any }): core.EditorField; readonly prototype: core.EditorField };
interface EditorField extends core.EditorField {}
/** A field for a password. */
declare const PasswordField: { new (options?: { [option: string]: any }): core.PasswordField; readonly prototype: core.PasswordField };
interface PasswordField extends core.PasswordField {}
/** A field for a date. */
declare const DateField: { new (options?: { [option: string]: any }): core.DateField; readonly prototype: core.DateField };
interface DateField extends core.DateField {}
/** A field for a date that sets itself. */
declare const AutodateField: { new (options?: { [option: string]: any }): core.AutodateField; readonly prototype: core.AutodateField };
interface AutodateField extends core.AutodateField {}
/** A field for JSON. */
declare const JSONField: { new (options?: { [option: string]: any }): core.JSONField; readonly prototype: core.JSONField };
interface JSONField extends core.JSONField {}
/** A field for other records. */
declare const RelationField: { new (options?: { [option: string]: any }): core.RelationField; readonly prototype: core.RelationField };
interface RelationField extends core.RelationField {}
/** A field for one or some of given values. */
declare const SelectField: { new (options?: { [option: string]: any }): core.SelectField; readonly prototype: core.SelectField };
interface SelectField extends core.SelectField {}
/** A field for files. */
declare const FileField: { new (options?: { [option: string]: any }): core.FileField; readonly prototype: core.FileField };
interface FileField extends core.FileField {}
/** A field for a place on earth. */
declare const GeoPointField: { new (options?: { [option: string]: any }): core.GeoPointField; readonly prototype: core.GeoPointField };
interface GeoPointField extends core.GeoPointField {}
/** A mail, for `$app.newMailClient().send`. */
declare const MailerMessage: { new (data?: { from?: mailer.Address; to?: mailer.Address[]; cc?: mailer.Address[]; bcc?: mailer.Address[]; subject?: string; html?: string; text?: string; headers?: { [name: string]: string }; attachments?: { [name: string]: io.Reader }; inlineAttachments?: { [name: string]: io.Reader } }): mailer.Message; readonly prototype: mailer.Message };
interface MailerMessage extends mailer.Message {}
/** A command of the program, for `$app.rootCmd.addCommand`. */
declare const Command: { new (data: { use: string; short?: string; long?: string; run?: (command: any, args: string[]) => void; [option: string]: any }): core.Command; readonly prototype: core.Command };
interface Command extends core.Command {}
/** What is known of a request. */
declare const RequestInfo: { new (data?: { [key: string]: any }): core.RequestInfo; readonly prototype: core.RequestInfo };
interface RequestInfo extends core.RequestInfo {}
/** A middleware with a priority: lower runs earlier, a function has 0. */
declare const Middleware: { new (handler: Handler<core.RequestEvent>, priority?: number, id?: string): core.MiddlewareHandle; readonly prototype: core.MiddlewareHandle };
interface Middleware extends core.MiddlewareHandle {}
/** A time zone; UTC if there is none of that name. */
declare const Timezone: { new (name?: string): time.Location; readonly prototype: time.Location };
interface Timezone extends time.Location {}
/** A moment; without text it is now. */
declare const DateTime: { new (text?: string, timezone?: string): types.DateTime; readonly prototype: types.DateTime };
interface DateTime extends types.DateTime {}
/** The error of one field. */
declare const ValidationError: { new (code?: string, message?: string): core.ValidationError; readonly prototype: core.ValidationError };
interface ValidationError extends core.ValidationError {}
/** A cookie, for `e.setCookie`. */
declare const Cookie: { new (data?: { [option: string]: any }): http.Cookie; readonly prototype: http.Cookie };
interface Cookie extends http.Cookie {}
/** A realtime message. */
declare const SubscriptionMessage: { new (data?: { name?: string; data?: Bytes }): subscriptions.Message; readonly prototype: subscriptions.Message };
interface SubscriptionMessage extends subscriptions.Message {}
/** A context with a value. */
declare const Context: { new (parent?: context.Context | null, key?: any, value?: any): context.Context; readonly prototype: context.Context };
interface Context extends context.Context {}
/** A form with files, for `$http.send`. */
declare const FormData: { new (): http.FormData; readonly prototype: http.FormData };
interface FormData extends http.FormData {}
/** An answer with a status; throw or return it. */
declare const ApiError: { new (status?: number, message?: string, data?: any): router.ApiError; readonly prototype: router.ApiError };
interface ApiError extends router.ApiError {}
/** An answer with status 400; throw or return it. */
declare const BadRequestError: { new (message?: string, data?: any): router.ApiError; readonly prototype: router.ApiError };
interface BadRequestError extends router.ApiError {}
/** An answer with status 401; throw or return it. */
declare const UnauthorizedError: { new (message?: string, data?: any): router.ApiError; readonly prototype: router.ApiError };
interface UnauthorizedError extends router.ApiError {}
/** An answer with status 403; throw or return it. */
declare const ForbiddenError: { new (message?: string, data?: any): router.ApiError; readonly prototype: router.ApiError };
interface ForbiddenError extends router.ApiError {}
/** An answer with status 404; throw or return it. */
declare const NotFoundError: { new (message?: string, data?: any): router.ApiError; readonly prototype: router.ApiError };
interface NotFoundError extends router.ApiError {}
/** An answer with status 429; throw or return it. */
declare const TooManyRequestsError: { new (message?: string, data?: any): router.ApiError; readonly prototype: router.ApiError };
interface TooManyRequestsError extends router.ApiError {}
/** An answer with status 500; throw or return it. */
declare const InternalServerError: { new (message?: string, data?: any): router.ApiError; readonly prototype: router.ApiError };
interface InternalServerError extends router.ApiError {}
/** Stores a record as a client would. */
declare const RecordUpsertForm: { new (app: core.App, record: core.Record): core.RecordForm; readonly prototype: core.RecordForm };
interface RecordUpsertForm extends core.RecordForm {}
/** Makes the secret for logins with Apple. */
declare const AppleClientSecretCreateForm: { new (app: core.App): core.Form; readonly prototype: core.Form };
interface AppleClientSecretCreateForm extends core.Form {}
/** Sends a mail to try the settings. */
declare const TestEmailSendForm: { new (app: core.App): core.Form; readonly prototype: core.Form };
interface TestEmailSendForm extends core.Form {}
/** Tries the settings of a bucket. */
declare const TestS3FilesystemForm: { new (app: core.App): core.Form; readonly prototype: core.Form };
interface TestS3FilesystemForm extends core.Form {}

// ---------------------------------------------------------------- objects

declare namespace core {
    /** What can be saved and deleted: a record, a collection, the settings and their kin. */
    interface Model {
        tableName(): string;
        pk(): any;
        lastSavedPK(): any;
        isNew(): boolean;
        markAsNew(): void;
        markAsNotNew(): void;
    }

    /** The app, or a transaction of it. */
    interface App {
        auxConcurrentDB(): dbx.Builder;
        auxDB(): dbx.Builder;
        auxDelete(model: core.Model): void;
        auxDeleteWithContext(context: context.Context, model: core.Model): void;
        auxHasTable(table: string): boolean;
        auxModelQuery(model: core.Model): dbx.SelectQuery;
        auxNonconcurrentDB(): dbx.Builder;
        auxRunInTransaction(action: (txApp: core.App) => void): void;
        auxSave(model: core.Model): void;
        auxSaveNoValidate(model: core.Model): void;
        auxSaveNoValidateWithContext(context: context.Context, model: core.Model): void;
        auxSaveWithContext(context: context.Context, model: core.Model): void;
        auxVacuum(): void;
        bootstrap(): void;
        /** Whether a rule lets the request see the record. */
        canAccessRecord(record: core.Record, requestInfo: core.RequestInfo, rule: string | null): boolean;
        collectionQuery(): dbx.SelectQuery;
        concurrentDB(): dbx.Builder;
        /** How many records there are. */
        countRecords(collection: Known<keyof Collections> | core.Collection, ...expressions: dbx.Expression[]): number;
        /** Makes a backup. */
        createBackup(context: context.Context, name: string): void;
        createViewFields(query: string): core.FieldsList;
        /** The scheduler. */
        cron(): cron.Cron;
        /** The directory with the data. */
        dataDir(): string;
        /** Queries in SQL. */
        db(): dbx.Builder;
        /** Removes a model, and what refers to it with `cascadeDelete`. */
        delete(model: core.Model): void;
        deleteAllAuthOriginsByRecord(record: core.Record): void;
        deleteAllExternalAuthsByRecord(record: core.Record): void;
        deleteAllMFAsByRecord(record: core.Record): void;
        deleteAllOTPsByRecord(record: core.Record): void;
        deleteExpiredMFAs(): void;
        deleteExpiredOTPs(): void;
        deleteOldLogs(before: time.Time): void;
        deleteTable(table: string): void;
        deleteView(name: string): void;
        deleteWithContext(context: context.Context, model: core.Model): void;
        dryRunView(query: string, limit: number): any;
        encryptionEnv(): string;
        /** Loads the records that a record refers to; returns what went wrong by name. */
        expandRecord(record: core.Record, relations: string[], fetch?: ((collection: core.Collection, ids: string[]) => core.Record[]) | null): { [key: string]: Error };
        /** The same for several records. */
        expandRecords(records: core.Record[], relations: string[], fetch?: ((collection: core.Collection, ids: string[]) => core.Record[]) | null): { [key: string]: Error };
        findAllAuthOriginsByCollection(collection: core.Collection): core.AuthOrigin[];
        findAllAuthOriginsByRecord(record: core.Record): core.AuthOrigin[];
        /** All collections, or those of these types. */
        findAllCollections(...types: string[]): core.Collection[];
        findAllExternalAuthsByCollection(collection: core.Collection): core.ExternalAuth[];
        findAllExternalAuthsByRecord(record: core.Record): core.ExternalAuth[];
        findAllMFAsByCollection(collection: core.Collection): core.MFA[];
        findAllMFAsByRecord(record: core.Record): core.MFA[];
        findAllOTPsByCollection(collection: core.Collection): core.OTP[];
        findAllOTPsByRecord(record: core.Record): core.OTP[];
        /** All records that all expressions want. */
        findAllRecords<T extends string>(collection: T | core.Collection, ...expressions: dbx.Expression[]): RecordOf<T>[];
        findAuthOriginById(id: string): core.AuthOrigin;
        findAuthOriginByRecordAndFingerprint(record: core.Record, fingerprint: string): core.AuthOrigin;
        /** The auth record with that address; throws if there is none. */
        findAuthRecordByEmail<T extends string>(collection: T | core.Collection, email: string): RecordOf<T>;
        /** The auth record that the token was made for; throws if it is not valid. */
        findAuthRecordByToken(token: string, ...types: string[]): core.Record;
        /** The same, from a cache: only to be read. */
        findCachedCollectionByNameOrId(name: Known<keyof Collections>): core.Collection;
        findCachedCollectionReferences(collection: core.Collection, ...excludedIds: string[]): any;
        /** A collection; throws if there is none. */
        findCollectionByNameOrId(name: Known<keyof Collections>): core.Collection;
        findCollectionReferences(collection: core.Collection, ...excludedIds: string[]): any;
        findFirstExternalAuthByExpr(expression: dbx.Expression): core.ExternalAuth;
        /** The first record with that value; throws if there is none. */
        findFirstRecordByData<T extends string>(collection: T | core.Collection, field: string, value: any): RecordOf<T>;
        /** The first record that matches; throws if there is none. */
        findFirstRecordByFilter<T extends string>(collection: T | core.Collection, filter: string, ...params: { [name: string]: any }[]): RecordOf<T>;
        findLogById(id: string): core.Log;
        findMFAById(id: string): core.MFA;
        findOTPById(id: string): core.OTP;
        /** One record; throws if there is none. */
        findRecordById<T extends string>(collection: T | core.Collection, id: string, ...filters: ((query: dbx.SelectQuery) => void)[]): RecordOf<T>;
        findRecordByViewFile(view: any, field: string, file: string): core.Record;
        /** The records that match; a limit of 0 is all. Write `{:name}` in the filter for what `params` holds. */
        findRecordsByFilter<T extends string>(collection: T | core.Collection, filter: string, sort?: string, limit?: number, offset?: number, ...params: { [name: string]: any }[]): RecordOf<T>[];
        /** Those that there are. */
        findRecordsByIds<T extends string>(collection: T | core.Collection, ids: string[], ...filters: ((query: dbx.SelectQuery) => void)[]): RecordOf<T>[];
        hasTable(table: string): boolean;
        /** Creates and changes collections, and deletes the missing ones if asked. */
        importCollections(collections: { [key: string]: any }[], deleteMissing: boolean): void;
        importCollectionsByMarshaledJSON(bytes: Bytes, flag: boolean): void;
        isBootstrapped(): boolean;
        isCollectionNameUnique(name: string, ...excludedIds: string[]): boolean;
        /** Whether the app runs for development. */
        isDev(): boolean;
        /** Whether this is a transaction. */
        isTransactional(): boolean;
        logQuery(): dbx.SelectQuery;
        /** Writes to the log. */
        logger(): slog.Logger;
        logsStats(expression: dbx.Expression): core.LogsStatsItem[];
        modelQuery(model: core.Model): dbx.SelectQuery;
        /** The files of backups; close it. */
        newBackupsFilesystem(): filesystem.System;
        /** The files of records; close it. */
        newFilesystem(): filesystem.System;
        /** Sends mails as the settings say. */
        newMailClient(): mailer.Mailer;
        nonconcurrentDB(): dbx.Builder;
        /** A query for records. */
        recordQuery(collection: Known<keyof Collections> | core.Collection): dbx.SelectQuery;
        reloadCachedCollections(): void;
        /** Reads the settings again. */
        reloadSettings(): void;
        resetBootstrapState(): void;
        restart(): void;
        /** Puts a backup back, and restarts. */
        restoreBackup(context: context.Context, name: string): void;
        runAllMigrations(): void;
        runAppMigrations(): void;
        /** Keeps what is written through `txApp` if the function returns, undoes it if it throws. Use `txApp` in it, not `$app`. */
        runInTransaction(action: (txApp: core.App) => void): void;
        runSystemMigrations(): void;
        /** Checks and stores a record, or anything else that is a model; runs its hooks. */
        save(model: core.Model): void;
        /** Stores without checking the values. */
        saveNoValidate(model: core.Model): void;
        saveNoValidateWithContext(context: context.Context, model: core.Model): void;
        saveView(name: string, query: string): void;
        saveWithContext(context: context.Context, model: core.Model): void;
        /** The settings of the app. */
        settings(): core.Settings;
        /** Values that all handlers share until the process ends. */
        store(): store.Store;
        /** The realtime clients. */
        subscriptionsBroker(): subscriptions.Broker;
        syncRecordTableSchema(newCollection: core.Collection, oldCollection: core.Collection): void;
        tableColumns(table: string): string[];
        tableIndexes(table: string): { [key: string]: string };
        tableInfo(table: string): core.TableInfoRow[];
        /** Deletes all records of a collection. */
        truncateCollection(collection: core.Collection): void;
        txInfo(): any;
        /** The same app, whose writes run no hooks. */
        unsafeWithoutHooks(): core.App;
        vacuum(): void;
        /** Checks the values and stores nothing. */
        validate(model: core.Model): void;
        validateWithContext(context: context.Context, model: core.Model): void;
        onBackupCreate(): hook.Hook<core.BackupEvent>;
        onBackupRestore(): hook.Hook<core.BackupEvent>;
        onBatchRequest(): hook.Hook<core.BatchRequestEvent>;
        onBootstrap(): hook.Hook<core.BootstrapEvent>;
        onCollectionAfterCreateError(...tags: string[]): hook.Hook<core.CollectionErrorEvent>;
        onCollectionAfterCreateSuccess(...tags: string[]): hook.Hook<core.CollectionEvent>;
        onCollectionAfterDeleteError(...tags: string[]): hook.Hook<core.CollectionErrorEvent>;
        onCollectionAfterDeleteSuccess(...tags: string[]): hook.Hook<core.CollectionEvent>;
        onCollectionAfterUpdateError(...tags: string[]): hook.Hook<core.CollectionErrorEvent>;
        onCollectionAfterUpdateSuccess(...tags: string[]): hook.Hook<core.CollectionEvent>;
        onCollectionCreate(...tags: string[]): hook.Hook<core.CollectionEvent>;
        onCollectionCreateExecute(...tags: string[]): hook.Hook<core.CollectionEvent>;
        onCollectionCreateRequest(): hook.Hook<core.CollectionRequestEvent>;
        onCollectionDelete(...tags: string[]): hook.Hook<core.CollectionEvent>;
        onCollectionDeleteExecute(...tags: string[]): hook.Hook<core.CollectionEvent>;
        onCollectionDeleteRequest(): hook.Hook<core.CollectionRequestEvent>;
        onCollectionUpdate(...tags: string[]): hook.Hook<core.CollectionEvent>;
        onCollectionUpdateExecute(...tags: string[]): hook.Hook<core.CollectionEvent>;
        onCollectionUpdateRequest(): hook.Hook<core.CollectionRequestEvent>;
        onCollectionValidate(...tags: string[]): hook.Hook<core.CollectionEvent>;
        onCollectionViewRequest(): hook.Hook<core.CollectionRequestEvent>;
        onCollectionsImportRequest(): hook.Hook<core.CollectionsImportRequestEvent>;
        onCollectionsListRequest(): hook.Hook<core.CollectionsListRequestEvent>;
        onFileDownloadRequest(...tags: string[]): hook.Hook<core.FileDownloadRequestEvent>;
        onFileTokenRequest(...tags: string[]): hook.Hook<core.FileTokenRequestEvent>;
        onMailerRecordAuthAlertSend(...tags: string[]): hook.Hook<core.MailerRecordEvent>;
        onMailerRecordEmailChangeSend(...tags: string[]): hook.Hook<core.MailerRecordEvent>;
        onMailerRecordOTPSend(...tags: string[]): hook.Hook<core.MailerRecordEvent>;
        onMailerRecordPasswordResetSend(...tags: string[]): hook.Hook<core.MailerRecordEvent>;
        onMailerRecordVerificationSend(...tags: string[]): hook.Hook<core.MailerRecordEvent>;
        onMailerSend(): hook.Hook<core.MailerEvent>;
        onModelAfterCreateError(...tags: string[]): hook.Hook<core.ModelErrorEvent>;
        onModelAfterCreateSuccess(...tags: string[]): hook.Hook<core.ModelEvent>;
        onModelAfterDeleteError(...tags: string[]): hook.Hook<core.ModelErrorEvent>;
        onModelAfterDeleteSuccess(...tags: string[]): hook.Hook<core.ModelEvent>;
        onModelAfterUpdateError(...tags: string[]): hook.Hook<core.ModelErrorEvent>;
        onModelAfterUpdateSuccess(...tags: string[]): hook.Hook<core.ModelEvent>;
        onModelCreate(...tags: string[]): hook.Hook<core.ModelEvent>;
        onModelCreateExecute(...tags: string[]): hook.Hook<core.ModelEvent>;
        onModelDelete(...tags: string[]): hook.Hook<core.ModelEvent>;
        onModelDeleteExecute(...tags: string[]): hook.Hook<core.ModelEvent>;
        onModelUpdate(...tags: string[]): hook.Hook<core.ModelEvent>;
        onModelUpdateExecute(...tags: string[]): hook.Hook<core.ModelEvent>;
        onModelValidate(...tags: string[]): hook.Hook<core.ModelEvent>;
        onRealtimeConnectRequest(): hook.Hook<core.RealtimeConnectRequestEvent>;
        onRealtimeMessageSend(): hook.Hook<core.RealtimeMessageEvent>;
        onRealtimeSubscribeRequest(): hook.Hook<core.RealtimeSubscribeRequestEvent>;
        onRecordAfterCreateError(...tags: string[]): hook.Hook<core.RecordErrorEvent>;
        onRecordAfterCreateSuccess(...tags: string[]): hook.Hook<core.RecordEvent>;
        onRecordAfterDeleteError(...tags: string[]): hook.Hook<core.RecordErrorEvent>;
        onRecordAfterDeleteSuccess(...tags: string[]): hook.Hook<core.RecordEvent>;
        onRecordAfterUpdateError(...tags: string[]): hook.Hook<core.RecordErrorEvent>;
        onRecordAfterUpdateSuccess(...tags: string[]): hook.Hook<core.RecordEvent>;
        onRecordAuthRefreshRequest(...tags: string[]): hook.Hook<core.RecordAuthRefreshRequestEvent>;
        onRecordAuthRequest(...tags: string[]): hook.Hook<core.RecordAuthRequestEvent>;
        onRecordAuthWithOAuth2Request(...tags: string[]): hook.Hook<core.RecordAuthWithOAuth2RequestEvent>;
        onRecordAuthWithOTPRequest(...tags: string[]): hook.Hook<core.RecordAuthWithOTPRequestEvent>;
        onRecordAuthWithPasswordRequest(...tags: string[]): hook.Hook<core.RecordAuthWithPasswordRequestEvent>;
        onRecordConfirmEmailChangeRequest(...tags: string[]): hook.Hook<core.RecordConfirmEmailChangeRequestEvent>;
        onRecordConfirmPasswordResetRequest(...tags: string[]): hook.Hook<core.RecordConfirmPasswordResetRequestEvent>;
        onRecordConfirmVerificationRequest(...tags: string[]): hook.Hook<core.RecordConfirmVerificationRequestEvent>;
        onRecordCreate(...tags: string[]): hook.Hook<core.RecordEvent>;
        onRecordCreateExecute(...tags: string[]): hook.Hook<core.RecordEvent>;
        onRecordCreateRequest(...tags: string[]): hook.Hook<core.RecordRequestEvent>;
        onRecordDelete(...tags: string[]): hook.Hook<core.RecordEvent>;
        onRecordDeleteExecute(...tags: string[]): hook.Hook<core.RecordEvent>;
        onRecordDeleteRequest(...tags: string[]): hook.Hook<core.RecordRequestEvent>;
        onRecordEnrich(...tags: string[]): hook.Hook<core.RecordEnrichEvent>;
        onRecordRequestEmailChangeRequest(...tags: string[]): hook.Hook<core.RecordRequestEmailChangeRequestEvent>;
        onRecordRequestOTPRequest(...tags: string[]): hook.Hook<core.RecordCreateOTPRequestEvent>;
        onRecordRequestPasswordResetRequest(...tags: string[]): hook.Hook<core.RecordRequestPasswordResetRequestEvent>;
        onRecordRequestVerificationRequest(...tags: string[]): hook.Hook<core.RecordRequestVerificationRequestEvent>;
        onRecordUpdate(...tags: string[]): hook.Hook<core.RecordEvent>;
        onRecordUpdateExecute(...tags: string[]): hook.Hook<core.RecordEvent>;
        onRecordUpdateRequest(...tags: string[]): hook.Hook<core.RecordRequestEvent>;
        onRecordValidate(...tags: string[]): hook.Hook<core.RecordEvent>;
        onRecordViewRequest(...tags: string[]): hook.Hook<core.RecordRequestEvent>;
        onRecordsListRequest(...tags: string[]): hook.Hook<core.RecordsListRequestEvent>;
        onServe(): hook.Hook<core.ServeEvent>;
        onSettingsListRequest(): hook.Hook<core.SettingsListRequestEvent>;
        onSettingsReload(): hook.Hook<core.SettingsReloadEvent>;
        onSettingsUpdateRequest(): hook.Hook<core.SettingsUpdateRequestEvent>;
        onTerminate(): hook.Hook<core.TerminateEvent>;
        /** Commands of the program; only while files are loaded. */
        rootCmd?: Command;
    }

    /** A record. Fields are read with `get` and its kin, they are no properties. */
    interface Record<F = any> extends Model {
        baseModel: any;
        id: string;
        baseFilesPath(): string;
        /** A copy. */
        clone(): core.Record<F>;
        /** The collection that it belongs to. */
        collection(): core.Collection;
        /** The values that are no fields. */
        customData(): { [key: string]: any };
        dbExport(app: core.App): { [key: string]: any };
        /** The address of an auth record. */
        email(): string;
        emailVisibility(): boolean;
        /** What was expanded. */
        expand(): { [key: string]: any };
        /** The records that a relation was expanded to. */
        expandedAll(relation: Known<keyof F>): core.Record[];
        /** The record that a relation was expanded to. */
        expandedOne(relation: Known<keyof F>): core.Record | null;
        /** The values of all fields. */
        fieldsData(): { [key: string]: any };
        findFileFieldByFile(text: string): core.FileField;
        /** The record without what was not saved, expanded or hidden. */
        fresh(): core.Record<F>;
        /** The value as it is stored. */
        get<K extends keyof F & string>(field: K): F[K];
        get(field: string): any;
        /** The value as a boolean. */
        getBool(field: Known<keyof F>): boolean;
        /** The value as a date. */
        getDateTime(field: Known<keyof F>): types.DateTime;
        /** The value as a number. */
        getFloat(field: Known<keyof F>): number;
        /** The value as a place on earth. */
        getGeoPoint(field: Known<keyof F>): types.GeoPoint;
        /** The value as a whole number. */
        getInt(field: Known<keyof F>): number;
        /** The value as it was set, without any cast. */
        getRaw(field: Known<keyof F>): any;
        /** The value as text. */
        getString(field: Known<keyof F>): string;
        /** The value as a list of texts. */
        getStringSlice(field: Known<keyof F>): string[];
        /** The files that were set and are not stored yet. */
        getUnsavedFiles(field: Known<keyof F>): filesystem.File[];
        getUploadedFiles(field: Known<keyof F>): filesystem.File[];
        /** Hides fields from clients. */
        hide(...fields: Known<keyof F>[]): core.Record<F>;
        hookTags(): string[];
        /** Whether clients see the address in any case. */
        ignoreEmailVisibility(state: boolean): core.Record<F>;
        ignoreUnchangedFields(flag: boolean): core.Record;
        /** Whether it is one of `_superusers`. */
        isSuperuser(): boolean;
        /** Sets several values. */
        load(values: { [K in keyof F]?: any } & { [field: string]: any }): void;
        marshalJSON(): Bytes;
        mergeExpand(values: { [key: string]: any }): void;
        /** A token to log in with. */
        newAuthToken(): string;
        newEmailChangeToken(text: string): string;
        /** A token for protected files. */
        newFileToken(): string;
        newPasswordResetToken(): string;
        newStaticAuthToken(duration: number): string;
        newVerificationToken(): string;
        /** The record as it was loaded. */
        original(): core.Record<F>;
        postScan(): void;
        /** The values that clients may see. */
        publicExport(): { [key: string]: any };
        refreshTokenKey(): void;
        replaceModifiers(values: { [key: string]: any }): { [key: string]: any };
        /** Sets a value, cast to the type of the field. `field+`, `+field` and `field-` add and remove. */
        set(field: Known<keyof F>, value: any): void;
        setEmail(text: string): void;
        setEmailVisibility(flag: boolean): void;
        setExpand(values: { [key: string]: any }): void;
        /** Sets the value if there is such a field, and returns it. */
        setIfFieldExists(field: Known<keyof F>, value: any): core.Field | null;
        /** Sets the password; it is hashed when the record is stored. */
        setPassword(text: string): void;
        setRandomPassword(): string;
        setRaw(text: string, value: any): void;
        setTokenKey(text: string): void;
        setVerified(flag: boolean): void;
        tokenKey(): string;
        /** Shows fields that are hidden. */
        unhide(...fields: Known<keyof F>[]): core.Record<F>;
        unmarshalJSON(bytes: Bytes): void;
        unmarshalJSONField(text: string, value: any): void;
        /** Whether this is the password. */
        validatePassword(text: string): boolean;
        /** Whether the address was verified. */
        verified(): boolean;
        /** Whether clients see values that are no fields. */
        withCustomData(state: boolean): core.Record<F>;
    }

    /** A place from which somebody logged in. */
    interface AuthOrigin extends Record {
        record: Record;
        collectionRef(): string;
        created(): types.DateTime;
        fingerprint(): string;
        preValidate(context: context.Context, app: core.App): void;
        proxyRecord(): core.Record;
        recordRef(): string;
        setCollectionRef(text: string): void;
        setFingerprint(text: string): void;
        setProxyRecord(record: core.Record): void;
        setRecordRef(text: string): void;
        updated(): types.DateTime;
    }

    /** A link to an account elsewhere. */
    interface ExternalAuth extends Record {
        record: Record;
        collectionRef(): string;
        created(): types.DateTime;
        preValidate(context: context.Context, app: core.App): void;
        provider(): string;
        providerId(): string;
        proxyRecord(): core.Record;
        recordRef(): string;
        setCollectionRef(text: string): void;
        setProvider(text: string): void;
        setProviderId(text: string): void;
        setProxyRecord(record: core.Record): void;
        setRecordRef(text: string): void;
        updated(): types.DateTime;
    }

    /** A login that waits for its second factor. */
    interface MFA extends Record {
        record: Record;
        collectionRef(): string;
        created(): types.DateTime;
        hasExpired(duration: number): boolean;
        method(): string;
        preValidate(context: context.Context, app: core.App): void;
        proxyRecord(): core.Record;
        recordRef(): string;
        setCollectionRef(text: string): void;
        setMethod(text: string): void;
        setProxyRecord(record: core.Record): void;
        setRecordRef(text: string): void;
        updated(): types.DateTime;
    }

    /** A one-time password. */
    interface OTP extends Record {
        record: Record;
        collectionRef(): string;
        created(): types.DateTime;
        hasExpired(duration: number): boolean;
        preValidate(context: context.Context, app: core.App): void;
        proxyRecord(): core.Record;
        recordRef(): string;
        sentTo(): string;
        setCollectionRef(text: string): void;
        setProxyRecord(record: core.Record): void;
        setRecordRef(text: string): void;
        setSentTo(text: string): void;
        updated(): types.DateTime;
    }

    /** A collection: its rules, options and fields. */
    interface Collection extends Model {
        authAlert: any;
        authRule: string | null;
        authToken: any;
        baseModel: any;
        confirmEmailChangeTemplate: any;
        createRule: string | null;
        created: types.DateTime;
        deleteRule: string | null;
        emailChangeToken: any;
        fields: FieldsList;
        fileToken: any;
        id: string;
        indexes: string[];
        listRule: string | null;
        manageRule: string | null;
        mfa: any;
        name: string;
        oauth2: any;
        otp: any;
        passwordAuth: any;
        passwordResetToken: any;
        rawOptions: any;
        resetPasswordTemplate: any;
        system: boolean;
        /** `base`, `auth` or `view`. */
        type: string;
        updateRule: string | null;
        updated: types.DateTime;
        verificationTemplate: any;
        verificationToken: any;
        viewQuery: string;
        viewRule: string | null;
        /** Adds an index. */
        addIndex(name: string, unique: boolean, columns: string, where: string): void;
        baseFilesPath(): string;
        dbExport(app: core.App): { [key: string]: any };
        /** The definition of an index. */
        getIndex(name: string): string;
        integrityChecks(enabled: boolean): void;
        /** Whether its records can log in. */
        isAuth(): boolean;
        isBase(): boolean;
        /** Whether its records come from a query. */
        isView(): boolean;
        marshalJSON(): Bytes;
        postScan(): void;
        removeIndex(name: string): void;
        string(): string;
        unmarshalJSON(bytes: Bytes): void;
    }

    /** The fields of a collection, as a list with lookups. */
    interface FieldsList extends Array<Field> {
        add(...args: any[]): any;
        addAt(...args: any[]): any;
        addMarshaledJSON(...args: any[]): any;
        addMarshaledJSONAt(...args: any[]): any;
        asMap(): { [key: string]: core.Field };
        clone(): core.FieldsList;
        fieldNames(): string[];
        getById(id: string): core.Field;
        getByName(name: string): core.Field;
        marshalJSON(): Bytes;
        removeById(...args: any[]): any;
        removeByName(...args: any[]): any;
        scan(...args: any[]): any;
        string(): string;
        unmarshalJSON(...args: any[]): any;
        value(): any;
    }

    /** What all fields have in common. */
    interface Field {
        id: string;
        name: string;
        system: boolean;
        hidden: boolean;
        presentable: boolean;
        required: boolean;
        /** Text that is shown beside the field. */
        help: string;
        /** Other options, by the type of the field. */
        [option: string]: any;
        columnType(app: core.App): string;
        findSetter(text: string): any;
        getHidden(): boolean;
        getId(): string;
        getName(): string;
        getSystem(): boolean;
        intercept(context: context.Context, app: core.App, record: core.Record, text: string, action: () => void): void;
        prepareValue(record: core.Record, value: any): any;
        setHidden(flag: boolean): void;
        setId(text: string): void;
        setName(text: string): void;
        setSystem(flag: boolean): void;
        type(): string;
        validatePlainValue(text: string): void;
        validateSettings(context: context.Context, app: core.App, collection: core.Collection): void;
        validateValue(context: context.Context, app: core.App, record: core.Record): void;
    }
    interface NumberField extends Field { min: number | null; max: number | null; onlyInt: boolean }
    interface BoolField extends Field {  }
    interface TextField extends Field { min: number; max: number; pattern: string; autogeneratePattern: string; primaryKey: boolean }
    interface URLField extends Field { exceptDomains: string[]; onlyDomains: string[] }
    interface EmailField extends Field { exceptDomains: string[]; onlyDomains: string[] }
    interface EditorField extends Field { maxSize: number; convertURLs: boolean }
    interface PasswordField extends Field { min: number; max: number; pattern: string; cost: number }
    interface DateField extends Field { min: types.DateTime; max: types.DateTime }
    interface AutodateField extends Field { onCreate: boolean; onUpdate: boolean }
    interface JSONField extends Field { maxSize: number }
    interface RelationField extends Field { collectionId: string; cascadeDelete: boolean; minSelect: number; maxSelect: number }
    interface SelectField extends Field { values: string[]; maxSelect: number }
    interface FileField extends Field { maxSize: number; maxSelect: number; mimeTypes: string[]; thumbs: string[]; protected: boolean }
    interface GeoPointField extends Field {  }

    /** What a route or a middleware is given, and every request hook besides its own members. */
    interface RequestEvent {
        /** The app. */
        app: App;
        /** Who asks; null for a guest. */
        auth: Record | null;
        event: any;
        /** The request as it came. */
        request: http.Request;
        /** Where the answer is written. */
        response: http.ResponseWriter;
        /** Makes an error; throw or return it. */
        badRequestError(message?: string, data?: any): router.ApiError;
        /** Reads the body into a `DynamicModel`. */
        bindBody(model: any): void;
        /** Answers with bytes. */
        blob(status: number, contentType: string, bytes: Bytes): void;
        /** An error with a status; throw or return it. */
        error(status: number, message?: string, data?: any): router.ApiError;
        /** Answers with a file. */
        fileFS(fs: fs.FS, name: string): void;
        /** The files that were uploaded under a name; throws if there are none. */
        findUploadedFiles(key: string): filesystem.File[];
        flush(): void;
        /** Makes an error; throw or return it. */
        forbiddenError(message?: string, data?: any): router.ApiError;
        /** A value that was set for this request. */
        get(key: string): any;
        getAll(): { [key: string]: any };
        /** Whether a superuser asks. */
        hasSuperuserAuth(): boolean;
        /** Answers with HTML. */
        html(status: number, html: string): void;
        /** Makes an error; throw or return it. */
        internalServerError(message?: string, data?: any): router.ApiError;
        /** Whether the connection is encrypted. */
        isTLS(): boolean;
        /** Answers with JSON. */
        json(status: number, data: any): void;
        /** Runs the next middleware, and in the end the route. */
        next(): void;
        /** Answers without a body. */
        noContent(status: number): void;
        /** Makes an error; throw or return it. */
        notFoundError(message?: string, data?: any): router.ApiError;
        /** The address of the client, seen through trusted proxies. */
        realIP(): string;
        /** Sends the client elsewhere. */
        redirect(status: number, url: string): void;
        /** The address of the connection. */
        remoteIP(): string;
        /** The request as plain data. */
        requestInfo(): core.RequestInfo;
        /** Sets a value for this request. */
        set(key: string, value: any): void;
        setAll(values: { [key: string]: any }): void;
        /** Sends a cookie. */
        setCookie(cookie: http.Cookie): void;
        /** The status that was written. */
        status(): number;
        /** Answers with what a reader holds. */
        stream(status: number, contentType: string, reader: io.Reader): void;
        /** Answers with text. */
        string(status: number, text: string): void;
        /** Makes an error; throw or return it. */
        tooManyRequestsError(message?: string, data?: any): router.ApiError;
        /** Makes an error; throw or return it. */
        unauthorizedError(message?: string, data?: any): router.ApiError;
        /** Whether an answer was begun. */
        written(): boolean;
        /** Answers with XML. */
        xml(status: number, data: any): void;
    }

    /** What is known of the request, as plain data. */
    interface RequestInfo {
        auth: Record | null;
        body: { [key: string]: any };
        context: string;
        /** Names in snake case, such as `content_type`. */
        headers: { [name: string]: string };
        method: string;
        /** The first value of each. */
        query: { [name: string]: string };
        clone(): core.RequestInfo;
        hasSuperuserAuth(): boolean;
    }

    /** The settings of the app. */
    interface Settings extends Model {
        backups: { cron: string; cronMaxKeep: number; [option: string]: any };
        batch: { enabled: boolean; maxRequests: number; timeout: number; maxBodySize: number; [option: string]: any };
        logs: { maxDays: number; minLevel: number; logIP: boolean; logAuthId: boolean; [option: string]: any };
        meta: { appName: string; appURL: string; senderName: string; senderAddress: string; hideControls: boolean; [option: string]: any };
        rateLimits: { enabled: boolean; rules: any[]; [option: string]: any };
        s3: { enabled: boolean; bucket: string; region: string; endpoint: string; accessKey: string; secret: string; forcePathStyle: boolean; [option: string]: any };
        smtp: { enabled: boolean; host: string; port: number; username: string; password: string; authMethod: string; tls: boolean; localName: string; [option: string]: any };
        superuserIPs: string[];
        trustedProxy: { headers: string[]; useLeftmostIP: boolean; [option: string]: any };
        clone(): Settings;
        dbExport(app: core.App): { [key: string]: any };
        marshalJSON(): Bytes;
        merge(settings: core.Settings): void;
        postScan(): void;
        postValidate(context: context.Context, app: core.App): void;
        string(): string;
    }
    /** What `new Middleware` and `$apis` make; for `routerAdd` and `routerUse`. */
    interface MiddlewareHandle {
        readonly __middleware: never;
    }
    /** A command of the program. */
    interface Command {
        addCommand(...commands: Command[]): void;
        [member: string]: any;
    }
    /** The error of one field. */
    interface ValidationError {
        code(): string;
        message(): string;
        error(): string;
    }
    /** Does what it is for. */
    interface Form {
        submit(): void;
        [option: string]: any;
    }
    /** Stores a record as a client would. */
    interface RecordForm extends Form {
        load(values: { [field: string]: any }): void;
        drySubmit(callback: (txApp: App, record: Record) => void): void;
        setContext(context: context.Context): void;
        setApp(app: App): void;
        setRecord(record: Record): void;
        resetAccess(): void;
        grantManagerAccess(): void;
        grantSuperuserAccess(): void;
        hasManageAccess(): boolean;
    }
    /** One request of a batch. */
    interface InternalRequest {
        method: string;
        url: string;
        headers: { [name: string]: string };
        body: { [key: string]: any };
    }
    /** An entry of the log. */
    interface Log extends Model {
        id: string;
        created: types.DateTime;
        level: number;
        message: string;
        data: { [key: string]: any };
    }
    /** How many entries of the log there are for a time. */
    interface LogsStatsItem {
        date: types.DateTime;
        total: number;
    }
    /** One column of a table. */
    interface TableInfoRow {
        pk: number;
        index: number;
        name: string;
        type: string;
        notNull: boolean;
        defaultValue: any;
    }
    /** The server is about to serve; only for `$app.onServe`. */
    interface ServeEvent {
        app: App;
        router: any;
        server: any;
        next(): void;
        [member: string]: any;
    }

    interface BackupEvent {
        /** The app, or the transaction that it happens in. */
        app: App;
        /** The context of the operation. */
        context: context.Context;
        event: any;
        exclude: string[];
        name: string;
        /** Runs what comes next, and in the end what the event is about. Without it nothing of that happens. */
        next(): void;
    }

    interface BatchRequestEvent extends RequestEvent {
        batch: InternalRequest[];
        event: any;
        requestEvent: RequestEvent;
    }

    interface BootstrapEvent {
        /** The app, or the transaction that it happens in. */
        app: App;
        event: any;
        /** Runs what comes next, and in the end what the event is about. Without it nothing of that happens. */
        next(): void;
    }

    interface CollectionErrorEvent {
        /** The app, or the transaction that it happens in. */
        app: App;
        /** The collection that it is about. */
        collection: Collection;
        collectionEvent: CollectionEvent;
        /** The context of the operation. */
        context: context.Context;
        /** What went wrong. */
        error: Error;
        event: any;
        /** `create`, `update`, `delete` or `validate`. */
        type: string;
        /** Runs what comes next, and in the end what the event is about. Without it nothing of that happens. */
        next(): void;
        /** Name and id of the collection, which handlers can be limited to. */
        tags(): string[];
    }

    interface CollectionEvent {
        /** The app, or the transaction that it happens in. */
        app: App;
        /** The collection that it is about. */
        collection: Collection;
        /** The context of the operation. */
        context: context.Context;
        event: any;
        /** `create`, `update`, `delete` or `validate`. */
        type: string;
        /** Runs what comes next, and in the end what the event is about. Without it nothing of that happens. */
        next(): void;
        /** Name and id of the collection, which handlers can be limited to. */
        tags(): string[];
    }

    interface CollectionRequestEvent extends RequestEvent {
        /** The collection that it is about. */
        collection: Collection;
        event: any;
        requestEvent: RequestEvent;
        /** Name and id of the collection, which handlers can be limited to. */
        tags(): string[];
    }

    interface CollectionsImportRequestEvent extends RequestEvent {
        collectionsData: { [key: string]: any }[];
        deleteMissing: boolean;
        event: any;
        requestEvent: RequestEvent;
    }

    interface CollectionsListRequestEvent extends RequestEvent {
        collections: Collection[];
        event: any;
        requestEvent: RequestEvent;
        result: search.Result;
    }

    interface FileDownloadRequestEvent<R extends Record = Record> extends RequestEvent {
        /** The collection that it is about. */
        collection: Collection;
        event: any;
        fileField: FileField;
        /** The record that it is about. */
        record: R;
        requestEvent: RequestEvent;
        servedName: string;
        servedPath: string;
        thumbError: Error;
        /** Name and id of the collection, which handlers can be limited to. */
        tags(): string[];
    }

    interface FileTokenRequestEvent<R extends Record = Record> extends RequestEvent {
        event: any;
        /** The record that it is about. */
        record: R;
        requestEvent: RequestEvent;
        /** The token that the client gets. */
        token: string;
        /** Name and id of the collection, which handlers can be limited to. */
        tags(): string[];
    }

    interface MailerEvent {
        /** The app, or the transaction that it happens in. */
        app: App;
        event: any;
        mailer: mailer.Mailer;
        /** What is sent. */
        message: mailer.Message;
        /** Runs what comes next, and in the end what the event is about. Without it nothing of that happens. */
        next(): void;
    }

    interface MailerRecordEvent<R extends Record = Record> {
        /** The app, or the transaction that it happens in. */
        app: App;
        event: any;
        mailer: mailer.Mailer;
        mailerEvent: MailerEvent;
        /** What is sent. */
        message: mailer.Message;
        meta: { [key: string]: any };
        /** The record that it is about. */
        record: R;
        /** Runs what comes next, and in the end what the event is about. Without it nothing of that happens. */
        next(): void;
        /** Name and id of the collection, which handlers can be limited to. */
        tags(): string[];
    }

    interface ModelErrorEvent {
        /** The app, or the transaction that it happens in. */
        app: App;
        /** The context of the operation. */
        context: context.Context;
        /** What went wrong. */
        error: Error;
        event: any;
        /** What it is about. */
        model: Model;
        modelEvent: ModelEvent;
        /** `create`, `update`, `delete` or `validate`. */
        type: string;
        /** Runs what comes next, and in the end what the event is about. Without it nothing of that happens. */
        next(): void;
        /** Name and id of the collection, which handlers can be limited to. */
        tags(): string[];
    }

    interface ModelEvent {
        /** The app, or the transaction that it happens in. */
        app: App;
        /** The context of the operation. */
        context: context.Context;
        event: any;
        /** What it is about. */
        model: Model;
        /** `create`, `update`, `delete` or `validate`. */
        type: string;
        /** Runs what comes next, and in the end what the event is about. Without it nothing of that happens. */
        next(): void;
        /** Name and id of the collection, which handlers can be limited to. */
        tags(): string[];
    }

    interface RealtimeConnectRequestEvent extends RequestEvent {
        client: subscriptions.Client;
        event: any;
        idleTimeout: number;
        maxTimeout: number;
        requestEvent: RequestEvent;
    }

    interface RealtimeMessageEvent extends RequestEvent {
        client: subscriptions.Client;
        event: any;
        /** What is sent. */
        message: subscriptions.Message;
        requestEvent: RequestEvent;
    }

    interface RealtimeSubscribeRequestEvent extends RequestEvent {
        client: subscriptions.Client;
        event: any;
        requestEvent: RequestEvent;
        subscriptions: string[];
    }

    interface RecordAuthRefreshRequestEvent<R extends Record = Record> extends RequestEvent {
        /** The collection that it is about. */
        collection: Collection;
        event: any;
        /** The record that it is about. */
        record: R;
        requestEvent: RequestEvent;
        /** Name and id of the collection, which handlers can be limited to. */
        tags(): string[];
    }

    interface RecordAuthRequestEvent<R extends Record = Record> extends RequestEvent {
        authMethod: string;
        /** The collection that it is about. */
        collection: Collection;
        event: any;
        meta: any;
        /** The record that it is about. */
        record: R;
        requestEvent: RequestEvent;
        /** The token that the client gets. */
        token: string;
        /** Name and id of the collection, which handlers can be limited to. */
        tags(): string[];
    }

    interface RecordAuthWithOAuth2RequestEvent<R extends Record = Record> extends RequestEvent {
        /** The collection that it is about. */
        collection: Collection;
        createData: { [key: string]: any };
        event: any;
        isNewRecord: boolean;
        oAuth2User: auth.AuthUser;
        providerClient: any;
        providerName: string;
        /** The record that it is about. */
        record: R;
        requestEvent: RequestEvent;
        /** Name and id of the collection, which handlers can be limited to. */
        tags(): string[];
    }

    interface RecordAuthWithOTPRequestEvent<R extends Record = Record> extends RequestEvent {
        /** The collection that it is about. */
        collection: Collection;
        event: any;
        otp: OTP;
        /** The record that it is about. */
        record: R;
        requestEvent: RequestEvent;
        /** Name and id of the collection, which handlers can be limited to. */
        tags(): string[];
    }

    interface RecordAuthWithPasswordRequestEvent<R extends Record = Record> extends RequestEvent {
        /** The collection that it is about. */
        collection: Collection;
        event: any;
        identity: string;
        identityField: string;
        /** The password in clear text. */
        password: string;
        /** The record that it is about. */
        record: R;
        requestEvent: RequestEvent;
        /** Name and id of the collection, which handlers can be limited to. */
        tags(): string[];
    }

    interface RecordConfirmEmailChangeRequestEvent<R extends Record = Record> extends RequestEvent {
        /** The collection that it is about. */
        collection: Collection;
        event: any;
        newEmail: string;
        /** The record that it is about. */
        record: R;
        requestEvent: RequestEvent;
        /** Name and id of the collection, which handlers can be limited to. */
        tags(): string[];
    }

    interface RecordConfirmPasswordResetRequestEvent<R extends Record = Record> extends RequestEvent {
        /** The collection that it is about. */
        collection: Collection;
        event: any;
        /** The record that it is about. */
        record: R;
        requestEvent: RequestEvent;
        /** Name and id of the collection, which handlers can be limited to. */
        tags(): string[];
    }

    interface RecordConfirmVerificationRequestEvent<R extends Record = Record> extends RequestEvent {
        /** The collection that it is about. */
        collection: Collection;
        event: any;
        /** The record that it is about. */
        record: R;
        requestEvent: RequestEvent;
        /** Name and id of the collection, which handlers can be limited to. */
        tags(): string[];
    }

    interface RecordCreateOTPRequestEvent<R extends Record = Record> extends RequestEvent {
        /** The collection that it is about. */
        collection: Collection;
        event: any;
        /** The password in clear text. */
        password: string;
        /** The record that it is about. */
        record: R;
        requestEvent: RequestEvent;
        /** Name and id of the collection, which handlers can be limited to. */
        tags(): string[];
    }

    interface RecordEnrichEvent<R extends Record = Record> {
        /** The app, or the transaction that it happens in. */
        app: App;
        event: any;
        /** The record that it is about. */
        record: R;
        /** The request that the record is shown for. */
        requestInfo: RequestInfo;
        /** Runs what comes next, and in the end what the event is about. Without it nothing of that happens. */
        next(): void;
        /** Name and id of the collection, which handlers can be limited to. */
        tags(): string[];
    }

    interface RecordErrorEvent<R extends Record = Record> {
        /** The app, or the transaction that it happens in. */
        app: App;
        /** The context of the operation. */
        context: context.Context;
        /** What went wrong. */
        error: Error;
        event: any;
        /** The record that it is about. */
        record: R;
        recordEvent: RecordEvent;
        /** `create`, `update`, `delete` or `validate`. */
        type: string;
        /** Runs what comes next, and in the end what the event is about. Without it nothing of that happens. */
        next(): void;
        /** Name and id of the collection, which handlers can be limited to. */
        tags(): string[];
    }

    interface RecordEvent<R extends Record = Record> {
        /** The app, or the transaction that it happens in. */
        app: App;
        /** The context of the operation. */
        context: context.Context;
        event: any;
        /** The record that it is about. */
        record: R;
        /** `create`, `update`, `delete` or `validate`. */
        type: string;
        /** Runs what comes next, and in the end what the event is about. Without it nothing of that happens. */
        next(): void;
        /** Name and id of the collection, which handlers can be limited to. */
        tags(): string[];
    }

    interface RecordRequestEmailChangeRequestEvent<R extends Record = Record> extends RequestEvent {
        /** The collection that it is about. */
        collection: Collection;
        event: any;
        newEmail: string;
        /** The record that it is about. */
        record: R;
        requestEvent: RequestEvent;
        /** Name and id of the collection, which handlers can be limited to. */
        tags(): string[];
    }

    interface RecordRequestEvent<R extends Record = Record> extends RequestEvent {
        /** The collection that it is about. */
        collection: Collection;
        event: any;
        /** The record that it is about. */
        record: R;
        requestEvent: RequestEvent;
        /** Name and id of the collection, which handlers can be limited to. */
        tags(): string[];
    }

    interface RecordRequestPasswordResetRequestEvent<R extends Record = Record> extends RequestEvent {
        /** The collection that it is about. */
        collection: Collection;
        event: any;
        /** The record that it is about. */
        record: R;
        requestEvent: RequestEvent;
        /** Name and id of the collection, which handlers can be limited to. */
        tags(): string[];
    }

    interface RecordRequestVerificationRequestEvent<R extends Record = Record> extends RequestEvent {
        /** The collection that it is about. */
        collection: Collection;
        event: any;
        /** The record that it is about. */
        record: R;
        requestEvent: RequestEvent;
        /** Name and id of the collection, which handlers can be limited to. */
        tags(): string[];
    }

    interface RecordsListRequestEvent<R extends Record = Record> extends RequestEvent {
        /** The collection that it is about. */
        collection: Collection;
        event: any;
        /** The records that are found. */
        records: R[];
        requestEvent: RequestEvent;
        result: search.Result;
        /** Name and id of the collection, which handlers can be limited to. */
        tags(): string[];
    }

    interface SettingsListRequestEvent extends RequestEvent {
        event: any;
        requestEvent: RequestEvent;
        settings: Settings;
    }

    interface SettingsReloadEvent {
        /** The app, or the transaction that it happens in. */
        app: App;
        event: any;
        /** Runs what comes next, and in the end what the event is about. Without it nothing of that happens. */
        next(): void;
    }

    interface SettingsUpdateRequestEvent extends RequestEvent {
        event: any;
        newSettings: Settings;
        oldSettings: Settings;
        requestEvent: RequestEvent;
    }

    interface TerminateEvent {
        /** The app, or the transaction that it happens in. */
        app: App;
        event: any;
        /** Whether it starts again at once. */
        isRestart: boolean;
        /** Runs what comes next, and in the end what the event is about. Without it nothing of that happens. */
        next(): void;
    }
}

declare namespace router {
    /** An answer with a status. */
    interface ApiError {
        data: { [key: string]: any };
        message: string;
        status: number;
        error(): string;
        is(error: Error): boolean;
        rawData(): any;
    }
}

declare namespace dbx {
    /** Makes queries in SQL. */
    interface Builder {
        addColumn(table: string, column: string, type: string): dbx.Query;
        addForeignKey(text: string, text2: string, names: string[], names2: string[], text3: string, ...text4s: string[]): dbx.Query;
        addPrimaryKey(text: string, text2: string, ...text3s: string[]): dbx.Query;
        alterColumn(text: string, text2: string, text3: string): dbx.Query;
        createIndex(table: string, index: string, ...columns: string[]): dbx.Query;
        createTable(table: string, columns: { [key: string]: string }, ...options: string[]): dbx.Query;
        createUniqueIndex(text: string, text2: string, ...text3s: string[]): dbx.Query;
        delete(table: string, where: dbx.Expression): dbx.Query;
        dropColumn(table: string, column: string): dbx.Query;
        dropForeignKey(text: string, text2: string): dbx.Query;
        dropIndex(text: string, text2: string): dbx.Query;
        dropPrimaryKey(text: string, text2: string): dbx.Query;
        dropTable(table: string): dbx.Query;
        generatePlaceholder(count: number): string;
        insert(table: string, values: { [name: string]: any }): dbx.Query;
        model(value: any): any;
        newQuery(sql: string): dbx.Query;
        queryBuilder(): any;
        quote(text: string): string;
        quoteSimpleColumnName(text: string): string;
        quoteSimpleTableName(text: string): string;
        renameColumn(table: string, oldName: string, newName: string): dbx.Query;
        renameTable(oldName: string, newName: string): dbx.Query;
        select(...columns: string[]): dbx.SelectQuery;
        truncateTable(table: string): dbx.Query;
        update(table: string, values: { [name: string]: any }, where: dbx.Expression): dbx.Query;
        upsert(table: string, values: { [name: string]: any }, ...constraints: string[]): dbx.Query;
    }
    /** A query in SQL, with `{:name}` for values. */
    interface Query {
        lastError: any;
        all(models: any): void;
        bind(params: { [name: string]: any }): dbx.Query;
        close(): void;
        column(list: any): void;
        context(): context.Context;
        execLogFunc(...args: any[]): any;
        execute(): sql.Result;
        fieldMapper(...args: any[]): any;
        logFunc(...args: any[]): any;
        one(model: any): void;
        params(): { [name: string]: any };
        perfFunc(...args: any[]): any;
        prepare(): dbx.Query;
        queryLogFunc(...args: any[]): any;
        row(...values: any[]): void;
        rows(): any;
        sql(): string;
        withAllHook(allHookFunc: any): dbx.Query;
        withContext(context: context.Context): dbx.Query;
        withExecHook(execHookFunc: any): dbx.Query;
        withOneHook(oneHookFunc: any): dbx.Query;
    }
    /** A query that is put together. */
    interface SelectQuery {
        all(models: any): void;
        andBind(params: { [name: string]: any }): dbx.SelectQuery;
        andGroupBy(...texts: string[]): dbx.SelectQuery;
        andHaving(expression: dbx.Expression): dbx.SelectQuery;
        andOrderBy(...texts: string[]): dbx.SelectQuery;
        andSelect(...texts: string[]): dbx.SelectQuery;
        andWhere(expression: dbx.Expression): dbx.SelectQuery;
        bind(params: { [name: string]: any }): dbx.SelectQuery;
        build(): dbx.Query;
        column(value: any): void;
        context(): context.Context;
        distinct(flag: boolean): dbx.SelectQuery;
        fieldMapper(...args: any[]): any;
        from(...texts: string[]): dbx.SelectQuery;
        groupBy(...texts: string[]): dbx.SelectQuery;
        having(expression: dbx.Expression): dbx.SelectQuery;
        info(): any;
        innerJoin(text: string, expression: dbx.Expression): dbx.SelectQuery;
        join(text: string, text2: string, expression: dbx.Expression): dbx.SelectQuery;
        leftJoin(text: string, expression: dbx.Expression): dbx.SelectQuery;
        limit(count: number): dbx.SelectQuery;
        model(value: any, value2: any): void;
        offset(count: number): dbx.SelectQuery;
        one(model: any): void;
        orHaving(expression: dbx.Expression): dbx.SelectQuery;
        orWhere(expression: dbx.Expression): dbx.SelectQuery;
        orderBy(...columns: string[]): dbx.SelectQuery;
        postFragment(text: string): dbx.SelectQuery;
        preFragment(text: string): dbx.SelectQuery;
        rightJoin(text: string, expression: dbx.Expression): dbx.SelectQuery;
        row(...values: any[]): void;
        rows(): any;
        select(...texts: string[]): dbx.SelectQuery;
        selectOption(text: string): dbx.SelectQuery;
        tableMapper(...args: any[]): any;
        union(query: dbx.Query): dbx.SelectQuery;
        unionAll(query: dbx.Query): dbx.SelectQuery;
        where(expression: dbx.Expression): dbx.SelectQuery;
        withBuildHook(buildHookFunc: any): dbx.SelectQuery;
        withContext(context: context.Context): dbx.SelectQuery;
    }
    /** A condition. */
    interface Expression {
        build(db: Builder, params: { [name: string]: any }): string;
    }
    /** A condition on parts of texts. */
    interface LikeExpression extends Expression {
        match(left: boolean, right: boolean): LikeExpression;
        escape(...characters: string[]): LikeExpression;
    }
}

declare namespace http {
    /** A request as it came. */
    interface Request {
        /** Can be read more than once. */
        body: io.Reader;
        cancel: any;
        close: boolean;
        contentLength: number;
        form: url.Values;
        header: http.Header;
        host: string;
        method: string;
        multipartForm: any;
        pattern: string;
        postForm: url.Values;
        proto: string;
        protoMajor: number;
        protoMinor: number;
        remoteAddr: string;
        requestURI: string;
        response: any;
        tls: any;
        trailer: http.Header;
        transferEncoding: string[];
        url: url.URL;
        addCookie(cookie: http.Cookie): void;
        basicAuth(): [string, string, boolean];
        clone(context: context.Context): http.Request;
        context(): context.Context;
        cookie(name: string): http.Cookie;
        cookies(): http.Cookie[];
        cookiesNamed(name: string): http.Cookie[];
        formFile(name: string): [any, multipart.FileHeader];
        formValue(name: string): string;
        getBody(...args: any[]): any;
        multipartReader(): any;
        parseForm(): void;
        parseMultipartForm(count: number): void;
        pathValue(name: string): string;
        postFormValue(name: string): string;
        protoAtLeast(count: number, count2: number): boolean;
        referer(): string;
        setBasicAuth(text: string, text2: string): void;
        setPathValue(name: string, value: string): void;
        userAgent(): string;
        withContext(context: context.Context): http.Request;
        write(writer: any): void;
        writeProxy(writer: any): void;
    }
    /** Headers; names in any case. */
    interface Header {
        add(name: string, value: string): void;
        clone(): http.Header;
        del(name: string): void;
        get(name: string): string;
        set(name: string, value: string): void;
        values(name: string): string[];
        write(writer: any): void;
        writeSubset(writer: any, map: { [key: string]: boolean }): void;
    }
    /** A cookie. */
    interface Cookie {
        domain: string;
        expires: any;
        httpOnly: boolean;
        maxAge: number;
        name: string;
        partitioned: any;
        path: string;
        quoted: any;
        raw: any;
        rawExpires: any;
        sameSite: number;
        secure: boolean;
        unparsed: any;
        value: string;
        string(): string;
        valid(): void;
    }
    /** Where an answer is written. */
    interface ResponseWriter {
        header(): Header;
        write(data: Bytes): number;
        writeHeader(status: number): void;
    }
    /** What came back. */
    interface Result {
        statusCode: number;
        headers: { [name: string]: string[] };
        cookies: { [name: string]: Cookie };
        /** The bytes; `toString` makes text of them. */
        body: number[];
        /** The body as text. */
        raw: string;
        /** The body as data, or null. */
        json: any;
    }
    /** A form with files. */
    interface FormData {
        append(key: string, value: any): void;
        set(key: string, value: any): void;
        delete(key: string): void;
        get(key: string): any;
        getAll(key: string): any[];
        has(key: string): boolean;
        keys(): string[];
        values(): any[];
        entries(): [string, any][];
    }
}

declare namespace url {
    /** A URL in its parts. */
    interface URL {
        forceQuery: boolean;
        fragment: string;
        host: string;
        omitHost: boolean;
        opaque: string;
        /** Percent-decoded. */
        path: string;
        rawFragment: string;
        rawPath: string;
        rawQuery: string;
        scheme: string;
        user: any;
        appendBinary(bytes: Bytes): Bytes;
        escapedFragment(): string;
        escapedPath(): string;
        hostname(): string;
        isAbs(): boolean;
        joinPath(...texts: string[]): url.URL;
        marshalBinary(): Bytes;
        parse(text: string): url.URL;
        port(): string;
        query(): url.Values;
        redacted(): string;
        requestURI(): string;
        resolveReference(uRL: url.URL): url.URL;
        string(): string;
        unmarshalBinary(bytes: Bytes): void;
    }
    /** Values by name; no properties. */
    interface Values {
        get(key: string): string;
        set(key: string, value: string): void;
        add(key: string, value: string): void;
        del(key: string): void;
        has(key: string): boolean;
        encode(): string;
    }
}

declare namespace types {
    /** A moment, in UTC. */
    interface DateTime {
        add(duration: number): types.DateTime;
        addDate(count: number, count2: number, count3: number): types.DateTime;
        after(other: types.DateTime): boolean;
        before(other: types.DateTime): boolean;
        compare(other: types.DateTime): number;
        equal(other: types.DateTime): boolean;
        isZero(): boolean;
        marshalJSON(): Bytes;
        scan(...args: any[]): any;
        string(): string;
        sub(other: types.DateTime): number;
        time(): time.Time;
        unix(): number;
        unmarshalJSON(...args: any[]): any;
        value(): any;
    }
    /** A place on earth. */
    interface GeoPoint {
        lat: number;
        lon: number;
        asMap(): { [key: string]: any };
        scan(...args: any[]): any;
        string(): string;
        value(): any;
    }
    /** JSON as it is stored; `JSON.parse(String(value))` makes data of it. */
    interface JSONRaw {
        marshalJSON(): Bytes;
        scan(...args: any[]): any;
        string(): string;
        unmarshalJSON(...args: any[]): any;
        value(): any;
    }
}

declare namespace slog {
    /** Writes to the log: a message, then pairs of key and value. */
    interface Logger {
        debug(message: string, ...pairs: any[]): void;
        debugContext(context: context.Context, text: string, ...values: any[]): void;
        enabled(context: context.Context, level: any): boolean;
        error(message: string, ...pairs: any[]): void;
        errorContext(context: context.Context, text: string, ...values: any[]): void;
        handler(): any;
        info(message: string, ...pairs: any[]): void;
        infoContext(context: context.Context, text: string, ...values: any[]): void;
        log(context: context.Context, level: any, text: string, ...values: any[]): void;
        logAttrs(context: context.Context, level: any, text: string, ...attrs: any[]): void;
        warn(message: string, ...pairs: any[]): void;
        warnContext(context: context.Context, text: string, ...values: any[]): void;
        with(...pairs: any[]): slog.Logger;
        withGroup(text: string): slog.Logger;
    }
}

declare namespace store {
    /** Values by key. */
    interface Store {
        get(key: string): any;
        getAll(): { [key: string]: any };
        getOk(key: string): [any, boolean];
        getOrSet(key: string, make: () => any): any;
        has(key: string): boolean;
        length(): number;
        marshalJSON(): Bytes;
        remove(key: string): void;
        removeAll(): void;
        reset(values: { [key: string]: any }): void;
        set(key: string, value: any): void;
        setFunc(key: string, change: (value: any) => any): void;
        setIfLessThanLimit(key: string, value: any, limit: number): boolean;
        unmarshalJSON(bytes: Bytes): void;
        values(): any[];
    }
}

declare namespace cron {
    /** The scheduler. */
    interface Cron {
        add(id: string, expression: string, action: () => void): void;
        hasStarted(): boolean;
        jobs(): cron.Job[];
        mustAdd(id: string, expression: string, action: () => void): void;
        remove(id: string): void;
        removeAll(): void;
        setInterval(duration: number): void;
        setTimezone(location: time.Location): void;
        start(): void;
        stop(): void;
        total(): number;
    }
    /** A job of the scheduler. */
    interface Job {
        id(): string;
        expression(): string;
        run(): void;
    }
}

declare namespace mailer {
    /** Sends mails. */
    interface Mailer {
        onSend(): any;
        send(message: mailer.Message): void;
    }
    /** A mail. */
    interface Message {
        attachments: { [name: string]: io.Reader };
        bcc: Address[];
        cc: Address[];
        from: Address;
        headers: { [name: string]: string };
        html: string;
        inlineAttachments: { [name: string]: io.Reader };
        subject: string;
        text: string;
        to: Address[];
    }
    /** Name and address. */
    interface Address {
        name?: string;
        address: string;
    }
}

declare namespace filesystem {
    /** Files, by their keys; close it. */
    interface System {
        attributes(key: string): any;
        close(): void;
        copy(from: string, to: string): void;
        createThumb(text: string, text2: string, text3: string): void;
        delete(key: string): void;
        deletePrefix(text: string): Error[];
        exists(key: string): boolean;
        getFile(key: string): any;
        getReader(key: string): any;
        getReuploadableFile(text: string, flag: boolean): filesystem.File;
        isEmptyDir(text: string): boolean;
        list(prefix: string): any[];
        serve(responseWriter: http.ResponseWriter, request: http.Request, text: string, text2: string): void;
        setContext(context: context.Context): void;
        upload(content: Bytes, key: string): void;
        uploadFile(file: filesystem.File, key: string): void;
        uploadMultipart(fileHeader: multipart.FileHeader, text: string): void;
    }
    /** A file for a field. */
    interface File {
        name: string;
        originalName: string;
        reader: FileReader;
        size: number;
        asMap(): { [key: string]: any };
    }
    /** Opens a file. */
    interface FileReader {
        open(): io.Reader;
    }
}

declare namespace subscriptions {
    /** The realtime clients. */
    interface Broker {
        chunkedClients(count: number): subscriptions.Client[][];
        clientById(text: string): subscriptions.Client;
        clients(): { [key: string]: subscriptions.Client };
        register(client: subscriptions.Client): void;
        totalClients(): number;
        unregister(text: string): void;
    }
    /** A realtime client. */
    interface Client {
        channel(): any;
        discard(): void;
        get(text: string): any;
        hasSubscription(text: string): boolean;
        id(): string;
        isDiscarded(): boolean;
        send(message: subscriptions.Message): void;
        set(text: string, value: any): void;
        subscribe(...texts: string[]): void;
        subscriptions(...texts: string[]): { [key: string]: any };
        unset(text: string): void;
        unsubscribe(...texts: string[]): void;
    }
    /** A realtime message. */
    interface Message {
        data: Bytes;
        name: string;
        writeSSE(writer: any, text: string): void;
    }
}

declare namespace hook {
    /** Handlers that are registered from a function that is no handler; they keep their variables and run where they were made. */
    interface Hook<E> {
        bindFunc(handler: (e: E) => any): string;
        bind(handler: any): string;
        unbind(...ids: string[]): void;
        unbindAll(): void;
        length(): number;
        trigger(event: E, ...handlers: ((e: E) => any)[]): void;
    }
}

declare namespace search {
    /** A page of what was found. */
    interface Result {
        items: any;
        page: number;
        perPage: number;
        totalItems: number;
        totalPages: number;
    }
}

declare namespace sql {
    /** What a statement did. */
    interface Result {
        rowsAffected(): number;
        lastInsertId(): number;
    }
}

declare namespace context {
    /** Values along a call. */
    interface Context {
        value(key: any): any;
        done(): any;
        err(): any;
        deadline(): any;
    }
}

declare namespace io {
    /** Bytes to be read; `toString` and `toBytes` read them. */
    interface Reader {
        read(buffer: number[]): number;
        [member: string]: any;
    }
    /** Takes bytes. */
    interface Writer {
        write(data: Bytes): number;
    }
}

declare namespace time {
    /** A moment with a time zone. */
    interface Time {
        unix(): number;
        format(layout: string): string;
        [member: string]: any;
    }
    /** A time zone. */
    interface Location {
        string(): string;
    }
}

declare namespace fs {
    /** Files below a directory. */
    interface FS {
        open(name: string): any;
    }
    /** About a file. */
    interface FileInfo {
        name(): string;
        size(): number;
        mode(): any;
        modTime(): time.Time;
        isDir(): boolean;
    }
    /** A file in a directory. */
    interface DirEntry {
        name(): string;
        isDir(): boolean;
        info(): FileInfo;
    }
}

declare namespace multipart {
    /** A file that was uploaded. */
    interface FileHeader {
        filename: string;
        size: number;
        header: http.Header;
        open(): io.Reader;
    }
}

declare namespace auth {
    /** Who somebody is elsewhere. */
    interface AuthUser {
        id: string;
        name: string;
        username: string;
        email: string;
        avatarURL: string;
        accessToken: string;
        refreshToken: string;
        expiry: types.DateTime;
        rawUser: { [key: string]: any };
    }
}

declare namespace exec {
    /** A process. */
    interface Cmd {
        output(): number[];
        combinedOutput(): number[];
        run(): void;
        start(): void;
        wait(): void;
        string(): string;
        dir: string;
        env: string[];
        [member: string]: any;
    }
}

declare namespace template {
    /** A template that is ready. */
    interface Renderer {
        /** The text; values are escaped as HTML. */
        render(data: any): string;
    }
}
