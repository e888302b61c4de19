//! The names of the API, read from its declarations.
//!
//! The one rule: it reads lines of our own file, whose form a test holds: a
//! global stands at the start of a line behind `declare`, and a member at the
//! start of a line of its interface.

use super::DECLARATIONS;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::OnceLock,
};

/// The names that scripts can know.
pub(crate) struct Names {
    /// Functions, classes and objects.
    pub(crate) globals: BTreeSet<&'static str>,
    /// The members of `$app` and the other objects with a `$`.
    pub(crate) members: BTreeMap<&'static str, BTreeSet<&'static str>>,
    /// The members of a record.
    pub(crate) record: BTreeSet<&'static str>,
}

/// All of them; read once.
pub(crate) fn names() -> &'static Names {
    static NAMES: OnceLock<Names> = OnceLock::new();
    NAMES.get_or_init(Names::read)
}

impl Names {
    /// Whether a global of this name is there, of the API or the language.
    pub(crate) fn has_global(&self, name: &str) -> bool {
        self.globals.contains(name) || LANGUAGE.contains(&name)
    }

    /// Whether a function of this name registers handlers for a hook.
    pub(crate) fn is_hook(&self, name: &str) -> bool {
        looks_like_hook(name) && self.globals.contains(name)
    }

    fn read() -> Self {
        let globals: BTreeSet<_> = DECLARATIONS.lines().filter_map(global).collect();
        let objects = globals.iter().filter(|name| name.starts_with('$'));
        let members = objects
            .map(|name| match *name {
                "$app" => (*name, members_of("App")),
                other => (other, members_of(other)),
            })
            .collect();
        // Every record is a model, too.
        let record = ["Record<F = any> extends Model", "Model"].map(members_of);
        Self {
            globals,
            members,
            record: record.into_iter().flatten().collect(),
        }
    }
}

/// Whether this could be the name of a hook: `on` and a capital letter.
pub(crate) fn looks_like_hook(name: &str) -> bool {
    name.strip_prefix("on")
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()))
}

fn global(line: &'static str) -> Option<&'static str> {
    let rest = line.strip_prefix("declare ")?;
    let (kind, rest) = rest.split_once(' ')?;
    matches!(kind, "function" | "const" | "let").then(|| word(rest))
}

fn members_of(interface: &str) -> BTreeSet<&'static str> {
    let start = format!("interface {interface} {{");
    DECLARATIONS
        .lines()
        .map(str::trim)
        .skip_while(|line| *line != start)
        .skip(1)
        .take_while(|line| *line != "}")
        .map(word)
        .filter(|name| !name.is_empty())
        .collect()
}

fn word(text: &'static str) -> &'static str {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$'));
    &text[..end.unwrap_or(text.len())]
}

/// The globals of the language.
const LANGUAGE: &[&str] = &[
    "AggregateError",
    "Array",
    "ArrayBuffer",
    "Atomics",
    "BigInt",
    "BigInt64Array",
    "BigUint64Array",
    "Boolean",
    "DataView",
    "Date",
    "Error",
    "EvalError",
    "FinalizationRegistry",
    "Float32Array",
    "Float64Array",
    "Function",
    "Infinity",
    "Int16Array",
    "Int32Array",
    "Int8Array",
    "Iterator",
    "JSON",
    "Map",
    "Math",
    "NaN",
    "Number",
    "Object",
    "Promise",
    "Proxy",
    "RangeError",
    "ReferenceError",
    "Reflect",
    "RegExp",
    "Set",
    "SharedArrayBuffer",
    "String",
    "Symbol",
    "SyntaxError",
    "TypeError",
    "URIError",
    "Uint16Array",
    "Uint32Array",
    "Uint8Array",
    "Uint8ClampedArray",
    "WeakMap",
    "WeakRef",
    "WeakSet",
    "arguments",
    "decodeURI",
    "decodeURIComponent",
    "encodeURI",
    "encodeURIComponent",
    "escape",
    "eval",
    "globalThis",
    "isFinite",
    "isNaN",
    "parseFloat",
    "parseInt",
    "undefined",
    "unescape",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hooks::HOOKS;

    #[test]
    fn the_declarations_name_every_hook() {
        let names = names();
        let hooks = names.globals.iter().filter(|name| names.is_hook(name));
        assert_eq!(hooks.count(), 82);
        for hook in HOOKS {
            assert!(names.is_hook(hook.name), "{}", hook.name);
        }
    }

    #[test]
    fn the_declarations_name_every_member() {
        let counts: Vec<_> = names()
            .members
            .iter()
            .map(|(object, members)| format!("{object} {}", members.len()))
            .collect();
        // 109 methods, 83 hooks with onServe, and rootCmd.
        assert_eq!(
            counts.join(", "),
            "$apis 11, $app 193, $dbx 15, $filepath 15, $filesystem 6, \
             $http 1, $mails 5, $os 20, $security 16, $template 4"
        );
        assert!(names().members["$app"].contains("findRecordById"));
    }

    #[test]
    fn the_declarations_name_every_global() {
        // PocketBase: what a hook file sees besides the hooks.
        let wanted = "$apis $app $dbx $filepath $filesystem $http $mails $os $security \
            $template ApiError AppleClientSecretCreateForm AutodateField \
            BadRequestError BoolField Buffer Collection Command Context \
            Cookie DateField DateTime DynamicModel EditorField EmailField \
            Field FieldsList FileField ForbiddenError FormData GeoPointField \
            InternalServerError JSONField MailerMessage Middleware \
            NotFoundError NumberField PasswordField Record RecordUpsertForm \
            RelationField RequestInfo SelectField SubscriptionMessage \
            TestEmailSendForm TestS3FilesystemForm TextField Timezone \
            TooManyRequestsError URLField UnauthorizedError ValidationError \
            __args __hooks arrayOf console cronAdd cronRemove exports \
            migrate module nullArray nullBool nullFloat nullInt nullObject \
            nullString process readerToString require routerAdd routerUse \
            sleep toBytes toString unmarshal";
        let globals = &names().globals;
        let missing: Vec<_> = wanted
            .split(' ')
            .filter(|it| !globals.contains(it))
            .collect();
        assert_eq!(missing, [""; 0]);
    }

    #[test]
    fn the_declarations_are_typescript() {
        let source = jsvm_core::Source::new("types.d.ts", DECLARATIONS);
        let declared = jsvm_core::analysis::analyse(&source, |it| it.top_level());
        let declared = declared.expect("TypeScript without a syntax error");
        let declared: BTreeSet<_> = declared.iter().map(|it| it.name.as_str()).collect();
        let read: Vec<_> = names().globals.iter().collect();
        assert!(read.iter().all(|it| declared.contains(**it)));
    }
}
