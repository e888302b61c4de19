//! What kinds of events there are, and which members each has.
//!
//! The one rule: this is the only list of them; the objects that scripts see,
//! their types and the documentation are made from it. It was made from
//! PocketBase's own by reflection. Knows nothing of how a member is read.

/// What a member of an event holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum MemberKind {
    /// Text.
    Text,
    /// A whole number.
    Number,
    /// True or false.
    Flag,
    /// A list of texts.
    Texts,
    /// Plain data, or null.
    Data,
    /// A record, or null.
    Record,
    /// A list of records.
    Records,
    /// A collection, or null.
    Collection,
    /// A list of collections.
    Collections,
    /// A record, or what else the host calls a model.
    Model,
    /// A field of a collection.
    Field,
    /// What went wrong, or null.
    Error,
    /// The request that a record is shown for.
    RequestInfo,
    /// PocketBase: a Go context; it never ends and holds no values.
    Context,
}

impl MemberKind {
    /// What it holds, for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Flag => "true or false",
            Self::Texts => "list of texts",
            Self::Data => "data",
            Self::Record => "record",
            Self::Records => "records",
            Self::Collection => "collection",
            Self::Collections => "collections",
            Self::Model => "model",
            Self::Field => "field",
            Self::Error => "error",
            Self::RequestInfo => "request info",
            Self::Context => "context",
        }
    }
}

/// One member of an event.
#[derive(Debug, PartialEq, Eq)]
pub struct MemberSpec {
    /// What scripts call it.
    pub name: &'static str,
    /// What it holds.
    pub kind: MemberKind,
}

macro_rules! events {
    ($(
        $(#[$doc:meta])*
        $kind:ident$(($base:ident))? $request:ident $tagged:ident
        [$($member:tt: $of:ident),*]
    )*) => {
        /// What kind of event a handler is given; it decides the event's members.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum EventKind {
            $($(#[$doc])* $kind,)*
            /// A request for a route or a middleware.
            Route,
            /// A cron job is due; its handler is given nothing.
            Cron,
        }

        impl EventKind {
            /// Every kind of event.
            pub const ALL: &'static [Self] = &[$(Self::$kind,)* Self::Route, Self::Cron];

            /// PocketBase's name of the type, for example `RecordEvent`.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => concat!(stringify!($kind), "Event"),)*
                    Self::Route => "RequestEvent",
                    Self::Cron => "",
                }
            }

            /// Its members but those of its [`base`](Self::base), and besides
            /// `app`, `next()`, `tags()` and those of requests.
            pub fn members(self) -> &'static [MemberSpec] {
                match self {
                    $(Self::$kind => &[$(MemberSpec {
                        name: stringify!($member),
                        kind: MemberKind::$of,
                    }),*],)*
                    Self::Route | Self::Cron => &[],
                }
            }

            /// The kind whose members it has as well.
            pub fn base(self) -> Option<Self> {
                match self {
                    $($(Self::$kind => Some(Self::$base),)?)*
                    _ => None,
                }
            }

            /// Whether it has the members of a request.
            pub fn is_request(self) -> bool {
                match self {
                    $(Self::$kind => events!(@$request),)*
                    Self::Route => true,
                    Self::Cron => false,
                }
            }

            /// Whether `tags()` tells what it is about.
            pub fn has_tags(self) -> bool {
                match self {
                    $(Self::$kind => events!(@$tagged),)*
                    Self::Route | Self::Cron => false,
                }
            }
        }
    };
    (@request) => { true };
    (@plain) => { false };
    (@tagged) => { true };
    (@untagged) => { false };
}

events! {
    /// The host has started.
    Bootstrap plain untagged []
    /// The host is about to stop.
    Terminate plain untagged [isRestart: Flag]
    /// A backup is made or put back.
    Backup plain untagged [context: Context, name: Text, exclude: Texts]
    /// Something happens to a model; records are models.
    Model plain tagged [model: Model, context: Context, type: Text]
    /// Something went wrong with a model.
    ModelError(Model) plain tagged [error: Error]
    /// Something happens to a record.
    Record plain tagged [record: Record, context: Context, type: Text]
    /// Something went wrong with a record.
    RecordError(Record) plain tagged [error: Error]
    /// A record is about to be shown to a client.
    RecordEnrich plain tagged [record: Record, requestInfo: RequestInfo]
    /// Something happens to a collection.
    Collection plain tagged [collection: Collection, context: Context, type: Text]
    /// Something went wrong with a collection.
    CollectionError(Collection) plain tagged [error: Error]
    /// A mail is about to be sent.
    Mailer plain untagged [mailer: Data, message: Data]
    /// A mail about a record is about to be sent.
    MailerRecord(Mailer) plain tagged [record: Record, meta: Data]
    /// A client sends several requests as one.
    BatchRequest request untagged [batch: Data]
    /// A client asks for, or changes, one collection.
    CollectionRequest request tagged [collection: Collection]
    /// A client imports collections.
    CollectionsImportRequest request untagged [collectionsData: Data, deleteMissing: Flag]
    /// A client asks for a list of collections.
    CollectionsListRequest request untagged [collections: Collections, result: Data]
    /// A client asks for a file of a record.
    FileDownloadRequest request tagged [collection: Collection, record: Record, fileField: Field, servedPath: Text, servedName: Text, thumbError: Error]
    /// A client asks for a token to read protected files.
    FileTokenRequest request tagged [record: Record, token: Text]
    /// A client opens a stream of changes.
    RealtimeConnectRequest request untagged [client: Data, idleTimeout: Number, maxTimeout: Number]
    /// A message is about to be sent to a stream.
    RealtimeMessage request untagged [client: Data, message: Data]
    /// A client chooses what its stream tells.
    RealtimeSubscribeRequest request untagged [client: Data, subscriptions: Texts]
    /// A client asks for a new token.
    RecordAuthRefreshRequest request tagged [collection: Collection, record: Record]
    /// A client has signed in, in whichever way.
    RecordAuthRequest request tagged [collection: Collection, record: Record, token: Text, meta: Data, authMethod: Text]
    /// A client signs in by a third party.
    RecordAuthWithOAuth2Request request tagged [collection: Collection, providerName: Text, providerClient: Data, record: Record, oAuth2User: Data, createData: Data, isNewRecord: Flag]
    /// A client signs in by a one-time password.
    RecordAuthWithOTPRequest request tagged [collection: Collection, record: Record, otp: Data]
    /// A client signs in by a password.
    RecordAuthWithPasswordRequest request tagged [collection: Collection, record: Record, identity: Text, identityField: Text, password: Text]
    /// A client confirms its new address.
    RecordConfirmEmailChangeRequest request tagged [collection: Collection, record: Record, newEmail: Text]
    /// A client sets the new password that it asked for.
    RecordConfirmPasswordResetRequest request tagged [collection: Collection, record: Record]
    /// A client confirms its address.
    RecordConfirmVerificationRequest request tagged [collection: Collection, record: Record]
    /// A client asks for a one-time password.
    RecordCreateOTPRequest request tagged [collection: Collection, record: Record, password: Text]
    /// A client asks to change its address.
    RecordRequestEmailChangeRequest request tagged [collection: Collection, record: Record, newEmail: Text]
    /// A client asks for, or changes, one record.
    RecordRequest request tagged [collection: Collection, record: Record]
    /// A client forgot its password.
    RecordRequestPasswordResetRequest request tagged [collection: Collection, record: Record]
    /// A client asks to confirm its address.
    RecordRequestVerificationRequest request tagged [collection: Collection, record: Record]
    /// A client asks for a list of records.
    RecordsListRequest request tagged [collection: Collection, records: Records, result: Data]
    /// A client asks for the settings.
    SettingsListRequest request untagged [settings: Data]
    /// The settings have changed.
    SettingsReload plain untagged []
    /// A client changes the settings.
    SettingsUpdateRequest request untagged [oldSettings: Data, newSettings: Data]
}

impl EventKind {
    /// All members, those of its base included, the way [`members`](Self::members)
    /// lists them.
    pub fn all_members(self) -> impl Iterator<Item = &'static MemberSpec> {
        let inherited = self.base().map_or(&[][..], Self::members);
        inherited.iter().chain(self.members())
    }

    /// A member by its name.
    pub fn member(self, name: &str) -> Option<&'static MemberSpec> {
        self.all_members().find(|member| member.name == name)
    }

    /// What scripts call the event of its base, for example `recordEvent`.
    pub fn base_name(self) -> Option<String> {
        let name = self.base()?.name();
        Some(name[..1].to_ascii_lowercase() + &name[1..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_come_with_those_of_the_base() {
        let names: Vec<_> = EventKind::MailerRecord
            .all_members()
            .map(|member| member.name)
            .collect();
        assert_eq!(names, ["mailer", "message", "record", "meta"]);
        assert_eq!(
            EventKind::MailerRecord.base_name().as_deref(),
            Some("mailerEvent")
        );
        assert_eq!(EventKind::ALL.len(), 40);
    }

    #[test]
    fn no_name_is_given_twice() {
        for kind in EventKind::ALL {
            let names: Vec<_> = kind.all_members().map(|member| member.name).collect();
            for (index, name) in names.iter().enumerate() {
                assert!(!names[..index].contains(name), "{kind:?}.{name}");
            }
        }
    }
}
