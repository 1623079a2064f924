//! The command table. Written by `cargo regen` from spec/commands; never edited by hand.

use crate::command::*;

/// How many rows there are, subcommands included.
pub const COUNT: usize = 3;

/// The commands that the node carries out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeCommand {}

/// Every command, sorted by name.
pub static COMMANDS: [Command; 3] = [
    Command {
        name: "get",
        full_name: "get",
        arity: 2,
        flags: Flags::READONLY.union(Flags::FAST),
        acl: AclCategories::READ.union(AclCategories::STRING).union(AclCategories::FAST),
        group: "string",
        since: "1.0.0",
        key_specs: &[KeySpec {
            notes: None,
            flags: KeyFlags::RO.union(KeyFlags::ACCESS),
            begin: BeginSearch::Index(1),
            find: FindKeys::Range { last_key: 0, step: 1, limit: 0 },
        }],
        key_finder: KeyFinder::Specs,
        first_key: 1,
        last_key: 1,
        step: 1,
        propagates: Propagation::Never,
        home: Home::Engine,
        handler: Handler::Engine(crate::families::string::get::get),
        id: CommandId(0),
        doc: &Doc {
            summary: "Answers the string a key holds.",
            complexity: "O(1)",
            reply: "str|nil",
            arguments: &[Argument { name: "key", kind: "key", key_spec: Some(0), ..Argument::NONE }],
            ..Doc::NONE
        },
        subcommands: &[],
    },
    Command {
        name: "getex",
        full_name: "getex",
        arity: -2,
        flags: Flags::WRITE.union(Flags::FAST),
        acl: AclCategories::WRITE.union(AclCategories::STRING).union(AclCategories::FAST),
        group: "string",
        since: "6.2.0",
        key_specs: &[KeySpec {
            notes: Some("A read that may change the expiry"),
            flags: KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE),
            begin: BeginSearch::Index(1),
            find: FindKeys::Range { last_key: 0, step: 1, limit: 0 },
        }],
        key_finder: KeyFinder::Specs,
        first_key: 1,
        last_key: 1,
        step: 1,
        propagates: Propagation::Rewritten,
        home: Home::Engine,
        handler: Handler::Engine(crate::families::string::getex::getex),
        id: CommandId(1),
        doc: &Doc {
            summary: "Answers the string a key holds and sets, changes or removes its expiry.",
            complexity: "O(1)",
            reply: "str|nil",
            arguments: &[
                Argument { name: "key", kind: "key", key_spec: Some(0), ..Argument::NONE },
                Argument {
                    name: "expiration",
                    kind: "oneof",
                    optional: true,
                    arguments: &[
                        Argument { name: "seconds", kind: "integer", token: Some("EX"), ..Argument::NONE },
                        Argument {
                            name: "milliseconds",
                            kind: "integer",
                            token: Some("PX"),
                            ..Argument::NONE
                        },
                        Argument {
                            name: "unix-time-seconds",
                            kind: "unix-time",
                            token: Some("EXAT"),
                            ..Argument::NONE
                        },
                        Argument {
                            name: "unix-time-milliseconds",
                            kind: "unix-time",
                            token: Some("PXAT"),
                            ..Argument::NONE
                        },
                        Argument {
                            name: "persist",
                            kind: "pure-token",
                            token: Some("PERSIST"),
                            ..Argument::NONE
                        },
                    ],
                    ..Argument::NONE
                },
            ],
            ..Doc::NONE
        },
        subcommands: &[],
    },
    Command {
        name: "set",
        full_name: "set",
        arity: -3,
        flags: Flags::WRITE.union(Flags::DENYOOM),
        acl: AclCategories::WRITE.union(AclCategories::STRING).union(AclCategories::SLOW),
        group: "string",
        since: "1.0.0",
        key_specs: &[KeySpec {
            notes: Some("Read only when GET or a condition asks for it"),
            flags: KeyFlags::RW
                .union(KeyFlags::ACCESS)
                .union(KeyFlags::UPDATE)
                .union(KeyFlags::VARIABLE_FLAGS),
            begin: BeginSearch::Index(1),
            find: FindKeys::Range { last_key: 0, step: 1, limit: 0 },
        }],
        key_finder: KeyFinder::Set,
        first_key: 1,
        last_key: 1,
        step: 1,
        propagates: Propagation::Rewritten,
        home: Home::Engine,
        handler: Handler::Engine(crate::families::string::set::set),
        id: CommandId(2),
        doc: &Doc {
            summary: "Stores a string under a key whatever the key held, with optional conditions and expiry.",
            complexity: "O(1), or O(N) in the value's length when a digest is compared",
            reply: "nil|'OK'|str",
            history: &[
                ("2.6.12", "options EX, PX, NX and XX"),
                ("6.0.0", "option KEEPTTL"),
                ("6.2.0", "options GET, EXAT and PXAT"),
                ("7.0.0", "NX and GET may stand together"),
                ("8.4.0", "conditions IFEQ, IFNE, IFDEQ and IFDNE"),
            ],
            arguments: &[
                Argument { name: "key", kind: "key", key_spec: Some(0), ..Argument::NONE },
                Argument { name: "value", kind: "string", ..Argument::NONE },
                Argument {
                    name: "condition",
                    kind: "oneof",
                    since: Some("2.6.12"),
                    optional: true,
                    arguments: &[
                        Argument { name: "nx", kind: "pure-token", token: Some("NX"), ..Argument::NONE },
                        Argument { name: "xx", kind: "pure-token", token: Some("XX"), ..Argument::NONE },
                        Argument {
                            name: "ifeq-value",
                            kind: "string",
                            token: Some("IFEQ"),
                            since: Some("8.4.0"),
                            ..Argument::NONE
                        },
                        Argument {
                            name: "ifne-value",
                            kind: "string",
                            token: Some("IFNE"),
                            since: Some("8.4.0"),
                            ..Argument::NONE
                        },
                        Argument {
                            name: "ifdeq-digest",
                            kind: "string",
                            token: Some("IFDEQ"),
                            since: Some("8.4.0"),
                            ..Argument::NONE
                        },
                        Argument {
                            name: "ifdne-digest",
                            kind: "string",
                            token: Some("IFDNE"),
                            since: Some("8.4.0"),
                            ..Argument::NONE
                        },
                    ],
                    ..Argument::NONE
                },
                Argument {
                    name: "get",
                    kind: "pure-token",
                    token: Some("GET"),
                    since: Some("6.2.0"),
                    optional: true,
                    ..Argument::NONE
                },
                Argument {
                    name: "expiration",
                    kind: "oneof",
                    optional: true,
                    arguments: &[
                        Argument {
                            name: "seconds",
                            kind: "integer",
                            token: Some("EX"),
                            since: Some("2.6.12"),
                            ..Argument::NONE
                        },
                        Argument {
                            name: "milliseconds",
                            kind: "integer",
                            token: Some("PX"),
                            since: Some("2.6.12"),
                            ..Argument::NONE
                        },
                        Argument {
                            name: "unix-time-seconds",
                            kind: "unix-time",
                            token: Some("EXAT"),
                            since: Some("6.2.0"),
                            ..Argument::NONE
                        },
                        Argument {
                            name: "unix-time-milliseconds",
                            kind: "unix-time",
                            token: Some("PXAT"),
                            since: Some("6.2.0"),
                            ..Argument::NONE
                        },
                        Argument {
                            name: "keepttl",
                            kind: "pure-token",
                            token: Some("KEEPTTL"),
                            since: Some("6.0.0"),
                            ..Argument::NONE
                        },
                    ],
                    ..Argument::NONE
                },
            ],
            ..Doc::NONE
        },
        subcommands: &[],
    },
];
